"""Money planned, disbursed and lapsed: one row an instrument, one column an allocation, one bar a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.analysis.source import PAIR, failures, pairs_of, splits
from sim.i18n import _, pick
from sim.report import scales, style
from sim.report.text import allocation_label, number
from sim.report.titles import money_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Instrument

AMOUNTS = ("planned_kzt", "disbursed_kzt", "lapsed_kzt")
NAMES = 1.7  # inches for the names of the instruments; the longest word in any language fits
NARROW = 1.25  # the least width of a panel, inches; with more allocations the page gets wider
AXIS = 0.6  # inches for the vertical axis of the first column
SPACE = 0.18  # inches between columns
GAP = 0.12  # inches between rows
NOTE = 0.19  # inches for the numbers above a panel
YEARS = 0.3  # inches for the years below the last row


def money(source: Source) -> Figure:
    """Draw what was planned, disbursed and lapsed per instrument and year, mean over the replications."""
    columns = splits(source)
    planned, disbursed, lapsed = means(source)
    title = money_out(by_year(planned), by_year(disbursed), source.scenario)
    most = max(float(table.to_numpy().max()) for table in (planned, disbursed))
    per, unit = (1e9, _("bn tenge")) if most >= 5e8 else (1e6, _("mln tenge"))
    planned, disbursed, lapsed = busy_years([planned / per, disbursed / per, lapsed / per])
    places = 0 if per == 1e6 else 1
    rows = _used(source.tables.instruments, planned + disbursed + lapsed)
    names = [style.wrap(pick(row.labels) or row.name, NAMES, style.SUBTITLE) for row in rows]
    left = max(style.text_width(line, style.SUBTITLE) for name in names for line in name) + AXIS
    width = max((style.WIDTH - 2 * style.MARGIN - left + SPACE) / len(columns) - SPACE, NARROW)
    labels = [allocation_label(source.scenario, column) for column in columns]
    heads = [style.wrap(label, width, style.SUBTITLE, bold=True) for label in labels]
    height = 0.85 if len(rows) <= 6 else 0.6
    step = height + NOTE + GAP
    top = YEARS + len(rows) * step - GAP
    full = left + len(columns) * (width + SPACE) - SPACE + 2 * style.MARGIN
    page = style.open_page(source, title, _subtitle(unit), top + scales.head_height(heads), width=full)
    most_of = pd.concat([planned, disbursed, lapsed]).max()
    for row, name in enumerate(names):
        half = style.text_height(len(name), style.SUBTITLE) / 2
        page.text(0, top - row * step - NOTE - height / 2 + half, name, style.SUBTITLE)
    for place, column in enumerate(columns):
        x, ink = left + place * (width + SPACE), style.colour(place)
        plan, out, lost = (_under(table, column) for table in (planned, disbursed, lapsed))
        scales.head(page, x, top, width, heads[place], _of(out, plan, lost, places), ink)
        for row, instrument in enumerate(rows):
            own = [table[[instrument.name]] for table in (plan, out, lost)]
            if place and row < len(rows) - 1 and not any(table.to_numpy().any() for table in own):
                continue  # an empty panel without ticks says nothing
            axes = page.figure.add_axes(page.rectangle(x, top - row * step - NOTE - height, width, height))
            bars(axes, own, ink, float(most_of[instrument.name]))
            axes.set_title(_of(own[1], own[0], own[2], places), loc="right", size=style.SMALL, pad=3)
            axes.tick_params(labelbottom=row == len(rows) - 1, labelleft=place == 0)
            axes.set_ylabel(unit if place == 0 else "", size=style.SMALL)
    return page.figure


def _subtitle(unit: str) -> str:
    """Say what is drawn."""
    return _(
        "{unit}, nominal, by instrument and year; mean of all replications. Outline: planned; solid bar: "
        "disbursed, from tranches and from repayments lent again; grey bar: lapsed. The numbers are disbursed of "
        "planned; lapsed. Every row has its own scale."
    ).format(unit=unit[:1].upper() + unit[1:])


def means(source: Source) -> list[pd.DataFrame]:
    """Return the mean of each of `AMOUNTS`, one row an (allocation, year), one column an instrument in table order."""
    key = ["allocation", "year", "instrument"]
    failed = pairs_of(failures(source))
    found = []
    for part in source.parts("instruments", [*key, *PAIR, *AMOUNTS]):
        if len(failed):
            part = part.astype(dict.fromkeys(AMOUNTS, float))
            part.loc[pd.MultiIndex.from_frame(part[PAIR]).isin(failed), list(AMOUNTS)] = np.nan
        groups = part.groupby(key)[list(AMOUNTS)]
        found.append(pd.concat({"sum": groups.sum(), "count": groups.count()}, axis=1))
    table = pd.concat(found).groupby(level=key).sum()
    years = sorted(table.index.unique("year"))
    rows = pd.MultiIndex.from_product([splits(source), years], names=["allocation", "year"])
    columns = [i.name for i in source.tables.instruments]
    means = (table["sum", amount] / table["count", amount] for amount in AMOUNTS)
    return [mean.unstack("instrument").reindex(index=rows, columns=columns).fillna(0.0) for mean in means]


def by_year(amounts: pd.DataFrame) -> pd.DataFrame:
    """Return sums over the instruments, one row a year, one column an allocation."""
    return amounts.sum(axis=1).unstack("allocation")


def _used(instruments: tuple[Instrument, ...], amounts: pd.DataFrame) -> list[Instrument]:
    """Return the instruments with any money, or all if none has."""
    used = amounts.sum()
    return [instrument for instrument in instruments if used[instrument.name] > 0] or list(instruments)


def busy_years(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the tables without the years after the last one with any money."""
    sums = sum(tables[1:], tables[0]).sum(axis=1).groupby("year").sum()
    last = sums.index[sums > 0].max() if sums.any() else sums.index.max()
    return [table[table.index.get_level_values("year") <= last] for table in tables]


def _under(amounts: pd.DataFrame, allocation: str) -> pd.DataFrame:
    """Return the amounts of one allocation, one row a year."""
    return amounts.loc[[allocation]].droplevel("allocation")


def _of(out: pd.DataFrame, plan: pd.DataFrame, lost: pd.DataFrame, places: int) -> str:
    """Write the sums disbursed, planned and, if any, lapsed; nothing where no money is in it."""
    done, whole, gone = (float(table.to_numpy().sum()) for table in (out, plan, lost))
    if not done and not whole and not gone:
        return ""
    text = _("{disbursed} of {planned}").format(disbursed=number(done, places), planned=number(whole, places))
    return f"{text}; {number(gone, places)}" if float(f"{gone:.{places}f}") else text


def bars(axes: Axes, tables: Sequence[pd.DataFrame], ink: str, most: float) -> None:
    """Draw planned (outline), disbursed (solid) and lapsed (grey) by year, each summed over its columns."""
    plan, out, lost = (table.sum(axis=1) for table in tables)
    years = [int(year) for year in plan.index]
    if lost.any():
        axes.bar(years, lost, width=0.62, color=style.COUNTERFACTUAL_COLOUR, zorder=2)
    axes.bar(years, out, width=0.62, color=ink, zorder=3)
    due = plan[plan > 0]
    axes.bar(due.index, due, width=0.9, facecolor="none", edgecolor=style.SOFT, linewidth=0.8, zorder=4)
    axes.set_ylim(0, 1.03 * most or 1.0)
    scales.years_axis(axes, years, 3)
    scales.plain_axis(axes.yaxis, 3)
