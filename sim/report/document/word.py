"""A report as a Word file: the same content, but for what is folded away in the HTML file."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from sim.i18n import _
from sim.report.document.model import (
    Bullets,
    Cell,
    Command,
    Folded,
    Heading,
    Paragraph,
    Paste,
    Picture,
    Table,
    clean,
    pieces,
)
from sim.report.workbook import save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document as Word
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WordParagraph

    from sim.report.document.model import Block, Document

LANGUAGES = {"en": "en-GB", "ru": "ru-RU", "kk": "kk-KZ"}
WIDTH, HEIGHT, MARGIN = 210, 297, 20  # mm, A4
_SOFT = RGBColor(0x59, 0x59, 0x59)
_COLUMN = WIDTH - 2 * MARGIN
_LOW = 0.84  # of the column, for figures of which two then fit on a page
_FONT, _LINES = "Calibri", "BFBFBF"
_WORD, _LINE, _BESIDE = 18, 30, 3  # characters of a word and of a line that count for a column's width, and around them
_LETTER, _BOLD = 1.8, 1.2  # mm; and times that in headings
_FEW = 8  # rows that stand on one page together; more would leave pages half empty
_GAP = 4  # points between a table and what follows
_LONGEST = 255  # characters of what the file says about itself
_TALLEST = 215  # mm of a figure, so that its caption stands on the same page


def file(document: Document) -> bytes:
    """Return a report as .docx; the same document gives the same bytes.

    Parameters
    ----------
    document : Document
        From `build`.
    """
    word = docx.Document()
    _set_up(word, document)
    word.add_heading(clean(document.title), 0)
    _write(word.add_paragraph(), document.subtitle, small=True)
    for notice in document.notices:
        _write(word.add_paragraph(), notice, small=True)
    writer = _Writer(word, document.numbers)
    for section in document.sections:
        word.add_heading(clean(section.heading), 1)
        for block in section.blocks:
            writer.add(block)
    written = io.BytesIO()
    save(word, written)
    return written.getvalue()


def _set_up(word: Word, document: Document) -> None:
    """Set paper, language and what the file says about itself."""
    section = word.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(WIDTH), Mm(HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(MARGIN)
    language = LANGUAGES[document.language]
    for element in word.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), language)
    for style in word.styles:
        if isinstance(style, ParagraphStyle):
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            fonts.attrib.clear()  # else the template's theme decides
            for script in ("w:ascii", "w:hAnsi", "w:cs"):
                fonts.set(qn(script), _FONT)
    word.styles["Normal"].font.size = Pt(10.5)
    word.styles["Caption"].paragraph_format.space_before = Pt(2 * _GAP)  # what stands above may be a table
    for line in word.styles["Table Grid"].element.iter(qn("w:tblBorders")):
        for side in line:
            side.set(qn("w:color"), _LINES)
    _number_pages(section.footer.paragraphs[0])
    about = word.core_properties
    about.title, about.author, about.comments, about.language = (
        clean(document.title)[:_LONGEST],
        "auylsim",
        "",
        language,
    )


def _number_pages(paragraph: WordParagraph) -> None:
    """Write the page's number, which Word fills in."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _widths(table: Table) -> list[Mm]:
    """Return the widths of columns: room for the longest word or number of each, then by the longest lines."""
    words, lines = [], []
    longest = max(_WORD, _COLUMN / _LETTER / len(table.heads) - _BESIDE)  # a long word may fill its part of a row
    for place, (head, numeric) in enumerate(zip(table.heads, table.numeric, strict=True)):
        texts = [text for row in table.rows for text in (row[place].text, row[place].below)]
        whole = texts if numeric else [word for text in texts for word in text.split()]
        word = max([_BOLD * max(map(len, head.split())), *map(len, whole)])
        words.append(min(word, longest) + _BESIDE)
        lines.append(max(words[-1], min(max(map(len, texts), default=0), _LINE)))
    wished = sum(lines) - sum(words)
    part = min(1.0, max(_COLUMN / _LETTER - sum(words), 0.0) / wished) if wished else 0.0
    lengths = [word + part * (line - word) for word, line in zip(words, lines, strict=True)]
    return [Mm(_COLUMN * length / sum(lengths)) for length in lengths]


class _Writer:
    """Writes blocks one after the other; tables and figures are numbered."""

    def __init__(self, word: Word, numbers: dict[int, int]) -> None:
        self._word, self._numbers = word, numbers

    def add(self, block: Block) -> None:
        """Write a block."""
        match block:
            case Paragraph():
                _write(self._word.add_paragraph(), block.text, small=block.kind == "note")
            case Heading():
                self._word.add_heading(clean(block.text), 2)
            case Bullets():
                for item in block.items:
                    _write(self._word.add_paragraph(style="List Bullet"), item)
            case Paste():
                self._word.add_heading(clean(block.heading), 2)
                self._word.add_paragraph(clean(block.text))
            case Command():
                _write(self._word.add_paragraph(), f"`{block.text}`")
            case Folded():
                text = _("{title}: in the HTML file of this report.")
                _write(self._word.add_paragraph(), text.format(title=block.title), small=True)
            case Table():
                self._table(block)
            case Picture():
                self._picture(block)

    def _table(self, table: Table) -> None:
        """Write a table below its caption; its head is repeated on each page."""
        caption = self._word.add_paragraph(style="Caption")
        caption.paragraph_format.keep_with_next = True
        _write(caption, f"{_('Table')} {self._numbers[id(table)]}. {table.caption}")
        grid = self._word.add_table(rows=1 + len(table.rows), cols=len(table.heads), style="Table Grid")
        lines = [row.cells for row in grid.rows]  # looked up once: each look-up goes through the whole table
        for cell, head in zip(lines[0], table.heads, strict=True):
            _fill(cell, Cell(f"**{head}**"))
        for line, row in zip(lines[1:], table.rows, strict=True):
            for cell, one, numeric in zip(line, row, table.numeric, strict=True):
                _fill(cell, one, right=numeric)
        _join(table, lines)
        grid.autofit = False
        for column, width in enumerate(_widths(table)):
            grid.columns[column].width = width
            for line in lines:
                line[column].width = width
        for place, row in enumerate(grid.rows):
            _mark(row, "w:cantSplit")
            if place == 0:
                _mark(row, "w:tblHeader")
        for place, note in enumerate(table.notes):
            paragraph = self._word.add_paragraph()
            paragraph.paragraph_format.space_before = Pt(0 if place else _GAP)
            _write(paragraph, note, small=True)

    def _picture(self, picture: Picture) -> None:
        """Write a figure below its caption, with what stands for it where it cannot be seen."""
        caption = self._word.add_paragraph(style="Caption")
        _write(caption, f"{_('Figure')} {self._numbers[id(picture)]}. {picture.title}")
        about = self._word.add_paragraph()
        _write(about, picture.about, small=True)
        for paragraph in (caption, about):
            paragraph.paragraph_format.keep_with_next = True
        width = min(_COLUMN * (_LOW if picture.low else 1.0), _TALLEST * picture.width / picture.height)
        shape = self._word.add_picture(io.BytesIO(picture.png), width=Mm(width))
        shape._inline.docPr.set("descr", clean(picture.alternative))


def _write(paragraph: WordParagraph, text: str, *, small: bool = False) -> None:
    """Write a text with its marks."""
    for kind, part in pieces(text):
        run = paragraph.add_run(clean(part))
        run.bold = True if kind == "strong" else None
        if kind == "code":
            run.font.name = "Consolas"
        if small:
            run.font.size, run.font.color.rgb = Pt(9), _SOFT


def _fill(cell: _Cell, one: Cell, *, right: bool = False) -> None:
    """Write a cell of a table."""
    paragraph = cell.paragraphs[0]
    _write(paragraph, "" if one.again else one.text)
    if one.below and not one.again:
        paragraph.add_run().add_break()
        _write(paragraph, one.below, small=True)
    for run in paragraph.runs:
        run.font.size = Pt(8)
    paragraph.paragraph_format.space_after = Pt(0)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _join(table: Table, lines: Sequence[Sequence[_Cell]]) -> None:
    """Make one cell of those with the same text, and keep their rows on one page if they are few."""
    starts = [place for place, row in enumerate(table.rows) if not any(one.again for one in row)]
    for start, end in pairwise([*starts, len(table.rows)]):
        for place in range(start, end):
            for column, cell in enumerate(lines[place + 1]):
                if any(table.rows[other][column].again for other in range(start, end)):
                    merged = OxmlElement("w:vMerge")
                    merged.set(qn("w:val"), "continue" if table.rows[place][column].again else "restart")
                    cell._tc.get_or_add_tcPr().append(merged)
                if place < end - 1 and end - start <= _FEW:
                    cell.paragraphs[0].paragraph_format.keep_with_next = True


def _mark(row: Any, name: str) -> None:
    """Set a property of a row."""
    row._tr.get_or_add_trPr().append(OxmlElement(name))
