"""What Typer says by itself, in help and of wrong commands, in the language of the user: it has no catalogues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from typer._click import HelpFormatter
from typer.core import TyperGroup
from typer.exceptions import TyperException

from sim.i18n import _

_TYPE = re.compile(r" <[^<>]+>$")
_NOTES = re.compile(r"(?P<help>.*?) *\[(?P<notes>(default: |required)[^]]*(\[[^]]*\])*)\]", re.DOTALL)


def _words() -> dict[str, str]:
    """Return what Typer says, with gaps, and how it is said here."""
    return {
        "Usage: ": _("Usage:") + " ",
        "[OPTIONS]": _("[OPTIONS]"),
        "COMMAND [ARGS]...": _("COMMAND [ARGUMENTS]"),
        "Arguments": _("Arguments"),
        "Options": _("Options"),
        "Commands": _("Commands"),
        "default: {value}": _("default: {value}"),
        "required": _("required"),
        "Show this message and exit.": _("Show this help."),
        "Install completion for the current shell.": _("Let this shell complete commands when Tab is pressed."),
        "Show completion for the current shell, to copy it or customize the installation.": _(
            "Show the script that completes commands, to be installed by hand."
        ),
        "Missing argument {name}.": _("Missing argument {name}."),
        "Missing option {name}.": _("Missing option {name}."),
        "Missing command.": _("Missing command."),
        "No such command {name}. Did you mean {others}?": _("No such command {name}. Did you mean {others}?"),
        "No such command {name}.": _("No such command {name}."),
        "No such option: {name} (Possible options: {others})": _("No such option: {name}. Did you mean {others}?"),
        "No such option: {name} Did you mean {others}?": _("No such option: {name}. Did you mean {others}?"),
        "No such option: {name}": _("No such option: {name}"),
        "Got unexpected extra argument(s) ({names})": _("More arguments than the command has: {names}"),
        "Option {name} requires an argument.": _("Option {name} needs a value."),
        "Option {name} does not take a value.": _("Option {name} takes no value."),
        "Invalid value for {name}: Input should be a valid integer{more}": _(
            "Invalid value for {name}: must be a whole number"
        ),
        "Invalid value for {name}: Input should be a valid number{more}": _(
            "Invalid value for {name}: must be a number"
        ),
        "Invalid value for {name}: {more}": _("Invalid value for {name}: {more}"),
    }


@cache
def _patterns() -> dict[re.Pattern[str], str]:
    """Return the same with gaps as groups."""
    return {
        re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(english)), re.DOTALL): english
        for english in _words()
    }


def said(text: str) -> str:
    """Return what Typer says in the current language; as it is, if Typer does not say such a thing."""
    for pattern, english in _patterns().items():
        found = pattern.fullmatch(text)
        if found:
            return _words()[english].format(**found.groupdict())
    return text


def told(error: TyperException) -> str:
    """Return what is wrong with a command, in the current language."""
    return said(error.format_message())


class Formatter(HelpFormatter):
    """Writes help in the current language, and leaves out the types of what has names that say more."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        for piece in ("[OPTIONS]", "COMMAND [ARGS]..."):
            args = args.replace(piece, said(piece))
        super().write_usage(prog, args, said(prefix or "Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a list."""
        super().write_heading(said(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write a list of options, arguments or commands."""
        super().write_dl([(_TYPE.sub("", first), _described(text)) for first, text in rows], col_max, col_spacing)


def _described(text: str) -> str:
    """Return the help of an option with its notes, such as its default."""
    found = _NOTES.fullmatch(text)
    if not found:
        return said(text)
    notes = "; ".join(said(note) for note in found["notes"].split("; "))
    return f"{said(found['help'])}  [{notes}]".strip()


def install() -> None:
    """Let all help be written this way."""
    TyperGroup.context_class.formatter_class = Formatter
