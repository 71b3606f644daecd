"""A stored run as docs/findings.md reads it, and how numbers with intervals are written there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, Protocol

from sim.analysis.designs import OUTCOMES
from sim.analysis.estimates import Estimate, Standing, standings
from sim.analysis.source import COUNTERFACTUAL, Source, failures, gains, outcome_of, paired, pairs_of, splits, wide
from sim.i18n import _
from sim.report.text import allocation_label, number, share

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sim.data import Outcome

INCOME, ENPV, JOBS = "rural_income_kzt_per_month", "enpv_kzt", "jobs_net"
UNSPENT, LENT = "money_unspent_kzt_nominal", "loans_disbursed_kzt_nominal"
LOADS = ("plant_utilisation", "meat_plant_utilisation")


class Stored(Source, Protocol):
    """A stored run."""

    @property
    def folder(self) -> Path:
        """Where it is stored."""


class Told:
    """A stored run with its outcomes, paired by draw and world.

    Attributes
    ----------
    run : Stored
    values : dict of str to DataFrame
        By outcome of `sim.analysis.OUTCOMES`: one row a (draw, world), one column an allocation.
    """

    def __init__(self, run: Stored) -> None:
        self.run = run
        allocations = [*splits(run), COUNTERFACTUAL]
        failed = pairs_of(failures(run))
        found = wide(run, "replications", OUTCOMES, allocations)
        self.values = {name: paired(table, failed) for name, table in found.items()}

    def gains(self, name: str) -> pd.DataFrame:
        """Return the paired differences of an outcome to the counterfactual."""
        return gains(self.values[name], self.outcome(name))

    def outcome(self, name: str) -> Outcome:
        """Return an outcome of the registry."""
        found = outcome_of(self.run.tables, name, "replications")
        if found is None:
            raise KeyError(name)
        return found

    def label(self, allocation: str) -> str:
        """Return an allocation's label."""
        return allocation_label(self.run.scenario, allocation)

    def like(self, other: Told) -> Told:
        """Return this run with the replications of another one."""
        same = copy(self)
        same.values = {name: table.reindex(other.values[name].index) for name, table in self.values.items()}
        return same

    @property
    def first(self) -> list[Standing]:
        """How the splits compare on income."""
        return standings(self.gains(INCOME))


def amount(one: Estimate, scale: float = 1.0, decimals: int = 0, *, signed: bool = True) -> str:
    """Write an estimate and in brackets its interval, if it has one."""
    middle = number(one.mean * scale, decimals, signed=signed)
    if math.isnan(one.low):
        return middle
    ends = (number(end * scale, decimals, signed=signed) for end in (one.low, one.high))
    return _("{middle} ({low} to {high})").format(middle=middle, **dict(zip(("low", "high"), ends, strict=True)))


def of(outcome: Outcome, one: Estimate, *, signed: bool = True) -> str:
    """Write an estimate of an outcome in its shown unit, without the unit."""
    return amount(one, outcome.scale, outcome.decimals, signed=signed)


def percent(one: Estimate) -> str:
    """Write a probability with its interval."""
    if math.isnan(one.low):
        return share(one.mean)
    return _("{middle} ({low} to {high})").format(middle=share(one.mean), low=share(one.low), high=share(one.high))


def clear(one: Estimate) -> int:
    """Return 1 where the whole interval is above 0, -1 where it is below, else 0."""
    return int(one.low > 0) - int(one.high < 0)


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, columns of numbers to the right, with an empty line below."""
    sides = ("---:|" if all(map(_is_number, cells)) else "---|" for cells in zip(*rows, strict=True))
    lines = [f"| {' | '.join(head)} |", "|" + ("".join(sides) or "---|" * len(head))]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def _is_number(cell: str) -> bool:
    """Tell numbers with their intervals, or the dash of a missing one, from text."""
    return sum(map(str.isalpha, cell)) <= sum(map(str.isdigit, cell))


def counted(*told: Told) -> str:
    """Say how many replications these numbers are from, and of which runs."""
    n = min(int(one.values[INCOME].notna().all(axis=1).sum()) for one in told)
    runs = ", ".join(f"`{one.run.folder.name}`" for one in told)
    if len(told) == 1:
        return _("n = {n}, run {runs}.").format(n=number(n), runs=runs)
    return _("n = {n} in each run: {runs}.").format(n=number(n), runs=runs)
