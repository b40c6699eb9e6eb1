"""The world of a run: everything that stays the same while the slots pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecumene.orbits.catalogue import median_epoch, read_catalogue
from ecumene.orbits.elements import STATUSES, Elements
from ecumene.orbits.frames import earth_orientation
from ecumene.orbits.propagation import Fleet, build_fleet
from ecumene.orbits.shells import Shell, elements_of_shells
from ecumene.orbits.status import statuses
from ecumene.scheduling.beams import Beams
from ecumene.world.cells import Radio, build_cells, build_radio
from ecumene.world.faults import Fault, build_faults
from ecumene.world.ground import Ground, build_ground
from ecumene.world.land import Era, Land, build_land, land_in_era
from ecumene.world.lasers import build_lasers
from ecumene.world.market import Market, build_market
from ecumene.world.moment import Jammed, jammed_parts, moment
from ecumene.world.pairs import NamedPairs, build_pairs
from ecumene.world.places import NamedPlaces, build_places, places_under
from ecumene.world.spill import Spill, build_spill

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.faults.jamming import Noise
    from ecumene.scenario import Scenario
    from ecumene.sky.grid import Grid

OPERATIONAL = STATUSES.index("operational")


@dataclass(frozen=True)
class World:
    """Everything that does not change in a run.

    Attributes
    ----------
    scenario
        With its start filled in.
    start
        The first slot, UTC.
    fleet
        Satellites, ready to be propagated.
    status : (sat,)
        Index into `ecumene.orbits.elements.STATUSES`.
    can_serve : (sat,)
        Operational: only these are scheduled.
    links : (link, 2)
        Inter-satellite links; empty for a bent pipe.
    plane_of_sat : (sat,)
        Planes of all shells; -1 without one.
    has_spare_laser : (sat,)
        Satellites with a laser that no link uses.
    land, ground, places, pairs
        Who lives where under which law; gateways and PoPs; named places, and which of them are joined.
    grid
        Cells in bins, for the sight.
    beams, market
        Budgets of the plan, and all it needs besides.
    radio
        Rates of the user downlink.
    spill
        Land without permission that beams lit for its neighbours may touch.
    notes
        What the user should know about this run.
    faults
        What breaks, and when; `at` applies it.
    is_link_up : (link,)
        Lasers that are in order.
    standing
        Indices of the faults that stand.
    is_frozen
        No plan is made; satellites keep the cells of the last one.
    noise, noise_of_places
        Jammers of cells and of places; None where there are none.
    unbroken
        The same world but for what is broken; None where nothing is.
    jammed
        Rates and noise of every set of jammers that stand together in a slot.
    later
        Slots in which the law changes, and the world from then on.
    """

    scenario: Scenario
    start: datetime
    fleet: Fleet
    status: NDArray[np.int8]
    can_serve: NDArray[np.bool_]
    links: NDArray[np.int32]
    plane_of_sat: NDArray[np.int32]
    has_spare_laser: NDArray[np.bool_]
    land: Land
    ground: Ground
    places: NamedPlaces
    pairs: NamedPairs
    grid: Grid
    beams: Beams
    market: Market
    radio: Radio
    spill: Spill
    notes: tuple[str, ...]
    faults: tuple[Fault, ...]
    is_link_up: NDArray[np.bool_]
    standing: tuple[int, ...] = ()
    is_frozen: bool = False
    noise: Noise | None = None
    noise_of_places: Noise | None = None
    unbroken: World | None = None
    jammed: tuple[Jammed, ...] = ()
    later: tuple[tuple[int, World], ...] = ()

    def at(self, slot: int) -> World:
        """Return the world as it is in a slot: this one where the law is that of the start and no fault stands."""
        return moment(self.under_law(slot), slot * self.scenario.slot_s)

    @property
    def lowest_elevation_deg(self) -> float:
        """From where on terminals use satellites: the mask, or where the downlink first closes, in degrees."""
        return max(self.scenario.terminal.min_elevation_deg, self.radio.closes_from_deg)

    def under_law(self, slot: int) -> World:
        """Return the world under the law of a slot, with no fault applied."""
        under_law = [world for first_slot, world in self.later if first_slot <= slot]
        return under_law[-1] if under_law else self


def build(scenario: Scenario) -> World:
    """Return the world of a scenario.

    Parameters
    ----------
    scenario
        From `ecumene.load`.

    Returns
    -------
    world
        Arrays and what the user should know.

    Raises
    ------
    InputError
        A file the scenario names has mistakes, or two of its parts contradict each other.
    """
    notes: list[str] = []
    scenario, elements = _constellation(scenario, notes)
    start = scenario.start
    assert start is not None  # noqa: S101 - filled in above
    status = _statuses(scenario, elements, start, notes)
    elements, lasers = build_lasers(scenario, elements, status == OPERATIONAL, start, notes)
    land = build_land(scenario, start, notes)
    radio = build_radio(scenario, land)
    grid = build_cells(scenario, land, radio, notes)
    ground = build_ground(scenario, land, start, notes)
    if scenario.downlink.nco > 1:
        notes.append(
            f"downlink.nco = {scenario.downlink.nco} changes nothing: "
            "a plan lights a cell by one satellite at a time, as with nco = 1."
        )
    beams = _beams(scenario)
    places = build_places(scenario, land, grid, radio, notes)
    orientation = earth_orientation(start, **scenario.earth.model_dump())
    notes += orientation.notes
    world = World(
        scenario=scenario,
        start=start,
        fleet=build_fleet(elements, start, orientation),
        status=status,
        can_serve=status == OPERATIONAL,
        links=lasers.links,
        plane_of_sat=lasers.plane_of_sat,
        has_spare_laser=lasers.has_spare,
        land=land,
        ground=ground,
        places=places,
        pairs=build_pairs(scenario, places, ground, elements),
        grid=grid,
        beams=beams,
        market=build_market(scenario, land, grid, radio, beams),
        radio=radio,
        spill=build_spill(scenario, land, grid, elements),
        faults=build_faults(
            scenario, start, elements, status == OPERATIONAL, lasers.links, land, ground, places, notes
        ),
        is_link_up=np.ones(len(lasers.links), np.bool_),
        notes=tuple(notes),
    )
    later = tuple((era.first_slot, _under(world, era)) for era in land.eras[1:])
    return replace(world, jammed=jammed_parts(world), later=later)


def _under(world: World, era: Era) -> World:
    """Return the same world under the law of an era; cells, sites and landing classes stay as they are."""
    scenario = world.scenario
    land = land_in_era(scenario, world.land, era)
    radio = build_radio(scenario, land)
    grid = build_cells(scenario, land, radio, [])
    places = places_under(scenario, world.places, land, radio)
    under_law = replace(
        world,
        land=land,
        radio=radio,
        grid=grid,
        spill=build_spill(scenario, land, grid, world.fleet.elements),
        places=places,
        pairs=build_pairs(scenario, places, world.ground, world.fleet.elements),
        market=build_market(scenario, land, grid, radio, world.beams),
    )
    return replace(under_law, jammed=jammed_parts(under_law))


def _constellation(scenario: Scenario, notes: list[str]) -> tuple[Scenario, Elements]:
    """Return the scenario with its start filled in, and the elements."""
    keys = scenario.constellation
    if keys.file is None:
        assert scenario.start is not None  # noqa: S101 - the schema demands it of shells
        shells = [Shell(**shell.model_dump()) for shell in keys.shells]
        return scenario, elements_of_shells(shells, keys.epoch or scenario.start)
    elements = read_catalogue(keys.file)
    notes += elements.notes
    if scenario.start is None:
        scenario = scenario.model_copy(update={"start": median_epoch(elements)})
    return scenario, elements


def _statuses(scenario: Scenario, elements: Elements, start: datetime, notes: list[str]) -> NDArray[np.int8]:
    if scenario.constellation.file is None:
        return np.full(len(elements), OPERATIONAL, np.int8)
    status = np.asarray(statuses(elements, start, scenario.constellation.max_element_age_days), np.int8)
    idle = [
        f"{(status == k).sum():,} {STATUSES[k]}"
        for k in range(len(STATUSES))
        if k != OPERATIONAL and (status == k).any()
    ]
    if idle:
        notes.append(
            f"{(status != OPERATIONAL).sum():,} of {len(status):,} satellites are listed but not scheduled: "
            f"{', '.join(idle)}."
        )
    if not (status == OPERATIONAL).any():
        notes.append("No satellite of the catalogue can be scheduled at this date: nobody is served.")
    return status


def _beams(scenario: Scenario) -> Beams:
    satellite, downlink = scenario.satellite, scenario.downlink
    return Beams(
        units_per_satellite=satellite.user_beams * satellite.time_shares,
        units_per_cell=downlink.channels * satellite.time_shares,
        shares_per_channel=satellite.time_shares,
        capacity_bps=satellite.capacity_gbps * 1e9,
    )
