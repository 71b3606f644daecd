"""What the month's output brings: incomes, cash, dues, defaults and recoveries."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, water
from sim.model.state import (
    ABANDONED,
    DEBTS,
    DEFAULTED,
    L_ABANDONED,
    L_ARREARS,
    L_DEFAULT,
    L_IN_NEED,
    L_RECOVERED,
    L_REFUND,
    L_REPAID,
    L_SEIZED,
    OPERATING,
    PROJECTS,
    REPAID,
    REPAYING,
    SEIZED,
    File,
    Fund,
    Land,
    Line,
    Loan,
    Log,
    State,
    Sums,
    Work,
    Year,
    note,
    place_of,
)
from sim.model.world import CAPACITY, HERD, IRRIGATION, PLANT, Structure, World
from sim.parameters.groups import Instrument, LoanTerms, Parameters
from sim.parameters.records import FloatArray, Rows


@kernel(inline=True)
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money year after year is given up."""
    for k in range(s.pace.shape[0]):
        if st.kind[k] == HERD:
            s.counts[k * st.years + m // 12].months += _herds_earn(s, w, p, st, k, m)
        else:
            s.counts[k * st.years + m // 12].months += _others_earn(s, w, p, st, k, m)


@kernel(inline=True)
def _herds_earn(s: State, w: World, p: Parameters, st: Structure, k: int, m: int) -> int:
    """Work out what the herds of an instrument earned; returns how many are at work.

    Sales and home use of milk, and animals sold, less the cost of cows and followers.
    """
    t, cpi, names, works, pace = m + 1.0, w.cpi[m], s.names[PROJECTS], s.work, s.pace[k]
    milk_price, wage, drawings = s.balance[st.milk].informal_price, pace.wages, pace.drawings
    months = 0
    for place in range(pace.begin, pace.end):
        j = names[place]
        work = works[j]
        if not enterprise.at_work(work, t):
            continue
        months += 1
        row = work.district * s.pace.shape[0] + k
        deal, eaten = s.deals[row], work.used * milk_price
        margin = work.output * deal.price + eaten + work.sold_kg * deal.meat_price - work.units * deal.cost
        _earn(work, s.loans[j], s.sums[row], margin, eaten, wage, drawings, cpi)
        if t >= work.anniversary:
            _close_year(s, p, st, j, t)
    return months


@kernel(inline=True)
def _others_earn(s: State, w: World, p: Parameters, st: Structure, k: int, m: int) -> int:
    """Work out what the enterprises of another instrument earned; returns how many are at work."""
    t, cpi, names, kind, pace, terms = m + 1.0, w.cpi[m], s.names[PROJECTS], st.kind[k], s.pace[k], p.instrument[k]
    months = 0
    for place in range(pace.begin, pace.end):
        j = names[place]
        work = s.work[j]
        if not enterprise.at_work(work, t):
            continue
        months += 1
        row = work.district * s.pace.shape[0] + k
        deal = s.deals[row]
        if kind == CAPACITY:
            full = work.scale
            if st.species[k] >= 0:
                full = herd.stock(work.herd) / terms.units if terms.units > 0.0 else 0.0
            margin = work.output * deal.price - work.bought - full * deal.cost
        elif kind == PLANT:
            margin = work.output * deal.price * work.skill - work.scale * deal.cost
        else:
            margin = work.output * (deal.price * work.skill - deal.cost)
        _earn(work, s.loans[j], s.sums[row], margin, 0.0, pace.wages, pace.drawings, cpi)
        if t >= work.anniversary:
            _close_year(s, p, st, j, t)
    return months


@kernel(inline=True)
def _earn(
    work: Work, debt: Loan, sums: Sums, margin: float, eaten: float, wage: float, drawings: float, cpi: float
) -> None:
    """Add an enterprise's margin to its year and its instrument's month; what is left goes to debts."""
    grown = work.scale * work.grown
    wages = wage * grown
    sums.margin += margin
    sums.scale += work.scale
    sums.grown += grown
    work.year_margin += margin - wages
    if debt.state == REPAYING:
        debt.cash += math.floor(household.cash_flow(margin, eaten, wages, drawings * work.scale) * cpi)


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
    work, worth = s.work[j], 0.0
    species = st.species[work.instrument]
    if species >= 0:
        worth = herd.worth(work.herd, p.herd[species], p.market[st.meat_product[species]].price)
    if _lost(work, worth, t - work.since >= 13.0) >= p.enterprise[0].loss_years:
        s.files[j].status = ABANDONED
        note(s.log, s.lines, t, L_ABANDONED, j, work.year_margin)
        _close(work, s.herds, s.land, st)
    work.year_margin = 0.0
    work.anniversary += 12.0


@kernel(inline=True)
def _close(work: Work, herds: FloatArray, land: Rows[Land], st: Structure) -> None:
    """Close an enterprise for good; its animals or hectares are left to its neighbours."""
    species = st.species[work.instrument]
    if species >= 0:
        herd.hand_over(work.herd, herds[work.district, species])
    elif st.kind[work.instrument] == IRRIGATION:
        work.output = water.hand_over(land[work.district], work.output)
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
def loans_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let every loan's dues fall due and be paid, instrument by instrument; loans that are closed leave the list."""
    names, roll, years = s.names[DEBTS], s.roll[DEBTS], s.years[m // 12]
    begin, stay, paid = 0, 0, 0
    for k in range(s.pace.shape[0]):
        end = place_of(names, begin, roll.names, st.first[k + 1])
        stay, part = _instruments_loans(s, w, p, st, k, m, begin, end, stay)
        s.counts[k * st.years + m // 12].repaid_kzt += part
        paid += part
        begin = end
    roll.names = stay
    years.repaid += paid / w.cpi[m]


@kernel(inline=True)
def _instruments_loans(
    s: State, w: World, p: Parameters, st: Structure, k: int, m: int, begin: int, end: int, stay: int
) -> tuple[int, int]:
    """Let one instrument's loans fall due and be paid; who is too far behind defaults; collateral is realised.

    Returns the list's length so far and the tenge paid.
    """
    t, names, loans, fund, log, lines, cpi = m + 1.0, s.names[DEBTS], s.loans, s.fund[0], s.log, s.lines, w.cpi[m]
    terms, rules, instruments = p.instrument[k], p.loan[0], s.pace.shape[0]
    other = p.income[0].per_resident_kzt_month * p.income[0].household_size * cpi
    support = math.floor(rules.support_share * other * terms.member_households)
    term, grace, rate, limit = int(terms.term_months), int(terms.grace_months), rules.rate, rules.default_months
    all_paid = 0
    for place in range(begin, end):
        j = names[place]
        debt = loans[j]
        if debt.state != REPAYING:
            if debt.state == DEFAULTED:
                names[stay] = j
                stay += 1
                _realise(s, rules, debt, j, m, cpi)
            continue
        names[stay] = j
        stay += 1
        sums = s.sums[debt.district * instruments + k]
        sums.interest += _fall_due(debt, term, grace, rate, w.parts, m)
        paid = 0
        if debt.refund_at <= t:
            paid += _refund(debt, s.files[j], terms, fund, s.years[m // 12], log, lines, j, m, cpi)
        if t <= debt.stops_at:
            paid += _pay(debt, fund, support)
            if loan.behind(debt) > 0 and st.species[k] >= 0 and enterprise.at_work(s.work[j], t):
                paid += _sell_in_need(s, p, st, j, sums, cpi, t)
        all_paid += paid
        behind = loan.months_behind(debt, m)
        if behind > 0 and debt.arrears_months == 0:
            note(log, lines, t, L_ARREARS, j, float(loan.behind(debt)))
        debt.arrears_months = behind
        if debt.state == REPAID:
            note(log, lines, t, L_REPAID, j, float(debt.principal))
        elif behind >= limit:
            _default(s, st, rules, debt, j, k, m, cpi)
    return stay, all_paid


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
    note(s.log, s.lines, t, L_DEFAULT, j, float(lost))
    if s.files[j].status == OPERATING:
        s.files[j].status = SEIZED
        note(s.log, s.lines, t, L_SEIZED, j, s.work[j].scale)
        _close(s.work[j], s.herds, s.land, st)


@kernel(inline=True)
def _fall_due(debt: Loan, term: int, grace: int, rate: float, parts: FloatArray, m: int) -> float:
    """Let the month's dues fall due; other debt and dearer stock are paid first; keep cash for some dues to come.

    Returns the interest of all debts, nominal tenge.
    """
    age = math.floor(m + 1.0 - debt.since + 0.5)
    interest = debt.outstanding * rate / 12.0
    loan.fall_due(debt, m, age, term, grace, rate, parts)
    if age <= term:
        debt.cash -= debt.other_due
        interest += debt.other_interest
    first = min(max(0, debt.cash), debt.overrun)
    debt.overrun -= first
    debt.cash = min(max(0, debt.cash - first), loan.behind(debt) + debt.buffer)
    return float(interest)


@kernel(inline=True)
def _refund(
    debt: Loan, file: File, terms: Instrument, fund: Fund, years: Year, log: Rows[Log], lines: Rows[Line], j: int,
    m: int, cpi: float,
) -> int:  # fmt: skip
    """Put the state's refund of the cost into the loan; what is beyond it stays with the owner."""
    debt.refund_at = math.inf
    amount = math.floor(terms.cost_mln_kzt * 1e6 * file.scale * terms.refund_share * cpi)
    years.refunded += amount / cpi
    note(log, lines, m + 1.0, L_REFUND, j, float(amount))
    return loan.prepay(debt, fund, int(amount))


@kernel(inline=True)
def _pay(debt: Loan, fund: Fund, support: int) -> int:
    """Pay dues from the enterprise's cash first, then from the household's other income."""
    paid = loan.pay(debt, fund, debt.cash + support)
    debt.cash -= min(debt.cash, paid)
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
