"""One factor at a time, from its low to its high value, with the same worlds throughout."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from sim.analysis.sensitivity.tidy import FloatArray, subject
from sim.statistics import LEAST_BLOCKS

COLUMNS = ("outcome", "factor", "group", "low", "central", "high", "low_change", "low_change_low", "low_change_high",
           "high_change", "high_change_low", "high_change_high", "swing", "swing_low", "swing_high", "n",
           "failed")  # fmt: skip


def tornado(central: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame) -> pd.DataFrame:
    """Return what results become with one factor at its low or high value and all others central.

    Parameters
    ----------
    central : DataFrame
        One column an outcome; the index is `world`. NaN where a replication failed.
    low, high : DataFrame
        The same columns; the index has levels `factor` and `world`.

    Returns
    -------
    DataFrame
        One row an outcome and factor, the largest swing first within an outcome. `low`, `central` and `high` are mean
        results over the worlds in which all three have a value (`n`; the others are counted in `failed`);
        `low_change`, `high_change` (to the central result) and `swing` (high less low) are means of paired differences
        with 95 % intervals, all in the unit of the outcome.

    Notes
    -----
    Worlds are independent of one another, so intervals are Student's over worlds: NaN with fewer than 10.
    """
    rows = []
    for outcome in central.columns:
        middle = central[outcome]
        for factor in low.index.unique("factor"):
            ends = [side[outcome].xs(factor, level="factor").reindex(middle.index) for side in (low, high)]
            values = np.column_stack([ends[0], middle, ends[1]]).astype(np.float64)
            fine = values[np.isfinite(values).all(axis=1)]
            means = fine.mean(axis=0) if len(fine) else np.full(3, np.nan)
            changes = (fine[:, 0] - fine[:, 1], fine[:, 2] - fine[:, 1], fine[:, 2] - fine[:, 0])
            intervals = [end for change in changes for end in _mean(change)]
            name = str(factor)
            rows.append((str(outcome), name, subject(name), *means, *intervals, len(fine), len(values) - len(fine)))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    first = {str(outcome): place for place, outcome in enumerate(central.columns)}
    order = np.lexsort((found["factor"], -found["swing"].abs().fillna(-1.0), found["outcome"].map(first)))
    return found.iloc[order].reset_index(drop=True)


def _mean(change: FloatArray) -> tuple[float, float, float]:
    """Return a mean over worlds and its interval."""
    count = change.size
    if count < 1:
        return np.nan, np.nan, np.nan
    centre = float(change.mean())
    if count < LEAST_BLOCKS:
        return centre, np.nan, np.nan
    half = float(stdtrit(count - 1, 0.975) * change.std(ddof=1) / np.sqrt(count))
    return centre, centre - half, centre + half
