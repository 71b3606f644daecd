"""Animals by sex and stage at the end: a pyramid of each species, with and without the programme."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from sim.analysis.source import COUNTERFACTUAL, PAIR, failures, paired, pairs_of, reference_of, splits, wide
from sim.i18n import _
from sim.report import scales, style
from sim.report.text import MINUS, MISSING, allocation_label, kind_labels, number, species_label

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
    """Medians over the replications, shape (species, 2, 3) by sex and stage: thousand head, and changes in percent."""

    own: NDArray[np.float64]  # under the reference at the end
    without: NDArray[np.float64]  # without a programme at the end
    start: NDArray[np.float64]
    change: NDArray[np.float64]  # since the start under the reference
    change_without: NDArray[np.float64]


def herd_pyramids(source: Source) -> Figure:
    """Draw the animals of every species by sex and stage at the end, beside those of no programme and of the start."""
    kinds, reference = _kinds(source), reference_of(source)
    label, ink = allocation_label(source.scenario, reference), style.colour(splits(source).index(reference))
    species = source.tables.entities("herd")
    subtitle = _(
        "Head at the end of {year}, medians: bars {allocation}, outline no programme, stroke the start. Numbers: "
        "change since the start, without a programme in brackets. Growing: females before their first young, males "
        "that are being fattened."
    ).format(year=_last_year(source), allocation=label)
    above = style.text_height(1, style.SUBTITLE) + style.text_height(2, style.SMALL) + 0.04
    step = above + ROW * len(STAGES) + TICKS + GAP
    page = style.open_page(source, _title(source, kinds, label), subtitle, step * len(species))
    for place, one in enumerate(species):
        top = page.height - place * step
        page.text(0, top, [species_label(source.tables, one)], style.SUBTITLE, bold=True)
        sums = [_sums(kinds, place)]
        page.text(0, top - style.text_height(1, style.SUBTITLE), sums, style.SMALL, ink=style.SOFT)
        _panel(page, top - above, Kinds(*(table[place] for table in kinds)), ink)
    return page.figure


def _kinds(source: Source) -> Kinds:
    """Read the table of animals."""
    names = ["species", "sex", "stage"]
    reference = reference_of(source)
    values = wide(source, "herds", COLUMNS, [reference, COUNTERFACTUAL], by=[*PAIR, *names])
    failed = pairs_of(failures(source))
    end, start = (paired(values[column], failed) for column in COLUMNS)
    change = 100 * (end / start - 1).replace([np.inf, -np.inf], np.nan)
    order = pd.MultiIndex.from_product([source.tables.entities("herd"), SEXES, STAGES], names=names)

    def medians(table: pd.DataFrame, allocation: str) -> NDArray[np.float64]:
        found = table[allocation].groupby(level=names).median().reindex(order)
        return found.to_numpy(np.float64).reshape(-1, len(SEXES), len(STAGES))

    return Kinds(
        medians(end / 1000, reference), medians(end / 1000, COUNTERFACTUAL), medians(start / 1000, COUNTERFACTUAL),
        medians(change, reference), medians(change, COUNTERFACTUAL),
    )  # fmt: skip


def _title(source: Source, kinds: Kinds, allocation: str) -> str:
    """Say which animals gain most over no programme."""
    if np.isnan(kinds.change).all():
        return _("Animals by sex and stage: no values")
    gain = np.where(np.isnan(kinds.change - kinds.change_without), -np.inf, kinds.change - kinds.change_without)
    species, sex, stage = most = np.unravel_index(int(gain.argmax()), gain.shape)
    growth = float(kinds.change[most])
    text = _("{species}, {kind}: {change} to the end of {year} under {allocation}, without a programme {other}: no "
             "animals gain more from it (medians)")  # fmt: skip
    return text.format(
        species=species_label(source.tables, source.tables.entities("herd")[species]),
        kind=kind_labels()[SEXES[sex], STAGES[stage]], year=_last_year(source), allocation=allocation,
        change=_percent(growth), other=_percent(float(kinds.change_without[most])),
    )  # fmt: skip


def _sums(kinds: Kinds, species: int) -> str:
    """Say what there is of a species in all."""
    start, own, without = (
        number(float(table[species].sum()), 1) for table in (kinds.start, kinds.own, kinds.without)
    )  # fmt: skip
    return _("thousand head; all together {start} at the start, {end} at the end, {other} without a programme").format(
        start=start, end=own, other=without
    )


def _panel(page: style.Page, top: float, kinds: Kinds, ink: str) -> None:
    """Draw one pyramid below a place in inches: names of stages, numbers of males, bars, numbers of females."""
    names = [_("Young"), _("Growing"), _("Adult")]
    texts = [[_told(kinds, sex, stage) for stage in range(len(STAGES))] for sex in range(len(SEXES))]
    left, males, females = (max(style.text_width(text, style.SMALL) for text in column) for column in (names, *texts))
    x = left + males + 2 * SPACE
    width, tall = page.width - x - females - SPACE, ROW * len(STAGES)
    axes = page.figure.add_axes(page.rectangle(x, top - tall, width, tall))
    for stage, name in enumerate(names):
        foot = top - tall + (stage + 0.5) * ROW - 0.04
        page.right(left, foot, name, style.SMALL)
        page.right(x - SPACE, foot, texts[0][stage], style.SMALL)
        page.right(page.width, foot, texts[1][stage], style.SMALL)
        for sex, side in enumerate((-1, 1)):
            own, without, start = (side * float(table[sex, stage]) for table in kinds[:3])
            axes.barh(stage, own, 0.62, color=ink, zorder=2)
            axes.barh(stage, without, 0.62, facecolor="none", edgecolor=style.INK, linewidth=1.0, zorder=3)
            axes.plot([start, start], [stage - 0.44, stage + 0.44], color=style.INK, linewidth=2.2, zorder=4)
    _finish(axes, np.array(kinds[:3]), width)
    middle = x + width / 2
    page.right(middle - SPACE, top + 0.05, _("males"), style.SMALL, ink=style.SOFT)
    page.right(middle + SPACE + style.text_width(_("females"), style.SMALL), top + 0.05, _("females"), style.SMALL,
               ink=style.SOFT)  # fmt: skip


def _told(kinds: Kinds, sex: int, stage: int) -> str:
    """Write the change since the start, in brackets that without a programme."""
    own, other = (_percent(float(table[sex, stage])) for table in (kinds.change, kinds.change_without))
    return _("{change} ({other})").format(change=own, other=other)


def _percent(change: float) -> str:
    """Write a change in percent."""
    text = number(change, 1, signed=True)
    return text if text == MISSING else text + "\u2009%"


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
