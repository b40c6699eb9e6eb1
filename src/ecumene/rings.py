"""Closed outlines on the map, checked: what zones, jamming and overlays are drawn with.

Numpy is imported where it is used, because the scenario's schema stands on this and help must be quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CORNERS = 20_000
"""Of one ring: more is an error, not a wait."""


def closed_ring(corners: Any) -> tuple[NDArray[np.float64], list[str]]:
    """Return a closed ring with continuous longitudes, and what is wrong with it.

    Parameters
    ----------
    corners
        Longitude and latitude of each corner, in order along the outline; closed or not. [deg]

    Returns
    -------
    ring : (corner, 2)
        The first corner repeated at the end, longitudes without a jump at 180 deg; empty where there are problems.
        [deg]
    problems
        One sentence each: too few corners, coordinates out of range, a ring that crosses itself or goes around a pole.
    """
    import numpy as np

    nothing = np.zeros((0, 2))
    try:
        ring = np.array([[float(corner[0]), float(corner[1])] for corner in corners], np.float64)
    except (TypeError, ValueError, IndexError, KeyError):
        return nothing, ["every corner must be [longitude, latitude], two numbers"]
    if len(ring) and (ring[0] == ring[-1]).all():
        ring = ring[:-1]
    if len(ring) < 3:
        return nothing, [f"a polygon needs three corners or more, this one has {len(ring)}"]
    if len(ring) > MAX_CORNERS:
        return nothing, [f"{len(ring):,} corners; at most {MAX_CORNERS:,} in one ring, simplify it"]
    problems = _outside(ring)
    if problems:
        return nothing, problems
    ring = np.concatenate([ring, ring[:1]])
    ring[:, 0] = np.degrees(np.unwrap(np.radians(ring[:, 0])))
    if abs(ring[-1, 0] - ring[0, 0]) > 1.0:
        return nothing, ["goes around a pole; give a circle (lat_deg, lon_deg, radius_km) instead"]
    ring[-1] = ring[0]
    crossing = _first_crossing(ring)
    if crossing is not None:
        return nothing, [crossing]
    x, y = ring.T
    if (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() == 0.0:  # the shoelace formula
        return nothing, ["encloses nothing: all corners lie on one line"]
    return ring, []


def _outside(ring: NDArray[np.float64]) -> list[str]:
    import numpy as np

    problems = []
    for k, (lon, lat) in enumerate(ring):
        if not (np.isfinite(lon) and np.isfinite(lat)):
            problems.append(f"corner {k + 1}: must be finite numbers")
        elif abs(lat) > 90.0 or not -180.0 <= lon <= 360.0:
            swapped = abs(lon) <= 90.0 and -180.0 <= lat <= 360.0
            hint = "; are latitude and longitude swapped? Longitude comes first" if swapped else ""
            problems.append(
                f"corner {k + 1} = [{lon:g}, {lat:g}]: longitude must be -180 to 360 and latitude -90 to 90{hint}"
            )
    return problems


def _first_crossing(ring: NDArray[np.float64]) -> str | None:
    """Say which two edges of a ring cross or touch, None where none do."""
    import numpy as np

    a, b = ring[:-1], ring[1:]
    n = len(a)
    for i in range(n):
        others = np.arange(i + 2, n if i > 0 else n - 1)  # neighbours share a corner
        if (a[i] == b[i]).all():
            return f"corner {i + 1} stands twice in a row"
        if len(others) == 0:
            continue
        c, d = a[others], b[others]
        near_box = (np.minimum(c, d) <= np.maximum(a[i], b[i])).all(axis=1)
        near_box &= (np.maximum(c, d) >= np.minimum(a[i], b[i])).all(axis=1)
        c, d, near = c[near_box], d[near_box], others[near_box]
        cross = (_side(a[i], b[i], c) * _side(a[i], b[i], d) <= 0.0) & (
            _side(c, d, a[i]) * _side(c, d, b[i]) <= 0.0
        )
        if cross.any():
            j = int(near[cross][0])
            return (
                f"crosses itself: the edge from corner {i + 1} ({a[i][0]:g}, {a[i][1]:g}) meets that from corner "
                f"{j + 1} ({a[j][0]:g}, {a[j][1]:g}); put the corners in order along the outline"
            )
    return None


def _side(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return on which side of the line from p to q the point r lies: the cross product's sign."""
    import numpy as np

    along, to = q - p, r - p
    return np.sign(along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0])
