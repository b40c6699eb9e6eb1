"""The ready scenarios ukraine-2022 and tonga-2022 against a second program, slot by slot for an hour.

The second program is design/stories_by_hand.py: numpy and python-sgp4, with its own Walker shells, frame, elevations
and geostationary arc, by somebody who used none of our kernels. With antennas for every satellite all three counts of
every place and slot must be equal, but for slots in which a satellite stands within 0.01 deg of a threshold (its frame
has no UT1 - UTC and no polar motion: tens of metres). As they ship, with eight antennas a gateway, fewer satellites are
usable, and availability may not differ by more than one slot in a hundred.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import ecumene

SCRIPT = Path(__file__).resolve().parents[2] / "design" / "stories_by_hand.py"
ONE_SLOT_IN_A_HUNDRED = 0.01


@pytest.fixture(scope="module")
def second_program():
    """Return the second program as a module, or skip where only the package was installed."""
    if not SCRIPT.exists():
        pytest.skip("needs design/ of the checkout")
    specification = importlib.util.spec_from_file_location("stories_by_hand", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    sys.modules["stories_by_hand"] = module
    specification.loader.exec_module(module)
    return module


CASES = [("ukraine-2022", 17), *(("tonga-2022", phasing) for phasing in (0, 1, 17, 39))]


@pytest.mark.parametrize(("name", "phasing"), CASES)
def test_an_hour_agrees_slot_by_slot(second_program, name, phasing):
    keys = {"constellation.shells.0.phasing": phasing}
    scenario = ecumene.load(name, overrides={**keys, "gateways.antennas": 200})
    assert scenario.slots * scenario.slot_s == 3_600.0
    hand, table = second_program.by_hand(scenario), ecumene.simulate(scenario).places()
    assert len(hand) >= 4
    for place, seen in hand.items():
        here = table["place"] == place
        sure = ~seen.is_near
        assert sure.mean() > 0.8
        for count in ("n_visible", "n_clear", "n_usable"):
            np.testing.assert_array_equal(
                getattr(seen, count)[sure], table[count][here][sure], f"{place}: {count}"
            )


@pytest.mark.parametrize(("name", "phasing"), CASES)
def test_what_ships_comes_near_it(second_program, name, phasing):
    """Availability, mean usable satellites and gaps, told by the summary."""
    scenario = ecumene.load(name, overrides={"constellation.shells.0.phasing": phasing})
    hand, summary = second_program.by_hand(scenario), ecumene.simulate(scenario).summary
    told = {place["place"]: place for place in summary["places"]}
    assert list(told) == list(hand)
    for place, seen in hand.items():
        availability, gap_s = (
            float((seen.n_usable > 0).mean()),
            second_program.longest_gap(seen.n_usable) * 15.0,
        )
        assert told[place]["availability"] == pytest.approx(availability, abs=ONE_SLOT_IN_A_HUNDRED)
        assert told[place]["longest_gap_s"] == pytest.approx(gap_s, abs=15.0)
        if name == "tonga-2022":  # eight antennas are nearly always enough
            assert told[place]["n_usable_mean"] == pytest.approx(seen.n_usable.mean(), abs=0.05)
        else:  # 24 antennas for some 40 satellites that stand between Ukraine and its gateways
            assert 8.0 < told[place]["n_usable_mean"] <= seen.n_usable.mean() + 0.05


def test_tonga_hangs_on_the_phasing():
    """Nobody filed it, and it decides: the first satellites of two planes meet over one gateway, or take turns."""
    shares = [
        ecumene.simulate(ecumene.load("tonga-2022", overrides={"constellation.shells.0.phasing": phasing}))
        .summary["places"][0]["availability"]
        for phasing in (39, 53)
    ]  # fmt: skip
    assert shares[0] - shares[1] > 0.15


def test_nobody_but_the_country_is_computed():
    for name, country, people in (("ukraine-2022", "UA", 38e6), ("tonga-2022", "TO", 104e3)):
        results = ecumene.simulate(ecumene.load(name, overrides={"slots": 1}))
        assert set(results.rows()["country"]) == {country}
        assert results.summary["people"] == pytest.approx(people, rel=0.02)
        assert set(results.places()["pop"]) <= {"Frankfurt", "Auckland", ""}
        assert results.summary["isls"] == 0
