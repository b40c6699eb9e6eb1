"""The envelope of modes: steps, ends, odd inputs, and what frames and Shannon say of the table."""

from fractions import Fraction

import numpy as np
import pytest

from ecumene.radio.envelope import MODES, efficiency_of_cn


def test_each_step_begins_exactly_at_its_threshold():
    for cn_db, efficiency, _ in MODES:
        assert efficiency_of_cn(cn_db) == efficiency
        assert efficiency_of_cn(np.nextafter(cn_db, -np.inf)) < efficiency


def test_below_the_first_step_there_is_nothing_and_above_the_last_no_more():
    assert efficiency_of_cn([-np.inf, -10.0, -2.86]).tolist() == [0.0, 0.0, 0.0]
    assert efficiency_of_cn([19.57, 60.0, np.inf]).tolist() == [5.900855] * 3


def test_nan_stays_nan_and_shapes_are_kept():
    efficiency = efficiency_of_cn(np.array([[np.nan, 0.0], [5.0, 10.0]]))
    assert efficiency.shape == (2, 2)
    assert np.isnan(efficiency[0, 0])
    assert np.isfinite(efficiency.ravel()[1:]).all()


def test_both_columns_rise_and_names_are_unique():
    cn_db, efficiency, name = zip(*MODES, strict=True)
    assert len(MODES) == 46
    assert (np.diff(cn_db) > 0).all()
    assert (np.diff(efficiency) > 0).all()
    assert len(set(name)) == 46


BITS_OF_SYMBOL = {"QPSK": 2, "8PSK": 3, "8APSK": 3, "16APSK": 4, "32APSK": 5, "64APSK": 6, "256APSK": 8}
PARITY_BITS_BCH = {("S2", "2/3"): 160, ("S2", "5/6"): 160}
"""Of the outer code: 16 bits for each of 12 errors; 10 errors in these (EN 302 307-1, table 5a)."""


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode[2])
def test_efficiencies_follow_from_the_frame(mode):
    """A frame of 64,800 bits: (rate x 64,800 - BCH - 80 of header) bits in (64,800 / bits + 90) symbols, no pilots."""
    standard, modulation, rate = mode[2].removesuffix("-L").split(" ")
    data_bits = Fraction(rate) * 64_800 - PARITY_BITS_BCH.get((standard, rate), 192) - 80
    symbols = Fraction(64_800, BITS_OF_SYMBOL[modulation]) + 90
    assert mode[1] == pytest.approx(float(data_bits / symbols), abs=6e-7)


def test_no_mode_beats_shannon_and_none_is_far_from_it():
    """log2(1 + Es/N0) bits a symbol at most; these codes need 0.9 to 2.2 dB more, so a large slip of the pen shows."""
    needed_db, efficiency = np.array([mode[:2] for mode in MODES]).T
    above_db = needed_db - 10.0 * np.log10(2.0**efficiency - 1.0)
    assert above_db.min() > 0.9
    assert above_db.max() < 2.2


def test_thresholds_of_dvb_s2():
    """EN 302 307-1 table 13, written down a second time; those of S2X: `tests/reference/test_radio.py`."""
    table_13 = {
        "QPSK": {
            "1/4": -2.35,
            "1/3": -1.24,
            "2/5": -0.30,
            "1/2": 1.00,
            "3/5": 2.23,
            "2/3": 3.10,
            "3/4": 4.03,
            "4/5": 4.68,
        },
        "8PSK": {"3/5": 5.50},
        "16APSK": {"2/3": 8.97, "3/4": 10.21, "4/5": 11.03, "5/6": 11.61},
        "32APSK": {"3/4": 12.73, "4/5": 13.64},
    }
    expected = {
        f"S2 {modulation} {rate}": db
        for modulation, of_rate in table_13.items()
        for rate, db in of_rate.items()
    }
    assert {name: needed_db for needed_db, _, name in MODES if name.startswith("S2 ")} == expected
