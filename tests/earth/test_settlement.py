"""The three classes of settlement."""

from __future__ import annotations

import numpy as np

from ecumene.earth.settlement import SETTLEMENTS, settlement_of_cells


def class_of(people, land_km2, cell_km2, distance_km):
    arrays = (np.array([float(x)]) for x in (people, land_km2, cell_km2, distance_km))
    return SETTLEMENTS[settlement_of_cells(*arrays)[0]]


def test_thresholds():
    assert class_of(300 * 253, 253, 253, 0) == "urban"
    assert class_of(299 * 253, 253, 253, 0) == "rural"
    assert class_of(49 * 253, 253, 253, 51) == "isolated"
    assert class_of(49 * 253, 253, 253, 49) == "rural"
    assert class_of(51 * 253, 253, 253, 400) == "rural"
    assert class_of(0.6, 253, 253, 400) == "isolated"


def test_a_village_on_an_atoll_is_no_town():
    assert class_of(900, 1, 253, 600) == "isolated"
    assert class_of(6_000, 2, 253, 600) == "urban"
