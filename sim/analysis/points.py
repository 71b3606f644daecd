"""What a sweep found: each outcome at each point of its design."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.source import COUNTERFACTUAL, Source
from sim.data import Outcome
from sim.parameters.sampling import BLOCK
from sim.statistics import LEAST_BLOCKS, mean_interval

FloatArray = NDArray[np.float64]


class Swept(Source, Protocol):
    """A stored sweep."""

    @property
    def design(self) -> pd.DataFrame | None:
        """One row a point with the values of its factors; None for a plain run."""

    @property
    def crossed(self) -> bool:
        """Whether all points share worlds."""


class Values(NamedTuple):
    """One outcome by allocation, each of shape (points, worlds); NaN where it failed or was not run.

    Where each point has a world of its own there is one column.
    """

    outcome: Outcome
    by_allocation: dict[str, FloatArray]

    def gains(self, reference: str | None) -> dict[str, FloatArray]:
        """Return the differences to an allocation at the same point in the same world; levels for None.

        What is an increment on the counterfactual already, or does not exist without the fund, stays so if that is
        the reference.
        """
        own = self.outcome.increment or self.outcome.fund_own
        if reference is None or (own and reference == COUNTERFACTUAL):
            return {name: v for name, v in self.by_allocation.items() if name != reference}
        base = self.by_allocation[reference]
        return {name: v - base for name, v in self.by_allocation.items() if name != reference}


def values_of(source: Swept, outcomes: Sequence[Outcome], allocations: Sequence[str]) -> list[Values]:
    """Return outcomes at all points in all worlds.

    Parameters
    ----------
    source : Swept
        A sweep.
    outcomes : sequence of Outcome
        All are in memory at once: 8 bytes a point, world and allocation.
    allocations : sequence of str
        Those wanted.
    """
    assert source.design is not None
    points = len(source.design)
    worlds = -(-source.n // points) if source.crossed else 1
    names = [outcome.name for outcome in outcomes]
    shape = (points, worlds)
    found = {name: {a: np.full(shape, np.nan) for a in allocations} for name in names}
    for part in source.parts("replications", ["allocation", "draw", "world", *names]):
        for allocation, rows in part.groupby("allocation", sort=False):
            if allocation not in allocations:
                continue
            place = rows["draw"].to_numpy(), rows["world"].to_numpy() if source.crossed else 0
            for name in names:
                found[name][str(allocation)][place] = rows[name].to_numpy(np.float64)
    return [Values(outcome, found[outcome.name]) for outcome in outcomes]


def by_point(source: Swept, values: Sequence[Values], reference: str | None) -> pd.DataFrame:
    """Return what each outcome amounts to at each point under each allocation.

    Parameters
    ----------
    source : Swept
        A sweep.
    values : sequence of Values
        Of it.
    reference : str or None
        The allocation that paired differences are taken to; None for levels.

    Returns
    -------
    DataFrame
        point, one column a factor, outcome, allocation, n (worlds with a value), failed, mean, low and high (95 %
        interval of the mean from block means; NaN below 640 worlds), p05, p50, p95. In stored units.
    """
    assert source.design is not None
    parts = [
        _by_point(array).assign(outcome=one.outcome.name, allocation=allocation)
        for one in values
        for allocation, array in one.gains(reference).items()
    ]
    factors = source.design.reset_index(names="point")
    columns = ["point", "outcome", "allocation", "n", "failed", "mean", "low", "high", "p05", "p50", "p95"]
    return factors.merge(pd.concat(parts)[columns], on="point", how="right", validate="one_to_many")


def _by_point(values: FloatArray) -> pd.DataFrame:
    """Summarise each row of an array of shape (points, worlds)."""
    n = np.isfinite(values).sum(axis=1)
    none = (np.nan, np.nan)
    enough = values.shape[1] >= LEAST_BLOCKS * BLOCK
    intervals = [(mean_interval(line) or none) if enough else none for line in values]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of points at which all failed
        means = np.nanmean(values, axis=1)
        p05, p50, p95 = np.nanquantile(values, [0.05, 0.5, 0.95], axis=1)
    return pd.DataFrame(
        {
            "point": np.arange(len(values)),
            "n": n,
            "failed": values.shape[1] - n,
            "mean": means,
            "low": [low for low, _high in intervals],
            "high": [high for _low, high in intervals],
            "p05": p05,
            "p50": p50,
            "p95": p95,
        }
    )


def factors_in(source: Swept) -> list[str]:
    """Return the factors that take more than one value."""
    assert source.design is not None
    return [str(path) for path in source.design.columns if source.design[path].nunique() > 1]
