"""What a person is told when something is wrong.

Every error meant for a person is an `AuylsimError`; the command line prints it without a traceback and
exits with its `exit_code`. This module lies below `sim.i18n`: whoever raises passes translated text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault in what the user wrote, printed as one line."""

    message: str
    file: str | None = None
    line: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        """Return `file:line: path: message`, without the parts that are None."""
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (where, self.path, self.message) if part)


class AuylsimError(Exception):
    """What a person is told; never shown with a traceback."""

    exit_code = 1


class InputError(AuylsimError):
    """What the user wrote is wrong.

    Parameters
    ----------
    problems : sequence of Problem, or str
        All faults found, in the order to print them; a string is one fault without a place.
    """

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem(problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__(self.problems)  # args rebuild the error when a worker process sends it back

    def __str__(self) -> str:
        """Return one line per fault."""
        return "\n".join(str(problem) for problem in self.problems)


class RunError(AuylsimError):
    """A run could not be started or finished."""


def typed(place: object) -> str:
    """Return a file, folder or name as it is typed in a command, which a person may paste."""
    return f'"{place}"' if " " in str(place) else str(place)


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most likely a misspelling of, or None if none is near."""
    matches = difflib.get_close_matches(word, list(known), n=1)
    return matches[0] if matches else None
