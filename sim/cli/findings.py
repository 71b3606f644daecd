"""What `findings` does: runs all that the findings need, or goes on with what is stored, and writes them as a page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from sim import api
from sim.analysis import designs
from sim.analysis.moving import Moving, strongest
from sim.cli import progress
from sim.errors import InputError, Problem, RunError
from sim.experiment.store import RESULTS
from sim.experiment.study import Study
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.report.findings import document
from sim.report.told import INCOME, Told
from sim.scenario import tables_for
from sim.statistics import LEAST_BLOCKS, difference

HALVES = 2
OTHERS = LEAST_BLOCKS * BLOCK
"""Replications of all runs but the first, if so many are asked for: the fewest that give intervals."""


def make(file: Path, replications: int | None, workers: int | None, fresh: bool, out: Path) -> None:
    """Run what is not stored yet and write the findings.

    Parameters
    ----------
    file : Path
        The scenario asked about.
    replications : int or None
        Of it; by default what it states. All other runs have at most `OTHERS`.
    workers : int or None
        As in `sim.api.run`.
    fresh : bool
        Throw away what is stored of these runs.
    out : Path
        The page.

    Raises
    ------
    InputError
        If the scenario is faulty, or lacks what the findings compare.
    RunError
        If a run fails, or the page cannot be written.
    """
    scenario = api.with_luck(api.load(file), replications, None)
    tables = tables_for(scenario)
    designs.refuse_unfit(scenario, tables)
    asked = scenario.monte_carlo.replications
    if asked < HALVES:
        raise InputError([Problem(_("must be at least 2: half of them choose, half judge"), path="replications")])
    beside = RESULTS / "findings"
    with _telling(beside):
        files = designs.write(scenario, tables, file, beside, min(asked, OTHERS))
    runs: dict[str, Told] = {}
    for name, path in {"": file, **files}.items():
        print(path, file=sys.stderr)
        with progress.shown(quiet=False) as bar:
            n = min(asked, OTHERS) if name else asked
            runs[name] = Told(api.run(path, replications=n, workers=workers, fresh=fresh, progress=bar))
    told = runs.pop("")
    study = api.study_for(scenario, "compiled")
    commands = [_command(path, runs.get(name, told)) for name, path in {"": file, **files}.items()]
    text = document(told, runs, moved(told, study), residents(study), commands)
    with _telling(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8", newline="\n")
    print(_("{file} is written.").format(file=out))


def moved(told: Told, study: Study) -> dict[str, Moving]:
    """Return which parameters move the gain, and which the difference between the first two splits."""
    first, second = (one.split for one in told.first[:2])
    gains = told.gains(INCOME)
    paths = study.sampler.paths
    places = [study.layout.index[path] for path in paths]
    points = np.array([study.point(number)[places] for number in range(len(gains))])
    results = {
        "gain": gains[designs.CENTRE].to_numpy(),
        "choice": difference(gains[first].to_numpy(), gains[second].to_numpy()),
    }
    return {
        name: strongest(points, paths, result, seed=told.run.seed, purpose=name) for name, result in results.items()
    }


def residents(study: Study) -> float:
    """Return the rural people of all districts."""
    people = [index for path, index in study.layout.index.items() if path.endswith(".rural_residents")]
    return float(study.centre[people].sum())


def _command(path: Path, told: Told) -> tuple[str, str]:
    """Return the command that repeats a run, and where it is stored."""
    n = len(told.values[INCOME])
    return f"auylsim run {path.as_posix()} --replications {n}", told.run.folder.as_posix()


@contextmanager
def _telling(place: Path) -> Iterator[None]:
    """Tell a full disk or a missing permission without a traceback."""
    try:
        yield
    except OSError as error:
        raise RunError(_("cannot write {file}: {reason}").format(file=place, reason=error.strerror)) from error
