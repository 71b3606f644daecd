"""The command `export`: tables of a run for Excel, Stata and other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.app import app, example
from sim.cli.options import Force, Lang, Run
from sim.errors import InputError, Problem
from sim.i18n import _


@app.command(
    "export",
    help=_(
        "Write tables of a run for Excel, Stata 14 and later, or as CSV: stored units, all digits, labels in the "
        "language asked for. Beside Stata and CSV files stand two more: what each column is (with its name in Stata) "
        "and what each name means. CSV and Excel are written part by part; Stata's files need all rows in memory."
    ),
    epilog=example(
        "export zhetysu-2026-2028 --to xlsx",
        "export zhetysu-2026-2028 --to dta --outcome rural_income_kzt_per_month --parameters --lang ru",
        "export results/small/1a2b3c4d --to csv --table all",
    ),
)
def _export(
    run: Run,
    to: Annotated[
        str,
        typer.Option(metavar="xlsx|dta|csv", help=_("Format."), show_default=False, autocompletion=completion.formats),
    ],
    table: Annotated[
        str, typer.Option(metavar="T", help=_("replications, yearly, districts, instruments, herds, or all."))
    ] = "replications",
    outcomes: Annotated[
        list[str] | None,
        typer.Option(
            "--outcome",
            metavar="O",
            help=_("Only this column beside the keys; repeatable."),
            autocompletion=completion.outcomes,
        ),
    ] = None,
    parameters: Annotated[
        bool, typer.Option("--parameters", help=_("Add the sampled parameters to the table replications."))
    ] = False,
    replications: Annotated[
        int | None, typer.Option(metavar="N", help=_("Only the first so many; above 64, whole blocks of 64."))
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="F", help=_("The file, instead of RUN/export/<table>.<format>."))
    ] = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    from sim import api

    results = api.open_results(run)
    if replications is not None:
        if replications < 1:
            raise InputError([Problem(_("must be at least 1"), path="replications")])
        results = api.Results(results.folder, replications)
    for file in results.export(to, table=table, outcomes=outcomes or (), parameters=parameters, out=out, force=force):
        print(file)
