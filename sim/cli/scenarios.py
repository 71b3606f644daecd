"""The commands about scenario files and the numbers of the tables: check, resolve, schema, new, data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.app import EXAMPLE, app, example
from sim.cli.options import File, Lang, Sets
from sim.data import SHIPPED
from sim.errors import InputError, Problem
from sim.i18n import _


@app.command(
    "check",
    help=_("Say all that is wrong with scenario files, one line a fault."),
    epilog=example(f"check {EXAMPLE}", "check scenarios/small.yaml scenarios/mine.yaml"),
)
def _check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=_("Scenario files."))],
    lang: Lang = None,
) -> None:
    from sim.analysis.targets import targets_of
    from sim.api import load
    from sim.scenario import tables_for

    problems: list[Problem] = []
    for file in files:
        try:
            scenario = load(file)
        except InputError as error:
            problems += error.problems
            continue
        try:
            targets_of(scenario, tables_for(scenario))
        except InputError as error:
            problems += [replace(problem, file=str(file)) for problem in error.problems]
        else:
            message = _("{file}: no faults; allocations: {allocations}; {years} years from {start}")
            allocations = ", ".join(scenario.allocations)
            print(message.format(file=file, allocations=allocations, years=scenario.years, start=scenario.start))
    if problems:
        raise InputError(problems)


@app.command(
    "resolve",
    help=_("Print a scenario with all defaults, inherited parts and patterns written out."),
    epilog=example(f"resolve {EXAMPLE} --set loan.rate=0.05"),
)
def _resolve(file: File, sets: Sets = None, lang: Lang = None) -> None:
    from sim.api import load

    print(load(file, sets or ()).dump(), end="")


@app.command(
    "schema",
    help=_("Print the JSON Schema of scenario files, for completion in editors."),
    epilog=example("schema > scenarios/schema.json"),
)
def _schema() -> None:
    from sim.scenario import schema

    print(json.dumps(schema(), indent=2, ensure_ascii=False))


@app.command(
    "new",
    help=_("Write a scenario to start from, with every key and a comment on each, to the current folder."),
    epilog=example("new my-plan", "new my-plan --region zhetysu"),
)
def _new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=_("Name of the scenario; the file is NAME.yaml."), show_default=False)
    ],
    region: Annotated[
        str, typer.Option(metavar="R", help=_("A shipped region, or the path of a folder of tables."))
    ] = SHIPPED[0],
    lang: Lang = None,
) -> None:
    from sim.cli import starter

    file = starter.write(name, region)
    shown = f'"{file}"' if " " in str(file) else file
    print(_("{file} is written. Change it, then: auylsim check {shown}").format(file=file, shown=shown))


@app.command(
    "data",
    help=_("List the numbers of the tables with range, unit and source."),
    epilog=example("data loan", "data 'instrument.dairy_family.*'", "data --xlsx data.xlsx"),
)
def _data(
    pattern: Annotated[
        str | None, typer.Argument(metavar="PATTERN", help=_("Path, part of one, or glob; by default all."))
    ] = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="F", help=_("Write them to an Excel file."))] = None,
    lang: Lang = None,
) -> None:
    from sim.cli import listings
    from sim.data import load_tables

    quantities = listings.matching(load_tables(SHIPPED[0]), pattern)
    if xlsx is None:
        listings.print_quantities(quantities, listings.console())
        return
    listings.write_quantities(quantities, xlsx)
    print(_("Written to {file}; numbers: {n}").format(n=len(quantities), file=xlsx))
