from __future__ import annotations

import datetime
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.data.from_excel import read_book
from sim.data.sheets import ABOUT, common, number_of, read_sheet, text_of
from sim.data.tables import COMMON, REGIONS, load_tables
from sim.data.to_excel import write_book
from sim.errors import InputError, RunError

Book = Any
SHIPPED = sorted(REGIONS.rglob("zhetysu/**/*.csv"))


def content(folder: Path) -> dict[Path, bytes]:
    """Read all tables of a folder."""
    return {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*.csv")}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped region in Excel."""
    file = tmp_path_factory.mktemp("book") / "book.xlsx"
    write_book("zhetysu", file)
    return file


@pytest.fixture(scope="module")
def small(exported: Path) -> Path:
    """The same without most of the program's tables, which may be left out."""
    book = openpyxl.load_workbook(exported)
    for name in book.sheetnames:
        if name.startswith("common.") and name != "common.loan":
            book.remove(book[name])
    book.save(exported.with_name("small.xlsx"))
    return exported.with_name("small.xlsx")


@pytest.fixture
def edited(small: Path, tmp_path: Path) -> Callable[..., Path]:
    """Return a folder made of the file after a change."""

    def edit(*changes: Callable[[Book], object], folder: str = "mine") -> Path:
        book = openpyxl.load_workbook(small)
        for change in changes:
            change(book)
        book.save(tmp_path / "edited.xlsx")
        read_book(tmp_path / "edited.xlsx", tmp_path / folder)
        return tmp_path / folder

    return edit


def put(sheet: str, cell: str, value: object) -> Callable[[Book], object]:
    def change(book: Book) -> None:
        book[sheet][cell] = value

    return change


def test_tables_that_were_not_edited_come_back_byte_for_byte(exported: Path, tmp_path: Path) -> None:
    read_book(exported, tmp_path / "mine")
    before = {file.relative_to(REGIONS / "zhetysu").as_posix(): file.read_bytes() for file in SHIPPED}
    after = {
        file.relative_to(tmp_path / "mine").as_posix(): file.read_bytes() for file in (tmp_path / "mine").rglob("*.csv")
    }
    assert after == before


@pytest.mark.parametrize("file", [*sorted(COMMON.glob("*.csv")), *SHIPPED], ids=lambda file: file.stem)
def test_each_shipped_table_survives_its_cells(file: Path) -> None:
    sheet = read_sheet(file, file.stem)
    for row in sheet.rows:
        for column, text in zip(sheet.columns, row, strict=True):
            value, form = number_of(column, text)
            assert value is None or text_of(value, form) == text
    assert sheet.csv().encode() == file.read_bytes()


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 12))
def test_a_number_in_a_cell_keeps_its_value(value: float, decimals: int) -> None:
    assert float(text_of(value, f"0.{'0' * decimals}" if decimals else "General")) == value


@given(st.one_of(st.decimals(-1000, 1000, places=3).map(str), st.floats().map(repr), st.text("0159.,e-+ ", max_size=8)))
def test_a_cell_holds_a_number_only_if_its_text_comes_back(text: str) -> None:
    value, form = number_of("central", text)
    assert value is None or text_of(value, form) == text


def test_every_table_that_a_region_may_change_is_a_sheet(exported: Path) -> None:
    book = openpyxl.load_workbook(exported)
    assert book.sheetnames[:6] == [ABOUT, "district", "districts", "region", "map.tiles", "published.targets"]
    assert book.sheetnames[6:] == [sheet.name for sheet in common()]
    assert "common.sobol_dimensions" not in book.sheetnames
    loan = book["common.loan"]
    assert loan["C2"].value == 0.025
    assert (loan["H2"].number_format, loan.freeze_panes) == ("@", "B2")
    assert any(each.formula1 == '"H,M,L"' for each in loan.data_validations.dataValidation)


def test_an_edited_number_is_the_regions_and_all_else_stays(edited: Callable[..., Path]) -> None:
    folder = edited(put("region", "C3", 250), put("region", "B3", 240), put("common.loan", "B2", 0.01))
    assert sorted(file.name for file in folder.glob("*.csv")) == [
        "district.csv",
        "districts.csv",
        "loan.csv",
        "region.csv",
    ]
    assert len((folder / "loan.csv").read_text(encoding="utf-8").splitlines()) == 2
    before, after = load_tables("zhetysu").quantities, load_tables(str(folder)).quantities
    differing = {
        path for path in before if (before[path].low, before[path].central) != (after[path].low, after[path].central)
    }
    assert differing == {"building.crews", "loan.rate"}
    assert list(before) == list(after)


def test_rows_may_be_added_and_texts_that_look_like_formulas_are_kept(edited: Callable[..., Path]) -> None:
    def add(book: Book) -> None:
        sheet = book["common.loan"]
        sheet.append(["instrument.sheep.term_months", 60, 60, 60, 1, 300, "months, whole", 2026, "=assumption", "L"])
        sheet.cell(sheet.max_row, 9).data_type = "s"

    quantity = load_tables(str(edited(add))).quantities["instrument.sheep.term_months"]
    assert (quantity.central, quantity.year, quantity.source) == (60, "2026", "=assumption")


def clear(book: Book, row: int) -> Book:
    for cell in book["region"][row]:
        cell.value = None
    return book


def more(book: Book, title: str) -> None:
    """Add a table with a header and no rows."""
    book.create_sheet(title).append([cell.value for cell in book["region"][1]])


FAULTS: dict[str, tuple[Callable[[Book], object], str]] = {
    "comma": (put("region", "C10", "110,5"), "region, cell C10: '110,5': must be a number: write 110.5"),
    "words": (put("region", "C11", "many"), "region, cell C11: 'many': must be a number, such as 0.25"),
    "formula": (put("region", "C12", "=1+1"), "region, cell C12: '=1+1': the formula has no value"),
    "date": (put("region", "H13", datetime.datetime(2026, 2, 1)), "region, cell H13: '2026-02-01 00:00:00': Excel has"),
    "truth": (put("region", "C14", True), "region, cell C14: 'True': must be a number or a text"),
    "lines": (put("region", "I15", "one\ntwo"), "region, cell I15: 'one two': has several lines"),
    "column": (put("region", "C1", "centre"), "region, cell C1: 'centre': there is no such column"),
    "lost column": (put("region", "J1", None), "region, cell A1: this table lacks the columns confidence"),
    "sheet": (lambda book: setattr(book["region"], "title", "regions"), "did you mean region?"),
    "new sheet": (lambda book: book.create_sheet("Лист1"), "Лист1, cell A1: there is no table"),
    "merged": (lambda book: book["region"].merge_cells("L40:L41"), "region, cell L40:L41: these cells are merged"),
    "empty row": (lambda book: book["region"].insert_rows(44), "region, cell A44: this row is empty: delete it"),
    "twice": (
        lambda book: put("region", "A6", book["region"]["A5"].value)(book),
        "stands twice, first in cell A5: keep one",
    ),
    "beside": (put("region", "L4", "see above"), "region, cell L4: 'see above': stands beside the table"),
    "own row gone": (lambda book: book["common.loan"].delete_rows(2), "cell A1: 'loan.rate': the program's"),
    "no districts": (lambda book: book.remove(book["districts"]), "the sheet districts is missing"),
    "thousands": (put("region", "C15", "1\u202f234,5"), "region, cell C15: '1 234,5': must be a number: write 1234.5"),
    "minus": (put("region", "B16", "\N{MINUS SIGN}5"), ": must be a number: write -5"),
    "blank row": (lambda book: put("region", "A17", " ")(clear(book, 17)), "region, cell A17: this row is empty"),
    "file elsewhere": (lambda book: more(book, "..evil"), "..evil, cell A1: there is no table"),
    "folder": (lambda book: more(book, "my.own.table"), "my.own.table, cell A1: there is no table"),
    "not the program's": (lambda book: more(book, "common.mine"), "common.mine, cell A1: there is no table"),
    "name": (put("districts", "A3", "a.b"), "districts, row 3: name must be made of letters"),
    "order": (put("region", "B9", 1e12), "region, row 9: "),
    "confidence": (put("common.loan", "J3", "sure"), ": confidence must be H, M or L"),
}  # fmt: skip


ALONE = ("column", "lost column", "sheet", "no districts")
"""They hide what else is wrong with their table."""


@pytest.mark.parametrize("fault", ALONE)
def test_a_table_that_is_none_is_told(edited: Callable[..., Path], fault: str) -> None:
    change, message = FAULTS[fault]
    with pytest.raises(InputError) as told:
        edited(change)
    assert message in str(told.value)


def test_all_faults_are_told_at_once_with_their_places(edited: Callable[..., Path], tmp_path: Path) -> None:
    together = [FAULTS[fault] for fault in FAULTS if fault not in ALONE]
    with pytest.raises(InputError) as told:
        edited(*(change for change, _message in together))
    assert [message for _change, message in together if message not in str(told.value)] == []
    assert len(told.value.problems) == len(together)
    assert not (tmp_path / "mine").exists()


def test_blanks_around_a_text_count_for_nothing(edited: Callable[..., Path], small: Path) -> None:
    plain = openpyxl.load_workbook(small)["region"]
    folder = edited(
        *(put("region", cell, f" {plain[cell].value}\u00a0") for cell in ("A2", "C1", "C3", "G4", "I5", "J6")),
        put("region", "M7", " "),
    )
    assert (folder / "region.csv").read_bytes() == (REGIONS / "zhetysu" / "region.csv").read_bytes()


def test_a_region_may_have_a_table_of_its_own_and_no_number_twice(edited: Callable[..., Path]) -> None:
    folder = edited(lambda book: setattr(book["district"], "title", "Районы"))
    assert load_tables(str(folder)).quantities.keys() == load_tables("zhetysu").quantities.keys()
    with pytest.raises(InputError, match=r"region, row 2: .* stands in the table region Copy too: keep one") as told:
        edited(lambda book: book.copy_worksheet(book["region"]), folder="other")
    assert len(told.value.problems) == len((folder / "region.csv").read_text(encoding="utf-8").splitlines()) - 1


def test_a_region_has_districts(edited: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"edited\.xlsx, districts: this table has no rows"):
        edited(lambda book: book["districts"].delete_rows(2, 100))


def test_how_an_outcome_is_shown_has_limits(exported: Path, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(exported)
    sheet = book["common.outcomes"]
    sheet["D2"], sheet["D3"], sheet["F4"] = -1, 1.5, 0
    book.save(tmp_path / "edited.xlsx")
    with pytest.raises(InputError) as told:
        read_book(tmp_path / "edited.xlsx", tmp_path / "mine")
    places = [str(problem).partition("common.outcomes, ")[2] for problem in told.value.problems]
    decimals = "decimals must be a whole number from 0 to 15"
    assert places == [f"row 2: {decimals}", f"row 3: {decimals}", "row 4: scale must be above 0"]


def test_a_book_that_unpacks_to_too_much_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x", "w") as member:
        for _ in range(201):
            member.write(bytes(1_000_000))
    with pytest.raises(InputError, match="has more than 200000000 bytes"):
        read_book(tmp_path / "b.xlsx", tmp_path / "mine")


def test_tables_go_into_the_current_folder(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    read_book(small, Path())
    assert load_tables(str(tmp_path / "mine")).districts
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_table_that_another_program_holds_is_no_loss(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    read_book(small, folder)
    before = content(folder)
    real = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target.name == "region.csv":
            raise PermissionError(13, "The file is open in another program")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(RunError, match="open in another program"):
        read_book(small, folder, force=True)
    assert content(folder) == before


@pytest.mark.parametrize("text", ["a\x0bb", "x" * 32_768])
def test_a_text_that_no_cell_can_hold_is_refused(tmp_path: Path, text: str) -> None:
    shutil.copytree(REGIONS / "zhetysu", tmp_path / "mine")
    file = tmp_path / "mine" / "districts.csv"
    file.write_text(file.read_text(encoding="utf-8") + f"odd,{text},b,c\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"districts\.csv, row 12: a text has control characters"):
        write_book(str(tmp_path / "mine"), tmp_path / "book.xlsx")


def test_only_the_tables_of_a_region_are_written_over(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.csv").write_text("", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(InputError, match="is not empty"):
            read_book(small, folder, force=force)
    (folder / "districts.csv").write_text("", encoding="utf-8")
    read_book(small, folder, force=True)
    assert not (folder / "letter.csv").exists()  # it would count as a table
    assert load_tables(str(folder)).digest


def test_a_full_disk_leaves_the_tables_that_were_there(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    read_book(small, folder)
    before = content(folder)

    def copied(made: Path, beside: Path) -> None:
        beside.mkdir()
        (beside / "region.csv").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.data.from_excel.shutil.copytree", copied)
    with pytest.raises(RunError, match="No space left"):
        read_book(small, folder, force=True)
    assert content(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
