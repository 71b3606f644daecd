"""Prices and the raw product's three ways: to a plant, to the informal market, to an outlet far away."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Balance
from sim.parameters.groups import Processing


@kernel
def plant_price(raw: float, load: float, spare: float, competition: float, floor: float) -> float:
    """Price that plants pay: higher the more of their capacity stands idle beyond the base year's, tenge/kg."""
    return raw * max(floor, 1.0 + competition * ((1.0 - load) - spare))


@kernel
def delivered_share(at_plant: float, informal: float, intercept: float, slope: float, bonus: float) -> float:
    """Share of sold product that goes to plants: logistic in the relative price difference."""
    odds = intercept + bonus + slope * (at_plant - informal) / informal
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


@kernel
def informal_price_factor(quantity: float, base: float, elasticity: float, floor: float, ceiling: float) -> float:
    """Relative informal price when `quantity` is sold there: (quantity / base)^−elasticity within bounds."""
    if base <= 0.0 or elasticity == 0.0:
        return max(1.0, floor)
    if quantity <= 0.0:
        return ceiling
    return min(ceiling, max(floor, math.exp(min(700.0, -elasticity * math.log(quantity / base)))))


@kernel
def grown(base: float, rate_per_year: float, months: int) -> float:
    """Quantity after some months of growth."""
    return base * math.exp(math.log(1.0 + rate_per_year) * months / 12.0)


@kernel
def consumer_surplus(base: float, elasticity: float, price: float, factor: float) -> float:
    """Tell what consumers gain where the price is `price` · `factor` rather than `price`, tenge.

    The area beside the inverse demand p(Q) = price · (Q / base)^−elasticity between the two prices:
    price · base · (f^(1 − 1/ε) − 1) / (1/ε − 1) for ε < 1, where quantity at price f is base · f^(−1/ε); with a price
    that does not move, 0.
    """
    if base <= 0.0 or elasticity == 0.0 or factor <= 0.0:
        return 0.0
    power = 1.0 / elasticity
    if power == 1.0:
        return -price * base * math.log(factor)
    return price * base * (math.exp((1.0 - power) * math.log(factor)) - 1.0) / (power - 1.0)


@kernel
def held_locally(quantity: float, base: float, elasticity: float, floor: float) -> float:
    """Part of `quantity` that the informal market takes before its price falls to the outlet's."""
    if base <= 0.0 or elasticity == 0.0 or floor <= 0.0:
        return quantity
    return min(quantity, base * math.exp(min(700.0, -math.log(floor) / elasticity)))


@kernel
def clear(
    balance: Balance,
    p: Processing,
    offered: float,
    delivered: float,
    base: float,
    floor: float,
) -> None:
    """Clear one raw product for the month: plants take what is delivered up to their open capacity.

    Parameters
    ----------
    offered, delivered : float
        Sold by farms in all, and of it brought to plants, kg.
    base : float
        What the informal market takes at its undisturbed price, kg.
    floor : float
        Outlet price relative to the month's undisturbed informal price.
    """
    capacity = balance.capacity
    lost = offered * p.loss_share
    processed = min(capacity, delivered * (1.0 - p.loss_share))
    left = offered - lost - processed
    local = held_locally(left, base, p.informal_elasticity, floor)
    balance.informal_factor = informal_price_factor(left, base, p.informal_elasticity, floor, p.price_ceiling)
    balance.load = processed / capacity if capacity > 0.0 else 0.0
    balance.processed += processed
    balance.informal += local
    balance.exported += left - local
    balance.lost += lost
