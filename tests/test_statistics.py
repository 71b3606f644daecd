from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.parameters.sampling import BLOCK, Sampler
from sim.parameters.streams import generator
from sim.scenario.distributions import Uniform
from sim.statistics import (
    LEAST_BLOCKS,
    Interval,
    block_means,
    difference,
    mean_interval,
    probability_interval,
    quantile_interval,
    quantiles,
    summary_of,
    wins,
)

NAN = float("nan")
PATHS = ("market.cattle.price", "market.milk.price")  # with a Sobol dimension


def draws(n: int, name: str = "values") -> np.ndarray:
    return generator(5, "test", name).standard_normal(n)


def test_block_means_leave_out_failed_rows_and_the_block_that_is_not_whole():
    values = np.array([1.0, 2, 3, 4, NAN, 6, NAN, np.inf, 9])
    np.testing.assert_array_equal(block_means(values, block=2), [1.5, 3.5, 6, NAN])
    assert block_means(np.arange(64.0)).tolist() == [31.5]
    assert block_means(np.arange(63.0)).size == 0
    assert block_means(np.empty(0)).size == 0


def test_interval_is_students_of_the_block_means():
    means = np.arange(12.0)
    values = np.repeat(means, BLOCK) + np.tile([-5.0, 5.0], 6 * BLOCK)
    low, high = mean_interval(values, level=0.9)
    want = stats.t.interval(0.9, 11, loc=5.5, scale=means.std(ddof=1) / np.sqrt(12))
    assert (low, high) == pytest.approx(want, rel=1e-12)


def test_rows_after_the_last_whole_block_leave_the_interval():
    values = draws(BLOCK * LEAST_BLOCKS)
    assert mean_interval(np.append(values, [1e9] * 63)) == mean_interval(values)


def test_no_interval_below_ten_blocks_with_a_value():
    values = draws(BLOCK * LEAST_BLOCKS)
    assert mean_interval(values[:-1]) is None
    assert probability_interval(np.ones(639)) is None
    assert summary_of(values[:-1]).low is None
    assert summary_of(values[:-1]).high is None
    values[:BLOCK] = NAN
    assert mean_interval(values) is None


def test_a_constant_column_has_an_interval_without_width():
    assert mean_interval(np.full(640, 2.5)) == Interval(2.5, 2.5)


def test_coverage_of_independent_rows():
    trials = generator(11, "test", "coverage").standard_exponential((500, 640))
    covered = [low <= 1 <= high for low, high in map(mean_interval, trials)]
    assert 0.92 <= np.mean(covered) <= 0.98


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol", "random"])
def test_coverage_and_width_of_sampled_blocks(method: str):
    plan = Sampler(
        seed=2,
        method=method,
        priors=dict.fromkeys(PATHS, Uniform(low=0, high=1)),
        bounds=dict.fromkeys(PATHS, (0, 1)),
    )
    points = np.concatenate([plan.uniforms(number) for number in range(5000)])
    trials = (np.exp(points[:, 0]) * points[:, 1]).reshape(500, 640)
    exact = (np.e - 1) / 2
    intervals = np.array([mean_interval(trial) for trial in trials])
    covered = (intervals[:, 0] <= exact) & (exact <= intervals[:, 1])
    assert 0.92 <= covered.mean() <= 0.98
    width = np.diff(intervals).mean() / (2 * 1.96 * trials.std() / np.sqrt(640))  # to that of independent rows
    assert width < 0.6 if method != "random" else 1 < width < 1.3


def test_probability_interval_is_cut_at_0_and_1_and_never_empty():
    rare = np.zeros(640)
    rare[3] = 1
    low, high = probability_interval(rare)
    assert low == 0
    assert 1 / 640 < high == mean_interval(rare).high
    low, high = probability_interval(1 - rare)
    assert high == 1
    assert low < 1 - 1 / 640


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_what_never_or_always_happens_has_the_exact_binomial_interval(level: float):
    never, always = np.zeros(640), np.ones(640)
    never[:10] = always[:10] = NAN
    oracle = stats.binomtest(0, 630).proportion_ci(level, method="exact")
    assert probability_interval(never, level) == pytest.approx((0, oracle.high), rel=1e-9)
    assert probability_interval(always, level) == pytest.approx((1 - oracle.high, 1), rel=1e-9)


def test_quantiles_are_linear_between_the_finite_values():
    values = np.array([4.0, NAN, 1, 3, np.inf, 2])
    assert quantiles(values, np.array([0, 0.5, 0.9, 1])).tolist() == pytest.approx([1, 2.5, 3.7, 4])
    assert np.isnan(quantiles(np.array([NAN]), np.array([0.1, 0.9]))).all()


def test_the_interval_of_a_quantile_is_that_of_groups_of_whole_blocks_around_the_quantile_of_all_rows():
    """Ten groups of one block, each constant, 1 to 10: the median of all is 5.5, the squares sum to 82.5."""
    values = np.repeat(np.arange(1.0, 11), BLOCK)
    half_width = 2.262157 * np.sqrt(82.5 / 9) / np.sqrt(10)  # 2.262157: Student's t, 9 degrees of freedom
    assert quantile_interval(values, 0.5) == pytest.approx((5.5 - half_width, 5.5 + half_width), rel=1e-6)


def test_the_centre_of_a_quantiles_interval_is_not_the_mean_of_the_groups():
    """Nine groups 0 and one 10: the median of all is 0, so the squares sum to 100, not to 90."""
    values = np.repeat([0.0] * 9 + [10], BLOCK)
    half_width = 2.262157 * np.sqrt(100 / 9) / np.sqrt(10)
    assert quantile_interval(values, 0.5) == pytest.approx((-half_width, half_width), rel=1e-6)


def test_blocks_beyond_whole_groups_count_in_the_quantile_alone():
    """Of 25 blocks, 12 groups of two; the last block moves the median of all rows and no group's."""
    values = np.concatenate([np.repeat(np.arange(12.0), 2 * BLOCK), np.full(BLOCK, 100.0)])
    centre = np.median(values)
    assert centre == 6
    spread = np.sqrt(((np.arange(12) - centre) ** 2).sum() / 11)
    want = stats.t.interval(0.95, 11, loc=centre, scale=spread / np.sqrt(12))
    assert quantile_interval(values, 0.5) == pytest.approx(want, rel=1e-9)


def test_failed_rows_leave_a_quantile_and_its_groups():
    values = np.repeat(np.arange(12.0), BLOCK)
    values[5] = NAN  # the median of all becomes 6
    half_width = stats.t.ppf(0.975, 11) * np.sqrt(((np.arange(12) - 6) ** 2).sum() / 11 / 12)
    assert quantile_interval(values, 0.5) == pytest.approx((6 - half_width, 6 + half_width), rel=1e-9)


def test_no_interval_of_a_quantile_below_ten_groups_with_a_value():
    values = draws(BLOCK * LEAST_BLOCKS)
    assert quantile_interval(values[:-1], 0.5) is None
    values[:BLOCK] = NAN
    assert quantile_interval(values, 0.5) is None


def test_a_win_is_split_in_a_tie_and_nobody_wins_a_row_with_a_gap():
    values = np.array([[1.0, 2, 0], [3, 3, 1], [NAN, 5, 6]])
    np.testing.assert_array_equal(wins(values), [[0, 1, 0], [0.5, 0.5, 0], [NAN, NAN, NAN]])


def test_summary_by_hand():
    values = np.concatenate([np.arange(101.0), [NAN, NAN]])
    summary = summary_of(values)
    assert (summary.n, summary.failed, summary.mean, summary.p50) == (101, 2, 50, 50)
    assert summary.sd == pytest.approx(np.sqrt(101 * 102 / 12))
    assert summary[-5:] == pytest.approx((5, 25, 50, 75, 95))


@pytest.mark.parametrize("values", [np.empty(0), np.full(640, NAN)], ids=["empty", "failed"])
def test_summary_of_nothing_is_nan_without_a_warning(values: np.ndarray):
    summary = summary_of(values)
    assert (summary.n, summary.failed, summary.low, summary.high) == (0, values.size, None, None)
    assert np.isnan([summary.mean, summary.sd, summary.p05, summary.p95]).all()


def test_summary_of_one_row_has_a_mean_and_no_spread():
    summary = summary_of(np.array([3.0]))
    assert (summary.mean, summary.p05, summary.p95) == (3, 3, 3)
    assert np.isnan(summary.sd)


@given(st.integers(0, 2**64 - 1), st.integers(640, 900), st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_a_summary_moves_and_stretches_with_its_values(world: int, n: int, shift: float, scale: float):
    values = generator(5, "test", "moved", world=world).standard_normal(n)
    before, after = summary_of(values), summary_of(values * scale + shift)
    for name in ("mean", "low", "high", "p05", "p50", "p95"):
        assert getattr(after, name) == pytest.approx(getattr(before, name) * scale + shift, abs=1e-9 * (1 + scale))
    assert after.sd == pytest.approx(before.sd * scale)


def test_differences_are_paired_and_leave_out_what_failed_on_either_side():
    values, reference = np.array([5.0, NAN, 7, np.inf, 9]), np.array([2.0, 1, NAN, np.inf, np.inf])
    np.testing.assert_array_equal(difference(values, reference), [3, NAN, NAN, NAN, NAN])
    with pytest.raises(ValueError, match="not paired"):
        difference(values, reference[:2])


def test_common_luck_cancels_in_a_paired_difference():
    luck, effect = draws(640) * 100, draws(640, "effect")
    paired = mean_interval(difference(luck + effect, luck))
    assert paired.high - paired.low < (mean_interval(luck).high - mean_interval(luck).low) / 20
