"""The monthly clock: animals, output, markets, water, then what everyone earns and pays."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import enterprise, herd, household, loan, market, water
from sim.model.state import (
    ABANDONED,
    C_DEFAULTED,
    C_REPAID,
    CAPACITY,
    DEFAULTED,
    F_CAPACITY,
    F_CROPS,
    F_DISPLACED,
    F_FTE,
    F_HERDS,
    F_MEAT,
    F_MILK,
    F_OTHER,
    F_PROCESSED,
    F_PROJECTS,
    F_VEGETABLES,
    F_WATER,
    FEMALE,
    HERD,
    HOME,
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
    PRODUCED,
    REPAYING,
    SEIZED,
    State,
    Structure,
    World,
    note,
)
from sim.model.state import REPAID as LOAN_REPAID
from sim.parameters.groups import Parameters

HARVEST = 8  # September: the season's water and yields are settled
HOUSEHOLD, BORROWER = 0, 1
APPLICATIONS, BIRTHS, MILK_YIELD, MILK_PRICE, GREENHOUSE_YIELD = range(5)  # rows of World.season


@kernel
def month(s: State, w: World, p: Parameters, st: Structure, t: float) -> None:
    """Close the month that ends at t."""
    m = int(math.floor(t + 0.5)) - 1
    year = m // 12
    season = m - 12 * year
    note(s.log, t, L_MONTH, 0, 0.0)
    _open_prices(s, w, p, st, m, season)
    _household_herds(s, w, p, st, year, season)
    capacity = _projects_produce(s, w, p, st, t, year, season)
    _clear_markets(s, w, p, st, m, year, season, capacity)
    for d in range(w.irrigated.shape[0]):
        pool = p.water.ceiling_share * w.irrigated[d]
        water.spread(s.water, d, pool, p.water.bass_innovation, p.water.bass_imitation)
    if season == HARVEST:
        _harvest(s, w, p, st, year)
    for j in range(w.arrival.shape[0]):
        if s.files.status[j] == OPERATING:
            _enterprise_earns(s, w, p, st, j, t, m, year, season)
        if s.loans.state[j] == REPAYING:
            _loan_month(s, w, p, st, j, t, m, year)
        elif s.loans.state[j] == DEFAULTED and s.loans.closes_at[j] <= t:
            back = loan.recover(s.loans, s.fund, j, p.loan.collateral_loss)
            note(s.log, t, L_RECOVERED, j, float(back))
    _household_income(s, w, p, st, year)


@kernel
def _open_prices(s: State, w: World, p: Parameters, st: Structure, m: int, season: int) -> None:
    """Set this month's real prices; the informal ones still bear last month's supply."""
    for k in range(w.price.shape[0]):
        s.market.price[k] = w.price[k, m]
    for q in range(st.raw.shape[0]):
        raw, informal, made = st.raw[q], st.informal[q], st.processed[q]
        level = p.market.price[raw] + p.processing.gross_margin_kzt_kg[q] + p.processing.variable_cost_kzt_kg[q]
        change = math.exp(p.processing.pass_through[q] * math.log(w.price[raw, m] / p.market.price[raw]))
        s.market.price[made] = level * change * w.price[made, m]
        at_plant = w.price[raw, m] * w.season[MILK_PRICE, season]
        s.market.price[raw] = market.plant_price(
            at_plant, s.market.load[q], w.base_spare[q], p.processing.competition[q]
        )
        s.market.price[informal] = w.price[informal, m] * w.season[MILK_PRICE, season] * s.market.informal_factor[q]


@kernel
def _household_herds(s: State, w: World, p: Parameters, st: Structure, year: int, season: int) -> None:
    births = w.season[BIRTHS, season]
    for d in range(w.base_cows.shape[0]):
        for k in range(w.base_cows.shape[1]):
            animals = s.herds.district[d, k]
            room = w.base_cows[d, k] * p.herd.pasture_room[k]
            met = herd.step(animals, w.rates, k, births, room, s.herds.kept[d, k], s.herds.terms)
            s.herds.kept[d, k] -= met
            kg = herd.close_book(s.herds.book[k], s.herds.terms) * p.herd.slaughter_kg[k]
            cows = animals[FEMALE, -1]
            milk = cows * p.herd.milked_share[k] * p.herd.milk_kg_per_cow_year[k] / 12.0 * w.season[MILK_YIELD, season]
            used = milk * (1.0 - p.herd.sold_share[k])
            s.market.book[0, PRODUCED] += milk
            s.market.book[0, HOME] += used
            s.market.sold[d, 0, HOUSEHOLD] = milk * p.herd.sold_share[k]
            s.market.sold[d, 0, BORROWER] = 0.0
            flows = s.report.yearly[year, d]
            flows[F_MILK] += milk
            flows[F_MEAT] += kg
            sales = used * s.market.price[st.informal[0]] + kg * s.market.price[st.meat_product[k]]
            flows[F_HERDS] += sales - cows * _cow_cost(s, p, st, k, p.herd.cost_kzt_per_cow_year[k])


@kernel
def _cow_cost(s: State, p: Parameters, st: Structure, species: int, other: float) -> float:
    """Cost of a cow with followers, bought hay included, tenge of the month."""
    hay = p.herd.hay_t_per_cow_year[species] * p.herd.hay_bought_share[species] * 1000.0 * s.market.price[st.hay]
    return (other + hay) / 12.0


@kernel
def _projects_produce(
    s: State, w: World, p: Parameters, st: Structure, t: float, year: int, season: int
) -> float:
    """Let every operating enterprise produce; returns the open capacity of all plants, kg raw of the month."""
    capacity = 0.0
    for d in range(w.irrigated.shape[0]):
        open_now = w.capacity[d] * enterprise.month_open(s.enterprises, d, t)
        capacity += open_now
        s.report.yearly[year, d, F_CAPACITY] += open_now
    for j in range(w.arrival.shape[0]):
        if s.files.status[j] != OPERATING:
            continue
        s.report.months[0] += 1
        k = w.instrument[j]
        scale = s.files.scale[j]
        flows = s.report.yearly[year, w.district[j]]
        grown = enterprise.ramp(t - s.files.operating_at[j], p.instrument.ramp_start[k], p.instrument.ramp_months[k])
        if st.kind[k] == HERD:
            _herd_produces(s, w, p, st, j, k, year, season)
        elif st.kind[k] == CAPACITY:
            full = scale * p.instrument.units[k] * p.instrument.yield_kg_per_unit_year[k] / 12.0
            made = full * grown * w.season[GREENHOUSE_YIELD, season] * w.skill[j]
            s.enterprises.output[j] = made
            flows[F_VEGETABLES] += made * (1.0 - p.instrument.displacement[k])
        elif st.kind[k] == PLANT:
            share = enterprise.month_open(s.enterprises, st.plant[j], t)
            made = scale * p.instrument.capacity_t_year[k] * 1000.0 / 12.0 * grown * share
            s.enterprises.output[j] = made
            capacity += made
            flows[F_CAPACITY] += made
    return capacity


@kernel
def _herd_produces(s: State, w: World, p: Parameters, st: Structure, j: int, k: int, year: int, season: int) -> None:
    species = st.species[k]
    animals = s.herds.project[j]
    room = p.instrument.places[k] * s.files.scale[j]
    group = w.base_cows.shape[1] + k
    herd.step(animals, w.rates, group, w.season[BIRTHS, season], room, 0.0, s.herds.terms)
    kg = herd.close_book(s.herds.book[species], s.herds.terms) * p.herd.slaughter_kg[species]
    full = animals[FEMALE, -1] * p.instrument.milk_kg_per_cow_year[k] / 12.0
    milk = full * w.season[MILK_YIELD, season] * w.skill[j]
    s.herds.sold_kg[j] = kg
    s.enterprises.output[j] = milk * p.instrument.sold_share[k]
    s.enterprises.used[j] = milk * (1.0 - p.instrument.sold_share[k])
    s.market.book[0, PRODUCED] += milk
    s.market.book[0, HOME] += s.enterprises.used[j]
    d = w.district[j]
    s.market.sold[d, 0, BORROWER] += s.enterprises.output[j]
    s.report.yearly[year, d, F_MILK] += milk
    s.report.yearly[year, d, F_MEAT] += kg


@kernel
def _clear_markets(
    s: State, w: World, p: Parameters, st: Structure, m: int, year: int, season: int, capacity: float
) -> None:
    """Split sold milk between plants and the informal market and set what each group was paid."""
    districts = w.irrigated.shape[0]
    for q in range(st.raw.shape[0]):
        raw, informal = st.raw[q], st.informal[q]
        offered, delivered = 0.0, 0.0
        for d in range(districts):
            at_farm = s.market.price[raw] - p.district.haulage_kzt_kg[d]
            for group in range(2):
                bonus = p.processing.borrower_bonus[q] if group == BORROWER else 0.0
                share = market.delivered_share(
                    at_farm, s.market.price[informal], w.intercept[q], p.processing.delivery_slope[q], bonus
                )
                s.market.share[d, q, group] = share
                offered += s.market.sold[d, q, group]
                delivered += share * s.market.sold[d, q, group]
        s.market.delivered[q] = delivered
        before = s.market.price[informal] / s.market.informal_factor[q]
        base = w.base_informal[q] * w.season[MILK_YIELD, season]
        base *= math.exp(math.log(1.0 + p.processing.demand_growth_year[q]) * m / 12.0)
        floor = p.processing.outlet_price_kzt_kg[q] / before
        market.clear(s.market, q, p.processing, offered, capacity, base, floor)
        s.market.price[informal] = before * s.market.informal_factor[q]
        processed = s.market.load[q] * capacity
        taken = processed / (delivered * (1.0 - p.processing.loss_share[q])) if delivered > 0.0 else 0.0
        for d in range(districts):
            at_farm = s.market.price[raw] - p.district.haulage_kzt_kg[d]
            for group in range(2):
                share = s.market.share[d, q, group] * taken
                mean = share * at_farm + (1.0 - share) * s.market.price[informal]
                s.market.paid[d, q, group] = mean * (1.0 - p.processing.loss_share[q])
                flow = share * s.market.sold[d, q, group] * (1.0 - p.processing.loss_share[q])
                s.report.yearly[year, d, F_PROCESSED] += flow


@kernel
def _harvest(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Settle the irrigation season of every district."""
    saved, gain = p.water.saved_share, p.water.yield_gain
    total = 0.0
    for d in range(w.irrigated.shape[0]):
        total += w.irrigated[d]
    for d in range(w.irrigated.shape[0]):
        saving = s.water.adopted[d] + s.water.funded[d]
        wanted = water.demand(p.crop, w.irrigated[d] - saving, saving, saved)
        entitled = p.water.limit_m3 * w.water_index[year] * w.irrigated[d] / total
        before = s.water.book[d, 1]
        supplied = water.use(s.water.book[d], entitled, wanted)
        by_furrow = _per_hectare(s, p, st, supplied, 0.0)
        s.water.gain_per_ha[d] = _per_hectare(s, p, st, supplied, gain) - by_furrow
        flows = s.report.yearly[year, d]
        flows[F_WATER] += s.water.book[d, 1] - before
        flows[F_CROPS] += w.irrigated[d] * by_furrow + s.water.adopted[d] * s.water.gain_per_ha[d]


@kernel
def _per_hectare(s: State, p: Parameters, st: Structure, supplied: float, gain: float) -> float:
    total = 0.0
    for c in range(st.crop_product.shape[0]):
        total += water.crop_earned(p.crop, c, s.market.price[st.crop_product[c]], supplied, gain)
    return total


@kernel
def _margin(s: State, w: World, p: Parameters, st: Structure, j: int, k: int, season: int) -> float:
    """Sales less inputs of one enterprise before labour, real tenge of the month."""
    scale = s.files.scale[j]
    made = s.enterprises.output[j]
    if st.kind[k] == HERD:
        species = st.species[k]
        sales = made * s.market.paid[w.district[j], 0, BORROWER]
        sales += s.enterprises.used[j] * s.market.price[st.informal[0]]
        sales += s.herds.sold_kg[j] * s.market.price[st.meat_product[species]]
        cows = s.herds.project[j, FEMALE, -1]
        return sales - cows * _cow_cost(s, p, st, species, p.instrument.cost_kzt_per_cow_year[k])
    if st.kind[k] == CAPACITY:
        inputs = scale * p.instrument.units[k] * p.instrument.cost_kzt_per_unit_year[k] / 12.0
        return made * s.market.price[st.product[k]] - inputs
    if st.kind[k] == PLANT:
        per_kg = s.market.price[st.processed[0]] - s.market.price[st.raw[0]] - p.processing.variable_cost_kzt_kg[0]
        fixed = scale * p.instrument.fixed_cost_mln_kzt_year[k] * 1e6 / 12.0
        return made * s.market.load[0] * per_kg * w.skill[j] - fixed
    gain = s.water.gain_per_ha[w.district[j]] * w.skill[j] if season == HARVEST else 0.0
    return s.enterprises.output[j] * (gain - p.instrument.upkeep_kzt_per_ha_year[k] / 12.0)


@kernel
def _enterprise_earns(
    s: State, w: World, p: Parameters, st: Structure, j: int, t: float, m: int, year: int, season: int
) -> None:
    k = w.instrument[j]
    scale = s.files.scale[j]
    margin = _margin(s, w, p, st, j, k, season)
    own = p.instrument.own_fte[k] * scale
    hired = p.instrument.hired_fte[k] * scale
    wage = p.labour.wage_kzt_month
    assets = p.instrument.cost_mln_kzt[k] * 1e6 * scale * (1.0 - p.instrument.animal_cost_share[k])
    depreciation = assets / p.instrument.asset_life_years[k] / 12.0
    interest = 0.0
    if s.loans.state[j] == REPAYING:
        interest = s.loans.outstanding[j] * p.loan.rate / 12.0 + s.loans.other_interest[j]
        drawings = p.labour.drawings_share * wage * own
        s.loans.cash[j] += int(math.floor(household.cash_flow(margin, hired * wage, drawings, w.cpi[m])))
    forgone = wage * (own * p.labour.own_forgone_share + hired * p.labour.hired_forgone_share)
    earned = household.income(margin, interest / w.cpi[m], depreciation, forgone)
    taken = p.instrument.displacement[k]
    flows = s.report.yearly[year, w.district[j]]
    flows[F_PROJECTS] += earned - taken * margin
    flows[F_FTE] += own + hired
    flows[F_DISPLACED] += taken * (own + hired)
    s.report.jobs[k, year] += own + hired
    s.enterprises.year_margin[j] += margin - hired * wage
    whole_months = int(math.floor(t - s.files.operating_at[j]))
    if whole_months > 0 and whole_months % 12 == 0:
        if whole_months > 12 and s.enterprises.year_margin[j] < 0.0:
            s.files.status[j] = ABANDONED
            herd.hand_over(s.herds.project[j], s.herds.district[w.district[j], max(0, st.species[k])])
            note(s.log, t, L_ABANDONED, j, s.enterprises.year_margin[j])
        s.enterprises.year_margin[j] = 0.0


@kernel
def _loan_month(s: State, w: World, p: Parameters, st: Structure, j: int, t: float, m: int, year: int) -> None:
    """Let dues fall due, pay what can be paid, and default when too far behind."""
    k = w.instrument[j]
    age = int(math.floor(t - s.files.funded_at[j] + 0.5))
    term, grace = int(p.instrument.term_months[k]), int(p.instrument.grace_months[k])
    due = loan.fall_due(s.loans, j, m, age, term, grace, p.loan.rate, p.loan.annuity)
    if age <= term:
        s.loans.cash[j] -= s.loans.other_due[j]
    first = min(max(0, s.loans.cash[j]), s.loans.overrun[j])
    s.loans.overrun[j] -= first
    s.loans.cash[j] = max(0, s.loans.cash[j] - first)
    paid = 0
    if s.loans.refund_at[j] <= t:
        s.loans.refund_at[j] = math.inf
        amount = p.instrument.cost_mln_kzt[k] * 1e6 * s.files.scale[j] * p.instrument.refund_share[k] * w.cpi[m]
        paid += loan.prepay(s.loans, s.fund, j, m, int(math.floor(amount)))
        note(s.log, t, L_REFUND, j, math.floor(amount))
    if age <= w.strategic_months[j]:
        other = p.income.per_resident_kzt_month * p.income.household_size * w.cpi[m]
        support = int(math.floor(p.loan.support_share * other))
        now = loan.pay(s.loans, s.fund, j, m, s.loans.cash[j] + support)
        s.loans.cash[j] -= min(s.loans.cash[j], now)
        paid += now
        if s.loans.behind[j] > 0 and s.files.status[j] == OPERATING and st.kind[k] == HERD:
            paid += _sell_in_need(s, w, p, st, j, t, m, year)
    s.loans.cash[j] = min(s.loans.cash[j], int(math.floor(p.loan.buffer_months * due)))
    s.report.table[k, year, C_REPAID] += paid
    behind = loan.months_behind(s.loans, j, m)
    if behind > 0 and s.loans.arrears_months[j] == 0:
        note(s.log, t, L_ARREARS, j, float(s.loans.behind[j]))
    s.loans.arrears_months[j] = behind
    if s.loans.state[j] == LOAN_REPAID:
        note(s.log, t, L_REPAID, j, float(s.loans.principal[j]))
    elif behind >= p.loan.default_months:
        lost = loan.default(s.loans, j, t + math.floor(p.loan.recovery_months + 0.5))
        s.report.table[k, year, C_DEFAULTED] += lost
        if s.files.status[j] == OPERATING:
            herd.hand_over(s.herds.project[j], s.herds.district[w.district[j], max(0, st.species[k])])
            s.files.status[j] = SEIZED
        note(s.log, t, L_DEFAULT, j, float(lost))


@kernel
def _sell_in_need(s: State, w: World, p: Parameters, st: Structure, j: int, t: float, m: int, year: int) -> int:
    """Sell part of the herd at a discount, at most once in twelve months; returns what it paid, tenge."""
    if t - s.loans.distress_at[j] < 12.0:
        return 0
    species = st.species[w.instrument[j]]
    kg = p.herd.slaughter_kg[species]
    each = kg * s.market.price[st.meat_product[species]] * (1.0 - p.loan.distress_discount) * w.cpi[m]
    most = p.loan.distress_share * s.herds.project[j, FEMALE, -1]
    heads = herd.sell_in_need(s.herds.project[j], min(most, s.loans.behind[j] / each), s.herds.terms)
    herd.close_book(s.herds.book[species], s.herds.terms)
    s.loans.distress_at[j] = t
    s.report.yearly[year, w.district[j], F_MEAT] += heads * kg
    note(s.log, t, L_IN_NEED, j, heads)
    return loan.pay(s.loans, s.fund, j, m, int(math.ceil(heads * each)))


@kernel
def _household_income(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Add the milk money of households and the income that the model does not make; project flows are booked."""
    for d in range(w.irrigated.shape[0]):
        flows = s.report.yearly[year, d]
        for q in range(st.raw.shape[0]):
            flows[F_HERDS] += s.market.sold[d, q, HOUSEHOLD] * s.market.paid[d, q, HOUSEHOLD]
        flows[F_OTHER] += w.base_income[d]
