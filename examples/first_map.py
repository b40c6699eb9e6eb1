# %% [markdown]
# # A first map
# Compute a planet, look at it, ask it a question. The toy planet takes seconds; write "starlink-gen1" for the
# real one.

# %%
import tempfile
from pathlib import Path

import ecumene

PRESET = "toy"
folder = Path(tempfile.mkdtemp()) / PRESET

# %%
scenario = ecumene.load(PRESET)
results = ecumene.simulate(scenario)
results.write(folder)
results  # in a notebook: a table and a map

# %% [markdown]
# Any variable of the rows has a map; curves show latency, coverage over latitude, and load.

# %%
results.map("mbps_p50").savefig(folder / "speed.png")
results.plot("coverage-latitude").savefig(folder / "coverage.svg")

# %% [markdown]
# The folder can be opened again, by you or by somebody you gave it to; it is compared with its manifest first.

# %%
again = ecumene.open(folder)
frame = again.df("rows")
unserved = frame[frame.served == 0].groupby("main_cause").people.sum().sort_values(ascending=False)
unserved
