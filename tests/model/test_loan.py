from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import loan
from sim.model.state import (
    DEFAULTED,
    INTEREST,
    L_DEFAULT,
    L_FUNDED,
    L_RECOVERED,
    PRINCIPAL,
    RECOVERED,
    REPAID,
    REPAYING,
    RING,
    Fund,
    Loan,
)
from sim.parameters.records import rows
from tests.model.studies import run

RATE, TERM, GRACE = 0.12, 24, 6
EQUAL = loan.parts_of(RATE, 0.0, TERM)


def lent(amount: int) -> tuple[Any, Any]:
    debt, fund = rows(Loan, 1)[0], rows(Fund, 1)[0]
    loan.disburse(debt, amount)
    return debt, fund


def unpaid(debt: Any, month: int, months: int) -> list[tuple[int, int]]:
    """Return the unpaid interest and principal of the last months, oldest first."""
    older = [tuple(debt["older"][(month - back) % RING].tolist()) for back in range(months - 1, 0, -1)]
    return [*older, (int(debt["due_interest"]), int(debt["due_principal"]))]


def three_months_due(start: int) -> tuple[Any, Any]:
    """Let three months of 1 % on 1,200 and a tenth of it fall due, unpaid."""
    debt, fund = lent(1200)
    for age in (1, 2, 3):
        assert loan.fall_due(debt, start + age, age, 12, 0, RATE, EQUAL) == 112
    return debt, fund


@pytest.mark.parametrize("start", [0, RING - 2])  # the second one runs over the end of the ring
def test_what_falls_due_is_kept_by_month(start: int) -> None:
    debt, _fund = three_months_due(start)
    assert unpaid(debt, start + 3, 3) == [(12, 100)] * 3
    assert (loan.behind(debt), debt["not_due"], debt["outstanding"]) == (336, 900, 1200)


@pytest.mark.parametrize(
    ("cash", "left"),
    [
        (0, [(12, 100), (12, 100), (12, 100)]),
        (5, [(7, 100), (12, 100), (12, 100)]),
        (12, [(0, 100), (12, 100), (12, 100)]),
        (50, [(0, 62), (12, 100), (12, 100)]),
        (113, [(0, 0), (11, 100), (12, 100)]),
        (235, [(0, 0), (0, 0), (1, 100)]),
        (336, [(0, 0), (0, 0), (0, 0)]),
        (999, [(0, 0), (0, 0), (0, 0)]),
    ],
)
@pytest.mark.parametrize("start", [0, RING - 2])
def test_the_oldest_month_is_paid_first_and_its_interest_before_its_principal(
    start: int, cash: int, left: list[tuple[int, int]]
) -> None:
    debt, fund = three_months_due(start)
    paid = loan.pay(debt, fund, cash)
    assert paid == min(cash, 336)
    assert unpaid(debt, start + 3, 3) == left
    interest, principal = 36 - sum(i for i, _ in left), 300 - sum(p for _, p in left)
    assert (fund["interest"], fund["principal"], fund["collected"]) == (interest, principal, paid)
    assert (debt["repaid"], debt["outstanding"], loan.behind(debt)) == (principal, 1200 - principal, 336 - paid)


def test_only_interest_falls_due_during_the_grace() -> None:
    debt, _fund = lent(1200)
    for age in range(1, GRACE + 1):
        assert loan.fall_due(debt, age, age, TERM, GRACE, RATE, EQUAL) == 12
    assert loan.fall_due(debt, GRACE + 1, GRACE + 1, TERM, GRACE, RATE, EQUAL) == 12 + 1200 // (TERM - GRACE)


def test_what_is_prepaid_goes_to_dues_first_and_lowers_all_later_instalments() -> None:
    debt, fund = three_months_due(0)
    assert loan.prepay(debt, fund, 336 + 450) == 786
    assert (loan.behind(debt), debt["not_due"], debt["outstanding"]) == (0, 450, 450)
    assert (fund["interest"], fund["principal"], fund["collected"]) == (36, 750, 786)
    assert loan.fall_due(debt, 4, 4, 12, 0, RATE, EQUAL) == 4 + 450 // 9


def test_a_loan_prepaid_in_full_is_repaid_and_what_is_too_much_stays_with_the_payer() -> None:
    debt, fund = lent(1200)
    assert loan.prepay(debt, fund, 5000) == 1200
    assert (debt["state"], debt["outstanding"], fund["collected"]) == (REPAID, 0, 1200)
    assert loan.fall_due(debt, 2, 2, 12, 0, RATE, EQUAL) == 0


def test_a_loan_is_not_repaid_while_a_tenge_is_left() -> None:
    debt, fund = lent(1200)
    loan.prepay(debt, fund, 1199)
    assert debt["state"] == REPAYING


@pytest.mark.parametrize("first", [0, 7])
def test_the_age_of_the_oldest_due_counts_from_the_month_it_fell_due(first: int) -> None:
    debt, fund = lent(12_000)
    ages = []
    for month in range(first, first + RING):
        loan.fall_due(debt, month, month - first + 1, TERM, GRACE, RATE, EQUAL)
        ages.append(loan.months_behind(debt, month))
    assert ages == list(range(RING))
    loan.pay(debt, fund, 120)  # the first month's interest
    assert loan.months_behind(debt, month) == RING - 2
    loan.pay(debt, fund, int(loan.behind(debt)))
    assert loan.months_behind(debt, month) == 0


def test_a_default_calls_the_loan_and_recovery_closes_it() -> None:
    debt, fund = three_months_due(0)
    loan.pay(debt, fund, 112)
    assert loan.default(debt, 30.0) == 1100
    assert (debt["state"], debt["closes_at"], loan.behind(debt), debt["not_due"]) == (DEFAULTED, 30.0, 0, 0)
    assert unpaid(debt, 3, RING) == [(0, 0)] * RING
    assert loan.recover(debt, fund, 0.7) == 330  # 1,100 · 0.3 in floats is just above
    assert (debt["recovered"], debt["written_off"], debt["outstanding"]) == (330, 770, 0)
    assert debt["state"] == RECOVERED
    assert (fund["recovered"], fund["collected"]) == (330, 112 + 330)


@pytest.mark.parametrize("rate", [5e-324, 1e-200, 1e-16, 1e-9])
def test_an_annuity_at_next_to_no_interest_is_equal_parts(rate: float) -> None:
    assert loan.instalment(1200.0, 12, rate, 1.0) == pytest.approx(100.0, rel=1e-6)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 3_000_000)),
        st.tuples(st.just("prepay"), st.integers(0, 3_000_000)),
        st.just(("nothing", 0)),
        st.just(("default", 0)),
    ),
    max_size=40,
)


@given(
    amount=st.integers(1, 40_000_000),
    grace=st.integers(0, 12),
    term=st.integers(13, 36),
    rate=st.floats(0.0, 0.5),
    annuity=st.sampled_from([0.0, 1.0]),
    loss=st.floats(0.0, 1.0),
    steps=STEPS,
)
def test_no_tenge_is_lost_whatever_is_paid_when(
    amount: int, grace: int, term: int, rate: float, annuity: float, loss: float, steps: list[tuple[str, int]]
) -> None:
    debt, fund = lent(amount)
    parts = loan.parts_of(rate, annuity, term)
    interest_due, came_in = 0, 0
    for month, (action, cash) in enumerate(steps):
        if debt["state"] == REPAYING:
            not_due = int(debt["not_due"])
            due = loan.fall_due(debt, month, month + 1, term, grace, rate, parts)
            interest_due += due - (not_due - int(debt["not_due"]))
        if action == "default" and debt["state"] == REPAYING:
            interest_due -= int(debt["due_interest"] + debt["older"][:, INTEREST].sum())  # a called loan bears none
            assert loan.default(debt, 0.0) == debt["outstanding"]
        elif action == "default" and debt["state"] == DEFAULTED:
            came_in += loan.recover(debt, fund, loss)
        elif action in ("pay", "prepay"):
            came_in += (loan.pay if action == "pay" else loan.prepay)(debt, fund, cash)
        check_the_books(debt, fund, amount, interest_due, came_in)


def check_the_books(debt: Any, fund: Any, amount: int, interest_due: int, came_in: int) -> None:
    assert amount == debt["repaid"] + debt["recovered"] + debt["outstanding"] + debt["written_off"]
    assert debt["overdue"] == debt["older"].sum()
    if debt["state"] in (REPAYING, REPAID):
        assert debt["outstanding"] == debt["not_due"] + debt["due_principal"] + debt["older"][:, PRINCIPAL].sum()
    assert interest_due == fund["interest"] + (debt["due_interest"] + debt["older"][:, INTEREST].sum())
    assert fund["principal"] == debt["repaid"]
    assert came_in == fund["collected"] == fund["principal"] + fund["interest"] + fund["recovered"]
    assert (debt["outstanding"] == 0) == (debt["state"] in (REPAID, RECOVERED))
    for field in (
        "repaid",
        "recovered",
        "outstanding",
        "written_off",
        "not_due",
        "due_interest",
        "due_principal",
        "overdue",
        "older",
    ):
        assert np.min(debt[field]) >= 0


@pytest.mark.parametrize("months", [1, 6, 12])
def test_a_borrower_who_never_pays_defaults_so_many_months_after_the_first_due(months: int) -> None:
    # Every loan is diverted and no household answers for it: nothing is ever paid. 180 days are six months.
    silent = {"loan.diverted_share": 1.0, "loan.support_share": 0.0, "loan.strategic_per_year": 0.0}
    state = run("current", silent | {"loan.default_months": months, "loan.recovery_months": 9.0}).state
    lines = state.lines[: state.log["lines"][0]]
    funded, called, closed = (
        {int(line["who"]): float(line["time"]) for line in lines[lines["what"] == what]}
        for what in (L_FUNDED, L_DEFAULT, L_RECOVERED)
    )
    horizon = 60.0
    # The first due falls a month after the loan.
    assert called == {j: t + 1 + months for j, t in funded.items() if t + 1 + months <= horizon}
    assert closed == {j: t + 9 for j, t in called.items() if t + 9 <= horizon}
    assert len(closed) > 100
