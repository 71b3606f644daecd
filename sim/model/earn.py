"""What the month's output brings: incomes, cash, dues, defaults and recoveries."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, water
from sim.model.state import (
    ABANDONED,
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
    REPAID,
    REPAYING,
    SEIZED,
    Counts,
    Deal,
    File,
    Flows,
    Fund,
    Land,
    Line,
    Loan,
    Log,
    State,
    Terms,
    Work,
    Year,
    note,
)
from sim.model.world import CAPACITY, HERD, IRRIGATION, PLANT, Structure, World
from sim.parameters.groups import Instrument, Labour, LoanTerms, Parameters, Species
from sim.parameters.records import FloatArray, Rows


@kernel
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money year after year is given up."""
    t, year, districts, instruments = m + 1.0, m // 12, w.base.shape[0], s.pace.shape[0]
    files, people, works, loans = s.files, w.person, s.work, s.loans
    kinds, flows_of, counts, cpi, labour = st.kind, s.flows, s.counts, w.cpi[m], p.labour[0]
    milk_price = s.balance[st.milk].informal_price
    for place in range(s.roll[0].projects):
        j = s.projects[place]
        file = files[j]
        if not enterprise.at_work(file, t):
            continue
        person, work, debt = people[j], works[j], loans[j]
        k, d = person.instrument, person.district
        terms, deal, species = p.instrument[k], s.deals[d * instruments + k], st.species[k]
        if kinds[k] == HERD:
            margin = _herd_margin(work, deal, milk_price, p.herd[species])
        elif kinds[k] == CAPACITY:
            full = file.scale
            if species >= 0:
                full = herd.stock(work.herd) / terms.units if terms.units > 0.0 else 0.0
            margin = work.output * deal.price - work.bought - full * deal.cost
        elif kinds[k] == PLANT:
            margin = work.output * deal.price * person.skill - file.scale * deal.cost
        else:
            margin = work.output * (deal.price * person.skill - deal.cost)
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        own, hired = terms.own_fte * file.scale, terms.hired_fte * file.scale * grown
        flows = flows_of[year * districts + d]
        worn = s.pace[k].worn * file.scale
        _earn(work, terms, labour, flows, counts[k * st.years + year], margin, worn, own, hired)
        if debt.state == REPAYING:
            eaten = work.used * milk_price if kinds[k] == HERD else 0.0
            drawings = labour.drawings_share * labour.wage_kzt_month * own
            cash = household.cash_flow(margin, eaten, hired * labour.wage_kzt_month, drawings)
            debt.cash += math.floor(cash * cpi)
        if t >= work.anniversary:
            _close_year(s, p, st, j, k, d, t)


@kernel
def _close_year(s: State, p: Parameters, st: Structure, j: int, k: int, d: int, t: float) -> None:
    """Judge an enterprise at an anniversary of its first month."""
    work, file, species, worth = s.work[j], s.files[j], st.species[k], 0.0
    if species >= 0:
        worth = herd.worth(work.herd, p.herd[species], p.market[st.meat_product[species]].price)
    if _lost(work, worth, t - file.operating_at >= 13.0) >= p.enterprise[0].loss_years:
        file.status = ABANDONED
        note(s.log, s.lines, t, L_ABANDONED, j, work.year_margin)
        _hand_over(work, s.herds, s.land[d], st.kind[k], species, d)
    work.year_margin = 0.0
    work.anniversary += 12.0


@kernel
def _hand_over(work: Work, herds: FloatArray, land: Land, kind: int, species: int, d: int) -> None:
    """Leave a closed project's animals or hectares to its neighbours."""
    if species >= 0:
        herd.hand_over(work.herd, herds[d, species])
    elif kind == IRRIGATION:
        work.output = water.hand_over(land, work.output)


@kernel
def _lost(work: Work, worth: float, judged: bool) -> int:
    """Close a year of an enterprise; returns how many years in a row it has lost money.

    The growth of its herd counts, at base prices, so that neither a young herd nor a fall of prices is a loss.
    """
    lost = judged and work.year_margin + worth - work.worth < 0.0
    work.losing_years = work.losing_years + 1 if lost else 0
    work.worth = worth
    return int(work.losing_years)


@kernel
def _herd_margin(work: Work, deal: Deal, milk_price: float, species: Species) -> float:
    """Sales and home use of milk, and animals sold, less the cost of cows and followers, real tenge of the month."""
    units = herd.livestock_units(work.herd, species.adult_lu, species.young_lu)
    sales = work.output * deal.price + work.used * milk_price + work.sold_kg * deal.meat_price
    return float(sales - units * deal.cost)


@kernel
def _earn(
    work: Work, terms: Instrument, labour: Labour, flows: Flows, counts: Counts, margin: float, worn: float, own: float,
    hired: float,
) -> None:  # fmt: skip
    """Book an enterprise's month of work: income of owners and workers, hours, what it takes from others."""
    forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
    earned = household.income(margin, worn, forgone * labour.wage_kzt_month)
    flows.project_income += earned - terms.displacement * margin
    flows.wages += hired * labour.wage_kzt_month * (1.0 - labour.hired_forgone_share)
    flows.margin += margin * (1.0 - terms.displacement)
    flows.fte_months += own + hired
    flows.displaced_fte_months += terms.displacement * (own + hired)
    counts.months += 1
    counts.jobs += own + hired
    work.year_margin += margin - hired * labour.wage_kzt_month


@kernel
def loans_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let every loan's dues fall due and be paid; who is too far behind defaults; collateral is realised.

    Loans that are closed leave the list.
    """
    t = m + 1.0
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    fund, counts_of, log, lines, terms, cpi = s.fund[0], s.counts, s.log, s.lines, p.loan[0], w.cpi[m]
    years = s.years[m // 12]
    other = p.income[0].per_resident_kzt_month * p.income[0].household_size * cpi
    stay = 0
    for place in range(s.roll[0].debts):
        j = s.debts[place]
        debt = loans[j]
        if debt.state != REPAYING and debt.state != DEFAULTED:
            continue
        s.debts[stay] = j
        stay += 1
        if debt.state == DEFAULTED and debt.closes_at <= t:
            back = loan.recover(debt, fund, terms.collateral_loss)
            years.recovered += back / cpi
            note(log, lines, t, L_RECOVERED, j, float(back))
        if debt.state != REPAYING:
            continue
        file, person, work = files[j], people[j], works[j]
        k = person.instrument
        counts = counts_of[k * st.years + m // 12]
        paid = 0
        flows = s.flows[m // 12 * w.base.shape[0] + person.district]
        flows.project_income -= _fall_due(debt, file, instruments[k], terms, m) / cpi
        if debt.refund_at <= t:
            paid += _refund(debt, file, instruments[k], fund, years, log, lines, j, m, cpi)
        if t - file.funded_at <= person.strategic_months:
            support = terms.support_share * other * instruments[k].member_households
            paid += _pay(debt, fund, math.floor(support))
            has_stock = st.species[k] >= 0 and enterprise.at_work(file, t)
            if debt.behind > 0 and has_stock:
                species = p.herd[st.species[k]]
                each = species.slaughter_kg * s.farm[st.species[k]] * (1.0 - terms.distress_discount)
                heads = _sell_in_need(debt, work, terms.distress_share, each * cpi, s.animals[st.species[k]], t)
                if heads > 0.0:
                    flows.meat_kg += heads * species.slaughter_kg
                    s.balance[st.meat].produced += heads * species.slaughter_kg
                    s.balance[st.meat].informal += heads * species.slaughter_kg
                    flows.project_income += heads * each
                    flows.margin += heads * each
                    work.year_margin += heads * each
                    paid += loan.pay(debt, fund, math.ceil(heads * each * cpi))
                    note(log, lines, t, L_IN_NEED, j, heads)
        counts.repaid_kzt += paid
        years.repaid += paid / cpi
        behind = loan.months_behind(debt, m)
        if behind > 0 and debt.arrears_months == 0:
            note(log, lines, t, L_ARREARS, j, float(debt.behind))
        debt.arrears_months = behind
        if debt.state == REPAID:
            note(log, lines, t, L_REPAID, j, float(debt.principal))
        elif behind >= terms.default_months:
            lost = loan.default(debt, t + math.floor(terms.recovery_months + 0.5))
            counts.defaulted_kzt += lost
            years.defaulted += lost / cpi
            note(log, lines, t, L_DEFAULT, j, float(lost))
            if file.status == OPERATING:
                file.status = SEIZED
                note(log, lines, t, L_SEIZED, j, file.scale)
                d = person.district
                _hand_over(work, s.herds, s.land[d], st.kind[k], st.species[k], d)
    s.roll[0].debts = stay


@kernel
def _fall_due(debt: Loan, file: File, terms: Instrument, rules: LoanTerms, m: int) -> float:
    """Let the month's dues fall due; other debt and dearer stock are paid first; keep cash for some dues to come.

    Returns the interest of all debts, nominal tenge.
    """
    age = math.floor(m + 1.0 - file.funded_at + 0.5)
    term = int(terms.term_months)
    interest = debt.outstanding * rules.rate / 12.0
    loan.fall_due(debt, m, age, term, int(terms.grace_months), rules.rate, rules.annuity)
    if age <= term:
        debt.cash -= debt.other_due
        interest += debt.other_interest
    first = min(max(0, debt.cash), debt.overrun)
    debt.overrun -= first
    usual = debt.principal / max(1.0, terms.term_months - terms.grace_months)
    most = debt.behind + math.floor(rules.buffer_months * usual)
    debt.cash = min(max(0, debt.cash - first), most)
    return float(interest)


@kernel
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


@kernel
def _pay(debt: Loan, fund: Fund, support: int) -> int:
    """Pay dues from the enterprise's cash first, then from the household's other income."""
    paid = loan.pay(debt, fund, debt.cash + support)
    debt.cash -= min(debt.cash, paid)
    return paid


@kernel
def _sell_in_need(debt: Loan, work: Work, share: float, each: float, animals: Terms, t: float) -> float:
    """Sell breeding or fattening stock at a discount, at most a share of it in a year; returns how many head."""
    if t - debt.distress_at >= 12.0:
        debt.distress_at = t
        debt.distress_left = share * herd.stock(work.herd)
    sold = herd.sell_in_need(work.herd, min(debt.distress_left, debt.behind / each), animals)
    debt.distress_left -= sold
    return sold
