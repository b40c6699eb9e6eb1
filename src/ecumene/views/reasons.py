"""The chain of reasons for one place as text."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from ecumene.results.schema import CAUSE_WORDS
from ecumene.views.wording import (
    UNKNOWN,
    duration_text,
    number_text,
    people_text,
    point_text,
    quantity_text,
    share_text,
    utc_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecumene.alternatives import Alternative
    from ecumene.licences.ruling import Ruling
    from ecumene.reasons import Budget, Chain, Hop, Seen

MIN_WIDTH, WIDTH = 60, 80
MOST_SATELLITES = 12
"""More in view are counted, not listed; the JSON has them all."""

_LABEL = 14
_VERDICTS = {
    "gso_arc": "too near the arc",
    "no licence": "clear",
    "serves": "serves this place",
}


def chain_text(chain: Chain, width: int = WIDTH, *, heading: Callable[[str], str] = lambda text: text) -> str:
    """Return the chain as plain text.

    Parameters
    ----------
    chain
        From `ecumene.why`.
    width
        Columns; lines are folded at it, 60 at least.
    heading
        What to do to headings, for example print them bold; by default nothing.
    """
    width = max(min(width, WIDTH), MIN_WIDTH)
    blocks = [
        _answer(chain, width, heading),
        _block("Where", _where(chain), width, heading),
        _block("Law", _law(chain), width, heading),
        _sky(chain, width, heading),
        _budget(chain, width, heading),
        _block("Beams", _beams(chain), width, heading),
        _way(chain, width, heading),
        _ladder(chain, width, heading),
        _changes(chain, width, heading),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _answer(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    where, moment = chain.where, chain.moment
    got = (
        f"{quantity_text(chain.mbps, 'Mbit/s')} a subscriber, round trip {quantity_text(chain.way.rtt_ms, 'ms')}"
        if chain.mbps > 0.0 and chain.way
        else ""
    )
    limit = f"what bound it: {chain.limit.name}" if chain.limit.name else ""
    told = "; ".join(part for part in (chain.cause_words, got, limit) if part)
    before = (
        f"{moment.slots_before} slot{'' if moment.slots_before == 1 else 's'} computed before it"
        if moment.slots_before
        else "the run's first slot: no plan before it"
    )
    own = (
        "numbers are those of ecumene run"
        if moment.is_the_runs_own
        else "satellites are those of ecumene run, beams may differ (--from-start: all slots)"
    )
    slot = (
        f"{moment.scenario}, slot {moment.slot}: {duration_text(moment.slot_s)} from {utc_text(moment.utc)}; "
        f"{before}; {own}."
    )
    asked = (
        [f"Asked for {utc_text(moment.asked_utc)}, which lies in this slot."]
        if moment.asked_utc != moment.utc
        else []
    )
    note = [f"Note: {moment.note}."] if moment.note else []
    lines = [heading(line) for line in _wrap(f"{where.name}: {told}", width)]
    return [*lines, *(line for text in (slot, *asked, *note) for line in _wrap(text, width))]


def _block(
    title: str, lines: Sequence[tuple[str, str]], width: int, heading: Callable[[str], str]
) -> list[str]:
    return [heading(title), *(line for label, text in lines for line in _labelled(label, text, width))]


def _labelled(label: str, text: str, width: int) -> list[str]:
    return _wrap(text, width, f"  {label:<{_LABEL}}", " " * (_LABEL + 2))


def _wrap(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _where(chain: Chain) -> list[tuple[str, str]]:
    where = chain.where
    near = f"; {number_text(where.near_km)} km from {where.near}" if where.near else ""
    lines = [
        ("position", f"{point_text(where.lat_deg, where.lon_deg)} ({where.source}){near}"),
        ("cell", f"{where.cell} (H3, resolution {where.resolution})"),
        (
            "country",
            " ".join(dict.fromkeys((where.country_name, where.country))) if where.country else "none: at sea",
        ),
    ]
    if where.disputed:
        lines.append(
            ("disputed", f"{where.disputed}; point of view: {where.point_of_view}, the law of {where.law_of}")
        )
    people = (
        f"{people_text(where.people)} in the row, {where.settlement}"
        if where.is_inhabited
        else "no inhabited row of the scenario"
    )
    lines.append(("people", people))
    if where.namesakes:
        lines.append(("also so named", "; ".join(where.namesakes)))
    return lines


def law_lines(law: Ruling) -> list[tuple[str, str]]:
    """Return what the law says as lines with their labels.

    Parameters
    ----------
    law
        Of a place (`ecumene.reasons.Licence`), or of rows.
    """
    dates = " ".join(
        part
        for part in (
            f"from {law.valid_from}" if law.valid_from else "",
            f"to {law.valid_to}" if law.valid_to else "",
        )
        if part
    )
    allowed = "service permitted" if law.is_permitted else f"service not permitted ({law.refusal})"
    sold = "" if law.is_sold or not law.is_permitted else ", but not sold here"
    sure = f"; confidence {law.confidence}" if law.confidence else ""
    lines = [
        ("status", f"{law.status}: {allowed}{sold}" + (f"; {dates}" if dates else "")),
        ("source", f"{law.source}{sure}" + (f"; {law.note}" if law.note else "")),
        ("landing", "anywhere" if law.landing == "any" else f"only in {law.landing}"),
    ]
    if law.zone:
        lines.append(("zone", f"{law.zone} ({law.zone_rule})"))
    if law.monitored_by:
        lines.append(("watched", law.monitored_by))
    return lines


def _law(chain: Chain) -> list[tuple[str, str]]:
    law = chain.licence
    rules = (
        f"{law.gso_exclusion_deg:g} deg to the geostationary arc ({law.gso_source}); "
        f"{law.pfd_dbw_m2_mhz:g} dBW/m2/MHz on the ground ({law.pfd_source})"
    )
    status, source, landing, *zones = law_lines(law)
    return [status, source, landing, ("rules", rules), *zones]


def _sky(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    sky = chain.sky
    head = (
        f"{sky.n_visible} above {sky.min_elevation_deg:g} deg, {sky.n_clear} of them "
        f"{sky.gso_exclusion_deg:g} deg and more off the arc, {sky.n_usable} usable"
    )
    lines = [heading("Satellites in view"), *_wrap(head, width, "  ", "  ")]
    if not sky.satellites:
        return lines
    shown = _shown(sky.satellites)
    name = max(9, *(len(seen.satellite) for seen in shown))
    lines.append(f"  {'satellite':<{name}} {'elev':>5} {'azim':>4} {'km':>6} {'arc':>5} {'units':>8}  state")
    for seen in shown:
        arc = UNKNOWN if math.isnan(seen.gso_angle_deg) else f"{seen.gso_angle_deg:.1f}"
        units = f"{seen.units_used}/{seen.units}"
        line = (
            f"  {seen.satellite:<{name}} {seen.elevation_deg:>5.1f} {seen.azimuth_deg:>4.0f} {seen.slant_km:>6,.0f} "
            f"{arc:>5} {units:>8}  {_state(seen)}"
        )
        lines.append(line)
    if len(shown) < len(sky.satellites):
        lines.append(f"  and {len(sky.satellites) - len(shown)} more (--json lists all)")
    return lines


def _shown(satellites: Sequence[Seen]) -> list[Seen]:
    """Return the highest, and the one that serves wherever it stands."""
    serving = [seen for seen in satellites[MOST_SATELLITES:] if seen.verdict == "serves"]
    return [*satellites[: MOST_SATELLITES - len(serving)], *serving]


def _state(seen: Seen) -> str:
    words = _VERDICTS.get(seen.verdict, seen.verdict)
    return f"{words}, full" if seen.verdict == "usable" and seen.units_used >= seen.units else words


def _budget(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    budget = chain.budget
    if budget is None:
        return []
    title = f"Link budget of {budget.satellite} at {budget.elevation_deg:.1f} deg (user downlink, clear sky)"
    lines = [heading(line) for line in _wrap(title, width)]
    for value, unit, words in _budget_lines(budget):
        lines.append(f"  {value:>9} {unit:<11} {words}")
    rate = (
        f"{budget.mode}: {budget.efficiency:.3f} bit/s/Hz x {budget.channel_mhz:g} MHz = "
        f"{quantity_text(budget.channel_mbps, 'Mbit/s')} a channel, {quantity_text(budget.unit_mbps, 'Mbit/s')} a "
        f"channel-share (table step from {budget.table_elevation_deg:.2f} deg; ETSI EN 302 307)"
    )
    return [*lines, *_wrap(rate, width, "  ", "  ")]


def _budget_lines(budget: Budget) -> list[tuple[str, str, str]]:
    wave = f"{budget.frequency_ghz:g} GHz, wavelength {100.0 * budget.wavelength_m:.2f} cm"
    lines = [
        (f"{budget.pfd_dbw_m2_mhz:.2f}", "dBW/m2/MHz", "power flux density on the ground"),
        (f"{budget.aperture_dbm2:+.2f}", "dB m2", f"dish of {budget.gain_dbi:g} dBi at {wave}"),
        (
            f"{-budget.scan_loss_db:+.2f}",
            "dB",
            f"scan loss, {90.0 - budget.elevation_deg:.1f} deg off its zenith",
        ),
        (f"{-budget.noise_dbw_mhz:+.2f}", "dBW/MHz", f"less the noise k T of {budget.temperature_k:g} K"),
    ]
    if budget.margin_db:
        lines.append((f"{-budget.margin_db:+.2f}", "dB", "margin"))
    if budget.jammer_loss_db:
        lines.append((f"{-budget.jammer_loss_db:+.2f}", "dB", "noise of jammers"))
    return [*lines, (f"{budget.cn_db:.2f}", "dB", "C/N")]


def _beams(chain: Chain) -> list[tuple[str, str]]:
    light, cell = chain.lighting, []
    if chain.where.is_inhabited:
        cell.append(
            (
                "demand",
                (
                    f"{number_text(light.subscribers)} subscribers ask for "
                    f"{quantity_text(light.row_demand_mbps, 'Mbit/s')}; the cell for "
                    f"{quantity_text(light.cell_demand_mbps, 'Mbit/s')}"
                ),
            )
        )
    if light.satellite:
        price = "" if math.isnan(light.unit_price) else f"; price {number_text(light.unit_price)} a unit"
        cell.append(
            (
                "lit by",
                (
                    f"{light.satellite} with {light.units} of at most {light.units_most} channel-shares: "
                    f"{quantity_text(light.planned_mbps, 'Mbit/s')}"
                ),
            )
        )
        cell.append(
            (
                "its load",
                (
                    f"{light.satellite_units_used} of {light.satellite_units} channel-shares on "
                    f"{light.satellite_cells} cells, {number_text(light.satellite_planned_gbps)} of "
                    f"{quantity_text(light.satellite_gbps, 'Gbit/s')}{price}"
                ),
            )
        )
    elif light.cell_demand_mbps > 0.0:
        full = f"; full: {', '.join(light.full)}" if light.full else "; no usable satellite is full"
        cell.append(("lit by", f"no beam in this slot{full}"))
    else:
        cell.append(("lit by", "no beam: the cell asks for nothing; a terminal takes what others leave"))
    if light.n_around:
        cell.append(
            (
                "around it",
                (
                    f"{light.n_around_lit} of {light.n_around} inhabited neighbour cells are lit; they ask for "
                    f"{quantity_text(light.around_demand_mbps, 'Mbit/s')}"
                ),
            )
        )
    if light.row_cause and not math.isnan(light.row_rtt_ms):
        rtt = quantity_text(light.row_rtt_ms, "ms")
        told = f"round trip {rtt} from the cell's centre, mean over all paths of its traffic"
        cell.append(("the row", told))
    if light.row_cause and light.row_cause != chain.cause:
        cell.append(("the row", f"counts as: {CAUSE_WORDS[light.row_cause]} (seen from the cell's centre)"))
    if light.is_spilled_on:
        cell.append(("spill-over", "a beam lit for neighbours across the border covers this row"))
    return cell


def _way(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    way = chain.way
    if way is None:
        return []
    served = "Path" if chain.mbps > 0.0 else "Path there would be"
    title = f"{served} to {way.pop} over gateway {way.gateway} ({way.gateway_country})"
    lines = [heading(line) for line in _wrap(title, width)]
    lines += [_hop(hop) for hop in way.hops]
    if way.n_paths > 1:
        told = f"{share_text(way.main_share)} of the satellite's traffic; {way.n_paths} paths in all"
        lines += _wrap(told, width, "  ", "  ")
    lines.append(f"  {way.legs_ms:>8.2f} ms  these legs, there and back")
    lines.append(f"  {way.queueing_ms:>+8.2f} ms  queueing")
    lines.append(f"  {way.processing_ms:>+8.2f} ms  framing, scheduling, processing")
    lines.append(f"  {way.rtt_ms:>8.2f} ms  round trip terminal - PoP - terminal")
    return lines


def _hop(hop: Hop) -> str:
    what = "site load" if hop.kind == "fibre" else "load"
    load = "" if math.isnan(hop.load) else f", {what} {share_text(hop.load)}"
    return f"  {hop.delay_ms:>8.2f} ms  {hop.kind:<6} {hop.length_km:>6,.0f} km  to {hop.end}{load}"


def _ladder(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    lines = [heading("Causes, in the order of precedence: the first that holds")]
    for rung in chain.ladder:
        mark = "HOLDS " if rung.holds else "passed"
        lines += _wrap(rung.why, width, f"  {mark} {rung.cause}: ", " " * 9)
    if not math.isnan(chain.limit.capacity_gbps):
        told = f"{number_text(chain.limit.load_gbps)} of {quantity_text(chain.limit.capacity_gbps, 'Gbit/s')}"
        lines += _wrap(f"{chain.limit.name} carries {told}", width, " " * 9, " " * 9)
    return lines


def _changes(chain: Chain, width: int, heading: Callable[[str], str]) -> list[str]:
    lines: list[str] = []
    for effect in dict.fromkeys(a.effect for a in chain.alternatives):
        lines.append(heading(f"What {effect} ({_how(chain, effect)})"))
        for alternative in chain.alternatives:
            if alternative.effect == effect:
                lines += _wrap(f"{alternative.change}: {_outcome(alternative)}", width, "  - ", "    ")
    if chain.change:
        at = f"{utc_text(chain.change_utc)}: " if chain.change_utc else ""
        lines += [heading("By itself"), *_wrap(at + chain.change, width, "  ", "  ")]
    return lines


def _how(chain: Chain, effect: str) -> str:
    """Return how all alternatives of one effect were computed."""
    ways = {a.computed for a in chain.alternatives if a.effect == effect}
    if ways == {"whole slot"}:
        return "the whole slot planned again"
    return "one terminal alone, on what the plan leaves" if len(ways) == 1 else "each computed in this slot"


def _outcome(alternative: Alternative) -> str:
    if not alternative.is_served:
        return CAUSE_WORDS[alternative.cause]
    usable = (
        "1 usable satellite" if alternative.n_usable == 1 else f"{alternative.n_usable} usable satellites"
    )
    return (
        f"{CAUSE_WORDS[alternative.cause]}, {usable}; {alternative.satellite} at {alternative.elevation_deg:.1f} deg, "
        f"{quantity_text(alternative.mbps, 'Mbit/s')}, {quantity_text(alternative.rtt_ms, 'ms')}"
    )
