"""Morris's elementary effects and Sobol's indices, from designs made for them; SALib computes both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol
from scipy.special import stdtrit
from scipy.stats import norm

from sim.analysis.sensitivity.tidy import FloatArray, Row, row, small_seed, table
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.scenario.correlations import Triple

RESAMPLES = 200
Z = float(norm.ppf(0.975))


def refuse_correlated(correlations: Iterable[Triple], groups: Mapping[str, str]) -> None:
    """Refuse designs that would vary correlated factors apart from one another.

    Parameters
    ----------
    correlations : iterable of (str, str, float)
        Pairs of factors and Spearman's correlation of each.
    groups : mapping of str to str
        From each factor that the design varies to its group; a factor on its own is its own group.

    Raises
    ------
    InputError
        Naming each pair that stands in two groups, and what to do.
    """
    text = _(
        "{first} and {second} are correlated ({rho}), but Morris and Sobol designs vary them apart. Put both into one "
        "group, let only one of them vary, or take PRCC, PAWN, delta or s1 from a stored run, which allow correlations."
    )
    faults = [
        Problem(text.format(first=first, second=second, rho=f"{rho:g}"))
        for first, second, rho in correlations
        if rho != 0 and first in groups and second in groups and groups[first] != groups[second]
    ]
    if faults:
        raise InputError(faults)


def morris(
    unit_points: pd.DataFrame,
    results: pd.DataFrame,
    groups: Mapping[str, str] | None = None,
    *,
    levels: int = 4,
    seed: int,
) -> pd.DataFrame:
    """Return mean, mean size and spread of elementary effects.

    Parameters
    ----------
    unit_points : DataFrame, shape (r * (g + 1), k)
        One column a factor, on the unit scale: r trajectories of `SALib.sample.morris.sample`, one below the other.
    results : DataFrame, shape (r * (g + 1), m)
        One column an outcome, the same rows; NaN where a replication failed: its whole trajectory is left out.
    groups : mapping of str to str, optional
        From factor to group; factors that are not in it stand on their own. g counts groups and such factors.
    levels : int, optional
        Levels of the design's grid.
    seed : int
        Of the bootstrap of mu_star.

    Returns
    -------
    DataFrame
        Tidy, in the unit of the outcome per whole range of a factor. Measures: "mu", the mean effect; "mu_star", the
        mean of its absolute value; "sigma", its standard deviation. A group has mu_star alone, since its factors
        may move against one another. `n` and `failed` count trajectories.

    Raises
    ------
    ValueError
        If the rows are no whole number of trajectories.

    Notes
    -----
    `SALib.analyze.morris` [1]_ [2]_. Intervals: mu ± t sigma / sqrt(r); mu_star ± the bootstrap's half-width, widened
    from a normal's quantile and divisor r to Student's t and divisor r - 1; none for sigma.

    References
    ----------
    .. [1] Morris, M. D. (1991). Factorial sampling plans for preliminary computational experiments. Technometrics 33,
       161-174.
    .. [2] Campolongo, F., Cariboni, J., Saltelli, A. (2007). An effective screening design for sensitivity analysis of
       large models. Environmental Modelling & Software 22, 1509-1518.
    """
    names = [str(name) for name in unit_points.columns]
    of = [(groups or {}).get(name, name) for name in names]
    distinct = list(dict.fromkeys(of))
    size = len(distinct) + 1
    trajectories = _whole(results, size, len(unit_points))
    x = unit_points.to_numpy(np.float64).reshape(-1, size, len(names))
    problem = {"num_vars": len(names), "names": names, "groups": of, "bounds": [[0.0, 1.0]] * len(names)}
    rows: list[Row] = []
    for place, outcome in enumerate(results.columns):
        y = trajectories[:, :, place]
        fine = np.isfinite(y).all(axis=1)
        n = int(fine.sum())
        counts = (n, len(y) - n)
        if n < 2:
            rows += [row(str(outcome), name, "mu_star", [np.nan] * 3, counts) for name in distinct]
            continue
        found = salib_morris.analyze(
            problem, x[fine].reshape(-1, len(names)), y[fine].ravel(),
            num_resamples=RESAMPLES, num_levels=levels, seed=small_seed(seed, str(outcome)),
        )  # fmt: skip
        t = float(stdtrit(n - 1, 0.975))
        for index, name in enumerate(distinct):
            mu, star, sigma, half = (float(found[key][index]) for key in ("mu", "mu_star", "sigma", "mu_star_conf"))
            half *= t / Z * np.sqrt(n / (n - 1))
            rows.append(row(str(outcome), name, "mu_star", (star, star - half, star + half), counts))
            if of.count(name) == 1:
                wide = t * sigma / np.sqrt(n)
                rows.append(row(str(outcome), name, "mu", (mu, mu - wide, mu + wide), counts))
                rows.append(row(str(outcome), name, "sigma", (sigma, np.nan, np.nan), counts))
    return table(rows)


def sobol(results: pd.DataFrame, names: Sequence[str], *, seed: int) -> pd.DataFrame:
    """Return first-order and total shares of factors in the variance of results.

    Parameters
    ----------
    results : DataFrame, shape (n_base * (k + 2), m)
        One column an outcome; rows as `SALib.sample.sobol.sample` with `calc_second_order=False` lays points out: A, A
        with each factor or group from B in turn, and B, for one base sample after the other. NaN where a replication
        failed: its whole base sample is left out.
    names : sequence of str
        The k factors, or groups, in the order of the design; each independent of the others.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Tidy. Measures: "s1", what the factor brings about alone; "st", that and all interactions with others. `n` and
        `failed` count base samples. NaN where the result does not vary.

    Raises
    ------
    ValueError
        If the rows are no whole number of base samples.

    Notes
    -----
    `SALib.analyze.sobol`, the estimators of [1]_, with z intervals from 200 bootstrap samples of base samples. These
    take base samples for independent: those of a Sobol sequence are more even, so that intervals are rather too wide.

    References
    ----------
    .. [1] Saltelli, A., Annoni, P., Azzini, I., Campolongo, F., Ratto, M., Tarantola, S. (2010). Variance based
       sensitivity analysis of model output. Computer Physics Communications 181, 259-270.
    """
    samples = _whole(results, len(names) + 2, len(results))
    rows: list[Row] = []
    for place, outcome in enumerate(results.columns):
        y = samples[:, :, place]
        fine = np.isfinite(y).all(axis=1)
        n = int(fine.sum())
        keys = ("S1", "S1_conf", "ST", "ST_conf")
        found = dict.fromkeys(keys, np.full(len(names), np.nan))
        if n > 1 and np.ptp(y[fine]) > 0.0:
            found = salib_sobol.analyze(
                {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)},
                y[fine].ravel(), calc_second_order=False, num_resamples=RESAMPLES,
                seed=small_seed(seed, str(outcome)),
            )  # fmt: skip
        for index, name in enumerate(names):
            for measure, key in (("s1", "S1"), ("st", "ST")):
                value, half = float(found[key][index]), float(found[f"{key}_conf"][index])
                ends = (value, value - half, value + half)
                rows.append(row(str(outcome), name, measure, ends, (n, len(y) - n)))
    return table(rows)


def _whole(results: pd.DataFrame, size: int, points: int) -> FloatArray:
    """Return results by design's unit, place in it and outcome."""
    if len(results) != points or len(results) % size or not len(results):
        raise ValueError(f"{points} points and {len(results)} results are not the same whole number of {size} rows")
    return results.to_numpy(np.float64).reshape(-1, size, results.shape[1])
