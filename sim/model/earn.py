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
    Deal,
    File,
    Flows,
    Fund,
    Land,
    Line,
    Loan,
    Log,
    State,
    Work,
    Year,
    note,
)
from sim.model.world import CAPACITY, HERD, IRRIGATION, PLANT, Structure, World
from sim.parameters.groups import Instrument, LoanTerms, Parameters, Species
from sim.parameters.records import FloatArray, Rows


@kernel(inline=True)
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money year after year is given up."""
    t, instruments, cpi = m + 1.0, s.pace.shape[0], w.cpi[m]
    names, works, loans, kinds = s.names[PROJECTS], s.work, s.loans, st.kind
    milk_price = s.balance[st.milk].informal_price
    for place in range(s.roll[PROJECTS].names):
        j = names[place]
        work = works[j]
        if not enterprise.at_work(work, t):
            continue
        k, scale = work.instrument, work.scale
        row = work.district * instruments + k
        terms, pace, deal, sums, species = p.instrument[k], s.pace[k], s.deals[row], s.sums[row], st.species[k]
        if kinds[k] == HERD:
            margin = _herd_margin(work, deal, milk_price, p.herd[species])
        elif kinds[k] == CAPACITY:
            full = scale
            if species >= 0:
                full = herd.stock(work.herd) / terms.units if terms.units > 0.0 else 0.0
            margin = work.output * deal.price - work.bought - full * deal.cost
        elif kinds[k] == PLANT:
            margin = work.output * deal.price * work.skill - scale * deal.cost
        else:
            margin = work.output * (deal.price * work.skill - deal.cost)
        grown = scale * work.grown
        wages = pace.wages * grown
        sums.margin += margin
        sums.scale += scale
        sums.grown += grown
        sums.months += 1
        work.year_margin += margin - wages
        if loans[j].state == REPAYING:
            eaten = work.used * milk_price if kinds[k] == HERD else 0.0
            loans[j].cash += math.floor(household.cash_flow(margin, eaten, wages, pace.drawings * scale) * cpi)
        if t >= work.anniversary:
            _close_year(s, p, st, j, t)
    for d in range(w.base.shape[0]):
        for k in range(instruments):
            _book(s, w, p, st, m // 12, d, k)


@kernel(inline=True)
def _book(s: State, w: World, p: Parameters, st: Structure, year: int, d: int, k: int) -> None:
    """Book an instrument's month in one district: income of owners and workers, hours, what it takes from others."""
    sums, terms, labour = s.sums[d * s.pace.shape[0] + k], p.instrument[k], p.labour[0]
    flows, counts = s.flows[year * w.base.shape[0] + d], s.counts[k * st.years + year]
    own, hired, margin = terms.own_fte * sums.scale, terms.hired_fte * sums.grown, sums.margin
    forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
    earned = household.income(margin, s.pace[k].worn * sums.scale, forgone * labour.wage_kzt_month)
    flows.project_income += earned - terms.displacement * margin
    flows.wages += hired * labour.wage_kzt_month * (1.0 - labour.hired_forgone_share)
    flows.margin += margin * (1.0 - terms.displacement)
    flows.fte_months += own + hired
    flows.displaced_fte_months += terms.displacement * (own + hired)
    counts.months += sums.months
    counts.jobs += own + hired


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
def _herd_margin(work: Work, deal: Deal, milk_price: float, species: Species) -> float:
    """Sales and home use of milk, and animals sold, less the cost of cows and followers, real tenge of the month."""
    units = herd.livestock_units(work.herd, species.adult_lu, species.young_lu)
    sales = work.output * deal.price + work.used * milk_price + work.sold_kg * deal.meat_price
    return float(sales - units * deal.cost)


@kernel(inline=True)
def loans_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let every loan's dues fall due and be paid; who is too far behind defaults; collateral is realised.

    Loans that are closed leave the list.
    """
    t = m + 1.0
    names, roll, works, loans = s.names[DEBTS], s.roll[DEBTS], s.work, s.loans
    fund, counts_of, log, lines, rules, cpi = s.fund[0], s.counts, s.log, s.lines, p.loan[0], w.cpi[m]
    years, districts = s.years[m // 12], w.base.shape[0]
    all_paid = 0
    other = p.income[0].per_resident_kzt_month * p.income[0].household_size * cpi
    stay = 0
    for place in range(roll.names):
        j = names[place]
        debt = loans[j]
        if debt.state != REPAYING and debt.state != DEFAULTED:
            continue
        names[stay] = j
        stay += 1
        if debt.state == DEFAULTED:
            if debt.closes_at <= t:
                back = loan.recover(debt, fund, rules.collateral_loss)
                years.recovered += back / cpi
                note(log, lines, t, L_RECOVERED, j, float(back))
            continue
        k = debt.instrument
        terms, counts = p.instrument[k], counts_of[k * st.years + m // 12]
        flows = s.flows[m // 12 * districts + debt.district]
        flows.project_income -= _fall_due(debt, terms, rules, m) / cpi
        paid = 0
        if debt.refund_at <= t:
            paid += _refund(debt, s.files[j], terms, fund, years, log, lines, j, m, cpi)
        if t <= debt.stops_at:
            paid += _pay(debt, fund, math.floor(rules.support_share * other * terms.member_households))
            if loan.behind(debt) > 0 and st.species[k] >= 0 and enterprise.at_work(works[j], t):
                paid += _sell_in_need(s, p, st, j, flows, cpi, t)
        counts.repaid_kzt += paid
        all_paid += paid
        behind = loan.months_behind(debt, m)
        if behind > 0 and debt.arrears_months == 0:
            note(log, lines, t, L_ARREARS, j, float(loan.behind(debt)))
        debt.arrears_months = behind
        if debt.state == REPAID:
            note(log, lines, t, L_REPAID, j, float(debt.principal))
        elif behind >= rules.default_months:
            lost = loan.default(debt, t + math.floor(rules.recovery_months + 0.5))
            counts.defaulted_kzt += lost
            years.defaulted += lost / cpi
            note(log, lines, t, L_DEFAULT, j, float(lost))
            if s.files[j].status == OPERATING:
                s.files[j].status = SEIZED
                note(log, lines, t, L_SEIZED, j, works[j].scale)
                _close(works[j], s.herds, s.land, st)
    roll.names = stay
    years.repaid += all_paid / cpi


@kernel(inline=True)
def _fall_due(debt: Loan, terms: Instrument, rules: LoanTerms, m: int) -> float:
    """Let the month's dues fall due; other debt and dearer stock are paid first; keep cash for some dues to come.

    Returns the interest of all debts, nominal tenge.
    """
    age = math.floor(m + 1.0 - debt.since + 0.5)
    term = int(terms.term_months)
    interest = debt.outstanding * rules.rate / 12.0
    loan.fall_due(debt, m, age, term, int(terms.grace_months), rules.rate, rules.annuity)
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
def _sell_in_need(s: State, p: Parameters, st: Structure, j: int, flows: Flows, cpi: float, t: float) -> int:
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
    flows.meat_kg += heads * kg
    s.balance[st.meat].produced += heads * kg
    s.balance[st.meat].informal += heads * kg
    flows.project_income += heads * each
    flows.margin += heads * each
    work.year_margin += heads * each
    paid = loan.pay(debt, s.fund[0], math.ceil(heads * each * cpi))
    note(s.log, s.lines, t, L_IN_NEED, j, heads)
    return paid
