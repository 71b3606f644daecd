"""What `--dry-run` says: runs, minutes and megabytes, from one replication that is timed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim.api import study_for, workers_at_hand
from sim.experiment import runner
from sim.experiment.plans import whole_blocks
from sim.experiment.stopping import Stop
from sim.experiment.store import Store
from sim.experiment.sweep import Sweep
from sim.i18n import _
from sim.report.tables import plain
from sim.report.text import number
from sim.scenario import tables_for

if TYPE_CHECKING:
    from sim.experiment.designs import Design
    from sim.experiment.executors import Replicator
    from sim.scenario import Scenario


def of_run(scenario: Scenario, folder: Path, engine: str, workers: int | None) -> None:
    """Print what a run takes; without a number of workers, there is one for each processor."""
    stop = Stop(scenario, tables_for(scenario)) if scenario.monte_carlo.rules else None
    planned = stop.most if stop else whole_blocks(scenario.monte_carlo.replications)
    allocations = len(scenario.allocations) + 1
    text = _("{planned} replications × {allocations} allocations = {runs} runs; {left} replications to compute")
    words = {"planned": planned, "allocations": allocations, "runs": planned * allocations}
    _print(study_for(scenario, engine), planned, folder, workers, text, words)
    if stop:
        print(_("at most; the stopping rules may end it from {least} replications on").format(least=stop.least))


def of_sweep(scenario: Scenario, design: Design, folder: Path, engine: str, workers: int | None) -> None:
    """Print what a sweep takes."""
    study = Sweep(scenario, engine, design)
    allocations = len(study.base.allocations)
    text = _(
        "{points} points × {worlds} worlds × {allocations} allocations = {runs} runs; {left} replications to compute"
    )
    words = {
        "points": design.points, "worlds": design.replications, "allocations": allocations,
        "runs": design.rows * allocations,
    }  # fmt: skip
    _print(study, design.rows, folder, workers, text, words)


def _print(
    study: Replicator, planned: int, folder: Path, workers: int | None, counted: str, words: dict[str, int]
) -> None:
    """Time one replication and print what so many take; `counted` says what they are."""
    seconds, size = runner.measure(study)
    hands = workers or workers_at_hand()
    left = planned - min(planned, Store(folder).finished())
    minutes = seconds * left / max(1, min(hands, left)) / 60
    print(counted.format(left=left, **words))
    about = _("about {minutes} minutes with {workers} workers ({seconds} s a replication)")
    print(about.format(minutes=plain(number(minutes, 1)), workers=hands, seconds=plain(number(seconds, 2))))
    most = _("at most {megabytes} MB in {folder}")
    print(most.format(megabytes=plain(number(planned * size / 1e6, 1)), folder=folder))
