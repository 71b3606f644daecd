"""What `trace` prints: a replication at a glance, or one project's life line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from sim.errors import InputError, RunError, typed
from sim.i18n import _, pick
from sim.report.tables import plain
from sim.report.text import allocation_label, number

if TYPE_CHECKING:
    from rich.console import Console

    from sim.analysis.digest import Digest
    from sim.analysis.life import Life, Told
    from sim.analysis.trace import Trace
    from sim.api import Results

MLN = 1e6


def tell(
    source: Path,
    sets: Sequence[str],
    allocation: str,
    replication: int | None,
    place: tuple[int | None, int | None],
    project: str | None,
    figure: Path | None,
) -> None:
    """Trace a replication of a scenario file or of a run and print it.

    Raises
    ------
    InputError
        If there is no such file, run, allocation, replication or project, or the options do not go together.

    Notes
    -----
    `place` is draw and world, which name a row of a sweep.
    """
    from sim.analysis.life import life_of
    from sim.analysis.trace import trace
    from sim.api import load, names_scenario, open_results, study_for
    from sim.cli.listings import console
    from sim.engine.simulation import SIMPY

    if figure is not None and project is None:
        raise InputError(_("--figure draws one project: say which with --project"))
    if figure is not None and figure.suffix.lower() not in (".png", ".svg"):
        raise InputError(_("{file}: a figure's name ends with .png or .svg").format(file=figure))
    results = None if names_scenario(source) else open_results(source)
    if results is not None and sets:
        raise InputError(_("--set changes a scenario file, {run} is a run: trace its scenario.yaml").format(run=source))
    if results is not None and results.design is not None:
        traced = _of_sweep(results, allocation, replication, place)
    else:
        number = _number(replication, place)
        scenario = load(source, sets) if results is None else results.scenario
        traced = trace(study_for(scenario, SIMPY), allocation, number)
    j = None if project is None else traced.find(project)
    screen = console()
    for line in (_head(traced), *_stored(traced, results)):
        screen.print(plain(line))
    screen.print()
    if j is None:
        _print_digest(screen, traced, source)
        return
    life = life_of(traced.run, j)
    _print_life(screen, traced, life)
    if figure is not None:
        _draw(traced, life, figure)
        print(_("Figure: {file}").format(file=figure))


def _number(replication: int | None, place: tuple[int | None, int | None]) -> int:
    """Return the replication that options name; in a plain run it names both the draw and the world."""
    named = {number for number in (replication, *place) if number is not None}
    if len(named) != 1:
        raise InputError(_("say which replication, with --replication: it names both the draw and the world"))
    return named.pop()


def _of_sweep(
    results: Results, allocation: str, replication: int | None, place: tuple[int | None, int | None]
) -> Trace:
    """Trace one row of a sweep."""
    from sim.analysis.trace import trace
    from sim.api.sweeping import design_of
    from sim.engine.simulation import SIMPY
    from sim.experiment.sweep import Sweep

    draw, world = place
    if replication is not None or draw is None or world is None:
        raise InputError(
            _("{run} is a sweep: name the point with --draw and the world with --world").format(run=results.folder)
        )
    design = design_of(results)
    if not 0 <= draw < design.points or world < 0:
        message = _("points are numbered from 0 to {last} and worlds from 0 on")
        raise InputError(message.format(last=design.points - 1))
    study, vector = Sweep(results.scenario, SIMPY, design).setting(draw, world)
    return trace(study, allocation, world, draw=draw, vector=vector)


def _head(traced: Trace) -> str:
    from sim.report.trace import replication_name

    return _("{scenario}: {allocation}, {replication}, seed {seed}, by the SimPy engine").format(
        scenario=pick(traced.study.scenario.title) or traced.study.scenario.name,
        allocation=allocation_label(traced.study.scenario, traced.allocation),
        replication=replication_name(traced),
        seed=traced.study.scenario.monte_carlo.seed,
    )


def _stored(traced: Trace, results: Results | None) -> list[str]:
    """Say whether the replication is that which a run has stored, and whether its log is whole."""
    from sim.analysis.trace import unlike

    lines = []
    if traced.lost():
        message = _("the log was full, {n} later lines are missing: so the replication has failed")
        lines.append(message.format(n=traced.lost()))
    if results is None:
        return lines
    rows = results.replications
    draw = traced.number if traced.draw is None else traced.draw
    rows = rows[(rows["draw"] == draw) & (rows["world"] == traced.number) & (rows["allocation"] == traced.allocation)]
    if rows.empty and traced.draw is None:
        message = _("not stored: {folder} holds the replications 0 to {last}")
        return [*lines, message.format(folder=results.folder, last=results.n - 1)]
    if rows.empty:
        return [*lines, _("not stored in {folder}").format(folder=results.folder)]
    row = {str(name): value for name, value in rows.iloc[0].items()}
    if row["failed"]:
        return [*lines, _fault(int(row["failed"]), results)]
    different = unlike(traced, row)
    if not different:
        return [
            *lines,
            _("the same as stored in {folder}: all outcomes, to the last bit").format(folder=results.folder),
        ]
    message = _("not the same as stored in {folder}, the program has changed since: {names}")
    return [*lines, message.format(folder=results.folder, names=", ".join(different))]


def _fault(code: int, results: Results) -> str:
    """Say with what a replication is stored as failed."""
    from sim.model.state import CALENDAR_FULL, CANDIDATES_FULL, LEDGER_OPEN, LOG_FULL, NOT_FINITE

    faults = {
        LOG_FULL: _("the log was full"),
        CANDIDATES_FULL: _("more people applied than there was room for"),
        NOT_FINITE: _("a number became infinite"),
        LEDGER_OPEN: _("a ledger did not add up"),
        CALENDAR_FULL: _("the calendar was full"),
    }
    message = _("stored as failed in {folder}, here or in the counterfactual: {fault} (code {code})")
    return message.format(folder=results.folder, fault=faults.get(code, _("unknown")), code=code)


def _print_digest(screen: Console, traced: Trace, source: Path) -> None:
    """Print numbers by kind and year, then the most telling projects with the command that tells each."""
    from sim.analysis.digest import digest

    found = digest(traced)
    years = [str(traced.start_year + year) for year in range(traced.run.structure.years)]
    screen.print(_table(_("What happened, how often"), years, _counted(found)))
    screen.print()
    screen.print(_table(_("Money, mln tenge, nominal"), years, _amounts(found)))
    screen.print()
    screen.print(_("Projects that show it best:"))
    screen.print(_telling(traced, found))
    if found.telling:
        name = traced.name(next(iter(found.telling.values())))
        command = _("The whole life of one: auylsim trace {source} --allocation {a} {which} --project {p}")
        plain_run = traced.draw is None
        which = f"--replication {traced.number}" if plain_run else f"--draw {traced.draw} --world {traced.number}"
        screen.print()
        screen.print(command.format(source=typed(source), a=traced.allocation, which=which, p=name))


def _counted(found: Digest) -> list[list[str]]:
    names = {
        "approved": _("files approved"),
        "rejected": _("files rejected"),
        "withdrawn": _("files withdrawn"),
        "funded": _("loans paid out"),
        "diverted": _("of them diverted"),
        "own": _("started with own money"),
        "operating": _("projects opened"),
        "arrears": _("fell behind with dues"),
        "default": _("loans called"),
        "seized": _("projects seized"),
        "abandoned": _("projects given up"),
        "repaid": _("loans repaid"),
        "closed": _("stops of projects' plants"),
        "closed_base": _("stops of older plants"),
    }
    return [[label, *(number(n) for n in found.counts[name])] for name, label in names.items()]


def _amounts(found: Digest) -> list[list[str]]:
    names = {
        "tranche": _("tranches released"),
        "relent": _("repayments lent again"),
        "pooled": _("moved between envelopes"),
        "funded": _("loans paid out"),
        "lapsed": _("lapsed unspent"),
        "returned": _("returned to the budget"),
        "default": _("principal of loans called"),
        "recovered": _("collateral brought"),
    }
    return [[label, *(number(n / MLN, 1) for n in found.money[name])] for name, label in names.items()]


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    return table


def _telling(traced: Trace, found: Digest) -> Table:
    """Give one line to each project: what became of it, its name, and the decisive thing that happened."""
    from sim.analysis.life import life_of
    from sim.report.trace import date, project_name, sentence

    fates = {
        "failed": _("failed at work"),
        "never_opened": _("failed unopened"),
        "diverted": _("diverted its loan"),
        "given_up": _("was given up"),
        "never_funded": _("was never funded"),
        "rejected": _("was rejected"),
        "repaid": _("has repaid"),
        "repaying": _("is repaying"),
        "own": _("used own money"),
    }
    table = Table.grid(padding=(0, 2, 0, 0))
    for fate, j in found.telling.items():
        life = life_of(traced.run, j)
        told = _decisive(life, fate)
        when = date(traced.start_year, told.time, closing=told.closing)
        what = _("{when}: {what}").format(when=when, what=sentence(traced, j, told))
        table.add_row(fates[fate], plain(project_name(traced, j)), plain(what))
    return table


def _decisive(life: Life, fate: str) -> Told:
    """Choose what tells most about how a project went: of one never funded, the longest wait."""
    decisive = {
        "failed": "default", "never_opened": "default", "diverted": "default", "given_up": "abandoned",
        "rejected": "rejected", "repaid": "repaid", "repaying": "horizon", "own": "own",
    }  # fmt: skip
    if fate in decisive:
        return next(told for told in life.told if told.what == decisive[fate])
    waits = [told for told in life.told if told.what.startswith("waited_")]
    return max(waits or life.told[-1:], key=lambda told: told.facts.get("months", 0.0))


def _print_life(screen: Console, traced: Trace, life: Life) -> None:
    """Print a project's life, a line for each thing that happened."""
    from sim.report.trace import date, project_name, sentence

    screen.print(plain(project_name(traced, life.j)))
    table = Table.grid(padding=(0, 2, 0, 0))
    for told in life.told:
        when = date(traced.start_year, told.time, closing=told.closing)
        table.add_row(when, plain(sentence(traced, life.j, told)))
    screen.print(table)


def _draw(traced: Trace, life: Life, file: Path) -> None:
    """Write the project's Gantt."""
    from sim.report.gantt import gantt
    from sim.report.style import styled

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with styled():
            gantt(traced, life).savefig(file)
    except OSError as error:
        raise RunError(_("cannot write {file}: {reason}").format(file=file, reason=error.strerror)) from error
