"""Prices and the raw product's three ways: to a plant, to the informal market, to an outlet far away."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import EXPORTED, INFORMAL, LOST, PROCESSED, FloatArray, Market
from sim.parameters.groups import Processing


@kernel
def plant_price(raw: float, load: float, spare: float, competition: float) -> float:
    """Price that plants pay: higher the more of their capacity stands idle beyond the base year's, tenge/kg."""
    return raw * max(0.5, 1.0 + competition * ((1.0 - load) - spare))


@kernel
def delivered_share(at_plant: float, informal: float, intercept: float, slope: float, bonus: float) -> float:
    """Share of sold product that goes to plants: logistic in the relative price difference."""
    odds = intercept + bonus + slope * (at_plant - informal) / informal
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


@kernel
def informal_price_factor(quantity: float, base: float, elasticity: float, floor: float) -> float:
    """Relative informal price when `quantity` is sold there: (quantity / base)^−elasticity, at least `floor`."""
    if quantity <= 0.0 or base <= 0.0 or elasticity == 0.0:
        return max(1.0, floor)
    return min(3.0, max(floor, math.exp(-elasticity * math.log(quantity / base))))


@kernel
def held_locally(quantity: float, base: float, elasticity: float, floor: float) -> float:
    """Part of `quantity` that the informal market takes before its price falls to the outlet's."""
    if base <= 0.0 or elasticity == 0.0 or floor <= 0.0:
        return quantity
    return min(quantity, base * math.exp(-math.log(floor) / elasticity))


@kernel
def clear(
    market: Market, q: int, p: Processing, offered: float, capacity: float, base: float, floor: float
) -> None:
    """Clear one raw product for the month: plants take what is delivered up to their open capacity.

    Parameters
    ----------
    offered : float
        Sold by farms in all, of it `market.delivered[q]` to plants, kg.
    capacity, base : float
        Open plant capacity; informal sales of an average month of the base year, kg.
    floor : float
        Outlet price relative to the month's informal price.
    """
    lost = offered * p.loss_share[q]
    processed = min(capacity, market.delivered[q] * (1.0 - p.loss_share[q]))
    left = offered - lost - processed
    local = held_locally(left, base, p.informal_elasticity[q], floor)
    market.informal_factor[q] = informal_price_factor(left, base, p.informal_elasticity[q], floor)
    market.load[q] = processed / capacity if capacity > 0.0 else 0.0
    book: FloatArray = market.book[q]
    book[PROCESSED] += processed
    book[INFORMAL] += local
    book[EXPORTED] += left - local
    book[LOST] += lost
