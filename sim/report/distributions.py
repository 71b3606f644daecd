"""One row an allocation: density, box and numbers of an outcome; below all rows its distribution function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sim.analysis.source import COUNTERFACTUAL, failures, gains, paired, pairs_of, splits, wide
from sim.i18n import _
from sim.report import density, scales, style
from sim.report.text import (
    allocation_label,
    basis,
    difference_unit,
    outcome_label,
    share,
    shown,
    span,
    unit,
    within,
)
from sim.report.titles import ENOUGH, comparison, rank
from sim.statistics import quantiles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source
    from sim.data import Outcome
    from sim.report.titles import Ranking

    Floats = NDArray[np.float64]

HALF = np.array([0.5])
RANGE = np.array([0.05, 0.5, 0.95])
BOX = (0.05, 0.25, 0.5, 0.75, 0.95)
INSIDE = (0.0025, 0.9975)  # what the axis shows of each row where there are outliers
LABELS = 2.0  # inches for the names of the rows
LEAST = 1.5  # inches of that at least, for the words beside the lowest panel
HEADS = 0.42  # inches above the first row
STEPS = 1.25  # inches, height of the panel of distribution functions
BETWEEN = 0.2  # inches between the last row and that panel
PERCENT = 0.55  # inches for its ticks
TICKS = 0.3  # inches for the ticks below it
GAP = 0.25  # inches between columns


@dataclass(frozen=True)
class Column:
    """One column of numbers beside the rows: its head, and per row a main line and a smaller one."""

    head: list[str]
    cells: list[tuple[str, str]]

    @property
    def width(self) -> float:
        """Inches the column needs."""
        heads = [style.text_width(line, style.SMALL) for line in self.head]
        mains = [style.text_width(main, style.LABEL, bold=True) for main, _small in self.cells]
        smalls = [style.text_width(small, style.SMALL) for _main, small in self.cells]
        return max(heads + mains + smalls)


def distribution(source: Source, outcome: Outcome) -> Figure:
    """Draw the distribution of one outcome over the replications, for every allocation.

    Parameters
    ----------
    source : Source
        The run.
    outcome : Outcome
        A column of `replications`. The counterfactual is the lowest row, or, for an increment, the zero line; what is
        the fund's own has none.
    """
    compares = not (outcome.increment or outcome.fund_own)
    rows = splits(source) + ([COUNTERFACTUAL] if compares else [])
    everything = [*splits(source), COUNTERFACTUAL]
    all_values = wide(source, "replications", [outcome.name], everything)[outcome.name]
    values = all_values[rows]
    samples = [values[row].dropna().to_numpy() * outcome.scale for row in rows]
    pairs = paired(all_values, pairs_of(failures(source)))
    ranking = rank(pairs, outcome)
    title = comparison(ranking, outcome, within(outcome_label(outcome)), source.scenario)
    limits, trimmed = limits_of(samples, outcome)
    names = [style.wrap(allocation_label(source.scenario, row), LABELS, style.LABEL) for row in rows]
    inks = [style.COUNTERFACTUAL_COLOUR if row == COUNTERFACTUAL else style.colour(i) for i, row in enumerate(rows)]
    columns = _columns(pairs, values, ranking, outcome)
    left = max(style.text_width(line, style.LABEL) for lines in names for line in lines) + GAP / 2
    left = max(left, LEAST)
    plot = style.WIDTH - 2 * style.MARGIN - left - sum(column.width + GAP for column in columns)
    label = style.wrap(unit(outcome), plot, style.SUBTITLE)
    foot = TICKS + style.text_height(len(label), style.SUBTITLE)
    below = foot + STEPS + BETWEEN
    lines = max(len(name) for name in names)
    step = max(0.8 if len(rows) <= 6 else 0.66, style.text_height(lines, style.LABEL) + 0.12)
    page = style.open_page(source, title, _subtitle(outcome, samples, trimmed), HEADS + step * len(rows) + below)
    axes = page.figure.add_axes(page.rectangle(left, below, plot, step * len(rows)))
    axis_of_rows(axes, limits, len(rows))
    axes.tick_params(labelbottom=False)
    for row, (sample, ink) in enumerate(zip(samples, inks, strict=True)):
        draw_row(axes, sample, row, ink)
        half = style.text_height(len(names[row]), style.LABEL) / 2
        page.text(0, below + step * (len(rows) - row - 0.5) + half, names[row], style.LABEL)
    if compares or outcome.increment:
        _baseline(axes, samples, outcome)
    right = left + plot
    for column in columns:
        right += GAP + column.width
        write_column(page, column, right, page.height - HEADS, step)
    _steps(page.figure.add_axes(page.rectangle(left, foot, plot, STEPS)), samples, inks, limits, label)
    words = style.wrap(_("Share of replications up to a value"), left - PERCENT, style.SMALL)
    page.text(0, foot + STEPS, words, style.SMALL, ink=style.SOFT)
    return page.figure


def _subtitle(outcome: Outcome, samples: list[Floats], trimmed: bool) -> str:
    """Say what is drawn, on what basis, and what the axis leaves out."""
    parts = [
        f"{basis(outcome)}." if outcome.basis else "",
        _("Density over all replications; below it 5–95 % (line), 25–75 % (bar) and the median (dot).")
        if max(len(sample) for sample in samples) >= density.MANY
        else _("Upright lines: the replications, one by one; below them their median (dot) and range (bar)."),
        _("Each value is the difference to no programme with the same luck and parameters.")
        if outcome.increment
        else _("The splits share luck and parameters: the rows overlap, differences are taken pair by pair.")
        if not outcome.fund_own
        else "",
        _("Up to 0.25 % of a row lies beyond either end of the axis.") if trimmed else "",
    ]
    return " ".join(part for part in parts if part)


def limits_of(samples: list[Floats], outcome: Outcome) -> tuple[tuple[float, float], bool]:
    """Return the ends of the axis in shown units, and whether values lie outside."""
    everything = np.concatenate([*samples, np.zeros(1 if outcome.increment else 0)])
    if not everything.size:
        return (0.0, 1.0), False
    inner = [np.quantile(sample, INSIDE) for sample in samples if sample.size]
    low, high = (min(ends[0] for ends in inner), max(ends[1] for ends in inner)) if inner else (0.0, 0.0)
    least, most = float(everything.min()), float(everything.max())
    if outcome.increment:
        low, high = min(low, 0.0), max(high, 0.0)
    trimmed = most - least > 1.3 * (high - low) > 0
    if not trimmed:
        low, high = least, most
    room = 0.04 * (high - low) or 0.05 * abs(high) or 1.0
    return (float(low - room), float(high + room)), bool(trimmed)


def axis_of_rows(axes: Axes, limits: tuple[float, float], rows: int) -> None:
    """Set up the shared horizontal axis; row r stands on height -r."""
    axes.set_xlim(*limits)
    axes.set_ylim(-(rows - 1) - 0.32, 0.68)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    scales.plain_axis(axes.xaxis, 5)


def _steps(axes: Axes, samples: list[Floats], inks: list[str], limits: tuple[float, float], label: list[str]) -> None:
    """Draw the distribution functions of all rows over one another; that of no programme is dashed."""
    for sample, ink in zip(samples, inks, strict=True):
        places, shares = density.steps(sample)
        dashes = (0, (4, 1.5)) if ink == style.COUNTERFACTUAL_COLOUR else "-"
        axes.plot(places, 100 * shares, color=ink, linewidth=1.0, linestyle=dashes, drawstyle="steps-post")
    axes.set_xlim(*limits)
    axes.set_ylim(-2, 102)
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.yaxis.set_major_formatter(scales.Percent())
    axes.grid(True, axis="both")
    axes.set_xlabel("\n".join(label), size=style.SUBTITLE, linespacing=style.LINE)
    scales.plain_axis(axes.xaxis, 5)


def draw_row(axes: Axes, sample: Floats, row: int, ink: str) -> None:
    """Draw the density of one allocation, or its values where a density would mislead, and the box."""
    base, under = -float(row), -float(row) - 0.13
    axes.axhline(base, color=style.FAINT, linewidth=0.6, zorder=1)
    shape = density.curve(sample)
    if shape is not None:
        places, heights = shape
        axes.fill_between(places, base, base + 0.6 * heights, color=ink, alpha=0.4, linewidth=0, zorder=2)
        axes.plot(places, base + 0.6 * heights, color=ink, linewidth=1.3, zorder=3)
    elif sample.size:
        axes.vlines(np.unique(sample), base, base + 0.45, color=ink, linewidth=1.6, zorder=3)
    if not sample.size:
        axes.text(0.5, base + 0.2, _("no values"), transform=axes.get_yaxis_transform(), ha="center",
                  color=style.SOFT, size=style.SMALL)  # fmt: skip
        return
    low, lower, middle, upper, high = np.quantile(sample, BOX)
    axes.plot([low, high], [under, under], color=ink, linewidth=1.4, zorder=3)
    axes.plot([lower, upper], [under, under], color=ink, linewidth=6, zorder=4)
    axes.plot(middle, under, "o", color="white", markeredgecolor=style.INK, markersize=5, zorder=6)


def _baseline(axes: Axes, samples: list[Floats], outcome: Outcome) -> None:
    """Mark no programme: the zero line of an increment, else the counterfactual's median."""
    place = 0.0 if outcome.increment else float(quantiles(samples[-1], HALF)[0])
    if not np.isfinite(place):
        return
    axes.axvline(place, color=style.SOFT, linewidth=1, linestyle=(0, (4, 2)), zorder=5)
    low, high = axes.get_xlim()
    part = (place - low) / (high - low)
    axes.annotate(
        _("No programme"), (place, 1), xycoords=axes.get_xaxis_transform(), xytext=(0, 3),
        textcoords="offset points", color=style.SOFT, size=style.SMALL, annotation_clip=False,
        ha="left" if part < 0.25 else "right" if part > 0.75 else "center",
    )  # fmt: skip


def _columns(pairs: pd.DataFrame, values: pd.DataFrame, ranking: Ranking, outcome: Outcome) -> list[Column]:
    """Compute the numbers beside the rows."""
    rows = [str(name) for name in values]
    spread = _("5 to 95 %")
    columns = [Column([_("Median"), spread], _cells(values, rows, outcome, signed=False))]
    if not (outcome.increment or outcome.fund_own):
        if difference_unit(outcome) != unit(outcome):
            spread = difference_unit(outcome)
        cells = _cells(gains(pairs, outcome), rows, outcome, signed=True)
        columns.append(Column([_("Over no programme"), spread], cells))
    if outcome.better and ranking.n >= ENOUGH and not ranking.all_equal:
        one = len(ranking.best) == 1
        chances = ranking.better if one else ranking.best
        head = [_("Replications"), _("in which better") if one else _("in which best")]
        columns.append(Column(head, [(share(chances[row]) if row in chances else "", "") for row in rows]))
    return columns


def _cells(table: pd.DataFrame, rows: list[str], outcome: Outcome, *, signed: bool) -> list[tuple[str, str]]:
    """Write median and range of the columns of a table; nothing for a row without values."""
    cells = []
    for row in rows:
        low, middle, high = quantiles(table[row].to_numpy(), RANGE) if row in table else (np.nan,) * 3
        if np.isfinite(middle):
            several = table[row].notna().sum() > 1
            ends = span(outcome, low, high, signed=signed) if several else ""
            cells.append((shown(outcome, middle, signed=signed), ends))
        else:
            cells.append(("", ""))
    return cells


def write_column(page: style.Page, column: Column, right: float, top: float, step: float) -> None:
    """Write numbers beside the rows, flush right at `right` inches; the first row begins at `top`."""
    page.right(right, top + 0.08, column.head[1], style.SMALL, ink=style.SOFT)
    page.right(right, top + 0.08 + style.text_height(1, style.SMALL), column.head[0], style.SMALL, ink=style.SOFT)
    for row, (main, small) in enumerate(column.cells):
        middle = top - step * (row + 0.5)
        page.right(right, middle + 0.01, main, style.LABEL, bold=True)
        page.right(right, middle - 0.17, small, style.SMALL, ink=style.SOFT)
