"""What breaks in a run, and when: the scenario's faults, resolved into masks."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.earth.countries import countries
from ecumene.earth.ellipsoid import great_circle_m
from ecumene.earth.regions import Region, circle_region, geojson_region, is_within, polygon_region
from ecumene.errors import InputError, ScenarioError, did_you_mean
from ecumene.faults.jamming import jammer_over_noise_db
from ecumene.radio.contours import reach_m
from ecumene.scenario.schema import FaultKeys
from ecumene.units import to_db

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from ecumene.network.sites import Sites
    from ecumene.orbits.elements import Elements
    from ecumene.scenario import Scenario
    from ecumene.scenario.schema import RegionKeys
    from ecumene.world.ground import Ground
    from ecumene.world.land import Land
    from ecumene.world.places import NamedPlaces

NEAREST_JAMMER_M = 100.0
"""No terminal stands nearer to a jammer: closer in, the far field does not hold."""


@dataclass(frozen=True)
class Hit:
    """Where noise arrives, among cells or among places.

    Attributes
    ----------
    is_inside : (point,)
        In the region; of an uplink jammer also within the radius of a beam from it.
    is_attached : (point,)
        Terminals find a satellite; everywhere but where navigation is jammed.
    j_over_n_db : (point,)
        Noise of a downlink jammer over that of the terminal; -inf where there is none. [dB]
    """

    is_inside: NDArray[np.bool_]
    is_attached: NDArray[np.bool_]
    j_over_n_db: NDArray[np.float64]


@dataclass(frozen=True)
class Jam:
    """Noise in a region.

    Attributes
    ----------
    cells, places
        Where it arrives.
    uplink_j_over_n_db
        Noise of an uplink jammer over that of the satellite; -inf where there is none. [dB]
    uplink_jammer_dbw
        EIRP of an uplink jammer in one channel; -inf where there is none. [dBW]
    """

    cells: Hit
    places: Hit
    uplink_j_over_n_db: float
    uplink_jammer_dbw: float


@dataclass(frozen=True)
class Fault:
    """One fault with what it takes away.

    Attributes
    ----------
    name, kind
        What it is called, and its kind in the scenario.
    start_s, end_s
        It stands in slots that begin from start_s on and before end_s, seconds after the run's start. [s]
    down_until_s : (sat,)
        Lost satellites come back then; -inf for all others. [s]
    is_dark : (sat,)
        Satellites whose lasers are off.
    is_link_down : (link,)
        Single lasers that are off.
    is_gateway_down, is_pop_down : (gateway,), (pop,)
        Sites out of order.
    is_frozen
        No new plan is made.
    jam
        Noise; None for other kinds.
    granted, revoked
        Countries whose licence changes.
    row : (followed row,)
        Rows of the countries it names, whose people are followed before, during and after; all where it names none.
    where
        Codes of these countries, as far as their land is computed.
    """

    name: str
    kind: str
    start_s: float
    end_s: float
    down_until_s: NDArray[np.float64]
    is_dark: NDArray[np.bool_]
    is_link_down: NDArray[np.bool_]
    is_gateway_down: NDArray[np.bool_]
    is_pop_down: NDArray[np.bool_]
    is_frozen: bool = False
    jam: Jam | None = None
    granted: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    row: NDArray[np.int64] | None = None
    where: str = ""

    def stands(self, t_s: float) -> bool:
        """Return whether it stands in a slot that begins at this time."""
        return self.start_s <= t_s < self.end_s


def fault_keys(scenario: Scenario) -> tuple[FaultKeys, ...]:
    """Return the faults of a scenario, the short form of a blackout among them."""
    short = scenario.blackout
    if short is None:
        return scenario.fault
    given: dict[str, Any] = {"kind": "blackout", "countries": (short.country,), "after_s": short.after_s}
    if short.lasts_s is not None:
        given["lasts_s"] = short.lasts_s
    return (*scenario.fault, FaultKeys(**given))


def times_s(key: FaultKeys, start: datetime) -> tuple[float, float]:
    """Return beginning and end of a fault, seconds after the run's start; inf where it does not end.

    Parameters
    ----------
    key
        The fault.
    start
        First slot, UTC.

    Returns
    -------
    start_s, end_s
        The end may lie before a beginning that nobody wrote. [s]
    """
    start_s = key.after_s or 0.0
    if key.from_ is not None:
        start_s = (key.from_ - start).total_seconds()
    if key.to is not None:
        return start_s, (key.to - start).total_seconds()
    if key.lasts_s is not None:
        return start_s, start_s + key.lasts_s
    return start_s, start_s + key.recovery_s if key.kind == "storm" else np.inf


def build_faults(
    scenario: Scenario,
    start: datetime,
    elements: Elements,
    can_serve: NDArray[np.bool_],
    links: NDArray[np.int32],
    land: Land,
    ground: Ground,
    places: NamedPlaces,
    notes: list[str],
) -> tuple[Fault, ...]:
    """Return the faults of a scenario in the order written.

    Parameters
    ----------
    scenario, start
        The scenario and its first slot.
    elements, can_serve, links, land, ground, places
        What can break.
    notes
        What the user should know is appended here.

    Raises
    ------
    ScenarioError
        With every name that is not known and every fault that ends before it begins.
    """
    keys = fault_keys(scenario)
    resolver = _Resolver(scenario, start, elements, can_serve, links, land, ground, places)
    faults = [resolver.fault(k, key) for k, key in enumerate(keys)]
    resolver.problems += _contradictions(faults)
    if resolver.problems:
        raise ScenarioError(scenario.name, resolver.problems)
    notes += resolver.notes
    notes += [note for fault in faults if (note := _never_stands(fault, scenario.slots, scenario.slot_s))]
    return tuple(faults)


def _never_stands(fault: Fault, n_slots: int, slot_s: float) -> str:
    """Say why a fault changes nothing in any slot; nothing where it does."""
    if any(fault.stands(k * slot_s) for k in range(n_slots)):
        return ""
    if fault.end_s <= 0.0 or fault.start_s > (n_slots - 1) * slot_s:
        return f"Fault '{fault.name}' lies wholly outside this run and changes nothing."
    return (
        f"Fault '{fault.name}' lasts {fault.end_s - fault.start_s:g} s and falls between two slots of {slot_s:g} s: a "
        "fault stands in slots that begin while it lasts, so it changes nothing."
    )


def _contradictions(faults: Sequence[Fault]) -> list[str]:
    """Name licences that are granted and revoked at one time."""
    problems = []
    for k, one in enumerate(faults):
        for other in faults[k + 1 :]:
            both = {*one.granted} & {*other.revoked} | {*one.revoked} & {*other.granted}
            if both and one.start_s < other.end_s and other.start_s < one.end_s:
                problems.append(
                    f"fault: '{one.name}' and '{other.name}' grant and revoke the licence of "
                    f"{', '.join(sorted(both))} at one time; end one before the other begins"
                )
    return problems


class _Resolver:
    """Turns keys into masks and keeps what is wrong with them."""

    def __init__(
        self,
        scenario: Scenario,
        start: datetime,
        elements: Elements,
        can_serve: NDArray[np.bool_],
        links: NDArray[np.int32],
        land: Land,
        ground: Ground,
        places: NamedPlaces,
    ) -> None:
        self.scenario, self.start, self.elements, self.can_serve = scenario, start, elements, can_serve
        self.links, self.land, self.ground, self.places = links, land, ground, places
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.where = self.name = ""
        self.where_of_name: dict[str, str] = {}

    def fault(self, k: int, key: FaultKeys) -> Fault:
        self.where = f"fault[{k}]" if k < len(self.scenario.fault) else "blackout"
        self.name = key.name or _name(key)
        if key.name in self.where_of_name:
            self.bad(
                "name", f"'{key.name}' is the name of {self.where_of_name[key.name]} already; give another"
            )
        elif key.name:
            self.where_of_name[key.name] = self.where
        start_s, end_s = self.times(key)
        until_s, is_dark, is_link = self.in_space(key, start_s, end_s)
        is_gateway = np.zeros(len(self.ground.gateways), np.bool_)
        is_pop = np.zeros(len(self.ground.pops), np.bool_)
        for code in key.countries:
            if code not in self.land.codes and code not in countries().code:
                self.bad("countries", f'unknown country code "{code}"{countries().hint(code)}')
        if key.kind in {"gateways", "blackout"}:
            is_gateway = self.sites(key, self.ground.gateways, "gateway")
        if key.kind in {"pops", "blackout"}:
            is_pop = self.sites(key, self.ground.pops, "PoP")
        if key.kind in {"gateways", "pops", "blackout"}:
            self.note_idle_countries(key)
        followed = [code for code in key.countries if code in self.land.codes]
        return Fault(
            name=self.name,
            kind=key.kind,
            start_s=start_s,
            end_s=end_s,
            down_until_s=until_s,
            is_dark=is_dark,
            is_link_down=is_link,
            is_gateway_down=is_gateway,
            is_pop_down=is_pop,
            is_frozen=key.kind == "controller",
            jam=self.jam(key) if key.kind == "jamming" else None,
            granted=key.countries if key.kind == "licence" and key.status == "granted" else (),
            revoked=key.countries if key.kind == "licence" and key.status == "revoked" else (),
            row=self.rows_of(followed),
            where=" ".join(followed),
        )

    def in_space(
        self, key: FaultKeys, start_s: float, end_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Return until when satellites are down, whose lasers are off, and which single lasers are."""
        n_sats = len(self.elements)
        until_s, is_dark = np.full(n_sats, -np.inf), np.zeros(n_sats, np.bool_)
        if key.links:
            return until_s, is_dark, self.lasers(key)
        if key.kind in {"satellites", "storm", "isls"}:
            chosen = self.satellites(key)
            if key.kind == "isls":
                is_dark[chosen] = True
            elif key.kind == "storm":
                until_s[chosen] = start_s + key.recovery_s * self.rng(key, 2).random(n_sats)[chosen]
            else:
                until_s[chosen] = end_s
        if key.kind == "isls" and not (len(self.links) or self.scenario.isl.cross_shell):
            self.note("changes nothing: this run has no lasers.")
        return until_s, is_dark, np.zeros(len(self.links), np.bool_)

    def bad(self, key: str, what: str) -> None:
        self.problems.append(f"{self.where}.{key}: {what}")

    def rows_of(self, codes: Sequence[str]) -> NDArray[np.int64] | None:
        index = [self.land.codes.index(code) for code in codes]
        return np.flatnonzero(np.isin(self.land.rows.country, index)) if codes else None

    def times(self, key: FaultKeys) -> tuple[float, float]:
        start_s, end_s = times_s(key, self.start)
        is_begun = key.from_ is not None or key.after_s is not None
        if end_s <= start_s and is_begun:
            self.bad("to", f"the fault ends {start_s - end_s:g} s before it begins; move its end")
        return start_s, end_s

    def rng(self, key: FaultKeys, stream: int) -> np.random.Generator:
        """Return random numbers of a fault: the same wherever it stands in the list, whenever it begins, ends.

        They follow from its name, or where it has none from its kind and what it names: so another fault beside it, or
        another share of it, changes none of them.
        """
        named = key.model_dump(mode="json", include={"kind", "satellites", "shell", "plane", "region"})
        if key.region is not None and key.region.file is not None:
            named["region"]["file"] = Path(key.region.file).name
        text = key.name or json.dumps(named, sort_keys=True)
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return np.random.default_rng((self.scenario.seed, number, stream))

    def satellites(self, key: FaultKeys) -> NDArray[np.int64]:
        """Return the satellites meant, drawn from the seed where a share is."""
        elements = self.elements
        if key.satellites:
            pool = self.named_satellites(key.satellites, "satellites")
            idle = pool[~self.can_serve[pool]]
            if len(idle):
                names = ", ".join(elements.name[s] for s in idle[:3]) + (" ..." if len(idle) > 3 else "")
                self.note(f"names satellites that serve nobody anyway: {names}.")
        else:
            is_meant = self.can_serve.copy()
            if key.shell is not None:
                is_meant &= elements.shell == key.shell
                self.check_number("shell", key.shell, elements.shell[self.can_serve])
            if key.plane is not None:
                of_shell = self.can_serve & (elements.shell == key.shell)
                is_meant &= elements.plane == key.plane
                self.check_number("plane", key.plane, elements.plane[of_shell])
            pool = np.flatnonzero(is_meant)
        if key.share >= 1.0:
            return pool
        n = round(key.share * len(pool))
        if n == 0:
            self.note(
                f"takes {key.share:.1%} of {len(pool):,} satellites, which rounds to none: it changes nothing."
            )
        return np.sort(self.rng(key, 1).permutation(pool)[:n])

    def lasers(self, key: FaultKeys) -> NDArray[np.bool_]:
        """Return the lasers between the pairs named."""
        found = np.zeros(len(self.links), np.bool_)
        for pair in key.links:
            n_problems = len(self.problems)
            ends = self.named_satellites(pair, "links")
            if len(ends) == 2:  # or it is said what is wrong
                is_meant = (np.sort(self.links, axis=1) == ends).all(axis=1)
                found |= is_meant
                if not is_meant.any():
                    a, b = (self.elements.name[s] for s in ends)
                    self.bad(
                        "links",
                        f'no laser joins "{a}" and "{b}"; `ecumene export graphml` lists who is joined',
                    )
            elif len(self.problems) == n_problems:
                self.bad("links", f'"{pair[0]}" and "{pair[1]}" are one satellite: a laser has two ends')
        return found

    def note(self, what: str) -> None:
        self.notes.append(f"Fault '{self.name}' {what}")

    def note_idle_countries(self, key: FaultKeys) -> None:
        sites = {"gateways": "gateway", "pops": "PoP", "blackout": "gateway and no PoP"}[key.kind]
        there: set[str] = set()
        if key.kind != "pops":
            there |= set(self.ground.gateways.country)
        if key.kind != "gateways":
            there |= set(self.ground.pops.country)
        idle = [code for code in key.countries if code not in there]
        if idle:
            self.note(f"changes nothing in {', '.join(idle)}: this run has no {sites} there.")

    def check_number(self, what: str, number: int, known: NDArray[np.int32]) -> None:
        there = known[known >= 0]
        if number not in there:
            has = f"0 to {there.max()}" if len(there) else "none, for no satellite has a known place"
            self.bad(what, f"there is no {what} {number}; this fleet has {has}")

    def named_satellites(self, names: Sequence[str | int], key: str) -> NDArray[np.int64]:
        of_name = {name: s for s, name in enumerate(self.elements.name)}
        of_number = {int(number): s for s, number in enumerate(self.elements.norad_id) if number >= 0}
        found = []
        for given in names:
            number = int(given) if isinstance(given, int) or given.isdigit() else -1
            s = of_name.get(str(given), of_number.get(number, -1))
            if s < 0:
                hint = did_you_mean(str(given), of_name) or "; names stand in satellites.parquet"
                self.bad(key, f'no satellite "{given}" in this fleet{hint}')
            else:
                found.append(s)
        return np.unique(np.array(found, np.int64))

    def sites(self, key: FaultKeys, sites: Sites, what: str) -> NDArray[np.bool_]:
        is_meant = np.isin(sites.country, key.countries)
        for name in key.sites:
            if name not in sites.name:
                self.bad("sites", f'no {what} "{name}" in this run{did_you_mean(name, sites.name)}')
        return np.asarray(is_meant | np.isin(sites.name, key.sites), np.bool_)

    def jam(self, key: FaultKeys) -> Jam:
        assert key.region is not None  # noqa: S101 - the schema demands it
        region = Region()
        try:
            region = region_of_keys(key.region)
        except InputError as error:
            self.bad("region", str(error))
        land, places = self.land, self.places
        in_cell = self.rng(key, 3).random(len(land.cell))
        of_places = np.where(places.cell >= 0, in_cell[places.cell], 0.0)  # at sea navigation is not jammed
        up_db = key.j_over_n_db if key.direction == "uplink" else None
        up_dbw = key.jammer_dbw if key.direction == "uplink" else None
        cells = self.hit(key, region, land.lat_of_cell_deg, land.lon_of_cell_deg, in_cell)
        at_places = self.hit(key, region, places.lat_deg, places.lon_deg, of_places)
        if not (cells.is_inside.any() or at_places.is_inside.any()):
            self.note(
                "has no middle of an inhabited cell and no named place in its region: it changes nothing."
            )
        return Jam(
            cells=cells,
            places=at_places,
            uplink_j_over_n_db=-np.inf if up_db is None else up_db,
            uplink_jammer_dbw=-np.inf if up_dbw is None else up_dbw,
        )

    def hit(
        self,
        key: FaultKeys,
        region: Region,
        lat_deg: NDArray[np.float64],
        lon_deg: NDArray[np.float64],
        drawn: NDArray[np.float64],
    ) -> Hit:
        inside = is_within(region, lat_deg, lon_deg, self.beam_m() if key.direction == "uplink" else 0.0)
        noise_db = np.full(len(inside), -np.inf)
        if key.direction == "downlink" and key.j_over_n_db is not None:
            noise_db[inside] = key.j_over_n_db
        elif key.direction == "downlink" and key.jammer_dbw is not None:
            assert key.region is not None  # noqa: S101 - the schema demands a circle
            centre = np.array([key.region.lat_deg, key.region.lon_deg], np.float64)
            distance_m = great_circle_m(lat_deg[inside], lon_deg[inside], *centre)
            terminal, downlink = self.scenario.terminal, self.scenario.downlink
            noise_db[inside] = jammer_over_noise_db(
                key.jammer_dbw,
                np.maximum(distance_m, NEAREST_JAMMER_M),
                frequency_hz=downlink.frequency_ghz * 1e9,
                gain_over_temperature_db_k=float(
                    terminal.gain_dbi - terminal.sidelobe_db - to_db(terminal.temperature_k)
                ),
                bandwidth_hz=downlink.channel_mhz * 1e6,
            )
        return Hit(inside, ~inside | (drawn < key.attach_share), noise_db)

    def beam_m(self) -> float:
        """Return the radius of a beam straight below a satellite of median height."""
        satrecs = [
            satrec for satrec, serves in zip(self.elements.satrecs, self.can_serve, strict=True) if serves
        ]
        heights_m = [1e3 * (satrec.a - 1.0) * satrec.radiusearthkm for satrec in satrecs]
        return (
            reach_m(float(np.median(heights_m)), 90.0, self.scenario.downlink.beam_deg) if heights_m else 0.0
        )


def region_of_keys(keys: RegionKeys) -> Region:
    """Return the region a scenario describes.

    Raises
    ------
    TableError
        Its file cannot be read or has mistakes.
    """
    if keys.file is not None:
        return geojson_region(keys.file)
    if keys.polygon:
        return polygon_region(keys.polygon)[0]
    assert keys.lat_deg is not None  # noqa: S101 - the schema demands all three
    assert keys.lon_deg is not None  # noqa: S101
    assert keys.radius_km is not None  # noqa: S101
    return circle_region(keys.lat_deg, keys.lon_deg, keys.radius_km)


def _name(key: FaultKeys) -> str:
    """Return what a fault is called that has no name of its own."""
    share = "" if key.share >= 1.0 else f"{key.share:.0%} of "
    place = ", ".join([*key.sites, *key.countries])
    named = ", ".join(str(s) for s in key.satellites[:3]) + (" ..." if len(key.satellites) > 3 else "")
    lasers = "; ".join(f"{a} - {b}" for a, b in key.links[:3]) + (" ..." if len(key.links) > 3 else "")
    of_plane = f"plane {key.plane} of " if key.plane is not None else ""
    which = named or lasers or (f"{of_plane}shell {key.shell}" if key.shell is not None else "all")
    return {
        "satellites": f"satellites lost: {share}{which}",
        "storm": f"solar storm: {share}{which}",
        "isls": f"lasers off: {share}{which}",
        "gateways": f"gateways down: {place}",
        "pops": f"PoPs down: {place}",
        "blackout": f"blackout: {place}",
        "jamming": f"jamming, {key.direction}",
        "licence": f"licence {key.status}: {place}",
        "controller": "controller outage",
    }[key.kind]
