"""The command `sweep`: a scenario at every point of a design."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import completion
from sim.cli.app import EXAMPLE, app, example, interruptible, tell
from sim.cli.options import (
    Cluster,
    DryRun,
    Engine,
    File,
    Fresh,
    Lang,
    Quiet,
    ReferenceOrNone,
    Seed,
    Sets,
    Verbose,
    Workers,
)
from sim.i18n import _
from sim.scenario import RESERVED

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from sim.api import Results
    from sim.data import Outcome
    from sim.scenario import Scenario

_INCOME = "rural_income_kzt_per_month"
MOST_SHOWN = 40  # points on the screen
POINTS = "points.csv"

Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH=…",
        help=_("path=a:b:n (n values), path=0.02,0.05 (a list), path=a:b, or path (its own distribution); repeatable."),
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--allocation",
        metavar="A",
        help=_("Run only this allocation and the counterfactual; repeatable."),
        autocompletion=completion.allocations,
    ),
]


@app.command(
    "sweep",
    help=_("Run a scenario at every point of a design: parameters, fields of the scenario, or splits of the fund."),
    epilog=example(
        f"sweep {EXAMPLE} --vary loan.rate=0.02:0.1:5 --replications 64",
        f"sweep {EXAMPLE} --vary fund.queue=first_come,merit --vary loan.rate=0.025,0.05",
        f"sweep {EXAMPLE} --design latin_hypercube --points 512 --vary 'market.*'",
        f"sweep {EXAMPLE} --design simplex --points 256 --vary 'allocations.mix.shares.*=0:0.4' --dry-run",
        f"sweep {EXAMPLE} --design points.csv --allocation current",
    ),
)
def _sweep(
    file: File,
    vary: Vary = None,
    design: Annotated[
        str,
        typer.Option(
            metavar="D",
            help=_(
                "grid, random, latin_hypercube, sobol, morris, saltelli, simplex, one_at_a_time; or a CSV or Excel file"
            ),
        ),
    ] = "grid",
    points: Annotated[
        int | None, typer.Option(metavar="N", help=_("Points of a sampled design; trajectories, base samples."))
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help=_("Simplex: all splits in steps of 1/N."))] = None,
    sheet: Annotated[str | None, typer.Option(metavar="S", help=_("Sheet of an Excel file."))] = None,
    replications: Annotated[
        int | None, typer.Option(metavar="R", help=_("Worlds in which each point is run, the same for all points."))
    ] = None,
    others: Annotated[
        str, typer.Option(metavar="vary|central", help=_("What else is uncertain varies with the world, or does not."))
    ] = "vary",
    allocation: Keep = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            metavar="O",
            help=_("Outcome to show; repeatable. By default rural income."),
            autocompletion=completion.outcomes,
        ),
    ] = None,
    reference: ReferenceOrNone = RESERVED,
    seed: Seed = None,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=_("Folder, instead of results/<file>-<design>/<hash>."))
    ] = None,
    fresh: Fresh = False,
    sets: Sets = None,
    lang: Lang = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    from sim import api
    from sim.api import sweeping
    from sim.cli import costs, progress
    from sim.experiment import designs

    tell(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    scenario = api.with_luck(api.load(file, sets or ()), None, seed)
    kept = allocation or (() if design == designs.SIMPLEX else None)
    scenario = sweeping.keeping(scenario, kept)
    outcomes = wanted(scenario, outcome or [_INCOME])
    made = sweeping.design_for(
        scenario, design, vary or (), points=points, steps=steps, sheet=sheet, replications=replications, others=others
    )
    folder = out or sweeping.sweep_folder(file, scenario, made)
    if dry_run:
        costs.of_sweep(scenario, made, folder, engine, workers)
        return
    with interruptible():
        with progress.shown(quiet) as show:
            results = sweeping.sweep(
                scenario,
                made,
                allocations=kept,
                engine=engine,
                workers=workers,
                cluster=cluster,
                out=folder,
                fresh=fresh,
                progress=show,
            )
        _report(results, outcomes, None if reference == "none" else reference, quiet)


def wanted(scenario: Scenario, names: Sequence[str]) -> list[Outcome]:
    """Return outcomes by name.

    Raises
    ------
    InputError
        If there is no such outcome.
    """
    from sim.scenario import tables_for
    from sim.scenario.messages import refuse_unknown

    known = {outcome.name: outcome for outcome in tables_for(scenario).outcomes}
    for name in names:
        refuse_unknown(
            _("there is no outcome {name}; auylsim export and docs/outcomes.md list them"), name, list(known)
        )
    return [known[name] for name in names]


def _report(results: Results, outcomes: Sequence[Outcome], reference: str | None, quiet: bool) -> None:
    """Write points.csv, draw the figures, print the means and where all is."""
    from sim.analysis.points import by_point, factors_in, values_of
    from sim.cli.listings import console
    from sim.experiment.store import Store
    from sim.report import style
    from sim.report.files import write_csv
    from sim.report.sweeps import figure_of

    allocations = results.allocations
    if reference is not None:
        from sim.scenario.messages import refuse_unknown

        refuse_unknown(_("there is no allocation {name}; there are {known}"), reference, allocations)
    values = values_of(results, outcomes, allocations)
    table = by_point(results, values, reference)
    files = []
    store = Store(results.folder)
    with store.held(), style.styled():
        write_csv(table, results.folder / POINTS)
        for one in values if factors_in(results) else ():
            files += style.save(figure_of(results, one, reference), store.figures, f"sweep_{one.outcome.name}")
    if quiet:
        print(results.folder)
        return
    for outcome in outcomes:
        print_points(results, table[table["outcome"] == outcome.name], outcome, reference, console())
    for file in files:
        if file.suffix == ".png":
            print(file)
    print(_("All points: {file}").format(file=results.folder / POINTS))


def print_points(results: Results, table: pd.DataFrame, outcome: Outcome, reference: str | None, to: Console) -> None:
    """Print the means at the first points, one column an allocation."""
    from rich import box
    from rich.table import Table

    from sim.analysis.points import factors_in
    from sim.report.tables import plain
    from sim.report.text import allocation_label, basis, difference_unit, number, outcome_label, shown, unit

    factors = factors_in(results)[:4]
    allocations = list(dict.fromkeys(table["allocation"]))
    head = outcome_label(outcome)
    measured = unit(outcome) if reference is None else difference_unit(outcome)
    if reference is not None:
        head = _("{outcome}, difference to: {reference}").format(
            outcome=head, reference=allocation_label(results.scenario, reference)
        )
    to.print(f"\n{plain(head)}, {measured}. {basis(outcome)}")
    screen = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for path in factors:
        screen.add_column(path, overflow="fold")
    for name in allocations:
        screen.add_column(plain(allocation_label(results.scenario, name)), justify="right")
    for _point, rows in table[table["point"] < MOST_SHOWN].groupby("point"):
        first = rows.iloc[0]
        cells = [f"{v:.6g}" if isinstance(v := first[path], float) else str(v) for path in factors]
        means = rows.set_index("allocation")["mean"]
        cells += [plain(shown(outcome, means[name], signed=reference is not None)) for name in allocations]
        screen.add_row(*cells)
    to.print(screen)
    points = table["point"].nunique()
    if points > MOST_SHOWN:
        to.print(_("The first {shown} of {all} points.").format(shown=MOST_SHOWN, all=plain(number(points))))
    to.print(_("Means of {n} worlds at each point.").format(n=plain(number(int(table["n"].max())))))
