"""Lists of those who are visited every month, in the order of entities, and so instrument by instrument."""

from __future__ import annotations

from sim.kernel import at, kernel
from sim.model.state import Roll
from sim.parameters.records import IntArray


@kernel
def enlist(roll: Roll, newcomers: IntArray, j: int) -> None:
    """Put one more candidate, in the order of entities, among the newcomers of a list."""
    place = roll.newcomers
    while place > 0 and newcomers[at(place - 1)] > j:
        newcomers[at(place)] = newcomers[at(place - 1)]
        place -= 1
    newcomers[at(place)] = j
    roll.newcomers += 1


@kernel
def place_of(names: IntArray, begin: int, end: int, j: int) -> int:
    """Find the first place of a list, from `begin` on, whose candidate is j or comes later; `end` if there is none."""
    while begin < end:
        middle = (begin + end) >> 1
        if names[at(middle)] < j:
            begin = middle + 1
        else:
            end = middle
    return begin


@kernel
def let_in(roll: Roll, names: IntArray, newcomers: IntArray) -> None:
    """Merge the newcomers into a list, which stays in the order of entities."""
    last, new = roll.names - 1, roll.newcomers - 1
    roll.names += roll.newcomers
    roll.newcomers = 0
    while new >= 0:
        if last >= 0 and names[at(last)] > newcomers[at(new)]:
            names[at(last + new + 1)] = names[at(last)]
            last -= 1
        else:
            names[at(last + new + 1)] = newcomers[at(new)]
            new -= 1
