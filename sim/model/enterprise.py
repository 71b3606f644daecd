"""Capacity enterprises, plants and how they start and stop."""

from __future__ import annotations

from sim.kernel import kernel
from sim.model.state import Enterprises, World


@kernel
def ramp(age: float, start: float, months: float) -> float:
    """Share of full output `age` months after the start: linear from `start` to 1 within `months`."""
    if age >= months:
        return 1.0
    return start + (1.0 - start) * age / months


@kernel
def toggle(enterprises: Enterprises, world: World, plant: int, t: float) -> float:
    """Close an open plant or open a closed one; returns when it changes next."""
    if enterprises.open[plant] == 1:
        enterprises.open_share[plant] += t - enterprises.since[plant]
    enterprises.open[plant] = 1 - enterprises.open[plant]
    enterprises.since[plant] = t
    enterprises.toggles[plant] += 1
    place = enterprises.toggles[plant] % world.closure_months.shape[1]
    return t + world.closure_months[plant, place]


@kernel
def month_open(enterprises: Enterprises, plant: int, t: float) -> float:
    """Share of the month that ends at t in which a plant was open; starts the next month."""
    share = enterprises.open_share[plant]
    if enterprises.open[plant] == 1:
        share += t - max(enterprises.since[plant], t - 1.0)
    enterprises.open_share[plant] = 0.0
    enterprises.since[plant] = t
    return share


@kernel
def begin(enterprises: Enterprises, plant: int, t: float) -> None:
    """Open a new plant at t."""
    enterprises.open[plant] = 1
    enterprises.since[plant] = t
    enterprises.open_share[plant] = 0.0
