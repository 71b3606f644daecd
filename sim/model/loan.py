"""One loan: its size, what falls due, what is paid, default and recovery. All in whole nominal tenge."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import (
    DEFAULTED,
    INTEREST,
    PRINCIPAL,
    RECOVERED,
    RECOVERIES,
    REPAID,
    REPAYING,
    RING,
    Fund,
    Loans,
)


@kernel
def instalment(left: float, remaining: int, rate: float, annuity: float) -> float:
    """Principal due this month, so that `left` is repaid in `remaining` months.

    Equal principal: left / remaining. Annuity: left · r / ((1 + r)^remaining − 1) with r = rate / 12, the principal
    part of the constant payment left · r / (1 − (1 + r)^−remaining); recomputing it each month gives the same
    constant payment.

    Returns
    -------
    float
        Tenge, not rounded.
    """
    if remaining <= 1:
        return left
    if annuity == 0.0 or rate == 0.0:
        return left / remaining
    growth = 1.0
    for _ in range(remaining):
        growth *= 1.0 + rate / 12.0
    return left * (rate / 12.0) / (growth - 1.0)


@kernel
def service(amount: float, term: int, grace: int, rate: float, annuity: float, year: int) -> float:
    """Interest and principal that fall due in one year of a loan (year 1 is the first), tenge."""
    total = 0.0
    left = amount
    for month in range(1, 12 * year + 1):
        due = instalment(left, term - month + 1, rate, annuity) if grace < month <= term else 0.0
        if month > 12 * (year - 1):
            total += due + left * rate / 12.0
        left -= due
    return total


@kernel
def level_payment(amount: float, term: int, rate: float) -> int:
    """Monthly payment of a market loan without grace, tenge."""
    return int(math.floor(instalment(amount, term, rate, 1.0) + amount * rate / 12.0))


@kernel
def disburse(loans: Loans, j: int, amount: int) -> None:
    """Start a loan."""
    loans.state[j] = REPAYING
    loans.principal[j] = amount
    loans.outstanding[j] = amount
    loans.not_due[j] = amount


@kernel
def fall_due(loans: Loans, j: int, month: int, age: int, term: int, grace: int, rate: float, annuity: float) -> int:
    """Add this month's interest and principal to the dues; returns them, tenge.

    `month` is the model's month (names the place in the ring), `age` counts months since the loan, from 1.
    """
    interest = int(math.floor(loans.outstanding[j] * rate / 12.0))
    due = 0
    if age > grace and loans.not_due[j] > 0:
        due = int(math.floor(instalment(float(loans.not_due[j]), term - age + 1, rate, annuity)))
    place = month % RING
    loans.due_interest[j, place] += interest
    loans.due_principal[j, place] += due
    loans.not_due[j] -= due
    loans.behind[j] += interest + due
    return interest + due


@kernel
def pay(loans: Loans, fund: Fund, j: int, month: int, cash: int) -> int:
    """Pay dues, oldest month first and in each month interest first; returns what was paid, tenge."""
    left = min(cash, loans.behind[j])
    paid = left
    for back in range(RING - 1, -1, -1):
        if left <= 0:
            break
        place = (month - back) % RING
        interest = min(left, loans.due_interest[j, place])
        loans.due_interest[j, place] -= interest
        fund.book[INTEREST] += interest
        left -= interest
        principal = min(left, loans.due_principal[j, place])
        loans.due_principal[j, place] -= principal
        left -= principal
        _repay(loans, fund, j, principal)
    loans.behind[j] -= paid
    fund.collected[0] += paid
    return int(paid)


@kernel
def prepay(loans: Loans, fund: Fund, j: int, month: int, cash: int) -> int:
    """Pay dues, then principal that is not yet due; returns what was paid, tenge."""
    paid = pay(loans, fund, j, month, cash)
    early = min(cash - paid, loans.not_due[j])
    loans.not_due[j] -= early
    fund.collected[0] += early
    _repay(loans, fund, j, early)
    return int(paid + early)


@kernel
def _repay(loans: Loans, fund: Fund, j: int, principal: int) -> None:
    loans.repaid[j] += principal
    loans.outstanding[j] -= principal
    fund.book[PRINCIPAL] += principal
    if loans.outstanding[j] == 0 and loans.state[j] == REPAYING:
        loans.state[j] = REPAID


@kernel
def months_behind(loans: Loans, j: int, month: int) -> int:
    """Age of the oldest unpaid due in months: 0 = nothing unpaid or due this month only."""
    if loans.behind[j] > 0:
        for back in range(RING - 1, 0, -1):
            place = (month - back) % RING
            if loans.due_interest[j, place] + loans.due_principal[j, place] > 0:
                return back
    return 0


@kernel
def default(loans: Loans, j: int, closes_at: float) -> int:
    """Call the whole loan: no more dues, the collateral will be realised; returns the principal lost so far."""
    loans.state[j] = DEFAULTED
    loans.closes_at[j] = closes_at
    loans.behind[j] = 0
    loans.not_due[j] = 0
    for place in range(RING):
        loans.due_interest[j, place] = 0
        loans.due_principal[j, place] = 0
    return int(loans.outstanding[j])


@kernel
def recover(loans: Loans, fund: Fund, j: int, loss: float) -> int:
    """Realise the collateral and write the rest off; returns what came in, tenge."""
    back = int(math.floor(loans.outstanding[j] * (1.0 - loss)))
    loans.recovered[j] += back
    loans.written_off[j] += loans.outstanding[j] - back
    loans.outstanding[j] = 0
    loans.state[j] = RECOVERED
    fund.book[RECOVERIES] += back
    fund.collected[0] += back
    return back
