"""One project's Gantt: what it waited for, how it was built, when it worked and was late; its debt and cash below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter

from sim.analysis.life import (
    ARREARS, BUILD, COLLATERAL, COMMITTEE, CREW, DEFAULT, FUNDS, ROWS, SETTLE, STOCK, WORK, Life,
)  # fmt: skip
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import allocation_label, within
from sim.report.trace import date, duration, project_name, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.trace import Trace
    from sim.data import Tables
    from sim.scenario import Scenario

ROW = 0.27  # inches a row of bars
MONEY = 2.1  # inches of the panel of money
YEARS = 0.3  # inches for the years below a panel
GAP = 0.35  # inches between the panels
KEY = 0.25  # inches for the key of the panel of money
LARGE = 5e5  # tenge from which the axis is in millions
NO_DEBT_YET = 0.5  # month before and after the bars, so that none touches the edge
WAITING, BUILDING, WORKING, LATE, CALLED = style.COLOURS[1], style.COLOURS[5], style.COLOURS[2], *(
    style.COLOURS[3], style.COLOURS[7],
)  # fmt: skip
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
    """Draw a project's life.

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
    below = MONEY + YEARS
    source = _Single(scenario, trace.tables, scenario.monte_carlo.seed)
    page = style.open_page(source, _title(trace, life), _subtitle(trace, life), height + YEARS + GAP + KEY + below)
    width = page.width - left
    bars = page.figure.add_axes(page.rectangle(left, below + KEY + GAP + YEARS, width, height))
    _draw_bars(bars, life, rows)
    for place, row in enumerate(rows):
        top = below + KEY + GAP + YEARS + height - (place + 0.5) * ROW + style.text_height(1, style.SUBTITLE) / 2
        page.text(0, top, [names[row]], style.SUBTITLE)
    money = page.figure.add_axes(page.rectangle(left, YEARS, width, MONEY))
    _draw_money(money, trace, life, page, left)
    for axes in (bars, money):
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
    return _("{project}: {what} ({when})").format(project=project_name(trace, life.j), what=text, when=when)


def _subtitle(trace: Trace, life: Life) -> str:
    """Say what is drawn, and how long the project waited in all."""
    waits = sum(span.end - span.begin for span in life.spans if INKS[span.row] == WAITING)
    return _(
        "{allocation}, replication {number}. Above: orange waits ({waited} in all), blue builds, green works, red is "
        "late, indigo called. Below: the loan month by month, nominal tenge."
    ).format(
        allocation=allocation_label(trace.study.scenario, trace.allocation),
        number=trace.number,
        waited=within(duration(waits)),
    )


def _draw_bars(axes: Axes, life: Life, rows: list[str]) -> None:
    for span in life.spans:
        place = rows.index(span.row)
        axes.barh(place, span.end - span.begin, left=span.begin, height=0.62, color=INKS[span.row], zorder=3)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")


def _draw_money(axes: Axes, trace: Trace, life: Life, page: style.Page, left: float) -> None:
    """Draw what is owed, what of it is late, and the cash that is kept for dues, month by month."""
    loan, j = trace.run.notes.loan, life.j
    owed, late, cash = (loan[name][:, j].astype(float) for name in ("outstanding", "behind", "cash"))
    per, unit = (1e6, _("mln tenge")) if owed.max() >= LARGE else (1e3, _("thousand tenge"))
    months = np.arange(owed.size)
    axes.fill_between(months, owed / per, color=style.COLOURS[0], alpha=0.18, step="post", linewidth=0)
    drawn = (
        (owed, style.COLOURS[0], "-", _("principal owed")),
        (late, LATE, "-", _("dues unpaid")),
        (cash, WORKING, "--", _("cash kept for dues")),
    )
    x = left
    for values, ink, dashes, name in drawn:
        axes.step(months, values / per, where="post", color=ink, linestyle=dashes, linewidth=1.5, zorder=4)
        page.bar(x, YEARS + MONEY + 0.155, 0.28, 0.03, ink)
        page.text(x + 0.36, YEARS + MONEY + 0.245, [name], style.SMALL)
        x += 0.36 + style.text_width(name, style.SMALL) + 0.3
    axes.set_ylim(0, 1.05 * max(owed.max(), late.max(), cash.max()) / per or 1.0)
    scales.plain_axis(axes.yaxis, 4)
    axes.set_ylabel(unit)


def _time_axis(axes: Axes, trace: Trace) -> None:
    """Mark the Januaries, by their year."""
    months = trace.run.structure.months
    axes.set_xlim(-NO_DEBT_YET, months + NO_DEBT_YET)
    axes.xaxis.set_major_locator(FixedLocator(list(range(0, months + 1, 12))))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda month, _place: f"{trace.start_year + month / 12:.0f}"))
    axes.grid(visible=True, axis="x")
