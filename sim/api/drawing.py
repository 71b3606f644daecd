"""The figures of comparisons, sensitivities and sweeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sim.analysis.compare import Comparison
from sim.analysis.points import factors_in, values_of
from sim.analysis.source import outcome_of
from sim.api import Results
from sim.api.sensitivities import Sensitivity
from sim.errors import InputError
from sim.i18n import _
from sim.scenario import RESERVED
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Drawings = dict[str, Callable[[], Figure]]


def figures(
    found: Comparison | Sensitivity | Results,
    outcomes: Sequence[str] = (),
    *,
    reference: str | None = RESERVED,
    lang: str | None = None,
) -> dict[str, Figure]:
    """Draw what suits a comparison, a sensitivity analysis or a sweep.

    Parameters
    ----------
    found : Comparison, Sensitivity or Results
        What `sim.compare`, `sim.sensitivity` or `sim.sweep` returned.
    outcomes : sequence of str
        Of a sweep, what to draw; of others, what was analysed is drawn.
    reference : str or None, optional
        Of a sweep, the allocation that differences are taken to; None for levels.
    lang : str, optional
        "en", "ru" or "kk"; by default the current language.

    Returns
    -------
    dict of str to Figure
        Of a comparison "compare_differences" and "compare_heat_map"; of a sensitivity analysis one for each measure, or
        outcome; of a sweep one for each outcome.

    Raises
    ------
    InputError
        If an outcome or allocation is unknown, or this is a plain run.
    """
    from sim.report.figures import settled

    if isinstance(found, Comparison):
        drawings = _of_comparison(found)
    elif isinstance(found, Sensitivity):
        drawings = _of_sensitivity(found)
    else:
        drawings = _of_sweep(found, outcomes, reference)
    return {name: settled(draw, lang) for name, draw in drawings.items()}


def _of_comparison(found: Comparison) -> Drawings:
    from sim.report.compared import FIGURES

    return {name: partial(draw, found) for name, draw in FIGURES.items()}


def _of_sweep(results: Results, names: Sequence[str], reference: str | None) -> Drawings:
    from sim.report.sweeps import figure_of

    if results.design is None:
        raise InputError(_("{run} is a plain run: draw it with its method plot").format(run=results.folder))
    if reference is not None:
        refuse_unknown(_("there is no allocation {name}; there are {known}"), reference, results.allocations)
    known = {outcome.name for outcome in results.tables.outcomes}
    for name in names:
        refuse_unknown(_("there is no outcome {name}; docs/outcomes.md lists them"), name, sorted(known))
    chosen = [one for name in names if (one := outcome_of(results.tables, name, "replications"))]
    if not factors_in(results):
        return {}
    values = values_of(results, chosen, results.allocations)
    return {one.outcome.name: partial(figure_of, results, one, reference) for one in values}


def _of_sensitivity(found: Sensitivity) -> Drawings:
    from sim.report.analyses import drawings
    from sim.report.leading import whose_outcomes

    return drawings(found.results, found, whose_outcomes(found.results, found.allocation, found.reference))
