"""The programme's money: tranches into envelopes, repayments lent again, what is left at a year's end."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Counts, Envelope, Fund
from sim.model.world import Plan
from sim.parameters.groups import Portfolio
from sim.parameters.records import FloatArray, IntArray, Rows


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
def pool(money: IntArray, wanted: IntArray) -> int:
    """Move what some instruments' queues do not want to those that want more than they have; returns tenge.

    `money` (I,) is changed; `wanted` (I,) is what the files in each queue ask for, less its money in other envelopes.
    Givers give in proportion to what they can spare, takers take in proportion to what they lack.
    """
    spare, lacking = 0, 0
    for k in range(money.shape[0]):
        spare += max(0, money[k] - max(0, wanted[k]))
        lacking += max(0, wanted[k] - money[k])
    moved = min(spare, lacking)
    to_give, to_take = moved, moved
    for k in range(money.shape[0]):
        can, lacks = max(0, money[k] - max(0, wanted[k])), max(0, wanted[k] - money[k])
        gives, takes = _in_proportion(to_give, can, spare), _in_proportion(to_take, lacks, lacking)
        money[k] += takes - gives
        spare -= can
        lacking -= lacks
        to_give -= gives
        to_take -= takes
    return moved


@kernel
def _in_proportion(left: int, mine: int, all_left: int) -> int:
    """Give one of several a share of what is left, in whole tenge, so that the others can bear the rest."""
    if mine <= 0:
        return 0
    return int(min(mine, max(math.floor(left * (mine / all_left)), left - (all_left - mine))))


@kernel
def collect_old(fund: Fund, terms: Portfolio, rate: float, m: int) -> int:
    """Let the loans of 2023-25 pay equal dues until they run out; a share is never paid. Returns tenge collected."""
    left = max(1, math.floor(terms.months_left) - m)
    due = math.floor(fund.old_left / left) if m < math.floor(terms.months_left) else fund.old_left
    paid = math.floor(due * (1.0 - terms.loss_share))
    interest = math.floor(fund.old_left * rate / 12.0 * (1.0 - terms.loss_share))
    fund.old_left -= due
    fund.old_repaid += paid
    fund.old_lost += due - paid
    fund.old_interest += interest
    fund.collected += paid + interest
    return int(paid + interest)


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
