"""Rain against the ITU's own examples (validation examples of Study Group 3, as tables in ../shared/reference).

P.838-3: specific attenuation, tolerance a millionth of a decibel. P.618-14: 42 cases of A(p), tolerance a
ten-millionth (the rain height follows from the slant length the table gives). P.837-7 and P.839-4: the shipped
values at listed places are read off the maps by tools/build_site_climate.py; here the closed form of the rain height
is held against the examples, to show how soft it is.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from ecumene.radio.rain import rain_height_km, rain_loss_db, rain_per_km_db

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"
ROUNDING_DB = 1e-7

pytestmark = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference tables ../shared/reference are not beside this copy"
)


def columns(name):
    """Return the columns of a table whose second line holds units."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0]]
    return dict(zip(rows[0], np.array(rows[2:], float).T, strict=True))


def test_a_kilometre_of_rain():
    t = columns("itu_p838_3_specific.csv")
    found = rain_per_km_db(t["R"], t["f"] * 1e9, np.radians(t["el"]), np.radians(t["tau"]))
    assert len(found) >= 60
    np.testing.assert_allclose(found, t["gamma_r"], atol=1e-6)


def test_the_loss_of_a_path():
    t = columns("itu_p618_14_rain.csv")
    height_km = t["Ls"] * np.sin(np.radians(t["el"])) + t["hs"]
    for p in np.unique(t["p"]):
        here = t["p"] == p
        found = rain_loss_db(
            np.radians(t["el"][here]),
            t["f"][here] * 1e9,
            float(p),
            rain_mm_h=t["R001"][here],
            height_km=height_km[here],
            lat_deg=t["lat"][here],
            altitude_km=t["hs"][here],
            tilt_rad=np.radians(t["tau"][here]),
        )
        np.testing.assert_allclose(found, t["A_rain"][here], atol=ROUNDING_DB)


def test_the_rain_height_by_latitude_is_soft():
    t = columns("itu_p839_4_rain_height.csv")
    off_km = np.abs(rain_height_km(t["lat"]) - t["hr"])
    assert 0.5 < off_km.mean() < 0.7
    assert 1.5 < off_km.max() < 1.7
