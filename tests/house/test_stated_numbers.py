"""Numbers that the pages state are those the code computes with."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from ecumene import carriage, siting
from ecumene.constants import GSO_RADIUS_M
from ecumene.earth import settlement
from ecumene.network import crossings, detours, isl, neighbours, service
from ecumene.orbits import near_earth, recognition, status
from ecumene.radio import contours, envelope, rain
from ecumene.results import events
from ecumene.sky import gso
from ecumene.world import faults, feeders, moment

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXPLANATION = DOCS / "explanation"

STATED = [
    ("orbits.md", "perigee below {} km", status.DECAYED_PERIGEE_KM, 150),
    ("orbits.md", "launched less than {} days ago", status.YOUNG_DAYS, 120),
    ("orbits.md", "| shells | {} degrees of inclination", recognition.INCLINATION_GAP_DEG, 0.3),
    ("orbits.md", "or {} % of the radius", 100.0 * recognition.RADIUS_GAP, 0.07),
    ("orbits.md", "| {} degrees of node |", recognition.NODE_GAP_DEG, 0.5),
    ("orbits.md", "| planes | {} degree a day of mean motion", recognition.MOTION_GAP_DEG_DAY, 1),
    ("orbits.md", "unless no plane of the shell has three", recognition.MIN_PLANE, 3),
    ("orbits.md", "(eccentricity below {})", near_earth.MAX_ECCENTRICITY, 0.02),
    ("sight.md", "exclusion angle 0 to {} degrees", gso.MAX_EXCLUSION_DEG, 45),
    ("sight.md", "but by less than {} degrees times its tangent", math.degrees(gso.FOOT_EXCESS_RAD), 0.006),
    ("sight.md", "a bracket found by {} trial points", gso.SCAN_POINTS, 17),
    ("sight.md", "{} km in the plane of the equator", GSO_RADIUS_M / 1e3, 42_164),
    ("cells.md", "| urban | at least {} people per km² of land", settlement.URBAN_LEAST_PER_KM2, 300),
    ("cells.md", "people per km² of land, and {} in the cell", settlement.URBAN_LEAST_PEOPLE, 5_000),
    ("cells.md", "| isolated | under {} people per km² of the cell", settlement.ISOLATED_MOST_PER_KM2, 50),
    ("cells.md", "of the cell, and more than {} km from any place", settlement.ISOLATED_LEAST_KM, 50),
    ("cells.md", "km from any place of {} |", settlement.TOWN_LEAST_PEOPLE, 50_000),
    ("radio.md", "a staircase of {} steps", len(envelope.MODES), 46),
    ("radio.md", "from {} dB (0.43 bit/s/Hz)", envelope.MODES[0][0], -2.85),
    ("radio.md", "to {} dB (5.90)", envelope.MODES[-1][0], 19.57),
    ("ground.md", "serve sites within {} km of these", feeders.NEAR_KM, 50),
    ("ground.md", "P.618-14 is stated up to\n{} GHz", rain.MAX_RAIN_GHZ, 55),
    ("faults.md", "No terminal stands nearer than {} m", faults.NEAREST_JAMMER_M, 100),
    ("faults.md", "rounded up\nto half a decibel", moment.LOSS_STEP_DB, 0.5),
    ("faults.md", "as many as make ten minutes", events.WINDOW_S, 600),
    ("faults.md", "in which {} % of the people served before", 100.0 * events.RECOVERED_SHARE, 99),
    ("licences.md", "lies {} dB below that in the middle", contours.CONTOUR_DB, 3),
    ("network.md", "stays at least {} km above the WGS84 ellipsoid", isl.GRAZING_ALTITUDE_M / 1e3, 80),
    ("network.md", "`isl.acquisition_s`, {} s", isl.ACQUISITION_S, 12),
    ("network.md", "planes whose nodes lie {} degrees apart", math.degrees(neighbours.SEAM_RAD), 150),
    ("network.md", "stand at most {} of the shell's usual spacing", neighbours.HALF_SPACING, 0.55),
    ("network.md", "looks in the second and the third", neighbours.PLANES_AHEAD, 3),
    ("network.md", "leaves over (fewer than four links)", crossings.LASERS, 4),
    ("network.md", "parts slowly, up to {} km", crossings.FURTHEST_M / 1e3, 2_500),
    ("network.md", "Shares are raised in eight steps", detours.FAIR_STEPS, 8),
    ("network.md", "The {} gateways that bring most people home", carriage.N_GATEWAYS_TRIED, 30),
    ("network.md", "in six slots spread evenly over the run", carriage.N_SLOTS_TRIED, 6),
    ("../glossary.md", "demand met in full ({} %)", 100.0 * service.FULL_SHARE, 99.9),
    ("../howto/siting.md", "least distance to any other gateway, {} by default", siting.SPACING_KM, 50),
    ("../howto/siting.md", "spread evenly over the run; {} by default", siting.SAMPLES, 24),
    ("../howto/siting.md", "with and without; {} by default", siting.CHECKED, 6),
]
"""Page, words around the number (written out where there is no {}), what the code has, and what it should be."""


@pytest.mark.parametrize(("page", "words", "of_code", "stated"), STATED, ids=lambda value: str(value)[:30])
def test_the_page_says_what_the_code_does(page: str, words: str, of_code: float, stated: float) -> None:
    assert of_code == pytest.approx(stated, rel=1e-12)
    text = re.sub(r"\s+", " ", (EXPLANATION / page).read_text(encoding="utf-8"))
    assert re.sub(r"\s+", " ", words.format(f"{stated:,}")) in text
