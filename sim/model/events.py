"""Every event of the calendar: its rank, and what it does to the state.

An event is (time, rank, entity), unique and totally ordered. What closes a period comes before what opens the next.
"""

from __future__ import annotations

import math

from sim.kernel import at, fetch, kernel
from sim.model import (
    candidate,
    enterprise,
    fund,
    herd,
    loan,
    produce,
    stocktaking,
    supply,
    water,
)
from sim.model.lists import enlist
from sim.model.state import (
    AHEAD,
    APPROVED,
    BUILDING,
    DEBTS,
    DEFAULTED,
    DIVERTED,
    L_APPROVED,
    L_BUILT,
    L_CLOSED,
    L_CREW,
    L_DIVERTED,
    L_FUNDED,
    L_LAPSED,
    L_OPERATING,
    L_OWN,
    L_POOLED,
    L_REJECTED,
    L_RELENT,
    L_REOPENED,
    L_RETURNED,
    L_SEIZED,
    L_STOCK,
    L_TRANCHE,
    L_WITHDRAWN,
    L_YEAR,
    LOAN,
    OPERATING,
    OWN,
    PROJECTS,
    RECOVERED,
    REJECTED,
    SEIZED,
    STOCKING,
    File,
    Line,
    Log,
    State,
    note,
)
from sim.model.world import CAPACITY, HERD, IRRIGATION, LAPSE, PLANT, POOL, Plan, Structure, World
from sim.parameters.groups import Instrument, Parameters, Stock
from sim.parameters.records import Rows

# Ranks: what happens first at equal time.
(MONTH, YEAR_END, CREWS_RESIZED, STOCK_GRANTED, CREW_GRANTED, CLOSURE, TRANCHE, SUPPLY, BUILT, STOCKED, COMMITTEE,
 END) = range(12)  # fmt: skip

DECEMBER, MARCH = 11, 2  # crews shrink on 1 December and are back on 1 March


@kernel
def year_of(t: float, structure: Structure) -> int:
    """Year (from 0) that a decision at t belongs to."""
    return min(math.floor(t / 12.0), structure.years - 1)


@kernel
def tranche(s: State, plan: Plan, structure: Structure, t: float) -> None:
    """Release a quarter's money; in January last year's repayments too, or what is left goes back."""
    year = year_of(t, structure)
    quarter = math.floor((t - 12.0 * year) / 3.0 + 0.5)
    lending = t < structure.lend_months
    if quarter == 0:
        if lending and plan.revolving == 1:
            note(s.log, s.lines, t, L_RELENT, year, float(fund.relend(s.fund[0], s.envelopes, plan, year)))
        else:
            note(s.log, s.lines, t, L_RETURNED, year, float(fund.give_back(s.fund[0], s.envelopes)))
        if not lending:
            lapsed = fund.lapse(s.fund[0], s.envelopes, s.counts, year, structure.years)
            note(s.log, s.lines, t, L_LAPSED, year, float(lapsed))
    amount = fund.release(s.fund[0], s.envelopes, s.counts, plan, year, quarter)
    note(s.log, s.lines, t, L_TRANCHE, quarter, float(amount))


@kernel
def year_end(s: State, w: World, p: Parameters, plan: Plan, structure: Structure, t: float) -> None:
    """Close the year that ends at t: what becomes of unspent money, and what there is."""
    year = math.floor((t - 1.0) / 12.0)
    note(s.log, s.lines, t, L_YEAR, year, 0.0)
    if plan.unspent == LAPSE:
        lapsed = fund.lapse(s.fund[0], s.envelopes, s.counts, year, structure.years)
        note(s.log, s.lines, t, L_LAPSED, year, float(lapsed))
    elif plan.unspent == POOL and t < structure.lend_months:
        note(s.log, s.lines, t, L_POOLED, year, float(_pool(s, w, p, year_of(t, structure), t)))
    stocktaking.take(s, w, p, structure, year)


@kernel(inline=True)
def _pool(s: State, w: World, p: Parameters, year: int, t: float) -> int:
    """Move money to the envelopes whose queues want more than they hold; tranche money first. Returns tenge.

    What files want is reckoned by the caps of `year`, the one that begins: the next meeting pays by them.
    """
    tranche, relent, lack_tranche, lack_relent = s.pooling[0], s.pooling[1], s.pooling[2], s.pooling[3]
    for k in range(s.envelopes.shape[0]):
        wanted = 0
        for place in range(s.queues[k].head, s.queues[k].tail):
            j = s.waiting[k, place]
            if s.files[j].status == APPROVED:
                wanted += amount_of(w, p, j, year, t)
        tranche[k] = s.envelopes[k].tranche
        relent[k] = s.envelopes[k].relent
        lack_tranche[k] = wanted - relent[k]
        lack_relent[k] = wanted
    moved = fund.pool(tranche, lack_tranche)
    for k in range(s.envelopes.shape[0]):
        lack_relent[k] -= tranche[k]
    moved += fund.pool(relent, lack_relent)
    for k in range(s.envelopes.shape[0]):
        s.envelopes[k].tranche = tranche[k]
        s.envelopes[k].relent = relent[k]
    return moved


@kernel
def committee(s: State, w: World, p: Parameters, structure: Structure, plan: Plan, t: float) -> None:
    """Hold a monthly meeting: withdrawals, appraisals, loans, then those who build with own money.

    Who starts stands in `starts`, ordered by (due, entity): a borrower is due at arrival, own money when ready.
    """
    s.desk[0].starts = 0
    year = year_of(t, structure)
    _withdraw(s, w, t)
    if t < structure.lend_months:
        _appraise(s, w, p, structure, plan, year, t)
        for k in range(structure.kind.shape[0]):
            _fund_queue(s, w, p, structure, plan, k, year, t)
    while True:
        j = candidate.next_own(s.files, w.person, w.own_order, s.desk[0], t)
        if j < 0:
            break
        person, file = w.person[j], s.files[j]
        if file.status == APPROVED:
            note(s.log, s.lines, t, L_WITHDRAWN, j, t - person.arrival)
        file.status = BUILDING
        scale = person.relative_size * p.own_money[0].scale
        candidate.start(file, s.desk[0], s.starts, s.due, j, person.own_due, OWN, scale, t)
        s.counts[person.instrument * structure.years + year].own_money += 1
        cost = p.instrument[person.instrument].cost_mln_kzt * 1e6 * scale
        s.flows[year * w.base.shape[0] + person.district].invested += cost
        note(s.log, s.lines, t, L_OWN, j, scale)


@kernel(inline=True)
def _withdraw(s: State, w: World, t: float) -> None:
    """Let go whose patience has ended; the queues close up, so that nobody who left is looked at again."""
    for k in range(s.queues.shape[0]):
        queue, waiting = s.queues[k], s.waiting[k]
        stay = 0
        for place in range(queue.head, queue.tail):
            ahead = waiting[at(min(place + AHEAD, queue.tail - 1))]
            fetch(s.files, ahead, 1)
            fetch(w.person, ahead, 1)
            j = waiting[at(place)]
            file, person = s.files[at(j)], w.person[at(j)]
            if candidate.gives_up(file, person, t):
                note(s.log, s.lines, t, L_WITHDRAWN, j, t - person.arrival)
            elif file.status == APPROVED:
                waiting[at(stay)] = j
                stay += 1
        queue.head, queue.tail = 0, stay


@kernel(inline=True)
def _appraise(s: State, w: World, p: Parameters, structure: Structure, plan: Plan, year: int, t: float) -> None:
    room = int(p.committee[0].files_per_month)
    while room > 0:
        j = candidate.next_file(s.files, s.queues, w.person, structure.first, plan.opened[year], t)
        if j < 0:
            return
        person, file = w.person[j], s.files[j]
        k = person.instrument
        s.queues[k].seen = j + 1
        s.counts[k * structure.years + year].applied += 1
        if candidate.gives_up(file, person, t):
            note(s.log, s.lines, t, L_WITHDRAWN, j, t - person.arrival)
            continue
        room -= 1
        seen = _cover(w, p, j, year, t) * person.judged
        if seen >= p.committee[0].cutoff_dscr:
            candidate.approve(file, s.queues[k], s.waiting[k], j, seen, t)
            s.counts[k * structure.years + year].approved += 1
            note(s.log, s.lines, t, L_APPROVED, j, seen)
        else:
            file.status = REJECTED
            note(s.log, s.lines, t, L_REJECTED, j, seen)


@kernel(inline=True)
def _cost(w: World, p: Parameters, j: int, t: float) -> float:
    """Cost of the project a file asks a loan for, nominal tenge."""
    person = w.person[j]
    return float(p.instrument[person.instrument].cost_mln_kzt * 1e6 * person.relative_size * w.cpi[math.floor(t)])


@kernel(inline=True)
def amount_of(w: World, p: Parameters, j: int, year: int, t: float) -> int:
    """Loan that a file asks for, at most the cap of its kind, whole nominal tenge."""
    person = w.person[j]
    terms = p.instrument[person.instrument]
    cap = p.loan[0].cap_large_mrp if terms.large_cap == 1.0 else p.loan[0].cap_ordinary_mrp
    wanted = terms.loan_mln_kzt * 1e6 * person.relative_size * w.cpi[math.floor(t)]
    return math.floor(min(float(wanted), float(cap * w.mrp[year])))


@kernel(inline=True)
def _cover(w: World, p: Parameters, j: int, year: int, t: float) -> float:
    """Debt-service cover in the first year that is all after the grace, before the committee's error.

    (expected sales · skill − expected outlay − part of the drawings) / dues of the loan and other debt; an expected
    refund lowers the loan. Where animals back the loan, a year's part of what they would fetch counts as cash.
    Infinite where nothing falls due.
    """
    person = w.person[j]
    terms = p.instrument[person.instrument]
    amount, cost = float(amount_of(w, p, j, year, t)), _cost(w, p, j, t)
    expected = w.expected[person.instrument]
    dues = max(0.0, amount - terms.refund_share * cost) * expected.loan_due
    dues += max(0.0, cost - amount) * terms.other_debt_share * expected.other_due
    drawings = p.labour[0].drawings_share * p.labour[0].wage_kzt_month * 12.0 * terms.own_fte
    cash = expected.revenue * person.skill - expected.outlay - p.committee[0].drawings_counted * drawings
    cash += terms.stock_backing * terms.animal_cost_share * terms.cost_mln_kzt * 1e6 * 12.0 / terms.term_months
    if dues <= 0.0:
        return math.inf
    return float(max(0.0, person.relative_size * cash * w.cpi[math.floor(t)] / dues))


@kernel(inline=True)
def _fund_queue(
    s: State, w: World, p: Parameters, structure: Structure, plan: Plan, k: int, year: int, t: float
) -> None:
    """Pay out an instrument's approved files in their order, as long as its envelope holds the whole loan."""
    terms, counts = p.instrument[k], s.counts[k * structure.years + year]
    cpi = w.cpi[math.floor(t)]
    while True:
        j = candidate.head(s.files, w.person, s.queues[k], s.waiting[k], plan.merit, s.lent, w.base, t)
        if j < 0:
            return
        amount = amount_of(w, p, j, year, t)
        if not fund.pay_out(s.fund[0], s.envelopes[k], amount):
            return
        counts.funded += 1
        counts.disbursed_kzt += amount
        note(s.log, s.lines, t, L_FUNDED, j, float(amount))
        file, debt, person = s.files[j], s.loans[j], w.person[j]
        loan.disburse(debt, amount)
        usual = amount / max(1.0, terms.term_months - terms.grace_months)
        loan.name_borrower(debt, person, math.floor(p.loan[0].buffer_months * usual), t)
        enlist(s.roll[DEBTS], s.newcomers[DEBTS], j)
        s.lent[person.district] += amount
        s.years[year].lent += amount / cpi
        s.years[year].granted += w.expected[k].gift * amount / cpi
        gap = max(0.0, _cost(w, p, j, t) - amount)
        other = math.floor(gap * terms.other_debt_share)
        debt.other_due = math.floor(other * w.expected[k].other_payment)
        debt.other_interest = debt.other_due - math.floor(other / int(terms.term_months))
        if person.diverted == 1:
            file.status = DIVERTED
            file.finance = LOAN
            file.funded_at = t
            note(s.log, s.lines, t, L_DIVERTED, j, float(amount))
        else:
            file.status = BUILDING
            candidate.start(file, s.desk[0], s.starts, s.due, j, person.arrival, LOAN, person.relative_size, t)
            invested = terms.cost_mln_kzt * 1e6 * person.relative_size
            s.flows[year * w.base.shape[0] + person.district].invested += invested
            s.years[year].private += gap / cpi


@kernel
def crew_granted(log: Rows[Log], lines: Rows[Line], w: World, j: int, t: float) -> float:
    """Begin to build; returns when it is done."""
    note(log, lines, t, L_CREW, j, w.person[j].build_months)
    return float(t + w.person[j].build_months)


@kernel
def built(s: State, w: World, j: int, t: float) -> None:
    """Finish the building."""
    s.files[j].status = STOCKING
    enterprise.build(s.work[j], w.person[j], s.files[j].scale)
    enlist(s.roll[PROJECTS], s.newcomers[PROJECTS], j)
    note(s.log, s.lines, t, L_BUILT, j, 0.0)


@kernel
def order_of(file: File, terms: Instrument, market: Stock) -> float:
    """Breeding stock that a herd project asks for, head; never more than the market can hold."""
    return float(min(supply.order(terms.heads, file.scale), math.floor(market.market_heads)))


@kernel
def stock_granted(
    s: State, w: World, p: Parameters, structure: Structure, j: int, heads: float, waiting: float, t: float
) -> float:
    """Buy the breeding stock at the price of the day; returns when it has settled in.

    `waiting` is the head that others still wait for. What it costs beyond the base price is paid out of the first
    earnings; neighbours who sell earn the price.
    """
    person, debt = w.person[j], s.loans[j]
    k, d = person.instrument, person.district
    species, terms, market = structure.species[k], p.instrument[k], p.stock[structure.stock[k]]
    dearer = supply.price_factor(waiting, market.supply_heads_month, market.price_rise, market.price_rise_max)
    kept = p.herd[species].kept_share
    local = herd.buy(s.work[j].herd, s.herds[d, species], heads, heads * terms.local_share, kept, s.animals[species])
    s.kept[d, species] += local
    year, extra = year_of(t, structure), heads * terms.head_price_kzt * (dearer - 1.0)
    flows = s.flows[year * w.base.shape[0] + d]
    flows.herd_income += local * terms.head_price_kzt * dearer
    flows.invested += extra
    if s.files[j].finance == LOAN:
        s.years[year].private += extra
    debt.overrun += math.floor(extra * w.cpi[math.floor(t)])
    note(s.log, s.lines, t, L_STOCK, j, heads)
    return float(t + person.settle_months)


@kernel
def operate(s: State, w: World, p: Parameters, structure: Structure, j: int, t: float) -> None:
    """Commission a project: it works from the next month on. One whose loan has failed meanwhile is seized."""
    person, file, debt, work = w.person[j], s.files[j], s.loans[j], s.work[j]
    k, d = person.instrument, person.district
    species = structure.species[k]
    file.operating_at = t
    if debt.state == DEFAULTED or debt.state == RECOVERED:
        file.status = SEIZED
        note(s.log, s.lines, t, L_SEIZED, j, file.scale)
        if structure.kind[k] == HERD:
            herd.hand_over(work.herd, s.herds[d, species])
        return
    file.status = OPERATING
    if file.finance == LOAN:
        s.counts[k * structure.years + year_of(t, structure)].commissioned += 1
    enterprise.commission(work, t)
    if structure.kind[k] == PLANT:
        enterprise.begin(s.plants[structure.plant[j]], t)
    elif structure.kind[k] == CAPACITY and species >= 0:
        flows = s.flows[year_of(t, structure) * w.base.shape[0] + d]
        scale = file.scale * p.instrument[k].ramp_start
        produce.stock_up(work, p.instrument[k], p.herd[species], s.herds[d, species], scale, s.farm[species], flows)
    elif structure.kind[k] == IRRIGATION:
        work.output = water.convert(s.land[d], file.scale * p.instrument[k].ha, w.base[d].irrigated)
        if file.finance == LOAN:
            debt.refund_at = t + person.refund_months
        else:
            cost = p.instrument[k].cost_mln_kzt * 1e6 * file.scale
            s.years[year_of(t, structure)].refunded += cost * p.instrument[k].refund_share
    note(s.log, s.lines, t, L_OPERATING, j, file.scale)


@kernel
def closure(s: State, w: World, row: int, j: int, t: float) -> float:
    """Close an open plant or open a closed one; returns when it changes next.

    `j` is the project that the plant is of, -1 for a base plant; once a project has ended, nothing changes (inf).
    """
    if j >= 0 and s.files[j].status != OPERATING:
        return math.inf
    plant = s.plants[row]
    again = enterprise.toggle(plant, w.closure_months[row], t)
    note(s.log, s.lines, t, L_REOPENED if plant.open == 1 else L_CLOSED, row, 0.0)
    return again
