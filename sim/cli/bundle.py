"""The command `bundle`: a scenario or a run as one zip file that runs elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import EXAMPLE, app, example
from sim.cli.options import FileOrRun, Force, Lang
from sim.errors import typed
from sim.i18n import _


@app.command(
    "bundle",
    help=_(
        "Put a scenario or a run into one zip file: the resolved scenario, the tables of its region and what they hash "
        "to; of a run also its rows and its summary. Wherever a scenario file or a run is asked for, the zip file may "
        "be given; it is unpacked below results/."
    ),
    epilog=example(
        f"bundle {EXAMPLE}",
        "bundle zhetysu-2026-2028 --out for-the-ministry.zip",
        "run for-the-ministry.zip",
    ),
)
def _bundle(
    source: FileOrRun,
    out: Annotated[
        Path | None, typer.Option(metavar="F", help=_("The zip file; by default named after the scenario or run."))
    ] = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    from sim.api.bundling import bundle

    file = bundle(source, out, force=force)
    print(_("{file} is written. To run it anywhere: auylsim run {shown}").format(file=file, shown=typed(file)))
