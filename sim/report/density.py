"""The shape of a sample, drawn without failing on constants, on one value or on none: its density, its steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 400
MANY = 20  # values from which a density is drawn; fewer are drawn one by one


def curve(values: Floats) -> tuple[Floats, Floats] | None:
    """Return a Gaussian kernel density over the range of the values, its highest point being 1.

    Parameters
    ----------
    values : array
        Finite values, in any unit.

    Returns
    -------
    tuple of array, or None
        Places and heights; None where a curve would mislead: fewer than `MANY` values, or no spread.

    Notes
    -----
    Bandwidth by Silverman's rule, 0.9 min(sd, IQR / 1.34) n^(-1/5), on values counted in narrow bins. The
    curve ends at the least and the greatest value: it shows no weight where no replication is. Near those
    ends the kernel is reflected, so that a bounded quantity does not seem to thin out at its bound.
    """
    if len(values) < MANY:
        return None
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        return None
    counts, edges = np.histogram(values, bins=POINTS, range=(low, high))
    places = (edges[:-1] + edges[1:]) / 2
    width = (high - low) / POINTS
    bandwidth = max(_bandwidth(values), width)
    reach = np.arange(-POINTS + 1, POINTS) * width / bandwidth
    kernel = np.exp(-0.5 * reach**2)
    mirrored = np.concatenate([counts[::-1], counts, counts[::-1]]).astype(np.float64)
    heights = np.convolve(mirrored, kernel, mode="same")[POINTS : 2 * POINTS]
    return places, heights / heights.max()


def steps(values: Floats) -> tuple[Floats, Floats]:
    """Return the empirical distribution function: where it rises, and the share of values up to there.

    Parameters
    ----------
    values : array
        Finite values, in any unit.

    Returns
    -------
    tuple of array
        Places and shares, to be joined by steps that rise at their end; the first share is 0, the last 1. Of more
        than `POINTS` values only as many are kept as can be told apart. Empty for no values.
    """
    if not len(values):
        return np.empty(0), np.empty(0)
    rising = np.sort(values)
    ranks = np.unique(np.linspace(1, len(rising), min(len(rising), POINTS)).astype(int))
    return np.concatenate([rising[:1], rising[ranks - 1]]), np.concatenate([[0.0], ranks / len(rising)])


def _bandwidth(values: Floats) -> float:
    """Return Silverman's bandwidth; the sd alone where half of the values are equal."""
    lower, upper = np.quantile(values, [0.25, 0.75])
    sd = float(values.std(ddof=1))
    iqr = float(upper - lower) / 1.34
    return 0.9 * (min(sd, iqr) if iqr > 0 else sd) / math.pow(len(values), 0.2)
