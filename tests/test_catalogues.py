"""The translations: each message of the program has one in each language, and it says the same."""

from __future__ import annotations

import ast
import re
from string import Formatter

import pytest

from sim.i18n import LANGUAGES
from tools.catalogues import (
    COLUMNS,
    PACKAGE,
    PROPERTIES,
    TRANSLATED,
    catalogue,
    compiled,
    messages,
    read,
    source_of,
    text,
)

NOT_IN_WORDS = {"%Y-%m-%d %H:%M", "5 to 95 %", "LLL y", "{instrument} {share} %", "{label} ({share} %)",
                "{change} ({other})", "{median} ({low} to {high})", "{project}, {when}: {what}", "n = {n}",
                "{species} {change}", "{when}: {what}", "{year}: {median} ({range})"}  # fmt: skip
"""Only numbers, gaps and patterns in either language."""
NOT_IN_KAZAKH_WORDS = {
    "{disbursed} of {planned}",
    "{low} to {high}",
    "{middle} ({low} to {high})",
    "n = {low} to {high}",
}
SAME_IN_BOTH = {"5 bn / 400", "Median", "Scenario", "factor", "folder", "ha", "hash", "median", "model",
                "{file}, scenario {name}", "{allocation} less {reference}"}  # fmt: skip
"""One and the same word in Russian and in Kazakh."""


def gaps(message: str) -> list[tuple[str, str | None, str | None]]:
    return sorted((name, form, kind) for _text, name, form, kind in Formatter().parse(message) if name is not None)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_what_make_locale_writes(language: str) -> None:
    book = catalogue(language, read(language))
    file = source_of(language)
    assert set(read(language)) == messages()
    assert file.read_bytes() == text(book), "give the command make locale"
    assert file.with_suffix(".mo").read_bytes() == compiled(book), "give the command make locale"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_with_its_gaps(language: str) -> None:
    untold = NOT_IN_WORDS | (NOT_IN_KAZAKH_WORDS if language == "kk" else set())
    for message, translation in read(language).items():
        assert translation, message
        assert gaps(translation) == gaps(message), message
        assert message in NOT_IN_WORDS or translation != message
        assert (re.search("[а-яё]", translation.lower()) is None) == (message in untold), message
        for edge in (0, -1):
            assert translation[edge].isspace() == message[edge].isspace(), message


def test_kazakh_is_not_russian() -> None:
    russian, kazakh = read("ru"), read("kk")
    assert {message for message in russian if russian[message] == kazakh[message]} == SAME_IN_BOTH | NOT_IN_WORDS


def test_what_is_long_in_kazakh_has_its_letters() -> None:
    for message, translation in read("kk").items():
        assert len(re.findall("[а-яё]", translation.lower())) < 40 or re.search("[әғқңөұүһі]", translation), message


def test_kazakh_is_marked_as_not_reviewed() -> None:
    assert "Not yet reviewed by a native speaker" in source_of("kk").read_text(encoding="utf-8")


def test_what_is_translated_can_be_found_in_the_source() -> None:
    shown = {*PROPERTIES, *(column for columns in COLUMNS.values() for column in columns)}
    for module in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_bytes())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                (argument,) = node.args
                literal = isinstance(argument, ast.Constant)
                assert literal or (isinstance(argument, ast.Attribute) and argument.attr in shown), (
                    module,
                    node.lineno,
                )


def test_every_language_but_english_has_a_catalogue() -> None:
    assert set(LANGUAGES) == {"en", *TRANSLATED}
