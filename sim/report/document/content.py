"""Building a report from a run, in the current language."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from sim import __version__
from sim.analysis.source import COUNTERFACTUAL
from sim.i18n import _, language, pick
from sim.report.document import basis, numbers, opening
from sim.report.document.model import Document
from sim.report.document.pictures import Gallery
from sim.report.tables import failed_told
from sim.report.text import number

if TYPE_CHECKING:
    import pandas as pd

    from sim.report.document.basis import Analysis
    from sim.report.workbook import Run


def build(
    run: Run,
    *,
    reference: str,
    analyses: Sequence[Analysis] = (),
    lack: str = "",
    stopping: pd.DataFrame,
    figures: Collection[str] | None = None,
) -> Document:
    """Return the report of a run.

    Parameters
    ----------
    run : Run
        Of at least one split.
    reference : str
        The allocation that differences are taken to, beside those to no programme.
    analyses : sequence of Analysis
        What the answer hangs on.
    lack : str
        Said where there is no analysis.
    stopping : DataFrame
        From `sim.report.stopping.stopping`.
    figures : collection of str, optional
        Names of figures to draw, of `sim.report.figures.available`; by default all.
    """
    gallery = Gallery(run, figures)
    tables = numbers.summaries(run, reference)
    failed = failed_told(tables[COUNTERFACTUAL], run.scenario)
    assumptions, assumed = basis.assumptions(run, analyses)
    checked, met = basis.checked(run)
    sections = (
        opening.question(run),
        opening.finding(run, opening.contests(run), failed, [*assumed, *met]),
        opening.allocations(run),
        numbers.summary_section(run, gallery, tables),
        numbers.pictures(gallery, "distribution_", "distributions", _("How sure it is: the distributions")),
        numbers.differences(gallery),
        numbers.pictures(gallery, "years_", "years", _("Over the years")),
        numbers.money(run, gallery),
        numbers.single(gallery, "districts", _("The districts"), "districts"),
        numbers.single(gallery, "gains", _("Who gains"), "fifths"),
        numbers.herds(gallery),
        numbers.targets(run),
        checked,
        basis.hangs_on(analyses, lack),
        assumptions,
        basis.not_for(),
        basis.repeating(run, reference, stopping, failed),
    )
    return Document(
        language=language(),
        title=pick(run.scenario.title) or run.scenario.name,
        subtitle=_("Report of a run: {n} replications, seed {seed}, auylsim {version}").format(
            n=number(run.n), seed=run.seed, version=__version__
        ),
        notices=tuple(_notices(run)),
        sections=tuple(section for section in sections if section.blocks),
    )


def _notices(run: Run) -> list[str]:
    """Say what a reader must know before anything else."""
    found = []
    if language() == "kk":
        found.append(_("No native speaker has reviewed the Kazakh of this page yet."))
    if run.manifest["tables"] != run.tables.digest:
        found.append(_("The tables have changed since this run: the assumptions shown are those of today."))
    if run.n < opening.LEAST:
        text = _("A first look: intervals of means need {least} replications, and this run has {n}.")
        found.append(text.format(n=number(run.n), least=number(opening.LEAST)))
    return found
