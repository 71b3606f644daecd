"""The command `sensitivity`: what the answer hangs on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypedDict

import typer

from sim.cli import completion
from sim.cli.app import EXAMPLE, app, example, interruptible, tell
from sim.cli.options import Cluster, DryRun, Fresh, Lang, ReferenceOrNone, Seed, Sets, Workers
from sim.i18n import _
from sim.scenario import RESERVED

if TYPE_CHECKING:
    from rich.console import Console

    from sim.api import Results
    from sim.api.sensitivities import Sensitivity
    from sim.experiment.designs import Design
    from sim.scenario import Scenario

_OUTCOMES = ("rural_income_kzt_per_month", "enpv_kzt", "jobs_net")
METHODS = {"given": "", "morris": "morris", "sobol": "saltelli", "tornado": "one_at_a_time"}
"""Ways of analysis, and the design that each needs."""
QUICK = ("rho", "prcc", "s1")
MANY = 30
"""Factors beyond which those of one subject are taken together, and a tornado asks which are meant."""
SHOWN = 15  # factors on the screen


@app.command(
    "sensitivity",
    help=_("Say which numbers an outcome depends on: from any stored run, or by a design made for it."),
    epilog=example(
        "sensitivity zhetysu-2026-2028",
        "sensitivity zhetysu-2026-2028 --measure prcc --measure pawn --outcome jobs_net",
        f"sensitivity {EXAMPLE} --method morris --points 32",
        f"sensitivity {EXAMPLE} --method sobol --points 512 --factors 'market.*' --factors 'loan.*'",
        f"sensitivity {EXAMPLE} --method tornado --factors 'processing.milk.*' --replications 64",
    ),
)
def _sensitivity(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|RUN",
            help=_("Scenario file; or a run or sweep: folder, name or hash."),
            show_default=False,
            autocompletion=completion.runs,
        ),
    ],
    method: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(METHODS), help=_("Of a scenario file: given (a plain run, the default) or a design.")
        ),
    ] = None,
    factors: Annotated[
        list[str] | None,
        typer.Option("--factors", metavar="PATH", help=_("What varies: paths, globs or path=a:b; by default all.")),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(metavar="none|subject", help=_("Take factors of one subject together; by default if over 30.")),
    ] = None,
    points: Annotated[
        int | None, typer.Option(metavar="N", help=_("Trajectories of morris, base samples of sobol (a power of 2)."))
    ] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="R", help=_("Replications of given; worlds of each point of a tornado."))
    ] = None,
    outcome: Annotated[
        list[str] | None, typer.Option(metavar="O", help=_("Outcome; repeatable."), autocompletion=completion.outcomes)
    ] = None,
    allocation: Annotated[
        str | None,
        typer.Option(
            metavar="A",
            help=_("Whose outcomes; by default current, or the first."),
            autocompletion=completion.allocations,
        ),
    ] = None,
    reference: ReferenceOrNone = RESERVED,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="rho|prcc|s1|pawn|delta",
            help=_("Of a stored run; by default rho, prcc and s1, which are quick."),
        ),
    ] = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=_("Folder of the run that is made."))] = None,
    fresh: Fresh = False,
    sets: Sets = None,
    lang: Lang = None,
    dry_run: DryRun = False,
) -> None:
    from sim.analysis.source import reference_of
    from sim.api import names_scenario, open_results
    from sim.api.sensitivities import sensitivity
    from sim.cli.listings import console
    from sim.errors import InputError

    tell()
    base = None if reference == "none" else reference
    of_file = names_scenario(source)
    if not of_file and (method is not None or sets):
        raise InputError(_("--method and --set are for a scenario file: {run} is a run already").format(run=source))
    with interruptible():
        if of_file:
            asked = Asked(method or "given", factors, groups, points, replications, allocation, base)
            how: How = {"workers": workers, "cluster": cluster, "fresh": fresh}
            made = _made(source, sets or (), seed, asked, how, out, dry_run)
            if made is None:
                return
            results = made
        else:
            results = open_results(source)
        chosen = allocation or reference_of(results)
        found = sensitivity(results, outcome or _OUTCOMES, chosen, base, measure or QUICK)
        _report(results, found, chosen, base, console())


class Asked(NamedTuple):
    """What is to be varied, how, and for the difference of which allocations."""

    method: str
    factors: Sequence[str] | None
    groups: str | None
    points: int | None
    replications: int | None
    allocation: str | None
    reference: str | None


class How(TypedDict):
    """Who computes, and whether anew."""

    workers: int | None
    cluster: str | None
    fresh: bool


def _made(
    file: Path, sets: Sequence[str], seed: int | None, asked: Asked, how: How, out: Path | None, dry_run: bool
) -> Results | None:
    """Run what the analysis of a scenario file needs; with `dry_run` only say what that takes."""
    from sim import api
    from sim.api import sweeping
    from sim.cli import costs, progress
    from sim.scenario.messages import refuse_unknown

    refuse_unknown(_("there is no method {name}; there are {known}"), asked.method, list(METHODS))
    plain = asked.method == "given"
    scenario = api.with_luck(api.load(file, sets), asked.replications if plain else None, seed)
    if plain:
        folder = out or api.folder_for(file, scenario)
        if dry_run:
            costs.of_run(scenario, folder, "compiled", how["workers"])
            return None
        with progress.shown(quiet=False) as show:
            return api.run(scenario, out=folder, progress=show, **how)
    scenario, design = _design(scenario, asked)
    folder = out or sweeping.sweep_folder(file, scenario, design)
    if dry_run:
        costs.of_sweep(scenario, design, folder, "compiled", how["workers"])
        return None
    with progress.shown(quiet=False) as show:
        return sweeping.sweep(scenario, design, out=folder, progress=show, **how)


def _design(scenario: Scenario, asked: Asked) -> tuple[Scenario, Design]:
    """Return the design that a method needs, and the scenario with the allocations that are looked at."""
    from sim.api import sweeping
    from sim.errors import InputError
    from sim.experiment import designs
    from sim.experiment.factors import factors_of
    from sim.scenario import tables_for

    chosen = asked.allocation or ("current" if "current" in scenario.allocations else next(iter(scenario.allocations)))
    scenario = sweeping.keeping(scenario, [name for name in (chosen, asked.reference) if name not in (None, RESERVED)])
    kind, vary = METHODS[asked.method], asked.factors or ["*"]
    many = len(factors_of(scenario, tables_for(scenario), vary, levels=False)) > MANY
    tornado = kind == designs.ONE_AT_A_TIME
    if tornado and many and not asked.factors:
        raise InputError(_("a tornado of all that is uncertain has hundreds of bars: choose with --factors"))
    groups = asked.groups or ("subject" if many and not tornado else "none")
    design = sweeping.design_for(
        scenario, kind, vary, points=asked.points, replications=asked.replications, groups=groups
    )
    return scenario, design


def _report(results: Results, found: Sensitivity, allocation: str, reference: str | None, to: Console) -> None:
    """Write the tables, draw the figures, print what matters most and where all is."""
    from sim.api.drawing import figures
    from sim.experiment.store import Store
    from sim.report import style
    from sim.report.files import write_csv
    from sim.report.leading import print_leading

    tables = {"factors": found.factors, "groups": found.groups, "screening": found.screening, "luck": found.luck}
    files = []
    for name, table in tables.items():
        if table is not None and len(table):
            file = results.folder / f"sensitivity_{name}.csv"
            write_csv(table.assign(allocation=allocation, reference=reference or ""), file)
            files.append(file)
    folder = Store(results.folder).figures
    folder.mkdir(exist_ok=True)
    with style.styled():
        for name, figure in figures(found).items():
            files.append(style.save(figure, folder, f"sensitivity_{name}")[0])
    print_leading(results, found, allocation, reference, to)
    for file in files:
        print(file)
