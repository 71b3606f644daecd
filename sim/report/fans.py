"""Outcomes over the years: medians with bands of 50 and 90 % of the replications, one panel an allocation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.analysis.source import COUNTERFACTUAL, PAIR, failures, gains, paired, pairs_of, splits, wide
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import (
    allocation_label,
    difference_unit,
    outcome_label,
    shown,
    span,
    unit,
    within,
)
from sim.report.titles import comparison, largest, rank
from sim.statistics import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source
    from sim.data import Outcome

    Fans = Mapping[str, NDArray[np.float64]]  # allocation → (year, quantile), shown unit

BANDS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
LEVELS = 2.3  # inches, height of the panel of levels
SMALLS = 1.5  # inches, height of the panels below
UNIT = 0.24  # inches for the line with the unit above an axis
YEARS = 0.3  # inches for the years below an axis
GAP = 0.2  # inches between rows
SPACE = 0.32  # inches between columns
NAMES = 1.7  # inches for the names beside the lines, cut at two lines: the panels have them whole


def fan(source: Source, outcome: Outcome) -> Figure:
    """Draw one outcome over the years.

    Parameters
    ----------
    source : Source
        The run.
    outcome : Outcome
        A column of `yearly`. Where no programme has a level of its own, the levels stand above and the
        differences to it below; an increment and what is the fund's own have the lower panels only.
    """
    values = yearly(source, outcome)
    years = sorted(int(year) for year in values.index.unique("year"))
    compares = not (outcome.increment or outcome.fund_own)
    small = gains(values, outcome) if compares else values.drop(columns=COUNTERFACTUAL)
    fans = quantiles_by_year(small, years, outcome.scale)
    grid = _Grid(source, outcome, fans, years, differs=compares or outcome.increment)
    above = _Levels(source, outcome, quantiles_by_year(values, years, outcome.scale), years) if compares else None
    body = grid.height + (above.height if above else 0.0)
    page = style.open_page(source, _title(source, outcome, values, fans, years), _subtitle(outcome, compares), body)
    if above:
        above.draw(page, grid.height)
    grid.draw(page)
    return page.figure


def _title(source: Source, outcome: Outcome, values: pd.DataFrame, fans: Fans, years: list[int]) -> str:
    """Say who is ahead in the last year; of what is the fund's own, when it peaks."""
    label = within(outcome_label(outcome))
    if outcome.fund_own or (outcome.increment and not outcome.better):
        medians = pd.DataFrame({name: bands[:, 2] / outcome.scale for name, bands in fans.items()}, index=years)
        return largest(medians, outcome, label, source.scenario)
    subject = _("{outcome} in {year}").format(outcome=label, year=years[-1])
    return comparison(rank(_in_year(values, years[-1]), outcome), outcome, subject, source.scenario)


def _subtitle(outcome: Outcome, compares: bool) -> str:
    """Say what is drawn."""
    bands = _("Line: median; dark band: 25–75 % of the replications, light band: 5–95 %.")
    if compares:
        return " ".join(
            [
                _("Above: medians of all allocations and the bands of no programme."),
                _("Below: difference to no programme with the same luck and parameters."),
                bands,
            ]
        )
    return bands


def yearly(source: Source, outcome: Outcome) -> pd.DataFrame:
    """Return one row per (draw, world, year) and one column an allocation; NaN in the failed pairs."""
    allocations = [*splits(source), COUNTERFACTUAL]
    values = wide(source, "yearly", [outcome.name], allocations, by=[*PAIR, "year"])[outcome.name]
    return paired(values, pairs_of(failures(source)))


def _in_year(values: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the rows of one year."""
    return values[values.index.get_level_values("year") == year]


def quantiles_by_year(values: pd.DataFrame, years: list[int], scale: float) -> Fans:
    """Return the quantiles `BANDS` of every column by year, times `scale`."""
    by_year = [_in_year(values, year) for year in years]
    return {
        name: np.array([quantiles(table[name].to_numpy(), BANDS) for table in by_year]) * scale
        for name in map(str, values)
    }


def band(axes: Axes, years: Sequence[int], bands: NDArray[np.float64], ink: str) -> None:
    """Draw the two bands of one fan."""
    for lower, upper, alpha in ((0, 4, 0.22), (1, 3, 0.38)):
        axes.fill_between(years, bands[:, lower], bands[:, upper], color=ink, alpha=alpha, linewidth=0, zorder=2)
        if len(years) == 1:  # a band over one year has no area
            axes.vlines(years, bands[:, lower], bands[:, upper], color=ink, alpha=alpha, linewidth=8, zorder=2)


def line(axes: Axes, years: Sequence[int], bands: NDArray[np.float64], ink: str, *, dashed: bool = False) -> None:
    """Draw the median of one fan."""
    axes.plot(
        years, bands[:, 2], color=ink, linestyle=(0, (4, 1.5)) if dashed else "-", zorder=4,
        marker="o" if len(years) == 1 else None, markersize=5,
    )  # fmt: skip


class _Levels:
    """The panel of levels: medians of all allocations, bands of no programme, names beside the lines."""

    def __init__(self, source: Source, outcome: Outcome, fans: Fans, years: list[int]) -> None:
        self.outcome, self.fans, self.years = outcome, fans, years
        names = [allocation_label(source.scenario, name) for name in fans]
        self.names = [style.shorten(style.wrap(name, NAMES, style.SMALL), 2) for name in names]
        self.gap = style.text_height(max(len(name) for name in self.names), style.SMALL)
        self.plot = max(LEVELS, self.gap * len(fans))
        self.height = UNIT + self.plot + YEARS + GAP
        shown_values = [bands[:, 2] for bands in fans.values()] + [fans[COUNTERFACTUAL].ravel()]
        self.limits = scales.room(np.concatenate(shown_values).tolist())

    def draw(self, page: style.Page, bottom: float) -> None:
        """Draw the panel with its lower edge at `bottom` inches."""
        left = scales.ticks_width(self.limits, 5)
        y = bottom + YEARS + GAP
        beside = max(style.text_width(line, style.SMALL) for name in self.names for line in name) + 0.3
        axes = page.figure.add_axes(page.rectangle(left, y, page.width - left - beside, self.plot))
        page.text(0, y + self.plot + UNIT, [unit(self.outcome)], style.SMALL, ink=style.SOFT)
        band(axes, self.years, self.fans[COUNTERFACTUAL], style.COUNTERFACTUAL_COLOUR)
        inks = [ink_of(place, name) for place, name in enumerate(self.fans)]
        for (name, bands), ink in zip(self.fans.items(), inks, strict=True):
            line(axes, self.years, bands, ink, dashed=name == COUNTERFACTUAL)
        axes.set_ylim(*self.limits)
        scales.plain_axis(axes.yaxis, 5)
        scales.years_axis(axes, self.years, 11)
        self._write_names(page, page.width - beside, y, inks)

    def _write_names(self, page: style.Page, x: float, y: float, inks: list[str]) -> None:
        """Write the name of each line at its right end, tied to it and moved away from its neighbours."""
        low, high = self.limits
        ends = [float(bands[-1, 2] - low) / (high - low) * self.plot for bands in self.fans.values()]
        half = self.gap / 2
        places = style.spread(ends, self.gap, half, self.plot - half)
        end = x - 0.6 / (self.years[-1] - self.years[0] + 1.2) * (x - scales.ticks_width(self.limits, 5))
        for name, at, place, ink in zip(self.names, ends, places, inks, strict=True):
            if math.isfinite(at):
                page.line([(end, y + at), (x, y + at), (x + 0.15, y + place), (x + 0.22, y + place)], ink)
                page.text(x + 0.27, y + place + style.text_height(len(name), style.SMALL) / 2, name, style.SMALL)


class _Grid:
    """The small panels: one fan an allocation, all on one scale."""

    def __init__(self, source: Source, outcome: Outcome, fans: Fans, years: list[int], *, differs: bool) -> None:
        self.outcome, self.fans, self.years, self.differs = outcome, fans, years, differs
        everything = np.concatenate([bands.ravel() for bands in fans.values()]).tolist()
        self.limits = scales.room([*everything, 0.0])
        self.left = scales.ticks_width(self.limits, 5, signed=differs)
        rows = math.ceil(len(fans) / 4)
        self.columns = math.ceil(len(fans) / rows)
        whole = style.WIDTH - 2 * style.MARGIN - self.left
        self.width = (whole + SPACE) / self.columns - SPACE
        names = [allocation_label(source.scenario, name) for name in fans]
        self.names = [style.wrap(name, self.width, style.SUBTITLE, bold=True) for name in names]
        self.step = scales.head_height(self.names) + SMALLS + YEARS
        self.height = UNIT + rows * self.step + (rows - 1) * GAP

    def draw(self, page: style.Page) -> None:
        """Draw the panels from below upwards to the grid's height."""
        label = unit(self.outcome)
        if self.differs:
            label = _("Difference to no programme, {unit}").format(unit=difference_unit(self.outcome))
        page.text(0, self.height, [label], style.SMALL, ink=style.SOFT)
        for place, (name, bands) in enumerate(self.fans.items()):
            row, column = divmod(place, self.columns)
            x = self.left + column * (self.width + SPACE)
            y = self.height - UNIT - (row + 1) * self.step - row * GAP + YEARS
            axes = page.figure.add_axes(page.rectangle(x, y, self.width, SMALLS))
            band(axes, self.years, bands, ink_of(place, name))
            line(axes, self.years, bands, ink_of(place, name))
            axes.axhline(0, color=style.SOFT, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3)
            axes.set_ylim(*self.limits)
            scales.plain_axis(axes.yaxis, 5, signed=self.differs)
            axes.tick_params(labelleft=column == 0)
            scales.years_axis(axes, self.years, 4)
            scales.head(page, x, y + SMALLS, self.width, self.names[place], self._note(bands), ink_of(place, name))

    def _note(self, bands: NDArray[np.float64]) -> str:
        """Write median and outer band of the last year, or of the greatest year of what is the fund's own."""
        if not np.isfinite(bands).any():
            return _("no values")
        place = int(np.nanargmax(bands[:, 2])) if self.outcome.fund_own else -1
        low, middle, high = (float(bands[place, band]) / self.outcome.scale for band in (0, 2, 4))
        return _("{year}: {median} ({range})").format(
            year=self.years[place],
            median=shown(self.outcome, middle, signed=self.differs),
            range=span(self.outcome, low, high, signed=self.differs),
        )


def ink_of(place: int, name: str) -> str:
    """Return the colour of an allocation."""
    return style.COUNTERFACTUAL_COLOUR if name == COUNTERFACTUAL else style.colour(place)
