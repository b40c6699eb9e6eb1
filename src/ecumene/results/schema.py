"""Every variable of every result table: type, unit and meaning. The reference page is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

CAUSES = (
    "fault",
    "no_licence",
    "zone",
    "no_satellite",
    "gso_arc",
    "jammed",
    "weather",
    "no_gateway_path",
    "no_beam",
    "no_feeder_capacity",
    "partly",
    "served",
)
"""Why a row is (not) served in a slot: exactly one, the first that holds."""

CAUSE_WORDS = {
    "fault": "something is broken",
    "no_licence": "no licence",
    "zone": "denied zone",
    "no_satellite": "no satellite in view",
    "gso_arc": "every satellite in view too near the geostationary arc",
    "jammed": "jammed",
    "weather": "weather",
    "no_gateway_path": "no permitted path to a gateway and PoP",
    "no_beam": "no beam left",
    "no_feeder_capacity": "no feeder capacity",
    "partly": "served below demand",
    "served": "served",
}
"""The causes in plain words."""

Table = dict[str, NDArray[Any]]
"""Columns by name, all of one length."""


@dataclass(frozen=True)
class Variable:
    """One column of a result table."""

    name: str
    dtype: str
    unit: str
    meaning: str


def _variables(*rows: tuple[str, str, str, str]) -> tuple[Variable, ...]:
    return tuple(Variable(*row) for row in rows)


ROWS = _variables(
    ("cell", "uint64", "", "H3 index of the cell"),
    ("country", "str", "", "ISO 3166-1 alpha-2 code, XK for Kosovo"),
    ("share", "float32", "1", "share of the cell's area that is this country's land"),
    ("people", "float64", "", "people living in the row"),
    ("settlement", "str", "", "urban, rural or isolated"),
    ("lat_deg", "float64", "deg", "latitude of the cell's centre"),
    ("lon_deg", "float64", "deg", "longitude of the cell's centre"),
    ("availability", "float32", "1", "share of slots in which one terminal could be served, demand ignored"),
    ("served", "float32", "1", "share of slots in which demand was served, in full or in part"),
    (
        "mbps_p5",
        "float32",
        "Mbit/s",
        "busy-hour rate of a subscriber, 5th percentile over slots (unserved = 0)",
    ),
    ("mbps_p50", "float32", "Mbit/s", "the same, median"),
    ("mbps_p95", "float32", "Mbit/s", "the same, 95th percentile"),
    ("rtt_ms_p50", "float32", "ms", "round trip terminal-PoP-terminal over served slots, median"),
    ("rtt_ms_p95", "float32", "ms", "the same, 95th percentile"),
    ("longest_gap_s", "float32", "s", "longest stretch without availability"),
    ("handovers_per_h", "float32", "1/h", "changes of the serving satellite"),
    ("main_cause", "str", "", "the cause that held in most slots; the worse one where two tie"),
)

COUNTRIES = _variables(
    ("country", "str", "", "ISO 3166-1 alpha-2 code, XK for Kosovo"),
    ("name", "str", "", "short name"),
    ("status", "str", "", "status of the licence at the start"),
    ("people", "float64", "", "people in the computed rows"),
    ("rows", "int64", "", "rows of the country"),
    ("subscribers", "float64", "", "subscribers assumed"),
    ("availability", "float64", "1", "share of slots, weighted by people"),
    ("served", "float64", "1", "share of slots served in full or in part, weighted by people"),
    ("demand_gbps", "float64", "Gbit/s", "mean demand over the slots"),
    ("carried_gbps", "float64", "Gbit/s", "mean traffic carried over the slots"),
    (
        "people_spilled",
        "float64",
        "",
        "people without permission under the -3 dB contour of a beam lit for others, mean over slots",
    ),
    ("mbps_p50", "float64", "Mbit/s", "median over people of the rows' medians"),
    ("rtt_ms_p50", "float64", "ms", "median over people of the rows' medians, where served"),
    ("main_cause", "str", "", "the cause that held for most people and slots"),
    *(
        (f"share_{cause}", "float64", "1", f"share of people and slots: {CAUSE_WORDS[cause]}")
        for cause in CAUSES
    ),
)

SATELLITES = _variables(
    ("satellite", "str", "", "name"),
    ("norad_id", "int64", "", "catalogue number; -1 for filed satellites, which have none"),
    (
        "status",
        "str",
        "",
        "operational, raising, lowering, decayed, stale or refused; only the first is scheduled",
    ),
    ("shell", "int32", "", "shell, filed or recognised, counted from 0; -1 without a place"),
    ("plane", "int32", "", "plane in its shell, counted from 0; -1 without a place"),
    ("slot", "int32", "", "place in the plane, counted from 0; -1 without a place"),
    ("lat_deg", "float64", "deg", "sub-satellite latitude in the first slot"),
    ("lon_deg", "float64", "deg", "sub-satellite longitude in the first slot"),
    ("altitude_km", "float64", "km", "height above the ellipsoid in the first slot"),
    ("x_km", "float64", "km", "ECEF position in the first slot"),
    ("y_km", "float64", "km", "ECEF position in the first slot"),
    ("z_km", "float64", "km", "ECEF position in the first slot"),
    ("cells_mean", "float64", "", "cells served, mean over slots"),
    ("units_share", "float64", "1", "channel-shares used, mean over slots"),
    ("carried_gbps_mean", "float64", "Gbit/s", "user traffic carried, mean over slots"),
    ("carried_gbps_max", "float64", "Gbit/s", "user traffic carried, largest slot"),
    ("load_p50", "float64", "1", "user traffic over the satellite's ceiling, median over slots, to 2 %"),
    ("load_p95", "float64", "1", "the same, 95th percentile"),
    ("load_max", "float64", "1", "the same, largest slot"),
    ("feeder_share", "float64", "1", "share of slots with a gateway antenna of its own"),
)

GATEWAYS = _variables(
    ("gateway", "str", "", "name"),
    ("country", "str", "", "ISO 3166-1 alpha-2 code, XK for Kosovo"),
    ("lat_deg", "float64", "deg", "latitude"),
    ("lon_deg", "float64", "deg", "longitude"),
    ("antennas", "int64", "", "antennas"),
    ("antennas_used", "float64", "", "antennas with a satellite, mean over slots"),
    ("capacity_gbps", "float64", "Gbit/s", "ceiling of the site"),
    ("carried_gbps_mean", "float64", "Gbit/s", "traffic, mean over slots"),
    ("carried_gbps_max", "float64", "Gbit/s", "traffic, largest slot"),
    ("load_p50", "float64", "1", "traffic over ceiling, median over slots"),
    ("load_p95", "float64", "1", "traffic over ceiling, 95th percentile over slots"),
    ("load_max", "float64", "1", "traffic over ceiling, largest slot"),
    (
        "people_lost",
        "float64",
        "",
        (
            "people who lose service if it fails (people times the share of service that ends); empty "
            "for all but the 30 that bring most people home in the first slot; mean of six slots spread over the run"
        ),
    ),
    ("lost_gbps", "float64", "Gbit/s", "traffic lost if it fails, for the same 30; mean of the same slots"),
    ("people_through", "float64", "", "people whose traffic comes down here, mean of the same slots"),
)

PLACES = _variables(
    ("slot", "int64", "", "slot, counted from 0"),
    ("utc", "str", "", "beginning of the slot"),
    ("place", "str", "", "name"),
    ("cause", "str", "", "why the place is (not) served in this slot"),
    ("limit", "str", "", "what bound it: satellite, gateway, ISL, licence record; empty where nothing did"),
    ("n_visible", "int64", "", "satellites above the elevation mask"),
    ("n_clear", "int64", "", "of these, outside the exclusion angle to the geostationary arc"),
    ("n_usable", "int64", "", "of these, with a permitted path home"),
    ("satellite", "str", "", "serving satellite; empty for none"),
    ("elevation_deg", "float64", "deg", "geodetic elevation of the serving satellite"),
    ("slant_km", "float64", "km", "distance to the serving satellite"),
    ("gateway", "str", "", "gateway on the path"),
    ("pop", "str", "", "PoP on the path"),
    ("hops", "int64", "", "inter-satellite links on the path"),
    ("mbps", "float64", "Mbit/s", "busy-hour rate one terminal gets"),
    ("rtt_ms", "float64", "ms", "round trip terminal-PoP-terminal"),
    ("rtt_geometry_ms", "float64", "ms", "light over the radio and laser legs alone, there and back"),
)

PAIR_CAUSES = ("no_licence", "no_satellite", "gso_arc", "jammed", "no_gateway", "no_path", "joined")
"""Why a pair is (not) joined in a slot: exactly one, the first that holds at either end."""

PAIR_CAUSE_WORDS = {
    "no_licence": "an end may not be served by law",
    "no_satellite": "an end has no satellite in range",
    "gso_arc": "every satellite an end sees is too near the geostationary arc",
    "jammed": "jammers close every satellite that an end may use",
    "no_gateway": "no permitted gateway of the PoP follows a satellite",
    "no_path": "no chain of links joins the satellites at both ends",
    "joined": "there is a path",
}
"""The same in plain words."""

PAIRS = _variables(
    ("slot", "int64", "", "slot, counted from 0"),
    ("utc", "str", "", "beginning of the slot"),
    ("from_place", "str", "", "one end: a place"),
    ("to_place", "str", "", "the other: a place, or pop:NAME, or pop:any"),
    ("cause", "str", "", "why the pair is (not) joined in this slot"),
    ("limit", "str", "", "what stands between the ends; empty where nothing does"),
    ("rtt_ms", "float64", "ms", "round trip: twice the length over c, and the fibre to a PoP; light alone"),
    (
        "rtt_processing_ms",
        "float64",
        "ms",
        "the same and latency.processing_ms for every terminal on the path",
    ),
    ("hops", "int64", "", "inter-satellite links on the path"),
    ("path", "str", "", "satellites, and gateways that pass traffic on, in order, with ' > ' between them"),
    ("gateway", "str", "", "gateway at which the path to a PoP comes down"),
    ("pop", "str", "", "PoP that was reached"),
    ("length_km", "float64", "km", "ground links, inter-satellite links and feeder together"),
    ("fibre_km", "float64", "km", "fibre from the gateway to the PoP"),
    ("from_elevation_deg", "float64", "deg", "geodetic elevation of the first satellite from the first end"),
    ("to_elevation_deg", "float64", "deg", "the same at the other end; empty at a PoP"),
    ("great_circle_km", "float64", "km", "great circle between the ends"),
    (
        "fibre_rtt_ms",
        "float64",
        "ms",
        "round trip in fibre along it: latency.fibre_factor longer, at c / fibre_index",
    ),
    (
        "light_rtt_ms",
        "float64",
        "ms",
        "round trip of light along the great circle: no path on the ground is quicker",
    ),
)

ISLS = _variables(
    ("satellite_a", "str", "", "one end"),
    ("satellite_b", "str", "", "the other"),
    ("up_share", "float64", "1", "share of slots in which the link carried or could have carried traffic"),
    ("capacity_gbps", "float64", "Gbit/s", "capacity in each direction"),
    ("carried_gbps_mean", "float64", "Gbit/s", "traffic of both directions, mean over slots"),
    ("load_p50", "float64", "1", "load of the fuller direction, median over slots, to 2 %"),
    ("load_p95", "float64", "1", "the same, 95th percentile"),
    ("load_max", "float64", "1", "the same, largest slot"),
)

LANDINGS = _variables(
    ("country", "str", "", "country whose users' traffic it is: ISO 3166-1 alpha-2 code, XK for Kosovo"),
    ("gateway_country", "str", "", "country of the gateways over which it reaches the ground"),
    ("carried_gbps", "float64", "Gbit/s", "traffic, mean over slots"),
    ("share", "float64", "1", "share of the country's traffic"),
)

CUTS = _variables(
    ("country", "str", "", "ISO 3166-1 alpha-2 code, XK for Kosovo"),
    ("name", "str", "", "short name"),
    (
        "most_gbps",
        "float64",
        "Gbit/s",
        (
            "what could get home at most from all satellites its cells may use in the last slot, with nobody else in "
            "the network and beams without limit: the maximum flow, and the capacity of its smallest cut"
        ),
    ),
    ("satellites_seen", "int64", "", "satellites that one of its cells may use"),
    *(
        column
        for kind, words in (
            ("satellites", "ceilings of satellites"),
            ("isls", "inter-satellite links, one direction each"),
            ("antennas", "gateway antennas"),
            ("gateways", "ceilings of whole gateways"),
        )
        for column in (
            (f"{kind}_gbps", "float64", "Gbit/s", f"capacity of the cut: {words}"),
            (f"{kind}_cut", "int64", "", f"how many are in the cut: {words}"),
        )
    ),
)

SLOTS = _variables(
    ("slot", "int64", "", "slot, counted from 0"),
    ("utc", "str", "", "beginning of the slot"),
    ("faults", "str", "", "faults of the scenario that stand, with '; ' between them"),
    ("demand_gbps", "float64", "Gbit/s", "traffic asked for where service is permitted"),
    ("planned_gbps", "float64", "Gbit/s", "what the beams can give of it"),
    ("carried_gbps", "float64", "Gbit/s", "what reaches a PoP"),
    ("people_available", "float64", "", "people of whom one terminal could be served"),
    ("people_reachable", "float64", "", "the same if no law stood against it"),
    ("people_served", "float64", "", "people served, in full or in part"),
    ("rtt_ms_mean", "float64", "ms", "round trip terminal-PoP-terminal, mean over people served"),
    *((f"cause_{cause}", "float64", "", f"people: {CAUSE_WORDS[cause]}") for cause in CAUSES),
    ("handovers", "int64", "", "cells whose serving satellite changed"),
    ("plan_gap", "float64", "1", "how far the plan of beams may be below the best, by its own goal"),
)

_FOLLOWED = (
    ("people_available", "", "people of whom one terminal could be served"),
    ("people_reachable", "", "the same if no law stood against it"),
    ("people_served", "", "people served, in full or in part"),
    ("carried_gbps", "Gbit/s", "traffic that reaches a PoP"),
    ("rtt_ms_mean", "ms", "round trip, mean over people served"),
)

FAULTS = _variables(
    ("fault", "str", "", "name"),
    ("kind", "str", "", "kind, as in the scenario"),
    (
        "where",
        "str",
        "",
        "countries it names: people and traffic below are theirs; empty for the whole planet",
    ),
    ("from_utc", "str", "", "beginning"),
    ("to_utc", "str", "", "end; empty where it does not end"),
    ("slots", "int64", "", "slots in which it stood"),
    *(
        (f"{name}_{when}", "float64", unit, f"{meaning}: {words}")
        for name, unit, meaning in _FOLLOWED
        for when, words in (
            ("before", "mean over the last 10 min of slots before it in which no fault stood"),
            ("during", "mean while it stood"),
            ("worst", "worst slot while it stood"),
            ("after", "mean over the first 10 min of slots after it in which no fault stands"),
        )
    ),
    (
        "recovery_s",
        "float64",
        "s",
        "from its end until 99 % of the people served before are served again; empty where that did not come",
    ),
)

TABLES = {
    "rows": ROWS,
    "countries": COUNTRIES,
    "satellites": SATELLITES,
    "gateways": GATEWAYS,
    "places": PLACES,
    "pairs": PAIRS,
    "isls": ISLS,
    "landings": LANDINGS,
    "cuts": CUTS,
    "slots": SLOTS,
    "faults": FAULTS,
}
"""Result tables in the order they are written."""


@dataclass(frozen=True)
class ArrayVariable:
    """One quantity kept for every row and slot.

    Attributes
    ----------
    name, unit, meaning
        As for a column of a table.
    dtype
        Type of the stored whole numbers.
    scale
        A stored number times this is the quantity.
    fill
        Stored where there is none; None where there always is one.
    flags
        What the numbers 0, 1, ... mean, where they are no quantity.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    scale: float = 1.0
    fill: int | None = None
    flags: tuple[str, ...] = ()


ARRAYS = {
    variable.name: variable
    for variable in (
        ArrayVariable("mbps", "uint32", "Mbit/s", "busy-hour rate of a subscriber (unserved = 0)", 1e-3),
        ArrayVariable("carried_mbps", "uint32", "Mbit/s", "traffic of the row that reaches a PoP", 1e-3),
        ArrayVariable("demand_mbps", "uint32", "Mbit/s", "traffic the row asks for, permitted or not", 1e-3),
        ArrayVariable(
            "rtt_ms", "uint16", "ms", "round trip terminal-PoP-terminal, where served", 0.05, 2**16 - 1
        ),
        ArrayVariable("cause", "uint8", "", "why the row is (not) served", flags=CAUSES),
        ArrayVariable(
            "is_available", "uint8", "", "one terminal could be served, demand ignored", flags=("no", "yes")
        ),
        ArrayVariable(
            "sat", "int32", "", "serving satellite: line of the table of satellites, from 0; -1 for none"
        ),
        ArrayVariable(
            "gateway",
            "int32",
            "",
            "gateway where most of its traffic comes down: line of the table of gateways, from 0; -1 for none",
        ),
    )
}
"""What can be kept for every row and slot (key `output.arrays`)."""
