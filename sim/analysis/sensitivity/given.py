"""Sensitivities from any stored run: the points it drew and what came of them, whatever their distribution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.sensitivity import tidy
from sim.analysis.sensitivity.distance import delta, pawn
from sim.analysis.sensitivity.first_order import first_order
from sim.analysis.sensitivity.ranks import Screened, group_shares, rank_correlations, screen
from sim.analysis.sensitivity.tidy import Estimates, FloatArray, IntArray, Row
from sim.scenario.correlations import Triple
from sim.scenario.correlations import groups as hanging_together

MEASURES = ("rho", "prcc", "s1", "pawn", "delta")
MOST = 12
_SCREENING = ("outcome", "factors", "all_kept", "kept", "beyond", "chance", "n", "failed")


class GivenData(NamedTuple):
    """What a stored run says about its factors.

    Attributes
    ----------
    factors : DataFrame
        Tidy: by outcome and factor kept, the measures "rho" (Spearman), "prcc" (partial rank correlation among the
        factors kept), "s1" (first-order share of the variance), "pawn" and "delta". `correlated` says whether the
        factor hangs together with another: all but "prcc" then hold what comes about by the other.
    groups : DataFrame
        Tidy, one row a subject, measures "r2_alone" and "r2_own" (see `group_shares`); `factor` is the subject, and
        empty for all factors kept together ("r2_all"), beside which luck, interactions and weak factors are the rest.
    screening : DataFrame
        By outcome: how many factors varied, whether all were kept, else how many of those that exceeded the rank
        correlation `chance`, which chance alone reaches once in twenty times.
    """

    factors: pd.DataFrame
    groups: pd.DataFrame
    screening: pd.DataFrame


def given_data(
    points: pd.DataFrame,
    results: pd.DataFrame,
    *,
    seed: int,
    correlations: Iterable[Triple] = (),
    measures: Sequence[str] = MEASURES,
    most: int = MOST,
) -> GivenData:
    """Return how results depend on factors, in one pass over many outcomes.

    Parameters
    ----------
    points : DataFrame, shape (n, k)
        One column a factor; one row a replication in index order, 64 a block.
    results : DataFrame, shape (n, m)
        One column an outcome, the same rows; NaN where a replication failed: it is left out and counted.
    seed : int
        Of the run: random orders and bootstrap samples come from it.
    correlations : iterable of (str, str, float), optional
        Which factors were drawn correlated.
    measures : sequence of str, optional
        Of `MEASURES`; "delta" takes by far the longest: up to a second for each factor and outcome.
    most : int, optional
        Factors to look at closely, by outcome. Where there are more, or less than 20 rows for each, they are screened
        first.

    Raises
    ------
    ValueError
        If the two tables have different rows, or a measure is unknown.
    """
    if not points.index.equals(results.index):
        raise ValueError("points and results need the same rows in the same order")
    if unknown := set(measures) - set(MEASURES):
        raise ValueError(f"no measure {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    linked = {factor for group in hanging_together(correlations) for factor in group if factor in points.columns}
    x = points.to_numpy(np.float64)
    names = [str(name) for name in points.columns]
    factors: list[Row] = []
    groups: list[Row] = []
    screening: list[tuple[object, ...]] = []
    for column in results.columns:
        outcome, y = str(column), results[column].to_numpy(np.float64)
        rows = np.flatnonzero(np.isfinite(y))
        counts = (rows.size, y.size - rows.size)
        varies = bool(names) and rows.size > 1 and np.ptp(y[rows]) > 0.0
        chosen = (
            screen(x[rows], y[rows], seed=seed, purpose=outcome, most=most)
            if varies
            else Screened([], np.nan, 0, all_kept=False)
        )
        screening.append(
            (outcome, len(names), chosen.all_kept, len(chosen.kept), chosen.beyond, chosen.chance, *counts)
        )
        if not chosen.kept:
            continue
        near, parts = x[rows][:, chosen.kept], tidy.parts_of(rows)
        kept = [names[place] for place in chosen.kept]
        for measure, found in _measured(near, y[rows], parts, measures, tidy.small_seed(seed, outcome)):
            factors += [
                tidy.row(outcome, name, measure, ends, counts)
                for name, ends in zip(kept, np.transpose(found).tolist(), strict=True)
            ]
        shares = group_shares(near, [tidy.subject(name) for name in kept], y[rows], parts)
        groups += list(_group_rows(outcome, shares, counts))
    table = tidy.table(factors)
    table["correlated"] = table["factor"].isin(linked)
    return GivenData(table, tidy.table(groups), pd.DataFrame(screening, columns=list(_SCREENING)))


def _measured(
    points: FloatArray, result: FloatArray, parts: IntArray, measures: Sequence[str], seed: int
) -> Iterator[tuple[str, Estimates]]:
    """Yield the measures asked for."""
    if {"rho", "prcc"} & set(measures):
        plain, partial = rank_correlations(points, result, parts)
        yield from ((name, found) for name, found in (("rho", plain), ("prcc", partial)) if name in measures)
    if "s1" in measures:
        yield "s1", first_order(points, result, parts)
    if "pawn" in measures:
        yield "pawn", pawn(points, result, parts, seed=seed)
    if "delta" in measures:
        yield "delta", delta(points, result, seed=seed)


def _group_rows(outcome: str, shares: dict[str, Estimates], counts: tuple[int, int]) -> Iterator[Row]:
    """Yield the rows of the groups of one outcome."""
    for name, found in shares.items():
        alone, own = np.transpose(found).tolist()
        if not name:
            yield tidy.row(outcome, "", "r2_all", alone, counts)
            continue
        yield tidy.row(outcome, name, "r2_alone", alone, counts)
        yield tidy.row(outcome, name, "r2_own", own, counts)
