"""Paired differences of the splits to one allocation, in all main outcomes: one panel an outcome, one row a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import (
    COUNTERFACTUAL,
    failures,
    gains,
    main_outcomes,
    paired,
    pairs_of,
    reference_of,
    splits,
    wide,
)
from sim.i18n import _
from sim.report import style
from sim.report.rows import RANGE, Grid, Panel
from sim.report.text import allocation_label, basis, difference_unit, outcome_label, share, shown, within
from sim.report.titles import CLEAR, ENOUGH
from sim.statistics import quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Outcome

PAGE = 11.7  # inches, the long side of A4
COLUMNS = 3
AT_ONCE = 4  # outcomes in memory


def differences(source: Source, *, to_counterfactual: bool = False) -> Figure:
    """Draw the paired differences to the reference split, or to no programme.

    Parameters
    ----------
    source : Source
        The run.
    to_counterfactual : bool
        Whether differences are taken to no programme; what is the fund's own is left out then.
    """
    reference = COUNTERFACTUAL if to_counterfactual else reference_of(source)
    rows = [name for name in splits(source) if name != reference]
    outcomes = [one for one in main_outcomes(source) if not (to_counterfactual and one.fund_own)]
    inks = inks_of(source, rows)
    panels, chances = [], []
    for outcome, table in paired_differences(source, outcomes, reference):
        panels.append(panel(table, outcome, rows, inks))
        if outcome.better:
            chances.append({name: (better_in(table[name], outcome), better_in(-table[name], outcome)) for name in rows})
    heads = [_("median"), _("better in")]
    names = [allocation_label(source.scenario, name) for name in rows]
    grid = Grid(names, panels, heads, min(COLUMNS, len(panels)), PAGE - 2 * style.MARGIN)
    against = _("no programme") if to_counterfactual else allocation_label(source.scenario, reference)
    subtitle = _(
        "Difference to {reference} with the same luck and parameters: 5–95 % of replications (line), 25–75 % (bar), "
        "median (dot). Shaded: the better side. Every panel has its own scale."
    ).format(reference=against)
    page = style.open_page(source, _title(source, chances, rows, against), subtitle, grid.height, width=PAGE)
    grid.draw(page, 0, page.height)
    return page.figure


def paired_values(source: Source, outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, pd.DataFrame]]:
    """Yield each outcome with its table, one column an allocation, in the stored unit; NaN in the failed pairs."""
    failed = pairs_of(failures(source))
    for start in range(0, len(outcomes), AT_ONCE):
        few = outcomes[start : start + AT_ONCE]
        values = wide(source, "replications", [one.name for one in few], [*splits(source), COUNTERFACTUAL])
        for outcome in few:
            yield outcome, paired(values.pop(outcome.name), failed)


def paired_differences(
    source: Source, outcomes: Sequence[Outcome], reference: str
) -> Iterator[tuple[Outcome, pd.DataFrame]]:
    """Yield each outcome with its paired differences to an allocation, one column a split, in the stored unit."""
    for outcome, values in paired_values(source, outcomes):
        table = gains(values, outcome)
        yield outcome, table if reference == COUNTERFACTUAL else table.sub(table[reference], axis=0)


def panel(table: pd.DataFrame, outcome: Outcome, rows: Sequence[str], inks: Sequence[str]) -> Panel:
    """Return the panel of one outcome; rows whose differences do not exist stay empty."""
    ranges = np.array([quantiles(table[name].to_numpy(), RANGE) for name in rows])
    chances = [better_in(table[name], outcome) for name in rows]
    numbers = [
        (shown(outcome, ends[2], signed=True) if np.isfinite(ends[2]) else "", percent(chance))
        for ends, chance in zip(ranges, chances, strict=True)
    ]
    label = "; ".join(part for part in (difference_unit(outcome), within(basis(outcome))) if part)
    return Panel(outcome_label(outcome), label, ranges * outcome.scale, numbers, inks, outcome.better)


def percent(chance: float) -> str:
    """Write a share of replications, nothing where it is not stated."""
    return share(chance) if np.isfinite(chance) else ""


def better_in(differences: pd.Series[float], outcome: Outcome) -> float:
    """Return the share of replications in which a difference goes the better way.

    NaN where neither side is better, or there are too few replications to state a share.
    """
    known = differences.dropna()
    if not outcome.better or len(known) < ENOUGH:
        return float("nan")
    return float((known > 0).mean() if outcome.better == "more" else (known < 0).mean())


def inks_of(source: Source, rows: Sequence[str]) -> list[str]:
    """Return the colours of the rows, those of the scenario's order."""
    places = splits(source)
    return [style.colour(places.index(name)) for name in rows]


def _title(source: Source, chances: Sequence[dict[str, tuple[float, float]]], rows: Sequence[str], against: str) -> str:
    """Say which split is clearly better for most outcomes, and for how many it is clearly worse.

    `chances` has for each outcome with a better side the shares in which each split is better and worse.
    """
    if not np.isfinite([both for outcome in chances for both in outcome.values()]).any():
        return _("Differences to {reference}: too few replications ({n}) for a comparison").format(
            reference=against, n=source.n
        )
    better, worse = ({name: sum(one[name][way] >= CLEAR for one in chances) for name in rows} for way in (0, 1))
    best = max(rows, key=lambda name: better[name] - worse[name])
    words = {
        "reference": against, "allocation": allocation_label(source.scenario, best), "better": better[best],
        "worse": worse[best], "total": len(chances), "clear": share(CLEAR),
    }  # fmt: skip
    if better[best] < worse[best]:
        return _(
            "No other split is better than {reference} for more main outcomes than it is worse: {allocation}, the "
            "nearest, is better for {better} of {total} and worse for {worse}, each in at least {clear} of replications"
        ).format(**words)
    return _(
        "Against {reference}, {allocation} is better for {better} of {total} main outcomes and worse for {worse}, "
        "each in at least {clear} of replications"
    ).format(**words)
