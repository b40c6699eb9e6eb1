"""The run slot by slot, and what each fault did to it: before, during, after, and how long until all was as before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.kernels import njit
from ecumene.results.schema import CAUSES, FAULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecumene.results.schema import Table

WINDOW_S = 600.0
"""Before and after a fault are means over slots of so long together, or as many as there are. [s]"""

RECOVERED_SHARE = 0.99
"""Service has recovered when the people served are this share of those served before."""

FOLLOWED = ("people_available", "people_reachable", "people_served", "carried_gbps", "rtt_ms_mean")
"""Columns of the table of slots that the table of faults follows."""


@dataclass(frozen=True)
class Event:
    """A fault as the results tell it.

    Attributes
    ----------
    name, kind, where
        As in the scenario; countries it names, empty for the whole planet.
    start_s, end_s
        Seconds after the run's start; inf where it does not end. [s]
    """

    name: str
    kind: str
    where: str
    start_s: float
    end_s: float


def people_of_slot(
    people: NDArray[np.float64],
    cause: NDArray[np.int8],
    is_available: NDArray[np.bool_],
    is_reachable: NDArray[np.bool_],
    rtt_s: NDArray[np.float32],
) -> dict[str, Any]:
    """Return how many people fared how in one slot.

    Parameters
    ----------
    people, cause, is_available, is_reachable, rtt_s : (row,)
        People of each row and its service.

    Returns
    -------
    columns
        people_available, people_reachable, people_served, rtt_ms_mean (over people served; NaN where nobody is), and
        cause_NAME for each cause.
    """
    by_cause, available, reachable, timed, rtt_sum_s = _count(
        people, cause, is_available, is_reachable, rtt_s
    )
    served = by_cause[CAUSES.index("served")] + by_cause[CAUSES.index("partly")]
    return {
        "people_available": available,
        "people_reachable": reachable,
        "people_served": float(served),
        "rtt_ms_mean": rtt_sum_s / timed * 1e3 if timed > 0.0 else float("nan"),
        **{f"cause_{name}": float(by_cause[k]) for k, name in enumerate(CAUSES)},
    }


@njit(cache=True, nogil=True)
def _count(people, cause, is_available, is_reachable, rtt_s):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    by_cause = np.zeros(12)
    available, reachable, timed, rtt_sum_s = 0.0, 0.0, 0.0, 0.0
    for r in range(len(people)):
        by_cause[cause[r]] += people[r]
        if is_available[r]:
            available += people[r]
        if is_reachable[r]:
            reachable += people[r]
        if rtt_s[r] == rtt_s[r]:
            timed += people[r]
            rtt_sum_s += people[r] * rtt_s[r]
    return by_cause, available, reachable, timed, rtt_sum_s


def fault_table(
    events: Sequence[Event], slots: Table, there: Sequence[Table | None], utc: Sequence[str], slot_s: float
) -> Table:
    """Return what each fault did.

    Parameters
    ----------
    events
        Faults in the order of the scenario.
    slots
        The table of slots.
    there
        The followed columns of it for the countries an event names; None where it names none.
    utc
        Beginning and, where it ends inside time that can be named, end of each fault: two texts an event.
    slot_s
        Length of a slot. [s]

    Returns
    -------
    table
        One line a fault that stood in at least one slot.

    Notes
    -----
    Before: the last slots before it in which no fault stood, as many as make `WINDOW_S`; where another fault ends as
    this one begins they lie before that. During: the slots in which it stood, whatever else did; of these the worst:
    the fewest people and bit/s, the longest round trip. After: as many of the first slots after it in which no fault
    stands. Recovery: from the end of the fault to the beginning of the first slot in which `RECOVERED_SHARE` of the
    people served before are served again; NaN where that does not come inside the run, or there was nothing before.
    """
    t_s = slots["slot"] * slot_s
    is_quiet = np.array([not names for names in slots["faults"]], np.bool_)
    n_window = max(1, int(WINDOW_S / slot_s))
    lines: list[dict[str, Any]] = []
    for k, event in enumerate(events):
        during = (event.start_s <= t_s) & (t_s < event.end_s)
        if not during.any():
            continue
        before = np.flatnonzero(is_quiet & (t_s < event.start_s))[-n_window:]
        after = np.flatnonzero(is_quiet & (t_s >= event.end_s))[:n_window]
        line: dict[str, Any] = {
            "fault": event.name,
            "kind": event.kind,
            "where": event.where,
            "from_utc": utc[2 * k],
            "to_utc": utc[2 * k + 1],
            "slots": int(during.sum()),
        }
        followed = there[k] or slots
        for name in FOLLOWED:
            values = followed[name]
            line[f"{name}_before"], line[f"{name}_during"], line[f"{name}_after"] = (
                _mean(values[which]) for which in (before, during, after)
            )
            worst = np.nanmax if name.startswith("rtt") else np.nanmin
            seen = values[during][np.isfinite(values[during])]
            line[f"{name}_worst"] = float(worst(seen)) if len(seen) else float("nan")
        line["recovery_s"] = _recovery_s(event, line["people_served_before"], t_s, followed["people_served"])
        lines.append(line)
    kinds = {"str": object, "int64": np.int64, "float64": np.float64}
    return {v.name: np.array([line[v.name] for line in lines], kinds[v.dtype]) for v in FAULTS}


def _mean(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _recovery_s(
    event: Event, served_before: float, t_s: NDArray[np.float64], people_served: NDArray[np.float64]
) -> float:
    is_back = (
        (t_s >= event.end_s) & (people_served >= RECOVERED_SHARE * served_before) & (served_before > 0.0)
    )
    return float(t_s[is_back][0] - event.end_s) if is_back.any() else float("nan")
