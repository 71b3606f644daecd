"""What the month's output brings: incomes, cash, dues, defaults and recoveries."""

from __future__ import annotations

import math

from sim.kernel import at, fetch, kernel
from sim.model import enterprise, herd, household, loan, produce, water
from sim.model.lists import enlist
from sim.model.state import (
    ABANDONED,
    AHEAD,
    DEBTS,
    DEFAULTED,
    HOT,
    L_ABANDONED,
    L_ARREARS,
    L_DEFAULT,
    L_IN_NEED,
    L_RECOVERED,
    L_REFUND,
    L_REPAID,
    L_SEIZED,
    NEEDY,
    OPERATING,
    PROJECTS,
    REPAID,
    REPAYING,
    SEIZED,
    Fund,
    Loan,
    Pace,
    State,
    Sums,
    Work,
    note,
)
from sim.model.world import CAPACITY, HERD, IRRIGATION, PLANT, Structure, World
from sim.parameters.groups import Instrument, LoanTerms, Parameters
from sim.parameters.records import FloatArray


@kernel(inline=True)
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned and let it pay its dues; one that lost money for years is given up."""
    for k in range(s.pace.shape[0]):
        months, paid = _instrument_earns(s, w, p, st, k, m)
        s.counts[k * st.years + m // 12].months += months
        _book_paid(s, w, st, k, m, paid)


@kernel(inline=True)
def _instrument_earns(s: State, w: World, p: Parameters, st: Structure, k: int, m: int) -> tuple[int, int]:
    """Let the enterprises of one instrument earn and pay; returns how many are at work, and tenge paid."""
    t, cpi, names, works, kind, pace = m + 1.0, w.cpi[m], s.names[PROJECTS], s.work, st.kind[k], s.pace[k]
    milk_price, full_herd = s.balance[st.milk].informal_price, p.instrument[k].units
    months, paid = 0, 0
    for place in range(pace.begin, pace.end):
        ahead = names[at(min(place + AHEAD, pace.end - 1))]
        fetch(works, ahead, HOT)
        fetch(s.loans, ahead, HOT)
        j = names[at(place)]
        work, debt = works[at(j)], s.loans[at(j)]
        if not enterprise.at_work(work, t):
            continue
        months += 1
        row = work.district * s.pace.shape[0] + k
        deal, sums, eaten = s.deals[at(row)], s.sums[at(row)], 0.0
        if kind == HERD:
            eaten = produce.eaten_of(work, pace) * milk_price
            breed = p.herd[at(st.species[k])]
            units = herd.livestock_units(work.herd, breed.adult_lu, breed.young_lu)
            margin = work.output * deal.price + eaten + work.sold_kg * deal.meat_price - units * deal.cost
        elif kind == CAPACITY and st.species[k] >= 0:
            full = herd.stock(work.herd) / full_herd if full_herd > 0.0 else 0.0
            margin = work.output * deal.price - work.bought - full * deal.cost
        elif kind == CAPACITY:
            margin = work.output * deal.price - work.scale * deal.cost
        elif kind == PLANT:
            margin = work.output * deal.price * work.skill - work.scale * deal.cost
        else:
            margin = work.output * (deal.price * work.skill - deal.cost)
        _earn(work, debt, sums, pace, margin, eaten, cpi)
        if t >= work.anniversary:
            _close_year(s, p, st, j, t)
        if debt.state == REPAYING:
            paid += _pay_dues(s, w, p, k, j, debt, sums, m)
    return months, paid


@kernel(inline=True)
def _earn(work: Work, debt: Loan, sums: Sums, pace: Pace, margin: float, eaten: float, cpi: float) -> None:
    """Add an enterprise's margin to its year and its instrument's month; what is left goes to debts.

    `eaten` is what the owners eat of their own milk is worth.
    """
    grown = work.scale * work.grown
    wages = pace.wages * grown
    sums.margin += margin
    sums.scale += work.scale
    sums.grown += grown
    work.year_margin += margin - wages
    if debt.state == REPAYING:
        debt.cash += math.floor(household.cash_flow(margin, eaten, wages, pace.drawings * work.scale) * cpi)


@kernel(inline=True)
def book_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Book what projects and their loans came to, district by district."""
    for d in range(w.base.shape[0]):
        for k in range(s.pace.shape[0]):
            _book(s, w, p, st, m, d, k)


@kernel(inline=True)
def _book(s: State, w: World, p: Parameters, st: Structure, m: int, d: int, k: int) -> None:
    """Book an instrument's month in one district: income of owners and workers, hours, what it takes from others."""
    sums, terms, labour = s.sums[d * s.pace.shape[0] + k], p.instrument[k], p.labour[0]
    flows, counts, meat = s.flows[m // 12 * w.base.shape[0] + d], s.counts[k * st.years + m // 12], s.balance[st.meat]
    own, hired, margin = terms.own_fte * sums.scale, terms.hired_fte * sums.grown, sums.margin
    forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
    earned = household.income(margin, s.pace[k].worn * sums.scale, forgone * labour.wage_kzt_month)
    flows.project_income += earned - terms.displacement * margin - sums.interest / w.cpi[m] + sums.need_worth
    flows.wages += hired * labour.wage_kzt_month * (1.0 - labour.hired_forgone_share)
    flows.margin += margin * (1.0 - terms.displacement) + sums.need_worth
    flows.fte_months += own + hired
    flows.displaced_fte_months += terms.displacement * (own + hired)
    counts.jobs += own + hired
    flows.meat_kg += sums.need_kg
    meat.produced += sums.need_kg
    meat.informal += sums.need_kg


@kernel(inline=True)
def _close_year(s: State, p: Parameters, st: Structure, j: int, t: float) -> None:
    """Judge an enterprise at an anniversary of its first month."""
    work, worth = s.work[at(j)], 0.0
    species = st.species[work.instrument]
    if species >= 0:
        breed = p.herd[species]
        units = herd.livestock_units(work.herd, breed.adult_lu, breed.young_lu)
        worth = herd.worth(units, breed, p.market[st.meat_product[species]].price)
    if _lost(work, worth, t - work.since >= 13.0) >= p.enterprise[0].loss_years:
        s.files[j].status = ABANDONED
        note(s.log, s.lines, t, L_ABANDONED, j, work.year_margin)
        _close(s, st, j, t)
    work.year_margin = 0.0
    work.anniversary += 12.0


@kernel(inline=True)
def _close(s: State, st: Structure, j: int, t: float) -> None:
    """Close an enterprise for good; its animals or hectares are left to its neighbours, its debt to its owner."""
    work, debt = s.work[j], s.loans[j]
    species = st.species[work.instrument]
    if species >= 0:
        herd.hand_over(work.herd, s.herds[work.district, species])
    elif st.kind[work.instrument] == IRRIGATION:
        work.output = water.hand_over(s.land[work.district], work.output)
    if enterprise.at_work(work, t) and (debt.state == REPAYING or debt.state == DEFAULTED):
        enlist(s.roll[DEBTS], s.newcomers[DEBTS], j)
    work.since = math.inf


@kernel(inline=True)
def _lost(work: Work, worth: float, judged: bool) -> int:
    """Close a year of an enterprise; returns how many years in a row it has lost money.

    The growth of its herd counts, at base prices, so that neither a young herd nor a fall of prices is a loss.
    """
    lost = judged and work.year_margin + worth - work.worth < 0.0
    work.losing_years = work.losing_years + 1 if lost else 0
    work.worth = worth
    return int(work.losing_years)


@kernel(inline=True)
def debts_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let those pay who owe and have no enterprise at work; realise collateral.

    Whose loan is closed, or whose enterprise works, leaves the list.
    """
    t, names, roll = m + 1.0, s.names[DEBTS], s.roll[DEBTS]
    stay = 0
    last = roll.names - 1
    for place in range(roll.names):
        ahead = names[at(min(place + AHEAD, last))]
        fetch(s.loans, ahead, HOT + 1)
        fetch(s.work, ahead, 1)
        j = names[at(place)]
        debt = s.loans[at(j)]
        if (debt.state != REPAYING and debt.state != DEFAULTED) or enterprise.at_work(s.work[at(j)], t):
            continue
        names[at(stay)] = j
        stay += 1
        if debt.state == REPAYING:
            k = debt.instrument
            sums = s.sums[debt.district * s.pace.shape[0] + k]
            _book_paid(s, w, st, k, m, _pay_dues(s, w, p, k, j, debt, sums, m))
        else:
            _realise(s, p.loan[0], debt, j, m, w.cpi[m])
    roll.names = stay


@kernel(inline=True)
def _book_paid(s: State, w: World, st: Structure, k: int, m: int, paid: int) -> None:
    s.counts[k * st.years + m // 12].repaid_kzt += paid
    s.years[m // 12].repaid += paid / w.cpi[m]


@kernel(inline=True)
def _pay_dues(s: State, w: World, p: Parameters, k: int, j: int, debt: Loan, sums: Sums, m: int) -> int:
    """Let a loan's dues fall due and be paid from what there is; returns tenge paid.

    Who cannot pay all of them is put on a list, without a branch: the processor could not predict it.
    """
    pace, needy = s.pace[k], s.roll[NEEDY]
    sums.interest += _fall_due(debt, pace, p.loan[0].rate, w.parts, m)
    paid = 0
    if debt.refund_at <= m + 1.0:
        paid += _refund(s, w, p.instrument[k], debt, j, m)
    left = loan.behind(debt)
    if m + 1.0 <= debt.stops_at:
        part = _pay(debt, s.fund[0], pace.support)
        paid += part
        left -= part
    s.names[NEEDY, at(needy.names)] = j
    needy.names += min(1, left)
    if debt.state == REPAID:
        note(s.log, s.lines, m + 1.0, L_REPAID, j, float(debt.principal))
    return paid


@kernel(inline=True)
def needy_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let those who still owe dues sell animals; who is too far behind defaults."""
    t, rules = m + 1.0, p.loan[0]
    last = s.roll[NEEDY].names - 1
    for place in range(s.roll[NEEDY].names):
        ahead = s.names[NEEDY, at(min(place + AHEAD, last))]
        fetch(s.work, ahead, HOT)
        fetch(s.loans, ahead, HOT + 1)
        j = s.names[NEEDY, at(place)]
        debt = s.loans[at(j)]
        k = debt.instrument
        if t <= debt.stops_at and st.species[k] >= 0 and enterprise.at_work(s.work[j], t):
            paid = _sell_in_need(s, p, st, j, s.sums[debt.district * s.pace.shape[0] + k], w.cpi[m], t)
            _book_paid(s, w, st, k, m, paid)
        behind = loan.months_behind(debt, m)
        if behind > 0 and debt.arrears_months == 0:
            note(s.log, s.lines, t, L_ARREARS, j, float(loan.behind(debt)))
        debt.arrears_months = behind
        if debt.state == REPAID:
            note(s.log, s.lines, t, L_REPAID, j, float(debt.principal))
        elif behind >= rules.default_months:
            _default(s, st, rules, debt, j, k, m, w.cpi[m])
    s.roll[NEEDY].names = 0


@kernel(inline=True)
def _realise(s: State, rules: LoanTerms, debt: Loan, j: int, m: int, cpi: float) -> None:
    """Sell the collateral of a defaulted loan once its time has come."""
    if debt.closes_at <= m + 1.0:
        back = loan.recover(debt, s.fund[0], rules.collateral_loss)
        s.years[m // 12].recovered += back / cpi
        note(s.log, s.lines, m + 1.0, L_RECOVERED, j, float(back))


@kernel(inline=True)
def _default(s: State, st: Structure, rules: LoanTerms, debt: Loan, j: int, k: int, m: int, cpi: float) -> None:
    """Call a loan and seize what was built with it."""
    t = m + 1.0
    lost = loan.default(debt, t + math.floor(rules.recovery_months + 0.5))
    s.counts[k * st.years + m // 12].defaulted_kzt += lost
    s.years[m // 12].defaulted += lost / cpi
    vintage = s.years[math.floor(s.files[j].funded_at / 12.0)]
    vintage.vintage_defaults += 1
    vintage.vintage_defaulted += lost
    note(s.log, s.lines, t, L_DEFAULT, j, float(lost))
    if s.files[j].status == OPERATING:
        s.files[j].status = SEIZED
        note(s.log, s.lines, t, L_SEIZED, j, s.work[j].scale)
        _close(s, st, j, t)


@kernel(inline=True)
def _fall_due(debt: Loan, pace: Pace, rate: float, parts: FloatArray, m: int) -> float:
    """Let the month's dues fall due; other debt and dearer stock are paid first; keep cash for some dues to come.

    Returns the interest of all debts, nominal tenge.
    """
    debt.age += 1
    interest = debt.outstanding * rate / 12.0
    loan.fall_due(debt, m, debt.age, pace.term, pace.grace, rate, parts)
    cash = debt.cash
    if debt.age <= pace.term:
        cash -= debt.other_due
        interest += debt.other_interest
    first = min(max(0, cash), debt.overrun)
    debt.overrun -= first
    debt.cash = min(max(0, cash - first), loan.behind(debt) + debt.buffer)
    return float(interest)


@kernel(inline=True)
def _refund(s: State, w: World, terms: Instrument, debt: Loan, j: int, m: int) -> int:
    """Put the state's refund of the cost into the loan; what is beyond it gives the owner own money back."""
    debt.refund_at = math.inf
    amount = math.floor(terms.cost_mln_kzt * 1e6 * s.files[j].scale * terms.refund_share * w.cpi[m])
    s.years[m // 12].refunded += amount / w.cpi[m]
    note(s.log, s.lines, m + 1.0, L_REFUND, j, float(amount))
    paid = loan.prepay(debt, s.fund[0], int(amount))
    s.years[m // 12].private -= (amount - paid) / w.cpi[m]
    return paid


@kernel(inline=True)
def _pay(debt: Loan, fund: Fund, support: int) -> int:
    """Pay dues from the enterprise's cash first, then from the household's other income."""
    cash = debt.cash
    paid = loan.pay(debt, fund, cash + support)
    debt.cash = cash - min(cash, paid)
    return paid


@kernel(inline=True)
def _sell_in_need(s: State, p: Parameters, st: Structure, j: int, sums: Sums, cpi: float, t: float) -> int:
    """Sell breeding or fattening stock at a discount, at most a share of it in a year, and pay; returns tenge paid."""
    debt, work, rules = s.loans[j], s.work[j], p.loan[0]
    k = st.species[work.instrument]
    kg = p.herd[k].slaughter_kg
    each = kg * s.farm[k] * (1.0 - rules.distress_discount)
    if t - debt.distress_at >= 12.0:
        debt.distress_at = t
        debt.distress_left = rules.distress_share * herd.stock(work.herd)
    heads = herd.sell_in_need(work.herd, min(debt.distress_left, loan.behind(debt) / (each * cpi)), s.animals[k])
    if heads <= 0.0:
        return 0
    debt.distress_left -= heads
    sums.need_kg += heads * kg
    sums.need_worth += heads * each
    work.year_margin += heads * each
    paid = loan.pay(debt, s.fund[0], math.ceil(heads * each * cpi))
    note(s.log, s.lines, t, L_IN_NEED, j, heads)
    return paid
