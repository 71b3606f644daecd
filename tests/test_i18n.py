from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from sim import i18n
from sim.errors import InputError
from sim.i18n import _, language, pick, set_language


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


@pytest.fixture
def russian_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalog(locale="ru")
    catalogue.add("Projects in {year}", "Проекты за {year} год")
    folder = tmp_path / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "auylsim.mo").open("wb") as file:
        write_mo(file, catalogue)
    monkeypatch.setattr(i18n, "_CATALOGUES", tmp_path)


def test_english_is_the_default() -> None:
    assert language() == "en"
    assert _("Projects in {year}") == "Projects in {year}"


@pytest.mark.usefixtures("russian_catalogue")
def test_messages_come_from_the_catalogue_of_the_language() -> None:
    set_language("ru")
    assert _("Projects in {year}").format(year=2026) == "Проекты за 2026 год"
    assert _("not translated yet") == "not translated yet"
    set_language("en")
    assert _("Projects in {year}") == "Projects in {year}"


@pytest.mark.usefixtures("russian_catalogue")
def test_a_language_without_a_catalogue_shows_english() -> None:
    set_language("ru")
    set_language("kk")
    assert language() == "kk"
    assert _("Projects in {year}") == "Projects in {year}"


def test_unknown_language_changes_nothing() -> None:
    set_language("ru")
    with pytest.raises(InputError, match="неизвестный язык 'de', выберите один из: en, ru, kk"):
        set_language("de")
    assert language() == "ru"


@pytest.mark.parametrize(
    ("name", "labels", "label"),
    [
        ("kk", {"en": "Milk", "ru": "Молоко", "kk": "Сүт"}, "Сүт"),
        ("kk", {"en": "Milk", "ru": "Молоко"}, "Milk"),
        ("kk", {"en": "Milk", "kk": ""}, "Milk"),
        ("kk", {"ru": "Молоко"}, "Молоко"),
        ("en", {}, ""),
    ],
)
def test_pick(name: str, labels: dict[str, str], label: str) -> None:
    set_language(name)
    assert pick(labels) == label
