"""Write the table of rain rate and rain height at the listed gateways.

    pip install itur==0.4.0
    python tools/build_site_climate.py

Reads two maps that the package itur (MIT) carries: the rain rate exceeded in 0.01 % of the year of ITU-R P.837-7
and the 0 deg isotherm of ITU-R P.839-4, each by bilinear interpolation, as the recommendations say. Only the values
at the sites go into the table, as facts; the maps stay where they are.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from pathlib import Path

import numpy as np

LISTS = Path(__file__).resolve().parents[1] / "src" / "ecumene" / "network" / "data"
TABLE = LISTS / "rain_climate.csv"
HEAD = """\
# Rain at the places where listed gateways stand: rate exceeded in 0.01 % of an average year (ITU-R P.837-7) and
# mean rain height above the sea (ITU-R P.839-4), read off the maps by tools/build_site_climate.py.
"""
ABOVE_ISOTHERM_KM = 0.36
"""Rain height over the 0 deg isotherm. Source: ITU-R P.839-4."""


def load_map(folder: Path, values: str, lats: str, lons: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a map with ascending latitudes and longitudes of 0 to 360 deg."""
    table, lat, lon = (np.load(folder / f"{name}.npz")["arr_0"] for name in (values, lats, lons))
    lat, lon = lat[:, 0], lon[0]
    if lat[0] > lat[-1]:
        table, lat = table[::-1], lat[::-1]
    return table, lat, lon


def interpolated(chart: tuple[np.ndarray, np.ndarray, np.ndarray], lat_deg: float, lon_deg: float) -> float:
    """Return the bilinear value at a point."""
    table, lat, lon = chart
    lon_deg = (lon_deg - lon[0]) % 360.0 + lon[0]
    i = min(max(int(np.searchsorted(lat, lat_deg, "right")) - 1, 0), len(lat) - 2)
    j = min(max(int(np.searchsorted(lon, lon_deg, "right")) - 1, 0), len(lon) - 2)
    a = (lat_deg - lat[i]) / (lat[i + 1] - lat[i])
    b = (lon_deg - lon[j]) / (lon[j + 1] - lon[j])
    rows = table[i : i + 2, j : j + 2]
    return float(np.array([1 - a, a]) @ rows @ np.array([1 - b, b]))


def places() -> list[tuple[float, float]]:
    """Return where the gateways of all lists stand, each place once."""
    found = set()
    for path in sorted(LISTS.glob("*_sites.csv")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        found |= {
            (float(r["lat_deg"]), float(r["lon_deg"]))
            for r in csv.DictReader(lines)
            if r["kind"] == "gateway"
        }
    return sorted(found)


def main() -> None:
    """Write the table."""
    found = importlib.util.find_spec("itur")
    if found is None or found.origin is None:
        sys.exit("itur is not installed: pip install itur==0.4.0")
    data = Path(found.origin).parent / "data"
    rain = load_map(data / "837", "v7_r001", "v7_lat_r001", "v7_lon_r001")
    isotherm = load_map(data / "839", "v4_esa0height", "v4_esalat", "v4_esalon")
    out = io.StringIO()
    out.write(HEAD)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["lat_deg", "lon_deg", "rain_mm_h", "rain_height_km"])
    for at in places():
        rain_mm_h, height_km = interpolated(rain, *at), interpolated(isotherm, *at) + ABOVE_ISOTHERM_KM
        writer.writerow([*at, f"{rain_mm_h:.1f}", f"{height_km:.2f}"])
    TABLE.write_text(out.getvalue(), encoding="utf-8")
    print(TABLE.name)


if __name__ == "__main__":
    main()
