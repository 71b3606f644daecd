"""The programme's money: tranches into envelopes, repayments lent again, what is left at a year's end."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import (
    C_LAPSED,
    C_PLANNED,
    DISBURSED,
    LAPSED,
    RETURNED,
    TRANCHES,
    FloatArray,
    Fund,
    IntArray,
    Plan,
    Report,
)


@kernel
def part(total: int, upto: FloatArray, k: int) -> int:
    """Give instrument k's part of a sum in whole tenge; the parts add up to the sum exactly."""
    before = upto[k - 1] if k > 0 else 0.0
    return int(math.floor(total * upto[k]) - math.floor(total * before))


@kernel
def release(fund: Fund, report: Report, plan: Plan, year: int, quarter: int) -> int:
    """Release a quarter of the year's tranche into the envelopes; returns tenge."""
    total = plan.tranche[year]
    amount = int(math.floor(total * ((quarter + 1) / 4.0)) - math.floor(total * (quarter / 4.0)))
    for k in range(fund.tranche.shape[0]):
        share = part(amount, plan.upto[year], k)
        fund.tranche[k] += share
        report.table[k, year, C_PLANNED] += share
    fund.book[TRANCHES] += amount
    return amount


@kernel
def relend(fund: Fund, plan: Plan, year: int) -> int:
    """Put last year's repayments into the envelopes if the plan revolves; returns tenge."""
    amount = fund.collected[0] if plan.revolving == 1 else 0
    for k in range(fund.relent.shape[0]):
        fund.relent[k] += part(amount, plan.upto[year], k)
    fund.collected[0] -= amount
    return int(amount)


@kernel
def give_back(fund: Fund) -> int:
    """Return repayments that are not lent again to the budget; returns tenge."""
    amount = fund.collected[0]
    fund.collected[0] = 0
    for k in range(fund.relent.shape[0]):
        amount += fund.relent[k]
        fund.relent[k] = 0
    fund.book[RETURNED] += amount
    return int(amount)


@kernel
def pay_out(fund: Fund, k: int, amount: int) -> bool:
    """Take a whole loan from an envelope, tranche money first; says whether it holds so much."""
    if fund.tranche[k] + fund.relent[k] < amount:
        return False
    first = min(fund.tranche[k], amount)
    fund.tranche[k] -= first
    fund.relent[k] -= amount - first
    fund.book[DISBURSED] += amount
    return True


@kernel
def lapse(fund: Fund, table: IntArray, year: int) -> int:
    """Take unspent tranche money back into the budget; returns tenge."""
    total = 0
    for k in range(fund.tranche.shape[0]):
        total += fund.tranche[k]
        table[k, year, C_LAPSED] += fund.tranche[k]
        fund.tranche[k] = 0
    fund.book[LAPSED] += total
    return int(total)
