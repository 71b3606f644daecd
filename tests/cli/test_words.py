from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.cli import words
from sim.cli.commands import app
from sim.i18n import set_language
from tests.cli.conftest import environment

COMMANDS = sorted(str(each.name) for each in app.registered_commands)
FAULTS = {
    ("rum",): "rum",
    ("qqqq",): "qqqq",
    ("--foo",): "--foo",
    ("run",): "FILE",
    ("export", "x"): "--to",
    ("run", "x", "--sed", "3"): "--seed",
    ("run", "x", "-z"): "-z",
    ("run", "x", "--seed", "x"): "--seed",
    ("compare", "x", "--alpha", "x"): "--alpha",
    ("run", "x", "y"): "y",
    ("run", "x", "--seed"): "--seed",
    ("run", "x", "--quiet=3"): "--quiet",
}
NAMES = {
    "auylsim", "CSV", "Dask", "DSCR", "Excel", "HTML", "JSON", "Markdown", "Morris", "NO_COLOR", "PAWN", "PNG", "SALib",
    "SVG", "Schema", "Zip", "SimPy", "Sobol", "Stata", "Tab", "UTF", "Word", "YAML", "zip", "xlsx", "dta", "csv",
    "ENPV", "Python",
}  # fmt: skip
"""What has the same name in every language."""
VALUES = {
    "all", "central", "compiled", "current", "districts", "figures", "given", "grid", "herds", "morris", "none", "path",
    "prcc", "random", "replications", "resume", "rho", "saltelli", "simplex", "sobol", "tornado", "vary", "yearly",
    "zhetysu",
}  # fmt: skip
"""What is typed as it is: values of options."""
TOLD = """
import json, sys, io
from contextlib import redirect_stderr, redirect_stdout
from sim.cli import main
found = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["auylsim", *arguments]
    to = io.StringIO()
    with redirect_stdout(to), redirect_stderr(to):
        try: main()
        except SystemExit: pass
    found.append(to.getvalue())
print(json.dumps(found))
"""


def told(lang: str, folder: Path, commands: list[list[str]]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", TOLD, json.dumps(commands)],
        env=environment(AUYLSIM_LANG=lang, COLUMNS="200"), cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def foreign(text: str) -> set[str]:
    """Return the Latin words of a help or a fault, but for names: of commands, options, values, files, programs."""
    prose = text.partition("\n    auylsim ")[0]  # examples are last
    names = {*NAMES, *COMMANDS, *re.findall(r"(?<=\| )\w+|\w+(?= \|)", prose)}
    kept = []
    for line in prose.splitlines():
        usage = re.match(r"\S+: auylsim.*?(\[|$)", line)
        entry = re.match(r"  (-{1,2}\S.*?|[^\sА-Яа-я]+)(  +|$)", line)
        start = usage or entry
        kept.append(line[start.end() :] if start else line)
    found = set()
    for word in " ".join(kept).split():
        bare = word.strip(".,;:()[]{}«»'\"…?")
        if re.search("[A-Za-z]{2}", bare) and not re.search(r"[-/=_|:<>.*+]|^[A-Z0-9.]+$", bare) and bare not in names:
            found.add(bare)
    return found


@pytest.fixture(scope="module", params=["ru", "kk"])
def screens(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is said in a language, from one process of its own."""
    helps = [["--help"], *([name, "--help"] for name in COMMANDS)]
    faults = [list(arguments) for arguments in FAULTS]
    found = told(request.param, tmp_path_factory.mktemp("words"), helps + faults)
    return {"helps": found[: len(helps)], "faults": found[len(helps) :]}


def test_help_is_wholly_in_the_language(screens: dict[str, list[str]]) -> None:
    assert {word for text in screens["helps"] for word in foreign(text)} <= VALUES
    assert all(re.search("[а-яё]", text.lower()) for text in screens["helps"])


def test_faults_of_usage_are_wholly_in_the_language(screens: dict[str, list[str]]) -> None:
    for text, (arguments, named) in zip(screens["faults"], FAULTS.items(), strict=True):
        first = text.splitlines()[0]
        assert named in first
        assert re.search("[а-яё]{4}", first.lower()), first
        assert foreign(re.sub(r"^auylsim( \w+)?: |'[^']*'", "", first)) <= {*arguments}, first


def test_what_nobody_foresaw_is_passed_on() -> None:
    assert words.said("Something else.") == "Something else."
    set_language("en")
    assert words.said("Missing argument 'FILE'.") == "Missing argument 'FILE'."
