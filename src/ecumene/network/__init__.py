"""How packets get home: ISLs, gateways, routes, shares, latency."""
