# %% [markdown]
# # How long from here to there?
# Two places joined over the satellites, slot by slot, against light and against fibre.

# %%
import tempfile
from pathlib import Path

import numpy as np

import ecumene

PRESET = "toy"
PLACES = {"Market": (23.5, 19.2), "Far": (43.8, 46.2)}

# %%
listed = Path(tempfile.mkdtemp()) / "places.csv"
listed.write_text("name,lat,lon\n" + "".join(f"{name},{lat},{lon}\n" for name, (lat, lon) in PLACES.items()))
a, b = PLACES
scenario = ecumene.load(
    PRESET,
    overrides={
        "places.file": str(listed),
        "pairs.pair": [{"from": a, "to": b}, {"from": a, "to": "pop:any"}],
    },
)
results = ecumene.simulate(scenario)

# %%
pairs = results.df("pairs")
joined = pairs[pairs.cause == "joined"]
table = joined.groupby(["from_place", "to_place"])[
    ["rtt_ms", "light_rtt_ms", "fibre_rtt_ms", "hops"]
].median()
print(table)

# %% [markdown]
# What one place saw: its satellites, and its summary.

# %%
market = results.place(a)
elevation_deg = market["series"]["elevation_deg"]
print(market["summary"])
print("elevation of the serving satellite:", np.round(elevation_deg, 1))
