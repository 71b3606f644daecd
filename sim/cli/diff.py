"""The command `diff`: what differs between two runs or scenario files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import completion
from sim.cli.app import app, example
from sim.cli.options import Lang
from sim.i18n import _

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from sim.analysis.differing import Change
    from sim.api import Results
    from sim.scenario import Scenario

WIDEST = 120  # characters of a line
SHOWN = 20  # lines of a table; a file has all
_HEADS = ("what", "path", "allocation", "a", "b", "unit", "n_a", "n_b", "difference", "low", "high", "in_sd")


@app.command(
    "diff",
    help=_(
        "Say what differs between A and B, each a run or a scenario file: inputs path by path, and of two runs the "
        "program and the results, the largest difference in standard deviations first."
    ),
    epilog=example(
        "diff scenarios/small.yaml scenarios/zhetysu-2026-2028.yaml",
        "diff results/small/1a2b3c4d results/small/5e6f7a8b --csv differences.csv",
    ),
)
def _diff(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A", help=_("Run (folder, name, hash) or file."), show_default=False, autocompletion=completion.runs
        ),
    ],
    b: Annotated[
        str, typer.Argument(metavar="B", help=_("The other."), show_default=False, autocompletion=completion.runs)
    ],
    file: Annotated[
        Path | None, typer.Option("--csv", metavar="F", help=_("Write all differences to a CSV file."))
    ] = None,
    lang: Lang = None,
) -> None:
    from sim import api
    from sim.analysis import differing
    from sim.cli.listings import console
    from sim.scenario import tables_for

    sides = [api.load(each) if api.names_scenario(each) else api.open_results(each) for each in (a, b)]
    runs = [side for side in sides if isinstance(side, api.Results)]
    scenarios = [side.scenario if isinstance(side, api.Results) else side for side in sides]
    tables = tables_for(scenarios[0]), tables_for(scenarios[1])
    to = console(widest=WIDEST)
    to.print(f"A: {_named(sides[0], a)}\nB: {_named(sides[1], b)}\n", soft_wrap=True)

    def of_manifests(keys: Sequence[str]) -> list[Change]:
        return differing.manifest_changes(runs[0].manifest, runs[1].manifest, keys) if len(runs) == 2 else []

    found = {
        "input": differing.scenario_changes(scenarios[0], scenarios[1], tables),
        "design": of_manifests(differing.DESIGN),
        "table": differing.table_changes(*tables) if tables[0].digest != tables[1].digest else [],
        "program": of_manifests(differing.PROGRAM),
    }
    _print_changes(found, to)
    for run in runs:
        if run.manifest["tables"] != run.tables.digest:
            text = _("The tables of {region} have changed since the run in {folder}: its numbers are not known now.")
            to.print(text.format(region=run.scenario.region, folder=run.folder), soft_wrap=True)
    results = _results(runs[0], runs[1], to) if len(runs) == 2 else None
    if file is not None:
        _write(found, results, file)
        print(_("Written to {file}.").format(file=file))


def _named(side: Scenario | Results, given: str) -> str:
    """Say what was given as A or B."""
    from sim.api import Results
    from sim.report.tables import plain
    from sim.report.text import number

    if not isinstance(side, Results):
        return _("{file}, scenario {name}").format(file=given, name=side.name)
    text = _("{folder}, scenario {name}, n = {n}, seed {seed}")
    return text.format(folder=side.folder, name=side.scenario.name, n=plain(number(side.n)), seed=side.seed)


def _print_changes(found: dict[str, list[Change]], to: Console) -> None:
    """Print what differs of the inputs."""
    titles = {
        "input": _("Scenario"),
        "design": _("Design"),
        "table": _("Numbers of the tables"),
        "program": _("Program"),
    }
    if not any(found.values()):
        to.print(_("The inputs are the same.") + "\n")
    for what, changes in found.items():
        if changes:
            screen = _screen((titles[what], "A", "B"))
            for change in changes[:SHOWN]:
                screen.add_row(change.path, *("—" if side is None else side for side in change[1:]))
            to.print(screen)
            _say_how_many(len(changes), to)


def _results(a: Results, b: Results, to: Console) -> pd.DataFrame | None:
    """Print how the results differ; returns all differences, None of sweeps."""
    from sim.analysis import differing
    from sim.analysis.together import luck_differences

    n, same = min(a.n, b.n), differing.same_rows(a, b)
    if same and all(same.values()):
        both = _("The results are identical, to the last bit, in the {n} replications that both have.")
        all_of = _("The results are identical, to the last bit: {n} replications.")
        to.print((all_of if a.n == b.n else both).format(n=n))
    elif any(same.values()):
        text = _("Identical to the last bit: {tables}. Not identical: {others}.")
        parts = (", ".join(table for table, is_same in same.items() if is_same == wanted) for wanted in (True, False))
        to.print(text.format(**dict(zip(("tables", "others"), parts, strict=True))))
    if a.design is not None or b.design is not None:
        if not all(same.values()):
            to.print(_("The results are not the same. Of sweeps, points.csv and auylsim export have the numbers."))
        return None
    kept_apart = luck_differences(a, b)
    table = differing.result_changes(a, b, share=not kept_apart)
    changed = table[table["difference"].abs() > 0]
    if len(changed):
        _print_results(changed, a, to)
        _say_how_many(len(changed), to)
        equal = _("Differences are B less A. Equal in both: {equal} of {n} means.")
        to.print(equal.format(equal=len(table) - len(changed), n=len(table)))
        if kept_apart:
            text = _("Not paired, since the runs do not share their luck; they differ in: {what}.")
            to.print(text.format(what=", ".join(kept_apart)))
        else:
            to.print(_("Paired, since the runs share their luck: {n} replications of each.").format(n=n))
    elif not all(same.values()):
        to.print(_("All means of the allocations and outcomes that both have are equal."))
    return table


def _print_results(changed: pd.DataFrame, run: Results, to: Console) -> None:
    from sim.report.tables import plain
    from sim.report.text import allocation_label, number, outcome_label, shown, unit

    outcomes = {outcome.name: outcome for outcome in run.tables.outcomes}
    heads = (_("Outcome, unit"), _("Allocation"), _("Mean, A"), _("Mean, B"), _("Difference"), _("95 % interval"),
             _("in SD"))  # fmt: skip
    screen = _screen(heads, numeric=(2, 3, 4, 5, 6))
    for row in changed.head(SHOWN).to_dict("records"):
        outcome = outcomes[row["outcome"]]
        ends = [shown(outcome, row[end], signed=True) for end in ("low", "high")]
        cells = [
            f"{outcome_label(outcome)}, {unit(outcome)}",
            allocation_label(run.scenario, row["allocation"]),
            *(shown(outcome, row[mean]) for mean in ("mean_a", "mean_b")),
            shown(outcome, row["difference"], signed=True),
            "…".join(ends) if row["low"] == row["low"] else "—",
            number(row["in_sd"], 2, signed=True),
        ]
        screen.add_row(*map(plain, cells))
    to.print(screen)


def _screen(heads: Sequence[str], numeric: Sequence[int] = ()) -> Table:
    from rich import box
    from rich.table import Table

    screen = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for place, head in enumerate(heads):
        screen.add_column(head, justify="right" if place in numeric else "left", overflow="fold",
                          no_wrap=place in numeric)  # fmt: skip
    return screen


def _say_how_many(n: int, to: Console) -> None:
    if n > SHOWN:
        to.print(_("{shown} of {n} are shown; all of them: --csv FILE").format(shown=SHOWN, n=n))
    to.print()


def _write(found: dict[str, list[Change]], results: pd.DataFrame | None, file: Path) -> None:
    """Write all differences, with a point and all digits."""
    from sim.report.files import placed

    def rows() -> Iterator[dict[str, object]]:
        for what, changes in found.items():
            for change in changes:
                yield {"what": what, "path": change.path, "a": change.before, "b": change.after}
        for row in [] if results is None else results.to_dict("records"):
            names = {"outcome": "path", "mean_a": "a", "mean_b": "b"}
            yield {"what": "result"} | {names.get(str(name), str(name)): value for name, value in row.items()}

    with placed(file) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, _HEADS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())
