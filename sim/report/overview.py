"""One page for a governor: income, gains, money, jobs, herds, water, and which split is best how often."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.analysis.source import COUNTERFACTUAL, gains, main_outcomes, outcome_of, reference_of, splits
from sim.i18n import _
from sim.report import scales, style
from sim.report.differences import inks_of, paired_differences, paired_values, panel
from sim.report.distributions import axis_of_rows, draw_row, limits_of
from sim.report.fans import band, quantiles_by_year, yearly
from sim.report.money import bars, busy_years, by_year, means
from sim.report.rows import Grid
from sim.report.text import MISSING, allocation_label, basis, difference_unit, outcome_label, share, unit, within
from sim.report.titles import ENOUGH, comparison, money_out, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Outcome

    Frame = tuple[float, float, float, float]  # x, upper edge, width, height in inches

PAGE = 11.7  # inches, the long side of A4
INCOME, JOBS = "rural_income_kzt_per_month", "jobs_net"
GAINS = (INCOME, JOBS)  # outcomes whose gains stand beside the distribution
LINES = (JOBS, "livestock_units", "water_saving_ha")  # over the years
ACROSS = 0.45  # inches between panels
LOWER = 2.25  # inches, height of the lower row of panels
PLOT = 1.3  # inches of that for the plot
CELL = 0.34  # inches for a share in the table
KEY = 0.26  # inches a line of the key
LEAST = 2.9  # inches, the least height of the upper row
FOOT = 0.3  # inches for the ticks below a panel
HEAD = 0.58  # inches for head and unit above one


def overview(source: Source) -> Figure:
    """Draw the page; splits go by the letters of its key."""
    names = splits(source)
    more = CELL * max(len(names) - 5, 0)
    width = PAGE - 2 * style.MARGIN + more
    third = (width - more - 2 * ACROSS) / 3
    grid, table = _gains(source, third), _Table(source, third + more)
    key = _key(source, width)
    upper = max(LEAST, grid.height, table.height)
    height = KEY * len(key) + 0.1 + upper + 0.25 + LOWER
    outcome = _outcome(source, INCOME, "replications")
    [(_same, values)] = paired_values(source, [outcome])
    title = comparison(rank(values, outcome), outcome, within(outcome_label(outcome)), source.scenario)
    amounts = means(source)
    subtitle = money_out(by_year(amounts[0]), by_year(amounts[1]), source.scenario) + ". " + _subtitle(source)
    page = style.open_page(source, title, subtitle, height, width=PAGE + more)
    _write_key(page, key)
    top = height - KEY * len(key) - 0.1
    _income(source, page, outcome, values, (0.0, top, third, upper))
    grid.draw(page, third + ACROSS, top)
    if len(names) > 1:
        table.draw(page, 2 * (third + ACROSS), top)
    each = (width - 3 * ACROSS) / 4
    _money(source, page, amounts, (0.0, LOWER, each, PLOT))
    for place, name in enumerate(LINES, start=1):
        _lines(source, page, _outcome(source, name, "yearly"), (place * (each + ACROSS), LOWER, each, PLOT))
    return page.figure


def letter(place: int) -> str:
    """Return the letter of a split by its place in the scenario: A to Z, then A1, B1 and so on."""
    return chr(ord("A") + place % 26) + (str(place // 26) if place >= 26 else "")


def _outcome(source: Source, name: str, table: str) -> Outcome:
    outcome = outcome_of(source.tables, name, table)
    assert outcome is not None  # `available` has asked
    return outcome


def _subtitle(source: Source) -> str:
    """Say what is drawn."""
    return _(
        "Gains are differences to no programme with the same luck and parameters: 5–95 % of replications (line or "
        "band), 25–75 % (bar), median (dot or line). Bands and money: {allocation}."
    ).format(allocation=allocation_label(source.scenario, reference_of(source)))


def _key(source: Source, width: float) -> list[list[tuple[float, str, str, str]]]:
    """Return the lines of the key: place, colour, letter and name of each split, and of no programme."""
    entries = [
        (style.colour(place), letter(place), allocation_label(source.scenario, name))
        for place, name in enumerate(splits(source))
    ]
    entries.append((style.COUNTERFACTUAL_COLOUR, "0", _("No programme")))
    lines: list[list[tuple[float, str, str, str]]] = [[]]
    x = 0.0
    for ink, sign, name in entries:
        name = style.shorten(style.wrap(name, width / 2 - 0.8, style.SUBTITLE), 1)[0]
        needed = 0.42 + style.text_width(name, style.SUBTITLE) + 0.3
        if lines[-1] and x + needed > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, ink, sign, name))
        x += needed
    return lines


def _write_key(page: style.Page, lines: list[list[tuple[float, str, str, str]]]) -> None:
    for row, line in enumerate(lines):
        top = page.height - row * KEY
        for x, ink, sign, name in line:
            page.bar(x, top - 0.17, 0.14, 0.14, ink)
            page.text(x + 0.19, top - 0.02, [sign], style.SUBTITLE, bold=True)
            page.text(x + 0.42, top - 0.02, [name], style.SUBTITLE)


def _head(page: style.Page, x: float, top: float, width: float, head: str, note: str) -> None:
    """Write the head of a panel on one line, and its unit below on at most two."""
    title = style.shorten(style.wrap(head, width, style.SMALL, bold=True), 1)
    below = style.shorten(style.wrap(note, width, style.SMALL), 2)
    page.text(x, top, title, style.SMALL, bold=True)
    page.text(x, top - style.text_height(1, style.SMALL), below, style.SMALL, ink=style.SOFT)


def _income(source: Source, page: style.Page, outcome: Outcome, values: pd.DataFrame, frame: Frame) -> None:
    """Draw the distribution of income under every allocation."""
    x, top, width, height = frame
    rows = [*splits(source), COUNTERFACTUAL]
    samples = [values[row].dropna().to_numpy() * outcome.scale for row in rows]
    _head(page, x, top, width, outcome_label(outcome), f"{unit(outcome)}; {within(basis(outcome))}")
    plot = height - HEAD - FOOT
    axes = page.figure.add_axes(page.rectangle(x + 0.25, top - HEAD - plot, width - 0.25, plot))
    axis_of_rows(axes, limits_of(samples, outcome)[0], len(rows))
    scales.plain_axis(axes.xaxis, 4)
    step = plot / len(rows)
    for row, sample in enumerate(samples):
        last = row == len(rows) - 1
        draw_row(axes, sample, row, style.COUNTERFACTUAL_COLOUR if last else style.colour(row))
        page.text(x, top - HEAD - step * (row + 0.5) + 0.05, ["0" if last else letter(row)], style.LABEL, bold=True)


def _gains(source: Source, width: float) -> Grid:
    """Return the panels of gains over no programme."""
    names = splits(source)
    outcomes = [_outcome(source, name, "replications") for name in GAINS]
    inks = inks_of(source, names)
    tables = paired_differences(source, outcomes, COUNTERFACTUAL)
    panels = [panel(table, outcome, names, inks) for outcome, table in tables]
    letters = [letter(place) for place in range(len(names))]
    return Grid(letters, panels, [_("median"), _("better in")], 1, width)


def _money(source: Source, page: style.Page, tables: Sequence[pd.DataFrame], frame: Frame) -> None:
    """Draw the money of the reference split by year, all instruments together."""
    x, top, width, height = frame
    reference = reference_of(source)
    own = [table.loc[[reference]].droplevel("allocation") / 1e9 for table in busy_years(tables)]
    ink = style.colour(splits(source).index(reference))
    _head(page, x, top, width, _("Money planned (outline) and lent"), _("bn tenge, nominal; grey: lapsed"))
    axes = page.figure.add_axes(page.rectangle(x + 0.3, top - HEAD - height, width - 0.3, height))
    bars(axes, own, ink, max(float(table.sum(axis=1).max()) for table in own))


def _lines(source: Source, page: style.Page, outcome: Outcome, frame: Frame) -> None:
    """Draw the medians of the gains of all splits over the years, their letters at the ends."""
    x, top, width, height = frame
    values = gains(yearly(source, outcome), outcome)
    years = sorted(int(year) for year in values.index.unique("year"))
    fans = quantiles_by_year(values, years, outcome.scale)
    reference = fans[reference_of(source)]
    limits = scales.room([0.0, *reference.ravel().tolist(), *(m for own in fans.values() for m in own[:, 2].tolist())])
    _head(page, x, top, width, outcome_label(outcome), _("gain in {unit}").format(unit=difference_unit(outcome)))
    left = scales.ticks_width(limits, 4, signed=True)
    plot = width - left - 0.25
    y = top - HEAD - height
    axes = page.figure.add_axes(page.rectangle(x + left, y, plot, height))
    band(axes, years, reference, style.colour(splits(source).index(reference_of(source))))
    for place, own in enumerate(fans.values()):
        axes.plot(years, own[:, 2], color=style.colour(place), linewidth=1.5, zorder=4,
                  marker="o" if len(years) == 1 else None, markersize=4)  # fmt: skip
    axes.axhline(0, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3)
    axes.set_ylim(*limits)
    scales.plain_axis(axes.yaxis, 4, signed=True)
    scales.years_axis(axes, years, 4)
    ends = [float(own[-1, 2] - limits[0]) / (limits[1] - limits[0]) * height for own in fans.values()]
    half = style.text_height(1, style.SMALL) / 2
    for place, at in enumerate(style.spread(ends, 2 * half, half, height - half)):
        if math.isfinite(at):
            page.text(x + left + plot + 0.05, y + at + half, [letter(place)], style.SMALL, bold=True,
                      ink=style.colour(place))  # fmt: skip


class _Table:
    """In how many replications each split is best, by outcome."""

    def __init__(self, source: Source, width: float) -> None:
        self.names, self.width = splits(source), width
        outcomes = [one for one in main_outcomes(source) if one.better]
        self.rows = []
        for outcome, table in paired_values(source, outcomes):
            ranking = rank(table, outcome)
            told = ranking.n >= ENOUGH and not ranking.all_equal
            label = style.wrap(outcome_label(outcome), width - CELL * len(self.names) - 0.1, style.SMALL)
            best = [share(ranking.best[name]).rstrip("\u2009%") if told else MISSING for name in self.names]
            self.rows.append((style.shorten(label, 2), best, ranking.leader if told else ""))
        self.height = HEAD + 0.25 + sum(self._step(label) for label, _best, _leader in self.rows)

    @staticmethod
    def _step(label: list[str]) -> float:
        return style.text_height(len(label), style.SMALL) + 0.035

    def draw(self, page: style.Page, x: float, top: float) -> None:
        """Draw the table with its upper left corner at a place given in inches."""
        _head(page, x, top, self.width, _("Best in how many replications"), _("% of replications, ties shared"))
        right = x + self.width
        columns = [right - CELL * (len(self.names) - place - 1) for place in range(len(self.names))]
        top -= HEAD
        for place, at in enumerate(columns):
            page.right(at, top - 0.14, letter(place), style.SMALL, bold=True)
            page.bar(at - CELL + 0.1, top - 0.2, CELL - 0.1, 0.03, style.colour(place))
        top -= 0.25
        for label, best, leader in self.rows:
            page.text(x, top, label, style.SMALL)
            for name, at, text in zip(self.names, columns, best, strict=True):
                page.right(at, top - style.ASCENT * style.SMALL / 72, text, style.SMALL, bold=name == leader)
            top -= self._step(label)
