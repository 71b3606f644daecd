"""Mean paired differences with their intervals: one panel an outcome, the best allocation on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.compare import direction
from sim.analysis.source import COUNTERFACTUAL
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.report import style
from sim.report.differences import percent
from sim.report.rows import Grid, Panel
from sim.report.text import allocation_label, basis, difference_unit, number, outcome_label, shown, within
from sim.statistics import LEAST_BLOCKS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.compare import Comparison
    from sim.data import Outcome

PAGE = 11.7  # inches, the long side of A4
COLUMNS = 2
SPACE = 0.35  # inches between panels
BETTER, WORSE = style.COLOURS[0], style.COLOURS[3]  # blue and orange


def forest(found: Comparison) -> Figure:
    """Draw the differences of all allocations to the reference, each outcome sorted by what is better.

    Parameters
    ----------
    found : Comparison
        From `sim.analysis.compare.compare_together`.
    """
    table = found.allocations[found.allocations["allocation"] != found.reference]
    sure = bool(table["difference_low"].notna().any())
    columns = min(COLUMNS, len(found.outcomes))
    width = (PAGE - 2 * style.MARGIN - SPACE * (columns - 1)) / columns
    grids = [_grid(found, outcome, table[table["outcome"] == outcome.name], width) for outcome in found.outcomes]
    lines = [grids[start : start + columns] for start in range(0, len(grids), columns)]
    heights = [max(grid.height for grid in line) for line in lines]
    page = style.open_page(found.together, _title(found, table), _subtitle(found, sure), sum(heights), width=PAGE)
    top = page.height
    for line, height in zip(lines, heights, strict=True):
        for place, grid in enumerate(line):
            grid.draw(page, place * (width + SPACE), top)
        top -= height
    return page.figure


def against(found: Comparison) -> str:
    """Return what the reference is called."""
    return allocation_label(found.together.scenario, found.reference)


def verdicts(rows: pd.DataFrame, outcome: Outcome) -> list[int]:
    """Return 1 where an allocation is better than the reference, -1 where it is worse, 0 where its interval holds 0.

    Parameters
    ----------
    rows : DataFrame
        Rows of `Comparison.allocations`.
    outcome : Outcome
        What they are of: without a better side, all are 0.
    """
    above, below = rows["difference_low"] > 0, rows["difference_high"] < 0
    return (direction(outcome) * (above.astype(int) - below.astype(int))).tolist()


def _grid(found: Comparison, outcome: Outcome, rows: pd.DataFrame, width: float) -> Grid:
    """Return the panel of one outcome."""
    rows = rows.assign(_ahead=-(direction(outcome) or 1) * rows["difference"]).sort_values("_ahead", kind="stable")
    ends = [("difference_low", "difference_p05"), ("difference_high", "difference_p95")]
    low, high = (rows[end].fillna(rows[instead]).to_numpy() for end, instead in ends)
    none = np.full(len(rows), np.nan)
    ranges = np.column_stack([low, none, rows["difference"], none, high]) * outcome.scale
    numbers = [
        (shown(outcome, mean, signed=True) if np.isfinite(mean) else "", percent(chance))
        for mean, chance in zip(rows["difference"], rows["p_better"], strict=True)
    ]
    inks = [(style.SOFT, BETTER, WORSE)[sign] for sign in verdicts(rows, outcome)]
    label = "; ".join(part for part in (difference_unit(outcome), within(basis(outcome))) if part)
    panel = Panel(outcome_label(outcome), label, ranges, numbers, inks, outcome.better, filled=True)
    names = [allocation_label(found.together.scenario, name) for name in rows["allocation"]]
    return Grid(names, [panel], [_("mean"), _("better in")], 1, width)


def _subtitle(found: Comparison, sure: bool) -> str:
    """Say what is drawn."""
    if sure:
        text = _(
            "Mean difference to {reference} with the same luck and parameters (dot) and its 95 % interval (line): blue "
            "where better, orange where worse, grey where it may be either. Shaded: the better side. Each panel has "
            "its own scale and order."
        )
    else:
        text = _(
            "Mean difference to {reference} with the same luck and parameters (dot) and 5–95 % of replications (line); "
            "intervals of the mean need {least}. Shaded: the better side. Each panel has its own scale and order."
        )
    return text.format(reference=against(found), least=number(LEAST_BLOCKS * BLOCK))


def _title(found: Comparison, table: pd.DataFrame) -> str:
    """Say which allocation is better for most outcomes, as far as intervals tell."""
    names = list(dict.fromkeys(table["allocation"]))
    judged = [one for one in found.outcomes if one.better]
    signs = np.array([verdicts(table[table["outcome"] == one.name], one) for one in judged]).reshape(-1, len(names))
    words = {"reference": against(found), "n": number(found.together.n), "total": len(judged)}
    if not judged:
        return _("Mean differences to {reference}").format(**words)
    if not table["difference_low"].notna().any():
        return _("Differences to {reference}: {n} replications are too few to tell them from chance").format(**words)
    if not signs.any():
        return _("No allocation differs from {reference} beyond chance (n = {n})").format(**words)
    best = int(signs.sum(axis=0).argmax())
    words |= {
        "allocation": allocation_label(found.together.scenario, names[best]),
        "better": int((signs[:, best] > 0).sum()), "worse": int((signs[:, best] < 0).sum()),
    }  # fmt: skip
    if len(names) == 1 or found.reference == COUNTERFACTUAL or signs[:, best].sum() >= 0:
        return _(
            "Against {reference}, {allocation} is better on average for {better} of {total} outcomes and worse for "
            "{worse}, beyond chance"
        ).format(**words)
    return _(
        "No allocation is better than {reference} for more outcomes than it is worse: {allocation}, the nearest, is "
        "better on average for {better} of {total} and worse for {worse}, beyond chance"
    ).format(**words)
