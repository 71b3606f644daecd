"""What a report consists of, whatever it is rendered as.

Texts are plain, but for two marks of our own sentences: `**…**` is strong, and what stands between backquotes is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Literal

from sim.report.text import THIN

_MARKS = re.compile(r"\*\*(?P<strong>.+?)\*\*|`(?P<code>[^`]+)`")
_ADDRESS = re.compile(r"https?://[^\s;,)]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NARROW = "\u202f"  # as a thin space, but no line ends there
_PERCENT = re.compile(r"(?<=\d) (?=%)")

LOW = 0.8  # height over width

Kind = Literal["plain", "strong", "code", "link"]


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    `value` sorts a number; `below` is a second line, less important; `bar` is a share that is also drawn; `again` says
    that the row above has the same text; `linked` that addresses in the text may be followed.
    """

    text: str
    value: float | None = None
    below: str = ""
    bar: float | None = None
    again: bool = False
    linked: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its caption; columns of numbers stand to the right and sort by value."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    long: bool = False

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Of each column, whether it holds numbers."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.heads)
        return tuple(any(cell.value is not None for cell in column) for column in columns)

    @property
    def spans(self) -> list[list[int]]:
        """Of each cell by rows, for how many rows it stands; 0 where one above stands for it."""
        spans: list[list[int]] = []
        repeated = [0] * len(self.heads)
        for row in reversed(self.rows):
            spans.append([0 if cell.again else 1 + below for cell, below in zip(row, repeated, strict=True)])
            repeated = [below + 1 if cell.again else 0 for cell, below in zip(row, repeated, strict=True)]
        return spans[::-1]


@dataclass(frozen=True)
class Picture:
    """A figure: its message, what is drawn, where it comes from, and a PNG of what lies below message and subtitle."""

    title: str
    about: str
    basis: str
    png: bytes
    width: int
    height: int

    @property
    def low(self) -> bool:
        """Whether two of them fit on a page."""
        return self.height < LOW * self.width

    @property
    def alternative(self) -> str:
        """What stands for the picture where it cannot be seen."""
        return f"{self.title}. {self.about} {self.basis}"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; a lead is set larger, a note smaller."""

    text: str
    kind: Literal["plain", "lead", "note"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """Points, one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Paste:
    """A paragraph to be copied into a text of one's own."""

    heading: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command to give in a terminal."""

    text: str


@dataclass(frozen=True)
class Folded:
    """What is shown when asked for; in Word only its title stands, with where to find it."""

    title: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Bullets | Table | Picture | Paste | Command | Folded


@dataclass(frozen=True)
class Section:
    """A part of the report with a heading of its own."""

    name: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report in one language."""

    language: str
    title: str
    subtitle: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...]

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Numbers of tables and of figures, by the identity of the block: the same in HTML and in Word."""
        found: dict[int, int] = {}
        counters = {Table: count(1), Picture: count(1)}
        for section in self.sections:
            for block in _flat(section.blocks):
                if type(block) in counters:
                    found[id(block)] = next(counters[type(block)])
        return found


def _flat(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks and what is folded away in them."""
    for block in blocks:
        yield block
        if isinstance(block, Folded):
            yield from _flat(block.blocks)


def clean(text: str) -> str:
    """Return a text without characters that neither HTML nor Word can hold, its numbers unbroken."""
    return _PERCENT.sub(_NARROW, _UNPRINTABLE.sub("\ufffd", text).replace(THIN, _NARROW))


def pieces(text: str) -> Iterator[tuple[Kind, str]]:
    """Yield the parts of a text with what each is: plain, strong or code."""
    end = 0
    for match in _MARKS.finditer(text):
        if match.start() > end:
            yield "plain", text[end : match.start()]
        yield ("code", match["code"]) if match["code"] else ("strong", match["strong"])
        end = match.end()
    if end < len(text):
        yield "plain", text[end:]


def links(text: str) -> Iterator[tuple[Kind, str]]:
    """Yield the parts of a text: addresses as links, all else plain."""
    end = 0
    for match in _ADDRESS.finditer(text):
        if match.start() > end:
            yield "plain", text[end : match.start()]
        yield "link", match[0]
        end = match.end()
    if end < len(text):
        yield "plain", text[end:]


def plain(text: str) -> str:
    """Return a text without its marks."""
    return "".join(part for _kind, part in pieces(text))
