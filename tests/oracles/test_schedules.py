"""Loans in whole tenge against the closed forms of annuity and equal principal."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from sim.model import loan
from sim.model.state import REPAID, Fund, Loan
from sim.parameters.records import rows

ANNUITY, EQUAL_PRINCIPAL = 1.0, 0.0
SIZES = (7, 100_003, 9_300_000, 34_600_000)
TERMS = ((12, 0), (36, 6), (84, 12), (84, 0), (120, 60))
RATES = (0.0, 0.025, 0.06)


def closed_form(amount: int, term: int, grace: int, rate: float, annuity: float) -> tuple[list[float], float]:
    """Return the principal parts of the instalments after the grace, and all interest, without rounding."""
    monthly, n = rate / 12.0, term - grace
    waiting = amount * monthly * grace
    if annuity == ANNUITY and rate > 0.0:
        payment = amount * monthly / (1.0 - (1.0 + monthly) ** -n)
        first = payment - amount * monthly
        return [first * (1.0 + monthly) ** k for k in range(n)], waiting + n * payment - amount
    return [amount / n] * n, waiting + amount * monthly * (n + 1) / 2.0


def repay_on_time(amount: int, term: int, grace: int, rate: float, annuity: float) -> tuple[list[int], int, Loan]:
    """Pay every due in its month; returns the principal paid by month, all interest, and the loan."""
    debt, fund = rows(Loan, 1)[0], rows(Fund, 1)[0]
    loan.disburse(debt, amount)
    parts, divisors = [], loan.parts_of(rate, annuity, term)
    for age in range(1, term + 1):
        month, before = age + 4, int(debt["repaid"])
        due = loan.fall_due(debt, month, age, term, grace, rate, divisors)
        assert loan.pay(debt, fund, due) == due
        parts.append(int(debt["repaid"]) - before)
    assert fund["principal"] == debt["repaid"]
    assert fund["collected"] == fund["principal"] + fund["interest"]
    return parts, int(fund["interest"]), debt


@pytest.mark.parametrize(("term", "grace"), TERMS)
@pytest.mark.parametrize("annuity", [ANNUITY, EQUAL_PRINCIPAL])
def test_a_loan_repaid_on_time_follows_the_closed_form_to_the_tenge(annuity: float, term: int, grace: int) -> None:
    for amount, rate in itertools.product(SIZES, RATES):
        parts, interest, debt = repay_on_time(amount, term, grace, rate, annuity)
        expected, expected_interest = closed_form(amount, term, grace, rate, annuity)
        assert sum(parts) == amount
        assert (debt["outstanding"], debt["state"]) == (0, REPAID)
        assert parts[:grace] == [0] * grace
        for part, exact, tolerance in zip(parts[grace:], expected, tolerances(term, grace, rate, annuity), strict=True):
            assert abs(part - exact) < tolerance
        # Interest loses a fraction of a tenge a month; what rounding leaves outstanding adds less than that back.
        assert abs(interest - expected_interest) < term


def tolerances(term: int, grace: int, rate: float, annuity: float) -> list[float]:
    """Bound the error of each instalment.

    What is rounded off is spread over the months that are left. In equal parts that keeps every instalment at the
    whole tenge below or above the closed form. An annuity's parts grow, so the fractions carried add up: an error e
    becomes e (1 + r) + f / (months left), f < 1, and the instalment is the closed form + e rounded down. The bound
    is 5 tenge for the last of 72 instalments.
    """
    n = term - grace
    if annuity == EQUAL_PRINCIPAL or rate == 0.0:
        return [1.0] * n
    carried, bounds = 0.0, []
    for k in range(n):
        bounds.append(max(1.0, carried) + 1e-6)  # floats of 3e7 in a product of 120 factors
        carried = carried * (1.0 + rate / 12.0) + 1.0 / max(1, n - k - 1)
    return bounds


@pytest.mark.parametrize("annuity", [ANNUITY, EQUAL_PRINCIPAL])
@pytest.mark.parametrize("rate", [0.025, 0.22])
def test_an_instalment_is_the_textbook_formula_of_what_is_left(annuity: float, rate: float) -> None:
    left, monthly = 8_123_457, Fraction(rate) / 12
    for remaining in (1, 2, 11, 72, 120):
        exact = left / Fraction(remaining)
        if annuity == ANNUITY:
            exact = left * monthly / ((1 + monthly) ** remaining - 1)
        # 120 rounded multiplications; the difference (1 + r)^n − 1 loses up to three digits of them
        assert loan.instalment(float(left), remaining, rate, annuity) == pytest.approx(float(exact), rel=1e-11)


def test_an_annuity_is_one_constant_payment() -> None:
    left, rate, term = 1e7, 0.06, 84
    payments = []
    for remaining in range(term, 0, -1):
        due = loan.instalment(left, remaining, rate, ANNUITY)
        payments.append(due + left * rate / 12.0)
        left -= due
    # pmt(0.06 / 12, 84, 1e7), to the digits a spreadsheet shows
    assert payments == pytest.approx([146_085.545] * term, abs=1e-3)


@pytest.mark.parametrize("annuity", [ANNUITY, EQUAL_PRINCIPAL])
@pytest.mark.parametrize(("term", "grace"), [(84, 12), (84, 18), (30, 0)])
def test_the_service_of_all_years_is_principal_and_interest(annuity: float, term: int, grace: int) -> None:
    amount, rate = 9.3e6, 0.025
    years = [loan.service(amount, term, grace, rate, annuity, year) for year in range(1, 10)]
    _parts, interest = closed_form(int(amount), term, grace, rate, annuity)
    assert sum(years) == pytest.approx(amount + interest, rel=1e-12)
    assert years[(term + 11) // 12 :] == [0.0] * (9 - (term + 11) // 12)


def test_the_service_of_the_second_year_by_hand() -> None:
    # 7.2 M over 84 months, 12 of them grace: 0.1 M a month from month 13; interest at 1 % a month on what is left.
    left = [7.2e6 - 1e5 * k for k in range(12)]
    assert loan.service(7.2e6, 84, 12, 0.12, EQUAL_PRINCIPAL, 1) == pytest.approx(12 * 7.2e4, rel=1e-12)
    assert loan.service(7.2e6, 84, 12, 0.12, EQUAL_PRINCIPAL, 2) == pytest.approx(1.2e6 + sum(left) / 100, rel=1e-12)


def test_a_market_loan_is_a_level_annuity() -> None:
    assert loan.level_payment(1e7, 84, 0.06) == 146_085
    assert loan.level_payment(8.4e6, 84, 0.0) == 100_000
    assert loan.level_payment(0.0, 84, 0.22) == 0
