"""One country in a finished run: who is served where and how well, over whose gateways, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.countries import countries as known_countries
from ecumene.earth.hexagons import area_of_cells_km2
from ecumene.earth.towns import nearest_town
from ecumene.errors import InputError
from ecumene.results.schema import CAUSE_WORDS, CAUSES, Table
from ecumene.results.summary import N_WORST, promise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DOWN_MBPS, UP_MBPS, RTT_MS = 100.0, 20.0, 100.0
"""What counts as broadband: 100 Mbit/s down, 20 up, 100 ms. NTIA, "Broadband Equity, Access, and Deployment Program",
Notice of Funding Opportunity (2022): what a subsidised network must offer at least."""


def country_facts(
    code: str,
    tables: Mapping[str, Table],
    summary: Mapping[str, Any],
    *,
    asked_mbps: float,
    down_mbps: float = DOWN_MBPS,
    rtt_ms: float = RTT_MS,
    is_earth: bool = True,
) -> dict[str, Any]:
    """Return what a run says of one country, as plain values.

    Parameters
    ----------
    code
        ISO 3166-1 alpha-2, XK for Kosovo; upper or lower case.
    tables
        rows, countries, landings and cuts of the result.
    summary
        The summary of the result.
    asked_mbps
        What a subscriber asks for in the busy hour: demand.mbps_per_subscriber. [Mbit/s]
    down_mbps, rtt_ms
        The yardstick: rate down, and round trip to the PoP. [Mbit/s], [ms]
    is_earth
        Whether towns of the Earth lie in the cells; else nothing is named after them.

    Returns
    -------
    facts
        Shares are of the country's people, and of its area in the rows; "typical" holds in the median slot,
        "reliable" in 95 % of the slots. A share is None where the run cannot tell, and "note" says why.

    Raises
    ------
    InputError
        The result has no such country.
    """
    code, line = _line_of(code, tables["countries"])
    country = {name: _plain(column[line]) for name, column in tables["countries"].items()}
    is_here = tables["rows"]["country"].astype(str) == code
    rows = {name: column[is_here] for name, column in tables["rows"].items()}
    area_km2 = rows["share"] * area_of_cells_km2(
        rows["lat_deg"].astype(np.float64), rows["lon_deg"].astype(np.float64), summary["resolution"]
    )
    weights = {"people": rows["people"], "area": area_km2}
    kept = ("scenario", "title", "start_utc", "slots", "slot_s", "resolution", "seed", "version")
    return {
        **{name: summary[name] for name in kept},
        **{name: value for name, value in country.items() if not name.startswith("share_")},
        "area_km2": float(area_km2.sum()),
        "could_be_served": _shares(rows["availability"], weights),
        "are_served": _shares(rows["served"], weights),
        "settlements": [
            {name: value for name, value in entry.items() if name != "mbps_p50"}
            for entry in promise(rows, np.full(3, np.nan))
        ],
        "quality": _quality(rows, weights, asked_mbps, down_mbps, rtt_ms),
        "landings": _landings(code, tables["landings"]),
        "most_gbps": _most_gbps(code, tables["cuts"]),
        "causes": _causes(country),
        "worst": _worst(rows, is_earth=is_earth),
    }


def _line_of(code: str, countries: Table) -> tuple[str, int]:
    """Return a country's code as the tables write it, and its line."""
    wanted = code.strip().upper()
    present = countries["country"].astype(str).tolist()
    if wanted in present:
        return wanted, present.index(wanted)
    known = known_countries()
    if wanted in known.code:
        told = f"computed are {', '.join(present[:6])}{', ...' if len(present) > 6 else ''}"
        raise InputError(f"--country {code}: has no land in this result; {told}")
    raise InputError(f"--country {code}: unknown country code{known.hint(code)}")


def _shares(value: NDArray[Any], weights: Mapping[str, NDArray[Any]]) -> dict[str, float | None]:
    """Return means of a row's value over people and over area; None where there are none."""
    return {
        f"{name}_share": float((weight * value).sum() / weight.sum()) if weight.sum() > 0.0 else None
        for name, weight in weights.items()
    }


def _quality(
    rows: Table, weights: Mapping[str, NDArray[Any]], asked_mbps: float, down_mbps: float, rtt_ms: float
) -> dict[str, Any]:
    """Return the yardstick, rate by rate, with what the run cannot tell."""
    is_quick = {
        "typical": (rows["mbps_p50"] > 0.0) & (rows["rtt_ms_p50"] <= rtt_ms),
        "reliable": (rows["mbps_p5"] > 0.0) & (rows["rtt_ms_p95"] <= rtt_ms),
    }

    def reached(mbps: np.float32) -> dict[str, NDArray[np.bool_]]:
        return {"typical": rows["mbps_p50"] >= mbps, "reliable": rows["mbps_p5"] >= mbps}

    def met(is_met: Mapping[str, NDArray[np.bool_]]) -> dict[str, Any]:
        return {when: _shares(of_row, weights) for when, of_row in is_met.items()}

    quality: dict[str, Any] = {
        "asked": {"mbps": asked_mbps, **met(reached(np.float32(asked_mbps)))},
        "rtt": {"ms": rtt_ms, **met(is_quick)},
    }
    fast = reached(np.float32(down_mbps))
    is_seen = down_mbps <= asked_mbps
    unknown = {"typical": None, "reliable": None}
    note = (
        ""
        if is_seen
        else f"not told by this run: nobody asks for more than {asked_mbps:g} Mbit/s in the busy hour; "
        f"--set demand.mbps_per_subscriber={down_mbps:g} asks whether all could have that at once"
    )
    both = {when: fast[when] & is_quick[when] for when in fast}
    quality["down"] = {"mbps": down_mbps, **(met(fast) if is_seen else unknown), "note": note}
    quality["down_and_rtt"] = {**(met(both) if is_seen else unknown), "note": note}
    quality["up"] = {"mbps": UP_MBPS, **unknown, "note": "not told: the uplink is not modelled"}
    return quality


def _landings(code: str, landings: Table) -> list[dict[str, Any]]:
    """Return over which countries' gateways a country's traffic comes down, most first."""
    known = known_countries()
    names = dict(zip(known.code, known.name, strict=True))
    lines = np.flatnonzero(landings["country"].astype(str) == code)
    order = lines[np.argsort(-landings["carried_gbps"][lines], kind="stable")]
    return [
        {
            "gateway_country": str(landings["gateway_country"][k]),
            "name": names.get(str(landings["gateway_country"][k]), str(landings["gateway_country"][k])),
            "carried_gbps": _plain(landings["carried_gbps"][k]),
            "share": _plain(landings["share"][k]),
        }
        for k in order
    ]


def _most_gbps(code: str, cuts: Table) -> float | None:
    found = np.flatnonzero(cuts["country"].astype(str) == code)
    return float(cuts["most_gbps"][found[0]]) if len(found) else None


def _causes(country: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the causes that hold for anybody, with the share of people and slots, largest first."""
    shares = {cause: country[f"share_{cause}"] for cause in CAUSES if country[f"share_{cause}"]}
    return [
        {"cause": cause, "words": CAUSE_WORDS[cause], "people_share": share}
        for cause, share in sorted(shares.items(), key=lambda entry: -entry[1])
    ]


def _worst(rows: Table, *, is_earth: bool) -> list[dict[str, Any]]:
    """Return the cells that leave most people without service."""
    unserved = rows["people"] * (1.0 - rows["served"])
    order = np.argsort(-unserved, kind="stable")[:N_WORST]
    worst = order[unserved[order] >= 1.0]
    return [
        {
            "cell": f"{int(rows['cell'][r]):x}",
            "near": near,
            **{
                name: _plain(rows[name][r])
                for name in ("lat_deg", "lon_deg", "people", "settlement", "availability", "served")
            },
            "people_unserved": float(unserved[r]),
            "cause": str(rows["main_cause"][r]),
        }
        for r, near in zip(worst, _near(rows, worst, is_earth=is_earth), strict=True)
    ]


def _near(rows: Table, chosen: NDArray[np.int64], *, is_earth: bool) -> list[str]:
    """Return where some rows lie, from their nearest towns; empty texts on another planet."""
    if not is_earth:
        return [""] * len(chosen)
    towns, distance_km = nearest_town(rows["lat_deg"][chosen], rows["lon_deg"][chosen])
    return [f"{km:.0f} km from {town}" for town, km in zip(towns, distance_km.tolist(), strict=True)]


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and np.isnan(value) else value
