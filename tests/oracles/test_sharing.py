"""Max-min shares against two slow ways: filling step by step, and a chain of linear programmes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from ecumene.network.sharing import share_max_min, share_proportional


def network(seed, n_flows, n_resources):
    rng = np.random.default_rng(seed)
    paths = [
        rng.choice(n_resources, rng.integers(1, min(n_resources, 5) + 1), replace=False)
        for _ in range(n_flows)
    ]
    capacity = rng.integers(0, 12, n_resources).astype(float)  # whole numbers make ties, the awkward case
    capacity[rng.random(n_resources) < 0.2] = np.inf
    return rng.integers(0, 8, n_flows).astype(float), paths, capacity, rng.choice([1.0, 2.0, 0.5], n_flows)


def fast(offered, paths, capacity, weight):
    first = np.cumsum([0, *(len(path) for path in paths)])
    return share_max_min(offered, first, np.concatenate(paths).astype(np.int32), capacity, weight)


def filled_step_by_step(offered, paths, capacity, weight):
    """Raise all shares together until the next flow or resource stops; begin again with the rest."""
    uses = np.zeros((len(capacity), len(offered)), bool)
    for f, path in enumerate(paths):
        uses[path, f] = True
    carried, grows, level = np.zeros(len(offered)), np.ones(len(offered), bool), 0.0
    while grows.any():
        rest = capacity - uses[:, ~grows] @ carried[~grows]
        weights = uses[:, grows] @ weight[grows]
        full_at = np.divide(rest, weights, out=np.full(len(capacity), np.inf), where=weights > 0)
        done_at = np.where(grows, offered / weight, np.inf)
        level = max(level, min(full_at.min(), done_at.min()))
        carried[grows] = np.minimum(weight[grows] * level, offered[grows])
        stops = done_at <= level * (1 + 1e-12)
        stops |= uses[full_at <= level * (1 + 1e-12)].any(axis=0)
        grows &= ~stops
    return carried


@pytest.mark.parametrize("seed", range(60))
def test_against_filling_step_by_step(seed):
    rng = np.random.default_rng(seed)
    case = network(seed, int(rng.integers(1, 40)), int(rng.integers(1, 15)))
    np.testing.assert_allclose(fast(*case).carried_bps, filled_step_by_step(*case), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_against_linear_programmes(seed):
    # The least level is made as large as possible; flows that cannot rise above it are fixed; and so on.
    offered, paths, capacity, weight = network(1_000 + seed, 8, 5)
    n = len(offered)
    uses = np.zeros((len(capacity), n))
    for f, path in enumerate(paths):
        uses[path, f] = 1.0
    bounded = np.isfinite(capacity)
    fixed = np.full(n, np.nan)
    while np.isnan(fixed).any():
        free = np.isnan(fixed)
        bounds = [(0.0, o) if is_free else (x, x) for o, is_free, x in zip(offered, free, fixed, strict=True)]
        room = np.column_stack([uses[bounded], np.zeros(bounded.sum())])
        rises = np.column_stack([-np.eye(n)[free], weight[free]])
        A, b = np.vstack([room, rises]), np.concatenate([capacity[bounded], np.zeros(free.sum())])
        best = linprog(np.append(np.zeros(n), -1.0), A_ub=A, b_ub=b + 1e-12, bounds=[*bounds, (0.0, None)])
        assert best.status == 0
        level = best.x[-1]
        for f in np.flatnonzero(free):
            top = linprog(-np.eye(n + 1)[f], A_ub=A, b_ub=b + 1e-9, bounds=[*bounds, (level, level)])
            assert top.status == 0
            if -top.fun <= weight[f] * level + 1e-6:
                fixed[f] = weight[f] * level
    np.testing.assert_allclose(fast(offered, paths, capacity, weight).carried_bps, fixed, atol=1e-5)


def test_hundred_thousand_fold_weights_do_not_spoil_the_sums():
    rng = np.random.default_rng(5)
    weight = 10.0 ** rng.uniform(-6, 6, 300)
    paths = [rng.choice(20, 4, replace=False) for _ in range(300)]
    case = (rng.uniform(0, 5, 300), paths, rng.uniform(1, 20, 20), weight)
    np.testing.assert_allclose(fast(*case).carried_bps, filled_step_by_step(*case), rtol=1e-7, atol=1e-12)


def proportional(offered, paths, capacity, weight):
    first = np.cumsum([0, *(len(path) for path in paths)])
    return share_proportional(offered, first, np.concatenate(paths).astype(np.int32), capacity, weight)


@pytest.mark.parametrize("seed", range(25))
def test_proportional_shares_against_a_general_solver(seed):
    offered, paths, capacity, weight = network(3_000 + seed, 10, 6)
    offered, capacity = offered + 1.0, capacity + 1.0
    uses = np.zeros((len(capacity), len(offered)))
    for f, path in enumerate(paths):
        uses[path, f] = 1.0
    bounded = np.isfinite(capacity)
    found = minimize(
        lambda x: -(weight * np.log(x)).sum(), np.full(len(offered), 0.01), jac=lambda x: -weight / x, method="SLSQP",
        bounds=[(1e-6, o) for o in offered], options={"ftol": 1e-14, "maxiter": 2_000},
        constraints={
            "type": "ineq", "fun": lambda x: capacity[bounded] - uses[bounded] @ x, "jac": lambda _: -uses[bounded],
        },
    )  # fmt: skip
    ours = proportional(offered, paths, capacity, weight).carried_bps
    assert (weight * np.log(ours)).sum() >= -found.fun - 1e-6
    np.testing.assert_allclose(ours, found.x, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("seed", range(60))
def test_proportional_shares_fit_and_are_optimal(seed):
    """No other allocation that fits raises the weighted sum of relative shares: Kelly's criterion, by an LP."""
    rng = np.random.default_rng(seed)
    offered, paths, capacity, weight = network(seed, int(rng.integers(1, 40)), int(rng.integers(1, 15)))
    shares = proportional(offered, paths, capacity, weight)
    assert (shares.load_bps <= capacity * (1 + 1e-12) + 1e-12).all()
    assert (shares.carried_bps <= offered).all()
    alive = shares.carried_bps > 0.0
    if not alive.any():
        return
    uses = np.zeros((len(capacity), len(offered)))
    for f, path in enumerate(paths):
        uses[path, f] = 1.0
    bounded = np.isfinite(capacity)
    gain = weight[alive] / shares.carried_bps[alive]
    bounds = [(0.0, o) for o in offered[alive]]
    best = linprog(-gain, A_ub=uses[np.ix_(bounded, alive)], b_ub=capacity[bounded], bounds=bounds)
    assert best.status == 0
    assert -best.fun <= weight[alive].sum() * (1 + 1e-5)


def test_proportional_textbook_line():
    """A flow over both links gets 1/3, those over one link 2/3 (Kelly); max-min would give 1/2 to all."""
    shares = proportional(np.full(3, 9.0), [[0, 1], [0], [1]], np.ones(2), np.ones(3))
    assert shares.carried_bps == pytest.approx([1 / 3, 2 / 3, 2 / 3], rel=1e-6)
    assert shares.bottleneck.tolist()[1:] == [0, 1]
