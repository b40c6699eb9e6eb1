"""`ecumene licences`: the law of a day."""

import json
from pathlib import Path

import pytest


def test_the_seed_article_s_day(invoke):
    result = invoke("licences", "--on", "2022-10-10")
    assert result.exit_code == 0
    assert "Law on 2022-10-10, register starlink" in result.stdout
    licensed = next(line for line in result.stdout.splitlines() if line.strip().startswith("licensed  "))
    assert 38 <= int(licensed.split()[1]) <= 44  # "about 40 countries"
    assert "Crimea: deny" in result.stdout
    assert "at and beyond the front of autumn 2022" in result.stdout
    assert "allow-list" not in result.stdout  # that came in 2026


def test_json_has_every_record_with_source_and_confidence(invoke):
    facts = json.loads(invoke("licences", "--on", "2024-02-05", "--json").stdout)
    assert facts["on"] == "2024-02-05"
    of = {country["country"]: country for country in facts["countries"]}
    assert of["KE"]["status"] == "licensed"
    assert all(
        country["source"] and country["confidence"] in {"high", "medium", "low"} for country in of.values()
    )
    people = sum(entry["people"] for entry in facts["by_status"])
    assert 7.5e9 < people < 8.6e9


def test_one_country_and_the_other_point_of_view(invoke):
    by_record = json.loads(invoke("licences", "--on", "2026-11-01", "--json").stdout)
    by_control = json.loads(
        invoke("licences", "--on", "2026-11-01", "--disputed", "control", "--json").stdout
    )
    status = [{e["status"]: e["people"] for e in facts["by_status"]} for facts in (by_record, by_control)]
    held = sum(o["people"] for o in by_record["overlays"])
    assert held > 1e6
    assert status[1]["prohibited"] - status[0]["prohibited"] == pytest.approx(held)
    assert "deny" not in status[1]
    text = invoke("licences", "--country", "in", "--on", "2026-11-01").stdout
    assert "traffic lands at home alone" in text
    assert "special monitoring zone along the borders: monitor" in text
    assert "United States" not in text


def test_a_map_is_drawn(invoke):
    assert invoke("licences", "--on", "2023-10-10", "--plot", "law.png").exit_code == 0
    assert Path("law.png").read_bytes().startswith(b"\x89PNG")


def test_every_mistake_of_the_line_at_once(invoke):
    result = invoke("licences", "--on", "2022-13-40", "--country", "UA,UX", "--disputed", "recrod")
    assert result.exit_code == 2
    assert "--on 2022-13-40: must be a day that exists" in result.stderr
    assert "--country UX: unknown country code" in result.stderr
    assert "did you mean 'record'?" in result.stderr


def test_a_register_of_ones_own_with_mistakes(invoke):
    Path("mine.toml").write_text(
        "[[zone]]\ncountry = 'UA'\nrule = 'denny'\npolygon = [[0, 0], [10, 10], [10, 0], [0, 10]]\n"
        "[[overlay]]\ncountry = 'UA'\ncontrolled_by = 'UA'\n"
        "[[zone]]\ncountry = 'IN'\nrule = 'monitor'\nborder_km = 900\ncircle = [1, 2]\nlisted_share = 0.5\n"
    )
    result = invoke("licences", "--register", "mine.toml")
    assert result.exit_code == 2
    for piece in (
        "mine.toml: 8 problems",
        "line 3: rule = 'denny': must be one of deny, allow_list, monitor; did you mean 'deny'?",
        "line 4: polygon = ",
        "crosses itself: the edge from corner 1 (0, 0) meets that from corner 3 (10, 0)",
        "line 7: controlled_by = 'UA': is the country of record itself",
        "line 5: polygon: missing; an overlay needs a polygon, a circle or a file",
        "line 11: border_km = 900: must be a number between 0 and 200",
        "line 12: circle = [1, 2]: must be [latitude, longitude, radius in km]",
        "line 11: border_km = 900: circle and border_km are two shapes",
        'line 13: listed_share = 0.5: goes with rule = "allow_list" alone',
    ):
        assert piece in result.stderr, piece
