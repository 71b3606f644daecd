"""A report as one HTML file that needs nothing else: no network, no fonts, no other file."""

from __future__ import annotations

import base64
import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.i18n import _
from sim.report.document.model import Cell, clean, links, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.report.document.model import Document, Kind

_HERE = Path(__file__).parent
_TAGS = {"strong": "strong", "code": "code"}


def page(document: Document) -> str:
    """Return a report as HTML.

    Whatever comes from the scenario is escaped, and the page's own policy lets a browser load nothing and run no other
    script than its own.

    Parameters
    ----------
    document : Document
        From `build`; the same one gives the same text.
    """
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"marked": _marked, "linked": _linked, "data": _data, "sort_key": _sort_key}
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    policy = "; ".join(
        (
            "default-src 'none'", "img-src data:", f"style-src '{_hash(style)}'", f"script-src '{_hash(script)}'",
            "base-uri 'none'", "form-action 'none'",
        )
    )  # fmt: skip
    return environment.get_template("report.html.j2").render(
        document=document,
        style=Markup(style),
        script=Markup(script),
        policy=policy,
        texts=_texts(),
        number=lambda block: document.numbers[id(block)],
    )


def _texts() -> dict[str, str]:
    """Return what the page itself says."""
    return {
        "skip": _("Skip to the finding"),
        "contents": _("Contents"),
        "table": _("Table"),
        "figure": _("Figure"),
        "copying": _("Copy"),
        "copied": _("Copied"),
        "closed": _("folded: open it before printing"),
    }


def _printable(value: object) -> object:
    """Replace what HTML cannot hold; text that is marked up already has gone through here in parts."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _marked(text: str) -> Markup:
    """Return a text with its marks as elements."""
    return _elements(pieces(text))


def _linked(text: str) -> Markup:
    """Return a text whose addresses can be followed."""
    return _elements(links(text))


def _elements(parts: Iterable[tuple[Kind, str]]) -> Markup:
    found = Markup()
    for kind, part in parts:
        text = clean(part)
        if kind == "link":
            found += Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(text)
        elif kind == "plain":
            found += text
        else:
            found += Markup("<{0}>{1}</{0}>").format(Markup(_TAGS[kind]), text)
    return found


def _data(png: bytes) -> str:
    """Return an image as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _sort_key(cell: Cell) -> str:
    """Return what a number sorts by; nothing where it does not exist."""
    return "" if cell.value is None or not math.isfinite(cell.value) else repr(float(cell.value))


def _hash(text: str) -> str:
    """Return how the page's policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
