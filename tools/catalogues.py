"""`make locale`: keep the translations in `sim/locale` in step with what the program says.

Takes every message out of the source and of the tables, adds the new ones to each catalogue, deletes those that are
gone, keeps what is translated, compiles, and lists what has no translation yet.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from sim.data.tables import QUANTITY_COLUMNS, WHOLE

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sim"
TRANSLATED = ("ru", "kk")
COLUMNS = {"outcomes.csv": ("unit", "shown_unit", "basis", "description"), "targets.csv": ("unit", "note")}
"""Columns of tables, by file name, that the program shows through `_`; labels are not among them, they have a column
for each language."""
PROPERTIES = ("measure",)
"""What else of a table is shown through `_`: of every number its unit, without the word that it counts things."""
COMMENTS = {
    "ru": "Russian messages of auylsim; `make locale` keeps them in step with the source.",
    "kk": "Kazakh messages of auylsim; `make locale` keeps them in step with the source.\n"
    "Not yet reviewed by a native speaker.",
}


class _Dateless(Catalog):
    """A catalogue that differs only where a message does: its header has no dates and names."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "auylsim"),
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def messages() -> set[str]:
    """Return all that the program shows in the language of its user."""
    return {*_of_source(), *_of_tables()}


def _of_source() -> Iterator[str]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords={"_": None}
    ):
        assert isinstance(message, str)  # no plurals are used
        yield message


def _of_tables() -> Iterator[str]:
    for file in sorted(PACKAGE.rglob("*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                if QUANTITY_COLUMNS[-1] in row:
                    yield row["unit"].removesuffix(WHOLE)
    for name, columns in COLUMNS.items():
        for file in sorted(PACKAGE.rglob(name)):
            with file.open(encoding="utf-8", newline="") as lines:
                for row in csv.DictReader(lines):
                    yield from (row[column] for column in columns if row[column])


def source_of(language: str) -> Path:
    """Return the file that translators edit."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / "auylsim.po"


def read(language: str) -> dict[str, str]:
    """Return a catalogue's translations by message; empty where there is none yet, and without a catalogue."""
    file = source_of(language)
    if not file.exists():
        return {}
    with file.open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream) if message.id}


def catalogue(language: str, translations: dict[str, str]) -> Catalog:
    """Return a catalogue of all messages, with those translations that are still asked for."""
    comment = "\n".join(f"# {line}" for line in COMMENTS[language].splitlines())
    book = _Dateless(locale=language, fuzzy=False, header_comment=comment)
    for message in sorted(messages()):
        entry = book.add(message, translations.get(message, ""))
        entry.flags.discard("python-format")  # a percent sign is only that here
    return book


def text(book: Catalog) -> bytes:
    """Return a catalogue as its .po file."""
    stream = io.BytesIO()
    write_po(stream, book, width=0, no_location=True)
    return stream.getvalue()


def compiled(book: Catalog) -> bytes:
    """Return a catalogue as its .mo file."""
    stream = io.BytesIO()
    write_mo(stream, book)
    return stream.getvalue()


def main() -> None:
    """Update and compile every catalogue; print what is left to translate, and what has been deleted."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    for language in TRANSLATED:
        before = read(language)
        book = catalogue(language, before)
        file = source_of(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text(book))
        file.with_suffix(".mo").write_bytes(compiled(book))
        after = read(language)
        missing = sorted(message for message in after if not after[message])
        print(f"{language}: {len(after)} messages, {len(missing)} to translate in {file.relative_to(ROOT)}")
        for message in missing:
            print(f"  to translate: {message!r}")
        for message in sorted(before.keys() - after.keys()):
            print(f"  deleted: {message!r}: {before[message]!r}")


if __name__ == "__main__":
    main()
