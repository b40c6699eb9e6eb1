"""What every row gets, against plain Python: one row at a time, in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ecumene.constants import SPEED_OF_LIGHT_M_S
from ecumene.network.service import FULL_SHARE, offered_traffic, serve_rows
from ecumene.results.schema import CAUSES

WORD = 64


def some_slot(seed):
    """Return a random slot: cells in bins, rows in cells, two landing classes and one refused."""
    rng = np.random.default_rng(seed)
    n_cells, n_bins, n_sats, n_words = 60, 5, 25, 2
    cell_of_row = np.sort(np.concatenate([np.arange(n_cells), rng.integers(0, n_cells, 20)])).astype(np.int32)
    n_rows = len(cell_of_row)
    class_of_row = rng.integers(-1, 2, n_rows).astype(np.int32)
    demand_bps = np.where(rng.random(n_rows) < 0.8, rng.uniform(1e6, 9e6, n_rows), 0.0)
    wanted_bps = np.bincount(cell_of_row, demand_bps * (class_of_row >= 0), n_cells)
    unjammed = rng.integers(0, 2**63, (n_cells, n_words)).astype(np.uint64) * (
        rng.random((n_cells, n_words)) < 0.6
    )
    clear = unjammed * (rng.random((n_cells, n_words)) < 0.8)
    usable = rng.integers(0, 2**2, (n_bins, 2, n_words)).astype(np.uint64) << np.uint64(60)
    broken = rng.integers(0, 2**3, (n_bins, 2, n_words)).astype(np.uint64) << np.uint64(59)
    sat_of_cell = np.where(wanted_bps > 0.0, rng.integers(-1, n_sats, n_cells), -1).astype(np.int32)
    r_cell_m = rng.normal(size=(n_cells, 3)) * 4e6
    return {
        "cell_of_row": cell_of_row,
        "class_of_row": class_of_row,
        "refusal_of_row": np.where(class_of_row < 0, CAUSES.index("no_licence"), -1).astype(np.int8),
        "is_sold_in_row": rng.random(n_rows) < 0.7,
        "demand_bps": demand_bps,
        "wanted_bps": wanted_bps,
        "n_visible_of_cell": np.where(unjammed.any(axis=1), 3, rng.integers(0, 2, n_cells)).astype(np.uint16),
        "unjammed_of_cell": unjammed.astype(np.uint64),
        "unbroken_usable_of_bin": usable | broken,
        "is_frozen": seed % 3 == 0,
        "clear_of_cell": clear.astype(np.uint64),
        "bin_of_cell": np.sort(rng.integers(0, n_bins, n_cells)).astype(np.int32),
        "usable_of_bin": usable,
        "sat_of_cell": sat_of_cell,
        "planned_bps": np.where(sat_of_cell >= 0, wanted_bps * rng.choice([0.0, 0.4, 1.0], n_cells), 0.0),
        "is_usable": rng.random((2, n_sats)) < 0.8,
        "carried_share": rng.choice([0.0, 0.6, 1.0], (2, n_sats)),
        "delay_s": rng.uniform(1e-3, 9e-2, (2, n_sats)),
        "r_cell_m": r_cell_m,
        "r_sat_m": rng.normal(size=(n_sats, 3)) * 5e6,
        "processing_s": 0.02,
    }


def slow_brought_bps(slot, r):
    c, k = slot["cell_of_row"][r], slot["class_of_row"][r]
    s = slot["sat_of_cell"][c]
    if k < 0 or slot["demand_bps"][r] == 0.0 or s < 0 or not slot["is_usable"][k, s]:
        return 0.0
    return slot["planned_bps"][c] * slot["demand_bps"][r] / slot["wanted_bps"][c]


def slow_row(slot, r):
    """Return cause, bit/s, round trip, availability and whether it could be reached without a law."""
    c, k = slot["cell_of_row"][r], slot["class_of_row"][r]
    s, b = slot["sat_of_cell"][c], slot["bin_of_cell"][c]
    clear = slot["clear_of_cell"][c]
    reachable, available = (bool((clear & slot["usable_of_bin"][b, x]).any()) for x in (0, max(k, 0)))
    if k < 0:
        return "no_licence", 0.0, math.nan, False, reachable
    if not available:
        unjammed, sound = slot["unjammed_of_cell"][c], slot["unbroken_usable_of_bin"][b, k]
        if (clear & sound).any():
            cause = "fault"
        elif slot["n_visible_of_cell"][c] == 0:
            cause = "no_satellite"
        elif not unjammed.any():
            cause = "gso_arc"
        elif (unjammed & sound).any() or not clear.any():
            cause = "jammed"
        else:
            cause = "no_gateway_path"
        return cause, 0.0, math.nan, False, reachable
    demand_bps, brought_bps = slot["demand_bps"][r], slow_brought_bps(slot, r)
    if demand_bps == 0.0:
        return "served" if slot["is_sold_in_row"][r] else "no_licence", 0.0, math.nan, True, reachable
    if brought_bps == 0.0:
        return "fault" if slot["is_frozen"] and s < 0 else "no_beam", 0.0, math.nan, True, reachable
    rate_bps = brought_bps * slot["carried_share"][k, s]
    if rate_bps == 0.0:
        return "no_feeder_capacity", 0.0, math.nan, True, reachable
    light_s = math.dist(slot["r_sat_m"][s], slot["r_cell_m"][c]) / SPEED_OF_LIGHT_M_S
    rtt_s = 2.0 * (light_s + slot["delay_s"][k, s]) + slot["processing_s"]
    return "served" if rate_bps >= FULL_SHARE * demand_bps else "partly", rate_bps, rtt_s, True, reachable


@pytest.mark.parametrize("seed", range(12))
def test_every_row_is_that_of_the_slow_version(seed):
    slot = some_slot(seed)
    brings = {
        "cell_of_row",
        "class_of_row",
        "demand_bps",
        "wanted_bps",
        "sat_of_cell",
        "planned_bps",
        "is_usable",
    }
    offered_bps, brought_bps = offered_traffic(**{key: slot[key] for key in brings})
    n_rows = len(brought_bps)
    assert brought_bps.tolist() == [slow_brought_bps(slot, r) for r in range(n_rows)]
    summed = np.zeros((2, 25))
    for r in np.flatnonzero(brought_bps):
        summed[slot["class_of_row"][r], slot["sat_of_cell"][slot["cell_of_row"][r]]] += brought_bps[r]
    assert offered_bps == pytest.approx(summed)

    given = {
        key: values for key, values in slot.items() if key not in {"wanted_bps", "planned_bps", "is_usable"}
    }
    found = serve_rows(**given, brought_bps=brought_bps)
    seen = set()
    for r in range(n_rows):
        cause, rate_bps, rtt_s, is_available, is_reachable = slow_row(slot, r)
        assert CAUSES[found.cause[r]] == cause
        assert found.rate_bps[r] == pytest.approx(rate_bps)
        assert found.rtt_s[r] == pytest.approx(rtt_s, nan_ok=True)
        assert (found.is_available[r], found.is_reachable[r]) == (is_available, is_reachable)
        seen.add(cause)
    assert len(seen) > 6
