from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.scenario import Scenario, load
from tests.scenario.texts import BASE, case, edited, faults, written

BROKEN = [
    case(
        "flow mapping not closed",
        "name: zhetysu",
        "name: {a: zhetysu",
        "1: a bracket opened here is not closed, or a comma is missing, by line 2",
    ),
    case(
        "no colon",
        "name: zhetysu-2026-2028",
        "name zhetysu",
        "2: a colon too many, a wrong indent, or no colon on the line before: write key: value",
    ),
    case(
        "second colon",
        "name: zhetysu-2026-2028",
        "name: region: zhetysu",
        "1: a colon too many, a wrong indent, or no colon on the line before: write key: value",
    ),
    case(
        "quotation mark not closed",
        "start: 2026-01",
        "start: '2026-01",
        "4: a quotation mark is opened here and not closed",
    ),
    case("wrong indent", "  revolving", " revolving", "8: this line is not indented like its neighbours"),
    case("tab", "  revolving", "\trevolving", "8: a tab: write blanks instead of tabs, also to indent"),
    case(
        "duplicate key",
        "years: 10",
        "years: 10\nyears: 12",
        "6: years: is stated twice, first on line 5: keep one",
    ),
    case(
        "tagged object",
        "name: zhetysu-2026-2028",
        "name: !!python/object/apply:os.system [ls]",
        "1: tags (!) are not allowed: write the plain value",
    ),
    case(
        "tag of a plain kind",
        "years: 10",
        "years: !!int 10",
        "5: tags (!) are not allowed: write the plain value",
    ),
    case(
        "anchor",
        "years: 10",
        "years: &years 10",
        "5: anchors (&) and aliases (*) are not allowed: write the value out",
    ),
    case(
        "alias",
        "years: 10",
        "years: *years",
        "5: anchors (&) and aliases (*) are not allowed: write the value out",
    ),
    case(
        "two documents",
        "outcomes: all",
        "outcomes: all\n---\nname: b",
        "38: a second document starts here: a scenario file holds one",
    ),
    case(
        "directive",
        "name: zhetysu-2026-2028",
        "%YAML 1.1\n---\nname: zhetysu",
        "2: a scenario file has no directives: delete the line that starts with %",
    ),
    case(
        "deep nesting",
        "  loan.rate: 0.03",
        "  loan.rate: " + "[" * 30 + "]" * 30,
        "29: nested too deeply: a scenario needs no more than six levels",
    ),
    case("list as key", "years: 10", "? [years]\n: 10", "5: a key must be a word, not a list or a mapping"),
    case(
        "escape",
        "name: zhetysu-2026-2028",
        'name: "\\e[31mred"',
        "1: name: the character U+001B cannot stand in a scenario: delete it",
    ),
    case(
        "escape that is no character",
        "name: zhetysu-2026-2028",
        'name: "\\UFFFFFFFF"',
        "1: not valid YAML: an escape that stands for no character",
    ),
    case(
        "unknown region",
        "region: zhetysu",
        "region: zhetisu",
        (
            "3: region: there is no region 'zhetisu': name a shipped one (zhetysu) or a folder with a "
            "districts.csv. Did you mean zhetysu?"
        ),
    ),
    case(
        "region is a number",
        "region: zhetysu",
        "region: 7",
        "3: region: must be text, not the number 7: put it in quotation marks",
    ),
    case(
        "extends itself",
        "region: zhetysu",
        "region: zhetysu\nextends: x.yaml",
        "4: extends: goes in a circle: x.yaml → x.yaml",
    ),
    case(
        "extends a missing file",
        "region: zhetysu",
        "region: zhetysu\nextends: none.yaml",
        "4: extends: none.yaml: there is no such file",
    ),
    case(
        "extends a folder",
        "region: zhetysu",
        "region: zhetysu\nextends: .",
        "4: extends: .: this is a folder, not a scenario file",
    ),
    case(
        "extends a number",
        "region: zhetysu",
        "region: zhetysu\nextends: 7",
        "4: extends: must be the path of another scenario file, not the number 7",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_each_fault_is_told_in_one_line(folder: Path, text: str, told: list[str]) -> None:
    assert faults(folder, text) == told


BOMB = "a: &a [lol, lol]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: *c\n"

NOT_SCENARIOS = [
    pytest.param("", "1: the file is empty: a scenario is a mapping such as name: my_scenario", id="empty"),
    pytest.param("# later\n", "1: the file is empty: a scenario is a mapping such as name: my_scenario", id="comment"),
    pytest.param("- name: x\n", "1: a scenario is a mapping such as name: my_scenario, not a list", id="list"),
    pytest.param("hello", "1: a scenario is a mapping such as name: my_scenario, not a single value", id="word"),
    pytest.param(BOMB, "1: anchors (&) and aliases (*) are not allowed: write the value out", id="alias bomb"),
    pytest.param("[" * 900_000, "1: nested too deeply: a scenario needs no more than six levels", id="brackets"),
    pytest.param(bytes(range(256)), " this is not a text file in UTF-8: save it as UTF-8 text", id="binary"),
    pytest.param(
        "name: Жетысу\n".encode("cp1251"),
        " this is not a text file in UTF-8: save it as UTF-8 text",
        id="code page 1251",
    ),
    pytest.param(
        "name: a\ntitle: {en: \u202eb}\n",
        "2: the character U+202E cannot stand in a scenario: delete it",
        id="direction",
    ),
    pytest.param(b"name: a\nregion: \0\n", "2: the character U+0000 cannot stand in a scenario: delete it", id="NUL"),
]


@pytest.mark.parametrize(("content", "told"), NOT_SCENARIOS)
def test_what_is_no_scenario_at_all_has_one_fault(folder: Path, content: str | bytes, told: str) -> None:
    assert faults(folder, content) == [f"x.yaml:{told}"]


def test_a_file_of_100_megabytes_is_refused_unread(folder: Path) -> None:
    with (folder / "x.yaml").open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(InputError) as caught:
        load("x.yaml")
    assert str(caught.value) == "x.yaml: the file has 100 000 000 bytes, a scenario file has at most 1 000 000"


def test_a_missing_file_and_a_folder_are_told(folder: Path) -> None:
    written(folder, BASE, "zhetysu.yaml")
    for name, told in [
        ("zhetisu.yaml", "there is no such file; did you mean zhetysu.yaml?"),
        ("qqq.yaml", "there is no such file"),
        (".", "this is a folder, not a scenario file"),
        ("zhetysu.yaml/x.yaml", "there is no such file"),
    ]:
        with pytest.raises(InputError) as caught:
            load(name)
        assert str(caught.value) == f"{name.replace('/', os.sep)}: {told}"


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(folder: Path) -> None:
    plain = load(written(folder, BASE))
    windows = b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode()
    assert load(written(folder, windows, "w.yaml")) == plain
    assert faults(folder, windows.replace(b"years: 10", b"years: 0")) == ["x.yaml:5: years: must be at least 1, not 0"]


def test_cyrillic_and_blanks_in_the_name_of_the_file(folder: Path) -> None:
    name = "мои сценарии/план 2026.yaml"
    assert load(written(folder, BASE, name)).name == "zhetysu-2026-2028"
    shown = name.replace("/", os.sep)
    assert faults(folder, edited(("years: 10", "years: 0")), name=name) == [
        f"{shown}:5: years: must be at least 1, not 0"
    ]


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_give_an_input_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) == len(caught.value.problems)


PIECES = st.sampled_from([*BASE.splitlines(keepends=True), *"{}[]:,-&*!%|>'\"#?@\n\t \\", "null", "1e400", "0,5", "  "])


@settings(max_examples=300)
@given(st.integers(0, len(BASE)), st.lists(PIECES, max_size=5).map("".join), st.integers(0, 60))
def test_a_damaged_scenario_gives_a_scenario_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, at: int, piece: str, lost: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_text(BASE[:at] + piece + BASE[at + lost :], encoding="utf-8")
    try:
        scenario, problems = load(path), []
    except InputError as error:
        scenario, problems = None, [str(problem) for problem in error.problems]
    assert isinstance(scenario, Scenario) or problems
    assert len(set(problems)) == len(problems)
    assert all(problem.startswith(str(path)) and "\n" not in problem for problem in problems)


WORDS = [
    *Scenario.model_fields,
    "extends",
    "shares",
    "amounts_mln_kzt",
    "from",
    "sheet",
    "districts",
    "milk_t",
    "label",
    "en",
    "2026",
    "dairy_family",
]
WORDS += [
    "pert",
    "low",
    "mode",
    "high",
    "loan.rate",
    "loan.*",
    "no_programme",
    "all",
    "[key]",
    "<list>",
    "<<",
    "",
]
KEYS = st.sampled_from(WORDS)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), KEYS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=10,
)


@settings(max_examples=300)
@given(st.dictionaries(KEYS, JUNK, max_size=4), st.tuples(KEYS, KEYS, JUNK))
def test_junk_in_any_part_gives_a_scenario_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, junk: dict[str, object], option: tuple[str, str, object]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    written(folder, BASE, "base.yaml")
    path = folder / written(folder, json.dumps({**junk, "extends": "base.yaml"}, indent=1), "junk.yaml")
    try:
        scenario, problems = load(path, [f"{option[0]}.{option[1]}={json.dumps(option[2])}"]), []
    except InputError as error:
        scenario, problems = None, [str(problem) for problem in error.problems]
    assert isinstance(scenario, Scenario) or problems
    assert len(set(problems)) == len(problems)
    assert not any("\n" in problem for problem in problems)
