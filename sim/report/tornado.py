"""The tornado: an outcome with one factor at its low and at its high value, the largest swing above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.i18n import _
from sim.report import scales, style
from sim.report.factors import ROW, Names, counted, factor_label, headed, labelled
from sim.report.text import basis, difference_unit, number, unit, within

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

MOST = 15
TICKS = 0.3
SWING = 0.8  # inches for the numbers at the right
LOW, HIGH = style.COLOURS[5], style.COLOURS[3]


def tornado(source: Source, table: pd.DataFrame, outcome: str, about: str = "") -> Figure:
    """Draw the fifteen factors with the largest swings of one outcome.

    Parameters
    ----------
    source : Source
        The run.
    table : DataFrame
        From `sim.analysis.sensitivity.tornado`.
    outcome : str
        One of its outcomes.
    about : str, optional
        Whose outcomes: starts the subtitle.
    """
    every = table[table["outcome"] == outcome]
    own = every.dropna(subset=["swing"]).iloc[:MOST]
    factors = [str(name) for name in own["factor"]]
    label, found = labelled(source, outcome)
    scale, decimals, shown = (found.scale, found.decimals, unit(found)) if found else (1.0, 2, "")
    names = Names(source.tables, factors)
    head, tall = 0.5, ROW * max(len(own), 1)
    title = _title(own, label, scale, decimals, difference_unit(found) if found else "")
    what = ", ".join(part for part in (label, shown, within(basis(found)) if found else "") if part)
    subtitle = _(
        "{outcome}. Means with one factor at its low or high value and all others central, in the same worlds; lines: "
        "95 % intervals of the paired differences to the central result; numbers: high less low. {n}."
    ).format(outcome=what, n=counted(every, what=_("worlds")))
    page = style.open_page(source, title, headed(about, subtitle), head + tall + TICKS)
    names.write(page, 0, page.height - head)
    width = page.width - names.width - SWING
    axes = page.figure.add_axes(page.rectangle(names.width, TICKS, width, tall))
    _draw(axes, own, scale)
    scales.plain_axis(axes.xaxis, max(2, int(width / 0.8)))
    x = names.width
    for ink, word in ((LOW, _("factor low")), (HIGH, _("factor high"))):
        page.bar(x, page.height - 0.14, 0.14, 0.12, ink)
        page.text(x + 0.2, page.height, [word], style.SMALL)
        x += 0.5 + style.text_width(word, style.SMALL)
    page.right(page.width, page.height - head + 0.06, _("swing"), style.SMALL, ink=style.SOFT)
    for row, swing in enumerate(own["swing"].to_numpy(np.float64) * scale):
        text = number(float(swing), decimals, signed=True)
        page.right(page.width, page.height - head - ROW * (row + 0.5) - 0.04, text, style.SMALL, bold=True)
    return page.figure


def _draw(axes: Axes, table: pd.DataFrame, scale: float) -> None:
    """Draw the bars from the central result; row r stands on height -r."""
    axes.set_yticks([])
    axes.set_ylim(-max(len(table), 1) + 0.5, 0.5)
    axes.grid(True, axis="x")
    if table.empty:
        axes.set_xticks([])
        return
    rows = -np.arange(len(table))
    centre = table["central"].to_numpy(np.float64) * scale
    for side, ink in (("low", LOW), ("high", HIGH)):
        change, *ends = (table[f"{side}_change{end}"].to_numpy(np.float64) * scale for end in ("", "_low", "_high"))
        axes.barh(rows, change, 0.6, left=centre, color=ink, zorder=2)
        axes.hlines(rows + (0.12 if side == "low" else -0.12), centre + ends[0], centre + ends[1], color=style.INK,
                    linewidth=1.0, zorder=4)  # fmt: skip
    axes.vlines(centre, rows - 0.42, rows + 0.42, color=style.INK, linewidth=1.2, zorder=3)
    axes.set_xlim(*scales.room(np.concatenate([axes.get_xlim(), centre]).tolist()))


def _title(table: pd.DataFrame, label: str, scale: float, decimals: int, shown: str) -> str:
    """Say which factor swings the outcome most, and by how much."""
    sure = table[~((table["swing_low"] <= 0.0) & (table["swing_high"] >= 0.0))]
    if sure.empty:
        return _("{outcome}: no factor alone moves it beyond what luck brings about").format(outcome=label)
    row = sure.iloc[0]
    return _("{outcome}: {factor} alone moves it most, by {swing} {unit} from its low to its high value").format(
        outcome=label, factor=factor_label(str(row["factor"])), unit=shown,
        swing=number(row["swing"] * scale, decimals, signed=True),
    )  # fmt: skip
