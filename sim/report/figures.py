"""The figures by name: which there are, and drawing one or all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim.analysis.source import outcome_of, splits
from sim.errors import InputError, closest
from sim.experiment.disk import telling
from sim.i18n import _, language, set_language
from sim.report import style
from sim.report.balances import PLANTS, WATER, plant_load, water_balance
from sim.report.differences import differences
from sim.report.distributions import distribution
from sim.report.districts import OUTCOME as DISTRICT_OUTCOME
from sim.report.districts import districts
from sim.report.drought import COLUMNS as HAY
from sim.report.drought import hay_in_drought_years
from sim.report.fans import fan
from sim.report.fifths import COLUMNS as FIFTHS
from sim.report.fifths import fifths
from sim.report.funnel import MONEY, STEPS, funnel
from sim.report.herds import SPECIES, herds
from sim.report.money import AMOUNTS, money
from sim.report.overview import GAINS, LINES, overview
from sim.report.pyramids import COLUMNS as HEADS
from sim.report.pyramids import herd_pyramids

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Outcome

ALSO = ("meat_liveweight_t",)
"""Outcomes whose distributions `run` draws beside those of the main ones."""
YEARS = (
    "rural_income_kzt_per_month", "jobs_net", "projects_funded", "loans_disbursed_kzt_nominal", "milk_t",
    "meat_liveweight_t", "cattle_head", "sheep_head", "processed_milk_share", "processed_meat_share",
    "hay_price_kzt_per_t", "water_saving_ha",
)  # fmt: skip


class Drawing(NamedTuple):
    """How to draw a figure, and the columns it cannot do without, by table."""

    draw: Callable[[Source], Figure]
    needs: Mapping[str, Sequence[str]]


SINGLE = {
    "overview": Drawing(overview, {"replications": GAINS, "yearly": LINES, "instruments": AMOUNTS}),
    "differences": Drawing(differences, {}),
    "differences_no_programme": Drawing(partial(differences, to_counterfactual=True), {}),
    "money": Drawing(money, {"instruments": AMOUNTS}),
    "funnel": Drawing(funnel, {"instruments": (*STEPS, *MONEY)}),
    "herds": Drawing(herds, {"yearly": SPECIES}),
    "herd_pyramids": Drawing(herd_pyramids, {"herds": HEADS}),
    "plant_load": Drawing(plant_load, {"yearly": PLANTS}),
    "water_balance": Drawing(water_balance, {"yearly": WATER}),
    "hay_in_drought_years": Drawing(hay_in_drought_years, {"yearly": HAY}),
    "districts": Drawing(districts, {"districts": (DISTRICT_OUTCOME,)}),
    "fifths": Drawing(fifths, {"replications": FIFTHS}),
}
"""The figures that are not of one outcome alone."""


def _of_outcome(source: Source, figure: Callable[[Source, Outcome], Figure], name: str, table: str) -> Figure:
    """Draw the outcome of that name."""
    outcome = outcome_of(source.tables, name, table)
    if outcome is None:
        raise InputError(_("this run has no outcome {name} in {table}").format(name=name, table=table))
    return figure(source, outcome)


def figures(source: Source) -> dict[str, Drawing]:
    """Return all figures by name, whether the run has recorded what they need or not; the overview first."""
    main = [one.name for one in source.tables.outcomes if one.main or one.name in ALSO]
    kinds = (("distribution", distribution, "replications", main), ("years", fan, "yearly", YEARS))
    return SINGLE | {
        f"{kind}_{name}": Drawing(partial(_of_outcome, figure=figure, name=name, table=table), {table: (name,)})
        for kind, figure, table, names in kinds
        for name in names
    }


def _lack(name: str, drawing: Drawing, source: Source) -> str:
    """Say what a run lacks for a figure; nothing if it can be drawn."""
    for table, columns in drawing.needs.items():
        for column in columns:
            if column not in source.recorded(table):
                return _("this run has no outcome {name} in {table}").format(name=column, table=table)
    if name == "differences" and len(splits(source)) < 2:
        return _("this run has only one split, so there are no differences between splits")
    return ""


def available(source: Source) -> list[str]:
    """Return the names of the figures that a run can be drawn in, in the order of `figures`."""
    return [name for name, drawing in figures(source).items() if not _lack(name, drawing, source)]


def draw(name: str, results: Source, lang: str | None = None) -> Figure:
    """Draw one figure.

    Parameters
    ----------
    name : str
        A key of `figures`.
    results : Source
        The run.
    lang : str, optional
        "en", "ru" or "kk"; the current language if None.

    Raises
    ------
    InputError
        If there is no such figure, or the run has not recorded its outcome.
    """
    with speaking(lang):
        drawing = drawable(name, results)
    return settled(partial(drawing.draw, results), lang)


def drawable(name: str, source: Source) -> Drawing:
    """Return how to draw a figure.

    Raises
    ------
    InputError
        If there is no such figure, or the run has not recorded its outcome.
    """
    known = figures(source)
    if name not in known:
        near = closest(name, known)
        hint = _("did you mean {name}?").format(name=near) if near else _("there are: ") + ", ".join(known)
        raise InputError(_("unknown figure {name}; {hint}").format(name=name, hint=hint))
    if lack := _lack(name, known[name], source):
        raise InputError(lack)
    return known[name]


def settled(draw: Callable[[], Figure], lang: str | None = None) -> Figure:
    """Draw a figure to be shown or saved later, outside the report's style.

    Parameters
    ----------
    draw : callable
        Returns the figure.
    lang : str, optional
        "en", "ru" or "kk"; the current language if None.
    """
    with style.styled(), speaking(lang):
        figure = draw()
        figure.draw_without_rendering()  # settles what would be read from Matplotlib's settings later
    return figure


def draw_all(results: Source, folder: Path, lang: str | None = None) -> list[Path]:
    """Draw every figure for which the run has the outcomes, as PNG and SVG.

    Parameters
    ----------
    results : Source
        The run.
    folder : Path
        Where the files go; made if it is missing.
    lang : str, optional
        "en", "ru" or "kk"; the current language if None.

    Returns
    -------
    list of Path
        The files, two a figure, in the order of `figures`. Equal results give equal bytes.
    """
    with telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with style.styled(), speaking(lang):
        for name in available(results):
            files += style.save(figures(results)[name].draw(results), folder, name)
    return files


@contextmanager
def speaking(lang: str | None) -> Iterator[None]:
    """Use a language for a while."""
    before = language()
    set_language(lang or before)
    try:
        yield
    finally:
        set_language(before)
