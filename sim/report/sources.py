"""Where the numbers of the tables come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from sim.data import rows_of
from sim.i18n import _

if TYPE_CHECKING:
    from sim.data import Quantity


def kinds_of(quantities: Collection[Quantity]) -> Counter[str]:
    """Count rows of the tables, which may stand for several numbers, by the kind of their source."""
    return Counter(quantity.kind_of_source for quantity in rows_of(quantities))


def counted_sources(quantities: Collection[Quantity]) -> str:
    """Say how many numbers are sourced, derived and assumed."""
    kinds = kinds_of(quantities)
    message = _(
        "Numbers: {n}, in rows of the tables: {rows}. Sourced rows: {sourced}, derived: {derived}, assumed: {assumed}"
    )
    return message.format(
        n=len(quantities),
        rows=kinds.total(),
        sourced=kinds["sourced"],
        derived=kinds["derived"],
        assumed=kinds["assumption"],
    )
