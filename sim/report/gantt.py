"""One project's Gantt: what it waited for, how it was built, when it worked and was late; its debt and cash below."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.analysis.life import (
    ARREARS,
    BUILD,
    COLLATERAL,
    COMMITTEE,
    CREW,
    DEFAULT,
    FUNDS,
    ROWS,
    SETTLE,
    STOCK,
    WORK,
    Life,
)  # fmt: skip
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import allocation_label
from sim.report.trace import date, duration, project_name, replication_name, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.trace import Trace
    from sim.data import Tables
    from sim.parameters.records import FloatArray
    from sim.scenario import Scenario

    Drawn = tuple[FloatArray, str, str, str]  # amounts, colour, dashes, name

ROW = 0.27  # inches a row of bars
MONEY = 1.15  # inches of a panel of money
YEARS = 0.3  # inches for the years below a panel
KEY = 0.3  # inches for the key above a panel of money
LARGE = 5e5  # tenge from which an axis is in millions
MARGIN = 0.5  # months before and after the bars, so that none touches the edge
OWED, WAITING, WORKING, LATE, BUILDING, CALLED = (style.COLOURS[place] for place in (0, 1, 2, 3, 5, 7))
INKS = {
    COMMITTEE: WAITING, COLLATERAL: WAITING, FUNDS: WAITING, CREW: WAITING, BUILD: BUILDING, STOCK: WAITING,
    SETTLE: BUILDING, WORK: WORKING, ARREARS: LATE, DEFAULT: CALLED,
}  # fmt: skip
ENDS = ("default", "abandoned", "repaid", "seized_unopened", "rejected", "withdrawn", "withdrawn_own", "horizon")
"""What the title tells, the first that happened."""


@dataclass(frozen=True)
class _Single:
    """One replication as the source of a figure; it has no tables of many."""

    scenario: Scenario
    tables: Tables
    seed: int
    n: int = 1

    def recorded(self, _table: str) -> Sequence[str]:
        return ()

    def parts(self, _table: str, _columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        return iter(())


def gantt(trace: Trace, life: Life) -> Figure:
    """Draw a project's life and its loan on one axis of time.

    Parameters
    ----------
    trace : Trace
    life : Life
        Of one of its candidates.
    """
    scenario = trace.study.scenario
    rows = [row for row in ROWS if any(span.row == row for span in life.spans)]
    names = _names()
    left = max((style.text_width(names[row], style.SUBTITLE) for row in rows), default=0.0) + 0.15
    height = max(len(rows), 1) * ROW
    panels = _panels(trace, life)
    step = MONEY + YEARS + KEY
    source = _Single(scenario, trace.tables, scenario.monte_carlo.seed)
    page = style.open_page(source, _title(trace, life), _subtitle(trace, life), height + YEARS + len(panels) * step)
    width, floor = page.width - left, len(panels) * step + YEARS
    bars = page.figure.add_axes(page.rectangle(left, floor, width, height))
    _draw_bars(bars, life, rows)
    for place, row in enumerate(rows):
        middle = floor + height - (place + 0.5) * ROW
        page.text(0, middle + style.text_height(1, style.SUBTITLE) / 2, [names[row]], style.SUBTITLE)
    for axes in (bars, *(_draw_money(page, left, step * place, panel) for place, panel in enumerate(panels))):
        _time_axis(axes, trace)
    return page.figure


def _names() -> dict[str, str]:
    """Name the rows."""
    return {
        COMMITTEE: _("Waits for the committee"),
        COLLATERAL: _("Waits for the collateral"),
        FUNDS: _("Waits for money"),
        CREW: _("Waits for a crew"),
        BUILD: _("Is built"),
        STOCK: _("Waits for breeding stock"),
        SETTLE: _("Animals settle in"),
        WORK: _("At work"),
        ARREARS: _("Dues are late"),
        DEFAULT: _("Loan called"),
    }


def _title(trace: Trace, life: Life) -> str:
    """Say how it ended, with the date."""
    last = next(told for what in ENDS for told in life.told if told.what == what)
    when = date(trace.start_year, last.time, closing=last.closing)
    text = sentence(trace, life.j, last)
    return _("{project}, {when}: {what}").format(project=project_name(trace, life.j), what=text, when=when)


def _subtitle(trace: Trace, life: Life) -> str:
    """Say what is drawn, and how long the project waited in all."""
    waits = sum(span.end - span.begin for span in life.spans if INKS[span.row] == WAITING)
    text = _("{allocation}, {replication}. What the project waited for ({waited} in all) and did")
    if any(told.what == "funded" for told in life.told):
        text += _("; below, its loan at the end of each month, nominal tenge")
    return text.format(
        allocation=allocation_label(trace.study.scenario, trace.allocation),
        replication=replication_name(trace),
        waited=duration(waits),
    )


def _draw_bars(axes: Axes, life: Life, rows: list[str]) -> None:
    for span in life.spans:
        place = rows.index(span.row)
        axes.barh(place, span.end - span.begin, left=span.begin, height=0.62, color=INKS[span.row], zorder=3)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")


def _panels(trace: Trace, life: Life) -> list[list[Drawn]]:
    """Return the panels of money from below: dues unpaid and cash kept for them, the debt; none without a loan."""
    loan = trace.run.notes.loan
    owed, late, cash = (loan[name][:, life.j].astype(float) for name in ("outstanding", "behind", "cash"))
    if not owed.any():
        return []
    called = next((told.time for told in life.told if told.what == "default"), math.inf)
    cash[(owed == 0.0) | (np.arange(owed.size) >= called)] = np.nan
    below: list[Drawn] = [(late, LATE, "-", _("dues unpaid")), (cash, WORKING, "--", _("cash kept for dues"))]
    return [below, [(owed, OWED, "-", _("principal owed"))]]


def _draw_money(page: style.Page, left: float, bottom: float, lines: Sequence[Drawn]) -> Axes:
    """Draw amounts month by month, with a key above."""
    axes = page.figure.add_axes(page.rectangle(left, bottom + YEARS, page.width - left, MONEY))
    most = max(float(np.nanmax(np.append(values, 0.0))) for values, *_look in lines)
    per, unit = (1e6, _("mln tenge")) if most >= LARGE else (1e3, _("thousand tenge"))
    x, y = left, bottom + YEARS + MONEY
    for values, ink, dashes, name in lines:
        months = np.arange(values.size)
        if dashes == "-":
            axes.fill_between(months, values / per, color=ink, alpha=0.15, step="post", linewidth=0)
        axes.step(months, values / per, where="post", color=ink, linestyle=dashes, linewidth=1.5, zorder=4)
        page.bar(x, y + 0.105, 0.28, 0.03, ink)
        page.text(x + 0.36, y + 0.195, [name], style.SMALL)
        x += 0.36 + style.text_width(name, style.SMALL) + 0.3
    axes.set_ylim(0, 1.05 * most / per or 1.0)
    scales.plain_axis(axes.yaxis, 3)
    axes.set_ylabel(unit)
    return axes


def _time_axis(axes: Axes, trace: Trace) -> None:
    """Mark the Januaries, by their year."""
    months = trace.run.structure.months
    axes.set_xlim(-MARGIN, months + MARGIN)
    axes.xaxis.set_major_locator(FixedLocator(list(range(0, months + 1, 12))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda month, _place: f"{trace.start_year + month / 12:.0f}"))
    axes.grid(visible=True, axis="x")
