"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.i18n import LANGUAGES, _, set_language


def _choose_language(value: str | None) -> str | None:
    if value is not None:
        set_language(value)
    return value


File = Annotated[
    Path, typer.Argument(metavar="FILE", help=_("Scenario file."), show_default=False, autocompletion=completion.files)
]
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help=_("Folder, name or hash."), show_default=False, autocompletion=completion.runs),
]
FileOrRun = Annotated[
    Path,
    typer.Argument(
        metavar="FILE|RUN",
        help=_("Scenario file; or a run: folder, name or hash."),
        show_default=False,
        autocompletion=completion.runs,
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help=_("Change a part of the scenario or a number; repeatable."),
        autocompletion=completion.changes,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help=_("Dask scheduler whose workers compute, tcp://host:port; or local:N, N processes on this machine."),
    ),
]
Lang = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(LANGUAGES),
        help=_(
            "Language of what is shown; by default that of AUYLSIM_LANG, else English. No native speaker has reviewed "
            "the Kazakh yet."
        ),
        callback=_choose_language,
        is_eager=True,
        autocompletion=completion.languages,
    ),
]
Seed = Annotated[int | None, typer.Option(metavar="S", help=_("Seed of all luck."))]
Engine = Annotated[
    str,
    typer.Option(
        metavar="compiled|simpy", help=_("Engine; the results do not depend on it."), autocompletion=completion.engines
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="K", help=_("Replications computed at once; by default one for each processor.")),
]
Fresh = Annotated[bool, typer.Option("--fresh/--resume", help=_("Start anew, or go on with what is stored."))]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_("Print nothing but the run's folder."))]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help=_("Tell more, also about faults."))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=_("Only say how many runs, minutes and megabytes it takes."))]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="A",
        help=_("Allocation that differences are taken to; by default current or the first."),
        autocompletion=completion.allocations,
    ),
]
ReferenceOrNone = Annotated[
    str,
    typer.Option(
        metavar="B|none",
        help=_("Allocation that differences are taken to; none shows levels."),
        autocompletion=completion.allocations,
    ),
]
Force = Annotated[bool, typer.Option("--force", help=_("Write over files that exist, which is refused otherwise."))]
