"""The summary in the terminal: order, wording, width."""

from __future__ import annotations

import pytest

from ecumene.results.schema import CAUSE_WORDS
from ecumene.views.terminal import causes_text, network_text, summary_text


@pytest.fixture
def summary(results):
    return results.summary


def test_the_promise_comes_first(summary):
    text = summary_text(summary)
    lines = text.splitlines()
    assert lines[0] == "A made-up planet"
    assert lines[4].startswith("The promise")
    assert (
        text.index("The promise")
        < text.index("Not served")
        < text.index("Worst isolated")
        < text.index("Notes")
    )


def test_golden_pieces(summary):
    text = summary_text(summary)
    for piece in (
        "240 x 15 s from 2026-03-24 12:00:12 UTC; 4,400 of 4,408 satellites; 209 gateways; 540,123 cells;",
        "  urban      4.6 billion       2.9 billion (63 %)      100 million (2.2 %)      3.0",
        "  isolated             0                        0                        0        -",
        "People                    licensed 61 %, could be served 59 %, served 22 %",
        "Cells                     could be served 71 %, served 70 %",
        "no licence 39 %, no beam left 38 %; served below demand under 0.1 %",
        "median 43 ms, 90 % of people served between 24 and 71 ms",
        "9,876 Gbit/s carried of 12,345 asked for; no plan of beams could bring more than 10,100",
        "US 140 Gbit/s (load 88 %)",
        "Japan 0 % (no licence)",
        "2,430 km from Jamestown, Saint Helena (37.1 S 12.3 W), 240 people, served 0 %",
        "Remedy: a gateway nearby, or ISLs.",
        "The constellation comes from a catalogue: bent pipe.",
        "Computed in 1 min 3 s, 0.26 s a slot.",
    ):
        assert piece in " ".join(text.split("\n                          ")), piece
    assert "Idle" not in text  # a gateway that carries nothing is not busy


@pytest.mark.parametrize("width", [20, 60, 80, 100, 200])
def test_lines_fit(summary, width):
    table = ("The promise", "  urban", "  rural", "  isolated")
    lines = summary_text(summary, width).splitlines()
    assert max(len(line) for line in lines if not line.startswith(table)) <= max(width, 60)
    assert max(len(line) for line in lines) <= max(width, 84)


@pytest.mark.parametrize("width", range(60, 101, 7))
def test_a_number_keeps_its_unit(summary, width):
    for line in summary_text(summary, width).splitlines():
        assert not line.strip().startswith(("% ", "%,", "ms", "Gbit/s", "billion"))


def test_plain_text_without_colour(summary):
    assert "\x1b" not in summary_text(summary)
    assert "[The promise" in summary_text(summary, heading=lambda text: f"[{text}]")


def test_nobody_served(summary):
    summary["mbps"] = summary["rtt_ms"] = {"p5": None, "p50": None, "p95": None}
    summary["gateways_busiest"] = []
    summary["countries_worst"] = []
    summary["isolated_worst"] = []
    summary["notes"] = []
    del summary["seconds"]
    text = summary_text(summary)
    assert "nobody is served" in text
    assert "no gateway carries anything" in text
    assert "None" not in text
    assert "nan" not in text


def test_everybody_served():
    assert causes_text([{"cause": "served", "words": "served", "people_share": 1.0}]) == "nobody"


def test_pairs_are_told_beside_fibre_and_light(summary):
    assert "Round trips over" not in summary_text(summary, 140)
    joined = {"from": "A", "to": "B", "joined": 0.5, "cause": "joined", "rtt_ms_p50": 43.11,
              "fibre_rtt_ms": 76.48, "light_rtt_ms": 37.16}  # fmt: skip
    apart = {**joined, "to": "pop:any", "joined": 0.0, "cause": "no_gateway", "rtt_ms_p50": None}
    text = summary_text({**summary, "pairs": [joined, apart]}, 140)
    assert "A - B: 43 ms; fibre 76 ms, light 37 ms; joined in 50 % of the slots" in text
    assert "A - pop:any: not joined: no permitted gateway of the PoP follows a satellite" in text


def test_few_places_are_told_one_by_one(summary):
    place = {
        "place": "Nuku'alofa",
        "availability": 0.9,
        "n_visible_mean": 7.92,
        "n_clear_mean": 5.41,
        "n_usable_mean": 1.68,
        "longest_gap_s": 30.0,
        "rtt_ms_p50": 69.3,
        "cause": "served",
    }
    nobody = {**place, "place": "Pole", "availability": 0.0, "rtt_ms_p50": None, "cause": "no_satellite"}
    summary["places"] = [place, nobody]
    text = " ".join(line.strip() for line in summary_text(summary).splitlines())
    assert (
        "Nuku'alofa: could be served 90 % of the time, longest gap 30 s, round trip to the PoP 69 ms;" in text
    )
    assert "satellites in view 7.9, clear 5.4, usable 1.7" in text
    assert "Pole: could be served 0 % of the time" in text
    assert CAUSE_WORDS["no_satellite"] in text
    summary["places"] = [place] * 13
    assert "could be served 90 % of the time" not in summary_text(summary)


def test_what_gets_home_is_told_beside_what_could():
    traffic = {"planned": 1_000.0, "carried": 900.0, "possible": 950.0, "one_path": 600.0}
    assert network_text(traffic) == (
        "Of 1,000 that the beams bring, 90 % get home (no routing could bring more than 95 %); "
        "over quickest paths alone 60 %"
    )
    assert "no routing" not in network_text(traffic | {"carried": 1_000.0, "possible": 1_000.0})
    assert "more than over" not in network_text(traffic | {"carried": 999.4, "possible": 999.4})
    assert network_text(traffic | {"planned": 0.0}) == ""


def test_failing_gateways_are_told_where_people_lose_service(results):
    assert "1.2 million people lose service" in " ".join(summary_text(results.summary).split())
    quiet = results.summary | {"gateways_riskiest": []}
    assert "If a gateway fails" not in summary_text(quiet)
    told = " ".join(summary_text(quiet | {"gateways_tried": 30}).split())
    assert "nobody loses service, whichever of the 30 that bring most people home it is" in told
