"""How much of the variance is luck: components of points of parameters crossed with worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from sim.analysis.sensitivity.tidy import FloatArray, Row, row, table
from sim.experiment.designs import LUCK

PARTS = ("parameters", LUCK, "interaction")


def luck_share(results: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of parameters, of luck and of both together in the variance of results.

    Parameters
    ----------
    results : DataFrame
        One column an outcome; the index has levels `point` and `world`, each of the p points in each of the w worlds.
        NaN where a replication failed: its point is left out with all its worlds.

    Returns
    -------
    DataFrame
        Tidy; `factor` is "parameters", "luck" or "interaction". Measures: "variance", in the squared unit of the
        outcome, and "share" of the sum of the three, with an interval. A component estimated below 0 is shown as 0;
        `below_zero` says so. `n` and `failed` count points, `worlds` the worlds.

    Raises
    ------
    ValueError
        If points and worlds are not crossed, or there are less than two of either.

    Notes
    -----
    The random two-way layout y = m + P_i + L_j + I_ij with one replication a cell. From the mean squares, unbiased
    [1]_: Var I = MS_I, Var P = (MS_P - MS_I) / w, Var L = (MS_L - MS_I) / p. Both the points and the worlds are
    samples, so the variance of arcsin sqrt(share) is taken as the sum of its jackknife variances over points and over
    worlds, which is a little too large [2]_, with Student's t of the fewer of both less one degrees of freedom.

    References
    ----------
    .. [1] Searle, S. R., Casella, G., McCulloch, C. E. (1992). Variance components. Wiley, chapter 4.
    .. [2] Owen, A. B. (2007). The pigeonhole bootstrap. Annals of Applied Statistics 1, 386-411.
    """
    rows: list[Row] = []
    extra: list[tuple[int, bool]] = []
    for outcome in results.columns:
        cells = results[outcome].unstack("world").sort_index(axis=0).sort_index(axis=1).to_numpy(np.float64)
        if cells.size != len(results) or min(cells.shape) < 2:
            raise ValueError("luck_share needs each of at least two points in each of at least two worlds")
        fine = cells[np.isfinite(cells).all(axis=1)]
        counts = (len(fine), len(cells) - len(fine))
        raw = _components(fine) if len(fine) > 1 else np.full(3, np.nan)
        value = _shares(raw)
        half = _half_width(fine) if min(fine.shape) > 2 else np.full(3, np.nan)
        angle = np.arcsin(np.sqrt(value))
        low, high = np.sin(np.clip([angle - half, angle + half], 0.0, np.pi / 2)) ** 2
        for place, part in enumerate(PARTS):
            rows.append(row(str(outcome), part, "variance", (max(float(raw[place]), 0.0), np.nan, np.nan), counts))
            ends = [float(end[place]) for end in (value, low, high)]
            rows.append(row(str(outcome), part, "share", ends, counts))
            extra += [(cells.shape[1], bool(raw[place] < 0.0))] * 2
    found = table(rows)
    found["worlds"] = [worlds for worlds, _below in extra]
    found["below_zero"] = [below for _worlds, below in extra]
    return found


def _components(cells: FloatArray) -> FloatArray:
    """Return the variances of points, worlds and interaction; a point a row, a world a column."""
    points, worlds = cells.shape
    centre = cells.mean()
    by_point, by_world = cells.mean(axis=1), cells.mean(axis=0)
    between_points = worlds * ((by_point - centre) ** 2).sum() / (points - 1)
    between_worlds = points * ((by_world - centre) ** 2).sum() / (worlds - 1)
    rest = ((cells - by_point[:, None] - by_world + centre) ** 2).sum() / ((points - 1) * (worlds - 1))
    return np.array([(between_points - rest) / worlds, (between_worlds - rest) / points, rest])


def _shares(components: FloatArray) -> FloatArray:
    """Return the shares of the components, those below 0 taken as 0; NaN where nothing varies."""
    known = np.maximum(components, 0.0)
    total = known.sum()
    return np.asarray(known / total if total > 0.0 else np.full(3, np.nan))


def _half_width(cells: FloatArray) -> FloatArray:
    """Return half the interval of arcsin sqrt of each share."""
    variance = np.zeros(3)
    for axis, count in enumerate(cells.shape):
        shares = np.array([_shares(_components(np.delete(cells, place, axis))) for place in range(count)])
        without = np.arcsin(np.sqrt(shares))
        variance += (count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(stdtrit(min(cells.shape) - 1, 0.975) * np.sqrt(variance))
