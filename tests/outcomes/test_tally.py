from __future__ import annotations

from typing import Any

import numpy as np

from sim.model.state import (
    ABANDONED,
    DEFAULTED,
    DIVERTED,
    LOAN,
    NO_LOAN,
    NOTHING,
    OPERATING,
    OWN,
    RECOVERED,
    REPAID,
    REPAYING,
    WAITING,
    File,
    Loan,
)
from sim.model.world import Person
from sim.outcomes.tally import Tally, tally
from sim.parameters.records import rows

MONTHS = 60
NEVER = np.nan
# Status, finance, months of approval and of the money; state of the loan, its principal, outstanding, not yet due,
# repaid, recovered.
FOUND: list[tuple[Any, ...]] = [
    (OPERATING, LOAN, 6.0, 11.5, REPAID, 1_000, 0, 0, 1_000, 0),
    (OPERATING, LOAN, 11.5, 12.0, REPAYING, 2_000, 1_500, 1_400, 500, 0),  # paid a month too late for the first year
    (OPERATING, LOAN, 20.0, 24.0, DEFAULTED, 4_000, 3_000, 0, 1_000, 0),  # at the horizon 36 months old to the day
    (DIVERTED, LOAN, 20.0, 24.5, DEFAULTED, 8_000, 8_000, 0, 0, 0),  # younger
    (ABANDONED, LOAN, 12.0, 14.0, RECOVERED, 16_000, 0, 0, 6_000, 5_000),
    (ABANDONED, OWN, 6.0, 11.0, NO_LOAN, 0, 0, 0, 0, 0),
    (WAITING, NOTHING, NEVER, NEVER, NO_LOAN, 0, 0, 0, 0, 0),
]


def books() -> tuple[Any, Any, Any]:
    """Return files, loans, and people of whom each arrives a month after the one before."""
    files, loans, people = rows(File, len(FOUND)), rows(Loan, len(FOUND)), rows(Person, len(FOUND))
    people["arrival"][:] = np.arange(len(FOUND))
    columns = list(zip(*FOUND, strict=True))
    for name, column in zip(("status", "finance", "approved_at", "funded_at"), columns[:4], strict=True):
        files[name][:] = column
    for name, column in zip(
        ("state", "principal", "outstanding", "not_due", "repaid", "recovered"), columns[4:], strict=True
    ):
        loans[name][:] = column
    return files, loans, people


def test_files_and_loans_are_counted() -> None:
    table = rows(Tally, 1)
    tally(*books(), MONTHS, table[0], np.empty(len(FOUND)))
    found = np.asarray(table)
    assert dict(zip(found.dtype.names or (), found[0].tolist(), strict=True)) == {
        "funded": 5,
        "diverted": 1,
        "abandoned": 2,
        "approved": 3,
        "paid": 1,
        "due": 1_000 + 600 + 4_000 + 8_000 + 16_000,
        "back": 1_000 + 500 + 1_000 + 6_000 + 5_000,
        "old": 1_000 + 2_000 + 4_000 + 16_000,
        "lost": 3_000 + 10_000,
        "owed": 1_500,
        "bad": 3_000 + 8_000,
    }


def test_only_borrowers_waited_for_a_loan() -> None:
    waits = np.full(len(FOUND), NEVER)
    tally(*books(), MONTHS, rows(Tally, 1)[0], waits)
    assert waits[:5].tolist() == [11.5, 11.0, 22.0, 21.5, 10.0]
    assert np.isnan(waits[5:]).all()
