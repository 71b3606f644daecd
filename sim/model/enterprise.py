"""Capacity enterprises and plants: how they start, grow into full work, and stop now and then."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Plant, Work
from sim.model.world import Person
from sim.parameters.records import FloatArray


@kernel
def ramp(age: float, start: float, months: float) -> float:
    """Share of full output `age` months after the start: linear from `start` to 1 within `months`."""
    if age >= months:
        return 1.0
    return start + (1.0 - start) * age / months


@kernel
def begin(plant: Plant, t: float) -> None:
    """Open a new plant; it works from the month that begins at or after t."""
    plant.open = 1
    plant.since = math.ceil(t)
    plant.open_share = 0.0


@kernel
def toggle(plant: Plant, durations: FloatArray, t: float) -> float:
    """Close an open plant or open a closed one; returns when it changes next."""
    if plant.open == 1:
        plant.open_share += max(0.0, t - plant.since)
    plant.open = 1 - plant.open
    plant.since = max(t, plant.since)
    plant.toggles += 1
    return float(t + durations[plant.toggles % durations.shape[0]])


@kernel
def month_open(plant: Plant, t: float) -> float:
    """Share of the month that ends at t in which a plant was open; starts the next month."""
    share = plant.open_share
    if plant.open == 1:
        share += t - plant.since
    plant.open_share = 0.0
    plant.since = t
    return share


@kernel
def at_work(work: Work, t: float) -> bool:
    """Whether an enterprise worked in the month that ends at t: from the month after its commissioning on."""
    return bool(work.since <= t - 1.0)


@kernel
def build(work: Work, person: Person, scale: float) -> None:
    """Finish the building; the enterprise does not work yet."""
    work.instrument = person.instrument
    work.district = person.district
    work.scale = scale
    work.skill = person.skill


@kernel
def commission(work: Work, t: float) -> None:
    """Let an enterprise work from the month that begins at or after t."""
    work.since = t
    work.anniversary = t + 12.0
