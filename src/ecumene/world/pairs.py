"""Pairs of named places, and of places and PoPs, that are followed slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecumene.earth.ellipsoid import PYEPHEM_SCALE, great_circle_m, pyephem_site_m
from ecumene.errors import ScenarioError, did_you_mean
from ecumene.network.mesh import sweep_orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecumene.orbits.elements import Elements
    from ecumene.scenario import Scenario
    from ecumene.world.ground import Ground
    from ecumene.world.places import NamedPlaces

POP = "pop:"
"""How the name of a PoP begins where it stands for an end of a pair."""

ANY_POP, NO_POP = -1, -2
"""Where a pair ends at whichever PoP has the least delay, and where it ends at a place."""


@dataclass(frozen=True)
class NamedPairs:
    """Pairs that are followed slot by slot.

    Attributes
    ----------
    from_place : (pair,)
        Index into the places.
    to_place : (pair,)
        Index into the places, -1 where the pair ends at a PoP.
    to_pop : (pair,)
        Index into the PoPs; `ANY_POP` or `NO_POP`.
    to_name
        The second end as it was written.
    great_circle_m : (pair,)
        Between the two ends; NaN where any PoP will do. [m]
    r_place_m : (place, 3)
        Where the places stand under the slant rule, ECEF. [m]
    length_scale
        What satellites' distances from the Earth's centre are multiplied with under the slant rule; 1 for WGS84.
    can_relay : (gateway,)
        Gateways that may pass traffic on from satellite to satellite.
    orders : (order, node)
        Orders in which satellites, then gateways, are swept (`ecumene.network.mesh`).
    """

    from_place: NDArray[np.int64]
    to_place: NDArray[np.int64]
    to_pop: NDArray[np.int64]
    to_name: tuple[str, ...]
    great_circle_m: NDArray[np.float64]
    r_place_m: NDArray[np.float64]
    length_scale: float
    can_relay: NDArray[np.bool_]
    orders: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.from_place)


def build_pairs(scenario: Scenario, places: NamedPlaces, ground: Ground, elements: Elements) -> NamedPairs:
    """Return the pairs of a scenario.

    Parameters
    ----------
    scenario, places, ground, elements
        The scenario, its places, gateways and PoPs, and its satellites.

    Raises
    ------
    ScenarioError
        A pair names no place or PoP, or the same place twice.

    Notes
    -----
    A gateway relays for all pairs or for none: under the path rule "latency", where the landing class of every
    place in a pair permits it.
    """
    n_places = len(places.name)
    ends = [*_written(scenario, places.name, ground.pops.name)]
    if scenario.pairs.all:
        known = {tuple(sorted(pair[:2])) for pair in ends if pair[2] == NO_POP}
        first, second = np.triu_indices(n_places, 1)
        ends += [
            (a, b, NO_POP)
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
            if (a, b) not in known
        ]
    from_place, to_place, to_pop = np.array(ends, np.int64).reshape(-1, 3).T
    is_placed = to_place >= 0
    lat_deg, lon_deg = (
        np.where(
            is_placed,
            of_place[np.where(is_placed, to_place, 0)] if n_places else np.nan,
            np.append(of_pop, np.nan)[np.where(to_pop >= 0, to_pop, len(of_pop))],
        )
        for of_place, of_pop in ((places.lat_deg, ground.pops.lat_deg), (places.lon_deg, ground.pops.lon_deg))
    )
    is_used = np.zeros(n_places, np.bool_)
    is_used[from_place] = is_used[to_place[is_placed]] = True
    classes = np.unique(places.landing_class[is_used & (places.landing_class >= 0)])
    can_relay: NDArray[np.bool_] = np.asarray(ground.is_gateway_permitted[classes].all(axis=0))
    is_pyephem = scenario.pairs.range_rule == "slant" and scenario.pairs.figure == "pyephem"
    pop_name = {k: f"{POP}{name}" for k, name in enumerate(ground.pops.name)} | {ANY_POP: f"{POP}any"}
    return NamedPairs(
        from_place=from_place,
        to_place=to_place,
        to_pop=to_pop,
        to_name=tuple(
            places.name[b] if b >= 0 else pop_name[k]
            for b, k in zip(to_place.tolist(), to_pop.tolist(), strict=True)
        ),
        great_circle_m=great_circle_m(
            places.lat_deg[from_place], places.lon_deg[from_place], lat_deg, lon_deg
        ),
        r_place_m=pyephem_site_m(places.lat_deg, places.lon_deg) if is_pyephem else places.r_m,
        length_scale=PYEPHEM_SCALE if is_pyephem else 1.0,
        can_relay=can_relay & (scenario.pairs.path_rule == "latency"),
        orders=_orders(elements, len(can_relay)),
    )


def _orders(elements: Elements, n_gateways: int) -> NDArray[np.int32]:
    """Return the orders to sweep satellites in, gateways behind them."""
    of_sats = sweep_orders(elements.shell, elements.plane, elements.slot)
    behind = len(elements) + np.arange(n_gateways, dtype=np.int32)
    return np.concatenate([of_sats, np.tile(behind, (len(of_sats), 1))], axis=1)


def _written(scenario: Scenario, places: Sequence[str], pops: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return first place, second place and PoP of the pairs written into the scenario."""
    place_at = {name: k for k, name in enumerate(places)}
    pop_at = {name: k for k, name in enumerate(pops)} | {"any": ANY_POP}
    problems, found = [], []
    for number, pair in enumerate(scenario.pairs.pair):
        where = f"pairs.pair[{number}]"
        if pair.from_ not in place_at:
            problems.append(f'{where}.from = "{pair.from_}": no such place{_hint(pair.from_, places)}')
        if pair.to.startswith(POP):
            name = pair.to.removeprefix(POP)
            if name not in pop_at:
                problems.append(f'{where}.to = "{pair.to}": no such PoP{_hint(name, pop_at)}')
        elif pair.to not in place_at:
            problems.append(
                f'{where}.to = "{pair.to}": no such place{_hint(pair.to, places)} (a PoP is written {POP}NAME)'
            )
        elif pair.to == pair.from_:
            problems.append(f'{where}: from and to are both "{pair.to}"; a pair needs two places')
        found.append(
            (
                place_at.get(pair.from_, -1),
                place_at.get(pair.to, -1),
                pop_at.get(pair.to.removeprefix(POP), ANY_POP) if pair.to.startswith(POP) else NO_POP,
            )
        )
    twice = sorted({number for number, pair in enumerate(found) if pair in found[:number]})
    problems += [
        f"pairs.pair[{k}]: {scenario.pairs.pair[k].from_} - {scenario.pairs.pair[k].to} stands there already; drop it"
        for k in twice
        if not problems
    ]
    if problems:
        raise ScenarioError(scenario.name, problems)
    return found


def _hint(name: str, known: Sequence[str] | dict[str, int]) -> str:
    return (
        did_you_mean(name, known)
        or f"; known are {', '.join(list(known)[:8])}{', ...' if len(known) > 8 else ''}"
    )
