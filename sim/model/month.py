"""The monthly clock: animals, output, markets, water, then what everyone earns and pays."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, market, water
from sim.model.state import (
    ABANDONED,
    BORROWER,
    CAPACITY,
    DEFAULTED,
    FEMALE,
    HERD,
    HOUSEHOLD,
    L_ABANDONED,
    L_ARREARS,
    L_DEFAULT,
    L_IN_NEED,
    L_MONTH,
    L_RECOVERED,
    L_REFUND,
    L_REPAID,
    OPERATING,
    PLANT,
    REPAID,
    REPAYING,
    SEIZED,
    Balance,
    Counts,
    File,
    FloatArray,
    Flows,
    Fund,
    Line,
    Loan,
    Log,
    Person,
    Rates,
    Rows,
    Season,
    State,
    Structure,
    Terms,
    Work,
    World,
    note,
)
from sim.parameters.groups import Instrument, Labour, LoanTerms, Parameters, Species

HARVEST = 8  # September: the season's water and yields are settled


@kernel
def month(s: State, w: World, p: Parameters, st: Structure, t: float) -> None:
    """Close the month that ends at t.

    What is called for each candidate takes rows, not the whole state: compiled code counts the references of every
    array it is handed.
    """
    m = int(math.floor(t + 0.5)) - 1
    note(s.log, s.lines, t, L_MONTH, m, 0.0)
    _open_prices(s, w, p, st, m)
    _household_herds(s, w, p, st, m)
    capacity = _projects_produce(s, w, p, st, m)
    for q in range(st.raw.shape[0]):
        _clear_market(s, w, p, st, q, m, capacity)
    for d in range(w.base.shape[0]):
        pool = p.water[0].ceiling_share * w.base[d].irrigated
        water.spread(s.land[d], pool, p.water[0].bass_innovation, p.water[0].bass_imitation)
    if m % 12 == HARVEST:
        _harvest(s, w, p, st, m // 12)
    _projects_earn(s, w, p, st, m)
    _loans_month(s, w, p, st, m)
    for d in range(w.base.shape[0]):
        flows = s.flows[m // 12 * w.base.shape[0] + d]
        flows.other_income += w.base[d].other_income
        for q in range(st.raw.shape[0]):
            flows.herd_income += s.sold[d, q, HOUSEHOLD] * s.paid[d, q, HOUSEHOLD]


@kernel
def at_work(file: File, t: float) -> bool:
    """Whether an enterprise worked in the month that ends at t: from the month after its commissioning on."""
    return bool(file.status == OPERATING and file.operating_at <= t - 1.0)


@kernel
def _open_prices(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Set this month's real prices; the informal ones still bear last month's supply."""
    season = w.season[m % 12].milk_price
    for k in range(w.price.shape[0]):
        s.price[k] = w.price[k, m]
    for q in range(st.raw.shape[0]):
        raw, informal, made = st.raw[q], st.informal[q], st.processed[q]
        terms, balance = p.processing[q], s.balance[q]
        usual = p.market[raw].price
        level = usual + terms.gross_margin_kzt_kg + terms.variable_cost_kzt_kg
        s.price[made] = level * math.exp(terms.pass_through * math.log(w.price[raw, m] / usual)) * w.price[made, m]
        s.price[raw] = market.plant_price(
            w.price[raw, m] * season, balance.load, w.delivery[q].spare, terms.competition
        )
        s.price[informal] = w.price[informal, m] * season * balance.informal_factor


@kernel
def _household_herds(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    season = w.season[m % 12]
    districts = w.base.shape[0]
    for d in range(districts):
        flows = s.flows[m // 12 * districts + d]
        for k in range(s.animals.shape[0]):
            terms = p.herd[k]
            animals = s.herds[d, k]
            room = w.herd[d, k, FEMALE, -1] * terms.pasture_room
            slaughtered, met = herd.step(animals, w.rates[k], season.births, room, s.kept[d, k], s.animals[k])
            s.kept[d, k] -= met
            kg = slaughtered * terms.slaughter_kg
            cows = animals[FEMALE, -1]
            milk = cows * terms.milked_share * terms.milk_kg_per_cow_year / 12.0 * season.milk_yield
            used = milk * (1.0 - terms.sold_share)
            s.balance[0].produced += milk
            s.balance[0].home += used
            s.sold[d, 0, HOUSEHOLD] = milk * terms.sold_share
            s.sold[d, 0, BORROWER] = 0.0
            flows.milk_kg += milk
            flows.meat_kg += kg
            sales = used * s.price[st.informal[0]] + kg * s.price[st.meat_product[k]]
            flows.herd_income += sales - _keeping(animals, terms, s.price[st.hay], terms.cost_kzt_per_lu_year)


@kernel
def _keeping(herd_of: FloatArray, terms: Species, hay_price: float, other: float) -> float:
    """Cost of keeping a herd, bought hay included, tenge of the month; `other` is per livestock unit and year."""
    hay = terms.hay_t_per_lu_year * terms.hay_bought_share * 1000.0 * hay_price
    return herd.livestock_units(herd_of, terms.young_lu) * (other + hay) / 12.0


@kernel
def _projects_produce(s: State, w: World, p: Parameters, st: Structure, m: int) -> float:
    """Let every enterprise produce; returns the open capacity of all plants, kg raw of the month."""
    t = m + 1.0
    districts = w.base.shape[0]
    season = w.season[m % 12]
    files, people, works, instruments, kinds = s.files, w.person, s.work, p.instrument, st.kind
    flows_of, plants, sold, balance = s.flows, s.plants, s.sold, s.balance[0]
    capacity = 0.0
    for d in range(districts):
        open_now = w.base[d].capacity * enterprise.month_open(plants[d], t)
        capacity += open_now
        flows_of[m // 12 * districts + d].capacity_kg += open_now
    for j in range(people.shape[0]):
        file = files[j]
        if not at_work(file, t):
            continue
        person, work = people[j], works[j]
        k, d = person.instrument, person.district
        terms = instruments[k]
        flows = flows_of[m // 12 * districts + d]
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        if kinds[k] == HERD:
            species = st.species[k]
            _herd_produces(
                work, file, person, terms, p.herd[species], w.rates[s.animals.shape[0] + k], season,
                s.animals[species], balance, flows,
            )  # fmt: skip
            sold[d, 0, BORROWER] += work.output
        elif kinds[k] == CAPACITY:
            full = file.scale * terms.units * terms.yield_kg_per_unit_year / 12.0
            work.output = full * grown * season.greenhouse_yield * person.skill
            flows.vegetables_kg += work.output * (1.0 - terms.displacement)
        elif kinds[k] == PLANT:
            share = enterprise.month_open(plants[st.plant[j]], t)
            work.output = file.scale * terms.capacity_t_year * 1000.0 / 12.0 * grown * share
            capacity += work.output
            flows.capacity_kg += work.output
    return capacity


@kernel
def _herd_produces(
    work: Work, file: File, person: Person, terms: Instrument, species: Species, rates: Rates, season: Season,
    animals: Terms, balance: Balance, flows: Flows,
) -> None:  # fmt: skip
    room = terms.places * file.scale
    slaughtered, _met = herd.step(work.herd, rates, season.births, room, 0.0, animals)
    cows = work.herd[FEMALE, work.herd.shape[1] - 1]
    milk = cows * terms.milk_kg_per_cow_year / 12.0 * season.milk_yield * person.skill
    work.sold_kg = slaughtered * species.slaughter_kg
    work.output = milk * terms.sold_share
    work.used = milk * (1.0 - terms.sold_share)
    balance.produced += milk
    balance.home += work.used
    flows.milk_kg += milk
    flows.meat_kg += work.sold_kg


@kernel
def _clear_market(s: State, w: World, p: Parameters, st: Structure, q: int, m: int, capacity: float) -> None:
    """Split what was sold between plants and the informal market and set what each group was paid."""
    raw, informal = st.raw[q], st.informal[q]
    terms, balance = p.processing[q], s.balance[q]
    districts = w.base.shape[0]
    offered, delivered = 0.0, 0.0
    for d in range(districts):
        at_farm = s.price[raw] - p.district[d].haulage_kzt_kg
        for group in range(2):
            bonus = terms.borrower_bonus if group == BORROWER else 0.0
            s.share[d, q, group] = market.delivered_share(
                at_farm, s.price[informal], w.delivery[q].intercept, terms.delivery_slope, bonus
            )
            offered += s.sold[d, q, group]
            delivered += s.share[d, q, group] * s.sold[d, q, group]
    undisturbed = s.price[informal] / balance.informal_factor
    base = w.delivery[q].informal * w.season[m % 12].milk_yield
    base *= math.exp(math.log(1.0 + terms.demand_growth_year) * m / 12.0)
    market.clear(balance, terms, offered, delivered, capacity, base, terms.outlet_price_kzt_kg / undisturbed)
    s.price[informal] = undisturbed * balance.informal_factor
    kept = 1.0 - terms.loss_share
    taken = balance.load * capacity / (delivered * kept) if delivered > 0.0 else 0.0
    for d in range(districts):
        at_farm = s.price[raw] - p.district[d].haulage_kzt_kg
        for group in range(2):
            share = s.share[d, q, group] * taken
            s.paid[d, q, group] = (share * at_farm + (1.0 - share) * s.price[informal]) * kept
            s.flows[m // 12 * districts + d].processed_kg += share * s.sold[d, q, group] * kept


@kernel
def _harvest(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Settle the irrigation season of every district."""
    districts = w.base.shape[0]
    total = 0.0
    for d in range(districts):
        total += w.base[d].irrigated
    for d in range(districts):
        land, irrigated = s.land[d], w.base[d].irrigated
        saving = land.adopted + land.funded
        wanted = water.demand(p.crop, irrigated - saving, saving, p.water[0].saved_share)
        entitled = p.water[0].limit_m3 * w.water_index[year] * irrigated / total
        before = land.used
        supplied = water.use(land, entitled, wanted)
        by_furrow, by_saving = 0.0, 0.0
        for c in range(st.crop_product.shape[0]):
            price = s.price[st.crop_product[c]]
            by_furrow += water.crop_earned(p.crop[c], price, supplied, 0.0)
            by_saving += water.crop_earned(p.crop[c], price, supplied, p.water[0].yield_gain)
        land.gain_per_ha = by_saving - by_furrow
        flows = s.flows[year * districts + d]
        flows.water_used_m3 += land.used - before
        flows.crop_income += irrigated * by_furrow + land.adopted * land.gain_per_ha


@kernel
def _projects_earn(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what every enterprise earned; one that lost money for a whole year is given up."""
    t = m + 1.0
    districts = w.base.shape[0]
    files, people, works, loans, instruments = s.files, w.person, s.work, s.loans, p.instrument
    price, kinds, flows, counts, cpi = s.price, st.kind, s.flows, s.counts, w.cpi[m]
    hay, informal = price[st.hay], price[st.informal[0]]
    per_kg = price[st.processed[0]] - price[st.raw[0]] - p.processing[0].variable_cost_kzt_kg
    load = s.balance[0].load
    labour, rate = p.labour[0], p.loan[0].rate
    for j in range(people.shape[0]):
        file = files[j]
        if not at_work(file, t):
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
            gain = s.land[d].gain_per_ha * person.skill if m % 12 == HARVEST else 0.0
            margin = work.output * (gain - terms.upkeep_kzt_per_ha_year / 12.0)
        grown = enterprise.ramp(t - 1.0 - file.operating_at, terms.ramp_start, terms.ramp_months)
        own, hired = terms.own_fte * file.scale, terms.hired_fte * file.scale * grown
        _earn(work, terms, labour, flows[m // 12 * districts + d], counts[k * st.years + m // 12], margin, own, hired)
        debt, interest = loans[j], 0.0
        if debt.state == REPAYING:
            interest = (debt.outstanding * rate / 12.0 + debt.other_interest) / cpi
            eaten = work.used * informal if kinds[k] == HERD else 0.0
            drawings = labour.drawings_share * labour.wage_kzt_month * own
            cash = household.cash_flow(margin, eaten, hired * labour.wage_kzt_month, drawings)
            debt.cash += int(math.floor(cash * cpi))
        assets = terms.cost_mln_kzt * 1e6 * file.scale * (1.0 - terms.animal_cost_share)
        depreciation = assets / terms.asset_life_years / 12.0
        forgone = own * labour.own_forgone_share + hired * labour.hired_forgone_share
        earned = household.income(margin, interest, depreciation, forgone * labour.wage_kzt_month)
        flows[m // 12 * districts + d].project_income += earned - terms.displacement * margin
        age = int(math.floor(t - file.operating_at))
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
    return sales - _keeping(work.herd, species, hay, terms.cost_kzt_per_lu_year)


@kernel
def _earn(
    work: Work, terms: Instrument, labour: Labour, flows: Flows, counts: Counts, margin: float, own: float, hired: float
) -> None:
    """Book an enterprise's month of work."""
    flows.fte_months += own + hired
    flows.displaced_fte_months += terms.displacement * (own + hired)
    counts.months += 1
    counts.jobs += own + hired
    work.year_margin += margin - hired * labour.wage_kzt_month


@kernel
def _loans_month(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
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
        _fall_due(debt, file, instruments[k], terms, m)
        if debt.refund_at <= t:
            paid += _refund(debt, file, instruments[k], fund, log, lines, j, m, cpi)
        if t - file.funded_at <= person.strategic_months:
            support = terms.support_share * other * instruments[k].member_households
            paid += _pay(debt, fund, m, int(math.floor(support)))
            if debt.behind > 0 and st.kind[k] == HERD and at_work(file, t) and t - debt.distress_at >= 12.0:
                species = p.herd[st.species[k]]
                each = species.slaughter_kg * s.price[st.meat_product[st.species[k]]]
                each *= (1.0 - terms.distress_discount) * cpi
                heads = _sell_in_need(debt, work, terms.distress_share, each, s.animals[st.species[k]], t)
                s.flows[m // 12 * w.base.shape[0] + person.district].meat_kg += heads * species.slaughter_kg
                paid += loan.pay(debt, fund, m, int(math.ceil(heads * each)))
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
                if st.species[k] >= 0:
                    herd.hand_over(work.herd, s.herds[person.district, st.species[k]])


@kernel
def _fall_due(debt: Loan, file: File, terms: Instrument, rules: LoanTerms, m: int) -> None:
    """Let the month's dues fall due; other debt and dearer stock are paid first; keep cash for some dues to come."""
    age = int(math.floor(m + 1.0 - file.funded_at + 0.5))
    term = int(terms.term_months)
    loan.fall_due(debt, m, age, term, int(terms.grace_months), rules.rate, rules.annuity)
    if age <= term:
        debt.cash -= debt.other_due
    first = min(max(0, debt.cash), debt.overrun)
    debt.overrun -= first
    usual = debt.principal / max(1.0, terms.term_months - terms.grace_months)
    most = debt.behind + int(math.floor(rules.buffer_months * usual))
    debt.cash = min(max(0, debt.cash - first), most)


@kernel
def _refund(
    debt: Loan, file: File, terms: Instrument, fund: Fund, log: Rows[Log], lines: Rows[Line], j: int, m: int, cpi: float
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
