"""Terms of a licence that bind the radio: a ceiling of the power flux density, on the toy planet."""

from __future__ import annotations

import numpy as np
import pytest

from ecumene import load
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
