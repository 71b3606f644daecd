"""From a scenario to the study that is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.i18n import _
from sim.scenario import Scenario, tables_for
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    from sim.experiment.study import Study


def study_for(scenario: Scenario, engine: str) -> Study:
    """Return a scenario as the study that is run.

    Raises
    ------
    InputError
        If there is no such engine, numbers of the scenario are impossible together, or an outcome cannot have a target.
    """
    from sim.analysis.targets import targets_of
    from sim.engine.simulation import ENGINES
    from sim.experiment.study import Study

    refuse_unknown(_("there is no engine {name}; there are {known}"), engine, ENGINES)
    targets_of(scenario, tables_for(scenario))
    return Study(scenario, engine)
