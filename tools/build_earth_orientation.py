"""Pack the IERS series of UT1 and polar motion into the table the package ships.

Run from the repository root, with the build extra installed:

    python tools/build_earth_orientation.py

Source: finals2000A.all of the IERS Rapid Service/Prediction Center (USNO) and the IERS leap second table,
both as carried by the PyPI package astropy-iers-data. Bulletin B values are taken where they exist, then
Bulletin A, then its predictions: Astropy's order. The values are facts published for free use by the IERS.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import astropy_iers_data
import numpy as np

TARGET = Path(__file__).parents[1] / "src" / "ecumene" / "orbits" / "data" / "earth_orientation.npz"
UT1_STEP_S = 1e-5
POLAR_STEP_ARCSEC = 1e-4


def read_leap_seconds(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return from which modified Julian day on TAI - UTC has which value."""
    lines = [line.split() for line in Path(path).read_text().splitlines() if not line.startswith("#")]
    rows = [(int(float(fields[0])), int(fields[4])) for fields in lines if fields]
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def read_finals(path: str) -> dict[str, np.ndarray]:
    """Return the daily columns; column numbers from readme.finals2000A."""
    rows: list[tuple[float, ...]] = []
    for line in Path(path).read_text().splitlines():
        if not line[58:68].strip():
            break  # the last rows hold dates only
        bulletin_b = line[134:165]
        is_final = all(bulletin_b[a:b].strip() for a, b in ((0, 10), (10, 20), (20, 31)))
        x, y, ut1 = (
            (bulletin_b[0:10], bulletin_b[10:20], bulletin_b[20:31])
            if is_final
            else (line[18:27], line[37:46], line[58:68])
        )
        rows.append((float(line[7:15]), float(x), float(y), float(ut1), float(line[57] == "P")))
    mjd, x, y, ut1, predicted = np.array(rows).T
    return {"mjd": mjd, "x": x, "y": y, "ut1_minus_utc": ut1, "predicted": predicted}


def pack(values: np.ndarray, step: float) -> np.ndarray:
    """Return second differences of the rounded values; two cumulative sums restore them."""
    units = np.rint(values / step).astype(np.int64)
    return np.diff(np.diff(units, prepend=0), prepend=0).astype(np.int32)


def main() -> None:
    """Build the table, read it back and say what is in it."""
    leap_mjd, leap_s = read_leap_seconds(astropy_iers_data.IERS_LEAP_SECOND_FILE)
    series = read_finals(astropy_iers_data.IERS_A_FILE)
    mjd = series["mjd"]
    assert (np.diff(mjd) == 1).all(), "days are missing"
    tai_minus_utc = leap_s[np.searchsorted(leap_mjd, mjd, side="right") - 1]
    ut1_minus_tai = series["ut1_minus_utc"] - tai_minus_utc
    edition = (
        f"IERS finals2000A.all and Leap_Second.dat from astropy-iers-data {version('astropy-iers-data')}"
    )
    TARGET.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        TARGET,
        first_mjd=np.array(mjd[0]),
        ut1_minus_tai=pack(ut1_minus_tai, UT1_STEP_S),
        polar_x=pack(series["x"], POLAR_STEP_ARCSEC),
        polar_y=pack(series["y"], POLAR_STEP_ARCSEC),
        leap_mjd=leap_mjd,
        leap_tai_minus_utc=leap_s,
        first_predicted_mjd=mjd[series["predicted"] > 0][:1].sum(),
        source=np.array(edition),
    )
    with np.load(TARGET) as packed:
        back = np.cumsum(np.cumsum(packed["ut1_minus_tai"].astype(np.int64))) * UT1_STEP_S
    worst_us = 1e6 * np.abs(back - ut1_minus_tai).max()
    print(f"{edition}: MJD {mjd[0]:.0f} to {mjd[-1]:.0f}, {mjd.size} days")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes, UT1 rounded by at most {worst_us:.1f} us")


if __name__ == "__main__":
    main()
