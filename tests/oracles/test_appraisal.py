"""Present values, internal rates and grant elements against textbooks, spreadsheets and published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.model.appraisal import grant_share, internal_rate, present_value

ANNUITY, EQUAL_PRINCIPAL = 1.0, 0.0


@pytest.mark.parametrize("rate", [0.05, 0.08, 0.12])
@pytest.mark.parametrize("years", [1, 10, 30])
def test_present_value_of_equal_flows_is_the_annuity_factor_half_a_year_earlier(rate: float, years: int) -> None:
    expected = 7.0 * (1.0 - (1.0 + rate) ** -years) / rate * math.sqrt(1.0 + rate)
    assert float(present_value(np.full(years, 7.0), rate)) == pytest.approx(expected, rel=1e-13)


SPREADSHEET = [-70_000.0, 12_000.0, 15_000.0, 18_000.0, 21_000.0, 26_000.0]


@pytest.mark.parametrize(
    ("flows", "expected", "digits"),
    [
        # the example of the handbook page of a common spreadsheet's IRR, after two, four and five years
        (SPREADSHEET[:3], -0.444, 3),
        (SPREADSHEET[:5], -0.021, 3),
        (SPREADSHEET, 0.087, 3),
        # documentation of numpy-financial's irr
        ([-100.0, 39.0, 59.0, 55.0, 20.0], 0.28095, 5),
        ([-100.0, 0.0, 0.0, 74.0], -0.0955, 4),
    ],
)
def test_internal_rates_found_elsewhere(flows: list[float], expected: float, digits: int) -> None:
    found = internal_rate(np.array(flows))
    assert found is not None
    assert round(found, digits) == expected


@pytest.mark.parametrize("rate", [-0.9, -0.1, 0.0, 0.07, 1.0, 9.0])
@pytest.mark.parametrize("years", [1, 3, 9, 29])
def test_internal_rate_of_one_sum_for_one_sum(rate: float, years: int) -> None:
    flows = np.zeros(years + 1)
    flows[0], flows[-1] = -1e9, 1e9 * (1.0 + rate) ** years
    assert internal_rate(flows) == pytest.approx(rate, abs=1e-13)


@pytest.mark.parametrize(
    "flows",
    [
        [-1600.0, 10_000.0, -10_000.0],  # the pump of Lorie and Savage (1955): 25 % and 400 %
        # numpy-financial's irr picks one: 8.86 % beside −87 % and 71 %, −8.33 % beside −68 %
        [-5.0, 10.5, 1.0, -8.0, 1.0],
        [-100.0, 100.0, 0.0, -7.0],
    ],
)
def test_flows_with_several_rates_have_none(flows: list[float]) -> None:
    assert internal_rate(np.array(flows)) is None


def schedule(rate: float, term: int, grace: int, annuity: float) -> list[float]:
    """Return the principal repaid each month per tenge lent, by the closed forms."""
    n, monthly = term - grace, rate / 12.0
    parts = [1.0 / n] * n
    if annuity == ANNUITY and rate > 0.0:
        parts = [monthly * (1.0 + monthly) ** k / ((1.0 + monthly) ** n - 1.0) for k in range(n)]
    return [0.0] * grace + parts


@pytest.mark.parametrize("annuity", [ANNUITY, EQUAL_PRINCIPAL])
@pytest.mark.parametrize(("term", "grace"), [(84, 0), (84, 12), (84, 28), (36, 6), (12, 11)])
@pytest.mark.parametrize("rate", [0.0, 0.025, 0.22])
@pytest.mark.parametrize("discount", [0.02, 0.18, 0.4])
def test_grant_element_is_makehams(rate: float, discount: float, term: int, grace: int, annuity: float) -> None:
    """Makeham (1875): a loan of 1 is worth K + (i/d)(1 − K), K the present value of its principal repayments."""
    monthly = (1.0 + discount) ** (1.0 / 12.0) - 1.0
    principal = sum(part / (1.0 + monthly) ** (k + 1) for k, part in enumerate(schedule(rate, term, grace, annuity)))
    expected = (1.0 - principal) * (1.0 - rate / 12.0 / monthly)
    assert grant_share(rate, term, grace, annuity, discount) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("annuity", [ANNUITY, EQUAL_PRINCIPAL])
def test_a_loan_at_the_rate_of_other_money_is_no_gift(annuity: float) -> None:
    effective = (1.0 + 0.22 / 12.0) ** 12 - 1.0
    assert grant_share(0.22, 84, 12, annuity, effective) == pytest.approx(0.0, abs=1e-12)


# At 2.5 %, over 7 years, equal principal, paid once a year: what is repaid is worth so much per tenge lent.
PUBLISHED = {0.18: {0: 0.608, 1: 0.564, 2: 0.526}, 0.10: {0: 0.77, 1: 0.74, 2: 0.72}}


@pytest.mark.parametrize(
    ("discount", "grace", "digits"), [(d, g, 3 if d == 0.18 else 2) for d in PUBLISHED for g in range(3)]
)
def test_published_grant_elements_with_yearly_payments(discount: float, grace: int, digits: int) -> None:
    # The same schedule with years in the place of months: 7 of them at 2.5 % each, discounted by a year's rate each.
    gift = grant_share(12 * 0.025, 7, grace, EQUAL_PRINCIPAL, (1.0 + discount) ** 12 - 1.0)
    assert round(1.0 - gift, digits) == PUBLISHED[discount][grace]


@pytest.mark.parametrize("grace", [0, 1, 2])
def test_monthly_payments_come_half_a_year_earlier_than_published_ones(grace: int) -> None:
    # The instalments of a year fall 5.5 months earlier on average, so they are worth some 1.18^(5.5/12) times as much.
    yearly = PUBLISHED[0.18][grace]
    monthly = 1.0 - grant_share(0.025, 84, 12 * grace, EQUAL_PRINCIPAL, 0.18)
    assert monthly == pytest.approx(yearly * 1.18 ** (5.5 / 12.0), rel=0.01)
