"""Every event of the calendar: its rank, and what it does to the state.

An event is (time, rank, entity), unique and totally ordered. What closes a period comes before what opens the next.
"""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import candidate, enterprise, fund, herd, loan, supply, water
from sim.model.state import (
    APPROVED,
    BUILDING,
    C_APPLIED,
    C_APPROVED,
    C_DISBURSED,
    C_FUNDED,
    C_OPERATING,
    C_OWN,
    DEFAULTED,
    DIVERTED,
    F_COWS,
    F_SAVING,
    FEMALE,
    HERD,
    IRRIGATION,
    L_APPROVED,
    L_BUILT,
    L_CLOSED,
    L_CREW,
    L_DIVERTED,
    L_FUNDED,
    L_LAPSED,
    L_OPERATING,
    L_OWN,
    L_REJECTED,
    L_RELENT,
    L_REOPENED,
    L_RETURNED,
    L_STOCK,
    L_TRANCHE,
    L_WITHDRAWN,
    L_YEAR,
    LOAN,
    OPERATING,
    OWN,
    PLANT,
    RECOVERED,
    REJECTED,
    SEIZED,
    STOCKING,
    Enterprises,
    Files,
    Herds,
    Loans,
    Log,
    Plan,
    State,
    Structure,
    Supply,
    World,
    note,
)
from sim.model.state import Water as WaterState
from sim.parameters.groups import Parameters

# Ranks: what happens first at equal time.
(MONTH, YEAR_END, CREWS_RESIZED, STOCK_GRANTED, CREW_GRANTED, CLOSURE, TRANCHE, SUPPLY, BUILT, STOCKED, COMMITTEE,
 END) = range(12)  # fmt: skip

DECEMBER, MARCH = 11, 2  # crews shrink on 1 December and are back on 1 March


@kernel
def year_of(t: float, structure: Structure) -> int:
    """Year (from 0) that a decision at t belongs to."""
    return min(int(math.floor(t / 12.0)), structure.years - 1)


@kernel
def tranche(s: State, plan: Plan, structure: Structure, t: float) -> None:
    """Release a quarter's money; in January last year's repayments too."""
    year = year_of(t, structure)
    quarter = int(math.floor((t - 12.0 * year) / 3.0 + 0.5))
    if quarter == 0:
        if t < structure.lend_months and plan.revolving == 1:
            note(s.log, t, L_RELENT, year, float(fund.relend(s.fund, plan, year)))
        else:
            note(s.log, t, L_RETURNED, year, float(fund.give_back(s.fund)))
        if t >= structure.lend_months:
            note(s.log, t, L_LAPSED, year - 1, float(fund.lapse(s.fund, s.report.table, year - 1)))
    amount = fund.release(s.fund, s.report, plan, year, quarter)
    note(s.log, t, L_TRANCHE, quarter, float(amount))


@kernel
def year_end(s: State, w: World, plan: Plan, structure: Structure, t: float) -> None:
    """Close the year that ends at t: lapse unspent money if the plan says so, and count what there is."""
    year = int(math.floor((t - 1.0) / 12.0))
    note(s.log, t, L_YEAR, year, 0.0)
    if plan.lapse == 1:
        note(s.log, t, L_LAPSED, year, float(fund.lapse(s.fund, s.report.table, year)))
    for d in range(w.irrigated.shape[0]):
        s.report.yearly[year, d, F_SAVING] = s.water.adopted[d] + s.water.funded[d]
        for k in range(w.base_cows.shape[1]):
            s.report.yearly[year, d, F_COWS] += s.herds.district[d, k, FEMALE, -1]
    for j in range(w.arrival.shape[0]):
        if s.files.status[j] == OPERATING:
            k = w.instrument[j]
            s.report.yearly[year, w.district[j], F_COWS] += s.herds.project[j, FEMALE, -1]
            if s.files.finance[j] == LOAN:
                s.report.table[k, year, C_OPERATING] += 1


@kernel
def committee(s: State, w: World, p: Parameters, structure: Structure, plan: Plan, t: float) -> None:
    """Hold a monthly meeting: withdrawals, appraisals, loans, then those who build with own money.

    Who starts stands in `files.starts`, ordered by (due, entity): a borrower is due at arrival, own money when ready.
    """
    s.files.started[0] = 0
    year = year_of(t, structure)
    _withdraw(s, w, t)
    if t < structure.lend_months:
        _appraise(s, w, p, structure, plan, year, t)
        for k in range(structure.kind.shape[0]):
            _fund_queue(s, w, p, k, year, t)
    while True:
        j = candidate.next_own(s.files, w, t)
        if j < 0:
            break
        if s.files.status[j] == APPROVED:
            note(s.log, t, L_WITHDRAWN, j, 0.0)
        s.files.status[j] = BUILDING
        candidate.start(s.files, j, OWN, w.size[j] * p.own_money.scale, w.own_due[j], t)
        s.report.table[w.instrument[j], year, C_OWN] += 1
        note(s.log, t, L_OWN, j, s.files.scale[j])


@kernel
def _withdraw(s: State, w: World, t: float) -> None:
    for k in range(s.files.ends.shape[0]):
        for place in range(s.files.ends[k, 0], s.files.ends[k, 1]):
            j = s.files.queue[k, place]
            if candidate.gives_up(s.files, w, j, t):
                note(s.log, t, L_WITHDRAWN, j, t - w.arrival[j])


@kernel
def _appraise(s: State, w: World, p: Parameters, structure: Structure, plan: Plan, year: int, t: float) -> None:
    room = int(p.committee.files_per_month)
    while room > 0:
        j = candidate.next_file(s.files, w, structure, plan.opened[year], t)
        if j < 0:
            return
        k = w.instrument[j]
        s.files.taken[k] = j + 1
        s.report.table[k, year_of(w.arrival[j], structure), C_APPLIED] += 1
        if candidate.gives_up(s.files, w, j, t):
            note(s.log, t, L_WITHDRAWN, j, t - w.arrival[j])
            continue
        room -= 1
        seen = _cover(w, p, k, j, year, t) * w.judged[j]
        if seen >= p.committee.cutoff_dscr:
            candidate.approve(s.files, k, j, t)
            s.report.table[k, year, C_APPROVED] += 1
            note(s.log, t, L_APPROVED, j, seen)
        else:
            s.files.status[j] = REJECTED
            note(s.log, t, L_REJECTED, j, seen)


@kernel
def _cost(w: World, p: Parameters, k: int, j: int, t: float) -> float:
    """Cost of the project a file asks a loan for, nominal tenge."""
    return p.instrument.cost_mln_kzt[k] * 1e6 * w.size[j] * w.cpi[int(math.floor(t))]


@kernel
def _amount(w: World, p: Parameters, k: int, j: int, year: int, t: float) -> int:
    """Loan that a file asks for, at most the cap of its kind, whole nominal tenge."""
    cap = p.loan.cap_large_mrp if p.instrument.large_cap[k] == 1.0 else p.loan.cap_ordinary_mrp
    wanted = p.instrument.loan_mln_kzt[k] * 1e6 * w.size[j] * w.cpi[int(math.floor(t))]
    return int(math.floor(min(wanted, cap * w.mrp[year])))


@kernel
def _cover(w: World, p: Parameters, k: int, j: int, year: int, t: float) -> float:
    """Debt-service cover in the second year, before the committee's error.

    (expected sales · skill − expected outlay − half the drawings) / dues of the loan and other debt; an expected
    refund lowers the loan. 99 where nothing falls due.
    """
    amount = float(_amount(w, p, k, j, year, t))
    cost = _cost(w, p, k, j, t)
    left = max(0.0, amount - p.instrument.refund_share[k] * cost)
    term, grace = int(p.instrument.term_months[k]), int(p.instrument.grace_months[k])
    dues = loan.service(left, term, grace, p.loan.rate, p.loan.annuity, 2)
    other = max(0.0, cost - amount) * p.instrument.other_debt_share[k]
    dues += 12.0 * loan.level_payment(other, term, p.loan.market_rate)
    drawings = p.labour.drawings_share * p.labour.wage_kzt_month * 12.0 * p.instrument.own_fte[k]
    cash = w.size[j] * (w.revenue[k] * w.skill[j] - w.outlay[k] - 0.5 * drawings) * w.cpi[int(math.floor(t))]
    return 99.0 if dues <= 0.0 else max(0.0, cash / dues)


@kernel
def _fund_queue(s: State, w: World, p: Parameters, k: int, year: int, t: float) -> None:
    """Pay out an instrument's approved files, oldest first, as long as its envelope holds the whole loan."""
    while True:
        j = candidate.head(s.files, k)
        if j < 0:
            return
        amount = _amount(w, p, k, j, year, t)
        if not fund.pay_out(s.fund, k, amount):
            return
        s.report.table[k, year, C_FUNDED] += 1
        s.report.table[k, year, C_DISBURSED] += amount
        note(s.log, t, L_FUNDED, j, float(amount))
        loan.disburse(s.loans, j, amount)
        term = int(p.instrument.term_months[k])
        other = math.floor(max(0.0, _cost(w, p, k, j, t) - amount) * p.instrument.other_debt_share[k])
        s.loans.other_due[j] = loan.level_payment(other, term, p.loan.market_rate)
        s.loans.other_interest[j] = s.loans.other_due[j] - int(math.floor(other / term))
        if w.diverted[j] == 1:
            s.files.status[j] = DIVERTED
            s.files.finance[j] = LOAN
            s.files.funded_at[j] = t
            note(s.log, t, L_DIVERTED, j, float(amount))
        else:
            s.files.status[j] = BUILDING
            candidate.start(s.files, j, LOAN, w.size[j], w.arrival[j], t)


@kernel
def crew_granted(log: Log, w: World, j: int, t: float) -> float:
    """Begin to build; returns when it is done."""
    note(log, t, L_CREW, j, w.build_months[j])
    return t + w.build_months[j]


@kernel
def built(files: Files, log: Log, j: int, t: float) -> None:
    """Finish the building."""
    files.status[j] = STOCKING
    note(log, t, L_BUILT, j, 0.0)


@kernel
def stock_granted(
    herds: Herds, loans: Loans, stock: Supply, log: Log, w: World, p: Parameters, structure: Structure,
    j: int, heads: float, waiting: float, t: float,
) -> float:  # fmt: skip
    """Buy the breeding stock at the price of the day; returns when it has settled in.

    `waiting` is the head that others still wait for. What it costs beyond the base price is paid
    out of the first earnings.
    """
    k = structure.species[w.instrument[j]]
    d = w.district[j]
    dearer = supply.price_factor(
        waiting, p.stock.supply_heads_month[k], p.stock.price_rise[k], p.stock.price_rise_max[k]
    )
    local = herd.buy(
        herds.project[j], herds.district[d, k], heads, heads * p.stock.local_share[k], herds.terms
    )
    herd.close_book(herds.book[k], herds.terms)
    herds.kept[d, k] += local
    loans.overrun[j] += int(math.floor(heads * p.stock.price_kzt[k] * (dearer - 1.0) * w.cpi[int(math.floor(t))]))
    stock.waiting[k] = waiting
    stock.granted[k] += heads
    note(log, t, L_STOCK, j, heads)
    return t + w.settle_months[j]


@kernel
def operate(
    files: Files, loans: Loans, herds: Herds, enterprises: Enterprises, land: WaterState, log: Log,
    w: World, p: Parameters, structure: Structure, j: int, t: float,
) -> None:  # fmt: skip
    """Commission a project: it produces from the next month on. One whose loan has failed meanwhile is seized."""
    k = w.instrument[j]
    d = w.district[j]
    files.operating_at[j] = t
    if loans.state[j] == DEFAULTED or loans.state[j] == RECOVERED:
        files.status[j] = SEIZED
        herd.hand_over(herds.project[j], herds.district[d, max(0, structure.species[k])])
        return
    files.status[j] = OPERATING
    if structure.kind[k] == PLANT:
        enterprise.begin(enterprises, structure.plant[j], t)
    elif structure.kind[k] == IRRIGATION:
        enterprises.output[j] = water.convert(land, d, files.scale[j] * p.instrument.ha[k], w.irrigated[d])
        if files.finance[j] == LOAN:
            loans.refund_at[j] = t + w.refund_months[j]
    note(log, t, L_OPERATING, j, files.scale[j])


@kernel
def closure(enterprises: Enterprises, log: Log, w: World, plant: int, t: float) -> float:
    """Close an open plant or open a closed one; returns when it changes next."""
    again = enterprise.toggle(enterprises, w, plant, t)
    note(log, t, L_REOPENED if enterprises.open[plant] == 1 else L_CLOSED, plant, 0.0)
    return again


@kernel
def order_of(w: World, p: Parameters, structure: Structure, scale: float, j: int) -> float:
    """Breeding stock that a project asks for, head; 0 = none."""
    k = w.instrument[j]
    return supply.order(p.instrument.heads[k], scale) if structure.kind[k] == HERD else 0.0
