"""What a proposal of new gateways says: as plain values, and as text."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ecumene.network.placement import GREEDY_SHARE
from ecumene.views.wording import number_text, people_text, quantity_text, share_text, utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecumene.siting import Outcome, Proposal

_UNIT = {"traffic": "Gbit/s", "people": "people"}

LITTLE = 1e-3
"""Who gains less than this share is told that nothing is gained."""

_NO_GAIN = (
    "There the new sites bring no more: lasers take the traffic to gateways that have room, or beams bind first. "
    "They matter where those fail, and without lasers."
)


def siting_facts(
    proposal: Proposal, scenario_name: str, start_utc: str, slots: int, spacing_km: float
) -> dict[str, Any]:
    """Return a proposal as plain values by name, ready for JSON.

    Parameters
    ----------
    proposal
        From `ecumene.siting.propose`.
    scenario_name, start_utc, slots
        The scenario it holds for, its first slot, and how many it has.
    spacing_km
        Least distance between sites that was asked for. [km]

    Returns
    -------
    facts
        Numbers, texts, and one table a site; null where there is no number.
    """
    goal_scale = 1e-9 if proposal.goal == "traffic" else 1.0
    placement = proposal.placement
    return {
        "country": proposal.country,
        "served": list(proposal.served),
        "scenario": scenario_name,
        "start_utc": start_utc,
        "goal": proposal.goal,
        "goal_unit": _UNIT[proposal.goal],
        "slots": slots,
        "sampled_slots": proposal.slots.tolist(),
        "candidates": proposal.n_candidates,
        "places_looked_at": proposal.n_found,
        "spacing_km": spacing_km,
        "antennas": int(proposal.sites.antennas.sum()),
        "demand_gbps": proposal.demand_bps / 1e9,
        "people": proposal.people,
        "direct_gbps_before": proposal.traffic_before_bps / 1e9,
        "direct_gbps_after": (proposal.traffic_before_bps + float(proposal.traffic_gain_bps.sum())) / 1e9,
        "direct_people_before": proposal.people_before,
        "direct_people_after": proposal.people_before + float(proposal.people_gain.sum()),
        "gain": float(placement.gain.sum()) * goal_scale,
        "gain_bound": placement.bound * goal_scale,
        "guaranteed_share": round(float(GREEDY_SHARE), 4),
        "proven_share": placement.proven_share,
        "sites": [_site(proposal, k) for k in range(len(proposal.sites))],
        "whole_model": {
            "slots": proposal.checked_slots.tolist(),
            "before": _outcome(proposal.before),
            "after": _outcome(proposal.after),
        },
        "notes": list(proposal.notes),
    }


def _site(proposal: Proposal, k: int) -> dict[str, Any]:
    sites = proposal.sites
    return {
        "rank": k + 1,
        "name": sites.name[k],
        "country": sites.country[k],
        "lat_deg": float(sites.lat_deg[k]),
        "lon_deg": float(sites.lon_deg[k]),
        "antennas": int(sites.antennas[k]),
        "gain_gbps": float(proposal.traffic_gain_bps[k]) / 1e9,
        "gain_people": float(proposal.people_gain[k]),
        "loss_without_gbps": float(proposal.traffic_loss_bps[k]) / 1e9,
        "loss_without_people": float(proposal.people_loss[k]),
        "nearest_gateway_km": _known(proposal.distance_km[k]),
    }


def _outcome(outcome: Outcome | None) -> dict[str, float | None] | None:
    if outcome is None:
        return None
    return {
        "carried_gbps": outcome.carried_bps / 1e9,
        "people_who_could_be_served": outcome.people,
        "rtt_ms_median": _known(outcome.rtt_s * 1e3),
        "world_carried_gbps": outcome.world_carried_bps / 1e9,
    }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def siting_text(facts: Mapping[str, Any], width: int = 100) -> str:
    """Return a proposal as a table with what it is worth and how sure that is.

    Parameters
    ----------
    facts
        What `siting_facts` returns.
    width
        Characters a line.
    """
    return "\n".join([*_heading(facts, width), "", *_table(facts), "", *_worth(facts, width)])


def _heading(facts: Mapping[str, Any], width: int) -> list[str]:
    slots = facts["sampled_slots"]
    goal = {"traffic": "most traffic", "people": "most people in reach"}[facts["goal"]]
    n = len(facts["sites"])
    new = f"{n} new gateway{'' if n == 1 else 's'}"
    text = (
        f"{new} in {facts['country']} for {', '.join(facts['served'])}: {goal} without "
        f"lasers, on top of the gateways of {facts['scenario']}. Mean of {len(slots)} slots spread evenly "
        f"over {facts['slots']} from {utc_text(facts['start_utc'])}, busy hour everywhere. Chosen among "
        f"{facts['candidates']:,} of {facts['places_looked_at']:,} places, {facts['spacing_km']:g} km apart."
    )
    return textwrap.wrap(text, width)


def _table(facts: Mapping[str, Any]) -> list[str]:
    rows = [("", "site", "lat", "lon", "antennas", "adds Gbit/s", "people", "without: Gbit/s", "people")]
    rows += [
        (
            str(s["rank"]),
            s["name"],
            f"{s['lat_deg']:.2f}",
            f"{s['lon_deg']:.2f}",
            str(s["antennas"]),
            _signed("+", number_text(s["gain_gbps"])),
            _signed("+", people_text(s["gain_people"])),
            _signed("-", number_text(s["loss_without_gbps"])),
            _signed("-", people_text(s["loss_without_people"])),
        )
        for s in facts["sites"]
    ]
    widths = np.max([[len(cell) for cell in row] for row in rows], axis=0)
    return [
        "  ".join(
            cell.ljust(w) if k == 1 else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _signed(sign: str, text: str) -> str:
    return text if text == "0" else f"{sign}{text}"


def _worth(facts: Mapping[str, Any], width: int) -> list[str]:
    show = people_text if facts["goal"] == "people" else number_text
    unit = "" if facts["goal"] == "people" else f" {facts['goal_unit']}"
    direct = (
        f"Without lasers   {quantity_text(facts['direct_gbps_before'], 'Gbit/s')} -> "
        f"{quantity_text(facts['direct_gbps_after'], 'Gbit/s')} of {quantity_text(facts['demand_gbps'], 'Gbit/s')}; "
        f"{people_text(facts['direct_people_before'])} -> {people_text(facts['direct_people_after'])} "
        f"of {people_text(facts['people'])} people"
    )
    lines = [direct]
    before, after = facts["whole_model"]["before"], facts["whole_model"]["after"]
    if before and after:
        lines.append(
            f"Whole model      {quantity_text(before['carried_gbps'], 'Gbit/s')} -> "
            f"{quantity_text(after['carried_gbps'], 'Gbit/s')} carried; "
            f"{people_text(before['people_who_could_be_served'])} -> "
            f"{people_text(after['people_who_could_be_served'])} people could be served; RTT "
            f"{number_text(before['rtt_ms_median'])} -> {quantity_text(after['rtt_ms_median'], 'ms')} "
            f"({len(facts['whole_model']['slots'])} slots)"
        )
        gained = (
            after[of] > before[of] * (1.0 + LITTLE) for of in ("carried_gbps", "people_who_could_be_served")
        )
        if not any(gained):
            lines += textwrap.wrap(_NO_GAIN, width)
    is_best = facts["proven_share"] > 1.0 - 1e-9
    so = (
        "so it is the best"
        if is_best
        else f"so it is at least {share_text(facts['proven_share'])} of the best"
    )
    bound = (
        f"The choice gains {show(facts['gain'])}{unit}; no choice of as many of these places gains more than "
        f"{show(facts['gain_bound'])}{unit}, {so} (greedy alone guarantees "
        f"{share_text(facts['guaranteed_share'])}, for sites of equal size)."
    )
    return [
        *lines,
        *textwrap.wrap(bound, width),
        *(line for n in facts["notes"] for line in textwrap.wrap(n, width)),
    ]
