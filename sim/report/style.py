"""The page every figure stands on: style, colours, title, subtitle and footer, and writing it to files."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextToPath

from sim import __version__
from sim.experiment.disk import put, telling
from sim.i18n import _, pick
from sim.report.text import number

if TYPE_CHECKING:
    from sim.analysis.source import Origin

SHEET = Path(__file__).with_name("auylsim.mplstyle")
INK, SOFT, FAINT = "#222222", "#5a5a5a", "#b5b5b5"
COUNTERFACTUAL_COLOUR = "#8c8c8c"
# Okabe and Ito's colours for every kind of colour vision; their yellow and black, poor on white and beside
# grey, are replaced by an olive and an indigo of Paul Tol's.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8A8B1C", "#332288")
WIDTH = 9.5  # inches
MARGIN = 0.3
GAP_ABOVE = 0.12  # inches between the subtitle and what is drawn
TITLE, SUBTITLE, LABEL, SMALL, FOOTER = 13.0, 9.5, 10.0, 8.5, 8.0  # points
LINE = 1.35  # line height over font size
ASCENT = 1.05  # from the upper edge of a line to its foot, over font size

_drawing = threading.RLock()  # Matplotlib's settings belong to the process, so one figure is drawn at a time


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the report's own style, whatever the user's settings are; one thread at a time."""
    with _drawing, matplotlib.style.context(["default", SHEET]):
        yield


def colour(index: int) -> str:
    """Return the colour of the allocation at that place in the scenario."""
    return COLOURS[index % len(COLOURS)]


@cache
def _ruler() -> TextToPath:
    return TextToPath()


@lru_cache(maxsize=10_000)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text in inches."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    width, _height, _descent = _ruler().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


def text_height(lines: int, size: float) -> float:
    """Return the height of so many lines of text in inches."""
    return lines * size * LINE / 72


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width` inches, inside a word only where the word is wider."""
    lines = [""]
    for word in text.split(" "):
        for piece in _pieces(word, width, size, bold):
            longer = f"{lines[-1]} {piece}".lstrip(" ")
            if lines[-1] and text_width(longer, size, bold=bold) > width:
                lines.append(piece)
            else:
                lines[-1] = longer
    return lines


def shorten(lines: list[str], most: int) -> list[str]:
    """Return the first `most` lines, with an ellipsis if there are more."""
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1].rstrip(" ,.;:") + "…"]


def _pieces(word: str, width: float, size: float, bold: bool) -> list[str]:
    """Break a word that is wider than the line into parts that are not."""
    if text_width(word, size, bold=bold) <= width:
        return [word]
    parts = [""]
    for letter in word:
        if parts[-1] and text_width(parts[-1] + letter, size, bold=bold) > width:
            parts.append("")
        parts[-1] += letter
    return parts


class Titled(Figure):
    """A figure that knows its texts, so that they can stand beside it too.

    Attributes
    ----------
    title, subtitle : str
        The message, and what is drawn.
    top : float
        Upper edge of what lies below these, inches from the foot of the figure.
    """

    title = subtitle = ""
    top = 0.0


@dataclass(frozen=True)
class Page:
    """A figure with its texts in place, and the free rectangle between them, in inches from below left."""

    figure: Figure
    left: float
    bottom: float
    width: float
    height: float

    def inches(self, x: float, y: float) -> tuple[float, float]:
        """Return the figure coordinates of a place given in inches inside the free rectangle."""
        size = self.figure.get_size_inches()
        return (self.left + x) / float(size[0]), (self.bottom + y) / float(size[1])

    def rectangle(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Return left, bottom, width, height in figure coordinates of a rectangle given in inches."""
        size = self.figure.get_size_inches()
        return (*self.inches(x, y), width / float(size[0]), height / float(size[1]))

    def text(self, x: float, y: float, lines: list[str], size: float, *, bold: bool = False, ink: str = INK) -> None:
        """Write lines with their upper left corner at a place given in inches."""
        for place, line in enumerate(lines):
            self.figure.text(
                *self.inches(x, y - (place * LINE + ASCENT) * size / 72), line, size=size, color=ink,
                weight="bold" if bold else "normal", ha="left", va="baseline",
            )  # fmt: skip

    def right(self, x: float, y: float, text: str, size: float, *, bold: bool = False, ink: str = INK) -> None:
        """Write one line with its right end and its foot at a place given in inches."""
        if text:
            self.figure.text(
                *self.inches(x, y), text, size=size, color=ink, weight="bold" if bold else "normal",
                ha="right", va="baseline",
            )  # fmt: skip

    def line(self, places: list[tuple[float, float]], ink: str) -> None:
        """Draw a thin line through places given in inches."""
        xs, ys = zip(*(self.inches(x, y) for x, y in places), strict=True)
        self.figure.add_artist(Line2D(xs, ys, color=ink, linewidth=0.8))

    def bar(self, x: float, y: float, width: float, height: float, ink: str) -> None:
        """Fill a rectangle given in inches."""
        left, bottom, *size = self.rectangle(x, y, width, height)
        self.figure.add_artist(Rectangle((left, bottom), *size, facecolor=ink, edgecolor="none"))


def open_page(source: Origin, title: str, subtitle: str, height: float, *, width: float = WIDTH) -> Page:
    """Start a figure: message, what is drawn, footer, and a body of `height` inches between them."""
    column = width - 2 * MARGIN
    head = wrap(title, column, TITLE, bold=True)
    sub = wrap(subtitle, column, SUBTITLE)
    foot = wrap(footer(source), column, FOOTER)
    above = MARGIN + text_height(len(head), TITLE) + 0.06 + text_height(len(sub), SUBTITLE) + GAP_ABOVE
    below = 0.2 + text_height(len(foot), FOOTER) + 0.1
    figure = Titled(figsize=(width, above + height + below))
    figure.title, figure.subtitle, figure.top = title, subtitle, below + height + GAP_ABOVE - 0.02
    page = Page(figure, MARGIN, below, column, height)
    top = height + above - MARGIN
    page.text(0, top, head, TITLE, bold=True)
    page.text(0, top - text_height(len(head), TITLE) - 0.06, sub, SUBTITLE, ink=SOFT)
    page.text(0, -0.1, foot, FOOTER, ink=SOFT)
    return page


def footer(source: Origin) -> str:
    """Say where the figure comes from."""
    return _("{scenario}  ·  replications n = {n}  ·  seed {seed}  ·  auylsim {version}").format(
        scenario=pick(source.scenario.title), n=number(source.n), seed=source.seed, version=__version__
    )


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG, without dates and versions: equal data give equal bytes.

    Raises
    ------
    RunError
        If they cannot be written.
    """
    png, svg = io.BytesIO(), io.BytesIO()
    quick = {"compress_level": 3}  # lines and flat areas get no smaller with more
    figure.savefig(png, format="png", dpi=200, metadata={"Software": None}, pil_kwargs=quick)
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    files = {folder / f"{name}.png": png, folder / f"{name}.svg": svg}
    with telling(folder):
        for file, written in files.items():
            put(file, written.getvalue())
    return list(files)


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move places on a line apart to at least `gap` and into [low, high], each as little as that allows.

    Parameters
    ----------
    wanted : list of float
        Places, in any order; NaN stays where it is.
    gap, low, high : float
        In the same unit. If they do not fit, the gap shrinks.
    """
    order = sorted((i for i, place in enumerate(wanted) if math.isfinite(place)), key=lambda i: wanted[i])
    gap = min(gap, (high - low) / max(len(order) - 1, 1))
    placed = list(wanted)
    groups: list[list[int]] = []
    starts: list[float] = []
    for i in order:
        groups.append([i])
        starts.append(_start([wanted[i]], gap, low, high))
        while len(groups) > 1 and starts[-2] + gap * len(groups[-2]) > starts[-1]:
            groups[-2:] = [groups[-2] + groups[-1]]
            starts[-2:] = [_start([wanted[j] for j in groups[-1]], gap, low, high)]
    for group, start in zip(groups, starts, strict=True):
        for place, i in enumerate(group):
            placed[i] = start + place * gap
    return placed


def _start(wanted: list[float], gap: float, low: float, high: float) -> float:
    """Return where a row of neighbours starts so that they lie on average where they want to."""
    middle = sum(place - i * gap for i, place in enumerate(wanted)) / len(wanted)
    return min(max(middle, low), high - gap * (len(wanted) - 1))
