"""Axes that small multiples share: plain numbers, whole years, and the heads above panels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from sim.report import style
from sim.report.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis


STEPS = [1, 2, 2.5, 5, 10]


class Plain(Formatter):
    """Ticks as plain numbers with just the digits that tell them apart."""

    def __init__(self, *, signed: bool = False) -> None:
        self.signed = signed

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Write one tick on its own."""
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis."""
        places = decimals(values)
        return [number(value, places, signed=self.signed) for value in values]


class Percent(Plain):
    """Ticks in percent, each with its sign."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis."""
        return [tick + "\u2009%" for tick in super().format_ticks(values)]


def decimals(ticks: Sequence[float]) -> int:
    """Return the digits after the point that tell evenly spaced ticks apart, at most 12."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else max((abs(tick) for tick in ticks), default=1.0)
    scaled = (step * 10**places for places in range(12))
    return next((i for i, part in enumerate(scaled) if abs(part - round(part)) <= 1e-6 * part), 12)


def plain_axis(axis: Axis, ticks: int, *, signed: bool = False) -> None:
    """Give an axis of values at most so many plain ticks and one."""
    axis.set_major_locator(MaxNLocator(ticks, steps=STEPS))
    axis.set_major_formatter(Plain(signed=signed))


def years_axis(axes: Axes, years: Sequence[int], ticks: int) -> None:
    """Set up a horizontal axis of whole years with room for a bar at both ends, and at most so many ticks."""
    first, last = min(years), max(years)
    step = max(1, math.ceil((last - first) / (ticks - 1)))
    axes.set_xlim(first - 0.6, last + 0.6)
    axes.set_xticks(range(first, last + 1, step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda year, _place: f"{year:.0f}"))


def ticks_width(limits: tuple[float, float], ticks: int, *, signed: bool = False) -> float:
    """Return the inches that the labels of a vertical `plain_axis` with these ends need, with their gap."""
    places = [float(place) for place in MaxNLocator(ticks, steps=STEPS).tick_values(*limits)]
    labels = Plain(signed=signed).format_ticks([place for place in places if limits[0] <= place <= limits[1]])
    return max((style.text_width(label, style.SMALL) for label in labels), default=0.0) + 0.1


def room(values: Sequence[float]) -> tuple[float, float]:
    """Return ends of an axis that holds all finite values, with a little room; (0, 1) if there are none."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    more = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - more, high + more


def head_height(names: Sequence[list[str]]) -> float:
    """Return the inches that the heads of a row of panels need, the longest name deciding."""
    lines = max(len(name) for name in names)
    return style.text_height(lines, style.SUBTITLE) + style.text_height(1, style.SMALL) + 0.14


def head(page: style.Page, x: float, y: float, width: float, name: list[str], note: str, ink: str) -> None:
    """Write name and note of a panel above its upper left corner (inches), underlined in its colour."""
    top = y + style.text_height(len(name), style.SUBTITLE) + style.text_height(1, style.SMALL) + 0.1
    page.text(x, top, name, style.SUBTITLE, bold=True)
    page.text(x, top - style.text_height(len(name), style.SUBTITLE), [note], style.SMALL, ink=style.SOFT)
    page.bar(x, y + 0.05, width, 0.03, ink)
