"""The command `compare`: the allocations of one or several runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.app import app, example
from sim.cli.options import Lang, Reference
from sim.i18n import _


@app.command(
    "compare",
    help=_(
        "Compare all allocations of runs that share luck: paired differences, probability of being best, regret, "
        "dominance, risk."
    ),
    epilog=example(
        "compare zhetysu-2026-2028 --reference current",
        "compare results/plan results/dearer --outcome rural_income_kzt_per_month --outcome jobs_net",
    ),
)
def _compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help=_("Runs: folder, name or hash."), show_default=False, autocompletion=completion.runs
        ),
    ],
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="NAME",
            help=_("Outcome, repeatable; by default the main ones."),
            autocompletion=completion.outcomes,
        ),
    ] = None,
    reference: Reference = None,
    alpha: Annotated[
        float, typer.Option(metavar="X", help=_("Share of replications that counts as the worst."))
    ] = 0.05,
    csv: Annotated[
        Path | None, typer.Option(metavar="F", help=_("File for all numbers, instead of compare.csv in the first run."))
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help=_("Folder for the figures, instead of that of the first run."))
    ] = None,
    lang: Lang = None,
) -> None:
    from sim.api import open_results
    from sim.api.comparing import compare
    from sim.cli.listings import console
    from sim.experiment.store import Store

    opened = [open_results(run) for run in runs]
    found = compare(*opened, outcomes=outcomes or (), reference=reference, alpha=alpha)
    from sim.report.compared import draw_comparison, print_comparison, write_tables  # heavy: a refusal comes sooner

    print_comparison(found, console())
    written = write_tables(found, csv or opened[0].folder / "compare.csv")
    drawn = draw_comparison(found, figures or Store(opened[0].folder).figures)
    print()
    print(_("Tables:"))
    for file in written:
        print(f"  {file}")
    print(_("Figures, each also as SVG:"))
    for file in drawn:
        if file.suffix == ".png":
            print(f"  {file}")
