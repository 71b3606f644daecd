"""Runs side by side: their allocations as columns of one table, if the same luck met them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from sim.analysis.source import (
    COUNTERFACTUAL,
    Source,
    failures,
    gains,
    main_outcomes,
    outcome_of,
    paired,
    pairs_of,
    splits,
    wide,
)  # fmt: skip
from sim.errors import InputError
from sim.i18n import _
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    from sim.data import Outcome, Tables
    from sim.scenario import Scenario

AT_ONCE = 4  # outcomes in memory


class Run(Source, Protocol):
    """What a comparison needs of a run."""

    @property
    def folder(self) -> Path:
        """Where it is stored."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What its numbers depend on."""


@dataclass(frozen=True)
class Together:
    """Runs that share luck, from `side_by_side`.

    Attributes
    ----------
    runs : sequence of Run
    names : sequence of str
        What the runs are called.
    columns : dict of str to (int, str)
        Every allocation of every run, in order: the name it goes by here, the place of its run, its name there. It
        keeps its name if no other run has it, else the name of the run comes first: "dearer:current".
    scenario : Scenario
        The first run's, with these allocations.
    n : int
        Replications that all runs have.
    """

    runs: Sequence[Run]
    names: Sequence[str]
    columns: Mapping[str, tuple[int, str]]
    scenario: Scenario
    n: int

    @property
    def seed(self) -> int:
        """The seed of all luck."""
        return self.runs[0].seed

    @property
    def tables(self) -> Tables:
        """The tables of the region."""
        return self.runs[0].tables

    def column(self, allocation: str) -> str:
        """Return the name here of an allocation of the first run."""
        return next(name for name, (run, own) in self.columns.items() if (run, own) == (0, allocation))

    def outcomes(self, names: Collection[str] = ()) -> list[Outcome]:
        """Return outcomes that all runs have recorded by replication, in the order of the registry.

        Parameters
        ----------
        names : collection of str
            Those wanted; if none, the main ones.

        Raises
        ------
        InputError
            If there is no such outcome, or a run lacks it.
        """
        if not names:
            recorded = set.intersection(*(set(run.recorded("replications")) for run in self.runs))
            common = [one for one in main_outcomes(self.runs[0]) if one.name in recorded]
            if not common:
                raise InputError(_("the runs have no main outcome in common: name one that all of them have"))
            return common
        known = [one.name for one in self.tables.outcomes if one.table == "replications"]
        for name in names:
            refuse_unknown(_("there is no outcome {name} by replication"), name, known)
            for run in self.runs:
                if name not in run.recorded("replications"):
                    message = _("the run {run} has not recorded the outcome {name}, so it cannot be compared")
                    raise InputError(message.format(run=run.folder, name=name))
        wanted = [outcome_of(self.tables, name, "replications") for name in known if name in names]
        return [one for one in wanted if one is not None]

    def paired(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, pd.DataFrame, pd.DataFrame]]:
        """Yield each outcome with its values and its gains on no programme of the same run, in the stored unit.

        Parameters
        ----------
        outcomes : sequence of Outcome
            Out of `outcomes`.

        Yields
        ------
        (Outcome, DataFrame, DataFrame)
            Tables with one row a (draw, world) in index order and the allocations as columns. A pair that failed in any
            run is NaN throughout; so are the gains where no programme has no such number.
        """
        failed = pairs_of(pd.concat([failures(run) for run in self.runs]))
        for start in range(0, len(outcomes), AT_ONCE):
            few = outcomes[start : start + AT_ONCE]
            of_runs = [
                wide(run, "replications", [one.name for one in few], [*splits(run), COUNTERFACTUAL])
                for run in self.runs
            ]
            for outcome in few:
                own = [paired(tables.pop(outcome.name).iloc[: self.n], failed) for tables in of_runs]
                values = pd.concat([table.drop(columns=COUNTERFACTUAL) for table in own], axis=1)
                gained = pd.concat([gains(table, outcome) for table in own], axis=1)
                if outcome.fund_own and not outcome.increment:
                    gained = gained * float("nan")
                yield outcome, values.set_axis([*self.columns], axis=1), gained.set_axis([*self.columns], axis=1)


def side_by_side(runs: Sequence[Run]) -> Together:
    """Put the allocations of runs side by side.

    Parameters
    ----------
    runs : sequence of Run
        At least one. Of a run with more replications than the others, the first are used.

    Raises
    ------
    InputError
        If two of them do not share luck, with what they differ in; if one is given twice, or is a sweep.
    """
    for run in runs:
        _refuse_design(run)
        _refuse_other_luck(runs[0], run)
    names = _names(runs)
    times = Counter(name for run in runs for name in splits(run))
    columns = {
        name if times[name] == 1 else f"{names[place]}:{name}": (place, name)
        for place, run in enumerate(runs)
        for name in splits(run)
    }
    scenario = runs[0].scenario if len(runs) == 1 else _merged(runs, names, columns)
    return Together(runs, names, columns, scenario, min(run.n for run in runs))


def _names(runs: Sequence[Run]) -> list[str]:
    """Return what runs are called: by the folder of their scenario if that tells them apart, else by their own."""
    folders = [run.folder.resolve() for run in runs]
    short = [
        folder.parent.name if folder.name == str(run.manifest["inputs"])[:8] else folder.name
        for folder, run in zip(folders, runs, strict=True)
    ]
    for names in (short, [folder.name for folder in folders], [str(folder) for folder in folders]):
        if len(set(names)) == len(names):
            return names
    twice = next(folder for folder, times in Counter(folders).items() if times > 1)
    raise InputError(_("the run {run} is given twice").format(run=twice))


def _merged(runs: Sequence[Run], names: Sequence[str], columns: Mapping[str, tuple[int, str]]) -> Scenario:
    """Return the first run's scenario with all allocations: labels have the number of their run, the title its name."""
    allocations = {}
    for column, (place, name) in columns.items():
        allocation = runs[place].scenario.allocations[name]
        if column != name:
            label = {language: f"{text} ({place + 1})" for language, text in allocation.label.items()}
            allocation = allocation.model_copy(update={"label": label})
        allocations[column] = allocation
    title = {"en": "; ".join(f"({place}) {name}" for place, name in enumerate(names, 1))}
    return runs[0].scenario.model_copy(update={"allocations": allocations, "title": title})


def _refuse_design(run: Run) -> None:
    """Raise if the replications of a run are points of a design."""
    if "design" in run.manifest:
        message = _(
            "{run} is a sweep, whose replications are points of a design: compare needs runs made by auylsim run"
        )
        raise InputError(message.format(run=run.folder))


def _refuse_other_luck(first: Run, other: Run) -> None:
    """Raise if two runs differ in what makes the luck of their worlds, in the program, or in how long they go on."""
    years = first.scenario.years, other.scenario.years
    differing = luck_differences(first, other)
    if years[0] != years[1]:
        differing.append(_("{word} ({one} and {two})").format(word=_("years"), one=years[0], two=years[1]))
    if differing:
        message = _("{first} and {other} do not share luck, so they cannot be compared; they differ in: {what}")
        raise InputError(message.format(first=first.folder, other=other.folder, what=", ".join(differing)))


def luck_differences(first: Run, other: Run) -> list[str]:
    """Return what keeps two runs from sharing their luck, one phrase each; nothing if they share it."""
    words = {
        "seed": _("seed"), "sampling": _("sampling"), "block": _("size of blocks"), "tables": _("tables of the region"),
        "code": _("code of the program"), "versions": _("versions of libraries"),
    }  # fmt: skip
    facts = {word: [run.manifest.get(key) for run in (first, other)] for key, word in words.items()}
    facts[_("start")] = [run.scenario.start for run in (first, other)]
    facts[_("design")] = [run.manifest.get("design") for run in (first, other)]
    return [
        word if len(f"{one}{two}") > 40 else _("{word} ({one} and {two})").format(word=word, one=one, two=two)
        for word, (one, two) in facts.items()
        if one != two
    ]
