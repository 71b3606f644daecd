"""Animals at the start and at the end: one panel a species, one row an allocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL, outcome_of, reference_of, splits
from sim.i18n import _
from sim.report import style
from sim.report.fans import yearly
from sim.report.rows import RANGE, Grid, Panel
from sim.report.text import allocation_label, outcome_label, percent, shown, unit, within
from sim.statistics import quantiles

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Outcome

SPECIES = ("cattle_head", "sheep_head", "horses_head", "poultry_head", "livestock_units")
COLUMNS = 2


def herds(source: Source) -> Figure:
    """Draw the animals of every species at the end of the first and of the last year."""
    found = (outcome_of(source.tables, name, "yearly") for name in SPECIES)
    outcomes = [one for one in found if one is not None]
    rows = [*splits(source), COUNTERFACTUAL]
    drawn = [_panel(source, outcome, rows) for outcome in outcomes]
    first, last = drawn[0][2]
    names = [allocation_label(source.scenario, name) for name in rows]
    grid = Grid(
        names, [panel for panel, _changes, _years in drawn], [_("median"), _("change")],
        min(COLUMNS, len(drawn)), style.WIDTH - 2 * style.MARGIN,
    )  # fmt: skip
    reference = reference_of(source)
    changes = [
        _("{species} {change}").format(
            species=within(outcome_label(one)), change=percent(100 * changes[reference], signed=True)
        )
        for one, (_panel_, changes, _years) in zip(outcomes, drawn, strict=True)
    ]
    title = _("From the end of {first} to the end of {last}, median under {allocation}: {changes}").format(
        first=first, last=last, allocation=allocation_label(source.scenario, reference), changes=", ".join(changes)
    )
    subtitle = _(
        "Animals at the end of {last}: 5–95 % of replications (line), 25–75 % (bar), median (dot); stroke: median at "
        "the end of {first}. The change is the median over replications. Every panel has its own scale."
    ).format(first=first, last=last)
    page = style.open_page(source, title, subtitle, grid.height)
    grid.draw(page, 0, page.height)
    return page.figure


def _panel(source: Source, outcome: Outcome, rows: list[str]) -> tuple[Panel, dict[str, float], tuple[int, int]]:
    """Return the panel of one species, its median relative change by allocation, and the two years."""
    values = yearly(source, outcome)
    years = sorted(int(year) for year in values.index.unique("year"))
    start, end = (values.xs(year, level="year") for year in (years[0], years[-1]))
    ranges = np.array([quantiles(end[name].to_numpy(), RANGE) for name in rows])
    starts = np.array([quantiles(start[name].to_numpy(), RANGE[[2]])[0] for name in rows])
    changes = {name: float((end[name] / start[name] - 1).median()) for name in rows}
    numbers = [
        (shown(outcome, ends[2]), percent(100 * changes[name], signed=True))
        for name, ends in zip(rows, ranges, strict=True)
    ]
    inks = [*(style.colour(place) for place in range(len(rows) - 1)), style.COUNTERFACTUAL_COLOUR]
    panel = Panel(
        outcome_label(outcome), unit(outcome), ranges * outcome.scale, numbers, inks, zero=False,
        starts=starts * outcome.scale,
    )  # fmt: skip
    return panel, changes, (years[0], years[-1])
