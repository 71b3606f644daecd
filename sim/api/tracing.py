"""One replication told event by event: what became of every project, its dates, its money, its figure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.analysis.digest import digest
from sim.analysis.life import life_of
from sim.analysis.trace import Trace
from sim.analysis.trace import trace as _trace
from sim.api import Results, load, names_scenario, open_results, study_for
from sim.engine.simulation import SIMPY
from sim.errors import InputError
from sim.i18n import _
from sim.model.state import STATUSES
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MONEY = {"outstanding": "owed_kzt", "behind": "unpaid_kzt", "cash": "cash_kzt"}
"""Columns of `Replication.money`, by what the notes call them."""


class Replication:
    """One replication under one allocation, run again by the SimPy engine.

    Attributes
    ----------
    trace : Trace
        All that was noted, for `sim.analysis`.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace

    def __repr__(self) -> str:
        """Return the allocation and the number."""
        return f"<Replication {self.trace.number} of {self.trace.allocation}>"

    def counts(self) -> pd.DataFrame:
        """Return how often what happened: one row a kind of event, one column a calendar year."""
        found = digest(self.trace).counts
        years = range(self.trace.start_year, self.trace.start_year + self.trace.run.structure.years)
        return pd.DataFrame.from_dict(found, orient="index", columns=[*years]).rename_axis("event")

    def telling(self) -> dict[str, str]:
        """Return names of projects by what became of them: of each way to go, the one that shows it best."""
        return {fate: self.trace.name(j) for fate, j in digest(self.trace).telling.items()}

    def projects(self) -> pd.DataFrame:
        """Return all that applied, or started with their own money, before the horizon.

        Returns
        -------
        DataFrame
            One row a project, by name: instrument, district; applied, funded (own money too), operating: months as
            Period, NaT where it never came to that; loan_kzt, nominal tenge paid out, 0 without a loan; status,
            a word of `sim.model.state.STATUSES`, at the horizon.
        """
        run, tables = self.trace.run, self.trace.tables
        person, files = np.asarray(run.world.person), np.asarray(run.state.files)
        months = run.structure.months
        came = np.flatnonzero((person["arrival"] < months) | (files["funded_at"] < months))
        return pd.DataFrame(
            {
                "instrument": [tables.instruments[k].name for k in person["instrument"][came]],
                "district": [tables.districts[d].name for d in person["district"][came]],
                "applied": self._months(person["arrival"][came]),
                "funded": self._months(files["funded_at"][came]),
                "operating": self._months(files["operating_at"][came]),
                "loan_kzt": np.asarray(run.state.loans["principal"])[came],
                "status": [STATUSES[status] for status in files["status"][came]],
            },
            index=pd.Index([self.trace.name(int(j)) for j in came], name="project"),
        )

    def life(self, project: str, *, lang: str | None = None) -> pd.DataFrame:
        """Tell a project's life.

        Parameters
        ----------
        project : str
            Its name, such as "sheep-12".
        lang : str, optional
            "en", "ru" or "kk"; by default the current language.

        Returns
        -------
        DataFrame
            One row a thing that happened: month (Period), what (a word), told (a sentence).

        Raises
        ------
        InputError
            If there is no such project.
        """
        from sim.report.figures import speaking
        from sim.report.trace import sentence

        life = life_of(self.trace.run, self.trace.find(project))
        with speaking(lang):
            told = [sentence(self.trace, life.j, one) for one in life.told]
        months = [math.ceil(one.time) - 1 if one.closing else math.floor(one.time) for one in life.told]
        columns = {"month": self._months(np.array(months, float)), "what": [one.what for one in life.told]}
        return pd.DataFrame(columns | {"told": told})

    def money(self, project: str) -> pd.DataFrame:
        """Return a project's loan at the beginning of each month, nominal tenge.

        Parameters
        ----------
        project : str
            Its name.

        Returns
        -------
        DataFrame
            One row a month (Period), as it stands when all that falls on its first day has happened, loans paid out
            among that; the last row is the horizon. owed_kzt, principal; unpaid_kzt, dues that are late; cash_kzt,
            kept for dues to come.

        Raises
        ------
        InputError
            If there is no such project.
        """
        j = self.trace.find(project)
        noted = {name: self.trace.run.notes.loan[old][:, j] for old, name in MONEY.items()}
        start, months = self.trace.study.scenario.start, self.trace.run.structure.months + 1
        return pd.DataFrame(noted, index=pd.period_range(start, periods=months, freq="M", name="month"))

    def plot(self, project: str, *, lang: str | None = None) -> Figure:
        """Draw a project's life and its loan on one axis of time.

        Parameters
        ----------
        project : str
            Its name.
        lang : str, optional
            "en", "ru" or "kk"; by default the current language.

        Raises
        ------
        InputError
            If there is no such project.
        """
        from sim.report.figures import settled
        from sim.report.gantt import gantt

        life = life_of(self.trace.run, self.trace.find(project))
        return settled(lambda: gantt(self.trace, life), lang)

    def _months(self, times: np.ndarray) -> pd.PeriodIndex:
        """Return times in months since the start as calendar months; NaT where there is none."""
        known = np.isfinite(times) & (times < self.trace.run.structure.months)
        start = pd.Period(self.trace.study.scenario.start, "M")
        return pd.PeriodIndex([start + int(t) if k else pd.NaT for t, k in zip(times, known, strict=True)], freq="M")


def trace(scenario: Scenario | Results | str | Path, allocation: str, replication: int) -> Replication:
    """Run one replication under one allocation again, by SimPy, and keep all that happens in it.

    Parameters
    ----------
    scenario : Scenario, Results, str or Path
        A scenario or its file; or a run, or what `open_results` takes.
    allocation : str
        One of the scenario's, or "no_programme".
    replication : int
        Its number, from 0 on; it need not be stored.

    Raises
    ------
    InputError
        If there is no such file, run or allocation, the number is below 0, or the run is a sweep.
    """
    if isinstance(scenario, str | Path):
        scenario = load(scenario) if names_scenario(scenario) else open_results(scenario)
    if isinstance(scenario, Results):
        if scenario.design is not None:
            message = _("{run} is a sweep: trace its rows with auylsim trace, --draw and --world")
            raise InputError(message.format(run=scenario.folder))
        scenario = scenario.scenario
    return Replication(_trace(study_for(scenario, SIMPY), allocation, replication))
