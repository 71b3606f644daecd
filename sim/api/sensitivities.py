"""What the answer hangs on: sensitivity analyses of stored runs and sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.points import values_of
from sim.analysis.sensitivity import given_data, luck_share, morris, sobol, tornado
from sim.analysis.sensitivity.given import MEASURES
from sim.analysis.sensitivity.ranks import ROWS_EACH
from sim.analysis.source import failures, gains, paired, pairs_of, wide
from sim.api import Results, open_results
from sim.api.sweeping import design_of
from sim.data import Outcome
from sim.errors import InputError
from sim.experiment import designs
from sim.experiment.designs import LEVELS, LUCK, Design
from sim.i18n import _
from sim.scenario import RESERVED
from sim.scenario.messages import refuse_unknown

Found = tuple[str, pd.DataFrame] | tuple[str, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame | None]
"""The fields of `Sensitivity` from `kind` on."""


class Sensitivity(NamedTuple):
    """What was found.

    Attributes
    ----------
    results : Results
        The run.
    allocation, reference : str
        Whose outcomes, and the allocation that differences are taken to; None for levels.
    kind : str
        "given" (any run), "morris", "saltelli" or "one_at_a_time": how the points were chosen.
    factors : DataFrame
        One row an outcome, factor and measure; of one at a time, one an outcome and factor (`tornado`).
    groups, screening : DataFrame or None
        As in `sim.analysis.sensitivity.GivenData`.
    luck : DataFrame or None
        Shares of parameters, luck and both together, where points share several worlds.
    """

    results: Results
    allocation: str
    reference: str | None
    kind: str
    factors: pd.DataFrame
    groups: pd.DataFrame | None = None
    screening: pd.DataFrame | None = None
    luck: pd.DataFrame | None = None


def sensitivity(
    run: Results | str | Path,
    outcomes: Sequence[str],
    allocation: str,
    reference: str | None = RESERVED,
    measures: Sequence[str] = MEASURES,
) -> Sensitivity:
    """Return how outcomes depend on what varies in a run or a sweep.

    Parameters
    ----------
    run : Results, str or Path
        Results, or what `open_results` takes: a plain run; or a sweep, whose design decides on the analysis.
    outcomes : sequence of str
        Names of outcomes, many in one pass.
    allocation : str
        Whose outcomes.
    reference : str or None
        The allocation that paired differences are taken to; None for levels.
    measures : sequence of str
        Of "rho", "prcc", "s1", "pawn" and "delta", where points were not chosen for one analysis.

    Raises
    ------
    InputError
        If a name is unknown, or the points do not suit any analysis or are too few.
    """
    results = run if isinstance(run, Results) else open_results(run)
    unknown = _("there is no allocation {name}; there are {known}")
    refuse_unknown(unknown, allocation, results.allocations)
    if reference is not None:
        refuse_unknown(unknown, reference, results.allocations)
        if reference == allocation:
            raise InputError(_("{name} has no difference to itself").format(name=allocation))
    known = {outcome.name: outcome for outcome in results.tables.outcomes}
    for name in outcomes:
        refuse_unknown(_("there is no outcome {name}; docs/outcomes.md lists them"), name, list(known))
    for measure in measures:
        refuse_unknown(_("there is no measure {name}; there are {known}"), measure, MEASURES)
    chosen = [known[name] for name in outcomes]
    if results.design is None:
        _refuse_few(results.n)
        found = given_data(
            results.parameters().reset_index(drop=True),
            _plain(results, chosen, allocation, reference),
            seed=results.seed,
            correlations=results.scenario.parameter_correlations,
            measures=measures,
        )
        return Sensitivity(results, allocation, reference, "given", *found)
    arrays = _swept(results, chosen, allocation, reference)
    return Sensitivity(results, allocation, reference, *_of_design(results, design_of(results), arrays, measures))


def _refuse_few(n: int) -> None:
    """Raise if there are too few rows to tell what even one factor does."""
    if n < ROWS_EACH:
        message = _("{n} points are too few to say what an outcome depends on: {least} are needed for each factor")
        raise InputError(message.format(n=n, least=ROWS_EACH))


def _plain(
    results: Results, outcomes: Sequence[Outcome], allocation: str, reference: str | None
) -> pd.DataFrame:  # fmt: skip
    """Return outcomes of a plain run, one row a replication in index order, one column each."""
    failed = pairs_of(failures(results))
    names = [allocation, *([] if reference in (None, allocation) else [reference])]
    found = {}
    for outcome in outcomes:
        values = paired(wide(results, "replications", [outcome.name], names)[outcome.name], failed)
        if reference == RESERVED:
            found[outcome.name] = gains(values, outcome)[allocation].to_numpy()
        else:
            line = values[allocation] if reference is None else values[allocation] - values[reference]
            found[outcome.name] = line.to_numpy()
    return pd.DataFrame(found)


def _swept(
    results: Results, outcomes: Sequence[Outcome], allocation: str, reference: str | None
) -> dict[str, np.ndarray]:
    """Return outcomes of a sweep, each of shape (points, worlds)."""
    names = [allocation, *([] if reference is None else [reference])]
    return {
        one.outcome.name: one.gains(reference)[allocation]
        for one in values_of(results, outcomes, list(dict.fromkeys(names)))
    }


def _of_design(results: Results, design: Design, arrays: dict[str, np.ndarray], measures: Sequence[str]) -> Found:
    """Analyse a sweep as its design was made for."""
    if design.kind in (designs.MORRIS, designs.SALTELLI):
        whole = pd.DataFrame({name: array[:, 0] for name, array in arrays.items()})
        names = [*dict.fromkeys(design.groups[path] for path in design.columns), LUCK]
        if design.kind == designs.SALTELLI:
            size = len(names) + 2
            return design.kind, sobol(_whole(whole, size, results.n), names, seed=results.seed)
        assert design.unit is not None
        size = len(names) + 1
        unit = pd.DataFrame(design.unit, columns=[*design.columns, LUCK])
        kept = _whole(whole, size, results.n)
        table = morris(unit[: len(kept)], kept, design.groups, levels=LEVELS, seed=results.seed)
        # A step of a factor is taken for two thirds of its range, but luck has only two values.
        table.loc[table["factor"] == LUCK, ["value", "low", "high"]] *= designs.STEP
        return design.kind, table
    if design.kind == designs.ONE_AT_A_TIME:
        return design.kind, _tornado(list(design.columns), arrays)
    return _of_points(results, design, arrays, measures)


def _whole(rows: pd.DataFrame, size: int, n: int) -> pd.DataFrame:
    """Return the rows of all base samples or trajectories that are stored whole."""
    whole = n // size * size
    if not whole:
        raise InputError(_("not even the first base sample is stored whole: go on with the sweep"))
    return rows[:whole]


def _tornado(paths: Sequence[str], arrays: dict[str, np.ndarray]) -> pd.DataFrame:
    worlds = pd.RangeIndex(next(iter(arrays.values())).shape[1], name="world")
    central = pd.DataFrame({name: array[0] for name, array in arrays.items()}, index=worlds)
    index = pd.MultiIndex.from_product([paths, worlds], names=["factor", "world"])
    low, high = (
        pd.DataFrame({name: array[start::2].ravel() for name, array in arrays.items()}, index=index) for start in (1, 2)
    )
    return tornado(central, low, high)


def _of_points(results: Results, design: Design, arrays: dict[str, np.ndarray], measures: Sequence[str]) -> Found:
    """Analyse sampled points by what is given; of points that share worlds, their means over these."""
    assert results.design is not None
    numeric = results.design.select_dtypes("number")
    numeric = numeric.loc[:, numeric.nunique() > 1]
    if numeric.empty:
        raise InputError(_("no number varies in this sweep, so that nothing can depend on it"))
    _refuse_few(design.points)
    luck = None
    if design.crossed and design.replications > 1:
        index = pd.MultiIndex.from_product([range(design.points), range(design.replications)], names=["point", "world"])
        luck = luck_share(pd.DataFrame({name: array.ravel() for name, array in arrays.items()}, index=index))
    means = pd.DataFrame({name: array.mean(axis=1) for name, array in arrays.items()})
    points = numeric.set_axis(means.index, axis=0)
    correlations = [c for c in results.scenario.parameter_correlations if {c[0], c[1]} <= set(points.columns)]
    found = given_data(points, means, seed=results.seed, correlations=correlations, measures=measures)
    return "given", *found, luck
