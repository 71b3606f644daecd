"""The command line: parse, call, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

from sim.errors import AuylsimError
from sim.i18n import LANGUAGES, _, set_language


def main() -> None:
    """Do what the command line says and exit: 0 done, 1 failed, 2 wrong input, 130 interrupted."""
    sys.exit(_execute())


def _execute() -> int:
    """Return the exit code; what a person is told is told in plain lines, without a traceback."""
    from typer.exceptions import TyperException

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # pipes on Windows have the code page of the country
            stream.reconfigure(encoding="utf-8")
    try:
        set_language(_asked(sys.argv[1:]) or os.environ.get("AUYLSIM_LANG") or "en")
        from sim.cli.commands import app  # its help is in the language chosen by now

        return app(prog_name="auylsim", standalone_mode=False) or 0
    except AuylsimError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except TyperException as error:
        from sim.cli import words

        context = getattr(error, "ctx", None)
        command = context.command_path if context else "auylsim"
        print(f"{command}: {words.told(error)}", file=sys.stderr)
        print(_("{command} --help shows how to use it.").format(command=command), file=sys.stderr)
        return error.exit_code


def _asked(arguments: Sequence[str]) -> str | None:
    """Return the language after --lang, before options are parsed: help is written when the app is built.

    None if there is none, or one that is not known, which the option itself refuses.
    """
    wanted = [argument.removeprefix("--lang=") for argument in arguments if argument.startswith("--lang=")]
    wanted += [after for before, after in pairwise(arguments) if before == "--lang"]
    return next((name for name in wanted if name in LANGUAGES), None)
