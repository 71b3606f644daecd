"""A split of the fund from an Excel or CSV file."""

from __future__ import annotations

import datetime
import os
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from sim.errors import InputError
from sim.scenario import load
from tests.scenario.texts import BASE, edited, faults, written

Rows = Sequence[Sequence[object]]
PLANTS = "    amounts_mln_kzt: {milk_plant: 3000, dairy_family: 1000}\n"
BY_YEAR: Rows = [["", 2026, 2028], ["milk_plant", 0.75, 0], ["dairy_family", 0.25, 1]]


def excel(folder: Path, rows: Rows, name: str = "split.xlsx", sheet: str = "Plan", **others: Rows) -> Path:
    """Write an Excel file with a sheet Notes before the sheet."""
    book = Workbook()
    book.active.title = "Notes"
    for title, lines in {sheet: rows, **others}.items():
        target = book.create_sheet(title)
        for line in lines:
            target.append(list(line))
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    book.save(folder / name)
    return folder / name


def naming(split: str = "from: split.xlsx, sheet: Plan") -> str:
    """Return a scenario whose last allocation, on line 24, is a spreadsheet's."""
    return edited((f"  plants:\n{PLANTS}", f"  plants: {{{split}}}\n"))


def shares(folder: Path, text: str, sets: Sequence[str] = ()) -> dict[int, dict[str, float]]:
    return load(written(folder, text), sets).allocations["plants"].shares


# ---------------------------------------------------------------- what is right


@pytest.mark.parametrize("header", ["share", "shares", "Share", " доля ", "ДОЛЯ"])
def test_one_column_of_shares(folder: Path, header: str) -> None:
    excel(folder, [["instrument", header], ["milk_plant", 0.75], [" dairy_family ", 0.25]])
    assert shares(folder, naming()) == {2026: {"milk_plant": 0.75, "dairy_family": 0.25}}


@pytest.mark.parametrize("header", ["amount_mln_kzt", "amounts_mln_kzt", "млн тенге", "Млн\xa0тенге"])
def test_one_column_of_sums(folder: Path, header: str) -> None:
    excel(folder, [[None, header], ["milk_plant", 3000], ["dairy_family", 1000], ["greenhouse", 0]])
    assert shares(folder, naming()) == {2026: {"milk_plant": 0.75, "dairy_family": 0.25, "greenhouse": 0}}


@pytest.mark.parametrize("years", [(2026, 2028), (2026.0, 2028.0), ("2026", " 2028")])
def test_columns_by_year(folder: Path, years: tuple[object, object]) -> None:
    excel(folder, [["", *years], *BY_YEAR[1:]])
    assert shares(folder, naming()) == {
        2026: {"milk_plant": 0.75, "dairy_family": 0.25},
        2028: {"milk_plant": 0, "dairy_family": 1},
    }


@pytest.mark.parametrize(("corner", "scale"), [("", 40), ("instrument", 4000), ("млн тенге", 1), ("amount_mln_kzt", 4)])
def test_columns_by_year_hold_sums_if_cell_a1_or_the_numbers_say_so(folder: Path, corner: str, scale: float) -> None:
    excel(folder, [[corner, 2026], ["milk_plant", 0.75 * scale], ["dairy_family", 0.25 * scale]])
    assert shares(folder, naming()) == {2026: {"milk_plant": 0.75, "dairy_family": 0.25}}


def test_numbers_stored_as_texts_and_blank_rows_and_columns_are_no_matter(folder: Path) -> None:
    excel(
        folder,
        [
            ["", "share", None, ""],
            ["milk_plant", "0.75"],
            [None, None, " "],
            ["dairy_family", " 0.25"],
        ],
    )
    assert shares(folder, naming()) == {2026: {"milk_plant": 0.75, "dairy_family": 0.25}}


@pytest.mark.parametrize(
    "content",
    [
        "instrument,share\nmilk_plant,0.75\ndairy_family,0.25\n",
        "\ufeffinstrument;share\r\nmilk_plant;0.75\r\ndairy_family;0.25\r\n\r\n",
        '"instrument","доля"\n"milk_plant","0.75"\n"dairy_family",0.25',
        ";млн тенге;\nmilk_plant;1500;\ndairy_family;500;\n;;\n",
        ",2026\nmilk_plant,1500\ndairy_family,500\n",
    ],
)
def test_csv(folder: Path, content: str) -> None:
    (folder / "split.csv").write_bytes(content.encode("utf-8"))
    assert shares(folder, naming("from: split.csv")) == {2026: {"milk_plant": 0.75, "dairy_family": 0.25}}


def test_the_only_sheet_need_not_be_named(folder: Path) -> None:
    book = Workbook()
    for line in BY_YEAR:
        book.active.append(list(line))
    book.active.add_data_validation(DataValidation(type="list", formula1='"a,b"', sqref="E1"))
    book.save(folder / "split.xlsx")
    assert list(shares(folder, naming("from: split.xlsx"))) == [2026, 2028]


def test_the_file_is_relative_to_the_scenario_that_names_it(folder: Path) -> None:
    excel(folder, BY_YEAR, "планы и таблицы/split.xlsx")
    written(folder, naming(), "планы и таблицы/base.yaml")
    text = "extends: планы и таблицы/base.yaml\n"
    assert list(shares(folder, text)) == [2026, 2028]
    whole = folder / "планы и таблицы/split.xlsx"
    assert list(shares(folder, naming(f"from: '{whole}', sheet: Plan"))) == [2026, 2028]


def test_the_dump_holds_plain_shares_and_stands_alone(folder: Path) -> None:
    file = excel(folder, BY_YEAR)
    scenario = load(written(folder, naming()))
    file.unlink()
    assert "split.xlsx" not in scenario.dump()
    assert load(written(folder, scenario.dump(), "elsewhere/dump.yaml")) == scenario
    assert scenario.allocations["plants"].label == {"en": "plants"}


def test_a_spreadsheet_says_what_the_same_numbers_in_the_file_say(folder: Path) -> None:
    excel(folder, [["", "amount_mln_kzt"], ["milk_plant", 3000], ["dairy_family", 1000]])
    assert load(written(folder, naming())) == load(written(folder, BASE, "y.yaml"))


def test_it_replaces_an_inherited_split_and_is_replaced(folder: Path) -> None:
    excel(folder, BY_YEAR, Other=[["", "share"], ["greenhouse", 1]])
    written(folder, BASE, "base.yaml")
    written(folder, "extends: base.yaml\nallocations: {plants: {from: split.xlsx, sheet: Plan}}\n", "middle.yaml")
    assert list(load("middle.yaml").allocations["plants"].shares) == [2026, 2028]
    other = "extends: middle.yaml\nallocations: {plants: {sheet: Other}}\n"
    assert shares(folder, other) == {2026: {"greenhouse": 1}}
    plain = "extends: middle.yaml\nallocations: {plants: {shares: {milk_plant: 1}}}\n"
    assert shares(folder, plain) == {2026: {"milk_plant": 1}}
    labelled = "extends: middle.yaml\nallocations: {plants: {label: {en: Plants}}}\n"
    assert list(shares(folder, labelled)) == [2026, 2028]


def test_options_change_what_was_read_or_name_another_file(folder: Path) -> None:
    excel(folder, BY_YEAR)
    (folder / "other.csv").write_text(",share\ngreenhouse,1\n", encoding="utf-8")
    options = ["allocations.plants.shares.2028={greenhouse: 1}"]
    assert shares(folder, naming(), options)[2028] == {"greenhouse": 1}
    assert shares(folder, naming(), ["allocations.plants.from=other.csv"]) == {2026: {"greenhouse": 1}}


def test_a_sheet_that_states_a_million_rows_is_read(folder: Path) -> None:
    excel(folder, BY_YEAR, "small.xlsx")
    with zipfile.ZipFile(folder / "small.xlsx") as small, zipfile.ZipFile(folder / "split.xlsx", "w") as large:
        for name in small.namelist():
            content = small.read(name)
            if name == "xl/worksheets/sheet2.xml":
                assert b'ref="A1:C3"' in content
                content = content.replace(b'ref="A1:C3"', b'ref="A1:XFD1048576"')
            large.writestr(name, content)
    assert list(shares(folder, naming())) == [2026, 2028]


# ---------------------------------------------------------------- what is wrong

CELLS = [
    pytest.param(
        [["", "share"], ["milk_plant", 0.75], ["dairy_family", "0,25"]],
        "B3: allocations.plants: must be a number, not the text '0,25': write 0.25",
        id="decimal comma",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 0.75], ["dairy_family", "25 %"]],
        "B3: allocations.plants: must be a number, not the text '25 %': write 0.25",
        id="per cent as text",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 1], ["dairy_family", "#REF!"]],
        "B3: allocations.plants: must be a number, not the text '#REF!'",
        id="error of a formula",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 1], ["dairy_family", "=1-B2"]],
        "B3: allocations.plants: holds no number: write 0 for an instrument that gets nothing",
        id="formula without a result",
    ),
    pytest.param(
        [["", 2026, 2027], ["milk_plant", 1, 1], ["dairy_family", 0]],
        "C3: allocations.plants: holds no number: write 0 for an instrument that gets nothing",
        id="empty cell",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", True]],
        "B2: allocations.plants: must be a number, not true",
        id="truth value",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", datetime.date(2026, 1, 2)]],
        "B2: allocations.plants: must be a number, not the text '2026-01-02 00:00:00'",
        id="date",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", -0.5]],
        "B2: allocations.plants: must be at least 0, not -0.5",
        id="negative share",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 75], ["dairy_family", 0]],
        "B2: allocations.plants: must be at most 1, not 75",
        id="share above 1",
    ),
    pytest.param(
        [["", "млн тенге"], ["milk_plant", 3e9]],
        "B2: allocations.plants: must be at most 1 000 000, not 3000000000",
        id="tenge",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 0.75], ["dairy_family", 0.27]],
        "B1: allocations.plants: shares add up to 1.02, they must add up to 1",
        id="sum",
    ),
    pytest.param(
        [["", 2026, 2027], ["milk_plant", 1, 0.75], ["dairy_family", 0, 0.27]],
        "C1: allocations.plants.2027: shares add up to 1.02, they must add up to 1",
        id="sum of a year",
    ),
    pytest.param(
        [["", "amount_mln_kzt"], ["milk_plant", 0]],
        "B1: allocations.plants: the sums add up to 0: state at least one above 0",
        id="sums of nothing",
    ),
    pytest.param(
        [["", 2026], ["milk_plant", 0.5], ["dairy_family", 500]],
        "A1: allocations.plants: must say share or amount_mln_kzt: some numbers are below 1 and some are above",
        id="shares or sums",
    ),
    pytest.param(
        [["", 2026, 2047], ["milk_plant", 1, 1]],
        "C1: allocations.plants.2047: is after the horizon: the years simulated are 2026 to 2035",
        id="year after the horizon",
    ),
    pytest.param(
        [["", 2027], ["milk_plant", 1]],
        "B1: allocations.plants: there are no shares for 2026, the first year simulated: state them too",
        id="first year without shares",
    ),
    pytest.param(
        [["", "share"], ["milk_plan", 1]],
        "A2: allocations.plants.milk_plan: there is no such instrument; did you mean milk_plant?",
        id="unknown instrument",
    ),
    pytest.param(
        [["", 2026], ["milk_plant", 0], ["milk_plan", 10]],
        "A3: allocations.plants.2026.milk_plan: there is no such instrument; did you mean milk_plant?",
        id="unknown instrument by year",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 1], [], ["milk_plant", 0]],
        "A4: allocations.plants: milk_plant stands twice, first in cell A2: keep one",
        id="instrument twice",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 1], ["", 0]],
        "A3: allocations.plants: must be the name of an instrument, such as dairy_family, not empty",
        id="row without instrument",
    ),
    pytest.param(
        [["", "share"], [7, 1]],
        "A2: allocations.plants: must be the name of an instrument, such as dairy_family, not the number 7",
        id="number for an instrument",
    ),
    pytest.param(
        [["", 2026, "2026"], ["milk_plant", 1, 1]],
        "C1: allocations.plants: 2026 stands twice, first in cell B1: keep one",
        id="year twice",
    ),
    pytest.param(
        [["", "Plan"], ["milk_plant", 1]],
        "B1: allocations.plants: must be a year such as 2026, or share or amount_mln_kzt above the only column of "
        "numbers, not the text 'Plan'",
        id="unknown header",
    ),
    pytest.param(
        [["", 2026, "share"], ["milk_plant", 1, 1]],
        "C1: allocations.plants: must be a year such as 2026, or share or amount_mln_kzt above the only column of "
        "numbers, not the text 'share'",
        id="unit beside a year",
    ),
    pytest.param(
        [["", 2026, None, 2028], ["milk_plant", 1, 1, 1]],
        "C1: allocations.plants: must be a year such as 2026, or share or amount_mln_kzt above the only column of "
        "numbers, not empty",
        id="gap in the header",
    ),
    pytest.param(
        [["milk_plant", 0.75], ["dairy_family", 0.25]],
        "B1: allocations.plants: must be a year such as 2026, or share or amount_mln_kzt above the only column of "
        "numbers, not the number 0.75",
        id="no header",
    ),
    pytest.param(
        [["", "share"], ["milk_plant", 1, "as agreed"]],
        "C2: allocations.plants: stands beside the table, whose header has 2 cells; "
        "a decimal is written 0.25, not 0,25",
        id="beside the table",
    ),
    pytest.param(
        [["", "share"]],
        "A2: allocations.plants: is empty: name an instrument in each row below the header",
        id="header alone",
    ),
]


@pytest.mark.parametrize(("rows", "told"), CELLS)
def test_a_fault_is_told_with_its_cell(folder: Path, rows: Rows, told: str) -> None:
    excel(folder, rows)
    assert faults(folder, naming()) == [f"split.xlsx, sheet Plan, cell {told}"]


def test_an_empty_sheet_is_told(folder: Path) -> None:
    excel(folder, [])
    header, names = faults(folder, naming())
    assert header.startswith("split.xlsx, sheet Plan, cell B1: allocations.plants: must be a year")
    assert names.startswith("split.xlsx, sheet Plan, cell A2: allocations.plants: is empty")


def test_all_faults_of_a_sheet_are_told_with_those_of_the_scenario(folder: Path) -> None:
    excel(folder, [["", 2026, *[2027] * 26], ["milk_plant", "x", *[1] * 25, -1]])
    text = naming().replace("years: 10", "years: 0")
    told = [line.partition(": ")[0] for line in faults(folder, text)]
    assert told[0] == "x.yaml:5"
    assert told[1] == "split.xlsx, sheet Plan, cell D1"
    assert told[-2:] == ["split.xlsx, sheet Plan, cell B2", "split.xlsx, sheet Plan, cell AB2"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "i;share\nmilk_plant;0,75\ndairy_family;0,25\n",
            [
                ", cell B2: allocations.plants: must be a number, not the text '0,75': write 0.75",
                ", cell B3: allocations.plants: must be a number, not the text '0,25': write 0.25",
            ],
        ),
        (
            "i,share\nmilk_plant,1\ndairy_family,0,25\n",
            [
                ", cell C3: allocations.plants: stands beside the table, whose header has 2 cells; "
                "a decimal is written 0.25, not 0,25"
            ],
        ),
        (
            "i,share\nmilk_plant,'0.75'\ndairy_family,0.25",
            [", cell B2: allocations.plants: must be a number, not the text ''0.75''"],
        ),
    ],
)
def test_a_fault_of_a_csv_file_is_told_with_its_cell(folder: Path, content: str, told: list[str]) -> None:
    (folder / "split.csv").write_text(content, encoding="utf-8")
    assert faults(folder, naming("from: split.csv")) == [f"split.csv{line}" for line in told]


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ("from: splt.xlsx, sheet: Plan", "from: splt.xlsx: there is no such file; did you mean split.xlsx?"),
        ("from: qqq.csv", "from: qqq.csv: there is no such file"),
        (
            "from: split.xlsx, sheet: Plann",
            "sheet: there is no sheet 'Plann' in split.xlsx, there are Notes, Plan; did you mean Plan?",
        ),
        ("from: split.xlsx", "from: split.xlsx has several sheets: state with sheet which of Notes, Plan"),
        ("from: split.xlsx, sheet: 2026", "sheet: must be text, not the number 2026: put it in quotation marks"),
        ("from: 7", "from: must be text, not the number 7: put it in quotation marks"),
        ("from: ' '", "from: must not be blank"),
        ("from: split.csv, sheet: Plan", "sheet: a CSV file has no sheets: leave sheet out"),
        ("from: split.ods", "from: split.ods: must be an .xlsx or .csv file: save it as one"),
        ("from: damaged.xlsx", "from: damaged.xlsx: cannot be read as an Excel file: save it again as .xlsx"),
        ("from: cp1251.csv", "from: cp1251.csv: this is not a text file in UTF-8: save it as CSV UTF-8"),
        ("from: folder.csv", "from: folder.csv: this is a folder, not a spreadsheet"),
        (
            "from: large.csv",
            "from: large.csv: the file has 10 000 001 bytes, a spreadsheet may have at most 10 000 000",
        ),
        ("shares: {milk_plant: 1}, from: split.csv", "from: state shares or from, not both"),
        ("from: split.csv, amounts_mln_kzt: {milk_plant: 1}", "from: state amounts_mln_kzt or from, not both"),
        (
            "shares: {milk_plant: 1}, sheet: Plan",
            "sheet: only a spreadsheet has sheets: name it with from, or leave sheet out",
        ),
        ("form: split.csv", "form: there is no such key; did you mean from?"),
    ],
)
def test_a_fault_of_the_file_is_told_where_it_is_named(folder: Path, split: str, told: str) -> None:
    excel(folder, BY_YEAR)
    (folder / "split.csv").write_text(",share\nmilk_plant,1\n", encoding="utf-8")
    (folder / "split.ods").write_text("", encoding="utf-8")
    (folder / "damaged.xlsx").write_bytes((folder / "split.xlsx").read_bytes()[:2000])
    (folder / "cp1251.csv").write_bytes("i,доля\nmilk_plant,1\n".encode("cp1251"))
    (folder / "folder.csv").mkdir()
    with (folder / "large.csv").open("wb") as stream:
        stream.truncate(10_000_001)
    assert f"x.yaml:24: allocations.plants.{told}" in faults(folder, naming(split))


def test_a_fault_of_an_inherited_spreadsheet_names_the_file_below_its_folder(folder: Path) -> None:
    excel(folder, [["", "share"], ["milk_plant", 2]], "plans/split.xlsx")
    written(folder, naming(), "plans/base.yaml")
    shown = f"plans{os.sep}split.xlsx"
    assert faults(folder, "extends: plans/base.yaml\n") == [
        f"{shown}, sheet Plan, cell B2: allocations.plants: must be at most 1, not 2"
    ]


def test_a_fault_of_a_spreadsheet_named_by_an_option(folder: Path) -> None:
    assert faults(folder, BASE, ["allocations.plants.from=none.csv"]) == [
        "--set: allocations.plants.from: none.csv: there is no such file"
    ]


@pytest.mark.parametrize("seed", range(24))
def test_a_damaged_file_gives_a_scenario_or_an_input_error(folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(excel(folder, BY_YEAR).read_bytes())
    at = chance.randrange(len(content))
    content[at : at + 40] = chance.randbytes(40)
    (folder / "split.xlsx").write_bytes(content)
    path = written(folder, naming())
    told = []
    try:
        load(path)
    except InputError as error:
        told = [str(problem) for problem in error.problems]
    assert all(line.startswith(("x.yaml:24: ", "split.xlsx, sheet Plan, cell ")) for line in told)
