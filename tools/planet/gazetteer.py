"""The shipped gazetteer: towns, and where towns are rare the largest place around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from planet.places import Places, chord, unit_vectors
from scipy.spatial import cKDTree

from ecumene.earth import towns

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALWAYS_FROM_PEOPLE = 15_000
LONELY_KM = 25.0


def write_gazetteer(places: Places, facts: dict[str, object]) -> NDArray[np.intp]:
    """Write every place of 15,000 people, and every smaller one without a larger listed one within 25 km.

    Returns the indices of the places kept.
    """
    keep = np.flatnonzero(places.people >= ALWAYS_FROM_PEOPLE).tolist()
    at = unit_vectors(places.lat_deg, places.lon_deg)
    first = len(keep)
    small = np.arange(first, len(places.people))
    is_far = cKDTree(at[keep]).query(at[small])[0] > chord(LONELY_KM)
    lonely = small[is_far]  # the largest first
    tree = cKDTree(at[lonely])
    is_open = np.ones(len(lonely), dtype=bool)
    for k, near in enumerate(tree.query_ball_point(at[lonely], chord(LONELY_KM))):
        if is_open[k]:
            keep.append(int(lonely[k]))
            is_open[near] = False
    kept = np.array(keep)
    towns.encode(
        towns.PATH,
        tuple(places.name[i] for i in keep),
        places.country[kept],
        places.lat_deg[kept],
        places.lon_deg[kept],
        places.people[kept],
        facts,
    )
    size = towns.PATH.stat().st_size
    print(
        f"  {towns.PATH.name}: {size:,} bytes, {first:,} towns "
        f"and {len(kept) - first:,} lonely smaller places"
    )
    return kept
