"""The programme's money: tranches into envelopes, repayments lent again, what is left at a year's end."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Counts, Envelope, Fund
from sim.model.world import Plan
from sim.parameters.records import FloatArray, Rows


@kernel
def part(total: int, upto: FloatArray, k: int) -> int:
    """Give instrument k's part of a sum in whole tenge; the parts add up to the sum exactly."""
    before = upto[k - 1] if k > 0 else 0.0
    return int(math.floor(total * upto[k]) - math.floor(total * before))


@kernel
def release(fund: Fund, envelopes: Rows[Envelope], counts: Rows[Counts], plan: Plan, year: int, quarter: int) -> int:
    """Release a quarter of the year's tranche into the envelopes; returns tenge."""
    total = plan.tranche[year]
    years = plan.tranche.shape[0]
    amount = int(math.floor(total * ((quarter + 1) / 4.0)) - math.floor(total * (quarter / 4.0)))
    for k in range(envelopes.shape[0]):
        share = part(amount, plan.upto[year], k)
        envelopes[k].tranche += share
        counts[k * years + year].planned_kzt += share
    fund.tranches += amount
    return amount


@kernel
def relend(fund: Fund, envelopes: Rows[Envelope], plan: Plan, year: int) -> int:
    """Put last year's repayments into the envelopes; returns tenge."""
    amount = fund.collected
    for k in range(envelopes.shape[0]):
        envelopes[k].relent += part(amount, plan.upto[year], k)
    fund.collected = 0
    return int(amount)


@kernel
def give_back(fund: Fund, envelopes: Rows[Envelope]) -> int:
    """Return repayments that are not lent again to the budget; returns tenge."""
    amount = fund.collected
    fund.collected = 0
    for k in range(envelopes.shape[0]):
        amount += envelopes[k].relent
        envelopes[k].relent = 0
    fund.returned += amount
    return int(amount)


@kernel
def pay_out(fund: Fund, envelope: Envelope, amount: int) -> bool:
    """Take a whole loan from an envelope, tranche money first; says whether it holds so much."""
    if envelope.tranche + envelope.relent < amount:
        return False
    first = min(envelope.tranche, amount)
    envelope.tranche -= first
    envelope.relent -= amount - first
    fund.disbursed += amount
    return True


@kernel
def lapse(fund: Fund, envelopes: Rows[Envelope], counts: Rows[Counts], year: int, years: int) -> int:
    """Take unspent tranche money back into the budget; returns tenge."""
    total = 0
    for k in range(envelopes.shape[0]):
        total += envelopes[k].tranche
        counts[k * years + year].lapsed_kzt += envelopes[k].tranche
        envelopes[k].tranche = 0
    fund.lapsed += total
    return int(total)
