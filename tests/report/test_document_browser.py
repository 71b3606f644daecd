"""The report in a browser: it opens from the disk without a request, its tables sort, it fits a phone and paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.experiment.runs import made

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: .ci/run installs it")
PATIENCE = 120_000  # milliseconds, on a machine that does much else
LONG = "Сельскохозяйственно-перерабатывающе-животноводческо-водосберегающее распределение"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with a figure, a script in its title and a long word in a label."""
    folder = tmp_path_factory.mktemp("browser")
    old = "title: {en: Made up, ru: Выдуманный}\nregion: zhetysu\nyears: 3\n"
    new = old.replace("{en: Made up, ru: Выдуманный}", "{en: '<script>document.title = 1</script>'}")
    results = made("report", 12, old, new, beside=folder)
    stored = results.folder / "scenario.yaml"
    stored.write_text(stored.read_text(encoding="utf-8").replace("All north", LONG), encoding="utf-8")
    (written,) = type(results)(results.folder).report(figures=("distribution_milk_t",))
    assert written == results.folder / "report.html"
    return written


class Told(list[str]):
    """What a page complains about or asks for."""


@pytest.fixture(scope="module")
def opened(file: Path) -> Iterator[tuple[object, Told]]:
    from playwright.sync_api import sync_playwright

    told = Told()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("request", lambda request: told.append(request.url) if request.url.startswith("http") else None)
        page.goto(file.as_uri())
        yield page, told
        browser.close()


def column(page, place: int) -> list[float | None]:
    """Return the values of a column of the summary, as they stand."""
    keys = page.eval_on_selector_all(
        f"#summary > .table tbody tr > :nth-child({place})", "cells => cells.map(cell => cell.dataset.sort)"
    )
    return [float(key) if key else None for key in keys]


def test_it_opens_from_the_disk_without_a_complaint_or_a_request(opened: tuple[object, Told]) -> None:
    page, told = opened
    assert told == []
    assert page.title() == "<script>document.title = 1</script>"
    assert page.eval_on_selector("img", "image => image.complete && image.naturalWidth > 0")
    assert page.eval_on_selector("#contents", "contents => contents.open")


def test_a_label_stands_for_the_rows_of_all_allocations(opened: tuple[object, Told]) -> None:
    page, _told = opened
    labels = page.locator("#summary > .table tbody > tr > th")
    first = labels.nth(0)
    rows = int(first.get_attribute("rowspan"))
    assert rows > 1
    assert [labels.nth(place).is_visible() for place in range(rows + 1)] == [True, *[False] * (rows - 1), True]


def test_a_column_sorts_by_value_with_the_mouse_and_with_the_keyboard(opened: tuple[object, Told]) -> None:
    page, told = opened
    head = page.locator("#summary > .table thead th:nth-child(3)")
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    values = column(page, 3)
    known = [value for value in values if value is not None]
    assert len(known) > 3
    assert known == sorted(known)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, 3)[: len(known)] == known[::-1]
    other = page.locator("#summary > .table thead th:nth-child(2)")
    other.locator("button").focus()
    page.keyboard.press("Space")
    assert other.get_attribute("aria-sort") == "ascending"
    assert head.get_attribute("aria-sort") == "none"
    labels = page.locator("#summary > .table tbody > tr > th")
    assert all(labels.nth(place).is_visible() for place in range(labels.count()))
    assert page.locator("#summary > .table [rowspan]").count() == 0
    assert told == []


def test_what_does_not_exist_sorts_last_either_way(opened: tuple[object, Told]) -> None:
    page, _told = opened
    button = page.locator("#summary > .table thead th:nth-child(5) button")
    for _way in ("ascending", "descending"):
        button.click()
        values = column(page, 5)
        missing = values.count(None)
        assert missing
        assert values[-missing:] == [None] * missing


def test_the_paragraph_is_copied(opened: tuple[object, Told]) -> None:
    page, told = opened
    page.locator(".copy").click()
    page.wait_for_function("document.querySelector('[role=status]').textContent === 'Copied'")
    assert page.evaluate("getSelection().toString()").startswith("«<script>")
    assert told == []


def test_a_phone_needs_no_sideways_scrolling(opened: tuple[object, Told]) -> None:
    page, _told = opened
    page.set_viewport_size({"width": 360, "height": 740})
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.set_viewport_size({"width": 1280, "height": 800})


def test_it_prints(opened: tuple[object, Told]) -> None:
    page, _told = opened
    page.eval_on_selector_all("main details", "all => all.forEach(one => { one.open = false; })")
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('#summary .scroll')).overflowY") == "visible"
