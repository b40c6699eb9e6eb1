"""A made-up finished run: three countries, five cells, one awkward name, numbers chosen to show wording."""

from __future__ import annotations

import copy

import h3.api.basic_int as h3
import numpy as np
import pytest

from ecumene.results.events import Event, fault_table
from ecumene.results.outcome import Results
from ecumene.results.schema import CAUSES, TABLES
from ecumene.results.summary import faults_in_short
from ecumene.scenario import load

AWKWARD = "<script>alert('Å & B')</script>"
POINTS = ((-1.3, 36.8), (64.1, -21.9), (35.7, 139.7), (-37.1, -12.3), (71.2, -156.8))
ROW_CAUSES = ("served", "partly", "no_licence", "no_gateway_path", "no_satellite")

SUMMARY = {
    "scenario": "synthetic",
    "title": "A made-up planet",
    "start_utc": "2026-03-24T12:00:12Z",
    "end_utc": "2026-03-24T13:00:12Z",
    "slots": 240,
    "slot_s": 15.0,
    "resolution": 5,
    "seed": 7,
    "version": "0.1.0",
    "satellites": {"listed": 4408, "scheduled": 4400, "by_status": {"operational": 4400, "raising": 8}},
    "cells": 540_123,
    "rows": 571_002,
    "people": 8.119e9,
    "gateways": 209,
    "pops": 62,
    "isls": 8816,
    "promise": [
        {
            "settlement": "urban",
            "people": 4.6e9,
            "could_be_served": 2.9e9,
            "served": 0.1e9,
            "mbps_p50": 3.0,
        },
        {
            "settlement": "rural",
            "people": 3.4e9,
            "could_be_served": 1.8e9,
            "served": 1.7e9,
            "mbps_p50": 2.96,
        },
        {"settlement": "isolated", "people": 0.0, "could_be_served": 0.0, "served": 0.0, "mbps_p50": None},
    ],
    "people_share": {"licensed": 0.61, "available": 0.5899, "served": 0.22},
    "cells_share": {"available": 0.71, "served": 0.698},
    "causes": [
        {
            "cause": "no_licence",
            "words": "no licence",
            "people": 3.2e9,
            "people_share": 0.39,
            "rows_share": 0.28,
        },
        {
            "cause": "no_beam",
            "words": "no beam left",
            "people": 3.1e9,
            "people_share": 0.38,
            "rows_share": 0.01,
        },
        {"cause": "served", "words": "served", "people": 1.8e9, "people_share": 0.22, "rows_share": 0.69},
        {
            "cause": "partly",
            "words": "served below demand",
            "people": 1e6,
            "people_share": 0.0004,
            "rows_share": 0.02,
        },
    ],
    "mbps": {"p5": 0.42, "p50": 3.0, "p95": 3.0},
    "rtt_ms": {"p5": 24.2, "p50": 43.4, "p95": 71.0},
    "traffic_gbps": {
        "demand": 12_345.0,
        "planned": 9_900.0,
        "carried": 9_876.0,
        "upper_bound": 10_100.0,
        "possible": 9_880.0,
        "one_path": 6_138.0,
    },
    "gateways_riskiest": [{"gateway": AWKWARD, "country": "US", "people_lost": 1.2e6, "lost_gbps": 80.0}],
    "subscribers": {"total": 10e6, "unplaced": 12_000.0, "source": "announced by the operator"},
    "plan": {
        "policy": "optimum",
        "effort": "certified",
        "objective_gbps": 9_800.0,
        "objective_bound_gbps": 10_000.0,
        "gap": 0.02,
        "is_certified": True,
        "served_gbps": 9_900.0,
        "served_bound_gbps": 10_100.0,
        "served_gap": 0.0198,
        "handovers_per_cell_hour": 11.4,
        "forced_share": 0.002,
        "dwell_s_mean": 61.0,
        "dwell_s_median": 45.0,
    },
    "gateways_busiest": [
        {
            "gateway": AWKWARD,
            "country": "US",
            "carried_gbps_mean": 140.2,
            "load_p50": 0.876,
            "load_max": 1.0,
        },
        {"gateway": "Idle", "country": "IS", "carried_gbps_mean": 0.0, "load_p50": 0.0, "load_max": 0.0},
    ],
    "countries_worst": [
        {
            "country": "JP",
            "name": "Japan",
            "people": 1.24e8,
            "availability": 0.0,
            "served": 0.0,
            "main_cause": "no_licence",
        },
    ],
    "isolated_worst": [
        {
            "cell": "85c2b1affffffff",
            "near": "2,430 km from Jamestown",
            "country": "SH",
            "country_name": "Saint Helena",
            "lat_deg": -37.1,
            "lon_deg": -12.3,
            "people": 240.0,
            "people_alike": 240.0,
            "availability": 0.0,
            "served": 0.0,
            "cause": "no_gateway_path",
            "remedy": "a gateway nearby, or ISLs",
        },
    ],
    "assumptions": ["Clear sky."],
    "notes": ["The constellation comes from a catalogue: bent pipe."],
    "source": {"constellation": "filed shells", "boundaries": "Natural Earth's view."},
    "seconds": {"slots": 63.0, "per_slot_median": 0.26},
}


def synthetic_results() -> Results:
    """Return the made-up run."""
    cells = np.array([h3.latlng_to_cell(lat, lon, 5) for lat, lon in POINTS], dtype=np.uint64)
    return Results(
        scenario=load("toy"),
        tables={
            "rows": _rows(cells),
            "countries": _countries(),
            "satellites": _empty("satellites"),
            "gateways": _gateways(),
            "places": _places(),
            "pairs": _empty("pairs"),
            "isls": _empty("isls"),
            "landings": _landings(),
            "cuts": _cuts(),
            "slots": _slots(),
            "faults": fault_table(EVENTS, _slots(), [None], [START, "2026-03-24T12:00:57Z"], 15.0),
        },
        summary={
            **copy.deepcopy(SUMMARY),
            "faults": faults_in_short(fault_table(EVENTS, _slots(), [None], [START, ""], 15.0)),
        },
    )


START = "2026-03-24T12:00:27Z"
EVENTS = [Event(AWKWARD, "blackout", "", 15.0, 45.0)]


def _slots():
    numbers = {v.name: np.zeros(4, v.dtype) for v in TABLES["slots"] if v.dtype != "str"}
    return {
        **numbers,
        "slot": np.arange(4),
        "utc": np.array([START] * 4, dtype=object),
        "faults": np.array(["", AWKWARD, AWKWARD, ""], dtype=object),
        "people_served": np.array([3e6, 1e6, 2e6, 3e6]),
        "people_available": np.array([4e6, 2e6, 2e6, 4e6]),
        "people_reachable": np.array([5e6, 3e6, 3e6, 5e6]),
        "rtt_ms_mean": np.array([40.0, np.nan, 60.0, 40.0]),
    }


def _empty(name: str) -> dict[str, np.ndarray]:
    types = {"str": object}
    return {v.name: np.zeros(0, dtype=types.get(v.dtype, v.dtype)) for v in TABLES[name]}


def _rows(cells):
    lat, lon = np.array(POINTS).T
    n = len(cells)
    served = np.isin(ROW_CAUSES, ("served", "partly")).astype(np.float32)
    return {
        "cell": cells,
        "country": np.array(["KE", "IS", "JP", "SH", "US"], dtype=object),
        "share": np.ones(n, dtype=np.float32),
        "people": np.array([5e6, 1.3e5, 1e7, 240.0, 4_000.0]),
        "settlement": np.array(["urban", "urban", "urban", "isolated", "isolated"], dtype=object),
        "lat_deg": lat,
        "lon_deg": lon,
        "availability": served,
        "served": served,
        "mbps_p5": served,
        "mbps_p50": 3.0 * served,
        "mbps_p95": 3.0 * served,
        "rtt_ms_p50": np.where(served > 0, 40.0, np.nan).astype(np.float32),
        "rtt_ms_p95": np.where(served > 0, 60.0, np.nan).astype(np.float32),
        "longest_gap_s": np.zeros(n, dtype=np.float32),
        "handovers_per_h": np.full(n, 12.0, dtype=np.float32),
        "main_cause": np.array(ROW_CAUSES, dtype=object),
    }


def _countries():
    shares = {
        f"share_{cause}": np.array([float(cause == "served"), float(cause == "no_licence")])
        for cause in CAUSES
    }
    return {
        "country": np.array(["KE", "JP"], dtype=object),
        "name": np.array([AWKWARD, "Japan"], dtype=object),
        "status": np.array(["licensed", "not_sought"], dtype=object),
        "people": np.array([5e6, 1.24e8]),
        "rows": np.array([1, 1]),
        "subscribers": np.array([1e5, 0.0]),
        "availability": np.array([0.999, 0.0]),
        "served": np.array([0.75, 0.0]),
        "demand_gbps": np.array([300.0, 0.0]),
        "carried_gbps": np.array([225.0, 0.0]),
        "people_spilled": np.array([0.0, 1.5e6]),
        "mbps_p50": np.array([3.0, np.nan]),
        "rtt_ms_p50": np.array([40.0, np.nan]),
        "main_cause": np.array(["served", "no_licence"], dtype=object),
        **shares,
    }


def _gateways():
    return {
        "gateway": np.array(["Quiet", AWKWARD], dtype=object),
        "country": np.array(["IS", "US"], dtype=object),
        "lat_deg": np.array([64.0, 40.0]),
        "lon_deg": np.array([-22.0, -100.0]),
        "antennas": np.array([8, 8]),
        "antennas_used": np.array([2.5, 8.0]),
        "capacity_gbps": np.array([160.0, 160.0]),
        "carried_gbps_mean": np.array([1.5, 140.2]),
        "carried_gbps_max": np.array([2.0, 160.0]),
        "load_p50": np.array([0.01, 0.876]),
        "load_p95": np.array([0.02, 0.99]),
        "load_max": np.array([0.0125, 1.0]),
        "people_lost": np.array([np.nan, 1.2e6]),
        "lost_gbps": np.array([np.nan, 80.0]),
        "people_through": np.array([1_000.0, 2e6]),
    }


def _landings():
    return {
        "country": np.array(["KE", "KE"], dtype=object),
        "gateway_country": np.array(["IS", "US"], dtype=object),
        "carried_gbps": np.array([200.0, 25.0]),
        "share": np.array([0.889, 0.111]),
    }


def _cuts():
    numbers = {v.name: np.zeros(1, v.dtype) for v in TABLES["cuts"] if v.dtype != "str"}
    numbers |= {
        "most_gbps": np.array([180.0]),
        "antennas_gbps": np.array([180.0]),
        "antennas_cut": np.array([9]),
    }
    return {"country": np.array(["KE"], dtype=object), "name": np.array([AWKWARD], dtype=object), **numbers}


def _places():
    text = {
        "place": ["Nairobi", "Tristan", "Nairobi", "Tristan"],
        "utc": ["2026-03-24T12:00:12Z"] * 2 + ["2026-03-24T12:00:27Z"] * 2,
        "cause": ["served", "no_gateway_path", "no_beam", "no_gateway_path"],
        "limit": ["", "", "", ""],
        "satellite": ["S-1", "", "", ""],
        "gateway": ["Gate", "", "", ""],
        "pop": ["Pop", "", "", ""],
    }
    nan = np.nan
    numbers = {
        "slot": [0, 0, 1, 1],
        "n_visible": [12, 4, 13, 5],
        "n_clear": [10, 4, 11, 5],
        "n_usable": [10, 0, 11, 0],
        "elevation_deg": [61.0, nan, nan, nan],
        "slant_km": [620.0, nan, nan, nan],
        "hops": [1, -1, -1, -1],
        "mbps": [100.0, 0.0, 0.0, 0.0],
        "rtt_ms": [38.0, nan, nan, nan],
        "rtt_geometry_ms": [9.0, nan, nan, nan],
    }
    return {
        **{name: np.array(values, dtype=object) for name, values in text.items()},
        **{name: np.array(values) for name, values in numbers.items()},
    }


@pytest.fixture
def results() -> Results:
    """Return the made-up run, fresh: a test may change it."""
    return synthetic_results()


@pytest.fixture(scope="session")
def unchanged_results() -> Results:
    """Return the made-up run for those that only read it."""
    return synthetic_results()
