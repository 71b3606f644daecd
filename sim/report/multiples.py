"""Small multiples: one row a quantity, one column an allocation; medians with bands of the replications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL
from sim.i18n import _
from sim.report import scales, style
from sim.report.fans import band, ink_of, line
from sim.report.text import allocation_label, number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source

HEIGHT = 1.25  # inches, height of a panel
NARROW = 1.4  # the least width of a panel, inches; with more allocations the page gets wider
LABEL = 0.26  # inches for the line above a row of panels
NOTE = 0.2  # inches for the numbers above a panel
TICKS = 0.3  # inches for the ticks below the last row
SPACE = 0.22  # inches between columns
GAP = 0.16  # inches between rows


@dataclass(frozen=True)
class Series:
    """One row of panels: quantiles 5, 25, 50, 75, 95 % in the unit shown, by allocation, shape (places, 5).

    `signed` writes the plus of a difference; `zero` has the axis hold zero and marks it; `most` is a dotted line in
    every panel, shape (places,).
    """

    label: str
    unit: str
    decimals: int
    bands: Mapping[str, NDArray[np.float64]]
    signed: bool = False
    zero: bool = False
    most: NDArray[np.float64] | None = None


def multiples(
    source: Source, title: str, subtitle: str, rows: Sequence[Series], places: Sequence[int], columns: Sequence[str],
    *, below: str = "", told: int = -1,
) -> Figure:  # fmt: skip
    """Draw the rows over years or other whole numbers.

    Parameters
    ----------
    source : Source
        The run.
    title, subtitle : str
        The message, and what is drawn.
    rows : sequence of Series
        From above; an allocation that a row lacks has no panel there.
    places : sequence of int
        The horizontal axis.
    columns : sequence of str
        Allocations from the left, the counterfactual possibly among them.
    below : str, optional
        What the horizontal axis is, if it is not years.
    told : int
        The place whose numbers stand above each panel.
    """
    limits = [_limits(row) for row in rows]
    left = max(scales.ticks_width(ends, 4, signed=row.signed) for ends, row in zip(limits, rows, strict=True))
    width = max((style.WIDTH - 2 * style.MARGIN - left + SPACE) / len(columns) - SPACE, NARROW)
    full = left + len(columns) * (width + SPACE) - SPACE + 2 * style.MARGIN
    heads = [style.wrap(allocation_label(source.scenario, name), width, style.SUBTITLE, bold=True) for name in columns]
    words = max(len(head) for head in heads)
    step = LABEL + NOTE + HEIGHT + GAP
    foot = TICKS + (style.text_height(1, style.SMALL) if below else 0.0)
    top = foot + step * len(rows) - GAP
    page = style.open_page(source, title, subtitle, top + style.text_height(words, style.SUBTITLE) + 0.16, width=full)
    for column, name in enumerate(columns):
        x, ink = left + column * (width + SPACE), ink_of(column, name)
        page.text(x, top + style.text_height(len(heads[column]), style.SUBTITLE) + 0.12, heads[column],
                  style.SUBTITLE, bold=True)  # fmt: skip
        page.bar(x, top + 0.05, width, 0.03, ink)
        for place, row in enumerate(rows):
            if name not in row.bands:
                continue
            y = top - place * step - LABEL - NOTE - HEIGHT
            axes = page.figure.add_axes(page.rectangle(x, y, width, HEIGHT))
            band(axes, places, row.bands[name], ink)
            line(axes, places, row.bands[name], ink, dashed=name == COUNTERFACTUAL)
            if row.most is not None:
                axes.plot(places, row.most, color=style.INK, linestyle=":", linewidth=1.2, zorder=5)
            if row.zero:
                axes.axhline(0, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3)
            axes.set_ylim(*limits[place])
            scales.plain_axis(axes.yaxis, 4, signed=row.signed)
            scales.years_axis(axes, places, max(2, int(width / 0.55)))
            axes.tick_params(labelleft=column == 0, labelbottom=place == len(rows) - 1)
            axes.set_title(
                _note(row, row.bands[name][told], width), loc="right", size=style.SMALL, pad=3, color=style.SOFT
            )
    for place, row in enumerate(rows):
        label = f"{row.label}, {row.unit}" if row.unit else row.label
        page.text(0, top - place * step - 0.06, [label], style.SMALL, bold=True)
    if below:
        page.text(left, foot - TICKS, [below], style.SMALL, ink=style.SOFT)
    return page.figure


def _limits(row: Series) -> tuple[float, float]:
    """Return the ends of the vertical axis of a row."""
    values = [value for bands in row.bands.values() for value in bands.ravel().tolist()]
    most = [] if row.most is None else row.most.tolist()
    return scales.room([*values, *most, *([0.0] if row.zero else [])])


def _note(row: Series, ends: NDArray[np.float64], width: float) -> str:
    """Write median and outer band, the median alone where both do not fit."""
    low, middle, high = (number(float(ends[band]), row.decimals, signed=row.signed) for band in (0, 2, 4))
    whole = _("{median} ({low} to {high})").format(median=middle, low=low, high=high)
    return whole if style.text_width(whole, style.SMALL) <= width else middle
