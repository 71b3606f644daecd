"""One loan: its size, what falls due, what is paid, default and recovery. All in whole nominal tenge."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import DEFAULTED, INTEREST, PRINCIPAL, RECOVERED, REPAID, REPAYING, RING, Fund, Loan
from sim.model.world import Person


@kernel
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
    if remaining <= 1:
        return left
    if annuity == 0.0 or rate == 0.0:
        return left / remaining
    growth, total = 1.0, 0.0
    for _month in range(remaining):
        total += growth
        growth *= 1.0 + rate / 12.0
    return left / total


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
def name_borrower(loan: Loan, person: Person, t: float) -> None:
    """Note whose loan it is, since when, and until when the borrower pays."""
    loan.instrument = person.instrument
    loan.district = person.district
    loan.since = t
    loan.stops_at = t + person.strategic_months


@kernel
def fall_due(loan: Loan, month: int, age: int, term: int, grace: int, rate: float, annuity: float) -> int:
    """Add this month's interest and principal to the dues; returns them, tenge.

    `month` is the model's month (names the place in the ring), `age` counts months since the loan, from 1.
    """
    interest = math.floor(loan.outstanding * rate / 12.0)
    due = 0
    if age > grace and loan.not_due > 0:
        due = math.floor(instalment(float(loan.not_due), term - age + 1, rate, annuity))
    if loan.behind == 0:
        loan.oldest = month
    place = month % RING
    loan.due[place, INTEREST] += interest
    loan.due[place, PRINCIPAL] += due
    loan.not_due -= due
    loan.behind += interest + due
    return interest + due


@kernel
def pay(loan: Loan, fund: Fund, cash: int) -> int:
    """Pay dues, oldest month first and in each month interest first; returns what was paid, tenge."""
    paid = min(cash, loan.behind)
    left = paid
    fund.collected += paid
    while left > 0:
        place = loan.oldest % RING
        interest = min(left, loan.due[place, INTEREST])
        principal = min(left - interest, loan.due[place, PRINCIPAL])
        loan.due[place, INTEREST] -= interest
        loan.due[place, PRINCIPAL] -= principal
        fund.interest += interest
        _repay(loan, fund, principal)
        left -= interest + principal
        loan.behind -= interest + principal
        _forget_settled(loan)
    _close(loan)
    return int(paid)


@kernel
def _forget_settled(loan: Loan) -> None:
    """Let the oldest unpaid month be one in which something is unpaid."""
    place = loan.oldest % RING
    while loan.behind > 0 and loan.due[place, INTEREST] == 0 and loan.due[place, PRINCIPAL] == 0:
        loan.oldest += 1
        place = loan.oldest % RING


@kernel
def prepay(loan: Loan, fund: Fund, cash: int) -> int:
    """Pay dues, then principal that is not yet due; returns what was paid, tenge."""
    paid = pay(loan, fund, cash)
    early = min(cash - paid, loan.not_due)
    loan.not_due -= early
    fund.collected += early
    _repay(loan, fund, early)
    _close(loan)
    return int(paid + early)


@kernel
def _repay(loan: Loan, fund: Fund, principal: int) -> None:
    loan.repaid += principal
    loan.outstanding -= principal
    fund.principal += principal


@kernel
def _close(loan: Loan) -> None:
    """Close a loan of which nothing is owed any more, interest included."""
    if loan.state == REPAYING and loan.outstanding == 0 and loan.behind == 0:
        loan.state = REPAID


@kernel
def months_behind(loan: Loan, month: int) -> int:
    """Age of the oldest unpaid due in months: 0 = nothing unpaid or due this month only."""
    return int(month - loan.oldest) if loan.behind > 0 else 0


@kernel
def default(loan: Loan, closes_at: float) -> int:
    """Call the whole loan: no more dues, the collateral will be realised; returns the principal owed, tenge."""
    loan.state = DEFAULTED
    loan.closes_at = closes_at
    loan.behind = 0
    loan.not_due = 0
    for place in range(RING):
        loan.due[place, INTEREST] = 0
        loan.due[place, PRINCIPAL] = 0
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
