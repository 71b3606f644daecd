"""Where fields stand in memory: speed hangs on it, results do not."""

from __future__ import annotations

import pytest

from sim.kernel import LINE
from sim.model.state import HOT, File, Loan, Work
from sim.model.world import Person
from sim.parameters.records import layout

CHANGED = {
    Loan: ("outstanding", "not_due", "due_interest", "due_principal", "cash", "overrun", "age", "repaid"),
    Work: ("herd", "output", "sold_kg"),
}
READ = {
    Loan: ("state", "overdue", "buffer", "other_due", "other_interest", "stops_at", "refund_at"),
    Work: ("district", "since", "scale", "skill", "grown", "year_margin", "anniversary"),
}


def end(row: type, name: str) -> int:
    """Byte after a field."""
    field = (layout(row).fields or {})[name]
    return field[1] + field[0].itemsize


@pytest.mark.parametrize("row", [Loan, Work])
def test_what_a_month_changes_fills_one_cache_line_and_what_else_it_reads_the_next(row: type) -> None:
    assert max(end(row, name) for name in CHANGED[row]) == LINE
    assert min(end(row, name) for name in READ[row]) > LINE
    assert max(end(row, name) for name in READ[row]) <= HOT * LINE


@pytest.mark.parametrize("row", [File, Loan, Work, Person])
def test_rows_of_candidates_fill_whole_cache_lines(row: type) -> None:
    assert layout(row).itemsize % LINE == 0
