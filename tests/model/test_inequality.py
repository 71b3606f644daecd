from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.inequality import (
    Incomes,
    bottom_mean,
    gini,
    headcount,
    mean_income,
    poverty_line,
    quantile,
    sigma_of,
)
from tests.model.fifths import fifths

LINE = 35_000.0

# Two districts; of each group few enough and tilted little enough that nowhere the others are fewer than none.
shares = st.lists(st.floats(0.0, 0.03), min_size=4, max_size=4)
tilts = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=2)
factors = st.lists(st.floats(0.3, 3.0), min_size=6, max_size=6)
gifts = st.lists(st.floats(0.0, 100_000.0), min_size=6, max_size=6)
changes = st.lists(st.floats(-60_000.0, 100_000.0), min_size=6, max_size=6)
means = st.lists(st.floats(40_000.0, 120_000.0), min_size=2, max_size=2)
sigmas = st.floats(0.2, 0.9)


def terms(
    mean: list[float], sigma: float, share: list[float], tilt: list[float], factor: list[float], addition: list[float]
) -> dict[str, Any]:
    return {
        "people": np.array([100.0, 40.0]),
        "mean": np.array(mean),
        "sigma": sigma,
        "share": np.array(share).reshape(2, 2),
        "tilt": np.array(tilt),
        "factor": np.array(factor).reshape(2, 3),
        "addition": np.array(addition).reshape(2, 3),
    }


populations = st.builds(terms, means, sigmas, shares, tilts, factors, gifts)
with_losses = st.builds(terms, means, sigmas, shares, tilts, factors, changes)

REGION = terms(
    [70_000.0, 86_000.0],
    0.47,
    [0.016, 0.4, 0.03, 0.25],
    [0.4, -0.1],
    [1.0, 1.02, 0.995, 1.0, 1.03, 0.99],
    [9_000.0, 300.0, -50.0, 25_000.0, 0.0, 100.0],
)
LOSSES = REGION | {"addition": np.array([[-40_000.0, 300.0, -50.0], [25_000.0, -30_000.0, 100.0]])}
SQUEEZED = REGION | {"addition": np.array([[700_000.0, 0.0, 0.0], [90_000.0, 0.0, 0.0]])}
POPULATIONS = {"gains": REGION, "losses": LOSSES, "large gains": SQUEEZED}


def people_one_by_one(
    *,
    people: np.ndarray,
    mean: np.ndarray,
    sigma: float,
    share: np.ndarray,
    tilt: np.ndarray,
    factor: np.ndarray,
    addition: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """List incomes, sorted, and weights: 100,001 ranks in each group of each district."""
    z = np.linspace(-8.5, 8.5, 100_001)
    here = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi) * (z[1] - z[0])
    incomes, weights = [], []
    for d in range(people.size):
        members = [share[d, g] * np.exp(tilt[g] * z - 0.5 * tilt[g] ** 2) * here for g in range(tilt.size)]
        base = mean[d] * np.exp(sigma * z - 0.5 * sigma**2)
        for g, weight in enumerate([*members, here - sum(members)]):
            incomes.append(base * factor[d, g] + addition[d, g])
            weights.append(weight * people[d] / people.sum())
    income, weight = np.concatenate(incomes), np.concatenate(weights)
    order = np.argsort(income, kind="stable")
    return income[order], weight[order]


@pytest.mark.parametrize("name", POPULATIONS)
def test_integrals_are_sums_over_people(name: str) -> None:
    incomes = Incomes.of(**POPULATIONS[name])
    income, weight = people_one_by_one(**POPULATIONS[name])
    rank = np.cumsum(weight) - 0.5 * weight
    earned = np.cumsum(weight * income) - 0.5 * weight * income
    # A step between two ranks is 1.7e-4 sigmas: up to 7e-5 of the people of a group, half of which is at stake.
    for line in (0.0, 20_000.0, LINE, 90_000.0):
        assert headcount(incomes, line) == pytest.approx(np.interp(line, income, rank), abs=3.5e-5)
    assert mean_income(incomes) == pytest.approx(np.sum(weight * income), rel=1e-10)
    assert bottom_mean(incomes) == pytest.approx(np.interp(0.4, rank, earned) / 0.4, rel=1e-5)
    ends = [0.0, *np.interp([0.2, 0.4, 0.6, 0.8], rank, earned), np.sum(weight * income)]
    assert fifths(incomes) == pytest.approx(5.0 * np.diff(ends), rel=1e-5)
    assert gini(incomes) == pytest.approx(gini_of_people(income, weight), abs=1e-6)


def gini_of_people(income: np.ndarray, weight: np.ndarray) -> float:
    """Return 1 − twice the area under the Lorenz curve."""
    earned = weight * np.maximum(income, 0.0)
    held = np.cumsum(earned) / earned.sum()
    return float(1.0 - np.sum(weight * (2.0 * held - earned / earned.sum())))


def without_gains(population: dict[str, Any]) -> dict[str, Any]:
    return population | {
        "factor": np.ones_like(population["factor"]),
        "addition": np.zeros_like(population["addition"]),
    }


def without_groups(population: dict[str, Any]) -> Incomes:
    """Describe the same districts before anybody is placed in them."""
    return Incomes.of(
        people=population["people"],
        mean=population["mean"],
        sigma=population["sigma"],
        share=np.zeros((2, 0)),
        tilt=np.zeros(0),
        factor=np.ones((2, 1)),
        addition=np.zeros((2, 1)),
    )


@given(population=populations)
def test_groups_that_gain_nothing_change_nothing(population: dict[str, Any]) -> None:
    grouped, plain = Incomes.of(**without_gains(population)), without_groups(population)
    assert headcount(grouped, LINE) == pytest.approx(headcount(plain, LINE), abs=1e-14)
    assert mean_income(grouped) == pytest.approx(mean_income(plain), rel=1e-14)
    assert bottom_mean(grouped) == pytest.approx(bottom_mean(plain), rel=1e-12)
    # Tilted pieces reach further, so the points of the integral are others.
    assert gini(grouped) == pytest.approx(gini(plain), abs=1e-8)


@given(population=populations, rate=st.floats(0.001, 0.6))
def test_where_nobody_gains_the_line_gives_back_its_rate(population: dict[str, Any], rate: float) -> None:
    line = poverty_line(population["mean"], population["people"], population["sigma"], rate)
    assert headcount(Incomes.of(**without_gains(population)), line) == pytest.approx(rate, rel=1e-10)


@given(population=with_losses, column=st.integers(0, 5), more=st.floats(0.0, 20_000.0))
def test_more_income_for_some_makes_no_one_poor(population: dict[str, Any], column: int, more: float) -> None:
    before = headcount(Incomes.of(**population), LINE)
    for name, change in (("addition", more), ("factor", more / 20_000.0)):
        after = population[name].copy()
        after.ravel()[column] += change
        assert headcount(Incomes.of(**population | {name: after}), LINE) <= before + 1e-9


@given(population=with_losses)
def test_gini_is_between_nothing_and_one(population: dict[str, Any]) -> None:
    assert 0.0 <= gini(Incomes.of(**population)) < 1.0


@given(population=with_losses, scale=st.floats(0.01, 100.0))
def test_another_currency_changes_only_amounts(population: dict[str, Any], scale: float) -> None:
    scaled = population | {name: population[name] * scale for name in ("mean", "addition")}
    before, after = Incomes.of(**population), Incomes.of(**scaled)
    assert headcount(after, LINE * scale) == pytest.approx(headcount(before, LINE), abs=1e-12)
    assert gini(after) == pytest.approx(gini(before), abs=1e-12)
    # Pieces with gains and losses cancel, so the largest income tells what rounding is.
    largest = fifths(before)[4] * scale
    assert fifths(after) == pytest.approx(fifths(before) * scale, abs=1e-11 * largest)
    assert mean_income(after) == pytest.approx(mean_income(before) * scale, abs=1e-12 * largest)


@given(population=with_losses, part=st.floats(0.01, 0.99))
def test_as_many_live_below_a_quantile_as_it_says(population: dict[str, Any], part: float) -> None:
    incomes = Incomes.of(**population)
    assert headcount(incomes, quantile(incomes, part)) == pytest.approx(part, abs=1e-10)


@given(population=with_losses)
def test_fifths_rise_and_add_up(population: dict[str, Any]) -> None:
    incomes = Incomes.of(**population)
    means = fifths(incomes)
    assert (np.diff(means) > 0.0).all()
    assert means.sum() / 5.0 == pytest.approx(mean_income(incomes), rel=1e-10)
    assert bottom_mean(incomes) == pytest.approx(means[:2].sum() / 2.0, rel=1e-10, abs=1e-6)


def test_people_may_be_counted_in_any_unit() -> None:
    thousands = REGION | {"people": REGION["people"] / 1000.0}
    assert gini(Incomes.of(**thousands)) == pytest.approx(gini(Incomes.of(**REGION)), rel=1e-14)


def test_a_district_without_people_does_not_count() -> None:
    empty = REGION | {"people": np.array([100.0, 0.0])}
    richer = empty | {"mean": REGION["mean"] * np.array([1.0, 100.0])}
    assert gini(Incomes.of(**richer)) == gini(Incomes.of(**empty))
    assert bottom_mean(Incomes.of(**richer)) == bottom_mean(Incomes.of(**empty))


def test_a_gift_to_rich_members_raises_inequality_and_to_poor_ones_lowers_it() -> None:
    still = without_gains(REGION) | {"share": np.array([[0.02], [0.02]])}
    gift = {"factor": np.ones((2, 2)), "addition": np.array([[5_000.0, 0.0], [5_000.0, 0.0]])}
    base = gini(without_groups(REGION))
    rich, poor = (gini(Incomes.of(**still | gift | {"tilt": np.array([tilt])})) for tilt in (1.5, -1.5))
    assert poor < base < rich


def test_a_line_between_two_districts_far_apart_is_found() -> None:
    # Half of the people earn some 1,000 and half some 100,000: hardly anybody is near the median.
    mean, people = np.array([1e3, 1e5]), np.array([1.0, 1.0])
    for rate in (0.49, 0.4999999, 0.5000001, 0.51):
        line = poverty_line(mean, people, 0.1, rate)
        base = without_groups(REGION | {"mean": mean, "people": people, "sigma": 0.1})
        assert headcount(base, line) == pytest.approx(rate, abs=1e-13)


def test_sigma_rises_from_nothing_with_the_gini() -> None:
    assert sigma_of(0.0) == 0.0
    assert sigma_of(0.2) < sigma_of(0.3)
