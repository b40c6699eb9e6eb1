"""Radio against numbers from elsewhere.

Modes: ETSI EN 302 307-1 (table 13) and EN 302 307-2 (table 20a), transcribed in
../shared/reference/dvb_s2*.csv and merged in modcod_envelope.csv by the project's radio survey; tolerance:
the last digit printed.
Link: worked values of the survey (section 2.2: 13.0, 10.7, 8.5 dB at 90, 40, 25 deg;
3.70, 3.08, 2.64 bit/s/Hz); tolerance: half of the last digit printed.
Closed form: eta = log2(1 + 10^((EsN0 - 1.6)/10)) over the steps, rms 0.072 and at most 0.162 bit/s/Hz.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from ecumene.radio.downlink import cn_db
from ecumene.radio.envelope import MODES, efficiency_of_cn

REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"
LAST_DIGIT = 1e-6

needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="the reference tables ../shared/reference are not beside this copy"
)


def read(name):
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return [(float(row["esn0_db"]), float(row["eff_bit_per_sym"])) for row in csv.DictReader(file)]


@needs_reference
def test_the_envelope_is_the_best_of_all_modes_of_both_standards():
    modes = read("dvb_s2_modcod.csv") + read("dvb_s2x_modcod.csv")
    assert len(modes) == 67
    for cn in np.linspace(-4.0, 21.0, 2501):
        best = max((efficiency for needed, efficiency in modes if needed <= cn), default=0.0)
        assert efficiency_of_cn(cn) == pytest.approx(best, abs=LAST_DIGIT)


@needs_reference
def test_the_steps_are_those_of_the_survey():
    ours = [(needed, efficiency) for needed, efficiency, _ in MODES]
    np.testing.assert_allclose(ours, read("modcod_envelope.csv"), atol=LAST_DIGIT)


def test_the_closed_form_misses_the_steps_by_what_is_stated():
    needed, efficiency = np.array([mode[:2] for mode in MODES]).T
    miss = efficiency - np.log2(1.0 + 10.0 ** ((needed - 1.6) / 10.0))
    assert np.sqrt((miss**2).mean()) == pytest.approx(0.072, abs=0.0005)
    assert np.abs(miss).max() == pytest.approx(0.162, abs=0.0005)


def test_the_worked_link():
    ratio_db = cn_db(
        np.radians([90.0, 40.0, 25.0]),
        pfd_dbw_m2_mhz=-122.0,
        frequency_hz=11.7e9,
        gain_dbi=33.2,
        temperature_k=250.0,
        scan_exponent=1.2,
    )
    np.testing.assert_allclose(ratio_db, [13.0, 10.7, 8.5], atol=0.05)
    np.testing.assert_allclose(efficiency_of_cn(ratio_db), [3.70, 3.08, 2.64], atol=0.005)
    np.testing.assert_allclose(0.24 * efficiency_of_cn(ratio_db)[[0, 2]], [0.89, 0.63], atol=0.005)
