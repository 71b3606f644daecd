"""When a run has gone on for long enough: its stopping rules, asked after every whole block.

The rules see the rows of complete blocks from block 0 on and nothing else, so that neither the workers nor an
interruption moves the place where a run stops.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.data import Tables
from sim.experiment.plans import whole_blocks
from sim.parameters.sampling import BLOCK
from sim.scenario import RESERVED, Scenario, StoppingRule
from sim.statistics import (
    LEAST_BLOCKS,
    difference,
    mean_interval,
    probability_interval,
    quantile_interval,
    quantiles,
    wins,
)

FloatArray = NDArray[np.float64]


class State(NamedTuple):
    """How exactly a rule's question is answered under one allocation, in the unit of the values; NaN if not at all.

    `n` counts the replications with a value, `low` and `high` are the ends of the 95 % interval, `half_width` is half
    their distance, `wanted` what it must not exceed.
    """

    rule: StoppingRule
    allocation: str
    n: int
    estimate: float
    low: float
    high: float
    half_width: float
    wanted: float

    @property
    def met(self) -> bool:
        """Whether the interval is narrow enough."""
        return self.half_width <= self.wanted


class Stop:
    """The stopping rules of a scenario, and the columns that they watch.

    Parameters
    ----------
    scenario : Scenario
        With rules.
    tables : Tables
        Of its region; they say which side of an outcome is better.

    Attributes
    ----------
    least, most : int
        Replications before which no rule is asked, and after which all are given up; whole blocks.
    columns : list of str
        What `take` needs of the table of replications.
    n : int
        Replications taken.
    """

    def __init__(self, scenario: Scenario, tables: Tables) -> None:
        self._rules = scenario.monte_carlo.rules
        self._splits = list(scenario.allocations)
        self._better = {outcome.name: outcome.better for outcome in tables.outcomes}
        self.least = max(LEAST_BLOCKS * BLOCK, whole_blocks(scenario.monte_carlo.replications))
        self.most = max(self.least, *(whole_blocks(rule.max_replications) for rule in self._rules))
        outcomes = sorted({rule.outcome for rule in self._rules})
        self.columns = ["allocation", "failed", *outcomes]
        nothing = np.empty(0)
        self._values = {(o, a): nothing for o in outcomes for a in (*self._splits, RESERVED)}
        self._failed = np.empty(0, dtype=bool)  # under any allocation
        self.n = 0

    def take(self, rows: pa.Table) -> None:
        """Add the replications of the next block.

        Parameters
        ----------
        rows : Table
            All rows of the block, at least its `columns`, in the order of replications.
        """
        of = rows["allocation"].to_numpy()
        for (outcome, allocation), before in self._values.items():
            values = rows[outcome].to_numpy()[of == allocation].astype(np.float64)
            self._values[outcome, allocation] = np.concatenate([before, values])
        failed = rows["failed"].to_numpy() != 0
        any_failed = np.any([failed[of == allocation] for allocation in (*self._splits, RESERVED)], axis=0)
        self._failed = np.concatenate([self._failed, any_failed])
        self.n = self._failed.size

    def over(self) -> bool:
        """Say whether the run stops here: each rule is met under all its allocations, or given up."""
        if self.n < self.least:
            return False
        return all(
            self.n >= whole_blocks(rule.max_replications) or all(state.met for state in self._states(rule))
            for rule in self._rules
        )

    def states(self) -> list[State]:
        """Return how each rule stands under each of its allocations."""
        return [state for rule in self._rules for state in self._states(rule)]

    def _states(self, rule: StoppingRule) -> Iterator[State]:
        for allocation, values in self._watched(rule):
            known = values[np.isfinite(values)]
            if rule.quantile is not None:
                estimate = float(quantiles(values, np.array([rule.quantile]))[0])
                interval = quantile_interval(values, rule.quantile)
            else:
                estimate = float(known.mean()) if known.size else math.nan
                probability = rule.probability_best or rule.probability_above is not None
                interval = (probability_interval if probability else mean_interval)(values)
            low, high = interval or (math.nan, math.nan)
            wanted = rule.half_width or (rule.half_width_relative or math.nan) * abs(estimate)
            yield State(rule, allocation, known.size, estimate, low, high, (high - low) / 2, wanted)

    def _watched(self, rule: StoppingRule) -> Iterator[tuple[str, FloatArray]]:
        """Yield a rule's allocations, each with the column whose mean or quantile is in question."""
        names = [name for name in self._splits if name != rule.difference_to]
        wanted = names if rule.allocation is None else [rule.allocation]
        if rule.probability_best:
            sign = -1.0 if self._better[rule.outcome] == "less" else 1.0
            shares = wins(np.column_stack([sign * self._paired(rule.outcome, name) for name in names]))
            yield from ((name, shares[:, names.index(name)]) for name in wanted)
            return
        for name in wanted:
            values = self._values[rule.outcome, name]
            if rule.difference_to is not None:
                values = difference(self._paired(rule.outcome, name), self._paired(rule.outcome, rule.difference_to))
            if rule.probability_above is not None:
                values = np.where(np.isfinite(values), values > rule.probability_above, np.nan)
            yield name, values

    def _paired(self, outcome: str, allocation: str) -> FloatArray:
        """Return a column without the replications that failed anywhere: they leave all comparisons."""
        return np.where(self._failed, np.nan, self._values[outcome, allocation])
