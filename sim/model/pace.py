"""What holds this month for all projects of an instrument: worked out once, not for each of them."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import produce, water
from sim.model.state import Deal, State
from sim.model.world import CAPACITY, HERD, PLANT, Structure, World
from sim.parameters.groups import Instrument, Parameters


@kernel(inline=True)
def set_pace(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what projects produce, and what goes to people; nothing is added up yet."""
    for row in range(s.sums.shape[0]):
        sums = s.sums[row]
        sums.milk, sums.home, sums.meat, sums.margin, sums.scale, sums.grown = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        sums.interest, sums.need_kg, sums.need_worth = 0.0, 0.0, 0.0
    month = m % 12
    pasture, dry = water.shortfall(w.water_index, m - water.PASTURE), water.shortfall(w.water_index, m)
    for k in range(s.pace.shape[0]):
        terms, pace, species, people = p.instrument[k], s.pace[k], st.species[k], p.income[0]
        if st.kind[k] == HERD:
            usual = w.season[st.milk_season, month] * max(0.0, 1.0 - p.herd[species].drought_yield_loss * pasture)
            pace.output = terms.milk_kg_per_cow_year / 12.0 * usual
            pace.births = w.season[st.birth_season[species], month]
            pace.eaten = terms.member_households * people.household_size * people.milk_need_kg_year / 12.0
        elif st.kind[k] == CAPACITY and species >= 0:
            intake = terms.intake_heads_per_unit_year
            pace.output = terms.output_per_unit_year / intake if intake > 0.0 else 0.0
        elif st.kind[k] == CAPACITY:
            weather = w.season[st.output_season[k], month] * max(0.0, 1.0 - terms.drought_loss * dry)
            pace.output = terms.units * terms.output_per_unit_year / 12.0 * weather
        elif st.kind[k] == PLANT:
            pace.output = terms.capacity_t_year * 1000.0 / 12.0
        pace.wages = p.labour[0].wage_kzt_month * terms.hired_fte
        pace.drawings = p.labour[0].wage_kzt_month * terms.own_fte * p.labour[0].drawings_share
        other = people.per_resident_kzt_month * people.household_size * w.cpi[m]
        pace.support = math.floor(p.loan[0].support_share * other * terms.member_households)
        pace.term = int(terms.term_months)
        pace.grace = int(terms.grace_months)
        pace.worn = _assets(terms) / terms.asset_life_years / 12.0


@kernel
def _assets(terms: Instrument) -> float:
    """Price what wears out in a project of size 1, the state's refund apart, tenge."""
    return float(terms.cost_mln_kzt * 1e6 * (1.0 - terms.animal_cost_share) * (1.0 - terms.refund_share))


@kernel(inline=True)
def set_deals(s: State, w: World, p: Parameters, st: Structure, m: int) -> None:
    """Work out what projects are paid and what they bear, district by district."""
    instruments = s.pace.shape[0]
    feed = s.price[st.grain] / p.market[st.grain].price
    for k in range(instruments):
        terms, species = p.instrument[k], st.species[k]
        inputs = 1.0 + terms.feed_cost_share * (feed - 1.0)
        for d in range(w.base.shape[0]):
            deal = s.deals[d * instruments + k]
            if st.kind[k] == HERD:
                _herd_deal(s, p, st, d, k, deal)
            elif st.kind[k] == CAPACITY:
                deal.price = s.price[st.product[k]]
                deal.cost = terms.units * terms.cost_kzt_per_unit_year / 12.0 * inputs
                if species >= 0:  # fattened animals that no plant takes fetch the full price
                    left = (1.0 - s.share[d, st.meat, 1 + k]) * (1.0 - p.processing[st.meat].loss_share)
                    more = s.price[st.product[k]] - s.balance[st.meat].informal_price
                    deal.price = s.paid[d, st.meat, 1 + k] + left * more
            elif st.kind[k] == PLANT:
                q = st.made_of[k]
                per_kg = s.price[st.processed[q]] - s.balance[q].raw_price - p.processing[q].variable_cost_kzt_kg
                deal.price = s.balance[q].load * per_kg
                deal.cost = terms.fixed_cost_mln_kzt_year * 1e6 / 12.0
            else:
                deal.price = s.land[d].gain_per_ha if m % 12 == water.HARVEST else 0.0
                deal.cost = terms.upkeep_kzt_per_ha_year / 12.0


@kernel(inline=True)
def _herd_deal(s: State, p: Parameters, st: Structure, d: int, k: int, deal: Deal) -> None:
    species = p.herd[st.species[k]]
    hay = s.price[st.hay] * p.district[d].hay_price_factor
    deal.price = s.paid[d, st.milk, 1 + k]
    deal.meat_price = s.paid[d, st.meat, 1 + k] * s.farm[st.species[k]] / s.balance[st.meat].informal_price
    deal.cost = produce.keeping(species, hay, s.hay[0].own, p.instrument[k].cost_kzt_per_lu_year)
