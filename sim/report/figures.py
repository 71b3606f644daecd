"""The figures by name: which there are, and drawing one or all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sim.analysis.source import outcome_of
from sim.errors import InputError, closest
from sim.i18n import _, language, set_language
from sim.report import style
from sim.report.distributions import distribution
from sim.report.fans import fan
from sim.report.money import money

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sim.analysis.source import Source
    from sim.data import Outcome

DISTRIBUTIONS = (
    "rural_income_kzt_per_month", "jobs_net", "milk_t", "meat_liveweight_t", "livestock_units",
    "processed_milk_share", "processed_meat_share", "water_saving_ha", "enpv_kzt", "default_rate",
)  # fmt: skip
YEARS = (
    "rural_income_kzt_per_month", "jobs_net", "projects_funded", "loans_disbursed_kzt_nominal", "milk_t",
    "meat_liveweight_t", "cattle_head", "sheep_head", "processed_milk_share", "processed_meat_share",
    "hay_price_kzt_per_t", "water_saving_ha",
)  # fmt: skip


def _registered(source: Source, name: str, table: str) -> Outcome:
    """Return an outcome that the run has recorded in `replications` or `yearly`."""
    outcome = outcome_of(source.tables, name, table)
    if outcome is None or name not in source.recorded(table):
        raise InputError(_("this run has no outcome {name} in {table}").format(name=name, table=table))
    return outcome


def _distribution(source: Source, name: str) -> Figure:
    """Draw the distribution of the outcome of that name."""
    return distribution(source, _registered(source, name, "replications"))


def _fan(source: Source, name: str) -> Figure:
    """Draw the outcome of that name over the years."""
    return fan(source, _registered(source, name, "yearly"))


FIGURES: dict[str, Callable[[Source], Figure]] = {
    **{f"distribution_{name}": partial(_distribution, name=name) for name in DISTRIBUTIONS},
    "money": money,
    **{f"years_{name}": partial(_fan, name=name) for name in YEARS},
}


def available(source: Source) -> list[str]:
    """Return the names of the figures whose outcomes the run has recorded, in the order of `FIGURES`."""
    overall, yearly = source.recorded("replications"), source.recorded("yearly")
    missing = {f"distribution_{name}" for name in DISTRIBUTIONS if name not in overall}
    missing |= {f"years_{name}" for name in YEARS if name not in yearly}
    return [name for name in FIGURES if name not in missing]


def draw(name: str, results: Source, lang: str | None = None) -> Figure:
    """Draw one figure.

    Parameters
    ----------
    name : str
        A key of `FIGURES`.
    results : Source
        The run.
    lang : str, optional
        "en", "ru" or "kk"; the current language if None.

    Raises
    ------
    InputError
        If there is no such figure, or the run has not recorded its outcome.
    """
    if name not in FIGURES:
        near = closest(name, FIGURES)
        hint = _("did you mean {name}?").format(name=near) if near else _("there are: ") + ", ".join(FIGURES)
        raise InputError(_("unknown figure {name}; {hint}").format(name=name, hint=hint))
    with style.styled(), _speaking(lang):
        figure = FIGURES[name](results)
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
        The files, two a figure, in the order of `FIGURES`. Equal results give equal bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    with style.styled(), _speaking(lang):
        for name in available(results):
            files += style.save(FIGURES[name](results), folder, name)
    return files


@contextmanager
def _speaking(lang: str | None) -> Iterator[None]:
    """Use a language for a while."""
    before = language()
    set_language(lang or before)
    try:
        yield
    finally:
        set_language(before)
