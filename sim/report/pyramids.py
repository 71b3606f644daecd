"""Animals by sex and stage at the end: a pyramid of each species, with and without the programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from sim.analysis.source import COUNTERFACTUAL, PAIR, failures, paired, pairs_of, reference_of, splits, wide
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import MINUS, allocation_label, kind_labels, number, percent, species_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sim.analysis.source import Source

COLUMNS = ("head", "head_start")
STAGES = ("juvenile", "subadult", "adult")  # from below
SEXES = ("male", "female")  # from the left
ROW = 0.26  # inches for a stage
TICKS = 0.3  # inches for the ticks below a panel
GAP = 0.1  # inches between panels
SPACE = 0.12  # inches between texts and bars


class Kinds(NamedTuple):
    """Medians over the replications, thousand head and percent, shape (species, 2, 3) by sex and stage."""

    own: NDArray[np.float64]  # under the reference at the end
    without: NDArray[np.float64]  # without a programme at the end
    start: NDArray[np.float64]
    change: NDArray[np.float64]  # since the start under the reference
    change_without: NDArray[np.float64]
    sums: NDArray[np.float64]  # of all sexes and stages, shape (species, 3): as the first three


class Names(NamedTuple):
    """The texts beside the bars."""

    stages: list[str]
    changes: list[list[list[str]]]  # by species, sex and stage


def herd_pyramids(source: Source) -> Figure:
    """Draw the animals of every species by sex and stage at the end, beside those of no programme and of the start."""
    kinds, reference = _kinds(source), reference_of(source)
    label, ink = allocation_label(source.scenario, reference), style.colour(splits(source).index(reference))
    species = source.tables.entities("herd")
    subtitle = _(
        "Head at the end of {year}, medians: bars {allocation}, outline no programme, stroke the start. Numbers: "
        "median change since the start, without a programme in brackets. Growing: females before their first young, "
        "males that are being fattened."
    ).format(year=_last_year(source), allocation=label)
    above = style.text_height(1, style.SUBTITLE) + style.text_height(2, style.SMALL) + 0.04
    step = above + ROW * len(STAGES) + TICKS + GAP
    page = style.open_page(source, _title(source, kinds, label), subtitle, step * len(species))
    pairs = zip(kinds.change.ravel().tolist(), kinds.change_without.ravel().tolist(), strict=True)
    told = [
        _("{change} ({other})").format(change=percent(own, 1, signed=True), other=percent(other, 1, signed=True))
        for own, other in pairs
    ]
    names = Names([_("Young"), _("Growing"), _("Adult")], np.array(told, object).reshape(kinds.change.shape).tolist())
    for place, one in enumerate(species):
        top = page.height - place * step
        start, end, other = (number(float(kinds.sums[place, i]), 1) for i in (2, 0, 1))
        sums = _("thousand head; all together {start} at the start, {end} at the end, {other} without a programme")
        page.text(0, top, [species_label(source.tables, one)], style.SUBTITLE, bold=True)
        page.text(0, top - style.text_height(1, style.SUBTITLE), [sums.format(start=start, end=end, other=other)],
                  style.SMALL, ink=style.SOFT)  # fmt: skip
        _panel(page, top - above, np.array([table[place] for table in kinds[:3]]), names, place, ink)
    return page.figure


def _kinds(source: Source) -> Kinds:
    """Read the table of animals."""
    names = ["species", "sex", "stage"]
    reference = reference_of(source)
    values = wide(source, "herds", COLUMNS, [reference, COUNTERFACTUAL], by=[*PAIR, *names])
    failed = pairs_of(failures(source))
    end, start = (paired(values[column], failed) for column in COLUMNS)
    change = 100 * (end / start - 1).replace([np.inf, -np.inf], np.nan)
    head = [end[reference] / 1000, end[COUNTERFACTUAL] / 1000, start[COUNTERFACTUAL] / 1000]
    species = source.tables.entities("herd")
    order = pd.MultiIndex.from_product([species, SEXES, STAGES], names=names)

    def medians(table: pd.Series[float]) -> NDArray[np.float64]:
        found = table.groupby(level=names).median().reindex(order)
        return np.reshape(found.to_numpy(np.float64), (-1, len(SEXES), len(STAGES)))

    def of_sum(table: pd.Series[float]) -> pd.Series[float]:
        sums = table.groupby(level=[*PAIR, "species"]).sum(min_count=1)
        return sums.groupby(level="species").median().reindex(list(species))

    sums = np.array([of_sum(table).to_numpy(np.float64) for table in head]).T
    own, without, at_start = (medians(table) for table in head)
    return Kinds(own, without, at_start, medians(change[reference]), medians(change[COUNTERFACTUAL]), sums)


def _title(source: Source, kinds: Kinds, allocation: str) -> str:
    """Say which animals gain most from the programme."""
    gain = kinds.change - kinds.change_without
    if np.isnan(gain).all():
        return _("Animals by sex and stage: no values")
    species, sex, stage = most = np.unravel_index(np.nanargmax(gain), gain.shape)
    if gain[most] > 0:
        text = _("{species}, {kind}: {change} to the end of {year} under {allocation}, {other} without a programme; no "
                 "other animals gain more (medians)")  # fmt: skip
    else:
        text = _("No animals gain from {allocation} to the end of {year} (medians)")
    return text.format(
        species=species_label(source.tables, source.tables.entities("herd")[species]),
        kind=kind_labels()[SEXES[sex], STAGES[stage]], year=_last_year(source), allocation=allocation,
        change=percent(float(kinds.change[most]), 1, signed=True),
        other=percent(float(kinds.change_without[most]), 1, signed=True),
    )  # fmt: skip


def _panel(page: style.Page, top: float, head: NDArray[np.float64], names: Names, species: int, ink: str) -> None:
    """Draw one pyramid below a place in inches; all have their bars between the same two places.

    Parameters
    ----------
    head : ndarray, shape (3, 2, 3)
        Under the reference, without a programme and at the start, by sex and stage, thousand head.
    """
    left = max(style.text_width(name, style.SMALL) for name in names.stages)
    males, females = (
        max(style.text_width(text, style.SMALL) for one in names.changes for text in one[sex]) for sex in (0, 1)
    )
    x = left + males + 2 * SPACE
    width, tall = page.width - x - females - SPACE, ROW * len(STAGES)
    axes = page.figure.add_axes(page.rectangle(x, top - tall, width, tall))
    for stage, name in enumerate(names.stages):
        foot = top - tall + (stage + 0.5) * ROW - 0.04
        page.right(left, foot, name, style.SMALL)
        page.right(x - SPACE, foot, names.changes[species][0][stage], style.SMALL)
        page.right(page.width, foot, names.changes[species][1][stage], style.SMALL)
        for sex, side in enumerate((-1, 1)):
            own, without, start = (side * head[:, sex, stage]).tolist()
            axes.barh(stage, own, 0.62, color=ink, zorder=2)
            axes.barh(stage, without, 0.62, facecolor="none", edgecolor=style.INK, linewidth=1.0, zorder=3)
            axes.plot([start, start], [stage - 0.44, stage + 0.44], color=style.INK, linewidth=2.2, zorder=4)
    _finish(axes, head, width)
    middle = x + width / 2
    page.right(middle - SPACE, top + 0.05, _("males"), style.SMALL, ink=style.SOFT)
    page.right(middle + SPACE + style.text_width(_("females"), style.SMALL), top + 0.05, _("females"), style.SMALL,
               ink=style.SOFT)  # fmt: skip


def _finish(axes: Axes, head: NDArray[np.float64], width: float) -> None:
    """Give a pyramid its axes, with room for all numbers of head on both sides."""
    limit = 1.05 * float(np.nanmax([0.0, *head.ravel()])) or 1.0
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-0.5, len(STAGES) - 0.5)
    axes.set_yticks([])
    axes.grid(True, axis="x")
    axes.axvline(0, color=style.INK, linewidth=0.9, zorder=5)
    axes.xaxis.set_major_locator(MaxNLocator(max(2, int(width / 0.7)), steps=scales.STEPS))
    axes.xaxis.set_major_formatter(_Mirrored())


class _Mirrored(scales.Plain):
    """Ticks without a sign, since males stand left of zero."""

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all ticks of an axis."""
        return [tick.removeprefix(MINUS) for tick in super().format_ticks(values)]


def _last_year(source: Source) -> int:
    """Return the last year of the run."""
    return int(source.scenario.start[:4]) + source.scenario.years - 1
