"""Every exported file, read back, holds the stored values to the last bit."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import sim
from sim.api import Results
from sim.errors import InputError, RunError
from sim.experiment.store import TABLES
from sim.i18n import set_language
from sim.report import export
from tests.experiment.fake import SCENARIO, stand_in

PATHS = "uncertain: [loan.grant_rate, district.*.rural_residents]\n"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 128 replications, of which two failed."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "plan.yaml").write_text(SCENARIO + PATHS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch)
        patch.setenv("FAKE_FAILING", "1 70")
        return sim.run(folder / "plan.yaml", replications=128, workers=1, out=folder / "run").folder


@pytest.fixture
def run(stored: Path) -> Results:
    return sim.open_results(stored)


@pytest.fixture
def russian() -> Iterator[None]:
    set_language("ru")
    yield
    set_language("en")


def exactly(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Compare values to the bit, types aside."""
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=False)


@pytest.mark.parametrize("table", TABLES)
def test_csv(run: Results, tmp_path: Path, table: str) -> None:
    file = run.export("csv", table=table, out=tmp_path / "таблица 1.csv")[0]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    exactly(pd.read_csv(file, encoding="utf-8-sig"), getattr(run, table))


@pytest.mark.parametrize("table", TABLES)
def test_excel(run: Results, tmp_path: Path, table: str) -> None:
    (file,) = run.export("xlsx", table=table, out=tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(file)[table]
    head, *rows = sheet.iter_rows(values_only=True)
    expected = getattr(run, table)
    exactly(pd.DataFrame(rows, columns=list(head)).infer_objects(), expected.astype({}))
    assert sheet.freeze_panes == f"{'ABCDEFGH'[sum(name in export.KEYS for name in expected)]}2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert {len(row) for row in rows} == {len(expected.columns)}
    assert isinstance(rows[0][1], int)


@pytest.mark.parametrize("table", TABLES)
def test_stata(run: Results, tmp_path: Path, table: str) -> None:
    file = run.export("dta", table=table, out=tmp_path / "a.dta")[0]
    assert file.read_bytes().startswith(b"<stata_dta><header><release>118</release><byteorder>LSF")
    found = pd.read_stata(file, convert_categoricals=False)
    names = pd.read_csv(tmp_path / "a-dta-values.csv")
    for column in set(found) & set(names["column"]) - {"district"}:
        own = names[names["column"] == column].set_index("code")["name"]
        found[column] = found[column].map(own).astype(str)
    expected = getattr(run, table)
    if table == "districts":  # these two names are not in the tables, where one is another's label
        assert list(pd.read_stata(file)["district"][:2]) == ["Aksu (?)", "Көксу"]
        found, expected = (frame.drop(columns="district") for frame in (found, expected))
    exactly(found, expected)


@pytest.mark.usefixtures("russian")
def test_stata_has_labels_units_and_notes_in_the_language(run: Results, tmp_path: Path) -> None:
    file = run.export("dta", out=tmp_path / "a.dta")[0]
    with pd.read_stata(file, iterator=True) as reader:
        labels, values, title = reader.variable_labels(), reader.value_labels(), reader.data_label
    outcome = next(o for o in run.tables.outcomes if o.name == "milk_t")
    assert labels["milk_t"].startswith(outcome.labels["ru"] + ", ")
    assert list(values["allocation"].values())[:2] == ["Всё на север", "south"]
    assert title.startswith("made_up, ")
    assert "3" in title
    assert len(title) <= 80
    content = file.read_bytes()
    assert b"<ch>" in content[: content.index(b"<data>")]


def test_a_column_file_maps_names_to_meanings(run: Results, tmp_path: Path) -> None:
    run.export("dta", parameters=True, out=tmp_path / "a.dta")
    with (tmp_path / "a-dta-columns.csv").open(encoding="utf-8-sig") as file:
        rows = {row["column"]: row for row in csv.DictReader(file)}
    assert rows["loan.grant_rate"]["stata_name"] == "loan_grant_rate"
    assert rows["loan.grant_rate"]["unit"] == run.tables.quantities["loan.grant_rate"].unit
    assert rows["milk_t"]["label"] == "Milk produced"
    assert rows["milk_t"]["level_or_increment"] == "level"
    assert {"allocation", "draw", "failed"} <= rows.keys()


@pytest.mark.parametrize("to", ["csv", "dta", "xlsx"])
def test_parameters_stand_beside_outcomes(run: Results, tmp_path: Path, to: str) -> None:
    file = run.export(to, outcomes=["milk_t"], parameters=True, out=tmp_path / f"a.{to}")[0]
    read = {"csv": pd.read_csv, "dta": pd.read_stata, "xlsx": pd.read_excel}[to]
    found = read(file).set_index(["draw", "world"])  # type: ignore[operator]
    parameters = run.parameters()
    assert "milk_t" in found
    assert "projects_funded" not in found
    column = {"dta": "loan_grant_rate"}.get(to, "loan.grant_rate")
    np.testing.assert_array_equal(found[column], np.repeat(parameters["loan.grant_rate"].to_numpy(), 3))


def test_all_tables_in_one_workbook_with_meanings(run: Results, tmp_path: Path) -> None:
    (file,) = run.export("xlsx", table="all", out=tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == [*TABLES, "Definitions", "Names", "Provenance"]
    facts = dict(book["Provenance"].iter_rows(values_only=True))
    assert facts["Seed"] == 3
    assert facts["Hash of the inputs"] == run.manifest["inputs"]
    defined = {row[0] for row in book["Definitions"].iter_rows(min_row=2, values_only=True)}
    assert {name for table in TABLES for name in run.recorded(table)} <= defined


def test_all_tables_as_csv_are_a_file_each_in_the_folder_of_the_run(run: Results) -> None:
    files = run.export("csv", table="all", outcomes=["milk_t"], force=True)
    folder = run.folder / "export"
    expected = ["all-replications.csv", "all-yearly.csv", "all-csv-columns.csv", "all-csv-values.csv"]
    assert files == [folder / name for name in expected]
    assert list(pd.read_csv(files[1])) == ["allocation", "draw", "world", "year", "milk_t"]


def test_the_same_rows_give_the_same_bytes(run: Results, tmp_path: Path) -> None:
    for to in export.FORMATS:
        first, second = (run.export(to, out=tmp_path / f"{name}.{to}")[0] for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


def test_an_existing_file_stays_without_force(run: Results, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("mine")
    with pytest.raises(InputError, match=r"a\.csv: there already; .*--force"):
        run.export("csv", out=file)
    assert file.read_text() == "mine"
    run.export("csv", out=file, force=True)
    assert len(pd.read_csv(file)) == 3 * 128


def test_a_file_that_fails_leaves_nothing(run: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.csv.CSVWriter", full)
    with pytest.raises(RunError, match=r"cannot write .*No space left"):
        run.export("csv", out=tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("limit", "message"), [("MOST_ROWS", "has 385 rows .*--to csv or dta.*--replications"),
                                                ("MOST_COLUMNS", "has 6 columns, .*--outcome")])  # fmt: skip
def test_what_excel_cannot_hold_is_refused(
    run: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, message: str
) -> None:
    monkeypatch.setattr(export, limit, {"MOST_ROWS": 384, "MOST_COLUMNS": 5}[limit])
    with pytest.raises(InputError, match=message):
        run.export("xlsx", out=tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(export, limit, {"MOST_ROWS": 385, "MOST_COLUMNS": 6}[limit])
    run.export("xlsx", out=tmp_path / "a.xlsx")


def test_parameters_go_with_replications_only(run: Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--parameters goes with the table replications"):
        run.export("csv", table="yearly", parameters=True, out=tmp_path / "a.csv")
