"""Reading YAML as plain data that remembers where each part is written.

Only the composer of ruamel.yaml runs, never a constructor: the text becomes nodes with line marks, and the
nodes become mappings, lists, text, numbers, booleans and None. Nothing else can come of a file.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sim.errors import InputError, Problem, closest
from sim.i18n import _

SIZE_LIMIT = 1_000_000
"""Bytes a scenario file may have."""

DEPTH_LIMIT = 20
"""How deep mappings and lists may be nested; a right scenario needs six levels."""

Keys = tuple[str, ...]
"""The keys that lead to a part of the data; table paths hold points, so they are never joined."""

# Marks that turn the direction of writing would turn what stands around them in a report too.
_FORBIDDEN = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGITS = re.compile(r"[0-9]+")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is written: the file (or ``--set``), its line, and its path as it stands there."""

    file: str
    line: int | None
    path: str

    def problem(self, message: str) -> Problem:
        """Return a fault of what is written here."""
        return Problem(message, self.file, self.line, brief(self.path) or None)


@dataclass
class Document:
    """One YAML text as plain data, with the place of every part, and faults that did not stop the reading."""

    data: Any
    places: dict[Keys, Place]
    problems: list[Problem] = field(default_factory=list)


def spaced(whole: int) -> str:
    """Write a whole number with blanks between thousands."""
    return f"{whole:,}".replace(",", " ")


def brief(text: str) -> str:
    """Return `text` on one line, cut where it is too long to print."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


def read(path: Path) -> Document:
    """Read a scenario file.

    Raises
    ------
    InputError
        If it is no readable UTF-8 text of at most `SIZE_LIMIT` bytes, or no YAML (the first fault), or
        uses tags, anchors, aliases, directives, tabs or more than one document.
    """
    text = _text(path)
    document = parse(text, Place(str(path), 1, ""))
    if not isinstance(document.data, dict):
        message = (
            _("the file is empty: a scenario is a mapping such as name: my_scenario")
            if document.data is None
            else _("a scenario is a mapping such as name: my_scenario, not {what}").format(
                what=_("a list") if isinstance(document.data, list) else _("a single value")
            )
        )
        raise InputError([Problem(message, str(path), 1)])
    return document


def parse(text: str, place: Place, keys: Keys = ()) -> Document:
    """Turn YAML text into plain data.

    Parameters
    ----------
    text : str
        One YAML document.
    place : Place
        Where the text stands; a place without a line (``--set``) gives places without lines.
    keys : tuple of str
        Where the data will stand in the scenario.

    Raises
    ------
    InputError
        The first fault that makes it unreadable as YAML.
    """
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise InputError([_at(place, line).problem(_character_fault(forbidden.group()))])
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _StrictComposer
    yaml.max_depth = DEPTH_LIMIT
    try:
        node = yaml.compose(text)
    except YAMLError as error:
        line, message = _yaml_fault(error)
        raise InputError([_at(place, line).problem(message)]) from None
    except (ValueError, OverflowError):  # an escape such as "\Uffffffff" that is no character
        message = _("not valid YAML: an escape that stands for no character")
        raise InputError([place.problem(message)]) from None
    document = Document(None, {keys: place})
    document.data = _plain(node, keys, document)
    return document


class _RefusedError(MarkedYAMLError):
    """What YAML allows and a scenario does not; `problem` is a sentence of ours."""


class _StrictComposer(Composer):
    """Refuses aliases, anchors, tags and directives before a node is made of them."""

    def compose_document(self) -> Any:
        event = self.parser.peek_event()
        if event.version or event.tags:
            self._refuse(event, _("a scenario file has no directives: delete the line that starts with %"))
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._refuse(event, _("anchors (&) and aliases (*) are not allowed: write the value out"))
        if event.ctag is not None:
            self._refuse(event, _("tags (!) are not allowed: write the plain value"))
        return super().compose_node(parent, index)

    def _refuse(self, event: Any, message: str) -> None:
        raise _RefusedError(problem=message, problem_mark=event.start_mark)


def _text(path: Path) -> str:
    """Return the text of a file, or raise what is wrong with the file itself."""
    try:
        if path.is_dir():
            fault = _("this is a folder, not a scenario file")
        elif not path.exists():
            near = closest(path.stem, [p.stem for p in path.parent.glob("*.yaml")])
            hint = _("; did you mean {word}?").format(word=f"{near}.yaml") if near else ""
            fault = _("there is no such file") + hint
        elif not path.is_file():
            fault = _("this is not a regular file")
        elif path.stat().st_size > SIZE_LIMIT:
            fault = _("the file has {size} bytes, a scenario file has at most {limit}").format(
                size=spaced(path.stat().st_size), limit=spaced(SIZE_LIMIT)
            )
        else:
            return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fault = _("this is not a text file in UTF-8: save it as UTF-8 text")
    except OSError as error:
        fault = _("the file cannot be read: {reason}").format(reason=error.strerror or error)
    raise InputError([Problem(fault, str(path))])


def _at(place: Place, line: int) -> Place:
    """Return `place` moved to a line of its text; ``--set`` has no lines."""
    return place if place.line is None else Place(place.file, line, place.path)


def _character_fault(character: str) -> str:
    if character == "\t":
        return _("a tab: write blanks instead of tabs, also to indent")
    return _("the character U+{code:04X} cannot stand in a scenario: delete it").format(code=ord(character))


def _yaml_fault(error: YAMLError) -> tuple[int, str]:
    """Return the line and a plain sentence for what the YAML parser complains about."""
    if not isinstance(error, MarkedYAMLError):
        return 1, _("not valid YAML: {problem}").format(problem=brief(str(error)))
    found, opened = error.problem_mark, error.context_mark
    line = (found or opened).line + 1 if found or opened else 1
    opening = opened.line + 1 if opened else line
    problem, context = error.problem or "", error.context or ""
    if isinstance(error, _RefusedError):
        return line, problem
    if isinstance(error, MaxDepthExceededError):
        return line, _("nested too deeply: a scenario needs no more than six levels")
    if "quoted scalar" in context:
        return opening, _("a quotation mark is opened here and not closed")
    if "flow" in context:
        message = _("a bracket opened here is not closed, or a comma is missing, by line {line}")
        return opening, message.format(line=line)
    if "expected a single document" in context + problem:
        return line, _("a second document starts here: a scenario file holds one")
    if "mapping values are not allowed" in problem:
        return line, _("a colon too many, a wrong indent, or no colon on the line before: write key: value")
    if "could not find expected ':'" in problem:
        return opening, _("a key without a colon: write key: value")
    if "expected <block end>" in problem:
        return line, _("this line is not indented like its neighbours")
    return line, _("not valid YAML: {problem}").format(problem=brief(problem))


def _plain(node: Node | None, keys: Keys, document: Document) -> Any:
    """Return the plain data of a node, and note the place of every part below it."""
    if isinstance(node, MappingNode):
        return _mapping(node, keys, document)
    if isinstance(node, SequenceNode):
        return _sequence(node, keys, document)
    return None if node is None else _scalar(node, keys, document)


def _mapping(node: MappingNode, keys: Keys, document: Document) -> dict[str, Any]:
    above = document.places[keys]
    data: dict[str, Any] = {}
    key = ""
    previous: Node | None = None
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if previous is not None and value_node.value == "" and _comma_in_number(previous, key_node):
            data[key] = _decimal_comma(previous, key_node, document.places[*keys, key], document)
            continue
        previous = value_node
        if not isinstance(key_node, ScalarNode):
            message = _("a key must be a word, not a list or a mapping")
            document.problems.append(_at(above, line).problem(message))
            previous = None
            continue
        key = _printable(key_node, _at(above, line), document)
        here = Place(above.file, _at(above, line).line, f"{above.path}.{key}" if above.path else key)
        below = (*keys, key)
        if key in data:
            document.problems.append(here.problem(_stated_twice(document.places[below].line)))
            continue
        document.places[below] = here
        data[key] = _plain(value_node, below, document)
    return data


def _stated_twice(first: int | None) -> str:
    if first is None:
        return _("is stated twice: keep one")
    return _("is stated twice, first on line {line}: keep one").format(line=first)


def _sequence(node: SequenceNode, keys: Keys, document: Document) -> list[Any]:
    above = document.places[keys]
    data: list[Any] = []
    previous: Node | None = None
    for item in node.value:
        index = str(len(data))
        here = _at(above, item.start_mark.line + 1)
        if previous is not None and _comma_in_number(previous, item):
            data[-1] = _decimal_comma(previous, item, here, document)
            continue
        document.places[*keys, index] = here
        data.append(_plain(item, (*keys, index), document))
        previous = item
    return data


def _comma_in_number(before: Node, after: Node) -> bool:
    """Whether two items of a {…} or […] are the halves of one number written with a comma, such as 0,25."""
    if not isinstance(before, ScalarNode) or not isinstance(after, ScalarNode):
        return False
    digits = _WHOLE.fullmatch(before.value) and _DIGITS.fullmatch(after.value)
    return bool(digits) and after.start_mark.index == before.end_mark.index + 1


def _decimal_comma(before: Node, after: Node, place: Place, document: Document) -> float:
    """Note the fault and return the number that was meant."""
    message = _("write {whole}.{decimals}, not {whole},{decimals}")
    document.problems.append(place.problem(message.format(whole=before.value, decimals=after.value)))
    return float(f"{before.value}.{after.value}")


def _scalar(node: Node, keys: Keys, document: Document) -> str | int | float | bool | None:
    """Return the value of a scalar as YAML 1.2 reads it; dates stay text."""
    place = _at(document.places[keys], node.start_mark.line + 1)
    text = _printable(node, place, document)
    kind = str(node.tag).removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    digits = text.replace("_", "")
    try:
        if kind == "int":
            number = int(digits) if _WHOLE.fullmatch(digits) else int(digits, 0)
            return number if abs(number) < 2**64 else float(number)
        if kind == "float":
            return float(digits.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except (ValueError, OverflowError):  # more digits than Python reads or a float holds
        return math.inf
    return text


def _printable(node: Node, place: Place, document: Document) -> str:
    """Return the text of a scalar, without the control characters that an escape may smuggle in."""
    text: str = node.value
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        document.problems.append(place.problem(_character_fault(forbidden.group())))
    return _FORBIDDEN.sub("", text)
