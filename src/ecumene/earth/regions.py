"""Regions of the Earth's surface: polygons, circles and GeoJSON files, and which points lie in them.

Edges of a polygon are straight in longitude and latitude, as GeoJSON has them (RFC 7946, section 3.1.1). A ring may
cross 180 deg; it may not go around a pole, for which there are circles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray  # noqa: TC002 - numba reads the annotations of the bands

from ecumene.constants import MEAN_EARTH_RADIUS_M
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.errors import TableError
from ecumene.kernels import inner_njit, njit
from ecumene.rings import closed_ring

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Region:
    """A part of the Earth's surface.

    Attributes
    ----------
    rings
        (corner, 2) arrays of longitude and latitude, the first corner repeated at the end, longitudes without a jump
        at 180 deg. A point inside an odd number of them is inside: holes are rings too. [deg]
    circles
        Latitude, longitude [deg] and radius [m] of each.
    """

    rings: tuple[NDArray[np.float64], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()


def polygon_region(corners: Sequence[Sequence[float]]) -> tuple[Region, list[str]]:
    """Return the region inside a polygon, and what is wrong with it.

    Parameters
    ----------
    corners
        Longitude and latitude of each corner; closed or not. [deg]

    Returns
    -------
    region, problems
        One sentence each; the region is empty where there are any.
    """
    ring, problems = closed_ring(corners)
    return (Region(rings=(ring,)), []) if not problems else (Region(), problems)


def circle_region(lat_deg: float, lon_deg: float, radius_km: float) -> Region:
    """Return the region within a great-circle distance of a point.

    Parameters
    ----------
    lat_deg, lon_deg
        Centre. [deg]
    radius_km
        Distance on the sphere. [km]
    """
    return Region(circles=((lat_deg, lon_deg, radius_km * 1e3),))


def geojson_region(path: str | Path) -> Region:
    """Return the region of all polygons of a GeoJSON file.

    Raises
    ------
    TableError
        The file cannot be read, or has mistakes; all of them are listed.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise TableError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TableError(f"{path}: not valid GeoJSON: {error}") from error
    rings: list[NDArray[np.float64]] = []
    problems: list[str] = []
    for where, polygon in _polygons(document, problems):
        for corners in polygon:
            ring, wrong = closed_ring(corners)
            problems += [f"{where}: {problem}" for problem in wrong]
            rings.append(ring)
    if not rings and not problems:
        problems.append("holds no Polygon and no MultiPolygon")
    if problems:
        raise TableError(
            "\n  ".join([f"{path}: {len(problems)} problem{'s'[: len(problems) != 1]}", *problems])
        )
    return Region(rings=tuple(rings))


def is_inside(
    region: Region, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which points lie in a region.

    Parameters
    ----------
    region
        From this module.
    lat_deg, lon_deg : (point,)
        Geodetic latitude and longitude. [deg]

    Returns
    -------
    inside : (point,)
        Points on an edge may fall on either side.
    """
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    inside = np.zeros(len(lat), np.bool_)
    for ring in region.rings:
        _flip_inside(ring, lat, lon, inside)
    for lat_0, lon_0, radius_m in region.circles:
        inside |= great_circle_m(lat, lon, lat_0, lon_0) <= radius_m
    return inside


def is_within(
    region: Region, lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], margin_m: float
) -> NDArray[np.bool_]:
    """Return which points lie in a region or within a distance of it.

    Parameters
    ----------
    region, lat_deg, lon_deg
        As in `is_inside`.
    margin_m
        How far outside a point may lie, along the mean sphere; some tens of kilometres at most. [m]

    Returns
    -------
    within : (point,)
        Those inside, and those near an edge.

    Notes
    -----
    The nearest point of an edge is found on a plane around the point asked for, with longitudes shortened by the cosine
    of its latitude: within 20 km and 75 deg of latitude the distance is good to 1.5 %.
    """
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    wider = tuple((*centre, radius_m + margin_m) for *centre, radius_m in region.circles)
    within = is_inside(Region(region.rings, wider), lat, lon)  # type: ignore[arg-type]
    for ring in region.rings:
        _add_near_edges(ring, lat, lon, np.degrees(margin_m / MEAN_EARTH_RADIUS_M), within)
    return within


@njit(cache=True, nogil=True)
def _add_near_edges(ring, lat_deg, lon_deg, margin_deg, within):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    for p in range(len(lat_deg)):
        if within[p]:
            continue
        shrink = np.cos(np.radians(lat_deg[p]))
        for k in range(len(ring) - 1):
            y_0, y_1 = ring[k, 1] - lat_deg[p], ring[k + 1, 1] - lat_deg[p]
            if min(y_0, y_1) > margin_deg or max(y_0, y_1) < -margin_deg:
                continue
            turn = 360.0 * np.round((ring[k, 0] - lon_deg[p]) / 360.0)
            x_0, x_1 = (
                (ring[k, 0] - lon_deg[p] - turn) * shrink,
                (ring[k + 1, 0] - lon_deg[p] - turn) * shrink,
            )
            for whole in (-360.0, 0.0, 360.0):  # an edge may be longer than half the Earth's way round
                a_x, b_x = x_0 + whole * shrink, x_1 + whole * shrink
                d_x, d_y = b_x - a_x, y_1 - y_0
                length2 = d_x * d_x + d_y * d_y
                along = 0.0 if length2 == 0.0 else min(max(-(a_x * d_x + y_0 * d_y) / length2, 0.0), 1.0)
                x, y = a_x + along * d_x, y_0 + along * d_y
                if x * x + y * y <= margin_deg * margin_deg:
                    within[p] = True


@njit(cache=True, nogil=True)
def _flip_inside(ring, lat_deg, lon_deg, inside):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    west, east = ring[:, 0].min(), ring[:, 0].max()
    south, north = ring[:, 1].min(), ring[:, 1].max()
    for p in range(len(lat_deg)):
        y = lat_deg[p]
        if y < south or y > north:
            continue
        x = west + (lon_deg[p] - west) % 360.0
        if x > east:
            continue
        is_odd = False
        for k in range(len(ring) - 1):
            y_0, y_1 = ring[k, 1], ring[k + 1, 1]
            if (y_0 > y) != (y_1 > y):
                crossing = ring[k, 0] + (y - y_0) / (y_1 - y_0) * (ring[k + 1, 0] - ring[k, 0])
                if x < crossing:
                    is_odd = not is_odd
        if is_odd:
            inside[p] = not inside[p]


def _polygons(document: Any, problems: list[str]) -> list[tuple[str, list[Any]]]:
    """Return every polygon of a GeoJSON document with where it stands."""
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") or [] if kind == "FeatureCollection" else [document]
    found: list[tuple[str, list[Any]]] = []
    for k, feature in enumerate(features):
        is_feature = isinstance(feature, dict) and feature.get("type") == "Feature"
        geometry = feature.get("geometry") if is_feature else feature
        shape = geometry.get("type") if isinstance(geometry, dict) else None
        parts = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if shape not in {"Polygon", "MultiPolygon"} or not isinstance(parts, list):
            problems.append(f"feature {k}: must be a Polygon or MultiPolygon with coordinates, is {shape}")
            continue
        polygons = [parts] if shape == "Polygon" else parts
        found += [(f"feature {k}", polygon) for polygon in polygons if isinstance(polygon, list)]
    return found


def region_km2(region: Region) -> float:
    """Return the area of a region on the mean sphere, holes taken off.

    Parameters
    ----------
    region
        From this module.

    Returns
    -------
    area_km2
        Good to a percent or so: what zones are ordered by. [km2]

    Notes
    -----
    The shoelace formula over longitude and the sine of latitude, which is equal-area [Lambert 1772]; the largest ring
    counts whole, rings inside it count off by the sign of the even-odd rule, approximated by their sum where they
    do not nest.
    """
    radius_km = MEAN_EARTH_RADIUS_M / 1e3
    total = 0.0
    for k, ring in enumerate(region.rings):
        x, y = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
        corner = Region(rings=tuple(other for j, other in enumerate(region.rings) if j != k))
        is_hole = is_inside(corner, ring[:1, 1], ring[:1, 0])[0]
        area = abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2.0 * radius_km**2
        total += -area if is_hole else area
    caps = [
        2.0 * np.pi * radius_km**2 * (1.0 - np.cos(radius_m / 1e3 / radius_km))
        for *_, radius_m in region.circles
    ]
    return float(total + sum(caps))


def is_near(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    lat_other_deg: NDArray[np.float64],
    lon_other_deg: NDArray[np.float64],
    distance_m: float,
) -> NDArray[np.bool_]:
    """Return which points have one of other points within a distance.

    Parameters
    ----------
    lat_deg, lon_deg : (point,)
        Where it is asked. [deg]
    lat_other_deg, lon_other_deg : (other,)
        What is looked for. [deg]
    distance_m
        Along the mean sphere. [m]

    Returns
    -------
    is_near : (point,)
        True also at exactly that distance.
    """
    bands = _bands(lat_other_deg, lon_other_deg, distance_m)
    here = np.radians(lat_deg), _half_turn(lon_deg)
    return np.asarray(_near(*here, bands, np.zeros(0, np.int64), np.zeros(0, np.int64), True) > 0)


class _Bands(NamedTuple):
    """Points in bands of latitude as high as the distance asked for, ascending in longitude in each."""

    angle_rad: float
    first: NDArray[np.int64]
    """(band + 1,)"""
    lat_rad: NDArray[np.float64]
    """(point,)"""
    lon_rad: NDArray[np.float64]
    """(point,) -pi to pi."""
    place: NDArray[np.int64]
    """(point,) Where the point stood."""


def _bands(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64], distance_m: float) -> _Bands:
    angle_rad = max(distance_m / MEAN_EARTH_RADIUS_M, 1e-6)
    lat_rad, lon_rad = np.radians(lat_deg), _half_turn(lon_deg)
    band = ((lat_rad + np.pi / 2.0) / angle_rad).astype(np.int64)
    order = np.lexsort((lon_rad, band))
    n_bands = int(np.pi / angle_rad) + 2
    first = np.searchsorted(band[order], np.arange(n_bands + 1))
    return _Bands(angle_rad, first, lat_rad[order], lon_rad[order], order)


def _half_turn(lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitudes from -pi to pi. [rad]."""
    return (np.radians(lon_deg) + np.pi) % (2.0 * np.pi) - np.pi


def near_pairs(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    lat_other_deg: NDArray[np.float64],
    lon_other_deg: NDArray[np.float64],
    distance_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return for every point which of other points lie within a distance.

    Parameters
    ----------
    lat_deg, lon_deg, lat_other_deg, lon_other_deg, distance_m
        As in `is_near`.

    Returns
    -------
    first : (point + 1,)
        The others of point p are other[first[p]] to other[first[p + 1] - 1].
    other : (pair,)
        Their indices.
    """
    bands = _bands(lat_other_deg, lon_other_deg, distance_m)
    here = np.radians(lat_deg), _half_turn(lon_deg)
    first = np.zeros(len(lat_deg) + 1, np.int64)
    np.cumsum(_near(*here, bands, first, np.zeros(0, np.int64), False), out=first[1:])
    found = np.zeros(first[-1], np.int64)
    _near(*here, bands, first, found, False)
    return first, found.astype(np.int32)


@inner_njit(cache=True, nogil=True)
def _reach(lat, angle_rad):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return how far in longitude a point within an angle can lie; all round near a pole."""
    narrowest = np.cos(min(abs(lat) + angle_rad, np.pi / 2.0)) * np.cos(lat)
    limit = np.sin(angle_rad / 2.0) ** 2
    return 2.0 * np.arcsin(np.sqrt(limit / narrowest)) + 1e-9 if narrowest > limit else np.pi


@njit(cache=True, nogil=True)
def _near(lat, lon, bands, first, found, is_one_enough):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Count the others near each point, the first alone where one is enough; list them where there is room.

    In each of three bands only the longitudes within reach are looked at; the haversine of small angles is exact.
    """
    counts = np.zeros(len(lat), np.int64)
    most = 1 if is_one_enough else len(bands.place)
    limit = np.sin(bands.angle_rad / 2.0) ** 2
    for p in range(len(lat)):
        b = int((lat[p] + np.pi / 2.0) / bands.angle_rad)
        width = _reach(lat[p], bands.angle_rad)
        for band in range(max(b - 1, 0), min(b + 2, len(bands.first) - 1)):
            start, end = bands.first[band], bands.first[band + 1]
            for turn in range(-1 if width < np.pi else 0, 2 if width < np.pi else 1):
                middle = lon[p] + 2.0 * np.pi * turn
                k = start + np.searchsorted(bands.lon_rad[start:end], middle - width)
                while k < end and bands.lon_rad[k] <= middle + width and counts[p] < most:
                    across = np.sin((bands.lon_rad[k] - lon[p]) / 2.0)
                    along = np.sin((bands.lat_rad[k] - lat[p]) / 2.0)
                    if along**2 + np.cos(lat[p]) * np.cos(bands.lat_rad[k]) * across**2 <= limit:
                        if len(found):
                            found[first[p] + counts[p]] = bands.place[k]
                        counts[p] += 1
                    k += 1
    return counts
