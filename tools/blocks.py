"""What stands in the fenced blocks of Markdown pages: commands to give, files to write, code to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[a-z]*)(?: +title=\"(?P<title>[^\"]*)\")? *$")
PROMPT = "$ "
ENDING = re.compile(r"(?:exit code|код выхода) (\d+)$")


class Block(NamedTuple):
    """A fenced block: its language, its title, the number of its first line in the page, and its text."""

    language: str
    title: str
    line: int
    text: str


class Step(NamedTuple):
    """A command as it is given, the line of the page it stands in, what it prints, and how it ends."""

    line: int
    command: str
    shown: tuple[str, ...] = ()
    code: int = 0


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order."""
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), start=1))
    for number, line in lines:
        opening = _FENCE.match(line)
        if opening is None:
            continue
        inside = []
        for _number, text in lines:
            if text.strip() == opening["fence"]:
                break
            inside.append(text.removeprefix(opening["indent"]))
        else:
            raise ValueError(f"{page}:{number}: this block does not end")
        yield Block(opening["language"], opening["title"] or "", number + 1, "\n".join(inside) + "\n")


def steps(block: Block) -> Iterator[Step]:
    """Yield the commands of a block.

    In an `sh` block each line is one. In a `console` block commands stand after a prompt, each above some of what it
    prints; a title `exit code 2`, or the same in Russian, says how they end.
    """
    lines = list(enumerate(block.text.splitlines(), start=block.line))
    if block.language == "sh":
        yield from (Step(number, line) for number, line in lines if line.strip() and not line.startswith("#"))
    elif block.language == "console":
        ending = ENDING.match(block.title)
        code = int(ending[1]) if ending else 0
        given = [place for place, (_number, line) in enumerate(lines) if line.startswith(PROMPT)]
        for place, following in zip(given, [*given[1:], len(lines)], strict=True):
            number, line = lines[place]
            shown = tuple(text for _number, text in lines[place + 1 : following] if text.strip())
            yield Step(number, line.removeprefix(PROMPT), shown, code)
