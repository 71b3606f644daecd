"""From files to projects at work: how many come before the committee, are approved, funded, and last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.analysis.source import PAIR, failures, pairs_of, reference_of, splits
from sim.i18n import _, pick
from sim.report import scales, style
from sim.report.distributions import GAP, HEADS, Column, write_column
from sim.report.text import allocation_label, number
from sim.statistics import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

NAMES = 1.8  # inches for the names of the rows
BARS = 2.2  # inches for the bars
TICKS = 0.3  # inches for the ticks below the bars
HEAD = 0.3  # inches for the line above a panel
STEPS = ("applied", "approved", "funded", "operating")
MONEY = ("disbursed_kzt", "repaid_kzt", "defaulted_kzt")
ENDS = np.array([0.05, 0.95])


@dataclass(frozen=True)
class _Row:
    """Name and colour of a row, and its totals by column: mean, 5 and 95 % of replications."""

    name: str
    ink: str
    totals: Mapping[str, tuple[float, float, float]]


def funnel(source: Source) -> Figure:
    """Draw files and projects by split, and by instrument for the reference split, with the money lent and lost."""
    reference = reference_of(source)
    whole, own = _totals(source, reference)
    ink = style.colour(splits(source).index(reference))
    above = [
        _Row(allocation_label(source.scenario, name), style.colour(place), _means(_rows(whole, "allocation", name)))
        for place, name in enumerate(splits(source))
    ]
    below = [
        _Row(pick(one.labels) or one.name, ink, _means(_rows(own, "instrument", one.name)))
        for one in source.tables.instruments
    ]
    below = [row for row in below if any(row.totals[step][0] > 0 for step in STEPS)]
    label = allocation_label(source.scenario, reference)
    panels = [_Panel(_("All instruments, by split"), above)]
    if below:
        panels.append(_Panel(_("{allocation}, by instrument").format(allocation=label), below))
    left = max(panel.left for panel in panels)
    widths = [max(column.width for column in same) for same in zip(*(panel.columns for panel in panels), strict=True)]
    title = _title(above[splits(source).index(reference)], label)
    height = sum(panel.height for panel in panels)
    width = left + BARS + sum(widths) + GAP * len(widths) + 2 * style.MARGIN
    page = style.open_page(source, title, _subtitle(), height, width=width)
    top = page.height
    for panel in panels:
        panel.draw(page, top, left, widths)
        top -= panel.height
    return page.figure


class _Panel:
    """A head and its rows."""

    def __init__(self, head: str, rows: Sequence[_Row]) -> None:
        self.head, self.rows = head, rows
        self.names = [style.wrap(row.name, NAMES, style.SUBTITLE) for row in rows]
        self.left = max(style.text_width(line, style.SUBTITLE) for name in self.names for line in name) + 0.15
        self.columns = _columns(rows)
        self.step = max(0.46, style.text_height(max(len(name) for name in self.names), style.SUBTITLE) + 0.08)
        self.height = HEAD + HEADS + self.step * len(rows) + TICKS + 0.15

    def draw(self, page: style.Page, top: float, left: float, widths: Sequence[float]) -> None:
        """Draw the panel below `top` inches, its bars from `left` on, its columns of numbers so wide."""
        page.text(0, top, [self.head], style.SUBTITLE, bold=True)
        first = top - HEAD - HEADS
        tall = self.step * len(self.rows)
        _bars(page.figure.add_axes(page.rectangle(left, first - tall, BARS, tall)), self.rows)
        x = left + BARS
        for column, width in zip(self.columns, widths, strict=True):
            x += GAP + width
            write_column(page, column, x, first, self.step)
        for row, name in enumerate(self.names):
            half = style.text_height(len(name), style.SUBTITLE) / 2
            page.text(0, first - self.step * (row + 0.5) + half, name, style.SUBTITLE)


def _totals(source: Source, reference: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sums over the years, projects at work in the last: by allocation, and by instrument of the reference."""
    keys = ["allocation", *PAIR, "instrument"]
    failed = pairs_of(failures(source))
    whole, own = [], []
    for part in source.parts("instruments", [*keys, "year", *STEPS, *MONEY]):
        part = part[~pd.MultiIndex.from_frame(part[PAIR]).isin(failed)]
        last = part[part["year"] == part["year"].max()].set_index(keys)["operating"]
        sums = part.groupby(keys)[[*STEPS[:-1], *MONEY]].sum(min_count=1).join(last).astype(float)
        whole.append(sums.groupby(level=keys[:-1]).sum(min_count=1))
        own.append(_rows(sums, "allocation", reference))
    return pd.concat(whole), pd.concat(own)


def _rows(totals: pd.DataFrame, level: str, name: str) -> pd.DataFrame:
    """Return the rows of one allocation or instrument."""
    return totals[totals.index.get_level_values(level) == name]


def _means(totals: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return mean, 5 and 95 % of every column over the replications, 0 where there are no rows."""
    found = {}
    for column in (*STEPS, *MONEY):
        known = totals[column].dropna().to_numpy()
        low, high = quantiles(known, ENDS) if known.size else (0.0, 0.0)
        found[column] = (float(known.mean()) if known.size else 0.0, float(low), float(high))
    return found


def _columns(rows: Sequence[_Row]) -> list[Column]:
    """Return the numbers beside the bars."""
    projects, money = _("5 to 95 %"), _("bn tenge")
    heads = {
        "applied": [_("Applied"), projects], "approved": [_("Approved"), projects], "funded": [_("Funded"), projects],
        "operating": [_("At work at the end"), projects], "disbursed_kzt": [_("Lent"), money],
        "repaid_kzt": [_("Repaid"), money], "defaulted_kzt": [_("Defaulted"), money],
    }  # fmt: skip
    return [Column(head, [_cell(row.totals[name], name) for row in rows]) for name, head in heads.items()]


def _cell(total: tuple[float, float, float], name: str) -> tuple[str, str]:
    """Write mean and range."""
    per, places = (1e9, 2) if name in MONEY else (1.0, 0)
    mean, low, high = (number(value / per, places) for value in total)
    return mean, _("{low} to {high}").format(low=low, high=high)


def _bars(axes: Axes, rows: Sequence[_Row]) -> None:
    """Draw the steps of each row over one another, the later the darker."""
    for row, one in enumerate(rows):
        applied, approved, funded, operating = (one.totals[step][0] for step in STEPS)
        axes.barh(-row, applied, height=0.56, facecolor="none", edgecolor=style.SOFT, linewidth=0.8)
        axes.barh(-row, approved, height=0.56, color=one.ink, alpha=0.3, linewidth=0)
        axes.barh(-row, funded, height=0.34, color=one.ink, linewidth=0)
        axes.plot(operating, -row, "o", color="white", markeredgecolor=style.INK, markersize=5, zorder=5)
    axes.set_ylim(-len(rows) + 0.5, 0.5)
    axes.set_xlim(0, 1.04 * max(one.totals["applied"][0] for one in rows) or 1.0)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    scales.plain_axis(axes.xaxis, 3)


def _subtitle() -> str:
    """Say what is drawn."""
    return _(
        "Sums over the years, mean of the replications and their range of 5 to 95 %. Outline: files before the "
        "committee; pale bar: approved; solid bar: funded; dot: at work with a loan at the end. Lent, "
        "repaid (principal and interest) and defaulted (principal): bn tenge, nominal."
    )


def _title(row: _Row, allocation: str) -> str:
    """Say how many files become projects, and how many of these last."""
    applied, funded, operating = (row.totals[step][0] for step in ("applied", "funded", "operating"))
    return _(
        "Under {allocation}, {funded} of {applied} files end in a loan, and {operating} of these projects are at work "
        "at the end (means)"
    ).format(allocation=allocation, funded=number(funded), applied=number(applied), operating=number(operating))
