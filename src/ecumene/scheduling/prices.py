"""Prices of satellites, and the bound they prove.

Whatever prices satellites ask, no plan is worth more than all they could take in, plus the best profit of
every cell (Lagrangian duality): that holds for any prices of 0 or more, so a bound needs no trust in how the
prices were found. Good prices make it tight. They begin with the last slot's or, in the first one, with cuts, which say
where units are scarce and what the last one there is worth; smooth steps then make them fit and tell satellites
apart by elevation. Both look at a sample of the cells; the bound at all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecumene.kernels import in_pieces, njit
from ecumene.scheduling.exchange import Exchange
from ecumene.scheduling.flow import ANY_SIZE, main_satellite, mark_scarce, open_dark, open_exits
from ecumene.scheduling.market import Prices, build_goal, clear_places, mark_places, opens, worth
from ecumene.scheduling.offers import loads_of_offers, offers_of
from ecumene.scheduling.sample import take_sample
from ecumene.scheduling.scan import bound_terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecumene.scheduling.market import Goal, Task
    from ecumene.scheduling.sample import Sample

LEVELS = 8
"""Values at which cuts are looked for."""

LOWEST_VALUE = 0.05
"""The last of them, as a share of the dearest unit's; what is worth less counts along with it."""

ROUNDS = 2
"""Times that cells of several units leave; the second finds the few ways over two such pairs."""

MOST_ONES = 0.0035
"""Cells of one unit that leave after them, as a share of those that ask: each is a handover forced upon it."""

FIRST_REACH = 5
"""Moves at most from a cell to room before they leave."""

LEAST_REACH = 9
"""With less, it is not known well enough which satellites reach room to tell who should leave."""

USUAL_SINE = 0.7
"""Sine of the elevation whose rate the cuts use for all pairs."""

WARMTH = (0.07, 0.01)
"""First and last warmth of the smooth steps, in shares of the best unit's worth (design/prices.py)."""

FIRST_STEPS = 3
"""Times the smooth steps in a slot without a memory (design/prices.py)."""

STRIDE = 1.6
"""A satellite asked for e times the units it has raises their price by so many warmths (design/prices.py)."""

STRIDE_BESIDE_BITS = 1.0
"""The same where bits have a price too (design/prices.py)."""

SWING = 0.4
"""Share of the last step that the next one adds to its own (design/prices.py)."""

BIT_STRIDE = 1.25
"""As `STRIDE`, of bits, times the pace."""

PACES = (0.25, 4.0)
"""Slowest and fastest pace of the price of bits."""

FASTER, SLOWER = 1.5, 0.5
"""What becomes of the pace of a price that goes on in the same direction, or turns (design/prices.py)."""

LARGEST_STEP = 1.0
"""Logarithm of asked / has at most, either way: where many cells share a threshold, longer steps swing about it."""


class Cut(NamedTuple):
    """What the cuts found."""

    unit_price: NDArray[np.float64]
    """(sat,) What the last unit is worth, 0 where units are left."""
    sat: NDArray[np.int32]
    """(cell,) Satellite of most of the cell's units, -1 where it has none."""
    units: NDArray[np.int32]
    """(cell,)"""


@njit(cache=True, nogil=True)
def lasting_pairs(begin, end, cells, sight, demand, before, good, keeps):
    """Fill in the pairs that stand in the next slot too, and whether the last satellite is among them.

    Only bins from begin up to end. Satellites that follow each other in both slots' lists of a bin are looked at
    together.
    """
    one, place_of_sat = np.uint64(1), np.full(len(sight.r_sat_m), -1, np.int32)
    runs = np.empty(
        (sight.candidates.shape[1], 3), np.int64
    )  # where one begins in both lists, and its length
    for b in range(begin, end):
        mark_places(sight.candidates[b], place_of_sat)
        n, follows = 0, -1
        for j in range(sight.candidates.shape[1]):
            i = sight.next_place[b, j]
            if sight.candidates[b, j] < 0:
                break
            if i < 0:
                continue
            if n == 0 or j & 63 == 0 or i & 63 == 0 or j != follows or i != runs[n - 1, 1] + runs[n - 1, 2]:
                runs[n, 0], runs[n, 1], runs[n, 2] = j, i, 0
                n += 1
            runs[n - 1, 2] += 1
            follows = j + 1
        for c in range(cells.first_of_bin[b], cells.first_of_bin[b + 1]):
            keeps[c] = False
            good[c] = 0
            if not demand[c] > 0.0:
                continue
            for r in range(n):
                j, i = runs[r, 0], runs[r, 1]
                word = sight.next_clear[c, i >> 6] >> np.uint64(i & 63)
                word &= ~np.uint64(0) >> np.uint64(64 - runs[r, 2])
                good[c, j >> 6] |= word << np.uint64(j & 63)
            for w in range(good.shape[1]):
                good[c, w] &= opens(c, b, w, cells, sight)
            j = place_of_sat[before[c]] if before[c] >= 0 else -1
            keeps[c] = j >= 0 and (good[c, j >> 6] >> np.uint64(j & 63)) & one == one
        clear_places(sight.candidates[b], place_of_sat)


@njit(cache=True, nogil=True)
def open_pairs(cells, sight, demand):
    """Return all pairs of cells that ask for something, also those that will not stand in the next slot."""
    pairs = np.zeros(sight.clear.shape, np.uint64)
    for c in range(len(demand)):
        for w in range(pairs.shape[1] if demand[c] > 0.0 else 0):
            pairs[c, w] = opens(c, cells.bin[c], w, cells, sight)
    return pairs


@njit(cache=True, nogil=True)
def units_worth(value, demand, rate, goal, terms, want):
    """Fill in how many units, at this rate, are worth at least so much each to every cell."""
    for c in range(len(want)):
        want[c] = 0
        if rate[c] <= 0.0:
            continue
        had = 0.0
        while want[c] < terms.units_of_cell:
            bits = min((want[c] + 1) * rate[c], float(demand[c]))
            gain = worth(bits, demand[c], goal) - had
            if gain <= 0.0 or gain < value * rate[c]:
                break
            had += gain
            want[c] += 1


def find_cuts(task: Task, goal: Goal, *, reach: int, is_final: bool) -> Cut:
    """Return where units are scarce, and what the last one is worth there.

    Parameters
    ----------
    task
        The slot.
    goal
        What units are for.
    reach
        Moves at most from a cell to room.
    is_final
        The flow is to be the plan, and is made single-source. Otherwise prices alone are wanted, to begin with.

    Returns
    -------
    cut
        Scarcity, and a plan that ignores elevation.

    Notes
    -----
    Cells with the most valuable units come first, then those of the next value, and so on; nobody served is
    ever dropped again, only moved. If all units were worth as much on any satellite, the plan would be the most
    valuable one (sets of units that can be served together are a matroid, for which taking the best first is
    exact [Edmonds 1971]), and the values at which satellites became scarce would prove it.

    References
    ----------
    Edmonds, Mathematical Programming 1 (1971) 127; Dinic, Soviet Math. Doklady 11 (1970) 1277.
    """
    cells, sight, terms, demand = task.cells, task.sight, task.terms, task.demand
    n_cells, n_sats = len(demand), len(sight.r_sat_m)
    good, may_keep = np.empty(sight.clear.shape, np.uint64), np.empty(n_cells, np.bool_)
    in_pieces(lasting_pairs, len(cells.middle_m), cells, sight, demand, task.before, good, may_keep)
    rate = usual_rate(task)
    exchange = Exchange.open(task, units_to_plan(task))
    flow = exchange.flow
    price, want = np.zeros(n_sats), np.zeros(n_cells, np.int32)
    leaves, worth_of_last = reach >= LEAST_REACH, 0.0
    for value in _values(task, goal, rate):
        before = want.copy()
        units_worth(value, demand, rate, goal, terms, want)
        if (want == before).all():
            continue
        exchange.keep(may_keep, want)
        waiting = exchange.waiting(want, want)
        exchange.spread(waiting, want, good)
        exchange.push(waiting, want, good, min(reach, FIRST_REACH) if leaves else reach, is_widest=True)
        exchange.cut(want, good)
        worth_of_last = max(value, LOWEST_VALUE * float(goal.slope[0]))
        mark_scarce(
            waiting, worth_of_last, want, good, sight.candidates, cells.bin, flow, exchange.listings, price
        )
    if leaves:
        _leave(exchange, goal, want, good, price, worth_of_last, reach)
    if not is_final:
        return Cut(price, np.full(n_cells, -1, np.int32), np.zeros(n_cells, np.int32))
    sat, units = exchange.single(want, good, want)
    if leaves:
        _leave_ones(exchange, want, good, reach)
        main_satellite(flow, sat, units)
    return Cut(price, sat, units)


def _leave(
    exchange: Exchange,
    goal: Goal,
    want: NDArray[np.int32],
    good: NDArray[np.uint64],
    price: NDArray[np.float64],
    value: float,
    reach: int,
) -> None:
    """Make room by pairs that will not stand in the next slot, and bring prices into line with what that costs.

    The price of breaking is that of a cell, so cells of several units go first: they make more room for it.
    """
    task, flow = exchange.task, exchange.flow
    lasting, fee = good.copy(), 0.0
    fee_of_cell = goal.breaking * np.minimum(task.demand, task.terms.mean_demand)
    for _ in range(ROUNDS):
        leavers = open_exits(2, ANY_SIZE, task.cells, task.sight, flow, exchange.listings, good)
        if len(leavers):
            fee = max(fee, float(fee_of_cell[leavers].sum() / flow.got[leavers].sum()))
        exchange.forget_lost()
        exchange.push(exchange.waiting(want, want), want, good, reach, is_widest=True)
        exchange.cut(want, good)
    waiting = exchange.waiting(want, want)
    everything = open_pairs(task.cells, task.sight, task.demand)
    for pairs, pressed in ((good, value), (everything, value - fee)):
        scarce = np.zeros(len(price))
        mark_scarce(
            waiting,
            pressed,
            want,
            pairs,
            task.sight.candidates,
            task.cells.bin,
            flow,
            exchange.listings,
            scarce,
        )
        np.maximum(price, scarce, out=price)
    price[~flow.is_lost] = np.minimum(price[~flow.is_lost], fee)
    exchange.cut(want, lasting)
    price[~flow.is_lost] = 0.0


def _leave_ones(exchange: Exchange, want: NDArray[np.int32], good: NDArray[np.uint64], reach: int) -> None:
    """Let some cells of one unit leave too; what they leave is filled by cells that want one."""
    task, flow = exchange.task, exchange.flow
    open_exits(1, 1, task.cells, task.sight, flow, exchange.listings, good)
    waiting = np.flatnonzero((flow.got == 0) & (want == 1))
    open_dark(waiting, task.cells, task.sight, flow, exchange.listings, good)
    exchange.forget_lost()
    most = int(MOST_ONES * np.count_nonzero(task.demand))
    exchange.push(waiting, want, good, reach, is_widest=True, most=most, largest=1)


def units_to_plan(task: Task) -> int:
    """Return the units of a satellite that its ceiling lets it fill, as units are filled on the mean."""
    terms, units = task.terms, _usual_units(task)
    if not units.any():
        return terms.units_of_sat
    bits_of_unit = float(np.minimum(task.demand, units * usual_rate(task)).sum() / units.sum())
    return int(np.clip(np.ceil(terms.bits_of_sat / bits_of_unit), 1, terms.units_of_sat))


def _usual_units(task: Task) -> NDArray[np.float32]:
    """Return how many whole units each cell asks for at the usual rate, (cell,)."""
    rate = usual_rate(task)
    asks = (task.demand > 0.0) & (rate > 0.0)
    units = np.ceil(np.divide(task.demand, rate, out=np.zeros_like(rate), where=asks))
    usual: NDArray[np.float32] = np.minimum(units, np.float32(task.terms.units_of_cell))
    return usual


def usual_rate(task: Task) -> NDArray[np.float32]:
    """Return the rate of a unit in mid-sky for every cell, in units of the best."""
    rate: NDArray[np.float32] = task.terms.rate[
        task.cells.rate_class, int(USUAL_SINE * task.terms.rate.shape[1])
    ]
    return rate


def asks_whole_units(task: Task, rate: NDArray[np.float32]) -> bool:
    """Return whether every cell asks for a whole number of units at its rate, (cell,): no last unit is worth less."""
    asked = (rate > 0.0) & (task.demand > 0.0)
    units = task.demand[asked] / rate[asked]
    return bool(np.allclose(units, np.rint(units), atol=1e-4))


def _values(task: Task, goal: Goal, rate: NDArray[np.float32]) -> list[float]:
    """Return the values of units at which cuts are looked for, falling; one alone where all are alike."""
    top = float(goal.slope[0])
    if len(goal.slope) == 1 and asks_whole_units(task, rate):
        return [top * 0.999]
    return [*(top * 0.97 * np.geomspace(1.0, LOWEST_VALUE, LEVELS)).tolist(), 0.0]


def find_prices(task: Task, goal: Goal, *, steps: int, reach: int) -> tuple[Prices, NDArray[np.float64]]:
    """Return prices for the bound: the last slot's or, in the first one, what cuts say; then smooth steps.

    Parameters
    ----------
    task, goal
        The slot, and what units are for.
    steps, reach
        As in `smooth` and `find_cuts`; more steps where there is no memory.

    Returns
    -------
    prices, asked
        As `smooth`.
    """
    units = _usual_units(task)
    sample = take_sample(task, units)
    if task.memory is not None:
        return smooth(task, sample, goal, task.memory, steps=steps)
    cut = find_cuts(_with_its_part(task, sample, float(units.sum())), goal, reach=reach, is_final=False)
    return smooth(task, sample, goal, prices_of_cut(task, cut), steps=FIRST_STEPS * steps)


def _with_its_part(task: Task, sample: Sample, all_units: float) -> Task:
    """Return the slot of a sample, satellites with the part of their units and bits that is asked for by it."""
    terms = task.terms
    part = float(_usual_units(sample.task).sum()) / max(all_units, 1.0)
    units = max(1, round(terms.units_of_sat * part))
    return replace(
        sample.task, terms=terms._replace(units_of_sat=units, bits_of_sat=terms.bits_of_sat * part)
    )


def prices_of_cut(task: Task, cut: Cut) -> Prices:
    """Return what a cut says of prices: those of units or, where the ceiling of satellites binds first, of bits."""
    nothing = np.zeros_like(cut.unit_price)
    if units_to_plan(task) < task.terms.units_of_sat:
        return Prices(nothing, cut.unit_price)
    return Prices(cut.unit_price, nothing)


def smooth(
    task: Task, sample: Sample, goal: Goal, prices: Prices, *, steps: int
) -> tuple[Prices, NDArray[np.float64]]:
    """Return prices made better by smooth steps, and what was asked in the last of them.

    Parameters
    ----------
    task, goal
        The slot, and what units are for.
    sample
        Cells that stand for all.
    prices
        The first guess.
    steps
        How many; none leaves the prices as they are.

    Returns
    -------
    prices
        Better ones.
    asked : (2, sat)
        Units and bits that cells asked of each satellite, at prices one step older. [unit]

    Notes
    -----
    Every cell shares its demand among the satellites nearly as good as the best at these prices; a satellite
    asked for more than it has raises its price by warmth x log(asked / has), and lowers it likewise. This is
    the fixed-point iteration of entropic optimal transport [Cuturi 2013], here with a dimming warmth, over-relaxed
    and with momentum [Polyak 1964]. Prices of bits go from nothing to nearly all that a bit is worth, and back, where
    a satellite comes to a crowd and leaves it: they go faster while they go on, and slower when they turn
    [Riedmiller and Braun 1993].

    References
    ----------
    Cuturi, Advances in Neural Information Processing Systems 26 (2013) 2292; Polyak, USSR Computational Mathematics
    and Mathematical Physics 4 (1964) 1 (the heavy ball); Riedmiller and Braun, IEEE Int. Conf. on Neural Networks
    (1993) 586 (RPROP).
    """
    terms, asked = task.terms, np.zeros((2, len(prices.unit)))
    swing, pace, before = np.zeros_like(prices.unit), np.ones_like(prices.bit), np.zeros_like(prices.bit)
    offers = offers_of(sample, goal)
    for warmth in np.geomspace(*WARMTH, steps):
        asked = loads_of_offers(offers, goal, terms, prices, warmth)
        lack, unit_stride = _lack(asked[0], terms.units_of_sat), STRIDE
        bit = prices.bit
        if has_tolls(task):
            lack_of_bits, unit_stride = _lack(asked[1], terms.bits_of_sat), STRIDE_BESIDE_BITS
            lack = np.where(lack < lack_of_bits, np.minimum(lack, 0.0), lack)  # dearer bits will do
            pace = np.clip(pace * _change_of_pace(lack_of_bits * before), *PACES)
            bit, before = bit + BIT_STRIDE * warmth * pace * lack_of_bits, lack_of_bits
        unit = prices.unit + unit_stride * warmth * lack + SWING * swing
        better = Prices(np.maximum(unit, 0.0), np.maximum(bit, 0.0))
        swing, prices = better.unit - prices.unit, better
    return prices, asked


def _lack(asked: NDArray[np.float64], has: float) -> NDArray[np.float64]:
    """Return the logarithm of how many times more is asked than there is, cut off."""
    lack: NDArray[np.float64] = np.clip(np.log(np.maximum(asked / has, 1e-9)), -LARGEST_STEP, LARGEST_STEP)
    return lack


def _change_of_pace(way: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much a pace changes: way is above 0 where a price goes on as before, below where it turns."""
    change: NDArray[np.float64] = np.where(way > 0.0, FASTER, np.where(way < 0.0, SLOWER, 1.0))
    return change


def has_tolls(task: Task) -> bool:
    """Return whether the ceiling of a satellite can bind before its units do."""
    return task.terms.bits_of_sat < task.terms.units_of_sat * float(task.terms.rate.max(initial=0.0))


def income(task: Task, prices: Prices) -> float:
    """Return what satellites take in if they sell all they have, in units."""
    bits = task.terms.bits_of_sat * float(prices.bit.sum()) if has_tolls(task) else 0.0
    return task.terms.units_of_sat * float(prices.unit.sum()) + bits


def bounds(task: Task, goal: Goal, prices: Prices) -> tuple[float, float]:
    """Return what no plan of the slot can exceed, proved by these prices.

    Parameters
    ----------
    task, goal
        The slot and what a plan is after.
    prices
        Any, 0 or more.

    Returns
    -------
    objective, worth
        Bound of the objective, and of the worth of what is served, without prices of handovers. [unit]

    Notes
    -----
    For any plan, objective <= sum over satellites of (price x units it has + toll x its ceiling) + sum over
    cells of the most any satellite could leave it with: worth - price x units - toll x bits - handover. Units
    are whole, and a cell uses one satellite, as in the plan.
    """
    parts = in_pieces(
        bound_terms, len(task.cells.middle_m), task.cells, task.sight, goal, task.terms, prices, task.demand,
        task.before,
    )  # fmt: skip
    objective, plain = income(task, prices) + np.sum(parts, axis=0)
    return float(objective), float(plain)


def bits_bound(task: Task, steps: int, reach: int) -> float:
    """Return what no plan can serve, whatever its goal: the bound of a plan that counts bits alone, in units.

    Parameters
    ----------
    task
        The slot.
    steps, reach
        As in `smooth` and `find_cuts`.
    """
    goal = build_goal(0.0, change=0.0, breaking=0.0, joy=0.0)
    prices, _ = find_prices(replace(task, memory=None), goal, steps=-(-steps // FIRST_STEPS), reach=reach)
    return bounds(task, goal, prices)[1]
