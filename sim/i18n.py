"""Every string shown to a person goes through `_`, in the language chosen for the process."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.errors import InputError

LANGUAGES = ("en", "ru", "kk")

_CATALOGUES = Path(__file__).parent / "locale"

_language = "en"
_translations: gettext.NullTranslations = gettext.NullTranslations()


def _(message: str) -> str:
    """Return `message` in the current language, or as it is where no translation exists."""
    return _translations.gettext(message)


def language() -> str:
    """Return the current language: "en", "ru" or "kk"."""
    return _language


def set_language(name: str) -> None:
    """Choose the language of everything shown from now on.

    Parameters
    ----------
    name : str
        "en", "ru" or "kk". A language without a catalogue shows English messages, but its own labels.

    Raises
    ------
    InputError
        If the language is none of these.
    """
    global _language, _translations
    if name not in LANGUAGES:
        raise InputError(
            _("unknown language {name}, choose one of {known}").format(name=repr(name), known=", ".join(LANGUAGES))
        )
    _language = name
    _translations = gettext.translation("auylsim", _CATALOGUES, [name], fallback=True)


def decimal_mark() -> str:
    """Return what stands before the decimals of a number: a point in English, else a comma."""
    return "." if _language == "en" else ","


def pick(labels: Mapping[Any, str]) -> str:
    """Return the label in the current language, else in English, else the first there is.

    Parameters
    ----------
    labels : mapping of str to str
        From language to label; a blank label counts as missing.
    """
    wanted = (labels.get(_language), labels.get("en"), *labels.values(), "")
    return next((label for label in wanted if label), "")
