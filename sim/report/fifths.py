"""Who gains: the five fifths of rural people by income, one panel a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import failures, paired, pairs_of, reference_of, splits, wide
from sim.i18n import _
from sim.report import style
from sim.report.differences import percent
from sim.report.rows import RANGE, Grid, Panel
from sim.report.text import allocation_label, number
from sim.report.titles import ENOUGH
from sim.statistics import quantiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

COLUMNS = tuple(f"income_gain_fifth_{place}_kzt_per_month" for place in range(1, 6))
"""Increments on no programme, tenge a month per head, the poorest fifth first."""
ACROSS = 2  # panels side by side


def fifths(source: Source) -> Figure:
    """Draw the gain of each fifth of rural people under every split."""
    values = wide(source, "replications", COLUMNS, splits(source))
    failed = pairs_of(failures(source))
    tables = [paired(values[column], failed) for column in COLUMNS]
    rows = [_("Poorest fifth"), _("Second"), _("Third"), _("Fourth"), _("Richest fifth")]
    panels = [_panel(source, name, place, tables) for place, name in enumerate(splits(source))]
    across = min(ACROSS, len(panels))
    grid = Grid(rows, panels, [_("median"), _("gains in")], across, style.WIDTH - 2 * style.MARGIN, shared=True)
    reference = reference_of(source)
    poorest, richest = (number(float(table[reference].median()), signed=True) for table in (tables[0], tables[-1]))
    title = _(
        "Under {allocation}, the poorest fifth of rural people gains {poorest} tenge a month per head, the richest "
        "{richest} (medians)"
    ).format(allocation=allocation_label(source.scenario, reference), poorest=poorest, richest=richest)
    subtitle = _(
        "Difference to no programme with the same luck and parameters: 5–95 % of replications (line), 25–75 % (bar), "
        "median (dot). Fifths are formed anew under each allocation: they are not the same people."
    )
    page = style.open_page(source, title, subtitle, grid.height)
    grid.draw(page, 0, page.height)
    return page.figure


def _panel(source: Source, name: str, place: int, tables: list[pd.DataFrame]) -> Panel:
    """Return the panel of one split."""
    ranges = np.array([quantiles(table[name].to_numpy(), RANGE) for table in tables])
    known = [table[name].dropna() for table in tables]
    chances = [float((own > 0).mean()) if len(own) >= ENOUGH else float("nan") for own in known]
    numbers = [
        (number(float(ends[2]), signed=True) if np.isfinite(ends[2]) else "", percent(chance))
        for ends, chance in zip(ranges, chances, strict=True)
    ]
    label = allocation_label(source.scenario, name)
    return Panel(label, _("tenge of 2026 a month per head"), ranges, numbers, [style.colour(place)] * 5, "more")
