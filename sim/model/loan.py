"""One loan: its size, what falls due, what is paid, default and recovery. All in whole nominal tenge."""

from __future__ import annotations

import math

import numpy as np

from sim.kernel import at, kernel
from sim.model.state import DEFAULTED, INTEREST, PRINCIPAL, RECOVERED, REPAID, REPAYING, RING, Fund, Loan
from sim.model.world import Person
from sim.parameters.records import FloatArray


@kernel(inline=True)
def instalment(left: float, remaining: int, rate: float, annuity: float) -> float:
    """Principal due this month, so that `left` is repaid in `remaining` months.

    Equal principal: left / remaining. Annuity: left · r / ((1 + r)^remaining − 1) with r = rate / 12, the principal
    part of the constant payment left · r / (1 − (1 + r)^−remaining); recomputing it each month gives the same
    constant payment. Written as left / (1 + (1 + r) + … + (1 + r)^(remaining − 1)), it holds for any small r.

    Returns
    -------
    float
        Tenge, not rounded.
    """
    return left / _parts(remaining, rate, annuity)


@kernel(allocates=True)
def parts_of(rate: float, annuity: float, months: int) -> FloatArray:
    """Tell what the principal left is divided by with 0 to `months` months to go, as `instalment` does."""
    parts = np.ones(months + 1)
    for remaining in range(months + 1):
        parts[remaining] = _parts(remaining, rate, annuity)
    return parts


@kernel
def _parts(remaining: int, rate: float, annuity: float) -> float:
    if remaining <= 1:
        return 1.0
    if annuity == 0.0 or rate == 0.0:
        return float(remaining)
    return _sum_of_powers(1.0 + rate / 12.0, remaining)


@kernel
def _sum_of_powers(base: float, count: int) -> float:
    """Sum 1 + base + … + base^(count − 1)."""
    total, power = 0.0, 1.0
    for _term in range(count):
        total += power
        power *= base
    return total


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
def payment(amount: float, term: int, rate: float) -> float:
    """Constant monthly payment of a market loan without grace, tenge, not rounded."""
    return instalment(amount, term, rate, 1.0) + amount * rate / 12.0


@kernel
def level_payment(amount: float, term: int, rate: float) -> int:
    """Monthly payment of a market loan without grace, whole tenge."""
    return math.floor(payment(amount, term, rate))


@kernel
def disburse(loan: Loan, amount: int) -> None:
    """Start a loan."""
    loan.state = REPAYING
    loan.principal = amount
    loan.outstanding = amount
    loan.not_due = amount


@kernel
def name_borrower(loan: Loan, person: Person, buffer: int, t: float) -> None:
    """Note whose loan it is, until when the borrower pays, and how much cash is kept for dues to come."""
    loan.buffer = buffer
    loan.instrument = person.instrument
    loan.district = person.district
    loan.stops_at = t + person.strategic_months


@kernel(inline=True)
def fall_due(loan: Loan, month: int, age: int, term: int, grace: int, rate: float, parts: FloatArray) -> int:
    """Add this month's interest and principal to the dues; returns them, tenge.

    `month` is the model's month (names the place in the ring), `age` counts months since the loan, from 1, `parts` is
    what `parts_of` returns for `term` months or more.
    """
    if loan.due_interest + loan.due_principal > 0:
        _carry_over(loan, month - 1)
    loan.due_interest = math.floor(loan.outstanding * rate / 12.0)
    loan.due_principal = 0
    if age > grace and loan.not_due > 0:
        loan.due_principal = math.floor(loan.not_due / parts[at(max(1, term - age + 1))])
    loan.not_due -= loan.due_principal
    return int(loan.due_interest + loan.due_principal)


@kernel(inline=True)
def _carry_over(loan: Loan, month: int) -> None:
    """Let what was due in a month and is unpaid be overdue."""
    if loan.overdue == 0:
        loan.oldest = month
    loan.older[month % RING, INTEREST] = loan.due_interest
    loan.older[month % RING, PRINCIPAL] = loan.due_principal
    loan.overdue += loan.due_interest + loan.due_principal


@kernel(inline=True)
def behind(loan: Loan) -> int:
    """Add up all unpaid dues, tenge."""
    return int(loan.overdue + loan.due_interest + loan.due_principal)


@kernel(inline=True)
def pay(loan: Loan, fund: Fund, cash: int) -> int:
    """Pay dues, oldest month first and in each month interest first; returns what was paid, tenge."""
    interest_due, principal_due, overdue = loan.due_interest, loan.due_principal, loan.overdue
    paid = min(cash, overdue + interest_due + principal_due)
    left = paid
    if overdue > 0:
        left -= _pay_overdue(loan, fund, min(left, overdue))
    interest = min(left, interest_due)
    principal = left - interest
    loan.due_interest = interest_due - interest
    loan.due_principal = principal_due - principal
    _repay(loan, fund, interest, principal)
    fund.collected += paid
    _close(loan)
    return int(paid)


@kernel
def _pay_overdue(loan: Loan, fund: Fund, cash: int) -> int:
    """Pay what is overdue, at least `cash`; returns it."""
    left = cash
    while left > 0:
        place = loan.oldest % RING
        interest = min(left, loan.older[place, INTEREST])
        principal = min(left - interest, loan.older[place, PRINCIPAL])
        loan.older[place, INTEREST] -= interest
        loan.older[place, PRINCIPAL] -= principal
        _repay(loan, fund, interest, principal)
        left -= interest + principal
        loan.overdue -= interest + principal
        _forget_settled(loan)
    if loan.overdue == 0:
        loan.arrears_months = 0
    return cash


@kernel
def _forget_settled(loan: Loan) -> None:
    """Let the oldest month that is overdue be one in which something is unpaid."""
    place = loan.oldest % RING
    while loan.overdue > 0 and loan.older[place, INTEREST] == 0 and loan.older[place, PRINCIPAL] == 0:
        loan.oldest += 1
        place = loan.oldest % RING


@kernel
def prepay(loan: Loan, fund: Fund, cash: int) -> int:
    """Pay dues, then principal that is not yet due; returns what was paid, tenge."""
    paid = pay(loan, fund, cash)
    early = min(cash - paid, loan.not_due)
    loan.not_due -= early
    fund.collected += early
    _repay(loan, fund, 0, early)
    _close(loan)
    return int(paid + early)


@kernel(inline=True)
def _repay(loan: Loan, fund: Fund, interest: int, principal: int) -> None:
    loan.repaid += principal
    loan.outstanding -= principal
    fund.interest += interest
    fund.principal += principal


@kernel(inline=True)
def _close(loan: Loan) -> None:
    """Close a loan of which nothing is owed any more, interest included."""
    if loan.outstanding == 0 and loan.state == REPAYING and behind(loan) == 0:
        loan.state = REPAID


@kernel(inline=True)
def months_behind(loan: Loan, month: int) -> int:
    """Age of the oldest unpaid due in months: 0 = nothing unpaid or due this month only."""
    return int(month - loan.oldest) if loan.overdue > 0 else 0


@kernel
def default(loan: Loan, closes_at: float) -> int:
    """Call the whole loan: no more dues, the collateral will be realised; returns the principal owed, tenge."""
    loan.state = DEFAULTED
    loan.closes_at = closes_at
    loan.due_interest = 0
    loan.due_principal = 0
    loan.overdue = 0
    loan.not_due = 0
    for place in range(RING):
        loan.older[place, INTEREST] = 0
        loan.older[place, PRINCIPAL] = 0
    return int(loan.outstanding)


@kernel
def recover(loan: Loan, fund: Fund, loss: float) -> int:
    """Realise the collateral and write the rest off; returns what came in, tenge."""
    back = math.floor(loan.outstanding * (1.0 - loss))
    loan.recovered += back
    loan.written_off += loan.outstanding - back
    loan.outstanding = 0
    loan.state = RECOVERED
    fund.recovered += back
    fund.collected += back
    return back
