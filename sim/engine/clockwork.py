"""SimPy with an order that no accident decides: absolute times, ranks, and queues that can stand at zero."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappush
from typing import Any

import simpy
from simpy.resources.container import ContainerGet

_BEHIND_ZERO_DELAY = 2  # SimPy's own events have priority 0 and 1: they are exhausted first
_RANK_BITS = 32

Story = Generator[simpy.Event, Any, None]


class Calendar(simpy.Environment):
    """An environment whose events come by (time, rank, entity)."""

    def at(self, time: float, rank: int, entity: int = 0) -> simpy.Event:
        """Give an event at an absolute time."""
        event = simpy.Event(self)
        event._ok = True
        event._value = None
        priority = _BEHIND_ZERO_DELAY + (rank << _RANK_BITS) + entity
        queue: list[Any] = self._queue
        heappush(queue, (float(time), priority, next(self._eid), event))
        return event


class Crews(simpy.Resource):
    """Building crews: a counted resource that can be resized, to zero too."""

    def __init__(self, env: Calendar, crews: int) -> None:
        super().__init__(env, max(1, crews))
        self._capacity = crews

    def resize(self, crews: int) -> None:
        """Change how many there are; whoever is at work finishes."""
        self._capacity = crews
        while self.put_queue and len(self.users) < crews:
            self._trigger_put(None)


class BreedingStock(simpy.Container):
    """One species' market: animals come by the month, the head of the queue blocks those behind it."""

    def supply(self, heads: float) -> float:
        """Offer up to `heads` more, as far as there is room; returns how many."""
        added = min(heads, self.capacity - self.level)
        if added > 0:
            self.put(added)
        return max(0.0, added)

    @property
    def waiting(self) -> float:
        """Head that those in the queue still wait for."""
        orders: list[ContainerGet] = self.get_queue  # type: ignore[assignment]
        return float(sum(order.amount for order in orders))
