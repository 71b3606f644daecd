"""The monthly clock: prices, animals, output, markets, water, then what everyone earns and pays."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import earn, fund, pace, produce, season, water
from sim.model.lists import let_in
from sim.model.state import HOUSEHOLDS, L_MONTH, State, note
from sim.model.world import Structure, World
from sim.parameters.groups import Parameters


@kernel
def month(s: State, w: World, p: Parameters, st: Structure, t: float) -> None:
    """Close the month that ends at t.

    What is called for each candidate takes rows, not the whole state: compiled code counts the references of every
    array it is handed.
    """
    m = math.floor(t + 0.5) - 1
    note(s.log, s.lines, t, L_MONTH, m, 0.0)
    for listed in range(s.roll.shape[0]):
        let_in(s.roll[listed], s.names[listed], s.newcomers[listed])
    produce.begin_month(s)
    season.open_prices(s, w, p, st, m)
    if m % 12 == water.HARVEST:
        season.harvest(s, w, p, st, m // 12)
    s.years[m // 12].hay_price += s.price[st.hay]
    produce.household_herds(s, w, p, st, m)
    produce.base_plants(s, w, m)
    pace.set_pace(s, w, p, st, m)
    produce.projects_produce(s, w, p, st, m)
    for q in range(st.raw.shape[0]):
        produce.clear_market(s, w, p, st, q, m)
    for d in range(w.base.shape[0]):
        pool = p.water[0].ceiling_share * w.base[d].irrigated
        ha = water.spread(s.land[d], pool, water.innovation(p.water[0]), p.water[0].bass_imitation)
        s.flows[m // 12 * w.base.shape[0] + d].invested += ha * p.water[0].saving_cost_kzt_ha
        s.years[m // 12].refunded += ha * p.water[0].saving_cost_kzt_ha * p.water[0].subsidy_share
        left = max(0.0, 1.0 - (st.months - t) / 12.0 / p.water[0].saving_life_years)
        s.years[st.years - 1].assets += ha * p.water[0].saving_cost_kzt_ha * left
    pace.set_deals(s, w, p, st, m)
    earn.projects_earn(s, w, p, st, m)
    earn.debts_month(s, w, p, st, m)
    earn.needy_month(s, w, p, st, m)
    earn.book_month(s, w, p, st, m)
    s.years[m // 12].repaid += fund.collect_old(s.fund[0], p.portfolio[0], p.loan[0].rate, m) / w.cpi[m]
    for d in range(w.base.shape[0]):
        flows = s.flows[m // 12 * w.base.shape[0] + d]
        flows.other_income += w.base[d].other_income
        for q in range(st.raw.shape[0]):
            flows.herd_income += s.worth[d, q] * s.paid[d, q, HOUSEHOLDS]
