"""What a sweep found, as figures: lines over one factor, a grid over two, points over each of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr

from sim.analysis.points import Values, factors_in
from sim.analysis.source import COUNTERFACTUAL, splits
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import allocation_label, basis, difference_unit, number, outcome_label, shown, unit
from sim.statistics import quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.points import Swept

    FloatArray = NDArray[np.float64]

HEIGHT = 3.6  # inches of a single panel
SMALL = 1.7  # inches of one among many
MOST_PANELS = 9
COLUMNS = 3
AXIS = 0.7  # inches left of a panel, for its ticks
INDENT = 0.45  # inches left of one panel among many
BELOW = 0.5  # inches below a panel, for ticks and the factor's name
CELLS = 12  # the most values of two factors that a grid shows
MEANS = 8  # parts of equal number over which points are averaged


def figure_of(source: Swept, values: Values, reference: str | None) -> Figure:
    """Draw an outcome at all points of a sweep, as suits the design.

    Parameters
    ----------
    source : Swept
        A sweep with at least one factor that takes several values.
    values : Values
        The outcome.
    reference : str or None
        The allocation that differences are taken to; None for levels.
    """
    assert source.design is not None
    factors = factors_in(source)
    means = {name: _means(table) for name, table in values.gains(reference).items()}
    means = {name: line for name, line in means.items() if name in splits(source)}
    whole = len(source.design) == np.prod([source.design[path].nunique() for path in factors])
    if len(factors) == 1:
        return _lines(source, values, reference, means, factors[0])
    if len(factors) == 2 and whole and max(source.design[path].nunique() for path in factors) <= CELLS:
        return _heat(source, values, reference, means, factors)
    return _scatter(source, values, reference, means, factors)


def what(values: Values, reference: str | None, source: Swept) -> tuple[str, str]:
    """Return what is shown and its unit."""
    outcome = values.outcome
    label = outcome_label(outcome)
    if reference is None or (outcome.fund_own and reference == COUNTERFACTUAL):
        return label, unit(outcome)
    against = allocation_label(source.scenario, reference)
    return _("{outcome}, difference to: {reference}").format(outcome=label, reference=against), difference_unit(outcome)


def _means(table: FloatArray) -> FloatArray:
    """Return the mean of each row over its known values."""
    known = np.isfinite(table)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _subtitle(source: Swept, values: Values, how: str) -> str:
    assert source.design is not None
    worlds = source.n // len(source.design) if source.crossed else 1
    told = (
        _("All points share {worlds} worlds.").format(worlds=number(worlds))
        if source.crossed
        else _("Each point has a world of its own.")
    )
    return " ".join(part for part in (basis(values.outcome) + ".", how, told) if part != ".")


def _lines(
    source: Swept, values: Values, reference: str | None, means: dict[str, FloatArray], factor: str
) -> Figure:  # fmt: skip
    """Draw a line for each allocation over the values of one factor, with the range of its replications."""
    assert source.design is not None
    column = source.design[factor]
    label, measured = what(values, reference, source)
    name, line = max(means.items(), key=lambda item: float(np.ptp(item[1])))
    title = _("{outcome}, {unit}: under {allocation} {first} at {factor} = {low}, {last} at {high}").format(
        outcome=label, allocation=allocation_label(source.scenario, name), factor=factor,
        first=shown(values.outcome, line[0], signed=reference is not None), low=_level(column.iloc[0]),
        last=shown(values.outcome, line[-1], signed=reference is not None), high=_level(column.iloc[-1]),
        unit=measured,
    )  # fmt: skip
    subtitle = _subtitle(source, values, _("Mean (line) and 5–95 % of worlds (band)."))
    page = style.open_page(source, title, subtitle, HEIGHT + BELOW)
    names = [allocation_label(source.scenario, one) for one in means]
    right = max(style.text_width(one, style.SMALL) for one in names) + 0.15
    axes = page.figure.add_axes(page.rectangle(AXIS, BELOW, page.width - AXIS - right, HEIGHT))
    numeric = _numeric(column)
    xs = column.to_numpy(np.float64) if numeric else np.arange(len(column), dtype=np.float64)
    order = list(splits(source))
    ends = []
    for one, mean in means.items():
        ink = style.colour(order.index(one))
        table = values.gains(reference)[one] * values.outcome.scale
        if table.shape[1] > 1:
            low, high = np.array([quantiles(line, np.array([0.05, 0.95])) for line in table]).T
            axes.fill_between(xs, low, high, color=ink, alpha=0.12, linewidth=0)
        axes.plot(xs, mean * values.outcome.scale, color=ink, linewidth=1.6, marker="o", markersize=3.5)
        ends.append(float(mean[-1] * values.outcome.scale))
    _dress(axes, measured, reference is not None)
    _factor_axis(axes, factor, column, xs, numeric)
    low, high = axes.get_ylim()
    places = style.spread(ends, (high - low) * 0.06, low, high)
    for text, place, one in zip(names, places, means, strict=True):
        axes.annotate(
            text, (1.0, (place - low) / (high - low)), xycoords="axes fraction", xytext=(6, 0),
            textcoords="offset points", va="center", size=style.SMALL, color=style.colour(order.index(one)),
        )  # fmt: skip
    return page.figure


def _heat(
    source: Swept, values: Values, reference: str | None, means: dict[str, FloatArray], factors: Sequence[str]
) -> Figure:  # fmt: skip
    """Draw a grid over two factors for each allocation, the better side in one colour and the worse in another."""
    assert source.design is not None
    label, measured = what(values, reference, source)
    across, down = factors[1], factors[0]
    columns, rows = (list(dict.fromkeys(source.design[path])) for path in (across, down))
    scaled = {name: line * values.outcome.scale for name, line in means.items()}
    name, line = max(scaled.items(), key=lambda item: float(np.ptp(item[1])))
    best = int(np.nanargmin(line) if values.outcome.better == "less" else np.nanargmax(line))
    point = source.design.iloc[best]
    word = _("lowest") if values.outcome.better == "less" else _("highest")
    title = _("{outcome}: {word} under {allocation} at {one} = {first} and {other} = {second}: {value} {unit}").format(
        outcome=label, word=word, allocation=allocation_label(source.scenario, name), one=down,
        first=_level(point[down]), other=across, second=_level(point[across]),
        value=number(line[best], values.outcome.decimals, signed=reference is not None), unit=measured,
    )  # fmt: skip
    page_columns = min(len(scaled), 2)
    lines = -(-len(scaled) // page_columns)
    each = (style.WIDTH - 2 * style.MARGIN + 0.2) / page_columns - 0.2
    heads = {
        one: style.shorten(style.wrap(allocation_label(source.scenario, one), each, style.SUBTITLE, bold=True), 3)
        for one in scaled
    }
    head = style.text_height(max(len(lines_of) for lines_of in heads.values()), style.SUBTITLE) + 0.1
    tall = head + 0.3 * len(rows) + BELOW + 0.1
    page = style.open_page(source, title, _subtitle(source, values, _("Means of worlds.")), tall * lines)
    left = max(style.text_width(_level(value), style.SMALL) for value in rows) + 0.35
    everything = np.concatenate(list(scaled.values()))
    most = float(np.nanmax(np.abs(everything))) or 1.0
    ends = (-most, most) if reference is not None else (float(np.nanmin(everything)), float(np.nanmax(everything)))
    sign = -1.0 if values.outcome.better == "less" else 1.0
    for place, (one, means_of) in enumerate(scaled.items()):
        row, column = divmod(place, page_columns)
        top = tall * (lines - row)
        x = column * (each + 0.2)
        page.text(x, top, heads[one], style.SUBTITLE, bold=True)
        axes = page.figure.add_axes(
            page.rectangle(x + left, top - head - 0.3 * len(rows), each - left, 0.3 * len(rows))
        )
        grid = means_of.reshape(len(rows), len(columns))
        _paint(axes, grid, sign, ends, values.outcome.decimals, signed=reference is not None)
        axes.set_xticks(range(len(columns)), [_level(value) for value in columns], size=style.SMALL)
        axes.set_yticks(range(len(rows)), [_level(value) for value in rows], size=style.SMALL)
        axes.set_xlabel(across, size=style.SMALL)
        axes.set_ylabel(down, size=style.SMALL)
    return page.figure


def _paint(
    axes: Axes, grid: FloatArray, sign: float, ends: tuple[float, float], decimals: int, *, signed: bool
) -> None:
    axes.imshow(sign * grid, cmap="PuOr" if signed else "Blues", aspect="auto",
                vmin=min(sign * ends[0], sign * ends[1]), vmax=max(sign * ends[0], sign * ends[1]))  # fmt: skip
    for row, line in enumerate(grid):
        for column, value in enumerate(line):
            strong = abs(value - np.mean(ends)) > 0.28 * (ends[1] - ends[0])
            axes.text(column, row, number(value, decimals, signed=signed), ha="center", va="center", size=7.5,
                      color="white" if strong else style.INK)  # fmt: skip
    axes.grid(False)
    axes.tick_params(length=0)


def _scatter(
    source: Swept, values: Values, reference: str | None, means: dict[str, FloatArray], factors: Sequence[str]
) -> Figure:  # fmt: skip
    """Draw an outcome over each of the factors that it goes with most, under the first allocation."""
    assert source.design is not None
    label, measured = what(values, reference, source)
    name = next(iter(means))
    line = means[name] * values.outcome.scale
    numeric = [path for path in factors if _numeric(source.design[path])]
    strength = {path: _rank_correlation(source.design[path], line) for path in numeric}
    chosen = sorted(numeric, key=lambda path: -abs(strength[path]))[:MOST_PANELS]
    strongest = chosen[0]
    title = _("{outcome} under {allocation} goes most with {factor}: rank correlation {rho}").format(
        outcome=label, allocation=allocation_label(source.scenario, name), factor=strongest,
        rho=number(strength[strongest], 2, signed=True),
    )  # fmt: skip
    how = _(
        "In {unit}. A dot a point; line: means of {parts} parts of equal number. {shown} of {all} factors, the "
        "strongest first."
    ).format(unit=measured, parts=MEANS, shown=len(chosen), all=len(factors))
    subtitle = _subtitle(source, values, how)
    columns = min(COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    step = SMALL + BELOW + 0.2
    page = style.open_page(source, title, subtitle, step * rows)
    each = (page.width + 0.2) / columns - 0.2
    for place, path in enumerate(chosen):
        row, column = divmod(place, columns)
        x = column * (each + 0.2) + INDENT
        axes = page.figure.add_axes(page.rectangle(x, step * (rows - row) - SMALL, each - INDENT, SMALL))
        xs = source.design[path].to_numpy(np.float64)
        axes.plot(xs, line, ".", color=style.colour(0), markersize=2.5, alpha=0.5, rasterized=True)
        order = np.argsort(xs, kind="stable")
        parts = [part for part in np.array_split(order, MEANS) if part.size]
        axes.plot([xs[part].mean() for part in parts], [_means(line[None, part])[0] for part in parts],
                  color=style.INK, linewidth=1.4)  # fmt: skip
        _dress(axes, "", reference is not None)
        scales.plain_axis(axes.xaxis, 4)
        rho = number(strength[path], 2, signed=True)
        lines = style.wrap(f"{path}  ({rho})", each, style.SMALL)
        page.text(x - INDENT, step * (rows - row) - SMALL - 0.2, style.shorten(lines, 2), style.SMALL)
    return page.figure


def _rank_correlation(column: pd.Series[float], line: FloatArray) -> float:
    known = np.isfinite(line)
    return float(spearmanr(column.to_numpy(np.float64)[known], line[known]).statistic)


def _dress(axes: Axes, measured: str, signed: bool) -> None:
    axes.set_ylabel(measured, size=style.SMALL)
    scales.plain_axis(axes.yaxis, 5, signed=signed)
    axes.tick_params(labelsize=8)
    low, high = axes.get_ylim()
    if signed and low < 0 < high:
        axes.axhline(0, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)))


def _factor_axis(axes: Axes, factor: str, column: pd.Series[float], xs: FloatArray, numeric: bool) -> None:
    axes.set_xlabel(factor, size=style.LABEL)
    if not numeric or len(xs) <= 8:
        axes.set_xticks(xs, [_level(value) for value in column])
    else:
        scales.plain_axis(axes.xaxis, 8)


def _numeric(column: pd.Series[float]) -> bool:
    return column.dtype.kind == "f"


def _level(value: object) -> str:
    """Write a value of a factor as a scenario file would say it."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
