"""The generated pages of docs/: outcomes, commands, scenario file, parameters with their sources, and Python.

`python -m tools.reference` (in `make docs`) writes them from the program and its tables. They are committed, so that
they can be read without building anything; tests/test_docs.py asks that they are what the program says now.
"""

from __future__ import annotations

import csv
import html
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

import sim
from sim.cli.commands import app
from sim.data import SHIPPED, Quantity, Tables, load_tables, rows_of
from sim.report import registry
from sim.scenario import schema
from sim.scenario.schema import WrittenScenario
from tools.examples import OF_KEYS

DOCS = Path(__file__).parents[1] / "docs"
ANALYSES = {
    "sim.analysis.compare": ("compare_together", "differences", "ranks", "bootstrap_interval"),
    "sim.analysis.risk": ("worst_mean", "worst_means", "downside", "dominance"),
    "sim.analysis.estimates": ("estimate", "standings", "held_out", "secant"),
    "sim.analysis.sensitivity": ("given_data", "morris", "sobol", "luck_share", "tornado"),
    "sim.analysis.points": ("values_of", "by_point"),
    "sim.analysis.targets": ("targets_of", "meeting"),
    "sim.analysis.validation": ("targets", "validate"),
    "sim.analysis.instruments": ("instruments",),
    "sim.analysis.trace": ("trace",),
}
"""What a notebook may call beside the public names of `sim`."""
SUBJECTS = {
    "fund": "The fund", "loan": "Loans", "committee": "The committee", "portfolio": "Loans of 2023-25",
    "own_money": "Projects on own money", "building": "Building crews", "stock": "Breeding stock",
    "instrument": "Instruments", "enterprise": "Enterprises", "labour": "Labour", "herd": "Herds",
    "feed": "Hay and pasture",
    "crop": "Crops", "water": "Water and irrigation", "processing": "Plants and raw markets", "market": "Prices",
    "correlation": "Correlated prices", "cpi": "Consumer prices", "season": "Seasons", "shock": "Shocks",
    "income": "Incomes", "consumption": "What people eat", "elsewhere": "Other producers", "appraisal": "Appraisal",
    "district": "Districts",
}  # fmt: skip
"""Heading of each group of paths."""
TYPES = {
    "set": "number or distribution by path",
    "parameter_correlations": "list of two paths and a number between −1 and 1",
    "fund.tranches_mln_kzt": "number from 0 on, by year",
    "allocations.NAME.shares": "0 to 1 by instrument; or by year, by instrument",
    "allocations.NAME.amounts_mln_kzt": "number from 0 on by instrument; or by year, by instrument",
    "economics.discount_rates_real": "list of numbers from 0 to 1",
    "targets.districts": "by district, number by outcome",
    "monte_carlo.stop": "keys below, or a list of such",
}
"""What the schema says of a key at length, or not at all."""
DISTRIBUTIONS = ("Pert", "Uniform", "Triangular", "Normal", "LogNormal")


def pages() -> dict[str, str]:
    """Return each generated page by its place in docs/."""
    tables = load_tables(SHIPPED[0])
    return {
        "outcomes.md": registry.page(tables),
        "reference/commands.md": _text(_commands()),
        "reference/scenario.md": _text(_scenario()),
        "reference/parameters.md": _text(_parameters(tables)),
        "reference/api.md": _text(_python()),
    }


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _head(title: str, source: str) -> Iterator[str]:
    yield from (f"# {title}", "", f"<!-- Made by `make docs` from {source}: change that, not this page. -->", "")


def _prose(text: str) -> Iterator[str]:
    yield from (*textwrap.wrap(" ".join(text.split()), 118), "")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for line in (columns, ["---"] * len(columns), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
    yield ""


def _commands() -> Iterator[str]:
    """Write every command with its help, options and examples."""
    from typer.main import get_command

    group = get_command(app)
    yield from _head("Commands", "the help texts in sim/cli")
    yield from _prose("""
        `auylsim COMMAND --help` prints the same, with `--lang ru` or `--lang kk` in that language. Exit codes: 0 done,
        1 failed while running, 2 wrong input, 130 interrupted. Where a RUN is asked for, give its folder, the name of
        its scenario file without `.yaml` (the newest run is meant) or its hash.
    """)
    with typer.Context(group, info_name="auylsim") as context:
        for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
            with typer.Context(command, info_name=name, parent=context) as inner:
                yield from (f"## {name}", "", command.help, "")
                pieces = re.sub(r"[{}]", "", " ".join(command.collect_usage_pieces(inner)))
                yield from ("```", f"auylsim {name} {pieces}", "```", "")
                records = [parameter.get_help_record(inner) for parameter in command.get_params(inner)]
                rows = [
                    (_code(re.sub(r" <[\w\[\]]+>$", "", what)), _escaped(told))
                    for what, told in filter(None, records)
                    if "--help" not in what
                ]
                if rows:
                    yield from _table(("Argument or option", "What it does"), rows)
                examples = (command.epilog or "").partition("\n")[2].splitlines()[1:]
                if examples:
                    yield from ("```sh", *(line.strip() for line in examples), "```", "")


def _scenario() -> Iterator[str]:
    """Write every key of a scenario file with type, default, meaning and example."""
    written = WrittenScenario.model_json_schema()
    parts = schema()["$defs"] | {"": schema()}
    needed = {name: set(part.get("required", ())) for name, part in (written["$defs"] | {"": written}).items()}
    yield from _head("Scenario file", "the models in sim/scenario/schema.py")
    yield from _prose("""
        A scenario file is YAML. `auylsim new NAME` writes one with every key and a comment on each; `auylsim check
        FILE` names every fault with its line and remedy; `scenarios/schema.json` (`auylsim schema`) gives editors
        completion. A file that `extends` another states only what differs. Any number of the tables can be changed
        under `set`: [parameters and sources](parameters.md).
    """)
    for key, part, about in (
        ("", "", ""),
        ("fund", "Fund", ""),
        ("allocations.NAME", "WrittenAllocation", "State one of `shares`, `amounts_mln_kzt` and `from`."),
        ("targets", "Targets", "Beside this key, any outcome by its name, in the unit in which it is stored."),
        ("economics", "Economics", ""),
        ("monte_carlo", "MonteCarlo", ""),
        ("monte_carlo.stop", "StoppingRule", ""),
    ):
        yield from (f"## {f'`{key}`' if key else 'The file'}", "")
        yield from (" ".join(parts[part]["description"].split()), "")
        if about:
            yield from (about, "")
        own = {"allocations.NAME": {"label", "sheet"}}.get(key, set())  # needed in the resolved form only
        if part == "WrittenAllocation":
            own |= {"shares", "amounts_mln_kzt", "from"}
        rows = []
        for name, node in parts[part]["properties"].items():
            path = f"{key}.{name}" if key else name
            default = _default(node, name in needed[part] - own - {"extends", "title"})
            kind = TYPES.get(path) or _type(node)
            rows.append((f"`{name}`", kind, default, node["description"], f"`{OF_KEYS[path]}`"))
        yield from _table(("Key", "Type", "Default", "Meaning", "Example"), rows)
    yield from _distributions(parts)


def _distributions(parts: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Distributions", "")
    yield from _prose("""
        Wherever a number of the tables can stand under `set`, one of these can, too. Formulas:
        [the model](../model.md#28-luck-and-parameters).
    """)
    rows = []
    for name in DISTRIBUTIONS:
        (kind,) = parts[name]["properties"]
        inner = parts[name]["properties"][kind]
        keys = "; ".join(f"`{key}`: {node['description'].rstrip('.')}" for key, node in inner["properties"].items())
        rows.append((f"`{kind}`", inner["description"], keys, f"`{OF_KEYS[kind]}`"))
    yield from _table(("Key", "Meaning", "Its keys", "Example"), rows)


def _default(node: Mapping[str, Any], needed: bool) -> str:
    if needed:
        return "needed"
    value = node.get("default")
    if value is None or value in ({}, []) or "$ref" in node:
        return "—"
    return f"`{json.dumps(value)}`".replace('"', "")


def _type(node: Mapping[str, Any]) -> str:
    """Say in words what a part of the JSON Schema allows."""
    if "$ref" in node:
        return "keys below"
    for several in ("anyOf", "oneOf"):
        if several in node:
            return " or ".join(dict.fromkeys(_type(one) for one in node[several] if one.get("type") != "null"))
    if "const" in node or "enum" in node:
        return " or ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
    match node["type"]:
        case "boolean":
            return "`true` or `false`"
        case "string":
            return "month, `YYYY-MM`" if "pattern" in node else "text"
        case "array":
            return "list of names"
        case "object":
            return "text by language" if "propertyNames" in node else "keys below"
    least, most = (node.get(end, node.get(other)) for end, other in _ENDS)
    word = "whole number" if node["type"] == "integer" else "number"
    if least is not None and most is not None:
        return f"{word}, {least:g} to {most:g}" if most < 1e6 else f"{word} from {least:g} on"
    return word if least is None else f"{word} from {least:g} on" if "minimum" in node else f"{word} above {least:g}"


_ENDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def _parameters(tables: Tables) -> Iterator[str]:
    """Write every row of the tables, by subject, with its source."""
    rows = rows_of(tables.quantities.values())
    kinds = [row.kind_of_source for row in rows]
    counts = {kind: kinds.count(kind) for kind in ("sourced", "derived", "assumption")}
    yield from _head("Parameters and sources", "the tables in sim/data")
    yield from _prose(f"""
        {len(rows)} rows hold {len(tables.quantities):,} numbers: a `*` stands for every name that has no row of its
        own. {counts["sourced"]} rows stand on a page that states the number, {counts["derived"]} are derived from such
        pages, {counts["assumption"]} are assumptions. A row with a range is uncertain, and drawn anew in each
        replication. Confidence is high (H), medium (M) or low (L). `auylsim data PATTERN` prints the same, and
        `auylsim data --xlsx F` writes an Excel file. To change a number, state it under `set` of a scenario, or copy
        the region's folder: [your own region](../how-to/region.md). What each number does:
        [the model](../model.md).
    """)
    by_subject = sorted(rows, key=lambda row: list(SUBJECTS).index(row.path.split(".")[0]))
    for subject, group in groupby(by_subject, lambda row: row.path.split(".")[0]):
        yield from (f"## {SUBJECTS[subject]}", "")
        cells = [_cells(row, _written(row)) for row in group]
        yield from _table(("Path", "Central", "Low to high", "Unit", "Year", "Source", "Confidence"), cells)


def _cells(row: Quantity, path: str) -> tuple[str, ...]:
    low, central, high = (f"{value:.12g}".replace("-", "−") for value in (row.low, row.central, row.high))
    span = f"{low} to {high}" if row.uncertain else ""
    return f"`{path}`", central, span, _escaped(row.unit), row.year, _linked(row.source), row.confidence


def _written(row: Quantity) -> str:
    """Return the path as the table has it, with its star."""
    if row.file not in _PATHS:
        with Path(row.file).open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            _PATHS[row.file] = {reader.line_num: line["path"] for line in reader}  # noqa: B035
    return _PATHS[row.file][row.line]


_PATHS: dict[str, dict[int, str]] = {}


def _linked(source: str) -> str:
    """Show addresses by the name of their site, as links."""
    pieces = re.split(r"(https?://[^\s,;]*[^\s,;.)])", source)
    return "".join(
        f"[{urlsplit(piece).netloc.removeprefix('www.')}]({piece})" if place % 2 else _escaped(piece)
        for place, piece in enumerate(pieces)
    )


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([*_\[\]])", r"\\\1", html.escape(re.sub(r"\s+", " ", text), quote=False))


def _python() -> Iterator[str]:
    """Write the public names and the analyses, each with its docstring when the site is built."""
    yield from _head("Python", "the docstrings in sim")
    yield from _prose("""
        What `import sim` gives, and the analyses behind the commands, which work on any table. On the built site
        (`make docs`) the docstrings follow; in an editor, `help(sim.run)` shows them.
    """)
    public = {f"sim.{name}": getattr(sim, name) for name in sorted(sim.__all__, key=str.lower) if name[0] != "_"}
    analyses = {
        f"{where}.{name}": getattr(import_module(where), name) for where in ANALYSES for name in ANALYSES[where]
    }
    for title, documented in (("Public names", public), ("Analyses", analyses)):
        yield from (f"## {title}", "")
        firsts = [(f"`{path}`", _escaped(_first_sentence(found))) for path, found in documented.items()]
        yield from _table(("Name", "What it does"), firsts)
        for path in documented:
            yield from (f"::: {path}", "")


def _code(text: str) -> str:
    """Show as code what may hold the bar that ends a cell."""
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def _first_sentence(found: object) -> str:
    return " ".join((inspect.getdoc(found) or "").split("\n\n")[0].split())


def main() -> None:
    """Write the pages."""
    for place, text in pages().items():
        (DOCS / place).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
