"""The pages for people: generated ones are up to date, code runs, commands exist, links lead somewhere, terms agree."""

from __future__ import annotations
import __future__

import re
import shlex
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.main import get_command

import sim
from sim.cli.commands import app
from sim.data import load_tables
from sim.errors import AuylsimError
from sim.i18n import set_language
from sim.scenario import load
from tools import walkthrough
from tools.blocks import Block, Step, blocks, steps
from tools.examples import OF_KEYS
from tools.reference import DISTRIBUTIONS, pages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "notebooks" / "README.md"]
GENERATED = pages()
COMMAND = re.compile(r"^(\.venv/bin/)?auylsim ")
LINK = re.compile(r"(?<!`)\[(?:[^\]`]|`[^`]*`)*\]\(([^)\s]+)\)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@pytest.mark.parametrize("place", GENERATED)
def test_a_generated_page_is_what_the_program_says_now(place: str) -> None:
    assert (DOCS / place).read_text(encoding="utf-8") == GENERATED[place], "give the command make docs"


def commands(page: Path) -> Iterator[Step]:
    """Yield the commands of this program in a page: in blocks, and whole ones in the text."""
    for block in blocks(page):
        yield from (step for step in steps(block) if COMMAND.match(step.command))
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        for words in re.findall(r"`([^`]+)`", line):
            if COMMAND.match(words) and "…" not in words:
                yield Step(number, words)


@each_page
def test_commands_are_those_that_there_are(page: Path) -> None:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for step in commands(page):
        _program, name, *arguments = shlex.split(step.command, comments=True)
        if walkthrough.coming(step.command):
            continue
        if ">" in arguments:
            arguments = arguments[: arguments.index(">")]
        if name == "--help" or "--help" in arguments or name.isupper():
            continue
        assert name in group.commands, f"{page}:{step.line}: {step.command}"
        inside = step.command not in re.findall(r"`([^`]+)`", page.read_text(encoding="utf-8"))
        try:
            group.commands[name].make_context(name, arguments)
        except (typer.exceptions.TyperException, AuylsimError) as fault:
            told = getattr(fault, "message", str(fault))
            named_only = not inside and ("Missing" in told or not arguments)  # the text may name a command alone
            assert named_only, f"{page}:{step.line}: {step.command}: {told}"
        finally:
            set_language("en")


def test_what_is_said_to_come_is_not_there_yet() -> None:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    names = {words.split()[1] for words in walkthrough.NOT_YET if words.startswith("auylsim")}
    assert names & set(group.commands) <= {"data", "run"}, "empty NOT_YET of tools/walkthrough.py"


def written_in(language: str) -> list[Path]:
    return [page for page in PAGES if any(block.language == language for block in blocks(page))]


@pytest.mark.parametrize("page", written_in("python"), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUYLSIM_CHECK")  # closing every ledger takes longer than all the rest
    shutil.copytree(ROOT / "scenarios", "scenarios")
    if 'compare("zhetysu-2026-2028")' in page.read_text(encoding="utf-8"):
        sim.run("scenarios/zhetysu-2026-2028.yaml", replications=12)
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language == "yaml" and block.title:
            walkthrough.write(block, tmp_path)
            sim.load(block.title)
        elif block.language == "python" and not any(words in block.text for words in walkthrough.NOT_YET):
            text = "\n" * (block.line - 1) + block.text
            later = __future__.annotations.compiler_flag  # the README shows a method without its module
            exec(compile(text, str(page), "exec", later, dont_inherit=True), names)


def scenarios() -> Iterator[tuple[str, Block]]:
    """Yield scenarios and parts of them, but for those that a page has the reader find a mistake in."""
    for page in PAGES:
        for block, after in pairwise([*blocks(page), Block("", "", 0, "")]):
            mistaken = after.title.startswith("exit code")
            made_by_the_reader = re.search("region: my-region|from:", block.text)  # loaded by the test above
            if block.language == "yaml" and not mistaken and not made_by_the_reader:
                yield f"{page.relative_to(ROOT).as_posix()}:{block.line}", block


SCENARIOS = dict(scenarios())


@pytest.mark.parametrize("block", SCENARIOS.values(), ids=SCENARIOS)
def test_scenarios_have_no_faults(block: Block, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    text = block.text
    if not text.startswith(("extends:", "name:")):  # a part of a file
        text = f"extends: scenarios/small.yaml\n{text}"
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    load(tmp_path / "plan.yaml")


def anchors(page: Path) -> set[str]:
    """Return the places of a page that links can name, as GitHub and the site name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://", link):
            continue
        path, _hash, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page}: {link}"
        assert not anchor or anchor in anchors(target), f"{page}: {link}"
        inside = DOCS in page.parents
        assert not inside or target.is_relative_to(DOCS), f"{page}: {link} leaves the site"


def test_every_page_is_in_the_navigation() -> None:
    named = re.findall(r": ([\w./-]+\.md)$", (ROOT / "tools" / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))


def test_nothing_is_loaded_from_elsewhere() -> None:
    settings = (ROOT / "tools" / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in settings
    assert "iframe-worker.js" in settings, "the plugin offline would load its own from the network"
    assert "//" not in re.sub(r"#.*", "", settings)


@pytest.mark.parametrize("key", OF_KEYS)
def test_examples_of_keys_are_right(key: str, tmp_path: Path) -> None:
    """Those of files, names and parts of rules are left out: they mean nothing by themselves."""
    example = OF_KEYS[key]
    path = key.replace("allocations.NAME", "allocations.current")
    if key.capitalize().replace("normal", "Normal") in (*DISTRIBUTIONS, "Lognormal"):
        path = "set"
        example = f"{{market.milk.price: {example}}}"
    elif key.startswith("monte_carlo.stop."):
        rule = {"monte_carlo.stop.difference_to": ", half_width: 20", "monte_carlo.stop.outcome": ", half_width: 20"}
        outcome = "" if key.endswith(".outcome") else "outcome: jobs_net, "
        width = "" if ".half_width" in key else rule.get(key, ", half_width: 0.02")
        path, example = "monte_carlo.stop", f"{{{outcome}{key.rpartition('.')[2]}: {example}{width}}}"
    elif key in ("name", "extends", "allocations", "allocations.NAME.from", "allocations.NAME.sheet"):
        return
    text = example
    for part in reversed(path.split(".") if path != "set" else ["set"]):
        text = f"{{{part}: {text}}}"
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    file = tmp_path / "plan.yaml"
    file.write_text(f"{{extends: scenarios/zhetysu-2026-2028.yaml, name: plan, {text[1:-1]}}}", encoding="utf-8")
    load(file)


def test_the_glossary_names_instruments_as_the_tables_do() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| `(\w+)` \|$",
        (DOCS / "glossary.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = {name: {"en": en, "ru": ru, "kk": kk} for en, ru, kk, name in rows}
    assert told == {i.name: dict(i.labels) for i in load_tables("zhetysu").instruments}


def test_the_russian_tutorial_gives_the_same_commands() -> None:
    english, russian = (
        [step.command for block in blocks(DOCS / name) for step in steps(block)]
        for name in ("tutorial.md", "tutorial.ru.md")
    )
    assert [command.replace(" --lang ru", "") for command in russian] == [
        command.replace(" --lang ru", "") for command in english
    ]


def test_a_walk_stops_at_the_first_promise_that_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        '# Page\n\n```yaml title="x.yaml"\nname: x\n```\n\n```sh\ncat x.yaml  # told\n```\n\n'
        '```console title="exit code 2"\n$ echo one; exit 2\none\n```\n\n```console\n$ echo one two\ntwo\none\n```\n',
        encoding="utf-8",
    )
    with pytest.raises(walkthrough.BrokenPromiseError, match=r"README.md:17: does not print 'one'"):
        walkthrough._walk("README.md", tmp_path, {})
