"""Shells, planes and slots read off elements: filed shells must come back, real fleets must keep their places."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ecumene.errors import RangeError
from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.recognition import (
    ALONE_IN_PLANE,
    ALONE_IN_SHELL,
    NO_ORBIT,
    NOT_ASKED,
    MeanOrbits,
    mean_orbits,
    recognise,
)
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.status import statuses

AT = datetime(2026, 3, 24, 12, tzinfo=UTC)
DATA = Path(__file__).parents[2].parent / "shared" / "data"

FILED = {
    "starlink-gen1": [
        Shell("", 550, 53.0, 72, 22, 17), Shell("", 540, 53.2, 72, 22, 17), Shell("", 570, 70.0, 36, 20, 17),
        Shell("", 560, 97.6, 6, 58, 17),
    ],
    "starlink polar": [Shell("", 560, 97.6, 4, 43, 17)],
    "kuiper": [
        Shell("", 630, 51.9, 34, 34, 1), Shell("", 610, 42.0, 36, 36, 1), Shell("", 590, 33.0, 28, 28, 1)
    ],
    "oneweb": [Shell("", 1_175, 87.9, 12, 49, 6, 180, node_step_deg=15.225, altitude_step_km=4)],
    "telesat": [Shell("", 1_015, 98.98, 6, 13, 0, 180), Shell("", 1_325, 50.88, 20, 11, 3)],
    "gen2 as asked": [Shell("", 340, 53, 48, 110, 1), Shell("", 604, 148, 12, 12), Shell("", 525, 53, 28, 120, 3)],
}  # fmt: skip


def of(elements, at=AT, is_asked=None):
    is_asked = np.ones(len(elements), np.bool_) if is_asked is None else is_asked
    return recognise(mean_orbits(elements, at), is_asked, elements.norad_id)


def is_same_partition(one, other):
    """Whether two numberings put the same satellites together."""
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


@pytest.mark.parametrize("after_days", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("name", FILED)
def test_a_filing_comes_back(name, after_days):
    elements = elements_of_shells(FILED[name], AT)
    found = of(elements, AT + timedelta(days=after_days))
    assert (found.reason == -1).all()
    assert is_same_partition(found.shell, elements.shell)
    assert is_same_partition(found.shell * 1_000 + found.plane, elements.shell * 1_000 + elements.plane)
    size = np.array([shell.sats_per_plane for shell in FILED[name]])[elements.shell]
    planes = np.array([shell.planes for shell in FILED[name]])[elements.shell]
    assert (
        found.plane == elements.plane % planes
    ).all()  # the first satellite's plane is 0, eastwards from there
    assert (found.slot == elements.slot % size).all()
    assert sorted(found.n_planes) == sorted(shell.planes for shell in FILED[name])
    assert sorted(found.n_sats) == sorted(shell.total for shell in FILED[name])
    assert (
        np.abs(np.sort(found.inclination_deg) - np.sort([s.inclination_deg for s in FILED[name]])).max()
        < 1e-6
    )


def test_two_filed_shells_of_one_height_and_inclination_are_one():
    shells = [Shell("", 560, 97.6, 6, 58, 17), Shell("", 560, 97.6, 4, 43, 17)]
    found = of(elements_of_shells(shells, AT))
    assert found.n_planes.tolist() == [8]  # nodes 0 and 180 are in both
    assert found.n_sats.tolist() == [520]


def test_stragglers_have_reasons():
    shells = [
        Shell("", 550, 53, 4, 6), Shell("", 550, 53, 1, 2, raan_deg=45), Shell("", 800, 53, 1, 2),
        Shell("", 550, 60, 1, 1),
    ]  # fmt: skip
    elements = elements_of_shells(shells, AT)
    is_asked = np.arange(len(elements)) != 3
    found = of(elements, is_asked=is_asked)
    assert found.reason[3] == NOT_ASKED
    assert found.reason[24:].tolist() == [ALONE_IN_PLANE] * 2 + [ALONE_IN_SHELL] * 3
    assert (found.reason[is_asked & (np.arange(len(elements)) < 24)] == -1).all()
    assert (found.slot[:6] == [0, 1, 2, -1, 3, 4]).all()


def test_small_planes_count_where_there_are_no_larger_ones():
    found = of(elements_of_shells([Shell("", 550, 53, 6, 2)], AT))
    assert (found.n_planes, found.n_sats) == ([6], [12])


def test_a_second_height_over_one_node_is_a_plane_of_its_own():
    """As spare planes fly, 2.5 km above."""
    shells = [Shell("", 485, 43, 5, 20), Shell("", 487.5, 43, 5, 7, raan_deg=0.2)]
    found = of(elements_of_shells(shells, AT))
    assert found.n_planes.tolist() == [10]
    assert found.column.max() == 4
    assert is_same_partition(found.plane[:100], np.repeat(np.arange(5), 20))


def test_an_equatorial_ring_is_one_plane():
    elements = elements_of_shells(
        [Shell("", 8_062, 0.03, 8, 1, raan_deg=3), Shell("", 8_062, 0.03, 4, 1)], AT
    )
    found = of(elements)
    assert (found.n_planes, found.n_sats) == ([1], [12])
    assert sorted(found.slot) == list(range(12))


def test_nothing_asked_nothing_found():
    elements = elements_of_shells([Shell("", 550, 53, 2, 3)], AT)
    found = of(elements, is_asked=np.zeros(6, np.bool_))
    assert (found.reason == NOT_ASKED).all()
    assert len(found.n_sats) == 0
    unknown = np.full(6, np.nan)
    lost = recognise(MeanOrbits(unknown, unknown, unknown, unknown, unknown), np.ones(6, np.bool_))
    assert (lost.reason == NO_ORBIT).all()


def test_lengths_must_agree():
    orbits = mean_orbits(elements_of_shells([Shell("", 550, 53, 2, 3)], AT), AT)
    with pytest.raises(RangeError, match="6 orbits, 5 satellites"):
        recognise(orbits, np.ones(5, np.bool_))


def real(name):
    if not (DATA / name).exists():
        pytest.skip(f"{name} lies beside the checkout only where the reference material is")
    elements = read_catalogue(DATA / name)
    at = median_epoch(elements)
    return elements, at, statuses(elements, at, 14.0) == 0


def test_starlink_as_flown():
    elements, at, is_asked = real("starlink_omm_20260324.json.gz")
    found = of(elements, at, is_asked)
    assert (found.reason == -1).sum() > 0.98 * is_asked.sum()
    big = found.n_sats >= 100
    assert np.round(found.altitude_km[big], 0).tolist() == [358, 485, 360, 475, 540, 570, 547]
    assert np.round(found.inclination_deg[big], 1).tolist() == [43, 43, 53.2, 53.2, 53.2, 70, 97.6]
    assert found.n_planes[np.abs(found.altitude_km - 540) < 1].tolist() == [72]  # as filed


def test_oneweb_as_flown():
    elements, at, is_asked = real("oneweb_20260101.tle.gz")
    found = of(elements, at, is_asked)
    assert found.n_planes.tolist() == [12]
    assert (found.reason == ALONE_IN_PLANE).sum() <= 10


@pytest.mark.parametrize("name", ["starlink_omm_20260324.json.gz", "oneweb_20260101.tle.gz"])
def test_places_hold_from_day_to_day(name):
    """The same elements a day later, and with what a new fit would change."""
    elements, at, is_asked = real(name)
    today = of(elements, at, is_asked)
    later = mean_orbits(elements, at + timedelta(days=1))
    tomorrow = recognise(later, is_asked, elements.norad_id)
    rng = np.random.default_rng(1)

    def noisy(values, sigma):
        return values + sigma * rng.standard_normal(len(values))

    refitted = dataclasses.replace(
        later,
        radius_m=noisy(later.radius_m, 30.0),
        node_rad=noisy(later.node_rad, np.radians(0.02)) % (2.0 * np.pi),
        latitude_argument_rad=noisy(later.latitude_argument_rad, np.radians(0.1)) % (2.0 * np.pi),
    )
    anew = recognise(refitted, is_asked, elements.norad_id)
    for found in (tomorrow, anew):
        assert (found.shell == today.shell).mean() > 0.999
        assert (found.plane == today.plane).mean() > 0.999
        assert (found.slot == today.slot).mean() > 0.99


def test_a_satellite_sgp4_refuses_has_no_orbit():
    from sgp4.api import WGS72, Satrec

    good = elements_of_shells([Shell("", 550, 53, 2, 4)], AT)
    broken = Satrec()
    broken.sgp4init(WGS72, "i", 0, 27_842.5, 0.0, 0.0, 0.0, 1.5, 0.0, 1.0, 0.0, 0.06, 0.0)
    elements = dataclasses.replace(good, satrecs=(broken, *good.satrecs[1:]))
    found = of(elements)
    assert found.reason.tolist() == [NO_ORBIT] + [-1] * 7
