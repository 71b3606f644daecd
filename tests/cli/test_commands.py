from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from ruamel.yaml import YAML

import sim
from sim.data import SHIPPED, load_tables
from sim.data.tables import REGIONS
from sim.scenario import Economics, Fund, MonteCarlo, Scenario, load, tables_for
from tests.cli.conftest import ROOT, Call, environment
from tools.blocks import ENDING, blocks
from tools.walkthrough import write

COMMANDS = (
    "run",
    "check",
    "resolve",
    "schema",
    "new",
    "data",
    "runs",
    "validate",
    "trace",
    "export",
    "diff",
    "compare",
    "sweep",
    "sensitivity",
    "bundle",
)


def test_help_loads_no_heavy_library(folder: Path) -> None:
    code = (
        "import sys\n"
        "from sim.cli import main\n"
        "sys.argv = ['auylsim', *sys.argv[1:]]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numba', 'matplotlib', 'pandas', 'pyarrow', 'scipy', 'simpy'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    for arguments in (["--help"], ["run", "--help"], ["--version"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=environment(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(auylsim: Call, command: str) -> None:
    done = auylsim(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"\n    auylsim {command}" in done.stdout.partition("For example:")[2]


def test_without_a_command_help_is_shown(auylsim: Call) -> None:
    done = auylsim()
    assert done.returncode == 0
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS)


def test_python_m_sim_is_the_same_program(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim", "--version"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, f"auylsim {sim.__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum"], "auylsim: No such command 'rum'. Did you mean 'run'?"),
        (["run"], "auylsim run: Missing argument 'FILE'."),
        (["run", "plan.yaml", "--sed", "3"], "No such option: --sed"),
        (["run", "plan.yaml", "--seed", "x"], "Invalid value for '--seed'"),
        (["run", "plan.yaml", "--engine", "steam"], "there is no engine steam; there are compiled, simpy"),
        (["run", "plan.yaml", "--engine", "simply"], "did you mean simpy?"),
        (["run", "plan.yaml", "--dry-run", "--engine", "compile"], "did you mean compiled?"),
        (["run", "plan.yaml", "--replications", "0"], "replications: "),
        (["run", "plan.yaml", "--workers", "0"], "workers: must be at least 1"),
        (["run", "plan.yaml", "--reference", "nort"], "did you mean north?"),
        (["run", "plan.yaml", "--set", "loan.rat=1"], "loan.rate"),
        (["run", "plan.yaml", "--lang", "de"], "unknown language 'de'"),
        (["run", "no.yaml"], "no.yaml: "),
        (["check", "."], ".: "),
        (["resolve", "no.yaml"], "no.yaml: "),
        (["data", "loan.raet"], "did you mean loan.rate?"),
        (["new", "mine", "--region", "zhetisu"], "Did you mean zhetysu?"),
        (["new", "plans/mine"], "not 'plans/mine'"),
        (["new", "../mine"], "not '../mine'"),
        (["new", ".yaml"], "not ''"),
        (["new"], "Missing argument 'NAME'"),
    ],
)
def test_wrong_input_exits_2_with_one_or_two_plain_lines(auylsim: Call, arguments: list[str], message: str) -> None:
    done = auylsim(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_wrong_language_in_the_environment_is_told(auylsim: Call) -> None:
    done = auylsim("runs", AUYLSIM_LANG="xx")
    assert done.returncode == 2
    assert "unknown language 'xx'" in done.stderr


def test_help_is_in_the_language_asked_for(process: Call) -> None:
    assert "Начальное число всех случайностей." in process("run", "--help", "--lang", "ru").stdout
    assert "Начальное число всех случайностей." in process("run", "--help", AUYLSIM_LANG="ru").stdout
    assert "Сценарий файлдары." in process("--lang=kk", "check", "--help", AUYLSIM_LANG="ru").stdout
    assert "Показать версию." in process("--lang", "ru", "--help").stdout


def test_faults_are_in_the_language_asked_for(auylsim: Call) -> None:
    assert auylsim("check", "no.yaml", "--lang", "ru").stderr == "no.yaml: такого файла нет\n"
    assert auylsim("--lang", "kk", "check", "no.yaml").stderr == "no.yaml: ондай файл жоқ\n"


def test_check_tells_the_faults_of_all_files(folder: Path, auylsim: Call) -> None:
    text = (folder / "plan.yaml").read_text(encoding="utf-8")
    (folder / "план 2.yaml").write_text(
        text.replace("dairy_family: 1}", "dairy_family: 1.5}").replace("years: 3", "yearz: 3"),
        encoding="utf-8",
    )
    done = auylsim("check", "plan.yaml", "план 2.yaml", "missing.yaml")
    assert done.returncode == 2
    assert done.stdout == "plan.yaml: no faults; allocations: north, south; 3 years from 2026-01\n"
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["план 2.yaml:4", "план 2.yaml:7", "missing.yaml"]
    assert auylsim("check", "plan.yaml").returncode == 0


@pytest.mark.parametrize(("page", "lang"), [("tutorial.md", "en"), ("tutorial.ru.md", "ru")])
def test_the_mistake_in_the_tutorial_is_told_as_it_says(folder: Path, auylsim: Call, page: str, lang: str) -> None:
    assert auylsim("new", "first-plan", "--lang", lang).returncode == 0
    shown = list(blocks(ROOT / "docs" / page))
    (place,) = (i for i, block in enumerate(shown) if ENDING.match(block.title))
    write(shown[place - 1], folder)
    done = auylsim("check", "first-plan.yaml", "--lang", lang)
    assert done.returncode == 2
    assert done.stderr.strip() == shown[place].text.splitlines()[1]


def test_resolve_prints_a_scenario_that_loads_to_the_same(folder: Path, auylsim: Call) -> None:
    done = auylsim("resolve", "plan.yaml", "--set", "loan.rate=0.05")
    (folder / "resolved.yaml").write_text(done.stdout, encoding="utf-8")
    assert sim.load(folder / "resolved.yaml") == sim.load(folder / "plan.yaml", ["loan.rate=0.05"])


def test_schema_is_json(auylsim: Call) -> None:
    assert "allocations" in json.loads(auylsim("schema").stdout)["properties"]


def test_data_lists_each_number_with_its_source(auylsim: Call) -> None:
    quantities = load_tables(SHIPPED[0]).quantities
    done = auylsim("data")
    assert done.returncode == 0
    listed = [line.split()[0] for line in done.stdout.splitlines() if line[:1].strip()]
    assert set(quantities) <= set(listed)
    rows = {(q.file, q.line): q.kind_of_source for q in quantities.values()}
    counts = [list(rows.values()).count(kind) for kind in ("sourced", "derived", "assumption")]
    last = "Numbers: {}, in rows of the tables: {}. Sourced rows: {}, derived: {}, assumed: {}"
    last = last.format(len(quantities), len(rows), *counts)
    assert done.stdout.splitlines()[-1] == last


def test_data_takes_globs_and_parts_of_paths(auylsim: Call) -> None:
    assert auylsim("data", "loan.rate").stdout.splitlines()[-1].startswith("Numbers: 1, in rows of the tables: 1.")
    assert "instrument.greenhouse.loan_mln_kzt" in auylsim("data", "greenhouse").stdout
    listed = auylsim("data", "*.loan_mln_kzt").stdout
    assert "instrument.dairy_family.loan_mln_kzt" in listed
    assert "loan.rate" not in listed


def test_data_goes_to_excel(folder: Path, auylsim: Call) -> None:
    done = auylsim("data", "loan.*", "--xlsx", "числа.xlsx")
    assert done.returncode == 0
    rows = list(openpyxl.load_workbook(folder / "числа.xlsx").active.values)
    assert rows[0][:4] == ("path", "low", "central", "high")
    rate = load_tables(SHIPPED[0]).quantities["loan.rate"]
    assert (rate.path, rate.low, rate.central, rate.high) in [row[:4] for row in rows]
    assert auylsim("data", "--xlsx", "no/such/folder.xlsx").returncode == 1
    assert "there already" in auylsim("data", "--xlsx", "числа.xlsx").stderr
    assert "must end in .xlsx" in auylsim("data", "--xlsx", "числа.csv").stderr
    assert auylsim("data", "--xlsx", "числа.xlsx", "--force").returncode == 0


def test_runs_lists_what_is_stored(folder: Path, auylsim: Call) -> None:
    example = folder / "results/example"
    example.mkdir(parents=True)
    shutil.copy(ROOT / "results/example/manifest.json", example)  # of a run whose rows are not there
    assert "no runs" in auylsim("runs").stdout
    auylsim("run", "plan.yaml", "--workers", "1", "-q")
    auylsim("run", "plan.yaml", "--workers", "1", "-q", "--seed", "8", "--replications", "4")
    first, second = (line.split() for line in auylsim("runs").stdout.splitlines()[-2:])
    assert (first[0], first[2:4]) == ("plan", ["4", "8"])
    assert (second[0], second[2:4]) == ("plan", ["6", "3"])
    assert {first[1], second[1]} == {path.name for path in (folder / "results/plan").iterdir()}


def test_output_is_utf_8_whatever_the_system_says(process: Call, folder: Path) -> None:
    done = process("resolve", "plan.yaml", PYTHONIOENCODING="cp1251")
    assert "Выдуманный" in done.stdout


def test_the_shipped_scenarios_have_no_faults(auylsim: Call) -> None:
    files = sorted(str(file) for file in (ROOT / "scenarios").glob("*.yaml"))
    assert files
    done = auylsim("check", *files)
    assert (done.returncode, done.stderr) == (0, "")


def test_new_writes_a_scenario_without_faults_that_states_every_key(folder: Path, auylsim: Call) -> None:
    done = auylsim("new", "mine")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "mine.yaml is written. Change it, then: auylsim check mine.yaml\n"
    text = (folder / "mine.yaml").read_text(encoding="utf-8")
    stated = YAML(typ="safe", pure=True).load(text)
    assert set(stated) == set(Scenario.model_fields)
    for section in (Fund, Economics, MonteCarlo):
        assert any(set(part) == set(section.model_fields) for part in stated.values() if isinstance(part, dict))
    assert len(stated["allocations"]["even"]["shares"]) == 14
    assert all("#" in line for line in text.split("\nallocations:")[0].splitlines() if line and ":" not in line)
    checked = auylsim("check", "mine.yaml")
    assert (checked.returncode, checked.stderr) == (0, "")
    scenario = load(folder / "mine.yaml")
    assert (scenario.name, scenario.region) == ("mine", "zhetysu")


@pytest.mark.parametrize("lang", ["ru", "kk"])
def test_a_new_scenario_is_the_same_in_every_language_but_for_its_words(folder: Path, auylsim: Call, lang: str) -> None:
    auylsim("new", "mine")
    english = (folder / "mine.yaml").rename(folder / "english.yaml")
    assert auylsim("new", "mine", "--lang", lang).returncode == 0
    assert auylsim("check", "mine.yaml").returncode == 0
    one, other = load(english), load(folder / "mine.yaml")
    assert other.title[lang] == "mine"
    for name, allocation in other.allocations.items():
        assert re.search("[а-яё]", allocation.label[lang].lower())
        assert allocation.label["en"] == one.allocations[name].label["en"]
        assert allocation.shares == one.allocations[name].shares
    parts = {"title": True, "allocations": True}
    assert one.model_dump(exclude=parts) == other.model_dump(exclude=parts)
    assert one.inputs_hash(tables_for(one)) == other.inputs_hash(tables_for(other))
    comments = [re.findall(r"# (\S.*)", file.read_text(encoding="utf-8")) for file in (english, folder / "mine.yaml")]
    assert all(re.search("[а-яё]", comment.lower()) for comment in comments[1])
    assert len(comments[0]) <= len(comments[1]) <= len(comments[0]) + 1
    assert auylsim("run", "mine.yaml", "--dry-run").returncode == 0


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_what_is_commented_out_in_a_new_scenario_is_right_too(folder: Path, auylsim: Call, lang: str) -> None:
    auylsim("new", "mine", "--lang", lang)
    text = (folder / "mine.yaml").read_text(encoding="utf-8")
    body = text.partition("\nname:")
    (folder / "mine.yaml").write_text(body[0] + body[1] + body[2].replace("\n#", "\n"), encoding="utf-8")
    book = openpyxl.Workbook()
    book.active.title = "Plan"
    for row in ([None, 2026], ["dairy_family", 1]):
        book.active.append(row)
    book.save(folder / "split.xlsx")
    scenario = load(folder / "mine.yaml")
    assert scenario.allocations["from_a_table"].shares == {2026: {"dairy_family": 1}}
    assert list(scenario.targets.districts) == ["aksu"]
    assert set(scenario.set) == {"loan.rate", "market.milk.price"}


def test_new_overwrites_nothing(folder: Path, auylsim: Call) -> None:
    before = (folder / "plan.yaml").read_text(encoding="utf-8")
    for name in ("plan", "plan.yaml"):
        done = auylsim("new", name)
        assert done.returncode == 2
        assert done.stderr == "plan.yaml exists already and is left as it is: choose another name, or delete it\n"
    assert (folder / "plan.yaml").read_text(encoding="utf-8") == before


def test_new_takes_names_in_any_language_and_a_region_of_ones_own(folder: Path, auylsim: Call) -> None:
    shutil.copytree(REGIONS / "zhetysu", folder / "мой край")
    done = auylsim("new", "мой план 2026", "--region", "мой край")
    assert done.returncode == 0
    assert done.stdout.endswith('auylsim check "мой план 2026.yaml"\n')
    scenario = load(folder / "мой план 2026.yaml")
    assert scenario.name == "мой план 2026"
    assert Path(scenario.region) == folder / "мой край"


def test_an_unknown_region_writes_nothing(folder: Path, auylsim: Call) -> None:
    auylsim("new", "mine", "--region", "zhetisu")
    assert not (folder / "mine.yaml").exists()
