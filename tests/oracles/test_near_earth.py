"""The near-Earth kernel against python-sgp4: real catalogues, all presets, and elements made awkward."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sgp4.api import WGS72, Satrec, SatrecArray

from ecumene import load
from ecumene.orbits.catalogue import read_catalogue
from ecumene.orbits.elements import Elements, epochs_s
from ecumene.orbits.frames import earth_orientation, teme_to_ecef_matrix
from ecumene.orbits.near_earth import (
    MAX_ECCENTRICITY,
    N_COEFFICIENTS,
    W,
    _block,
    near_earth_blocks,
    near_earth_positions,
)
from ecumene.orbits.propagation import build_fleet, propagate
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.times import julian_date, julian_date_after

DATA = Path(__file__).parents[2].parent / "shared" / "data"
START = datetime(2026, 3, 24, tzinfo=UTC)
one_millimetre = 1e-3


def both(satrecs, jd, fraction):
    """Return the kernel's positions, the library's [m, TEME] and its error codes."""
    found = near_earth_positions(near_earth_blocks(satrecs), len(satrecs), jd, fraction, np.eye(3))
    code, r_km, _ = SatrecArray(satrecs).sgp4(np.array([jd]), np.array([fraction]))
    return found, r_km[:, 0] * 1e3, code[:, 0]


def furthest_apart_m(satrecs, jd, fraction):
    found, r_m, code = both(satrecs, jd, fraction)
    is_taken = np.isfinite(found[:, 0])
    assert (code[is_taken] == 0).all()  # what the library refuses is declined
    return np.abs(found - r_m)[is_taken].max(initial=0.0), is_taken


@pytest.mark.parametrize("file", ["starlink_omm_20260324.json.gz", "oneweb_20260101.tle.gz"])
@pytest.mark.parametrize("days", [-3.0, 0.0, 0.3, 7.0, 30.0, 365.0])
def test_real_catalogues(file, days):
    if not (DATA / file).exists():
        pytest.skip(f"real catalogues lie in ../shared/data, which is absent: {file}")
    satrecs = read_catalogue(DATA / file).satrecs
    apart_m, is_taken = furthest_apart_m(satrecs, satrecs[0].jdsatepoch, satrecs[0].jdsatepochF + days)
    assert apart_m < one_millimetre
    assert days > 7.0 or is_taken.mean() > 0.99


@pytest.mark.parametrize("name", ["starlink-gen1", "starlink-2022", "oneweb", "kuiper", "toy"])
def test_all_presets(name):
    shells = [Shell(**shell.model_dump()) for shell in load(name).constellation.shells]
    elements = elements_of_shells(shells, START)
    for t_s in (-1e5, 0.0, 15.0, 86_400.0, 30 * 86_400.0):
        apart_m, is_taken = furthest_apart_m(elements.satrecs, *julian_date_after(START, t_s))
        assert is_taken.all()
        assert apart_m < one_millimetre


def made_up(rng, n):
    """Return satellites of all kinds: some eccentric, low, in deep space, with wild drag, some impossible."""
    satrecs = []
    for _ in range(n):
        satrec = Satrec()
        eccentricity = rng.choice([0.0, 1e-7, 5e-5, 1e-3, 0.015, 0.0199, 0.03, 0.3])
        revolutions_a_day = rng.choice([16.4, 16.2, 15.5, 15.06, 13.0, 8.0, 6.5, 2.0])
        inclination_deg = rng.choice([0.0, 0.5, 53.0, 90.0, 97.6, 179.9, 180.0])
        satrec.sgp4init(
            WGS72, "i", 5, 27_842.5, rng.choice([0.0, 1e-4, -1e-3, 0.05]), 0.0, 0.0, eccentricity,
            *rng.uniform(0.0, math.tau, 1), math.radians(inclination_deg), *rng.uniform(0.0, math.tau, 1),
            revolutions_a_day * math.tau / 1_440.0, *rng.uniform(0.0, math.tau, 1),
        )  # fmt: skip
        satrecs.append(satrec)
    return satrecs


@pytest.mark.parametrize("seed", range(5))
def test_elements_of_all_kinds(seed):
    satrecs = made_up(np.random.default_rng(seed), 700)
    n_taken = 0
    for days in (-40.0, 0.0, 1.3, 20.0, 500.0):
        apart_m, is_taken = furthest_apart_m(satrecs, 2_461_124.0, days)
        assert apart_m < one_millimetre
        n_taken += is_taken.sum()
        declined = [s.method == "d" or not 0.0 < s.ecco < MAX_ECCENTRICITY for s in satrecs]
        assert not is_taken[declined].any()
    assert n_taken > 500


def test_what_is_declined_comes_from_the_library_with_its_errors():
    satrecs = tuple(made_up(np.random.default_rng(9), 300))
    unknown = np.full(300, -1, dtype=np.int32)
    elements = Elements(
        ("",) * 300, unknown.astype(np.int64), satrecs, epochs_s(satrecs), unknown, unknown, unknown
    )
    orientation = earth_orientation(START)
    fleet = build_fleet(elements, START, orientation)
    for t_s in (0.0, 9e5):
        found = propagate(fleet, t_s)
        jd, fraction = julian_date_after(START, t_s)
        _, r_m, code = both(satrecs, jd, fraction)
        matrix = teme_to_ecef_matrix(jd, fraction, orientation, t_s=t_s)
        is_far = np.abs(r_m).max(axis=1) >= 1e9
        assert found.error.tolist() == np.where((code == 0) & is_far, 7, code).tolist()
        apart_m = np.abs(found.r_ecef_m - r_m @ matrix.T)[found.is_valid]
        assert apart_m.max() < one_millimetre
        assert (code > 0).any()


def test_a_block_is_filled_up_with_nothing():
    elements = elements_of_shells([Shell("", 550, 53, 13, 10)], START)  # 130 satellites: a block and two more
    blocks = near_earth_blocks(elements.satrecs)
    every = near_earth_positions(blocks, 130, *julian_date(START), np.eye(3))
    last = near_earth_positions(near_earth_blocks(elements.satrecs[128:]), 2, *julian_date(START), np.eye(3))
    assert np.isfinite(every).all()
    assert np.array_equal(every[128:], last)


def test_the_compiler_makes_vectors_of_it():
    """An index that might be negative, or one more array, is enough to lose them, and with them all the speed."""
    from numba import njit

    anew = njit(error_model="numpy", fastmath={"contract", "nsz"})(_block.py_func)
    anew(np.full(N_COEFFICIENTS * W, np.nan), 2_461_124.0, 0.0, np.empty(3 * W))
    (compiled,) = anew.inspect_llvm().values()
    assert re.search(r"call .*<\d+ x double> @llvm\.sqrt", compiled)
