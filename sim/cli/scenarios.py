"""The commands about scenario files and the numbers of the tables: check, resolve, schema, new, data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sim.cli import completion
from sim.cli.app import EXAMPLE, app, example
from sim.cli.options import File, Force, Lang, Sets
from sim.data import SHIPPED
from sim.errors import InputError, Problem, typed
from sim.i18n import _


@app.command(
    "check",
    help=_("Say all that is wrong with scenario files, one line a fault."),
    epilog=example(f"check {EXAMPLE}", "check scenarios/small.yaml scenarios/mine.yaml"),
)
def _check(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help=_("Scenario files."), autocompletion=completion.files)
    ],
    lang: Lang = None,
) -> None:
    from sim.api import load
    from sim.api.studies import study_for
    from sim.engine.simulation import COMPILED

    problems: list[Problem] = []
    for file in files:
        try:
            scenario = load(file)
        except InputError as error:
            problems += error.problems
            continue
        try:
            study_for(scenario, COMPILED)  # what a run would refuse
        except InputError as error:
            problems += [replace(problem, file=problem.file or str(file)) for problem in error.problems]
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
    epilog=example("new my-plan", "new my-plan --region zhetysu", "new my-plan --lang ru"),
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
    print(_("{file} is written. Change it, then: auylsim check {shown}").format(file=file, shown=typed(file)))


@app.command(
    "data",
    help=_(
        "List the numbers of the tables with range, unit and source. Or write all tables of a region to an Excel file, "
        "edit them there, and read them back into a folder, which a scenario names as its region."
    ),
    epilog=example(
        "data loan",
        "data 'instrument.dairy_family.*'",
        "data --xlsx data.xlsx",
        "data zhetysu --to-excel tables.xlsx",
        "data --from-excel tables.xlsx --out my-region",
    ),
)
def _data(
    pattern: Annotated[
        str | None,
        typer.Argument(
            metavar="PATTERN|REGION",
            help=_("Path, part of one, or glob; by default all. With --to-excel a region: its name or folder."),
            autocompletion=completion.numbers,
        ),
    ] = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="F", help=_("Write them to an Excel file."))] = None,
    to_excel: Annotated[
        Path | None, typer.Option(metavar="F", help=_("Write the region's tables, one sheet each, to be edited."))
    ] = None,
    from_excel: Annotated[
        Path | None, typer.Option(metavar="F", help=_("Read such a file, edited, and write its tables to --out."))
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help=_("Folder of the tables that are read."))] = None,
    force: Force = False,
    lang: Lang = None,
) -> None:
    from sim.cli import listings
    from sim.data import load_tables
    from sim.experiment.disk import refuse_target

    if sum(each is not None for each in (xlsx, to_excel, from_excel)) > 1:
        raise InputError(_("give one of --xlsx, --to-excel and --from-excel"))
    if to_excel is not None:
        _to_excel(pattern or SHIPPED[0], to_excel, force)
        return
    if from_excel is not None:
        _from_excel(from_excel, out, pattern, force)
        return
    quantities = listings.matching(load_tables(SHIPPED[0]), pattern)
    if xlsx is None:
        listings.print_quantities(quantities, listings.console())
        return
    refuse_target([xlsx], ".xlsx", force=force)
    listings.write_quantities(quantities, xlsx)
    print(_("Written to {file}; numbers: {n}").format(n=len(quantities), file=xlsx))


def _to_excel(region: str, file: Path, force: bool) -> None:
    """Write a region's tables to an Excel file."""
    from sim.data import load_tables
    from sim.data.to_excel import write_book
    from sim.experiment.disk import refuse_target
    from sim.report.files import placed

    refuse_target([file], ".xlsx", force=force)
    load_tables(region)
    with placed(file) as unfinished:  # what is there may hold a day's work
        n = write_book(region, unfinished)
    message = _("Written to {file}; tables: {n}. To read them back: auylsim data --from-excel {shown} --out FOLDER")
    print(message.format(file=file, n=n, shown=typed(file)))


def _from_excel(file: Path, out: Path | None, pattern: str | None, force: bool) -> None:
    """Write the tables of an Excel file to a region's folder."""
    from sim.data.from_excel import read_book

    if out is None or pattern is not None:
        raise InputError(_("say with --out, and only with it, into which folder: data --from-excel FILE --out FOLDER"))
    n = read_book(file, out, force=force)
    message = _("Written to {folder}; tables: {n}. In a scenario file beside it: region: {name}")
    print(message.format(folder=out, n=n, name=out.resolve().name))
