"""Figures of a run as small pictures of few colours, whose message and subtitle stand beside them as text."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from matplotlib.transforms import Bbox
from PIL import Image

from sim.report import style
from sim.report.document.model import Picture
from sim.report.figures import available, draw, drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

DPI = 200  # at fewer dots, texts are wider than the page reckons with
SMALLER, COLOURS = 0.72, 64
"""Of the dots' number along each side, and how many colours are kept: sharp in print, and the file stays small."""
WHITE = 250  # few colours blur it a little


class Gallery:
    """The figures of a run, drawn when they are asked for.

    Parameters
    ----------
    source : Source
        The run.
    only : collection of str, optional
        Names of figures to draw; by default all that the run has the outcomes for.

    Raises
    ------
    InputError
        If the run cannot be drawn in one of these.
    """

    def __init__(self, source: Source, only: Collection[str] | None = None) -> None:
        self.source = source
        for name in only or ():
            drawable(name, source)
        self.names = [name for name in available(source) if only is None or name in only]

    def of(self, names: Iterable[str]) -> tuple[Picture, ...]:
        """Draw the figures of these names, those that there are."""
        return tuple(picture(draw(name, self.source), self.source) for name in names if name in self.names)

    def like(self, beginning: str) -> list[str]:
        """Return the names that begin so."""
        return [name for name in self.names if name.startswith(beginning)]


def picture(figure: Figure, source: Source) -> Picture:
    """Return a figure as a picture: the same figure gives the same bytes."""
    assert isinstance(figure, style.Titled)
    page = io.BytesIO()
    below = Bbox.from_extents(0, 0, float(figure.get_size_inches()[0]), figure.top)
    with style.styled():
        figure.savefig(page, format="png", dpi=DPI, bbox_inches=below)
    image = Image.open(page).convert("RGB")
    size = round(image.width * SMALLER), round(image.height * SMALLER)
    image = image.resize(size, Image.Resampling.LANCZOS)
    image = image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    image.putpalette([level if level < WHITE else 255 for level in image.getpalette() or ()])  # the page is white
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    return Picture(figure.title, figure.subtitle, style.footer(source), small.getvalue(), *size)
