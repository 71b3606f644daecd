"""A replication that has reached its horizon, and what outcomes have in common: each thing is read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.model import inequality
from sim.model.state import State
from sim.model.world import Structure, World
from sim.outcomes.tally import Tally, tally
from sim.parameters.groups import Parameters
from sim.parameters.records import FloatArray, number, rows

LAST_YEARS = 3
Row = dict[str, Any]


@dataclass(frozen=True)
class Finished:
    """A replication that has reached its horizon, and what it ran in.

    What is read for several outcomes is read once and kept: read them all before the state is written over.
    """

    state: State
    world: World
    parameters: Parameters
    structure: Structure
    products: tuple[str, ...]  # names of the markets
    species: tuple[str, ...]

    @cached_property
    def flows(self) -> Flows:
        """The yearly flows."""
        return Flows(self)

    @cached_property
    def tally(self) -> dict[str, int]:
        """What there is of files and loans."""
        table = rows(Tally, 1)
        tally(self.state.files, self.state.loans, self.structure.months, table[0])
        found = np.asarray(table)
        return dict(zip(found.dtype.names or (), found[0].tolist(), strict=True))

    @cached_property
    def sigma(self) -> float:
        """Standard deviation of the log of incomes per head in the base year."""
        return inequality.sigma_of(number(self.parameters.income, "gini"))

    @cached_property
    def poverty_line(self) -> float:
        """The quantile of base-year income at the official rate, constant in real terms: tenge a month."""
        people = self.parameters.district["rural_residents"]
        rate = number(self.parameters.income, "poverty_rate")
        return inequality.poverty_line(self.world.base["income"], people, self.sigma, rate)


class Flows:
    """The yearly flows by name; what follows from them is a flow like the others.

    `income` is all of it, `made_income` what the model makes of it, real tenge; `jobs` are full-time equivalents less
    those displaced elsewhere.

    Attributes
    ----------
    region : dict of name to ndarray, shape (Y,)
        Sums over the districts.
    late : dict of name to ndarray, shape (D,)
        Means of the last three years.
    residents : ndarray, shape (D,)
    """

    def __init__(self, run: Finished) -> None:
        flows, years = np.asarray(run.state.flows), run.structure.years
        names = [*(flows.dtype.names or ()), "income", "made_income", "jobs"]
        columns = np.empty((len(names), years, len(flows) // years))
        columns[:-3] = flows.view(np.float64).reshape(years, columns.shape[2], -1).transpose(2, 0, 1)
        self._table = dict(zip(names, columns, strict=True))
        columns[-3] = self["other_income"] + self["herd_income"] + self["crop_income"] + self["project_income"]
        columns[-2] = self["income"] - self["other_income"]
        columns[-1] = (self["fte_months"] - self["displaced_fte_months"]) / 12.0
        self.region = dict(zip(names, columns.sum(axis=2), strict=True))
        self.late = dict(zip(names, columns[:, -LAST_YEARS:].mean(axis=1), strict=True))
        self.residents = np.asarray(run.parameters.district["rural_residents"])

    def __getitem__(self, name: str) -> FloatArray:
        """Give the flow of this name, shape (Y, D)."""
        return self._table[name]


def late(by_year: NDArray[Any]) -> Any:
    """Mean over the last three years, along the last axis."""
    return by_year[..., -LAST_YEARS:].mean(axis=-1)
