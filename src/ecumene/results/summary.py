"""The planet in a few numbers: the promise first, then who is left out and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.cells import SETTLEMENTS
from ecumene.results.schema import CAUSE_WORDS, CAUSES, Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LARGE_COUNTRY_PEOPLE = 10e6
"""Countries with this many people enter the list of the worst large ones."""

N_WORST = 10


@dataclass(frozen=True)
class Remedies:
    """What the advice for an isolated place is drawn from.

    Attributes
    ----------
    reachable : (row,)
        Share of slots in which a satellite with any path home was clear, whatever the law.
    has_isls
        Whether satellites are linked.
    nearest_gateway
        Name and distance [km] of the gateway nearest to a point (lat_deg, lon_deg); None without gateways.
    nearest_town
        Name and distance [km] of the town nearest to a point.
    cause_of_gap : (row,)
        The cause of most slots without service, where it is known; else the row's main cause speaks for it.
    is_unsold : (row,)
        The service is licensed and not sold, where that is known.
    """

    reachable: NDArray[np.float64]
    has_isls: bool
    nearest_gateway: Callable[[float, float], tuple[str, float] | None]
    nearest_town: Callable[[float, float], tuple[str, float]]
    cause_of_gap: NDArray[np.object_] | None = None
    is_unsold: NDArray[np.bool_] | None = None

    def cause(self, rows: Table) -> NDArray[np.object_]:
        """Return why rows go without service when they do."""
        return rows["main_cause"] if self.cause_of_gap is None else self.cause_of_gap


def promise(rows: Table, mbps_p50: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return for each settlement class how many people could be served, are served, and at what rate.

    Parameters
    ----------
    rows
        The table of rows.
    mbps_p50 : (class,)
        Median rate of a subscriber over people and served slots, NaN where nobody is served. [Mbit/s]

    Returns
    -------
    classes
        One entry a class: people, could_be_served (people times availability), served (people times share of
        slots served), mbps_p50 (None where nobody is served).
    """
    entries = []
    for name, mbps in zip(SETTLEMENTS, mbps_p50, strict=True):
        of_class = rows["settlement"] == name
        people = rows["people"][of_class]
        entries.append(
            {
                "settlement": name,
                "people": float(people.sum()),
                "could_be_served": float((people * rows["availability"][of_class]).sum()),
                "served": float((people * rows["served"][of_class]).sum()),
                "mbps_p50": _plain(mbps),
            }
        )
    return entries


def weighted_percentile(values: NDArray[Any], weights: NDArray[Any], percent: float) -> float | None:
    """Return the value below which a percentage of the weight lies, nearest rank; None where there is none.

    Parameters
    ----------
    values, weights : (n,)
        NaN values are left out together with their weight.
    percent
        0 to 100.
    """
    is_known = ~np.isnan(values)
    values, weights = values[is_known], weights[is_known]
    total = float(weights.sum())
    if total <= 0.0:
        return None
    order = np.argsort(values, kind="stable")
    place = np.searchsorted(np.cumsum(weights[order]), percent / 100.0 * total)
    return float(values[order[min(int(place), len(order) - 1)]])


def causes(people: NDArray[np.float64], cause_share: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return how many people meet each cause, mean over slots, most people first.

    Parameters
    ----------
    people : (row,)
        People.
    cause_share : (row, cause)
        Share of slots by cause; each row adds up to 1.
    """
    people_of = people @ cause_share
    rows_of = cause_share.mean(axis=0) if len(people) else np.zeros(len(CAUSES))
    total = max(float(people.sum()), 1e-300)
    return [
        {
            "cause": CAUSES[k],
            "words": CAUSE_WORDS[CAUSES[k]],
            "people": float(people_of[k]),
            "people_share": float(people_of[k] / total),
            "rows_share": float(rows_of[k]),
        }
        for k in np.argsort(-people_of, kind="stable")
        if rows_of[k] > 0
    ]


N_SPILLED = 8
"""Countries named into which most beams spill; all stand in the table of countries."""


def country_table(
    *,
    country_of_row: NDArray[np.int32],
    codes: tuple[str, ...],
    names: tuple[str, ...],
    statuses: tuple[str, ...],
    rows: Table,
    cause_share: NDArray[np.float64],
    subscribers: NDArray[np.float64],
    demand_bps: NDArray[np.float64],
    carried_bps: NDArray[np.float64],
    spilled_people: NDArray[np.float64],
) -> Table:
    """Return one line for every country that has rows, most people first.

    Parameters
    ----------
    country_of_row : (row,)
        Index into codes, names and statuses.
    codes, names, statuses : (country,)
        ISO code, short name and status of the licence.
    rows
        The table of rows.
    cause_share : (row, cause)
        Share of slots by cause.
    subscribers : (row,)
        Subscribers.
    demand_bps, carried_bps : (country,)
        Sums over a country's rows, means over slots. [bit/s]
    spilled_people : (row,)
        People without permission under a beam lit for others, mean over slots.
    """
    n = len(codes)
    people = np.bincount(country_of_row, rows["people"], n)
    count = np.bincount(country_of_row, minlength=n)
    present = np.flatnonzero(count)
    present = present[np.argsort(-people[present], kind="stable")]
    weight = np.maximum(people, 1e-300)

    def mean(values: NDArray[Any]) -> NDArray[np.float64]:
        return (np.bincount(country_of_row, rows["people"] * values, n) / weight)[present]

    shares = {f"share_{cause}": mean(cause_share[:, k]) for k, cause in enumerate(CAUSES)}
    main = np.argmax(np.stack(list(shares.values())), axis=0) if len(present) else np.zeros(0, np.int64)
    return {
        "country": np.array([codes[k] for k in present], dtype=object),
        "name": np.array([names[k] for k in present], dtype=object),
        "status": np.array([statuses[k] for k in present], dtype=object),
        "people": people[present],
        "rows": count[present],
        "subscribers": np.bincount(country_of_row, subscribers, n)[present].astype(np.float64),
        "availability": mean(rows["availability"]),
        "served": mean(rows["served"]),
        "demand_gbps": demand_bps[present] / 1e9,
        "carried_gbps": carried_bps[present] / 1e9,
        "people_spilled": np.bincount(country_of_row, spilled_people, n)[present],
        "mbps_p50": _median_by(country_of_row, present, rows["mbps_p50"], rows["people"]),
        "rtt_ms_p50": _median_by(country_of_row, present, rows["rtt_ms_p50"], rows["people"]),
        "main_cause": np.array([CAUSES[k] for k in main], dtype=object),
        **shares,
    }


def _median_by(
    group: NDArray[np.int32], present: NDArray[Any], values: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the weighted median of each group, NaN where it has no values."""
    order = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[order], np.stack([present, present + 1]))
    medians = []
    for begin, end in bounds.T:
        members = order[begin:end]
        median = weighted_percentile(values[members], weights[members], 50.0)
        medians.append(np.nan if median is None else median)
    return np.array(medians, dtype=np.float64)


def worst_countries(countries: Table) -> list[dict[str, Any]]:
    """Return the large countries with the smallest share of people served."""
    large = np.flatnonzero(countries["people"] >= LARGE_COUNTRY_PEOPLE)
    if len(large) == 0:
        large = np.arange(len(countries["people"]))
    order = large[np.lexsort((-countries["people"][large], countries["served"][large]))][:N_WORST]
    keys = ("country", "name", "people", "availability", "served", "main_cause")
    return [{key: _plain(countries[key][k]) for key in keys} for k in order]


def busiest_gateways(gateways: Table) -> list[dict[str, Any]]:
    """Return the gateways that carry most."""
    order = np.argsort(-gateways["carried_gbps_mean"], kind="stable")[:N_WORST]
    keys = ("gateway", "country", "carried_gbps_mean", "load_p50", "load_max")
    return [{key: _plain(gateways[key][k]) for key in keys} for k in order]


def worst_isolated(rows: Table, remedies: Remedies, names: dict[str, str]) -> list[dict[str, Any]]:
    """Return the worst isolated inhabited places, with their cause and the cheapest remedy.

    Parameters
    ----------
    rows
        The table of rows.
    remedies
        What the advice is drawn from.
    names
        Country names by code.

    Notes
    -----
    Isolated rows of one country with one cause of their slots without service share a lot. The ten lots that leave
    most people without service are named, each by its worst row: least served, then least available, then most people.
    """
    isolated = np.flatnonzero((rows["settlement"] == "isolated") & (rows["served"] < 1.0))
    if len(isolated) == 0:
        return []
    cause = remedies.cause(rows)
    keys = np.array([f"{rows['country'][r]} {cause[r]}" for r in isolated])
    lots, lot = np.unique(keys, return_inverse=True)
    people = rows["people"][isolated]
    unserved = np.bincount(lot, people * (1.0 - rows["served"][isolated]), len(lots))
    order = np.lexsort((-people, rows["availability"][isolated], rows["served"][isolated], lot))
    worst_of_lot = isolated[order[np.searchsorted(lot[order], np.arange(len(lots)))]]
    ranking = np.argsort(-unserved, kind="stable")[:N_WORST]
    return [
        {**_isolated_entry(rows, int(worst_of_lot[k]), remedies, names), "people_alike": float(unserved[k])}
        for k in ranking
    ]


def _isolated_entry(rows: Table, r: int, remedies: Remedies, names: dict[str, str]) -> dict[str, Any]:
    lat_deg, lon_deg = float(rows["lat_deg"][r]), float(rows["lon_deg"][r])
    town, distance_km = remedies.nearest_town(lat_deg, lon_deg)
    code = str(rows["country"][r])
    return {
        "cell": f"{int(rows['cell'][r]):x}",
        "near": f"{distance_km:.0f} km from {town}" if town else "",
        "country": code,
        "country_name": names.get(code, code),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "people": float(rows["people"][r]),
        "availability": float(rows["availability"][r]),
        "served": float(rows["served"][r]),
        "cause": str(remedies.cause(rows)[r]),
        "remedy": remedy(rows, r, remedies, names.get(code, code)),
    }


def remedy(rows: Table, r: int, remedies: Remedies, country: str) -> str:
    """Return the cheapest thing that would bring service to a row, from the cause of its gaps.

    Notes
    -----
    Cheapest is meant in this order: a licence, a gateway, links between satellites, more satellites. The
    advice follows from what the run saw; it is not a second run.
    """
    cause = str(remedies.cause(rows)[r])
    if cause in {"no_licence", "zone"}:
        is_unsold = remedies.is_unsold is not None and bool(remedies.is_unsold[r])
        wanted = "the service sold" if is_unsold else "a licence"
        licence = f"{wanted} in {country}" if cause == "no_licence" else "the zone lifted"
        if remedies.reachable[r] >= 0.95:
            return licence
        return f"{licence}, and {_path_remedy(rows, r, remedies)}"
    if cause == "no_gateway_path":
        return _path_remedy(rows, r, remedies)
    if cause == "no_satellite":
        return f"more satellites that reach latitude {rows['lat_deg'][r]:.0f} deg"
    return _OTHER_REMEDIES.get(cause, "more satellites or beams (a terminal alone would be served)")


_OTHER_REMEDIES = {
    "gso_arc": "a smaller exclusion angle to the geostationary arc, or more satellites",
    "no_feeder_capacity": "more gateway antennas",
    "fault": "an end of the fault",
    "jammed": "an end of the jamming",
}


def _path_remedy(rows: Table, r: int, remedies: Remedies) -> str:
    nearest = remedies.nearest_gateway(float(rows["lat_deg"][r]), float(rows["lon_deg"][r]))
    gateway = (
        f"a gateway nearby (the nearest, {nearest[0]}, is {nearest[1]:,.0f} km away)"
        if nearest
        else "a gateway"
    )
    return f"{gateway} permitted to carry its traffic" if remedies.has_isls else f"{gateway}, or ISLs"


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and np.isnan(value) else value


def places_in_short(places: Table, slot_s: float) -> list[dict[str, Any]]:
    """Return each named place over all slots, in the order of the table.

    Parameters
    ----------
    places
        The table of places: one line a place and slot.
    slot_s
        Length of a slot. [s]

    Returns
    -------
    places
        One entry a place: availability (share of slots with a usable satellite), means of the satellites visible,
        clear and usable, longest_gap_s (longest stretch without a usable one), rtt_ms_p50 over served slots (None
        where there is none), and the cause of most slots.
    """
    names = places["place"].astype(str)
    first = np.sort(np.unique(names, return_index=True)[1])
    return [
        _place_in_short(str(names[k]), {c: v[names == names[k]] for c, v in places.items()}, slot_s)
        for k in first
    ]


def _place_in_short(name: str, slots: Table, slot_s: float) -> dict[str, Any]:
    is_available = slots["n_usable"] > 0
    rtt_ms = slots["rtt_ms"].astype(np.float64)
    known = rtt_ms[np.isfinite(rtt_ms)]
    causes, counts = np.unique(slots["cause"].astype(str), return_counts=True)
    return {
        "place": name,
        "availability": float(is_available.mean()),
        **{f"{c}_mean": float(slots[c].mean()) for c in ("n_visible", "n_clear", "n_usable")},
        "longest_gap_s": longest_run(~is_available) * slot_s,
        "rtt_ms_p50": float(np.median(known)) if len(known) else None,
        "cause": str(causes[counts.argmax()]),
    }


def longest_run(is_true: NDArray[np.bool_]) -> int:
    """Return the length of the longest stretch of true values.

    Examples
    --------
    >>> longest_run(np.array([True, False, True, True, False])), longest_run(np.zeros(3, np.bool_))
    (2, 0)
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_true, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def spill_in_short(countries: Table, low_dbw_m2_mhz: float, high_dbw_m2_mhz: float) -> dict[str, Any]:
    """Return who without permission lives under beams lit for others, and how strong these are there.

    Parameters
    ----------
    countries
        The table of countries.
    low_dbw_m2_mhz, high_dbw_m2_mhz
        Power flux density on the contour and in its middle. [dBW/m2/MHz]
    """
    spilled = countries["people_spilled"]
    most = [k for k in np.argsort(-spilled, kind="stable")[:N_SPILLED] if spilled[k] > 0.0]
    return {
        "people": float(spilled.sum()),
        "pfd_dbw_m2_mhz": [low_dbw_m2_mhz, high_dbw_m2_mhz],
        "countries": [
            {
                "country": str(countries["country"][k]),
                "name": str(countries["name"][k]),
                "people": float(spilled[k]),
            }
            for k in most
        ],
    }


def faults_in_short(faults: Table) -> list[dict[str, Any]]:
    """Return the table of faults line by line, None where a number is not known.

    Parameters
    ----------
    faults
        From `ecumene.results.events.fault_table`.
    """
    columns = {name: column.tolist() for name, column in faults.items()}
    return [
        {
            name: None if isinstance(value, float) and np.isnan(value) else value
            for name, value in zip(columns, line, strict=True)
        }
        for line in zip(*columns.values(), strict=True)
    ]
