"""The envelope of modes: steps, ends, odd inputs."""

import numpy as np

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
