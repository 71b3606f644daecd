"""The command `report`: what a run answers, as a file to hand over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.app import app, example, interruptible, tell
from sim.cli.options import Force, Lang, Reference, Run
from sim.i18n import _


@app.command(
    "report",
    help=_(
        "Write the report of a run: one HTML file with all its figures and tables, to read, print or send; it needs no "
        "network. Takes a minute or two."
    ),
    epilog=example(
        "report zhetysu-2026-2028",
        "report zhetysu-2026-2028 --lang ru --docx --out build/zhetysu.html",
        "report zhetysu-2026-2028 --reference livestock_first --sensitivity results/zhetysu-2026-2028-sobol",
    ),
)
def _report(
    run: Run,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("The HTML file, instead of report.html in the run's folder."))
    ] = None,
    docx: Annotated[bool, typer.Option("--docx", help=_("Write a Word file beside it."))] = False,
    sensitivity: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help=_("Run or sweep that says what the answer hangs on; by default RUN itself."),
            autocompletion=completion.runs,
        ),
    ] = None,
    reference: Reference = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    from sim.api import open_results

    tell()
    with interruptible():
        results = open_results(run)
        files = results.report(out, docx=docx, sensitivity=sensitivity, reference=reference, force=force)
        for file in files:
            print(file)
