"""What binds the radio, on the toy planet: a ceiling of the power flux density, a link that closes high up alone."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene import load, simulate
from ecumene.world import build

RECORD = """
[[record]]
countries = ["XA"]
status = "licensed"
pfd_dbw_m2_mhz = {pfd}
source = "made up"
"""


def world(folder, pfd=None):
    """Return the toy planet (-122 dBW/m2/MHz), with a ceiling in XA."""
    if pfd is None:
        return build(load("toy"))
    file = folder / f"law{pfd}.toml"
    file.write_text(RECORD.format(pfd=pfd), encoding="utf-8")
    return build(load("toy", overrides={"licences.records": str(file)}))


def channel_bps(this, elevation_deg):
    """Return the rate of a channel in the cells of XA and at the place Market."""
    rates, n_bins = this.radio.channel_rate_bps, this.radio.channel_rate_bps.shape[1]
    column = min(int(np.sin(np.radians(elevation_deg)) * n_bins), n_bins - 1)
    cells = this.radio.rate_class_of_cell[this.land.class_of_cell >= 0]
    market = this.places.rate_class[this.places.name.index("Market")]
    of_all = {float(rates[k, column]) for k in [*cells.tolist(), int(market)]}
    assert len(of_all) == 1
    return of_all.pop()


def test_a_ceiling_below_what_satellites_lay_down_binds(tmp_path):
    """At the zenith 13.0 dB and 3.703295 bit/s/Hz; 3 dB less is above the 9.71 dB that 2.856231 need."""
    assert channel_bps(world(tmp_path), 90.0) == pytest.approx(3.703295 * 240e6)
    assert channel_bps(world(tmp_path, -125.0), 90.0) == pytest.approx(2.856231 * 240e6)


def test_a_ceiling_above_it_changes_nothing(tmp_path):
    high = world(tmp_path, -110.0)
    assert channel_bps(high, 90.0) == channel_bps(world(tmp_path), 90.0)
    assert high.radio.pfd_of_class_dbw_m2_mhz.tolist() == [-122.0]


def test_where_the_link_closes_high_up_alone_cells_and_places_see_no_satellite():
    """14 dB off: -1.0 dB straight up, -4.6 dB at the edge (30.1 deg); -2.85 dB are needed, which 44.5 deg has."""
    places = [
        {"name": "Edge", "lat_deg": 17.5, "lon_deg": 15.0},
        {"name": "Market", "lat_deg": 23.5, "lon_deg": 19.2},
    ]
    results = simulate(
        load("toy", overrides={"slots": 1, "downlink.margin_db": 14.0, "places.place": places})
    )
    found = dict(zip(results.places()["place"], results.places()["cause"], strict=True))
    of_rows = dict(
        zip(results.rows()["lat_deg"].round(1).tolist(), results.rows()["main_cause"], strict=True)
    )
    assert (found["Edge"], of_rows[17.5]) == ("no_satellite", "no_satellite")
    assert found["Market"] in {"served", "partly"}
    assert results.places()["n_visible"].tolist() == [0, 1]
    assert any(
        "closes from 44.5 deg on: nobody uses a satellite below" in n for n in results.summary["notes"]
    )
