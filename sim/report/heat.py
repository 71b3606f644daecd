"""All allocations and outcomes at a glance: by how much each is better or worse than the reference, for its spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from sim.analysis.compare import direction
from sim.i18n import _
from sim.report import style
from sim.report.forest import BETTER, WORSE, against
from sim.report.text import allocation_label, difference_unit, number, outcome_label, shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.compare import Comparison

    Floats = NDArray[np.float64]

NAMES = 3.4  # inches at most for the names of the outcomes
NARROW, BROKEN, WIDE = 0.85, 1.5, 1.8  # inches: a cell is at least that wide; breaks wider words; is at most that wide
ROW = 0.42  # inches, height of a cell
KEY = 0.45  # inches for the key of the colours
FULL = 2.0  # standard deviations at which the colour is full
PALE = 0.7  # the full colours are mixed with white, so that numbers can be read on them
COLOURS = LinearSegmentedColormap.from_list("better", [WORSE, "#ffffff", BETTER])


def heat(found: Comparison) -> Figure:
    """Draw a cell for each outcome and allocation: the mean difference, and its ratio to its standard deviation.

    Parameters
    ----------
    found : Comparison
        From `sim.analysis.compare.compare_together`.
    """
    table = found.allocations[found.allocations["allocation"] != found.reference]
    names = list(dict.fromkeys(table["allocation"]))
    means, ratios = _by_cell(table, "difference", names), _by_cell(table.assign(_ratio=ratio(table)), "_ratio", names)
    labels = [allocation_label(found.together.scenario, name) for name in names]
    abouts = [(outcome_label(outcome), difference_unit(outcome)) for outcome in found.outcomes]
    left = min(NAMES, 0.15 + max(style.text_width(text, style.SMALL) for about in abouts for text in about))
    word = max(style.text_width(word, style.SMALL, bold=True) for label in labels for word in label.split()) + 0.12
    room = (style.WIDTH - 2 * style.MARGIN - left) / len(names)
    width = min(max(room, min(word, BROKEN), NARROW), WIDE)
    full = max(style.WIDTH, left + width * len(names) + 2 * style.MARGIN)
    heads = [style.shorten(style.wrap(label, width - 0.1, style.SMALL, bold=True), 7) for label in labels]
    above = style.text_height(max(len(head) for head in heads), style.SMALL) + 0.05
    tall = ROW * len(found.outcomes)
    subtitle = _(
        "Mean difference to {reference} with the same luck and parameters, in the unit at the left; in brackets its "
        "ratio to the standard deviation of the difference over replications, which gives the colour."
    ).format(reference=against(found))
    page = style.open_page(found.together, _title(found, ratios, labels), subtitle, above + tall + KEY, width=full)
    for place, head in enumerate(heads):
        page.text(left + place * width + 0.05, page.height, head, style.SMALL, bold=True)
    good = np.array([[direction(outcome)] for outcome in found.outcomes])
    axes = page.figure.add_axes(page.rectangle(left, KEY, width * len(names), tall))
    axes.imshow(_paint(good * ratios), aspect="auto")
    axes.set(xticks=[], yticks=[])
    axes.set_axis_off()
    for row, (outcome, about) in enumerate(zip(found.outcomes, abouts, strict=True)):
        _write_name(page, KEY + tall - ROW * row - 0.05, about, left)
        for column, (mean, spread) in enumerate(zip(means[row], ratios[row], strict=True)):
            if np.isfinite(mean):
                text = f"{shown(outcome, mean, signed=True)}\n({number(spread, 1, signed=True)})"
                axes.text(column, row, text, ha="center", va="center", size=style.SMALL, linespacing=1.15)
    _draw_key(page, left)
    return page.figure


def ratio(table: pd.DataFrame) -> pd.Series[float]:
    """Return mean differences over their standard deviations; where there is no difference at all, 0."""
    return (table["difference"] / table["difference_sd"]).where(table["difference"] != 0, 0.0)


def _by_cell(table: pd.DataFrame, column: str, names: list[str]) -> Floats:
    """Return a column as (outcomes, allocations), in their order."""
    return table[column].to_numpy(np.float64).reshape(-1, len(names))


def _paint(signed: Floats) -> Floats:
    """Return the colours of cells, white where there is no better side or no ratio."""
    colours = COLOURS(0.5 + np.clip(np.nan_to_num(signed), -FULL, FULL) / FULL / 2)[..., :3]
    return np.asarray(1 - PALE * (1 - colours), dtype=np.float64)


def _write_name(page: style.Page, top: float, about: tuple[str, str], width: float) -> None:
    """Write the name of an outcome over its unit."""
    for line, (text, ink) in enumerate(zip(about, (style.INK, style.SOFT), strict=True)):
        fitting = style.shorten(style.wrap(text, width - 0.1, style.SMALL), 1)
        page.text(0, top - line * style.text_height(1, style.SMALL), fitting, style.SMALL, ink=ink)


def _draw_key(page: style.Page, left: float) -> None:
    """Draw what the colours mean."""
    worse = _("worse")
    wide = style.text_width(worse, style.SMALL)
    page.text(left, 0.25, [worse], style.SMALL)
    axes = page.figure.add_axes(page.rectangle(left + wide + 0.1, 0.1, 1.6, 0.15))
    axes.imshow(_paint(np.linspace(-FULL, FULL, 33)[None, :]), aspect="auto")
    axes.set(xticks=[], yticks=[])
    axes.set_axis_off()
    key = _("better; full colour from {full} standard deviations on").format(full=number(FULL))
    page.text(left + wide + 1.8, 0.25, [key], style.SMALL)


def _title(found: Comparison, ratios: Floats, labels: list[str]) -> str:
    """Say where the largest gain and the largest loss are, for their spread."""
    good = np.array([[direction(outcome)] for outcome in found.outcomes])
    ahead = np.nan_to_num(good * ratios)
    (most, best), (least, worst) = (divmod(int(place), len(labels)) for place in (ahead.argmax(), ahead.argmin()))
    words = {
        "reference": against(found), "gain": outcome_label(found.outcomes[most]), "best": labels[best],
        "loss": outcome_label(found.outcomes[least]), "worst": labels[worst],
    }  # fmt: skip
    if ahead.max() > 0 > ahead.min():
        text = _("Against {reference}, the clearest gain: {gain} under {best}; the clearest loss: {loss} under {worst}")
    elif ahead.max() > 0:
        text = _("Against {reference}, the clearest gain: {gain} under {best}; no loss")
    elif ahead.min() < 0:
        text = _("Against {reference}, the clearest loss: {loss} under {worst}; no gain")
    else:
        text = _("No outcome is better or worse than under {reference}")
    return text.format(**words)
