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

NAMES = 2.9  # inches for the names of the outcomes
NARROW, WIDE = 0.95, 1.7  # inches, the least and the largest width of a cell; with more allocations the page gets wider
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
        From `sim.analysis.compare.compare`.
    """
    table = found.allocations[found.allocations["allocation"] != found.reference]
    names = list(dict.fromkeys(table["allocation"]))
    means, ratios = _by_cell(table, "difference", names), _by_cell(table.assign(_ratio=ratio(table)), "_ratio", names)
    width = min(max((style.WIDTH - 2 * style.MARGIN - NAMES) / len(names), NARROW), WIDE)
    full = max(style.WIDTH, NAMES + width * len(names) + 2 * style.MARGIN)
    labels = [allocation_label(found.together.scenario, name) for name in names]
    heads = [style.shorten(style.wrap(label, width - 0.1, style.SMALL, bold=True), 5) for label in labels]
    above = style.text_height(max(len(head) for head in heads), style.SMALL) + 0.05
    tall = ROW * len(found.outcomes)
    subtitle = _(
        "Mean difference to {reference} with the same luck and parameters, in the unit at the left; in brackets its "
        "ratio to the standard deviation of the difference over replications, which gives the colour."
    ).format(reference=against(found))
    page = style.open_page(found.together, _title(found, ratios, labels), subtitle, above + tall + KEY, width=full)
    for place, head in enumerate(heads):
        page.text(NAMES + place * width + 0.05, page.height, head, style.SMALL, bold=True)
    good = np.array([[direction(outcome)] for outcome in found.outcomes])
    axes = page.figure.add_axes(page.rectangle(NAMES, KEY, width * len(names), tall))
    axes.imshow(_paint(good * ratios), aspect="auto")
    axes.set_axis_off()
    for row, outcome in enumerate(found.outcomes):
        foot = KEY + tall - ROW * row
        page.text(0, foot - 0.05, style.shorten(style.wrap(outcome_label(outcome), NAMES - 0.1, style.SMALL), 1),
                  style.SMALL, bold=False)  # fmt: skip
        unit = style.shorten(style.wrap(difference_unit(outcome), NAMES - 0.1, style.FOOTER), 1)
        page.text(0, foot - 0.05 - style.text_height(1, style.SMALL), unit, style.FOOTER, ink=style.SOFT)
        for column in range(len(names)):
            mean, spread = means[row, column], ratios[row, column]
            if np.isfinite(mean):
                text = f"{shown(outcome, mean, signed=True)}\n({number(spread, 1, signed=True)})"
                axes.text(column, row, text, ha="center", va="center", size=style.SMALL, linespacing=1.15)
    _draw_key(page)
    return page.figure


def ratio(table: pd.DataFrame) -> pd.Series[float]:
    """Return mean differences over their standard deviations; 0 where all replications are equal."""
    spread = table["difference_sd"]
    return (table["difference"] / spread.where(spread > 0)).where(table["difference"] != 0, 0.0)


def _by_cell(table: pd.DataFrame, column: str, names: list[str]) -> Floats:
    """Return a column as (outcomes, allocations), in their order."""
    return table[column].to_numpy(np.float64).reshape(-1, len(names))


def _paint(signed: Floats) -> Floats:
    """Return the colours of cells, white where there is no better side or no ratio."""
    colours = COLOURS(0.5 + np.clip(np.nan_to_num(signed), -FULL, FULL) / FULL / 2)[..., :3]
    return np.asarray(1 - PALE * (1 - colours), dtype=np.float64)


def _draw_key(page: style.Page) -> None:
    """Draw what the colours mean."""
    worse = _("worse")
    wide = style.text_width(worse, style.SMALL)
    page.text(NAMES, 0.25, [worse], style.SMALL)
    axes = page.figure.add_axes(page.rectangle(NAMES + wide + 0.1, 0.1, 1.6, 0.15))
    axes.imshow(_paint(np.linspace(-FULL, FULL, 33)[None, :]), aspect="auto")
    axes.set_axis_off()
    key = _("better; full colour from {full} standard deviations on").format(full=number(FULL))
    page.text(NAMES + wide + 1.8, 0.25, [key], style.SMALL)


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
