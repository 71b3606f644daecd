"""The report as content, as HTML and as a Word file, of made-up runs that cost nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from lxml import html
from PIL import Image

import sim
from sim.analysis import validation
from sim.api.reporting import analysed
from sim.errors import InputError
from sim.i18n import set_language
from sim.report.document import build, file, page
from sim.report.document.model import (
    Cell,
    Document,
    Folded,
    Paragraph,
    Picture,
    Section,
    Table,
    clean,
    links,
    pieces,
)
from sim.report.document.opening import shares_of
from sim.report.document.pictures import Gallery
from tests.experiment.runs import made
from tests.report.made_up import Run

ALERT, IMAGE = "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>'
HEAD = "title: {en: Made up, ru: Выдуманный}"
LABELS = "  north: {label: {en: All north, ru: Всё на север}, shares: {dairy_family: 1}}\n"
SOUTH = "  south: {shares: {dairy_family: 0.5, greenhouse: 0.5}}\n"
PICTURES = ("distribution_milk_t",)
VOID = {"meta", "img"}


def document(results: sim.Results, *figures: str, reference: str = "no_programme") -> Document:
    analyses, lack = analysed(results, None)
    return build(
        results, reference=reference, analyses=analyses, lack=lack, stopping=results.stopping(), figures=figures
    )


def texts(of: Document, name: str) -> str:
    """Return what a section says outside its tables."""
    (section,) = [one for one in of.sections if one.name == name]
    return " ".join(block.text for block in section.blocks if hasattr(block, "text"))


def tables(of: Document, name: str) -> list[Table]:
    (section,) = [one for one in of.sections if one.name == name]
    return [block for block in section.blocks if isinstance(block, Table)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> sim.Results:
    """Return a run of two splits and 40 replications, of which few outcomes are recorded."""
    return made("plain", 40, beside=tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> sim.Results:
    """Return a run whose title and label are attacks."""
    new = f"title: {{en: '{ALERT}'}}"
    results = made("hostile", 6, HEAD, new, beside=tmp_path_factory.mktemp("hostile"))
    stored = results.folder / "scenario.yaml"
    stored.write_text(stored.read_text(encoding="utf-8").replace("All north", IMAGE.replace('"', '\\"')), "utf-8")
    stored.write_text(re.sub(r"en: (.*onerror.*)$", r"en: '\1'", stored.read_text("utf-8"), flags=re.M), "utf-8")
    return sim.open_results(results.folder)


@pytest.fixture(scope="module")
def drawn(plain: sim.Results) -> Document:
    return document(plain, *PICTURES)


@pytest.fixture(scope="module")
def tree(drawn: Document) -> html.HtmlElement:
    return html.document_fromstring(page(drawn))


def test_all_is_told_in_order(drawn: Document) -> None:
    names = [section.name for section in drawn.sections]
    assert names == ["question", "finding", "allocations", "summary", "distributions", "checked", "hangs-on",
                     "assumptions", "not-for", "provenance"]  # fmt: skip
    assert "0.1 bn tenge of 2026" in texts(drawn, "question")
    assert "40 replications" in texts(drawn, "question")


def test_the_finding_says_how_often_each_split_is_best(drawn: Document, plain: sim.Results) -> None:
    milk = plain.outcome("milk_t")
    best = (milk["north"] > milk["south"]).mean()
    (table,) = tables(drawn, "finding")
    rows = {row[0].text: row for row in table.rows}
    assert rows["All north"][3].value == pytest.approx(best)
    gain = (milk["north"] - milk["no_programme"]).median()
    assert rows["All north"][1].value == pytest.approx(gain / 1000)  # shown in thousand tonnes
    pasted = texts(drawn, "finding")
    for part in ("Made up", "40", "seed 3", "rows of input numbers are assumptions", "no forecast"):
        assert part in pasted


def test_a_single_split_is_compared_with_no_programme_alone(tmp_path: Path) -> None:
    found = document(made("single", 6, SOUTH, "", beside=tmp_path))
    (table,) = tables(found, "finding")
    assert len(table.rows) == 1
    assert not [head for head in table.heads if "Best" in head]
    assert "One split" in texts(found, "question")
    assert len(tables(found, "summary")[0].heads) == 5


def test_one_replication_gives_no_comparison_and_says_why(tmp_path: Path) -> None:
    found = document(made("one", 1, beside=tmp_path))
    assert "too few replications (1)" in texts(found, "finding")
    (notice,) = found.notices
    assert notice.endswith("and this run has 1.")
    assert "too small to tell" in texts(found, "hangs-on")
    page(found)
    file(found)


def test_failed_replications_are_told_beside_the_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILING", "2 5")
    found = document(made("failing", 12, beside=tmp_path))
    assert "2 of 12 replications failed" in texts(found, "finding")
    (table,) = tables(found, "provenance")
    assert any("2 of 12" in row[1].text for row in table.rows)


def test_targets_are_shown_only_where_a_scenario_states_them(tmp_path: Path, drawn: Document) -> None:
    assert "targets" not in [section.name for section in drawn.sections]
    old = "monte_carlo: {replications: 6"
    found = document(made("aims", 6, old, "targets: {milk_t: 0.5}\n" + old, beside=tmp_path))
    rows = tables(found, "targets")[0].rows
    assert [row[2].text for row in rows] == ["All north", "south", "No programme"]
    assert all(0 <= row[3].value <= 1 for row in rows)


def test_a_share_that_changes_is_weighted_by_the_money_of_its_years(tmp_path: Path) -> None:
    run = made("years", 2, "{2026: 100}", "{2026: 100, 2027: 300}", beside=tmp_path)
    allocation = run.scenario.allocations["north"].model_copy(
        update={"shares": {2026: {"dairy_family": 1.0}, 2027: {"dairy_family": 0.2, "greenhouse": 0.8}}}
    )
    scenario = run.scenario.model_copy(update={"allocations": {"north": allocation}})
    assert shares_of(scenario, "north") == pytest.approx({"dairy_family": 0.4, "greenhouse": 0.6})


def test_every_number_of_the_tables_stands_in_the_report(drawn: Document, plain: sim.Results) -> None:
    (section,) = [one for one in drawn.sections if one.name == "assumptions"]
    (folded,) = [block for block in section.blocks if isinstance(block, Folded)]
    rows = [row for table in folded.blocks if isinstance(table, Table) for row in table.rows]
    assert sorted(row[0].text.strip("`") for row in rows) == sorted(plain.tables.quantities)


def test_what_the_scenario_sets_itself_is_told(tmp_path: Path) -> None:
    old = "monte_carlo: {replications: 6"
    found = document(made("set", 2, old, "set: {loan.rate: 0.07}\n" + old, beside=tmp_path))
    assert [cell.text for cell in tables(found, "assumptions")[0].rows[0]] == ["`loan.rate`", "0.07"]


def test_nothing_uncertain_is_nothing_to_hang_on(tmp_path: Path) -> None:
    old = "monte_carlo: {replications: 6"
    found = document(made("certain", 24, old, "uncertain: []\n" + old, beside=tmp_path))
    assert "No factor can be told from chance" in texts(found, "hangs-on")


def test_changed_tables_are_told(plain: sim.Results) -> None:
    other = sim.open_results(plain.folder)
    other.manifest["tables"] = "0" * 64
    found = document(other)
    assert "tables have changed" in found.notices[0]
    assert "tables have changed" in texts(found, "hangs-on")


def test_published_figures_may_be_missing_and_not_be_faulty(
    plain: sim.Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "targets.csv"
    monkeypatch.setattr(validation, "FILE", file)  # in any region, since the path is absolute
    assert "has no table of published figures" in texts(document(plain), "checked")
    file.write_text(",".join(validation.COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"targets\.csv: this table has no rows: fill it in, or delete it"):
        document(plain)
    file.write_text("key\na\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"targets\.csv:1: this table lacks the columns"):
        document(plain)


def test_an_analysis_of_another_run_is_told_to_be_one(
    plain: sim.Results, tmp_path_factory: pytest.TempPathFactory
) -> None:
    new = "title: {en: The other}"
    other = made("other", 40, HEAD, new, beside=tmp_path_factory.mktemp("other"))
    for source, told in ((other, True), (plain, False), (sim.open_results(plain.folder), False)):
        analyses, lack = analysed(plain, source)
        found = build(
            plain, reference="no_programme", analyses=analyses, lack=lack, stopping=plain.stopping(), figures=()
        )
        sentence = f"of another run** than the rest of the report: «The other», inputs {other.manifest['inputs'][:8]}."
        assert (sentence in texts(found, "hangs-on")) == told


def test_the_page_says_that_its_kazakh_was_not_reviewed(plain: sim.Results) -> None:
    set_language("kk")
    try:
        found = document(plain)
    finally:
        set_language("en")
    assert found.language == "kk"
    assert len(found.notices) == 2
    assert html.document_fromstring(page(found)).get("lang") == "kk"


def test_unknown_names_are_refused(plain: sim.Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no allocation"):
        plain.report(tmp_path / "x.html", reference="west", figures=())
    with pytest.raises(InputError, match="unknown figure mony; did you mean money"):
        plain.report(tmp_path / "x.html", figures=("mony",))
    for name in ("x.docx", "x.pdf", "x"):
        with pytest.raises(InputError, match=r"the name must end in \.html"):
            plain.report(tmp_path / name, docx=True, figures=())
    assert not list(tmp_path.iterdir())


def test_only_the_page_in_the_runs_folder_is_written_anew_unasked(plain: sim.Results, tmp_path: Path) -> None:
    (tmp_path / "x.docx").write_bytes(b"written on")
    (tmp_path / "x.html").write_bytes(b"mine")
    for options in ({"docx": True}, {}):
        with pytest.raises(InputError, match="there already"):
            plain.report(tmp_path / "x.html", figures=(), **options)  # type: ignore[arg-type]
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == [b"written on", b"mine"]
    assert len(plain.report(tmp_path / "x.html", figures=(), docx=True, force=True)) == 2
    own = [*plain.report(figures=()), *plain.report(figures=(), docx=True)]
    assert [file.name for file in own] == ["report.html", "report.html", "report.docx"]
    own[2].write_bytes(b"written on")
    with pytest.raises(InputError, match=r"report\.docx: there already"):
        plain.report(figures=(), docx=True)
    assert own[2].read_bytes() == b"written on"


def test_texts_are_split_at_their_marks_and_addresses() -> None:
    assert list(pieces("**a** b `c`")) == [("strong", "a"), ("plain", " b "), ("code", "c")]
    assert list(links("see https://a.kz/b; c")) == [("plain", "see "), ("link", "https://a.kz/b"), ("plain", "; c")]
    assert clean("5 to 95 %\x07") == "5 to 95\u202f%\ufffd"


# HTML


class Balance(HTMLParser):
    """Raises where an element is closed that was not open, and knows what is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_elements_are_closed_and_ids_unique(drawn: Document, tree: html.HtmlElement) -> None:
    balance = Balance()
    balance.feed(page(drawn))
    assert balance.open == []
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for reference in [
        *tree.xpath("//@aria-labelledby"),
        *(a[1:] for a in tree.xpath("//a[starts-with(@href,'#')]/@href")),
    ]:
        assert reference in ids


def test_nothing_is_loaded_from_elsewhere(drawn: Document, tree: html.HtmlElement) -> None:
    assert not tree.xpath("//link | //iframe | //object | //embed | //base | //*[@srcset] | //*[@style]")
    assert all(source.startswith("data:image/png;base64,") for source in tree.xpath("//@src"))
    style, script = tree.xpath("//style")[0].text, tree.xpath("//script")[0].text
    assert not re.search(r"url\(|@import", style)
    assert "fetch" not in script
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; img-src data:")
    for text in (style, script):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    outside = [a for a in tree.xpath("//a") if not a.get("href").startswith("#")]
    assert all(a.get("rel") == "noreferrer" and a.get("href").startswith("http") for a in outside)


def test_headings_go_down_one_step_at_a_time(tree: html.HtmlElement) -> None:
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper <= before + 1 for before, deeper in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(tree.xpath(f"//{landmark}")) == 1


def test_pictures_have_their_message_and_basis_as_text(tree: html.HtmlElement, drawn: Document) -> None:
    (image,) = tree.xpath("//img")
    message = tree.xpath("//figcaption/p[@class='message']")[0].text_content()
    assert message.partition(". ")[2] in image.get("alt")
    assert "seed 3" in image.get("alt")
    assert tree.xpath("//figcaption/p[@class='message']/span")[0].text == "Figure 1."


def test_tables_say_what_their_heads_are_for(tree: html.HtmlElement) -> None:
    for table in tree.xpath("//table"):
        assert table.xpath("./caption")[0].text_content()
        assert all(head.get("scope") == "col" and head.xpath("./button") for head in table.xpath("./thead/tr/th"))
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr"))
        region = table.getparent()
        assert region.get("tabindex") == "0"
        assert region.get("role") == "region"
    assert "built-in" not in tree.text_content()


def test_a_scenario_cannot_write_html(hostile: sim.Results) -> None:
    written = page(document(hostile))
    tree = html.document_fromstring(written)
    assert tree.xpath("//h1")[0].text == ALERT
    assert tree.xpath("//title")[0].text == ALERT
    assert len(tree.xpath("//script")) == 1
    assert tree.xpath("//img") == []
    assert not tree.xpath("//@onerror")
    assert IMAGE in tree.text_content()


def test_the_same_run_gives_the_same_bytes(plain: sim.Results, drawn: Document) -> None:
    again = document(sim.open_results(plain.folder), *PICTURES)
    assert page(again) == page(drawn)
    assert file(again) == file(drawn)


@pytest.mark.parametrize("ink", ["ink", "soft", "blue"])
def test_colours_of_texts_stand_out(ink: str) -> None:
    style = (Path(sim.__file__).parent / "report/document/report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#\w+);", style))
    assert contrast(colours[ink], "#fff") >= 4.5
    assert contrast(colours[ink], colours["faint"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.1."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        lines = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * lines[0] + 0.7152 * lines[1] + 0.0722 * lines[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_picture_is_small_and_leaves_out_what_stands_beside_it(run: Run) -> None:
    (picture,) = Gallery(run, ["distribution_milk_t"]).of(["distribution_milk_t", "years_milk_t"])
    assert len(picture.png) < 80_000  # 45 of these, in base64, are below 5 MB
    image = Image.open(io.BytesIO(picture.png))
    assert image.size == (picture.width, picture.height)
    colours = image.convert("RGB").getcolors(100)
    assert colours is not None
    assert max(colours)[1] == (255, 255, 255)
    assert picture.title
    assert picture.about


# Word


@pytest.fixture(scope="module")
def word(drawn: Document) -> docx.document.Document:
    return docx.Document(io.BytesIO(file(drawn)))


def test_word_has_headings_captions_and_the_paragraph(word: docx.document.Document, drawn: Document) -> None:
    styles = [paragraph.style.name for paragraph in word.paragraphs]
    assert styles[0] == "Title"
    headings = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"]
    assert headings == [section.heading for section in drawn.sections]
    captions = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Caption"]
    assert any(caption.startswith("Figure 1. ") for caption in captions)
    assert any(paragraph.text.startswith("«Made up»: ") for paragraph in word.paragraphs)
    assert len(word.inline_shapes) == 1
    assert "seed 3" in word.inline_shapes[0]._inline.docPr.get("descr")


def test_word_repeats_heads_of_tables_on_a4_in_its_language(word: docx.document.Document) -> None:
    assert word.tables
    for table in word.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    section = word.sections[0]
    assert round(section.page_width.mm) == 210
    assert round(section.page_height.mm) == 297
    languages = {element.get(qn("w:val")) for element in word.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}


def test_word_has_the_numbers_that_matter_and_says_where_the_others_are(word: docx.document.Document) -> None:
    said = [paragraph.text for paragraph in word.paragraphs]
    assert any(text.startswith("All 1") and "in the HTML file" in text for text in said)
    assert sum(len(table.rows) for table in word.tables) < 200


def test_word_keeps_rows_of_an_outcome_on_one_page_under_one_cell(
    word: docx.document.Document, drawn: Document
) -> None:
    (summary,) = tables(drawn, "summary")
    grid = word.tables[drawn.numbers[id(summary)] - 1]
    again = [row[0].again for row in summary.rows]
    assert any(again)
    for row, own, following in zip(grid.rows[1:], again, [*again[1:], False], strict=True):
        assert (row._tr.tc_lst[0].vMerge == "continue") == own
        assert all(bool(cell.paragraphs[0].paragraph_format.keep_with_next) == following for cell in row.cells[1:])


def test_word_gives_a_long_path_room_where_there_is_some(drawn: Document) -> None:
    path = "instrument.rural_services.applications_first_year"
    table = Table("Set", ("Number", "Set to"), ((Cell(path), Cell("0.1")),))
    (grid,) = docx.Document(io.BytesIO(file(replace(drawn, sections=(Section("a", "A", (table,)),))))).tables
    first, second = (column.width.mm for column in grid.columns)
    assert first > 1.6 * len(path) > second


def test_word_takes_a_title_of_any_length(drawn: Document) -> None:
    found = docx.Document(io.BytesIO(file(replace(drawn, title="ы" * 300))))
    assert (found.paragraphs[0].text, len(found.core_properties.title)) == ("ы" * 300, 255)


def test_a_scenario_cannot_write_into_word(hostile: sim.Results) -> None:
    word = docx.Document(io.BytesIO(file(document(hostile))))
    assert word.paragraphs[0].text == ALERT
    assert any(IMAGE in cell.text for table in word.tables for row in table.rows for cell in row.cells)


def blocks(of: Document) -> Iterator[object]:
    for section in of.sections:
        yield from section.blocks


def test_tables_and_figures_have_the_same_numbers_everywhere() -> None:
    def table(name: str) -> Table:
        return Table(name, ("a",), ((Cell("b"),),))

    picture = Picture("m", "s", "b", b"", 2, 1)
    first, hidden, last = table("first"), table("hidden"), table("last")
    section = Section("s", "S", (first, Folded("f", (hidden, picture)), Paragraph("p"), last))
    found = Document("en", "t", "s", (), (section,))
    assert [found.numbers[id(one)] for one in (first, hidden, last, picture)] == [1, 2, 3, 1]
    assert "Table 3. last" in [p.text for p in docx.Document(io.BytesIO(file(found))).paragraphs]
    assert "Table 3. last" in html.document_fromstring(page(found)).xpath("//caption")[2].text_content()
