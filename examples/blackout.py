# %% [markdown]
# # Who lost service in a blackout?
# All gateways of one country fail for a minute; the per-slot arrays say who had service before and not during it.

# %%
import tempfile
from pathlib import Path

import ecumene

PRESET, COUNTRY, AFTER_S, LASTS_S = "toy", "XA", 15, 15
folder = Path(tempfile.mkdtemp()) / "blackout"

# %%
scenario = ecumene.load(
    PRESET,
    overrides={
        "blackout": {"country": COUNTRY, "after_s": AFTER_S, "lasts_s": LASTS_S},
        "output.arrays": ["cause", "mbps"],
    },
)
results = ecumene.simulate(scenario, folder=folder)
results.write(folder)
results.plot("load").savefig(folder / "load.png")

# %%
data = results.to_xarray()
causes = data.cause.attrs["flag_meanings"].split()
is_served = data.cause >= causes.index("partly")
fault = results.faults()
first, n = int(AFTER_S // scenario.slot_s), int(fault["slots"][0])
before = is_served.isel(time=slice(0, first)).mean("time")
during = is_served.isel(time=slice(first, first + n)).mean("time")
lost = before - during
people_lost = float((data.people * lost.where(lost > 0, 0.0)).sum())

# %% [markdown]
# The table of faults has the same numbers for the planet: means before, during and after.

# %%
summary = {name: float(fault[f"people_served_{name}"][0]) for name in ("before", "during", "after")}
print(f"{people_lost:,.0f} people lost service; served before and during:", summary)
