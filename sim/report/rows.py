"""Small panels side by side with the same rows: a range of replications in each row, its numbers at the right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.i18n import _
from sim.report import scales, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RANGE = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
NAMES = 1.6  # inches for the names of the rows
ROW = 0.24  # the least height of a row, inches
TICKS = 0.3  # inches for the ticks below a panel
SPACE = 0.28  # inches between panels
NUMBER = 0.12  # inches between columns of numbers
GOOD = "#eef4ea"  # the better side of zero


@dataclass(frozen=True)
class Panel:
    """One panel.

    `ranges`: the quantiles `RANGE` of every row in the unit shown, shape (rows, 5), NaN where there is none. `numbers`:
    what stands at the right of every row, one text a column. `inks`: colours of the rows. `better`: "more" or "less"
    shades that side of zero. `zero`: whether zero is marked. `starts`: strokes to compare with, shape (rows,).
    `filled`: whether dots have the colour of their row, where lines may be too short to show it.
    """

    head: str
    unit: str
    ranges: Floats
    numbers: Sequence[tuple[str, ...]]
    inks: Sequence[str]
    better: str = ""
    zero: bool = True
    starts: Floats | None = None
    filled: bool = False


class Grid:
    """A grid of such panels.

    Parameters
    ----------
    names : sequence of str
        The rows, from above.
    panels : sequence of Panel
        In reading order.
    heads : sequence of str
        What the columns of numbers are.
    columns : int
        Panels side by side.
    width : float
        Inches for all.
    shared : bool
        Whether all panels have one scale.
    """

    def __init__(
        self, names: Sequence[str], panels: Sequence[Panel], heads: Sequence[str], columns: int, width: float,
        *, shared: bool = False,
    ) -> None:  # fmt: skip
        self.panels, self.heads, self.columns = panels, heads, columns
        self.names = [style.shorten(style.wrap(name, NAMES, style.SMALL), 3) for name in names]
        self.left = max(style.text_width(line, style.SMALL) for name in self.names for line in name) + 0.12
        self.each = (width - self.left + SPACE) / columns - SPACE
        texts = [[head, *(row[i] for panel in panels for row in panel.numbers)] for i, head in enumerate(heads)]
        self.widths = [
            max(style.text_width(text, style.SMALL, bold=i == 0) for text in texts[i]) for i in range(len(heads))
        ]
        self.plot = self.each - sum(self.widths) - NUMBER * len(heads)
        self.above = [style.wrap(panel.head, self.each, style.SUBTITLE, bold=True) for panel in panels]
        self.units = [style.wrap(panel.unit, self.plot, style.SMALL) for panel in panels]
        lines = max(len(name) for name in self.names)
        self.row = max(ROW, style.text_height(lines, style.SMALL) + 0.04)
        self.head = 0.06 + max(
            style.text_height(len(above), style.SUBTITLE) + style.text_height(len(below), style.SMALL)
            for above, below in zip(self.above, self.units, strict=True)
        )
        self.step = self.head + self.row * len(names) + TICKS
        self.height = self.step * math.ceil(len(panels) / columns)
        together = np.concatenate([panel.ranges.ravel() for panel in panels])
        self.limits = [_limits(together if shared else panel.ranges, panel) for panel in panels]

    def draw(self, page: style.Page, x: float, top: float) -> None:
        """Draw the panels with their upper left corner at a place given in inches."""
        for place, panel in enumerate(self.panels):
            row, column = divmod(place, self.columns)
            y = top - row * self.step
            at = x + self.left + column * (self.each + SPACE)
            if column == 0:
                self._write_names(page, x, y - self.head)
            head = style.text_height(len(self.above[place]), style.SUBTITLE)
            page.text(at, y, self.above[place], style.SUBTITLE, bold=True)
            page.text(at, y - head, self.units[place], style.SMALL, ink=style.SOFT)
            tall = self.row * len(self.names)
            axes = page.figure.add_axes(page.rectangle(at, y - self.head - tall, self.plot, tall))
            _draw(axes, panel, self.limits[place], self.plot)
            self._write_numbers(page, panel, at + self.plot, y - self.head)

    def _write_names(self, page: style.Page, x: float, top: float) -> None:
        for row, name in enumerate(self.names):
            half = style.text_height(len(name), style.SMALL) / 2
            page.text(x, top - self.row * (row + 0.5) + half, name, style.SMALL)

    def _write_numbers(self, page: style.Page, panel: Panel, x: float, top: float) -> None:
        for column, (head, width) in enumerate(zip(self.heads, self.widths, strict=True)):
            x += NUMBER + width
            page.right(x, top + 0.06, head, style.SMALL, ink=style.SOFT)
            for row, texts in enumerate(panel.numbers):
                page.right(x, top - self.row * (row + 0.5) - 0.04, texts[column], style.SMALL, bold=column == 0)


def _limits(ranges: Floats, panel: Panel) -> tuple[float, float]:
    """Return the ends of the axis."""
    starts = [] if panel.starts is None else panel.starts.tolist()
    return scales.room([*ranges.ravel().tolist(), *starts, *([0.0] if panel.zero else [])])


def _draw(axes: Axes, panel: Panel, limits: tuple[float, float], width: float) -> None:
    """Draw the ranges; row r stands on height -r."""
    low, high = limits
    axes.set_xlim(low, high)
    axes.set_ylim(-len(panel.ranges) + 0.5, 0.5)
    axes.set_yticks([])
    if not np.isfinite(panel.ranges).any():
        axes.set_xticks([])
        axes.text(0.5, 0.5, _("no values"), transform=axes.transAxes, ha="center", va="center", color=style.SOFT,
                  size=style.SMALL)  # fmt: skip
        return
    axes.grid(True, axis="x")
    if panel.better:
        axes.axvspan(*((0, high) if panel.better == "more" else (low, 0)), color=GOOD, linewidth=0, zorder=0)
    if panel.zero:
        axes.axvline(0, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
    for row, (ends, ink) in enumerate(zip(panel.ranges, panel.inks, strict=True)):
        axes.plot(ends[[0, 4]], [-row, -row], color=ink, linewidth=1.2, zorder=3)
        axes.plot(ends[[1, 3]], [-row, -row], color=ink, linewidth=5, zorder=4)
        axes.plot(
            ends[2], -row, "o", color=ink if panel.filled else "white", mec=style.INK, mew=0.8, markersize=4, zorder=5
        )
        if panel.starts is not None:
            axes.plot(panel.starts[row], -row, "|", color=style.INK, markersize=9, zorder=6)
    scales.plain_axis(axes.xaxis, max(2, min(4, int(width / 0.62))), signed=panel.zero)
    axes.tick_params(labelsize=8)
