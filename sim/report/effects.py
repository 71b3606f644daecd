"""Morris's elementary effects: how large they are on average, and how much they differ from place to place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.errors import InputError
from sim.i18n import _
from sim.report import scales, style
from sim.report.factors import counted, factor_label, headed, labelled, leading
from sim.report.text import difference_unit, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.analysis.source import Source

HEIGHT = 4.2  # inches
WIDEST = 3.5  # inches for the names at the right
LEFT, BELOW = 0.75, 0.55  # inches for ticks and names of the axes
NAMED = 12


def effects(source: Source, table: pd.DataFrame, outcome: str, about: str = "") -> Figure:
    """Draw mean size and spread of the elementary effects of every factor on one outcome.

    Parameters
    ----------
    source : Source
        The run.
    table : DataFrame
        From `sim.analysis.sensitivity.morris`.
    outcome : str
        One of its outcomes. Groups have no spread and are left out: `sim.report.sensitivity.bars` shows them.
    about : str, optional
        Whose outcomes: starts the subtitle.

    Raises
    ------
    InputError
        If there is no factor on its own.
    """
    own = table[table["outcome"] == outcome]
    wide = own.pivot(index="factor", columns="measure", values="value").reindex(columns=["mu", "mu_star", "sigma"])
    wide = wide.dropna().sort_values("mu_star", ascending=False, kind="stable")
    if wide.empty:
        raise InputError(
            _("{outcome}: all factors are groups, whose effects have no spread to draw; draw bars of mu_star instead")
            .format(outcome=outcome)
        )  # fmt: skip
    label, found = labelled(source, outcome)
    scale, decimals = (found.scale, found.decimals) if found else (1.0, 2)
    shown = difference_unit(found) if found else ""
    named = [str(name) for name in wide.index[:NAMED]]
    texts = [style.shorten(style.wrap(factor_label(name), WIDEST, style.SMALL), 1)[0] for name in named]
    right = max(style.text_width(text, style.SMALL) for text in texts) + 0.5
    subtitle = _(
        "Change of the outcome over the whole range of a factor{unit}: mean size (mu*, with its 95 % interval) and "
        "standard deviation over trajectories (sigma) of elementary effects. Near the lower line effects are alike "
        "everywhere; above the upper one they change sign or hang on other factors. {n}."
    ).format(unit=f", {shown}" if shown else "", n=counted(own, what=_("trajectories")))
    page = style.open_page(source, _title(own, label, shown, scale, decimals), headed(about, subtitle), HEIGHT)
    width = page.width - LEFT - right
    axes = page.figure.add_axes(page.rectangle(LEFT, BELOW, width, HEIGHT - BELOW - 0.1))
    star, sigma = (wide[name].to_numpy(np.float64) * scale for name in ("mu_star", "sigma"))
    ends = own[own["measure"] == "mu_star"].set_index("factor").loc[wide.index, ["low", "high"]].to_numpy() * scale
    most_x = 1.05 * max(float(np.nan_to_num(ends).max()), float(star.max())) or 1.0
    most_y = 1.1 * max(float(sigma.max()), 0.4 * most_x)
    axes.set_xlim(0, most_x)
    axes.set_ylim(-0.02 * most_y, most_y)
    axes.grid(True, axis="both")
    for slope, style_of in ((1.0, (0, (5, 2))), (0.1, (0, (1, 2)))):
        axes.plot([0, most_x], [0, slope * most_x], color=style.SOFT, linewidth=0.9, linestyle=style_of, zorder=1)
    axes.hlines(sigma, ends[:, 0], ends[:, 1], color=style.FAINT, linewidth=1.0, zorder=2)
    rises = wide["mu"].to_numpy(np.float64) >= 0
    for up, ink, word in ((True, style.COLOURS[0], _("raises it")), (False, style.COLOURS[3], _("lowers it"))):
        axes.plot(star[rises == up], sigma[rises == up], "o", color=ink, markersize=5, zorder=4, label=word)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=2,
        borderaxespad=0.1,
        frameon=False,
        fontsize=style.SMALL,
        handletextpad=0.2,
    )
    scales.plain_axis(axes.xaxis, 6)
    scales.plain_axis(axes.yaxis, 6)
    axes.set_xlabel(_("mean size of elementary effects, mu*"))
    axes.set_ylabel(_("standard deviation, sigma"))
    _write_names(page, texts, star / most_x, (sigma + 0.02 * most_y) / (1.02 * most_y), width)
    return page.figure


def _write_names(page: style.Page, texts: list[str], x: np.ndarray, y: np.ndarray, width: float) -> None:
    """Write names at the right of the axes, each with a line to its point; x and y are shares of the axes."""
    tall = HEIGHT - BELOW - 0.1
    wanted = [BELOW + float(y[place]) * tall for place in range(len(texts))]
    apart = [height - 0.05 * float(x[place]) for place, height in enumerate(wanted)]  # else lines to equals would cross
    for place, height in enumerate(style.spread(apart, 0.19, BELOW, BELOW + tall)):
        point = (LEFT + float(x[place]) * width, wanted[place])
        page.line([point, (LEFT + width + 0.3, height)], style.FAINT)
        page.text(LEFT + width + 0.34, height + style.text_height(1, style.SMALL) / 2, [texts[place]], style.SMALL)


def _title(table: pd.DataFrame, label: str, shown: str, scale: float, decimals: int) -> str:
    """Say which factor has the largest effect."""
    first = leading(table, "mu_star")
    if first.empty:
        return _("{outcome}: no factor's effect can be told from chance").format(outcome=label)
    row = first.iloc[0]
    return _("{outcome}: {factor} has the largest effect, {value} {unit} on average over its range").format(
        outcome=label, factor=factor_label(str(row["factor"])), value=number(row["value"] * scale, decimals), unit=shown
    )
