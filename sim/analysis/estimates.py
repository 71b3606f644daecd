"""What findings rest on: who comes first, whether the best mix beats the best split, what a further tenge brings.

Tables have one row a (draw, world) in index order and one column an allocation, more being better; NaN where a
replication failed. Intervals are those of `sim.statistics`: 95 %, from block means, NaN below 640 replications.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.parameters.sampling import BLOCK
from sim.statistics import Interval, difference, mean_interval, probability_interval, wins

FloatArray = NDArray[np.float64]


class Estimate(NamedTuple):
    """A mean over the `n` replications with a value, and its interval, in the unit of the values."""

    mean: float
    low: float
    high: float
    n: int


class Standing(NamedTuple):
    """How a split does against others: its gain, how probably it is best, its difference to the one that leads."""

    split: str
    gain: Estimate
    best: Estimate
    behind: Estimate


class HeldOut(NamedTuple):
    """The best mix beside the best split alone.

    `chosen` holds (mix, split) as each half of the blocks chooses them, `difference` what they differ by in the other
    half. `seen` is what the best of all replications differ by in these same replications, which flatters mixes.
    """

    chosen: tuple[tuple[str, str], ...]
    difference: Estimate
    seen: Estimate


def estimate(values: FloatArray, interval: Callable[[FloatArray], Interval | None] = mean_interval) -> Estimate:
    """Return the mean of a column with its interval.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Replications in index order.
    interval : callable, optional
        `probability_interval` where the values are shares.
    """
    known = values[np.isfinite(values)]
    low, high = interval(values) or (np.nan, np.nan)
    return Estimate(float(known.mean()) if known.size else np.nan, low, high, known.size)


def standings(gains: pd.DataFrame) -> list[Standing]:
    """Return how splits compare, the one with the largest mean gain first.

    Parameters
    ----------
    gains : DataFrame
        Paired differences to the counterfactual.
    """
    table = gains.where(gains.notna().all(axis=1))
    values = table.to_numpy(np.float64)
    best = wins(values)
    means = table.mean()
    leader = values[:, int(means.argmax())]
    found = [
        Standing(
            str(name),
            estimate(values[:, place]),
            estimate(best[:, place], probability_interval),
            estimate(difference(values[:, place], leader)),
        )
        for place, name in enumerate(table.columns)
    ]
    return sorted(found, key=lambda one: -one.gain.mean)


def held_out(gains: pd.DataFrame, alone: Sequence[str]) -> HeldOut:
    """Compare the best mix with the best split alone in replications that did not choose them.

    The best of many looks better than it is where it was chosen: the winner's curse. So the blocks are halved; each
    half chooses a mix and a split by their means, and these are compared in the other half.

    Parameters
    ----------
    gains : DataFrame
        Of mixes and of the splits that they are mixed of; at least two rows.
    alone : sequence of str
        These splits; all other columns are mixes.
    """
    table = gains.where(gains.notna().all(axis=1))
    mixed = [str(name) for name in table.columns if name not in alone]
    place = np.arange(len(table))
    half = (place // BLOCK if len(table) >= 2 * BLOCK else place) % 2
    apart = np.full(len(table), np.nan)
    chosen = []
    for own in (0, 1):
        best = _best(table[half != own], mixed, alone)
        apart[half == own] = table[best[0]].to_numpy()[half == own] - table[best[1]].to_numpy()[half == own]
        chosen.append(best)
    mix, split = _best(table, mixed, alone)
    return HeldOut(tuple(chosen), estimate(apart), estimate((table[mix] - table[split]).to_numpy()))


def secant(values: pd.DataFrame, low: str, high: str, step: float) -> Estimate:
    """Return by how much an outcome rises per unit of money between two allocations.

    Parameters
    ----------
    values : DataFrame
        An outcome.
    low, high : str
        Columns: the allocations with less and with more money.
    step : float
        What the second has more.
    """
    return estimate(difference(values[high].to_numpy(np.float64), values[low].to_numpy(np.float64)) / step)


def _best(table: pd.DataFrame, mixed: Sequence[str], alone: Sequence[str]) -> tuple[str, str]:
    """Return the mix and the split with the largest mean."""
    means = table.mean()
    return str(means[[*mixed]].idxmax()), str(means[[*alone]].idxmax())
