"""Feeder links by budget in a whole run: bands, weather, exclusion by country."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene import load
from ecumene.earth.countries import countries
from ecumene.errors import ScenarioError
from ecumene.network.sharing import FEED, load_of_kind
from ecumene.network.sites import read_sites
from ecumene.simulation import one_slot
from ecumene.slot import survey
from ecumene.world import build
from ecumene.world.feeders import rain_climate

SMALL = {"resolution": 3, "slots": 1}
BUDGET = {"gateways.link": "budget"}


def world(**keys):
    return build(
        load("starlink-2022", overrides={**SMALL, **{k.replace("__", "."): v for k, v in keys.items()}})
    )


def slot_of(this):
    return one_slot(this, survey(this, 0), survey(this, 1), None)


def capacities(this):
    slot = slot_of(this)
    start = slot.paths.start_of_kind
    return slot, slot.paths.capacity_bps[start[FEED] : start[FEED + 1]]


def n_in_view(this):
    return np.diff(survey(this, 0).in_view.first_of_gateway)


def test_fixed_links_all_carry_the_same():
    _, capacity_bps = capacities(world())
    assert set(capacity_bps) == {20e9}


def test_a_budget_gives_every_link_its_own_and_the_cap_holds():
    slot, capacity_bps = capacities(world(**BUDGET, gateways__antenna_gbps=19.0))
    assert 0.0 < capacity_bps.min() <= capacity_bps.max() == 19e9
    load_bps = load_of_kind(slot.paths, slot.shares.load_bps, FEED)
    assert (load_bps <= capacity_bps * (1 + 1e-9)).all()


def test_rain_takes_capacity_and_links():
    clear = slot_of(world(**BUDGET))
    wet_world = world(**BUDGET, gateways__weather=0.05)
    wet, capacity_bps = capacities(wet_world)
    assert np.median(capacity_bps) < 18e9
    assert len(wet.sky.in_view.sat) < len(clear.sky.in_view.sat)
    assert wet.service.rate_bps.sum() < clear.service.rate_bps.sum()
    assert any("exceeded in 0.05 % of the year stands over every gateway" in note for note in wet_world.notes)


def test_what_shares_no_band_stays_idle():
    this = world(**BUDGET, gateways__bands=["e"])
    assert len(slot_of(this).sky.in_view.sat) == 0
    assert any("share no band with the satellites (ka)" in note for note in this.notes)
    both = world(
        **BUDGET,
        gateways__bands=["ka", "e"],
        satellite__feeder_bands=["ka", "e"],
        gateways__antenna_gbps=100.0,
    )
    assert capacities(both)[1].min() > 50e9


def test_exclusion_by_country_and_by_site():
    site = {"name": "X", "country": "PL", "lat_deg": 52.0, "lon_deg": 21.0, "gso_exclusion_deg": 2.0}
    this = world(gateways__gso_exclusion_by_country={"PL": 10.0}, gateways__site=[site])
    exclusion = dict(zip(this.ground.gateways.name, this.ground.gso_exclusion_deg, strict=True))
    assert (exclusion["X"], exclusion["Wola Krobowska"], exclusion["Kaunas"]) == (2.0, 10.0, 18.0)
    plain = n_in_view(world(gateways__site=[{**site, "gso_exclusion_deg": 18.0}]))
    loose = n_in_view(this)
    names = this.ground.gateways.name
    assert (loose >= plain).all()
    assert (
        loose[names.index("X")]
        >= loose[names.index("Wola Krobowska")]
        >= plain[names.index("Wola Krobowska")]
    )
    assert loose[names.index("X")] > plain[names.index("X")]
    assert loose[names.index("Kaunas")] == plain[names.index("Kaunas")]
    with pytest.raises(ScenarioError, match=r"gso_exclusion_by_country: unknown country code 'ZZ'"):
        world(gateways__gso_exclusion_by_country={"ZZ": 10.0})


@pytest.mark.parametrize("value", ["wet", 0.0001, 6, True])
def test_weather_is_a_share_of_the_year(value):
    with pytest.raises(ScenarioError, match='must be "clear", or a percentage of the year'):
        world(**BUDGET, gateways__weather=value)


def test_weather_needs_a_budget():
    with pytest.raises(ScenarioError, match='weather changes nothing with link = "fixed"'):
        world(gateways__weather=0.1)


def test_rain_climate_is_ones_own_or_near_or_assumed(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "name,country,lat_deg,lon_deg,kind,rain_mm_h,rain_height_km\n"
        "A,PL,51.9,20.9,gateway,,\nB,PL,51.9,20.9,gateway,77,1.5\nC,CD,0.5,25.2,gateway,,\n"
    )
    rain_mm_h, height_km, n_guessed = rain_climate(read_sites(path, ("PL", "CD")), 50.0)
    assert 20.0 < rain_mm_h[0] < 40.0  # Wola Krobowska is listed
    assert (rain_mm_h[1], height_km[1]) == (77.0, 1.5)
    assert (rain_mm_h[2], height_km[2], n_guessed) == (50.0, 5.0, 1)


def test_every_listed_gateway_has_its_climate():
    for name in ("starlink", "starlink-2022", "oneweb", "kuiper"):
        sites = read_sites(name, countries().code).of_kind("gateway")
        rain_mm_h, height_km, n_guessed = rain_climate(sites, 50.0)
        assert n_guessed == 0, name
        assert (rain_mm_h > 0.0).all()
        assert (height_km > 0.0).all()
