"""The month's prices, and the year's harvest: water, yields, the price of hay."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import herd, market, water
from sim.model.state import PROJECTS, State
from sim.model.world import Structure, World
from sim.parameters.groups import Parameters


@kernel(inline=True)
def open_prices(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Set this month's real prices; the informal ones still bear last month's supply."""
    month = m % 12
    for k in range(w.price.shape[0]):
        s.price[k] = w.price[k, m] * w.season[st.price_season[k], month]
    s.price[st.hay] *= s.hay[0].factor
    for k in range(s.farm.shape[0]):
        s.price[st.meat_product[k]] *= 1.0 - w.outbreak[m] * p.herd[k].outbreak_hit * p.shock[0].outbreak_loss
        s.farm[k] = s.price[st.meat_product[k]] * (1.0 - p.herd[k].trade_wedge)
    for q in range(st.raw.shape[0]):
        raw, made = st.raw[q], st.processed[q]
        terms, balance, usual = p.processing[q], s.balance[q], p.market[st.raw[q]].price
        level = usual + terms.gross_margin_kzt_kg + terms.variable_cost_kzt_kg
        closed = 1.0
        if st.animal[q] >= 0:
            closed = 1.0 - w.outbreak[m] * p.herd[st.animal[q]].outbreak_hit * p.shock[0].outbreak_loss
        s.price[made] *= level * math.exp(terms.pass_through * math.log(max(0.01, closed) * w.price[raw, m] / usual))
        balance.raw_price = market.plant_price(
            s.price[raw], balance.load, w.delivery[q].spare, terms.competition, terms.price_floor
        )
        elsewhere = s.price[st.informal[q]] if st.animal[q] < 0 else s.farm[st.animal[q]]
        balance.informal_price = elsewhere * balance.informal_factor


@kernel(inline=True)
def harvest(s: State, w: World, p: Parameters, st: Structure, year: int) -> None:
    """Settle the irrigation season of every district, then the price of hay, then what crops earned."""
    districts = w.base.shape[0]
    total = 0.0
    for d in range(districts):
        total += w.base[d].irrigated
    tonnes, by_furrow = 0.0, 0.0
    for d in range(districts):
        entitled = p.water[0].limit_m3 * w.water_index[year] * w.base[d].irrigated / total
        tonnes += _irrigate(s, w, p, st, year, d, entitled)
        by_furrow += w.base[d].irrigated / total * forage_yield(p, st, s.land[d].supplied)
    terms, index = p.feed[0], w.water_index[year]
    rain = math.exp(terms.rainfed_response * math.log(index))
    rainfed, irrigated = 1.0, 0.0
    if w.fodder[0].forage > 0.0:
        rainfed, irrigated = terms.rainfed_share, tonnes / w.fodder[0].forage
    s.hay[0].own = rainfed * rain + (1.0 - rainfed) * by_furrow
    supply = rainfed * rain + (1.0 - rainfed) * irrigated
    need = fodder_need(s, w, p, st) / w.fodder[0].need
    need *= 1.0 + terms.pasture_response * max(0.0, 1.0 - index)
    before = s.hay[0].factor
    s.hay[0].factor = water.hay_factor(supply, need, terms.price_elasticity, terms.price_floor, terms.price_ceiling)
    s.price[st.hay] *= s.hay[0].factor / before
    for d in range(districts):
        _sell_crops(s, w, p, st, year, d)


@kernel(inline=True)
def _irrigate(s: State, w: World, p: Parameters, st: Structure, year: int, d: int, entitled: float) -> float:
    """Use one district's water; returns tonnes of forage."""
    land, flows = s.land[d], s.flows[year * w.base.shape[0] + d]
    saving = land.adopted + land.funded
    land.extra = water.rebound(p.crop, saving, p.water[0].rebound_share)
    furrow = w.base[d].irrigated - saving
    wanted = furrow * water.per_hectare(p.crop, 0) + (saving + land.extra) * water.per_hectare(p.crop, 1)
    before = land.used
    land.supplied = water.use(land, entitled, wanted)
    flows.water_used_m3 += land.used - before
    tonnes = 0.0
    for c in range(p.crop.shape[0]):
        if st.crop_product[c] == st.hay:
            tonnes += furrow * water.crop_tonnes(p.crop[c], land.supplied, 0)
            tonnes += (saving + land.extra) * water.crop_tonnes(p.crop[c], land.supplied, 1)
    flows.forage_kg += 1000.0 * tonnes
    return tonnes


@kernel(inline=True)
def forage_yield(p: Parameters, st: Structure, supplied: float) -> float:
    """Yield of forage by furrow relative to one with enough water; 1 where none is grown."""
    for c in range(p.crop.shape[0]):
        if st.crop_product[c] == st.hay:
            return water.yield_factor(p.crop[c].ky, supplied)
    return 1.0


@kernel(inline=True)
def _sell_crops(s: State, w: World, p: Parameters, st: Structure, year: int, d: int) -> None:
    """Book what a district's crops earned.

    By furrow only the usual share of the forage is sold, the rest feeds the farms' own animals; what saving
    technology yields beyond that is worth the whole price.
    """
    land, flows = s.land[d], s.flows[year * w.base.shape[0] + d]
    by_furrow, gain = 0.0, 0.0
    for c in range(p.crop.shape[0]):
        price, sold = s.price[st.crop_product[c]], 1.0
        if st.crop_product[c] == st.hay:
            price, sold = price * p.district[d].hay_price_factor, w.fodder[0].marketed
        by_furrow += water.crop_earned(p.crop[c], price * sold, land.supplied, 0)
        gain += water.crop_earned(p.crop[c], price, land.supplied, 1)
        gain -= water.crop_earned(p.crop[c], price, land.supplied, 0)
    land.gain_per_ha = gain
    earned = w.base[d].irrigated * by_furrow + land.extra * (by_furrow + gain)
    flows.crop_income += earned + land.adopted * (gain - water.yearly_cost(p.water[0]))
    flows.worn += land.adopted * water.wear(p.water[0])


@kernel(inline=True)
def fodder_need(s: State, w: World, p: Parameters, st: Structure) -> float:
    """Hay that all livestock of the region needs in a year, t."""
    total = 0.0
    for k in range(s.animals.shape[0]):
        terms = p.herd[k]
        for d in range(w.base.shape[0]):
            units = herd.livestock_units(s.herds[d, k], terms.adult_lu, terms.young_lu)
            total += units * terms.hay_t_per_lu_year
    for place in range(s.roll[PROJECTS].names):
        work = s.work[s.names[PROJECTS, place]]
        k = st.species[work.instrument]
        if k >= 0 and work.since < math.inf:
            units = herd.livestock_units(work.herd, p.herd[k].adult_lu, p.herd[k].young_lu)
            total += units * p.herd[k].hay_t_per_lu_year
    return total
