"""Comparing runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.analysis.compare import Comparison, compare_together
from sim.analysis.together import side_by_side
from sim.api import Results, open_results


def compare(
    *runs: Results | str | Path, outcomes: Sequence[str] = (), reference: str | None = None, alpha: float = 0.05
) -> Comparison:
    """Compare all allocations of runs that share luck.

    Parameters
    ----------
    *runs : Results, str or Path
        Results, or what `open_results` takes; at least one.
    outcomes : sequence of str, optional
        By default the main ones.
    reference : str, optional
        The allocation that differences are taken to; by default "current" or the first, of the first run. What several
        runs have goes by "run:allocation"; "no_programme" stands for that of the same run.
    alpha : float, optional
        The share of replications that counts as the worst.

    Returns
    -------
    Comparison
        With the tables `allocations` and `dominance`.

    Raises
    ------
    InputError
        If runs do not share luck or lack an outcome, or there is no such run, outcome or allocation.
    RunError
        If a run has no finished replications yet.
    """
    together = side_by_side([run if isinstance(run, Results) else open_results(run) for run in runs])
    return compare_together(together, together.outcomes(outcomes), reference=reference, alpha=alpha)
