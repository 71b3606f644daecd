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
from tools.blocks import ENDING, Block, Step, blocks, steps
from tools.examples import OF_KEYS
from tools.reference import DISTRIBUTIONS, pages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), ROOT / "notebooks" / "README.md"]
GENERATED = pages()
COMMAND = re.compile(r"^(\.venv/bin/)?auylsim ")
NAMED = re.compile(r"^auylsim [a-z]+\b")
LINK = re.compile(r"(?<!`)\[(?:[^\]`]|`[^`]*`)*\]\(([^)\s]+)\)")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@pytest.mark.parametrize("place", GENERATED)
def test_a_generated_page_is_what_the_program_says_now(place: str) -> None:
    assert (DOCS / place).read_text(encoding="utf-8") == GENERATED[place], "give the command make docs"


def commands(page: Path) -> Iterator[tuple[Step, bool]]:
    """Yield the commands of this program in a page, and whether they are whole: the text may only name one."""
    for block in blocks(page):
        yield from ((step, True) for step in steps(block) if COMMAND.match(step.command))
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        for words in re.findall(r"`([^`]+)`", line):
            if NAMED.match(words):
                yield Step(number, re.sub(r" [A-Z]\b", " 0", words)), False


@each_page
def test_commands_are_those_that_there_are(page: Path) -> None:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for step, whole in commands(page):
        _program, name, *arguments = shlex.split(step.command.partition(" > ")[0], comments=True)
        assert name in group.commands, f"{page}:{step.line}: {step.command}"
        try:
            group.commands[name].make_context(name, arguments)
        except (typer.exceptions.TyperException, AuylsimError) as fault:
            told = getattr(fault, "message", None) or str(fault)
            assert not whole, f"{page}:{step.line}: {step.command}: {told}"
            assert told.startswith("Missing"), f"{page}:{step.line}: {step.command}: {told}"
        finally:
            set_language("en")


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
        elif block.language == "python":
            text = "\n" * (block.line - 1) + block.text
            later = __future__.annotations.compiler_flag  # the README shows a method without its module
            exec(compile(text, str(page), "exec", later, dont_inherit=True), names)


def scenarios() -> Iterator[tuple[str, Block]]:
    """Yield scenarios and parts of them, but for those that a page has the reader find a mistake in."""
    for page in PAGES:
        for block, after in pairwise([*blocks(page), Block("", "", 0, "")]):
            mistaken = ENDING.match(after.title)
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


def example_of(key: str) -> tuple[str, str]:
    """Return what to set to what in a scenario, so that the example of a key is in it."""
    example = OF_KEYS[key]
    if key in {kind.lower() for kind in DISTRIBUTIONS}:
        return "set", f"{{market.milk.price: {example}}}"
    whole, _point, part = key.rpartition(".")
    if whole != "monte_carlo.stop":
        return key.replace("allocations.NAME", "allocations.current"), example
    rule = {"outcome": "jobs_net", "half_width": "0.02"} | {part: example}
    if part == "half_width_relative":
        del rule["half_width"]
    return whole, "{" + ", ".join(f"{name}: {value}" for name, value in rule.items()) + "}"


@pytest.mark.parametrize(
    "key", sorted(OF_KEYS.keys() - {"name", "extends", "allocations.NAME.from", "allocations.NAME.sheet"})
)
def test_examples_of_keys_are_right(key: str, tmp_path: Path) -> None:
    path, text = example_of(key)
    for part in reversed(path.split(".")):
        text = f"{{{part}: {text}}}"
    file = tmp_path / "plan.yaml"
    base = ROOT / "scenarios" / "zhetysu-2026-2028.yaml"
    file.write_text(f"{{extends: '{base.as_posix()}', name: plan, {text[1:-1]}}}", encoding="utf-8")
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


def test_where_git_cannot_clone_the_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    walkthrough._clone(tmp_path / "copy")
    assert (tmp_path / "copy/results/example/summary.csv").is_file()
    assert not {".git", ".venv", "build"} & {path.name for path in (tmp_path / "copy").iterdir()}
    assert {path.name for path in (tmp_path / "copy/results").iterdir()} <= {"example", ".gitkeep"}
