"""What the site changes in its pages when it is built: tools/mkdocs.yml names this file under `hooks`."""

from __future__ import annotations

import re

THIN, NARROW, FIXED = "\u2009", "\u202f", "\u00a0"  # a browser breaks a line at the first of them only
INTERVAL = re.compile(rf"\([+−]?\d[\d.,%{NARROW}{FIXED}]* to [+−]?\d[\d.,%{NARROW}{FIXED}]*\)")
CITED = re.compile(r"(\[\d+\])(?:_|<em>(.*?\[\d+\])</em>)", re.DOTALL)  # what two enclose is emphasis to Markdown
REFERENCE = re.compile(r"\.\. (\[\d+\] )")


def on_page_content(html: str, **_about: object) -> str:
    """Keep numbers and their intervals in one line, and show references of docstrings as a list."""
    html = re.sub(r"(?<=\d) %", f"{FIXED}%", html.replace(THIN, NARROW))
    html = INTERVAL.sub(lambda found: found[0].replace(" ", FIXED), html)
    return REFERENCE.sub(r"<br>\1", CITED.sub(r"\1\2", html)).replace("<p><br>", "<p>")
