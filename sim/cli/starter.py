"""What `new` writes: a scenario with every key and a comment on each, to be changed at will."""

from __future__ import annotations

import json
import re
from pathlib import Path

from sim.data import load_tables
from sim.errors import InputError, RunError
from sim.i18n import _, language

TEMPLATES = {
    "en": Path(__file__).with_name("starter.yaml"),
    "ru": Path(__file__).with_name("starter.ru.yaml"),
    "kk": Path(__file__).with_name("starter.kk.yaml"),
}
"""The same file with comments and labels in each language; {name} and {region} stand for what the user says."""


def write(name: str, region: str) -> Path:
    """Write a starter scenario to the current folder, in the current language.

    Parameters
    ----------
    name : str
        Of the scenario; the file is NAME.yaml.
    region : str
        A shipped region, or the path of a folder of tables.

    Raises
    ------
    InputError
        If the name is none of a file, the file exists already, or there is no such region.
    RunError
        If the file cannot be written.
    """
    name = name.removesuffix(".yaml")
    if not re.fullmatch(r"\w[\w .-]*", name) or name.endswith((" ", ".")):
        message = _("a scenario's name has letters, digits, -, _, points and blanks, such as my-plan, not {name!r}")
        raise InputError(message.format(name=name))
    load_tables(region)
    file = Path(f"{name}.yaml")
    text = TEMPLATES[language()].read_text(encoding="utf-8")
    text = text.format(name=json.dumps(name, ensure_ascii=False), region=json.dumps(region, ensure_ascii=False))
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        message = _("{file} exists already and is left as it is: choose another name, or delete it")
        raise InputError(message.format(file=file)) from None
    except OSError as error:
        raise RunError(_("cannot write {file}: {reason}").format(file=file, reason=error.strerror)) from None
    return file
