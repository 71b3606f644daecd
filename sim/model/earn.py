"""What the month's output brings: incomes, cash, dues, defaults and recoveries."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, produce
from sim.model.state import (
    ABANDONED,
    BORROWER,
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
    File,
    Flows,
    Fund,
    Line,
    Loan,
    Log,
    State,
    Terms,
    Work,
    note,
)
from sim.model.world import CAPACITY, FEMALE, HERD, PLANT, Structure, World
from sim.parameters.groups import Instrument, Labour, LoanTerms, Parameters, Species
from sim.parameters.records import Rows


@kernel
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money for a whole year is given up."""
    t = m + 1.0
    districts = w.base.shape[0]
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    price, kinds, flows, counts, cpi = s.price, st.kind, s.flows, s.counts, w.cpi[m]
    hay, informal = price[st.hay], price[st.informal[0]]
    per_kg = price[st.processed[0]] - price[st.raw[0]] - p.processing[0].variable_cost_kzt_kg
    load = s.balance[0].load
    labour = p.labour[0]
    for j in range(people.shape[0]):
        file = files[j]
        if not enterprise.at_work(file, t):
            continue
        person, work = people[j], works[j]
        k, d = person.instrument, person.district
        terms = instruments[k]
        if kinds[k] == HERD:
            species = st.species[k]
            meat = price[st.meat_product[species]]
            margin = _herd_margin(work, terms, p.herd[species], s.paid[d, 0, BORROWER], informal, meat, hay)
        elif kinds[k] == CAPACITY:
            inputs = file.scale * terms.units * terms.cost_kzt_per_unit_year / 12.0
            margin = work.output * price[st.product[k]] - inputs
        elif kinds[k] == PLANT:
            fixed = file.scale * terms.fixed_cost_mln_kzt_year * 1e6 / 12.0
            margin = work.output * load * per_kg * person.skill - fixed
        else:
            gain = s.land[d].gain_per_ha * person.skill if m % 12 == produce.HARVEST else 0.0
            margin = work.output * (gain - terms.upkeep_kzt_per_ha_year / 12.0)
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        own, hired = terms.own_fte * file.scale, terms.hired_fte * file.scale * grown
        _earn(
            work,
            terms,
            labour,
            flows[m // 12 * districts + d],
            counts[k * st.years + m // 12],
            margin,
            own,
            hired,
        )
        debt = loans[j]
        if debt.state == REPAYING:
            eaten = work.used * informal if kinds[k] == HERD else 0.0
            drawings = labour.drawings_share * labour.wage_kzt_month * own
            cash = household.cash_flow(margin, eaten, hired * labour.wage_kzt_month, drawings)
            debt.cash += math.floor(cash * cpi)
        assets = terms.cost_mln_kzt * 1e6 * file.scale * (1.0 - terms.animal_cost_share)
        depreciation = assets / terms.asset_life_years / 12.0
        forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
        earned = household.income(margin, depreciation, forgone * labour.wage_kzt_month)
        flows[m // 12 * districts + d].project_income += earned - terms.displacement * margin
        age = math.floor(t - file.operating_at)
        if age % 12 == 0:
            if age > 12 and work.year_margin < 0.0:
                file.status = ABANDONED
                if st.species[k] >= 0:
                    herd.hand_over(work.herd, s.herds[d, st.species[k]])
                note(s.log, s.lines, t, L_ABANDONED, j, work.year_margin)
            work.year_margin = 0.0


@kernel
def _herd_margin(
    work: Work, terms: Instrument, species: Species, paid: float, informal: float, meat: float, hay: float
) -> float:
    """Sales and home use of milk, and animals sold, less the cost of cows and followers, real tenge of the month."""
    sales = work.output * paid + work.used * informal + work.sold_kg * meat
    return sales - produce.keeping(work.herd, species, hay, terms.cost_kzt_per_lu_year)


@kernel
def _earn(
    work: Work,
    terms: Instrument,
    labour: Labour,
    flows: Flows,
    counts: Counts,
    margin: float,
    own: float,
    hired: float,
) -> None:
    """Book an enterprise's month of work."""
    flows.fte_months += own + hired
    flows.displaced_fte_months += terms.displacement * (own + hired)
    counts.months += 1
    counts.jobs += own + hired
    work.year_margin += margin - hired * labour.wage_kzt_month


@kernel
def loans_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Let every loan's dues fall due and be paid; who is too far behind defaults; collateral is realised."""
    t = m + 1.0
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    fund, counts_of, log, lines, terms, cpi = s.fund[0], s.counts, s.log, s.lines, p.loan[0], w.cpi[m]
    other = p.income[0].per_resident_kzt_month * p.income[0].household_size * cpi
    for j in range(people.shape[0]):
        debt = loans[j]
        if debt.state == DEFAULTED and debt.closes_at <= t:
            back = loan.recover(debt, fund, terms.collateral_loss)
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
            paid += _refund(debt, file, instruments[k], fund, log, lines, j, m, cpi)
        if t - file.funded_at <= person.strategic_months:
            support = terms.support_share * other * instruments[k].member_households
            paid += _pay(debt, fund, m, math.floor(support))
            if debt.behind > 0 and st.kind[k] == HERD and enterprise.at_work(file, t) and t - debt.distress_at >= 12.0:
                species = p.herd[st.species[k]]
                each = species.slaughter_kg * s.price[st.meat_product[st.species[k]]]
                each *= (1.0 - terms.distress_discount) * cpi
                heads = _sell_in_need(debt, work, terms.distress_share, each, s.animals[st.species[k]], t)
                flows.meat_kg += heads * species.slaughter_kg
                flows.project_income += heads * each / cpi
                paid += loan.pay(debt, fund, m, math.ceil(heads * each))
                note(log, lines, t, L_IN_NEED, j, heads)
        counts.repaid_kzt += paid
        behind = loan.months_behind(debt, m)
        if behind > 0 and debt.arrears_months == 0:
            note(log, lines, t, L_ARREARS, j, float(debt.behind))
        debt.arrears_months = behind
        if debt.state == REPAID:
            note(log, lines, t, L_REPAID, j, float(debt.principal))
        elif behind >= terms.default_months:
            lost = loan.default(debt, t + math.floor(terms.recovery_months + 0.5))
            counts.defaulted_kzt += lost
            note(log, lines, t, L_DEFAULT, j, float(lost))
            if file.status == OPERATING:
                file.status = SEIZED
                note(log, lines, t, L_SEIZED, j, file.scale)
                if st.species[k] >= 0:
                    herd.hand_over(work.herd, s.herds[person.district, st.species[k]])


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
    debt: Loan,
    file: File,
    terms: Instrument,
    fund: Fund,
    log: Rows[Log],
    lines: Rows[Line],
    j: int,
    m: int,
    cpi: float,
) -> int:
    """Put the state's refund of the cost into the loan; what is beyond it stays with the owner."""
    debt.refund_at = math.inf
    amount = math.floor(terms.cost_mln_kzt * 1e6 * file.scale * terms.refund_share * cpi)
    note(log, lines, m + 1.0, L_REFUND, j, float(amount))
    return loan.prepay(debt, fund, m, int(amount))


@kernel
def _pay(debt: Loan, fund: Fund, m: int, support: int) -> int:
    """Pay dues from the enterprise's cash first, then from the household's other income."""
    paid = loan.pay(debt, fund, m, debt.cash + support)
    debt.cash -= min(debt.cash, paid)
    return paid


@kernel
def _sell_in_need(debt: Loan, work: Work, share: float, each: float, animals: Terms, t: float) -> float:
    """Sell part of the herd at a discount; returns how many head."""
    debt.distress_at = t
    cows = work.herd[FEMALE, work.herd.shape[1] - 1]
    return herd.sell_in_need(work.herd, min(share * cows, debt.behind / each), animals)
