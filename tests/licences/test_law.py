"""Records resolved into arrays."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecumene.errors import InputError
from ecumene.licences.law import ANYWHERE, landing_mask, next_change, resolve
from ecumene.licences.register import STATUSES, Record, Register

CODES = ("DE", "IN", "PL", "RU", "US")
DAY = date(2025, 1, 1)


def record(country, status="licensed", **terms):
    plain = {
        "valid_from": None,
        "valid_to": None,
        "landing": "any",
        "is_offered": status == "licensed",
        "gso_exclusion_deg": None,
        "nco": None,
        "pfd_dbw_m2_mhz": None,
        "source": "",
        "confidence": "low",
        "note": "",
        "line": 1,
    }
    return Record(country=country, status=status, **{**plain, **terms})


def test_only_a_licence_permits():
    records = [record(code, status) for code, status in zip(CODES, STATUSES[1:], strict=True)]
    law = resolve(records, DAY, CODES, default_status="licensed")
    assert law.status == STATUSES[1:]
    assert not law.is_permitted.any()
    assert not law.is_offered.any()


def test_a_country_without_a_record_has_the_default():
    law = resolve([record("DE")], DAY, CODES, default_status="not_sought")
    assert law.is_permitted.tolist() == [True, False, False, False, False]
    assert law.record.tolist() == [0, -1, -1, -1, -1]
    assert law.status[1] == "not_sought"
    everybody = resolve([record("RU", "refused")], DAY, CODES, default_status="licensed")
    assert everybody.is_permitted.tolist() == [True, True, True, False, True]
    assert everybody.is_offered.tolist() == [True, True, True, False, True]


def test_licensed_but_not_sold():
    law = resolve([record("IN", is_offered=False)], DAY, CODES, default_status="not_sought")
    assert (law.is_permitted[1], law.is_offered[1]) == (True, False)


def test_sold_but_not_licensed_is_not_offered():
    law = resolve([record("RU", "prohibited", is_offered=True)], DAY, CODES, default_status="not_sought")
    assert not law.is_offered.any()


def test_the_record_of_the_day_is_used():
    change = date(2026, 7, 13)
    records = [record("US", valid_to=change), record("US", valid_from=change, gso_exclusion_deg=3.0)]
    before = resolve(records, change - timedelta(1), CODES, default_status="not_sought")
    after = resolve(records, change, CODES, default_status="not_sought")
    assert (before.record[4], after.record[4]) == (0, 1)
    assert np.isnan(before.gso_exclusion_deg).all()
    assert after.gso_exclusion_deg[4] == 3.0
    assert next_change(Register(tuple(records)), change - timedelta(30)) == change
    assert next_change(Register(tuple(records)), change) is None


def test_terms_are_those_of_the_record_or_marked_absent():
    law = resolve([record("PL", nco=2, pfd_dbw_m2_mhz=-124.0)], DAY, CODES, default_status="licensed")
    assert law.nco.tolist() == [-1, -1, 2, -1, -1]
    assert law.pfd_dbw_m2_mhz[2] == -124.0
    assert np.isnan(law.pfd_dbw_m2_mhz[[0, 1, 3, 4]]).all()


def test_landing_classes_are_shared_and_the_first_is_anywhere():
    records = [
        record("IN", landing="in_country"),
        record("DE", landing=("PL", "DE")),
        record("PL", landing=("DE", "PL")),
    ]
    law = resolve(records, DAY, CODES, default_status="licensed")
    assert law.landing_classes == (("any",), ("list", ("DE", "PL")), ("in_country", "IN"))
    assert law.landing_class.tolist() == [1, 2, 1, ANYWHERE, ANYWHERE]
    may_land = landing_mask(law.landing_classes, ["US", "IN", "PL"])
    assert may_land.tolist() == [[True, True, True], [False, False, True], [False, True, False]]
    assert landing_mask(law.landing_classes, []).shape == (3, 0)


def test_grant_and_revoke_beat_the_records_and_keep_their_terms():
    records = [record("IN", "pending", landing="in_country"), record("US")]
    law = resolve(records, DAY, CODES, default_status="not_sought", grant=["IN", "PL"], revoke=["US"])
    assert law.status == ("not_sought", "granted", "granted", "not_sought", "revoked")
    assert law.is_permitted.tolist() == law.is_offered.tolist() == [False, True, True, False, False]
    assert law.landing_classes[law.landing_class[1]] == ("in_country", "IN")


def test_granting_a_licence_that_exists_makes_it_sold():
    law = resolve([record("IN", is_offered=False)], DAY, CODES, default_status="not_sought", grant=["IN"])
    assert (law.status[1], bool(law.is_offered[1])) == ("licensed", True)


def test_records_of_countries_outside_the_table_are_returned():
    law = resolve([record("XK")], DAY, CODES, default_status="not_sought")
    assert law.unplaced == ("XK",)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"grant": ["USA"]}, r"grant: unknown country 'USA'; did you mean 'US'\?"),
        ({"revoke": ["XX"]}, "revoke: unknown country 'XX'"),
        ({"grant": ["US", "DE"], "revoke": ["DE"]}, "DE stand in both grant and revoke; keep one"),
    ],
)
def test_impossible_overrides_are_refused(overrides, words):
    with pytest.raises(InputError, match=words):
        resolve([], DAY, CODES, default_status="not_sought", **overrides)


codes = st.sets(st.sampled_from(CODES))


@given(
    st.dictionaries(st.sampled_from(CODES), st.sampled_from(STATUSES)),
    codes,
    codes,
    st.sampled_from(STATUSES),
)
def test_granting_only_adds_and_revoking_only_takes_away(status_of, grant, revoke, default_status):
    records = [record(code, status) for code, status in status_of.items()]
    grant -= revoke
    plain = resolve(records, DAY, CODES, default_status=default_status)
    law = resolve(records, DAY, CODES, default_status=default_status, grant=grant, revoke=revoke)
    for k, code in enumerate(CODES):
        assert law.is_permitted[k] == (code in grant or (plain.is_permitted[k] and code not in revoke))
        assert not law.is_offered[k] or law.is_permitted[k]


@pytest.mark.parametrize(
    ("bands_ghz", "frequency_ghz", "permits"),
    [
        ((), 11.7, True),
        (((10.7, 12.7),), 11.7, True),
        (((10.7, 12.7),), 10.7, True),  # both ends belong to the band
        (((10.7, 12.7),), 12.7, True),
        (((10.7, 12.7),), 12.75, False),
        (((10.7, 11.0), (12.0, 12.7)), 11.7, False),
        (((10.7, 11.0), (12.0, 12.7)), 12.2, True),
        (((17.8, 20.2),), None, True),  # nobody asks about a frequency
    ],
)
def test_a_licence_for_other_bands_permits_nothing(bands_ghz, frequency_ghz, permits):
    law = resolve(
        [record("DE", bands_ghz=bands_ghz), record("US")],
        DAY,
        CODES,
        default_status="not_sought",
        frequency_ghz=frequency_ghz,
    )
    assert law.status[0] == ("licensed" if permits else "other band")
    assert law.is_permitted.tolist() == law.is_offered.tolist() == [permits, False, False, False, True]


def test_other_bands_change_no_other_status_and_yield_to_a_grant():
    band = {"bands_ghz": ((17.8, 20.2),)}
    records = [record("DE", "refused", **band), record("IN", **band), record("PL", **band)]
    keys = {"default_status": "not_sought", "frequency_ghz": 11.7}
    law = resolve(records, DAY, CODES, grant=["IN"], revoke=["PL"], **keys)
    assert law.status == ("refused", "granted", "revoked", "not_sought", "not_sought")
    assert law.is_permitted.tolist() == [False, True, False, False, False]


def test_a_border_margin_is_the_record_s_or_none():
    records = [record("IN", border_margin_km=20.0), record("PL", "refused", border_margin_km=7.5)]
    law = resolve(records, DAY, CODES, default_status="licensed", revoke=["IN"])
    assert law.border_margin_km.tolist() == [0.0, 20.0, 7.5, 0.0, 0.0]


def test_days_share_landing_classes_by_number():
    change = date(2025, 7, 1)
    records = [
        record("IN", landing="in_country"),
        record("DE", landing=("PL", "DE"), valid_to=change),
        record("DE", landing=("US",), valid_from=change),
        record("PL", landing=("DE", "PL"), valid_from=change),
    ]
    classes = []
    laws = [resolve(records, day, CODES, default_status="licensed", classes=classes) for day in (DAY, change)]
    assert classes == [("any",), ("list", ("DE", "PL")), ("in_country", "IN"), ("list", ("US",))]
    assert [law.landing_class.tolist() for law in laws] == [[1, 2, 0, 0, 0], [3, 2, 1, 0, 0]]
    assert laws[1].landing_classes == tuple(classes)
    alone = resolve(records, change, CODES, default_status="licensed")
    assert len(alone.landing_classes) == 4
    by_rule = [[law.landing_classes[k] for k in law.landing_class] for law in (laws[1], alone)]
    assert by_rule[0] == by_rule[1]
