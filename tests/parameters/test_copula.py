"""Rank correlations between the columns of a block."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.parameters import sampling
from sim.parameters.copula import Group, correlated, mixed, reordered
from sim.parameters.sampling import BLOCK, METHODS, Sampler
from sim.scenario.correlations import cholesky
from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform

PRIORS: dict[str, Distribution] = {
    "pert": Pert(low=1, mode=2, high=9),
    "uniform": Uniform(low=0, high=1),
    "triangular": Triangular(low=0, mode=0, high=4),
    "normal": Normal(mean=0, sd=1),
    "lognormal": LogNormal(median=2, sigma_log=1),
    "alone": Uniform(low=0, high=1),
}
BOUNDS = {path: (0.0 if path == "lognormal" else -50.0, 50.0) for path in PRIORS}
WANTED = (
    ("pert", "uniform", 0.6),
    ("uniform", "triangular", 0.3),
    ("triangular", "pert", -0.4),
    ("normal", "lognormal", 0.95),
)

methods = pytest.mark.parametrize("method", METHODS)


def sampler(method: str, *pairs: tuple[str, str, float], seed: int = 3, **more: Distribution) -> Sampler:
    priors = PRIORS | more
    bounds = BOUNDS | dict.fromkeys(more, (0.0, 1.0))
    return Sampler(seed=seed, method=method, priors=priors, bounds=bounds, correlations=pairs)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the priors dimensions, which are strongly correlated in blocks of 64 Sobol points."""
    dimensions = {path: dimension for dimension, path in enumerate(PRIORS, start=32)}
    monkeypatch.setattr(sampling, "listed_dimensions", lambda: dimensions)


@pytest.mark.usefixtures("listed")
@methods
def test_rank_correlations_are_on_target_for_every_distribution(method: str):
    plan = sampler(method, *WANTED)
    blocks = [plan.block(number) for number in range(200)]
    pooled = stats.spearmanr(np.concatenate(blocks)).statistic
    within = np.mean([stats.spearmanr(block).statistic for block in blocks], axis=0)
    wanted = np.eye(len(PRIORS))
    for first, second, rho in WANTED:
        i, j = plan.paths.index(first), plan.paths.index(second)
        wanted[i, j] = wanted[j, i] = rho
    stated = wanted != 0
    np.testing.assert_allclose(pooled[stated], wanted[stated], atol=0.015)
    np.testing.assert_allclose(pooled[~stated], 0, atol=0.03)
    if method != "random":  # where a sample of 64 alone falls short
        np.testing.assert_allclose(within[stated], wanted[stated], atol=0.015)


@pytest.mark.parametrize("rho", [-0.9, -0.2, 0.2, 0.5, 0.8, 0.99])
def test_the_bias_of_a_pair_is_at_most_a_hundredth(rho: float):
    plan = sampler("latin_hypercube", ("uniform", "alone", rho))
    columns = [plan.paths.index("uniform"), plan.paths.index("alone")]
    found = [stats.spearmanr(plan.uniforms(number)[:, columns]).statistic for number in range(1000)]
    assert np.mean(found) == pytest.approx(rho, abs=0.01 + 2 * 0.037 / math.sqrt(1000))
    assert np.std(found) < 0.05  # independent points would scatter by 0.12 (1 - rho ** 2)


@methods
def test_marginals_stay_what_they_are(method: str):
    plan = sampler(method, *WANTED)
    points = np.concatenate([plan.uniforms(number) for number in range(100)])
    assert np.all((points > 0) & (points < 1))
    for column in points.T:
        assert stats.kstest(column[::BLOCK], "uniform").pvalue > 1e-3
    if method != "random":
        strata = np.sort(np.floor(points.reshape(100, BLOCK, -1) * BLOCK), axis=1)
        assert np.all(strata == np.arange(BLOCK)[:, None])


def test_in_a_latin_hypercube_a_correlation_only_reorders_the_points_of_its_columns():
    plain, plan = sampler("latin_hypercube"), sampler("latin_hypercube", *WANTED)
    before, after = plain.uniforms(4), plan.uniforms(4)
    assert np.array_equal(np.sort(before, axis=0), np.sort(after, axis=0))
    moved = ~np.all(before == after, axis=0)
    # The first of each group by name, as none is in the list, stays.
    assert moved.tolist() == [path in ("triangular", "uniform", "normal") for path in plan.paths]


@pytest.mark.usefixtures("listed")
@methods
def test_paths_without_correlation_keep_every_bit(method: str):
    plain, plan = sampler(method), sampler(method, *WANTED[:3])
    for path in ("normal", "lognormal", "alone"):
        column = plan.paths.index(path)
        assert plain.block(5)[:, column].tolist() == plan.block(5)[:, column].tolist()


@methods
def test_a_prior_or_a_group_that_is_added_changes_no_other_column(method: str):
    few = sampler(method, *WANTED)
    many = sampler(method, ("zebra", "alone", 0.5), *reversed(WANTED), zebra=Uniform(low=0, high=1))
    for path in few.paths:
        if path != "alone":
            mine, theirs = few.paths.index(path), many.paths.index(path)
            assert few.block(9)[:, mine].tolist() == many.block(9)[:, theirs].tolist()


@methods
def test_a_path_that_joins_a_group_changes_none_that_come_before_it_in_the_list(method: str):
    few = sampler(method, ("normal", "pert", 0.5), zebra=Uniform(low=0, high=1))
    many = sampler(method, ("zebra", "pert", 0.7), ("pert", "normal", 0.5), zebra=Uniform(low=0, high=1))
    for path in ("normal", "pert"):
        column = few.paths.index(path)
        assert few.block(1)[:, column].tolist() == many.block(1)[:, column].tolist()


@methods
def test_a_block_is_a_function_of_seed_and_number(method: str):
    plan, fresh = sampler(method, *WANTED), sampler(method, *WANTED)
    for number in range(3):
        plan.block(number)
    assert plan.block(7).tolist() == fresh.block(7).tolist()
    assert plan.block(7).tolist() != plan.block(8).tolist()
    assert plan.block(7).tolist() != sampler(method, *WANTED, seed=4).block(7).tolist()


@methods
def test_a_correlation_of_nothing_is_none(method: str):
    assert np.array_equal(sampler(method).block(0), sampler(method, ("pert", "alone", 0.0)).block(0))


def test_correlated_paths_leave_their_sobol_dimension_free(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sampling, "listed_dimensions", dict)
    plain, plan = (sampler("sobol", *pairs) for pairs in ((), WANTED[:1]))
    hypercube = sampler("latin_hypercube", *WANTED[:1])
    for column, path in enumerate(plan.paths):
        other = hypercube if path in ("pert", "uniform") else plain
        assert np.array_equal(plan.uniforms(2)[:, column], other.uniforms(2)[:, column])


def test_rows_of_random_sampling_stay_independent():
    # Points that only change places keep the block's mean; independent ones scatter with their neighbours.
    plan = sampler("random", ("uniform", "alone", 0.9))
    columns = [plan.paths.index("uniform"), plan.paths.index("alone")]
    means = np.array([plan.uniforms(number)[:, columns].mean(axis=0) for number in range(500)])
    assert stats.spearmanr(means).statistic > 0.8


def test_what_cannot_be_correlated_is_refused():
    with pytest.raises(ValueError, match="zebra"):
        sampler("random", ("pert", "zebra", 0.5))
    with pytest.raises(ValueError, match="not positive definite"):
        sampler("random", ("pert", "uniform", 0.9), ("uniform", "alone", 0.9))


def test_groups_are_in_the_order_of_the_list_and_then_by_name():
    pairs = [("z", "b", 0.5), ("c", "z", 0.1), ("a", "b", 0.2), ("y", "x", 0.3)]
    first, second = correlated(pairs, {"z": 1, "y": 2, "c": 3})
    assert first.paths == ("z", "c", "a", "b")
    assert second == Group(("y", "x"), [[1.0], [2 * math.sin(math.pi * 0.05), second.factor[1][1]]])
    assert correlated([], {}) == []


FACTOR = cholesky([[1, 0.5, -0.3], [0.5, 1, 0.4], [-0.3, 0.4, 1]])


@given(st.integers(0, 2**32))
def test_any_columns_are_reordered_to_nearly_the_wanted_correlations(seed: int):
    assert FACTOR
    points = np.random.default_rng(seed).random((BLOCK, 3))
    found = reordered(points, FACTOR)
    assert np.array_equal(found[:, 0], points[:, 0])
    assert np.array_equal(np.sort(found, axis=0), np.sort(points, axis=0))
    np.testing.assert_allclose(stats.spearmanr(found).statistic[[0, 0, 1], [1, 2, 2]], [0.5, -0.3, 0.4], atol=0.2)


def test_points_at_the_edges_stay_strictly_inside():
    edges = np.array([[2.0**-53] * 3, [1 - 2.0**-53] * 3])
    assert FACTOR
    found = mixed(edges, FACTOR)
    assert np.all((found > 0) & (found < 1))
    assert np.array_equal(found[:, 0], edges[:, 0])
