"""The report of a run, as files."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from sim.analysis.sensitivity.ranks import ROWS_EACH
from sim.analysis.source import reference_of, splits
from sim.api import sensitivities
from sim.experiment.disk import refuse_target
from sim.i18n import _, pick
from sim.report.document import build, file, page
from sim.report.document.basis import Analysis
from sim.report.document.opening import contests
from sim.report.figures import speaking
from sim.report.files import placed
from sim.report.text import number
from sim.scenario import RESERVED
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    from sim.api.results import Results

_log = logging.getLogger(__name__)

PAGE, WORD = ".html", ".docx"
NAME = "report" + PAGE
_MEASURES = ("rho", "s1")


class Options(TypedDict, total=False):
    """How a report is made.

    Attributes
    ----------
    docx : bool
        Write a Word file too.
    force : bool
        Write over files that exist; of these, only `report.html` in the run's folder is not refused otherwise.
    sensitivity : str, Path or Results
        A run or a sweep that says what the answer hangs on; by default the run itself.
    reference : str
        The allocation that differences are taken to, beside those to no programme; by default "current" or the first.
    figures : collection of str
        Which figures to draw, by name; by default all. Each takes about a second.
    """

    docx: bool
    force: bool
    sensitivity: str | Path | Results | None
    reference: str | None
    figures: Collection[str] | None


def report(results: Results, out: str | Path | None, *, lang: str | None, **options: Unpack[Options]) -> list[Path]:
    """Write the report of a run; see `sim.api.Results.report`."""
    reference, docx = options.get("reference"), options.get("docx", False)
    chosen = reference or (reference_of(results) if len(splits(results)) > 1 else RESERVED)
    refuse_unknown(_("there is no allocation {name}; there are {known}"), chosen, results.allocations)
    target = Path(out) if out else results.folder / NAME
    word = [target.with_suffix(WORD)] if docx else []
    if out:
        refuse_target([target, *word], PAGE, force=options.get("force", False))
    elif docx:  # the page in the run's folder is the program's own, a Word file may have been written on
        refuse_target(word, WORD, force=options.get("force", False))
    with speaking(lang):
        analyses, lack = analysed(results, options.get("sensitivity"))
        _log.info(_("Drawing all figures takes a minute or two."))
        document = build(
            results,
            reference=chosen,
            analyses=analyses,
            lack=lack,
            stopping=results.stopping(),
            figures=options.get("figures"),
        )
        written = {target: page(document).encode()}
        if docx:
            written[word[0]] = file(document)
    for place, content in written.items():
        with placed(place) as unfinished:
            unfinished.write_bytes(content)
    return list(written)


def analysed(results: Results, other: str | Path | Results | None) -> tuple[list[Analysis], str]:
    """Return what the answer hangs on, and if that is not known, why.

    Parameters
    ----------
    results : Results
        The run itself, looked at where `other` is None.
    other : str, Path or Results, optional
        A run or a sweep, as `sim.open_results` takes it.
    """
    from sim.api import open_results

    source = results if other is None else open_results(other) if isinstance(other, str | Path) else other
    found = contests(source if source.design is None else results)
    if not found:
        return [], _("This run has recorded none of the main outcomes.")
    if other is None:
        if results.n < ROWS_EACH:
            text = _(
                "A run of {n} replications is too small to tell: {least} or more are needed, and some hundreds to tell "
                "much. Run more, or name a run or sweep with `--sensitivity`."
            )
            return [], text.format(n=number(results.n), least=ROWS_EACH)
        if results.manifest["tables"] != results.tables.digest:
            return [], _("The tables have changed since this run, so that the values of its parameters are not known.")
    origin = "" if source.folder.resolve() == results.folder.resolve() else _origin(source)
    asked = [one.outcome.name for one in found]
    gain, first = reference_of(source), [one.split for one in found[0].standings[:2]]
    tables = sensitivities.sensitivity(source, asked, gain, RESERVED, _MEASURES)
    analyses = [Analysis(_("How large the gain is"), source, tables, gain, RESERVED, origin)]
    if source.design is None and len(first) > 1:
        tables = sensitivities.sensitivity(source, asked[:1], first[0], first[1], _MEASURES)
        analyses.append(
            Analysis(_("Which of the first two splits is ahead"), source, tables, first[0], first[1], origin)
        )
    return analyses, ""


def _origin(source: Results) -> str:
    """Say what an analysis is of, since readers would take it for the report's own run."""
    text = _("**This is of another run** than the rest of the report: «{title}», inputs {inputs}.")
    title = pick(source.scenario.title) or source.scenario.name
    return text.format(title=title, inputs=source.manifest["inputs"][:8])
