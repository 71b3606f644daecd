from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import loan
from sim.model.appraisal import HIGHEST_RATE, LOWEST_RATE, grant_share, internal_rate, present_value, ratio

amounts = st.integers(-1_000_000, 1_000_000).map(float)
flow_lists = st.lists(amounts, min_size=1, max_size=12).map(np.array)


def value(flows: np.ndarray, rate: float) -> float:
    return float(present_value(flows, rate))


def test_present_value_discounts_from_the_middle_of_each_year() -> None:
    # 1.21 = 1.1²: half a year divides by 1.1, a year and a half by 1.331.
    assert value(np.array([110.0, 133.1]), 0.21) == pytest.approx(200.0, rel=1e-14)
    assert value(np.array([3.0, -1.0, 2.5]), 0.0) == 4.5
    assert value(np.zeros(0), 0.08) == 0.0


def test_present_value_keeps_the_leading_axes() -> None:
    flows = np.arange(24.0).reshape(2, 3, 4)
    found = present_value(flows, 0.08)
    assert found.shape == (2, 3)
    assert found[1, 2] == value(flows[1, 2], 0.08)


@pytest.mark.parametrize(
    "flows",
    [
        [0.0, 0.0],
        [-5.0],
        [1.0, 2.0, 3.0],
        [-1.0, -2.0, 0.0],
        [-1.0, 12.0],  # 1,100 % a year
        [-1.0, 0.009],  # −99.1 % a year
        [-1.0, 2.0, -1.1],  # never above 0
        [-1.0, 2.0, -1.0],  # touches 0 at 0 %
        [100.0, -110.0],  # a debt
        [-100.0, 230.0, -132.0],  # 10 % and 20 %
        [-1000.0, 3600.0, -4310.0, 1716.0],  # 10 %, 20 % and 30 %
        [10.0, -100.0, 50.0, 120.0],  # 52 % and 833 %
        [math.nan, 1.0, -1.0],
    ],
)
def test_no_internal_rate_is_made_up(flows: list[float]) -> None:
    assert internal_rate(np.array(flows)) is None


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([-100.0, 110.0], 0.1),
        ([0.0, -100.0, 110.0, 0.0], 0.1),  # years without flows change nothing
        ([-1.0, 10.5], 9.5),
        ([-1.0, 0.011], -0.989),
        ([-1000.0, 1100.0, -100.0, 110.0], 0.1),  # three changes of sign, one rate
    ],
)
def test_internal_rate(flows: list[float], expected: float) -> None:
    assert internal_rate(np.array(flows)) == pytest.approx(expected, abs=1e-12)


@given(flows=flow_lists)
def test_flows_are_worth_nothing_at_their_internal_rate(flows: np.ndarray) -> None:
    rate = internal_rate(flows)
    if rate is not None:
        assert LOWEST_RATE < rate < HIGHEST_RATE
        assert value(flows, rate) == pytest.approx(0.0, abs=1e-9 * value(np.abs(flows), rate))


def crossings(flows: np.ndarray) -> list[bool]:
    """Tell for each rate of a fine grid where the value passes nothing, whether it falls there."""
    rates = np.geomspace(1.0 + LOWEST_RATE, 1.0 + HIGHEST_RATE, 4001)[1:-1] - 1.0
    values = sum((flow / (1.0 + rates) ** year for year, flow in enumerate(flows)), np.zeros(rates.size))
    rising = np.diff(np.sign(values))
    return [bool(step < 0) for step in rising[rising != 0.0]]


@given(flows=flow_lists)
def test_an_internal_rate_is_the_only_place_where_the_value_passes_nothing(flows: np.ndarray) -> None:
    # Beyond the ends and between two points of the grid the list may miss what is there, but never adds anything.
    seen = crossings(flows)
    if internal_rate(flows) is None:
        values = flows.tolist()
        assert seen != [True] or roots_of(values) != 1
    else:
        assert seen in ([True], [])


def roots_of(values: list[float]) -> int:
    """Count the roots in the range by the eigenvalues of the companion matrix."""
    rates = 1.0 / np.roots(values[::-1]) - 1.0
    return int(((abs(rates.imag) < 1e-7) & (rates.real > LOWEST_RATE) & (rates.real < HIGHEST_RATE)).sum())


@given(flows=flow_lists, scale=st.floats(1e-9, 1e9))
def test_internal_rate_does_not_depend_on_the_unit(flows: np.ndarray, scale: float) -> None:
    assert internal_rate(flows * scale) == pytest.approx(internal_rate(flows), abs=1e-9)


@given(costs=st.lists(st.floats(1.0, 1e6), min_size=1, max_size=4), gains=st.lists(st.floats(1.0, 1e6), min_size=1))
def test_a_plain_investment_is_worth_more_the_lower_the_rate(costs: list[float], gains: list[float]) -> None:
    flows = np.array([-cost for cost in costs] + gains)
    rate = internal_rate(flows)
    if rate is not None:
        assert value(flows, rate - 0.001) > 0.0 > value(flows, rate + 0.001)


def test_ratio() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(-3.0, 2.0) == -1.5
    assert ratio(0.0, 2.0) == 0.0
    for costs in (0.0, -2.0, math.nan):
        assert ratio(3.0, costs) is None
    assert ratio(math.inf, 2.0) is None


def test_grant_share_by_hand() -> None:
    # 2 months, 1 % each, half of the principal each; other money costs 10 % a month.
    monthly = (0.5 + 0.01) / 1.1 + (0.5 + 0.005) / 1.21
    assert grant_share(0.12, 2, 0, 0.0, 1.1**12 - 1.0) == pytest.approx(1.0 - monthly, rel=1e-12)
    # A month of grace first.
    waited = 0.01 / 1.1 + (1.0 + 0.01) / 1.21
    assert grant_share(0.12, 2, 1, 0.0, 1.1**12 - 1.0) == pytest.approx(1.0 - waited, rel=1e-12)


def test_money_that_costs_nothing_elsewhere_makes_interest_a_loss() -> None:
    # 1 % on 1, 3/4, 1/2 and 1/4
    assert grant_share(0.12, 4, 0, 0.0, 0.0) == pytest.approx(-0.025, rel=1e-12)
    assert grant_share(0.0, 84, 12, 1.0, 0.0) == pytest.approx(0.0, abs=1e-14)


@pytest.mark.parametrize("annuity", [0.0, 1.0])
@pytest.mark.parametrize(("term", "grace"), [(84, 12), (84, 0), (12, 0), (60, 59)])
def test_grant_share_follows_the_schedule_of_the_loans(annuity: float, term: int, grace: int) -> None:
    rate, discount = 0.025, 0.18
    left, worth = 1.0, 0.0
    for month in range(1, term + 1):
        due = loan.instalment(left, term - month + 1, rate, annuity) if month > grace else 0.0
        worth += (due + left * rate / 12.0) / (1.0 + discount) ** (month / 12.0)
        left -= due
    assert left == pytest.approx(0.0, abs=1e-12)
    assert grant_share(rate, term, grace, annuity, discount) == pytest.approx(1.0 - worth, abs=1e-12)


@given(
    rate=st.floats(0.0, 0.17),
    discount=st.floats(0.19, 0.6),
    term=st.integers(2, 120),
    grace=st.integers(0, 118),
    annuity=st.sampled_from([0.0, 1.0]),
)
def test_cheaper_longer_and_later_loans_are_larger_gifts(
    rate: float, discount: float, term: int, grace: int, annuity: float
) -> None:
    grace = min(grace, term - 2)
    gift = grant_share(rate, term, grace, annuity, discount)
    assert 0.0 < gift < 1.0
    assert grant_share(rate, term, grace + 1, annuity, discount) > gift
    assert grant_share(rate, term + 1, grace, annuity, discount) > gift
    assert grant_share(rate + 0.005, term, grace, annuity, discount) < gift
    assert grant_share(rate, term, grace, annuity, discount + 0.01) > gift
