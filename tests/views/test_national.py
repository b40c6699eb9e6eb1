"""One country as text and as a page."""

import re

import pytest

from ecumene.results.national import country_facts
from ecumene.views.national import national_html, national_text


@pytest.fixture
def facts(results):
    return country_facts("KE", results.tables, results.summary, asked_mbps=3.0, is_earth=False)


def test_text_tells_shares_landings_and_what_is_not_known(facts):
    facts["name"] = "Kenya"
    text = national_text(facts, 80)
    assert text.startswith("Kenya (KE): licensed\n")
    assert re.search(r"Could be served \(one terminal, mean of slots\) +100 % +100 %", text)
    assert re.search(r"100 Mbit/s down +- +-", text)
    assert "Iceland 89 %, United States 11 %" in text
    assert "180 Gbit/s" in text
    assert "the uplink is not modelled" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_headings_stand_out_where_asked_to(facts):
    assert (
        national_text(facts, heading=str.upper).splitlines()[0]
        == national_text(facts).splitlines()[0].upper()
    )


def test_a_country_without_service_says_why(results):
    results.tables["countries"]["name"][1] = "Japan"
    text = national_text(country_facts("JP", results.tables, results.summary, asked_mbps=3.0, is_earth=False))
    assert "no traffic is carried" in text
    assert "no licence 100 %" in text
    assert "1.5 million people without permission" in text
    assert "urban: 10 million of 10 million people" in text


def test_page_has_its_maps_inside_and_asks_nobody(facts, results):
    page = national_html(facts, results.rows(), results.gateways())
    assert page.count("data:image/png;base64,") == 4
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", page)
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page  # the awkward name of the made-up country
    assert "&lt;script&gt;alert" in page


def test_page_of_a_country_without_service_draws_no_rates(results):
    facts = country_facts("JP", results.tables, results.summary, asked_mbps=3.0, is_earth=False)
    assert national_html(facts, results.rows(), results.gateways()).count("data:image/png") == 2
