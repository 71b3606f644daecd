"""The commands and their options. What they need is imported when they run, so that --help is quick."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim import __version__
from sim.cli import completion, words
from sim.cli.options import Cluster, DryRun, Engine, File, FileOrRun, Fresh, Lang, Quiet, Seed, Sets, Verbose, Workers
from sim.errors import typed
from sim.i18n import _
from sim.scenario import RESERVED

if TYPE_CHECKING:
    from sim.api import Results

_INTERRUPTED = 130
EXAMPLE = "scenarios/zhetysu-2026-2028.yaml"


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"auylsim {__version__}")
        raise typer.Exit


def example(*commands: str) -> str:
    """Return the examples below a command's help; the first character keeps their lines as they are."""
    return "\b\n" + "\n".join([_("For example:"), *(f"  auylsim {command}" for command in commands)])


words.install()
app = typer.Typer(
    name="auylsim",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=_("Simulate what comes of each way to split a rural lending programme."),
    epilog=example(f"run {EXAMPLE} --replications 64", "run --help"),
)


@app.callback(invoke_without_command=True)
def _auylsim(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help=_("Show the version."), callback=_show_version, is_eager=True)
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help=_("Print neither colours nor bold type, as NO_COLOR=1 does."))
    ] = False,
    lang: Lang = None,
) -> None:
    if no_color:
        os.environ["NO_COLOR"] = "1"
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    "run",
    help=_("Run all allocations of a scenario and the counterfactual: summary, figures, tables."),
    epilog=example(
        f"run {EXAMPLE} --replications 128 --reference current",
        f"run {EXAMPLE} --set loan.rate=0.05 --workers 4 --out results/dearer",
        f"run {EXAMPLE} --set 'monte_carlo.stop={{outcome: jobs_net, half_width_relative: 0.02}}'",
        f"run {EXAMPLE} --cluster tcp://10.0.0.5:8786",
    ),
)
def _run(
    file: File,
    replications: Annotated[
        int | None,
        typer.Option(
            metavar="N", help=_("Replications; above 64, whole blocks of 64. With stopping rules, the fewest.")
        ),
    ] = None,
    seed: Seed = None,
    engine: Engine = "compiled",
    workers: Workers = None,
    cluster: Cluster = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help=_("Folder, instead of results/<file>/<hash>."))
    ] = None,
    fresh: Fresh = False,
    reference: Annotated[
        str,
        typer.Option(
            metavar="A", help=_("Allocation that differences are taken to."), autocompletion=completion.allocations
        ),
    ] = RESERVED,
    sets: Sets = None,
    lang: Lang = None,
    figures: Annotated[
        bool, typer.Option("--figures/--no-figures", help=_("Draw all figures, which takes up to a minute, or none."))
    ] = True,
    quiet: Quiet = False,
    verbose: Verbose = False,
    dry_run: DryRun = False,
) -> None:
    from sim import api
    from sim.cli import costs, progress

    tell(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO)
    scenario = api.with_luck(api.load(file, sets or ()), replications, seed)
    folder = out or api.folder_for(file, scenario)
    if dry_run:
        costs.of_run(scenario, folder, engine, workers)
        return
    with interruptible():
        with progress.shown(quiet) as show:
            results = api.run(
                scenario,
                engine=engine,
                workers=workers,
                cluster=cluster,
                out=folder,
                fresh=fresh,
                reference=reference,
                progress=show,
            )
        _report(results, reference, quiet, figures)


def tell(level: int = logging.INFO) -> None:
    """Print what the program logs from this level on."""
    logger = logging.getLogger("sim")
    logger.addHandler(_Stderr())
    logger.setLevel(level)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C end the command with its exit code and a sentence, which may say what is kept."""
    try:
        yield
    except KeyboardInterrupt as stop:
        print(str(stop) or _("Interrupted."), file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None


class _Stderr(logging.Handler):
    """Prints messages as plain lines, above the progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)


def _report(results: Results, reference: str, quiet: bool, drawn: bool) -> None:
    """Print the summary, draw the figures if wanted, and print where all is."""
    from sim.analysis.source import failures
    from sim.cli.listings import console
    from sim.experiment.store import Store
    from sim.report.figures import draw_all
    from sim.report.tables import print_summary
    from sim.report.targets import print_targets

    store = Store(results.folder)
    if not quiet:
        summary = results.summary(reference)
        print_summary(summary, results.scenario, results.outcomes, console(), reference)
        failed = failures(results)
        if len(failed):
            first = failed.iloc[0]
            text = _(
                "What happened in the first that failed: auylsim trace {folder} --allocation {a} --replication {n}"
            )
            print(text.format(folder=typed(results.folder), a=first["allocation"], n=first["draw"]))
        targets = results.targets()
        if len(targets):
            print()
            print_targets(targets, results.scenario, results.tables, console())
    figures: list[Path] = []
    if drawn:
        with store.held():
            figures = draw_all(results, store.figures)
    if quiet:
        print(results.folder)
        return
    if figures:
        print(_("Figures, each also as SVG:"))
    for file in figures:
        if file.suffix == ".png":
            print(f"  {file}")
    print(_("Tables: {folder}").format(folder=results.folder))


@app.command(
    "trace",
    help=_("Tell one replication event by event, run again by SimPy: the region, or the whole life of one project."),
    epilog=example(
        f"trace {EXAMPLE} --allocation current --replication 5",
        f"trace {EXAMPLE} --allocation current --replication 5 --project sheep-12 --figure sheep-12.png",
    ),
)
def _trace(
    source: FileOrRun,
    allocation: Annotated[
        str, typer.Option(metavar="A", help=_("Allocation."), show_default=False, autocompletion=completion.allocations)
    ],
    replication: Annotated[int | None, typer.Option(metavar="N", help=_("Replication, from 0 on."))] = None,
    draw: Annotated[int | None, typer.Option(metavar="D", help=_("Point of a sweep, from 0 on."))] = None,
    world: Annotated[int | None, typer.Option(metavar="W", help=_("World of a sweep, from 0 on."))] = None,
    project: Annotated[
        str | None, typer.Option(metavar="P", help=_("One project: instrument and number, such as sheep-12."))
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="F", help=_("Draw the project's life to a PNG or SVG file."))
    ] = None,
    sets: Sets = None,
    lang: Lang = None,
) -> None:
    from sim.cli import trace

    tell()
    trace.tell(source, sets or (), allocation, replication, (draw, world), project, figure)


@app.command(
    "validate",
    help=_("Hold the model against published figures: median, range and verdict for each, and how many it meets."),
    epilog=example("validate", "validate zhetysu-2026-2028", f"validate {EXAMPLE} --replications 256"),
)
def _validate(
    run: Annotated[
        str,
        typer.Argument(
            metavar="FILE|RUN", help=_("Scenario file to run, or a stored run."), autocompletion=completion.runs
        ),
    ] = EXAMPLE,
    replications: Annotated[
        int | None,
        typer.Option(metavar="N", help=_("Replications of a scenario file, by default 64; they are not kept.")),
    ] = None,
    sets: Sets = None,
    lang: Lang = None,
) -> None:
    from sim.cli import validate
    from sim.cli.listings import console

    with interruptible():
        validate.look(run, replications, sets or (), console())


@app.command(
    "findings",
    help=_("Write what a scenario answers, with intervals, as a page; what is not stored yet is run first."),
    epilog=example("findings", f"findings {EXAMPLE} --replications 64 --out findings.md"),
)
def _findings(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help=_("Scenario file."), autocompletion=completion.files)
    ] = Path(EXAMPLE),
    replications: Annotated[
        int | None, typer.Option(metavar="N", help=_("Replications; other runs than the scenario's have at most 640."))
    ] = None,
    workers: Workers = None,
    fresh: Fresh = False,
    out: Annotated[Path, typer.Option(metavar="F", help=_("The page, in Markdown."))] = Path("docs/findings.md"),
    lang: Lang = None,
) -> None:
    from sim.cli import findings

    tell()
    with interruptible():
        findings.make(file, replications, workers, fresh, out)


@app.command(
    "runs",
    help=_("List the runs below results/, the newest first."),
    epilog=example("runs"),
)
def _runs(lang: Lang = None) -> None:
    from sim.cli import listings
    from sim.experiment.store import RESULTS, runs

    stored = runs(RESULTS)
    if stored:
        listings.print_runs(stored, listings.console())
    else:
        print(_("There are no runs below {folder} yet.").format(folder=RESULTS.absolute()))
