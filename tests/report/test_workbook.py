"""tables.xlsx as openpyxl reads it, and its agreement with summary.csv, the screen and Python."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import sim
from sim.api import Results
from sim.errors import RunError
from sim.i18n import LANGUAGES, set_language
from sim.report.files import write_tables
from sim.report.tables import NAMES, PADDING, differs, plain
from sim.report.text import number, shown
from tests.cli.conftest import environment
from tests.cli.test_real_run import TINY
from tests.experiment.fake import SCENARIO, stand_in

TARGETS = "targets: {projects_funded: 50}\n"
SHEETS = ["Summary", "Targets", "By year", "By instrument", "Animals", "Full digits", "Definitions", "Provenance"]
SHOWN = {
    "mean": "Mean", "low": "95 % interval of the mean, from", "high": "95 % interval of the mean, to",
    "sd": "Standard deviation", "p05": "5 %", "p50": "Median", "p95": "95 %",
}  # fmt: skip
DIFFERENCE = {
    "difference": "Mean difference to {}", "difference_low": "95 % interval of this, from",
    "difference_high": "95 % interval of this, to", "difference_p05": "Difference, 5 %",
    "difference_p95": "Difference, 95 %",
}  # fmt: skip


@pytest.fixture
def free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder where replications cost nothing."""
    monkeypatch.chdir(tmp_path)
    stand_in(monkeypatch)
    yield tmp_path
    set_language("en")


def made(folder: Path, text: str = SCENARIO + TARGETS, **options: Any) -> Results:
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return sim.run("plan.yaml", workers=1, **options)


def book_of(results: Results) -> openpyxl.Workbook:
    return openpyxl.load_workbook(results.folder / "tables.xlsx")


def frame(book: openpyxl.Workbook, title: str) -> pd.DataFrame:
    head, *rows = book[title].iter_rows(values_only=True)
    return pd.DataFrame(rows, columns=head)


def test_every_sheet_has_types_widths_and_a_head_that_stands_still(free: Path) -> None:
    book = book_of(made(free, replications=640))
    assert book.sheetnames == SHEETS  # the fake reports no outcome by district
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        for column in sheet.columns:
            width = sheet.column_dimensions[column[0].column_letter].width
            longest = max((len(cell.value) for cell in column[1:] if isinstance(cell.value, str)), default=0)
            assert width >= min(longest, 60), (sheet.title, column[0].value)
            assert all(isinstance(cell.value, str | int | float | None) for cell in column)
    for row in book["Summary"].iter_rows(min_row=2):
        for cell in row:
            text = cell.column in (1, 2, 3, 4, 19, 20, 21)
            assert cell.value is None or cell.data_type == ("s" if text else "n"), cell.coordinate
    mean = book["Summary"]["G2"]
    assert (mean.value, mean.number_format) == (round(mean.value), "#,##0")


def test_definitions_and_provenance(free: Path) -> None:
    results = made(free)
    book = book_of(results)
    defined = frame(book, "Definitions").set_index("Column")
    assert set(defined.index) >= {outcome.name for outcome in results.outcomes}
    for outcome in results.outcomes:
        assert defined.loc[outcome.name, "Definition"] == outcome.description
        assert defined.loc[outcome.name, "Shown = stored ×"] == outcome.scale
    for title, heads in (("By instrument", ["Planned", "Applied", "Lent"]),):
        labels = [head.split(",")[0] for head in frame(book, title).columns]
        assert set(heads) <= set(labels) & set(defined["Outcome"])
    facts = frame(book, "Provenance").set_index("What")["Value"].to_dict()
    manifest = results.manifest
    expected = {
        "Scenario": "made_up", "Title": "Made up", "Seed": 3, "Replications of each allocation": 6,
        "Hash of the inputs": manifest["inputs"], "Digest of the tables": manifest["tables"],
        "Digest of the program": manifest["code"], "Version of auylsim": sim.__version__,
    }  # fmt: skip
    assert {name: facts[name] for name in expected} == expected


def test_by_year_and_by_instrument_are_statistics_of_the_rows(free: Path) -> None:
    text = SCENARIO.replace("greenhouse", "sheep")
    results = made(free, text, replications=640)
    book = book_of(results)
    assert "Targets" not in book.sheetnames
    year = frame(book, "By year").query("Year == 2027 and `Allocation's name` == 'south'").iloc[0]
    values = results.yearly.query("year == 2027 and allocation == 'south'")["milk_t"] / 1000
    assert year["Mean"] == round(values.mean(), 1) > 0
    assert year["95 %"] == round(np.quantile(values, 0.95), 1)
    row = frame(book, "By instrument").query("`Allocation's name` == 'south'").iloc[0]
    rows = results.instruments.query("allocation == 'south'")
    assert row["Lent, million tenge (nominal)"] == round(rows["disbursed_kzt"].mean() / 1e6, 1)
    assert row["Applied, projects"] == round(rows["applied"].mean(), 1)
    assert row["Instrument"] == "Family dairy farm"
    assert list(frame(book, "By instrument")["Allocation's name"]) == ["north", "south", "no_programme"]
    animals = frame(book, "Animals")
    assert list(animals["Species"]) == ["Cattle", "Sheep and goats"] * 3
    assert list(animals["Animals"]) == ["young females", "adult males"] * 3
    row = animals.query("`Allocation's name` == 'south' and Stage == 'adult'").iloc[0]
    rows = results.herds.query("allocation == 'south' and stage == 'adult'")
    assert row["Head at the end"] == round(rows["head"].mean()) != row["Of them in projects"]


def test_the_same_run_gives_the_same_bytes_and_the_file_tells_no_time(free: Path) -> None:
    first, second = made(free, out="first"), made(free, out="second")
    assert (first.folder / "tables.xlsx").read_bytes() == (second.folder / "tables.xlsx").read_bytes()
    with zipfile.ZipFile(first.folder / "tables.xlsx") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:" not in re.sub(rb'xmlns:dcterms="[^"]*"', b"", parts.read("docProps/core.xml"))


def test_labels_are_in_the_runs_language_and_never_formulas(free: Path) -> None:
    set_language("ru")
    book = book_of(made(free, SCENARIO.replace("ru: Всё на север", 'ru: "=1+1"')))
    table = frame(book, "Сводка")
    assert "Произведено молока" in set(table["Показатель"])
    assert "тыс. т в год" in set(table["Единица"])
    label = book["Сводка"]["B2"]
    assert (label.value, label.data_type) == ("=1+1", "s")
    assert "Семейная молочная ферма" in set(frame(book, "По направлениям")["Направление"])


def test_the_workbook_has_the_same_sheets_and_columns_in_each_language(free: Path) -> None:
    sizes = []
    for place, language in enumerate(LANGUAGES):
        set_language(language)
        book = book_of(made(free, out=free / str(place)))
        sizes.append([(sheet.max_row, sheet.max_column) for sheet in book.worksheets])
    assert sizes[1] == sizes[2] == sizes[0]


def test_a_file_that_cannot_be_written_is_told(free: Path) -> None:
    results = made(free)
    (results.folder / "tables.xlsx").unlink()
    (results.folder / "tables.xlsx").mkdir()
    with pytest.raises(RunError, match=r"cannot write .*tables\.xlsx: .*; if it is open elsewhere, close it"):
        write_tables(results, results.summary(), results.targets(), results.stopping(), "no_programme")


def screen(out: str) -> list[list[list[str]]]:
    """Return the printed summary: by outcome and line, the cells that are not empty."""
    lines = out.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("───")) + 1
    last = next(place for place, line in enumerate(lines) if line.startswith("Each cell"))
    rows: list[list[list[str]]] = [[]]
    for line in lines[first:last]:
        if not line.strip():
            rows.append([])
        elif cells := [cell for cell in line[NAMES - PADDING :].split(" ") if cell]:  # thousands stand apart by \xa0
            rows[-1].append(cells)
    return [row for row in rows if row]


def expected(table: pd.DataFrame, results: Results, reference: str) -> list[list[list[str]]]:
    """Return what the screen must show of a summary in stored units."""
    values = table.set_index(["outcome", "allocation"])
    ends = "difference_low" if table["difference_low"].notna().any() else "difference_p05"
    rows = []
    for outcome in results.outcomes:
        if not outcome.main or outcome.name not in set(table["outcome"]):
            continue
        lines: list[list[str]] = [[], [], [], []]
        for name in results.allocations:
            row = values.loc[(outcome.name, name)]
            lines[0].append(shown(outcome, row["p50"]))
            lines[1].append(span(shown(outcome, row["p05"]), shown(outcome, row["p95"])))
            if not differs(outcome, reference):
                continue
            if name == reference:
                lines[2].append("reference")
                continue
            other = ends.replace("low", "high").replace("p05", "p95")
            low, high = (shown(outcome, row[end], signed=True) for end in (ends, other))
            lines[2].append(shown(outcome, row["difference"], signed=True))
            lines[3].append(span(low, high))
        rows.append([[plain(cell) for cell in line] for line in lines if line])
    return rows


def span(low: str, high: str) -> str:
    return "—" if "—" in (low, high) else f"{low}…{high}"


def assert_agreement(folder: Path, out: str, reference: str, label: str) -> None:
    """Compare the file, Python, the screen and the workbook to the last digit shown."""
    results = sim.open_results(folder)
    own = results.summary(reference)
    kept = pd.read_csv(folder / "summary.csv")
    pd.testing.assert_frame_equal(kept, own, check_dtype=False, check_exact=True)
    assert screen(out) == expected(kept, results, reference)
    book = book_of(results)
    sheet = frame(book, "Summary")
    assert len(sheet) == len(kept)
    outcomes = {outcome.name: outcome for outcome in results.outcomes}
    compared = 0
    for row, cells in zip(kept.to_dict("records"), sheet.to_dict("records"), strict=True):
        outcome = outcomes[row["outcome"]]
        assert (cells["Column"], cells["Allocation's name"]) == (row["outcome"], row["allocation"])
        assert (cells["Replications"], cells["Failed"]) == (row["n"], row["failed"])
        for column, head in SHOWN.items():
            assert number(nan(cells[head]), outcome.decimals) == shown(outcome, row[column])
        for column, head in DIFFERENCE.items():
            cell = nan(cells[head.format(label)])
            if differs(outcome, reference) and row["allocation"] != reference:
                assert number(cell, outcome.decimals, signed=True) == shown(outcome, row[column], signed=True)
                compared += np.isfinite(cell)
            else:
                assert np.isnan(cell)
    assert compared
    full = frame(book, "Full digits").astype(dict.fromkeys(kept.select_dtypes("number"), float))
    pd.testing.assert_frame_equal(full, kept, check_dtype=False, rtol=1e-15)


def nan(cell: float | None) -> float:
    return np.nan if cell is None else float(cell)


def test_file_screen_python_and_workbook_agree_with_intervals(free: Path) -> None:
    (free / "plan.yaml").write_text(SCENARIO, encoding="utf-8")
    options = ("--replications", "640", "--workers", "1", "--reference", "south", "--out", "here")
    assert_agreement(free / "here", output("tests.cli.fake_main", "run", "plan.yaml", *options), "south", "south")


def test_file_screen_python_and_workbook_agree_on_every_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    out = output("sim", "run", "tiny.yaml", "--replications", "8", "--workers", "1", "--out", "here")
    assert_agreement(tmp_path / "here", out, "no_programme", "No programme")


def output(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
