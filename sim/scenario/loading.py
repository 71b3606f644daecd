"""Loading a scenario: read, resolve, validate, check; all faults at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.data import Tables, load_tables
from sim.errors import InputError, Problem
from sim.scenario.checks import faults_in
from sim.scenario.draft import Draft
from sim.scenario.messages import unsound, validate
from sim.scenario.resolve import draft_again, draft_of
from sim.scenario.schema import Scenario


def load(path: str | Path, sets: Sequence[str] | Mapping[str, object] = ()) -> Scenario:
    """Read a scenario file and return it with everything resolved.

    Parameters
    ----------
    path : str or Path
        The scenario file; what it extends and a region's folder are relative to it.
    sets : str, sequence of str, or mapping of str to object
        Changes ``path=value`` made after the file is read, such as ``fund.revolving=false`` or, by a path or
        glob of the tables, ``loan.rate=0.05``. The value is YAML, such as ``{uniform: {low: 0, high: 1}}``; in a
        mapping it is what the YAML stands for, such as ``{"allocations.mine": {"shares": {"sheep": 1.0}}}``, or a
        number or array of NumPy.

    Returns
    -------
    Scenario
        Frozen, with bases laid under, sums as shares by year, globs expanded and labels filled in.

    Raises
    ------
    InputError
        All faults, each with file, line and path, in the order of the file, its bases, then ``--set``. A text
        that is no YAML has only its first fault.
    """
    if isinstance(sets, Mapping):
        sets = [f"{name}={_yaml(value)}" for name, value in sets.items()]
    elif isinstance(sets, str):
        sets = [sets]
    draft, files, tables = draft_of(Path(path), sets)
    return _checked(draft, files, tables)


def changed(scenario: Scenario, sets: Sequence[str]) -> Scenario:
    """Return a scenario with some parts changed.

    Parameters
    ----------
    scenario : Scenario
        As `load` returns it.
    sets : sequence of str
        Changes as of `load`.

    Raises
    ------
    InputError
        All faults.
    """
    draft, tables = draft_again(scenario.dump(), Path(), sets)
    return _checked(draft, [], tables)


def _yaml(value: object) -> str:
    """Write a value as JSON, which is YAML; one that has none as its text, which the schema then refuses."""
    return json.dumps(value, ensure_ascii=False, default=lambda one: getattr(one, "tolist", lambda: str(one))())


def _checked(draft: Draft, files: Sequence[str], tables: Tables | None) -> Scenario:
    """Return the scenario of a draft, or raise all that is wrong with it."""
    scenario, faults = validate(draft.data)
    draft.faults(faults)
    draft.faults(faults_in(scenario, tables, unsound(faults)))
    if draft.problems:
        once = dict.fromkeys(draft.problems)  # a glob meets the same fault in every path that it matches
        raise InputError(sorted(once, key=lambda problem: _order(problem, files)))
    return scenario


def tables_for(scenario: Scenario) -> Tables:
    """Read the tables of the scenario's region."""
    return load_tables(scenario.region)


def _order(problem: Problem, files: Sequence[str]) -> tuple[int, int]:
    file = files.index(problem.file) if problem.file in files else len(files)
    return file, problem.line or 0
