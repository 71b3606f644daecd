"""Sensitivities of several outcomes: bars with intervals, factor by outcome as a heat map, shares by subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize

from sim.analysis.sensitivity.distance import without_effect
from sim.experiment.designs import LUCK
from sim.i18n import _
from sim.report import scales, style
from sim.report.factors import (
    FAMILIES,
    ROW,
    SIGNED,
    Names,
    counted,
    headed,
    labelled,
    leading,
    may_be_nothing,
    measure_label,
    measured,
    message,
    strongest_factors,
    subject_label,
    told,
)
from sim.report.text import difference_unit, number, share, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

PAGE = 11.7  # inches, the long side of A4
FACTORS = 12
PANELS = 4
TICKS = 0.3
SPACE = 0.3
NUMBER = 0.5  # inches for the number at the end of a row
CELL = 0.5  # inches, width of a cell of the heat map
SUBJECTS = 6


def bars(source: Source, table: pd.DataFrame, measures: Sequence[str], about: str = "") -> Figure:
    """Draw measures of factors with their intervals, one panel an outcome.

    Parameters
    ----------
    source : Source
        The run.
    table : DataFrame
        Tidy, from `sim.analysis.sensitivity`; its first four outcomes are shown, and the twelve factors with the
        largest values in any of these.
    measures : sequence of str
        One or two, such as ["s1", "st"]. The last one ranks, is in the title, and written beside the bars.
    about : str, optional
        Whose outcomes: starts the subtitle.

    Raises
    ------
    InputError
        If the table has no factor.
    """
    shown = list(dict.fromkeys(table["outcome"]))[:PANELS]
    table = table[table["outcome"].isin(shown) & table["measure"].isin([*measures])]
    factors = strongest_factors(table, measures[-1], FACTORS)
    names = Names(source.tables, factors)
    each = (PAGE - 2 * style.MARGIN - names.width + SPACE) / len(shown) - SPACE
    heads = [_panel_head(source, outcome, measures[-1], each) for outcome in shown]
    head = max(style.text_height(len(lines), style.SUBTITLE) for lines in heads) + 0.08
    tall = ROW * len(factors)
    page = style.open_page(
        source,
        message(source, table, measures[-1]),
        headed(about, _explained(table, measures)),
        head + tall + TICKS,
        width=PAGE,
    )
    names.write(page, 0, page.height - head)
    limits = None if measures[-1] == "mu_star" else _limits(table, measures)
    for place, outcome in enumerate(shown):
        x = names.width + place * (each + SPACE)
        page.text(x, page.height, heads[place], style.SUBTITLE, bold=True)
        axes = page.figure.add_axes(page.rectangle(x, TICKS, each - NUMBER, tall))
        own = table[table["outcome"] == outcome]
        scale = _scale(source, outcome, measures[-1])
        axes.set_xlim(*(limits or _limits(own, measures, scale)))
        _draw_bars(axes, own, measures, factors, scale)
        scales.plain_axis(axes.xaxis, max(2, min(6, int((each - NUMBER) / 0.55))), signed=measures[-1] in SIGNED)
        ranked = own[(own["measure"] == measures[-1]) & own["value"].notna()]
        texts = {str(row["factor"]): told(source, row) for _i, row in ranked.iterrows()}
        _write_values(page, texts, factors, (x + each, page.height - head))
    return page.figure


def _scale(source: Source, outcome: str, measure: str) -> float:
    """Return what takes a measure to the unit shown: effects are in that of the outcome, shares in percent."""
    found = labelled(source, outcome)[1]
    if measure in FAMILIES:
        return 100.0
    return found.scale if measure == "mu_star" and found else 1.0


def _panel_head(source: Source, outcome: str, measure: str, width: float) -> list[str]:
    label, found = labelled(source, outcome)
    text = f"{label}, {difference_unit(found)}" if measure == "mu_star" and found else label
    return style.shorten(style.wrap(text, width, style.SUBTITLE, bold=True), 3)


def _limits(table: pd.DataFrame, measures: Sequence[str], scale: float | None = None) -> tuple[float, float]:
    """Return the ends of the axis: from 0 but for measures with a sign."""
    factor = scale if scale is not None else 100.0 if measures[-1] in FAMILIES else 1.0
    low, high = scales.room([*(table[["value", "low", "high"]].to_numpy(np.float64) * factor).ravel().tolist(), 0.0])
    return (low, high) if measures[-1] in SIGNED else (0.0, high)


def _explained(table: pd.DataFrame, measures: Sequence[str]) -> str:
    """Say what is drawn."""
    names = [within(measure_label(measure)) for measure in measures]
    if len(measures) == 2:
        text = _("Dark bar: {first}; light bar: {second}. Lines: 95 % intervals.").format(
            first=names[0], second=names[1]
        )
    else:
        text = _("Bars: {measure}. Lines: 95 % intervals.").format(measure=names[0])
    if measures[-1] in FAMILIES:
        text += " " + _("In percent.")
    if "correlated" in table and table["correlated"].any():
        text += " " + _("Some factors are correlated: each also stands for what goes with it, but for partial ones.")
    if measures[-1] == "pawn":
        text += " " + _("A factor without effect has about {value}.").format(
            value=number(without_effect(int(table["n"].median())), 2)
        )
    what = {"st": _("base samples"), "mu_star": _("trajectories")}.get(measures[-1], "")
    return f"{text} {counted(table, what=what)}."


def _draw_bars(axes: Axes, table: pd.DataFrame, measures: Sequence[str], factors: Sequence[str], scale: float) -> None:
    """Draw the bars; row r stands on height -r."""
    axes.set_ylim(-len(factors) + 0.5, 0.5)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    axes.axvline(0, color=style.SOFT, linewidth=0.8)
    for place, measure in enumerate(measures):
        light = len(measures) == 2 and place == 1
        shift = 0.0 if len(measures) == 1 else (0.17, -0.17)[place]
        own = table[table["measure"] == measure].set_index("factor").reindex([*factors])
        values = own[["value", "low", "high"]].to_numpy(np.float64) * scale
        rows = -np.arange(len(factors)) + shift
        ink = style.COLOURS[5 if light else 0]
        axes.barh(rows, np.nan_to_num(values[:, 0]), 0.3 if len(measures) == 2 else 0.5, color=ink, zorder=2)
        axes.hlines(rows, values[:, 1], values[:, 2], color=style.INK, linewidth=1.0, zorder=3)


def _write_values(
    page: style.Page, texts: Mapping[str, str], factors: Sequence[str], corner: tuple[float, float]
) -> None:
    """Write the values of a panel at its right; `corner` is the upper right one, in inches."""
    for row, factor in enumerate(factors):
        page.right(corner[0], corner[1] - ROW * (row + 0.5) - 0.04, texts.get(factor, ""), style.SMALL)


def heat(source: Source, table: pd.DataFrame, measure: str, about: str = "") -> Figure:
    """Draw a measure by factor and outcome; what is surely not 0 is written, what was not looked at stays empty.

    Parameters
    ----------
    source : Source
        The run.
    table : DataFrame
        Tidy, from `sim.analysis.sensitivity`, with any number of outcomes; the twenty factors with the largest values
        are shown.
    measure : str
        One that is alike for all outcomes: not "mu_star".
    about : str, optional
        Whose outcomes: starts the subtitle.

    Raises
    ------
    InputError
        If the table has no factor.
    """
    table = table[table["measure"] == measure]
    outcomes = list(dict.fromkeys(table["outcome"]))
    factors = strongest_factors(table, measure, 20)
    names = Names(source.tables, factors)
    labels = [style.wrap(labelled(source, outcome)[0], 1.7, style.SMALL) for outcome in outcomes]
    head = max(style.text_width(line, style.SMALL) for lines in labels for line in lines) + 0.15
    width = max(style.WIDTH, names.width + CELL * len(outcomes) + 2 * style.MARGIN)
    tall = 0.3 * len(factors)
    subtitle = _(
        "{measure}, by factor and outcome. Written where its 95 % interval leaves out 0; empty where the factor could "
        "not be told from chance. {n}."
    ).format(measure=measure_label(measure)[:1].upper() + measure_label(measure)[1:], n=counted(table))
    page = style.open_page(
        source, message(source, table, measure), headed(about, subtitle), head + tall + 0.1, width=width
    )
    names.write(page, 0, tall + 0.1, 0.3)
    axes = page.figure.add_axes(page.rectangle(names.width, 0.1, CELL * len(outcomes), tall))
    grid = (
        table.pivot(index="factor", columns="outcome", values="value").reindex(factors)[outcomes].to_numpy(np.float64)
    )
    colours, most = (
        colormaps["RdBu_r" if measure in SIGNED else "Blues"],
        float(np.nan_to_num(np.abs(grid)).max(initial=1e-9)),
    )
    norm = Normalize(-most if measure in SIGNED else 0.0, most * (1.0 if measure in SIGNED else 1.3))
    axes.imshow(grid, cmap=colours, norm=norm, aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(False)
    axes.hlines(np.arange(len(factors) + 1) - 0.5, -0.5, len(outcomes) - 0.5, color="white", linewidth=0.6)
    for row in range(0, len(factors), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#f6f6f6", zorder=-1)
    sure = table.set_index(["factor", "outcome"])
    for row, factor in enumerate(factors):
        for column, outcome in enumerate(outcomes):
            value = grid[row, column]
            if not np.isfinite(value) or may_be_nothing(sure.loc[(factor, outcome)]):
                continue
            dark = norm(value) > 0.75 or (measure in SIGNED and norm(value) < 0.2)
            axes.text(column, row, measured(measure, value), ha="center",
                      va="center", size=7, color="white" if dark else style.INK)  # fmt: skip
    for column, lines in enumerate(labels):
        axes.text(column, -0.6, "\n".join(lines), rotation=90, ha="center", va="bottom", size=style.SMALL)
    return page.figure


def shares(
    source: Source, table: pd.DataFrame, measure: str, luck: pd.DataFrame | None = None, about: str = ""
) -> Figure:
    """Draw what part of each outcome's variance goes with which subject, and with luck.

    Parameters
    ----------
    source : Source
        The run.
    table : DataFrame
        Tidy: a design's groups with "s1", or `GivenData.groups` with "r2_own".
    measure : str
        Which of its measures: shares that add up to at most 1 but for chance.
    luck : DataFrame, optional
        From `luck_share`, where `table` has no factor of that name. Shares of the variance of ranks and of values need
        not add up.
    about : str, optional
        Whose outcomes: starts the subtitle.

    Raises
    ------
    InputError
        If the table has no factor.
    """
    found = table[(table["measure"] == measure) & (table["factor"] != "")]
    strongest_factors(found, measure, SUBJECTS)
    outcomes = list(dict.fromkeys(found["outcome"]))
    grid = found.pivot(index="outcome", columns="factor", values="value").reindex(outcomes).clip(lower=0.0).fillna(0.0)
    if luck is not None:
        own = luck[(luck["factor"] == LUCK) & (luck["measure"] == "share")].set_index("outcome")["value"]
        grid[LUCK] = own.reindex(outcomes).fillna(0.0)
    groups = [str(name) for name in grid.mean().sort_values(ascending=False, kind="stable").index if name != LUCK]
    named = groups[:SUBJECTS]
    parts = [(subject_label(name), style.colour(place), grid[name]) for place, name in enumerate(named)]
    if groups[SUBJECTS:]:
        parts.append((_("other parameters"), "#9fb8c8", grid[groups[SUBJECTS:]].sum(axis=1)))
    if LUCK in grid:
        parts.append((subject_label(LUCK), style.INK, grid[LUCK]))
    rest = (1.0 - grid.sum(axis=1)).clip(lower=0.0)
    other = _("interactions, what is too weak to be seen") if LUCK in grid else (
        _("luck, interactions, what is too weak to be seen")
    )  # fmt: skip
    parts.append((other, "#e6e6e6", rest))
    subtitle = _("{measure}, in percent, by subject. {n}.").format(
        measure=measure_label(measure)[:1].upper() + measure_label(measure)[1:], n=counted(found)
    )
    return _stacked(source, parts, outcomes, _shares_title(source, grid, found, measure), headed(about, subtitle))


def _stacked(
    source: Source,
    parts: Sequence[tuple[str, str, pd.Series[float]]],
    outcomes: Sequence[str],
    title: str,
    subtitle: str,
) -> Figure:
    """Draw one bar an outcome, with its key above."""
    labels = [style.shorten(style.wrap(labelled(source, name)[0], 2.6, style.SMALL), 2) for name in outcomes]
    left = max(style.text_width(line, style.SMALL) for lines in labels for line in lines) + 0.12
    key, x, y = [], 0.0, 0.0
    column = style.WIDTH - 2 * style.MARGIN
    for label, ink, _part in parts:
        wide = 0.4 + style.text_width(label, style.SMALL)
        if x and x + wide > column:
            x, y = 0.0, y + 0.22
        key.append((x, y, label, ink))
        x += wide
    head, tall = y + 0.34, 0.34 * len(outcomes)
    page = style.open_page(source, title, subtitle, head + tall + TICKS)
    for x, y, label, ink in key:
        page.bar(x, page.height - y - 0.14, 0.14, 0.12, ink)
        page.text(x + 0.2, page.height - y, [label], style.SMALL)
    axes = page.figure.add_axes(page.rectangle(left, TICKS, column - left - 0.15, tall))
    axes.set_ylim(-len(outcomes) + 0.5, 0.5)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    start = np.zeros(len(outcomes))
    for _label, ink, part in parts:
        values = 100 * part.to_numpy(np.float64)
        axes.barh(-np.arange(len(outcomes)), values, 0.66, left=start, color=ink, edgecolor="white", linewidth=0.4)
        for row, value in enumerate(values):
            if value >= 5:
                ink_of = style.INK if ink == "#e6e6e6" else "white"
                axes.text(
                    start[row] + value / 2, -row, f"{value:.0f}", ha="center", va="center", size=7.5, color=ink_of
                )
        start += values
    axes.set_xlim(0, max(100.0, float(start.max())))
    scales.plain_axis(axes.xaxis, 5)
    for row, lines in enumerate(labels):
        page.text(
            0, TICKS + tall - 0.34 * (row + 0.5) + style.text_height(len(lines), style.SMALL) / 2, lines, style.SMALL
        )
    return page.figure


def _shares_title(source: Source, grid: pd.DataFrame, table: pd.DataFrame, measure: str) -> str:
    """Say how much is luck's, if that is known, and which subject leads."""
    first = leading(table[table["factor"] != LUCK], measure)
    if first.empty:
        return _("No subject's share can be told from chance")
    often = first["factor"].value_counts(sort=False)
    words = {
        "subject": subject_label(str(often.idxmax())), "count": int(often.max()), "total": len(grid),
        "low": share(float(grid[LUCK].min())) if LUCK in grid else "",
        "high": share(float(grid[LUCK].max())) if LUCK in grid else "",
    }  # fmt: skip
    if LUCK not in grid:
        return _("Of all subjects, «{subject}» explains most for {count} of {total} outcomes").format(**words)
    if words["low"] == words["high"]:
        return _(
            "Luck alone makes up {high} of the variance; of the parameters, «{subject}» makes up most for {count} of "
            "{total} outcomes"
        ).format(**words)
    return _(
        "Luck alone makes up {low} to {high} of the variance; of the parameters, «{subject}» makes up most for {count} "
        "of {total} outcomes"
    ).format(**words)
