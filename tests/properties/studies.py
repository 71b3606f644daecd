"""Studies of the small scenario, and their rows by key."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sim.experiment.study import Columns, Study
from sim.scenario import load

SMALL = Path(__file__).parents[2] / "scenarios" / "small.yaml"
DEFAULT = SMALL.with_name("zhetysu-2026-2028.yaml")
KEYS = ("allocation", "draw", "world", "district", "instrument", "year", "species", "sex", "stage")
FUNDS_OWN = ("projects_funded", "loans_disbursed_kzt_nominal")  # of the table by year

Rows = dict[tuple[Any, ...], dict[str, Any]]


@cache
def study(*sets: str) -> Study:
    return Study(load(SMALL, sets=sets))


def rows(columns: Columns) -> Rows:
    """Return the rows of one table by their key."""
    names = [name for name in KEYS if name in columns]
    values = [name for name in columns if name not in names]
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    found = {tuple(line[name] for name in names): {name: line[name] for name in values} for line in lines}
    assert len(found) == len(lines)
    return found


def of(table: Rows, allocation: str) -> Rows:
    """Return the rows of one allocation, without its name."""
    return {key[1:]: row for key, row in table.items() if key[0] == allocation}
