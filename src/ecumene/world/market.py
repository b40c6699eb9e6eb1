"""What the plan of beams needs of the world: cells, budgets and the goal."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ecumene.errors import ScenarioError
from ecumene.scheduling.beams import Beams, terms_of
from ecumene.scheduling.market import MAX_FAIRNESS, Cells, Goal, Terms, build_goal, market_cells
from ecumene.scheduling.policies import POLICIES

if TYPE_CHECKING:
    from ecumene.scenario import Scenario
    from ecumene.sky.grid import Grid
    from ecumene.world.cells import Radio
    from ecumene.world.land import Land


@dataclass(frozen=True)
class Market:
    """What does not change from plan to plan.

    Attributes
    ----------
    cells, goal, terms
        As `ecumene.scheduling` takes them.
    unit_bps
        What a unit of the best rate carries. [bit/s]
    """

    cells: Cells
    goal: Goal
    terms: Terms
    unit_bps: float


def build_market(scenario: Scenario, land: Land, grid: Grid, radio: Radio, beams: Beams) -> Market:
    """Return what the plan of beams needs.

    Parameters
    ----------
    scenario, land, grid, radio, beams
        The scenario and what was built from it.

    Raises
    ------
    ScenarioError
        The policy is not in the table.
    """
    keys = scenario.scheduling
    if keys.policy not in POLICIES:
        near = get_close_matches(keys.policy, POLICIES, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        known = ", ".join(sorted(POLICIES))
        raise ScenarioError(
            scenario.name, [f'scheduling.policy = "{keys.policy}": must be one of {known}{hint}']
        )
    fairness = MAX_FAIRNESS if isinstance(keys.fairness, str) else keys.fairness
    terms, unit_bps = terms_of(beams, radio.channel_rate_bps, nco=scenario.downlink.nco)
    return Market(
        cells=market_cells(
            grid.first_cell_of_bin, grid.r_ecef_m, grid.up, land.class_of_cell, radio.rate_class_of_cell
        ),
        goal=build_goal(
            fairness, change=keys.handover_share, breaking=keys.breaking_share, joy=keys.elevation_share
        ),
        terms=terms,
        unit_bps=unit_bps,
    )
