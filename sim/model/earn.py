"""What the month's output brings: incomes, cash, dues, defaults and recoveries."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, produce, water
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
    File,
    Flows,
    Fund,
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
from sim.parameters.records import Rows


@kernel
def projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money year after year is given up."""
    t, year, districts = m + 1.0, m // 12, w.base.shape[0]
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    price, kinds, flows_of, counts, cpi = s.price, st.kind, s.flows, s.counts, w.cpi[m]
    milk_price, reference = s.balance[st.milk].informal_price, s.balance[st.meat].informal_price
    feed = price[st.grain] / p.market[st.grain].price
    labour = p.labour[0]
    for j in range(people.shape[0]):
        file = files[j]
        if not enterprise.at_work(file, t):
            continue
        person, work = people[j], works[j]
        k, d = person.instrument, person.district
        terms, flows = instruments[k], flows_of[year * districts + d]
        species = st.species[k]
        if kinds[k] == HERD:
            hay = price[st.hay] * p.district[d].hay_price_factor
            meat = s.paid[d, st.meat, 1 + k] * s.farm[species] / reference
            margin = _herd_margin(
                work, terms, p.herd[species], s.paid[d, st.milk, 1 + k], milk_price, meat, hay, s.hay[0].own
            )
        elif kinds[k] == CAPACITY:
            per_unit, full = price[st.product[k]], file.scale
            if species >= 0:  # fattened animals that no plant takes fetch the full price
                left = (1.0 - s.share[d, st.meat, 1 + k]) * (1.0 - p.processing[st.meat].loss_share)
                per_unit = s.paid[d, st.meat, 1 + k] + left * (per_unit - reference)
                full = herd.stock(work.herd) / terms.units if terms.units > 0.0 else 0.0
            margin = work.output * per_unit - work.bought - full * _inputs(terms, feed)
        elif kinds[k] == PLANT:
            q = st.made_of[k]
            per_kg = price[st.processed[q]] - s.balance[q].raw_price - p.processing[q].variable_cost_kzt_kg
            fixed = file.scale * terms.fixed_cost_mln_kzt_year * 1e6 / 12.0
            margin = work.output * s.balance[q].load * per_kg * person.skill - fixed
        else:
            gain = s.land[d].gain_per_ha * person.skill if m % 12 == water.HARVEST else 0.0
            margin = work.output * (gain - terms.upkeep_kzt_per_ha_year / 12.0)
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        own, hired = terms.own_fte * file.scale, terms.hired_fte * file.scale * grown
        _earn(work, file.scale, terms, labour, flows, counts[k * st.years + year], margin, own, hired)
        debt = loans[j]
        if debt.state == REPAYING:
            eaten = work.used * milk_price if kinds[k] == HERD else 0.0
            drawings = labour.drawings_share * labour.wage_kzt_month * own
            cash = household.cash_flow(margin, eaten, hired * labour.wage_kzt_month, drawings)
            debt.cash += math.floor(cash * cpi)
        if math.floor(t - file.operating_at) % 12 == 0:
            worth = 0.0
            if species >= 0:
                worth = herd.worth(work.herd, p.herd[species], p.market[st.meat_product[species]].price)
            if _lost(work, worth, t - file.operating_at >= 13.0) >= p.enterprise[0].loss_years:
                file.status = ABANDONED
                note(s.log, s.lines, t, L_ABANDONED, j, work.year_margin)
                if species >= 0:
                    herd.hand_over(work.herd, s.herds[d, species])
                elif kinds[k] == IRRIGATION:
                    work.output = water.hand_over(s.land[d], work.output)
            work.year_margin = 0.0


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
def _herd_margin(
    work: Work,
    terms: Instrument,
    species: Species,
    paid: float,
    informal: float,
    meat: float,
    hay: float,
    own: float,
) -> float:
    """Sales and home use of milk, and animals sold, less the cost of cows and followers, real tenge of the month."""
    sales = work.output * paid + work.used * informal + work.sold_kg * meat
    return sales - produce.keeping(work.herd, species, hay, own, terms.cost_kzt_per_lu_year)


@kernel
def _inputs(terms: Instrument, feed: float) -> float:
    """Variable cost of a capacity enterprise, real tenge a month; `feed` is the grain price relative to the base."""
    cost = 1.0 + terms.feed_cost_share * (feed - 1.0)
    return float(terms.units * terms.cost_kzt_per_unit_year / 12.0 * cost)


@kernel
def _earn(
    work: Work, scale: float, terms: Instrument, labour: Labour, flows: Flows, counts: Counts, margin: float,
    own: float, hired: float,
) -> None:  # fmt: skip
    """Book an enterprise's month of work: income of owners and workers, hours, what it takes from others."""
    assets = terms.cost_mln_kzt * 1e6 * scale * (1.0 - terms.animal_cost_share) * (1.0 - terms.refund_share)
    depreciation = assets / terms.asset_life_years / 12.0
    forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
    earned = household.income(margin, depreciation, forgone * labour.wage_kzt_month)
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
    """Let every loan's dues fall due and be paid; who is too far behind defaults; collateral is realised."""
    t = m + 1.0
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    fund, counts_of, log, lines, terms, cpi = s.fund[0], s.counts, s.log, s.lines, p.loan[0], w.cpi[m]
    years = s.years[m // 12]
    other = p.income[0].per_resident_kzt_month * p.income[0].household_size * cpi
    for j in range(people.shape[0]):
        debt = loans[j]
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
            paid += _pay(debt, fund, m, math.floor(support))
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
                    paid += loan.pay(debt, fund, m, math.ceil(heads * each * cpi))
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
                if st.species[k] >= 0:
                    herd.hand_over(work.herd, s.herds[person.district, st.species[k]])
                elif st.kind[k] == IRRIGATION:
                    work.output = water.hand_over(s.land[person.district], work.output)


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
    return loan.prepay(debt, fund, m, int(amount))


@kernel
def _pay(debt: Loan, fund: Fund, m: int, support: int) -> int:
    """Pay dues from the enterprise's cash first, then from the household's other income."""
    paid = loan.pay(debt, fund, m, debt.cash + support)
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
