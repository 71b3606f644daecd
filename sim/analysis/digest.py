"""A replication at a glance: what happened how often in which year, where the money went, and whom to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sim.analysis.trace import CLOSES, Line, Trace, Watched
from sim.model.state import REPAYING

COUNTED = ("approved", "rejected", "withdrawn", "funded", "diverted", "own", "operating", "abandoned", "arrears",
           "default", "seized", "repaid", "closed", "closed_base")  # fmt: skip
AMOUNTS = ("tranche", "relent", "pooled", "funded", "default", "recovered", "lapsed", "returned")
FATES = ("failed", "never_opened", "diverted", "given_up", "never_funded", "rejected", "repaid", "repaying", "own")
"""What can become of a candidate, as far as the digest shows one of each."""
_BY_YEAR = ("relent", "pooled", "lapsed", "returned")  # their lines name the year


@dataclass(frozen=True)
class Digest:
    """A region's years.

    Attributes
    ----------
    counts : dict of str to list of int
        How often something happened, by year; "closed" are plants of projects, "closed_base" those of the base year.
    money : dict of str to list of int
        Nominal tenge by year.
    telling : dict of str to int
        By what became of them, candidates whose lives show it best.
    """

    counts: dict[str, list[int]]
    money: dict[str, list[int]]
    telling: dict[str, int]


def digest(traced: Trace) -> Digest:
    """Count what a replication's log says, and choose the most telling projects."""
    run = traced.run
    years = run.structure.years
    counts = {name: [0] * years for name in COUNTED}
    money = {name: [0] * years for name in AMOUNTS}
    base_plants = int(run.world.capacity.size)
    for line in run.log:
        year = _year(line, years)
        what = "closed_base" if line.what == "closed" and line.who < base_plants else line.what
        if what in counts:
            counts[what][year] += 1
        if what in money:
            money[what][year] += int(line.amount)
    return Digest(counts, money, _telling(run))


def _year(line: Line, years: int) -> int:
    """Year (from 0) of a line."""
    if line.what in _BY_YEAR:
        return line.who
    return min(math.floor((line.time - 1.0 if line.what in CLOSES else line.time) / 12.0), years - 1)


def _telling(run: Watched) -> dict[str, int]:
    """Choose, of each way a project can go, the one that shows it best; ways that nobody went are left out."""
    found: dict[str, tuple[float, int]] = {}
    for j, lines in run.lines_of.items():
        told = {line.what: line for line in lines}
        for fate, weight in _fates(run, j, told):
            if fate not in found or weight > found[fate][0]:
                found[fate] = (weight, j)
    return {fate: found[fate][1] for fate in FATES if fate in found}


def _fates(run: Watched, j: int, told: dict[str, Line]) -> Iterator[tuple[str, float]]:
    """Give the ways that candidate j went, each with how well it shows."""
    months = float(run.structure.months)
    if "default" in told:  # the biggest
        opened = "operating" in told and told["operating"].time < told["default"].time
        yield "diverted" if "diverted" in told else "failed" if opened else "never_opened", told["default"].amount
    if "abandoned" in told:  # the greatest loss
        yield "given_up", -told["abandoned"].amount
    if "approved" in told and "funded" not in told:  # the longest wait
        end = told["withdrawn"].time if "withdrawn" in told else months
        yield "never_funded", end - told["approved"].time
    if "rejected" in told:  # the nearest miss
        yield "rejected", told["rejected"].amount
    if "repaid" in told:  # the longest
        yield "repaid", told["repaid"].time - told["funded"].time
    if run.state.loans["state"][j] == REPAYING:  # the biggest debt
        yield "repaying", float(run.state.loans["outstanding"][j])
    if "own" in told:  # the first
        yield "own", -told["own"].time
