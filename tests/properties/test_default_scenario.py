"""The shipped question stays near what is published: a few replications, so that a slip in a table is seen.

The README has the figures of 256 replications; the bounds here are those of issue and page, and wide enough for the
mean of sixteen.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.experiment.study import Study
from sim.scenario import load

DEFAULT = Path(__file__).parents[2] / "scenarios" / "zhetysu-2026-2028.yaml"
REPLICATIONS = 16


@cache
def tables() -> dict[str, dict[str, list[Any]]]:
    """Run the current split and no programme."""
    sets = [f"allocations.{name}=null" for name in ("livestock_first", "processing_first", "water_first")]
    study = Study(load(DEFAULT, sets=sets))
    parts = [study.replicate(number) for number in range(REPLICATIONS)]
    return {
        table: {column: [value for part in parts for value in part[table][column]] for column in parts[0][table]}
        for table in ("replications", "yearly")
    }


def column(name: str, allocation: str, year: int | None = None) -> np.ndarray:
    """Return the values of one allocation, of one year where one is named."""
    table = tables()["replications" if year is None else "yearly"]
    years = table.get("year", [None] * len(table[name]))
    rows = zip(table[name], table["allocation"], years, strict=True)
    return np.array([value for value, who, when in rows if who == allocation and when == year], float)


def test_no_replication_fails() -> None:
    assert tables()["replications"]["failed"] == [0] * 2 * REPLICATIONS


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("approved_unpaid_share", 0.20, 0.45), ("default_rate", 0.06, 0.28), ("arrears_share", 0.03, 0.25)],
)
def test_shares_of_the_fund(name: str, low: float, high: float) -> None:
    assert low < column(name, "current").mean() < high


def test_projects_and_loans_of_the_first_year() -> None:
    funded = column("projects_funded", "current", 2026)
    lent = column("loans_disbursed_kzt_nominal", "current", 2026)
    assert 350 < funded.mean() < 440  # about 400 are announced
    assert 11e6 < lent.sum() / funded.sum() < 14e6


@pytest.mark.parametrize(("name", "aim"), [("milk_t", 225_300), ("meat_liveweight_t", 110_900)])
def test_the_first_year_without_programme_makes_what_the_region_makes(name: str, aim: float) -> None:
    assert column(name, "no_programme", 2026).mean() == pytest.approx(aim, rel=0.1)


@pytest.mark.parametrize("species", ["cattle", "sheep", "horses"])
def test_herds_grow_as_herds_do(species: str) -> None:
    first, last = (column(f"{species}_head", "no_programme", year) for year in (2026, 2035))
    growth = np.median((last / first) ** (1 / 9) - 1)
    assert -0.01 < growth < 0.05
