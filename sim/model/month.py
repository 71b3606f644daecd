"""The monthly clock: animals, output, markets, water, then what everyone earns and pays."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model import earn, produce, water
from sim.model.state import (
    HOUSEHOLD,
    L_MONTH,
    State,
    note,
)
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
    produce.open_prices(s, w, p, st, m)
    produce.household_herds(s, w, p, st, m)
    capacity = produce.projects_produce(s, w, p, st, m)
    for q in range(st.raw.shape[0]):
        produce.clear_market(s, w, p, st, q, m, capacity)
    for d in range(w.base.shape[0]):
        pool = p.water[0].ceiling_share * w.base[d].irrigated
        water.spread(s.land[d], pool, p.water[0].bass_innovation, p.water[0].bass_imitation)
    if m % 12 == produce.HARVEST:
        produce.harvest(s, w, p, st, m // 12)
    earn.projects_earn(s, w, p, st, m)
    earn.loans_month(s, w, p, st, m)
    for d in range(w.base.shape[0]):
        flows = s.flows[m // 12 * w.base.shape[0] + d]
        flows.other_income += w.base[d].other_income
        for q in range(st.raw.shape[0]):
            flows.herd_income += s.sold[d, q, HOUSEHOLD] * s.paid[d, q, HOUSEHOLD]
