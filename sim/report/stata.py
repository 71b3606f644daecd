"""Stata files of format 118: legal names, labels, and what each column means as its note.

The format is described in Stata's help file `dta`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.report.extract import NAMES, value_labels

if TYPE_CHECKING:
    import pyarrow as pa

    from sim.report.extract import Column, Extract

LONGEST_NAME = 32
LONGEST_LABEL = 80
_GROUP = 4  # letters left of a path's first part where all of it is too long
_DIGITS = 6
# Of Stata and of Mata; pandas would rename columns of these names.
_WORDS = """
    _all _b _B _coef _cons _n _N _pi _pred _rc _se _skip aggregate array boolean break byte case catch class colvector
    complex const continue default delegate delete do double else eltypedef end enum explicit export external float for
    friend function global goto if in inline int local long mata matrix namespace NULL numeric orgtypedef polymorphic
    pragma private protected quad real return rowvector scalar short signed static strL string struct super switch
    template this throw transmorphic try typedef typename union unsigned using vector version virtual void volatile
    while with
"""
_RESERVED = frozenset(_WORDS.split())
_NEVER = datetime(1980, 1, 1)  # the same rows give the same bytes
_FIXED = 129  # bytes of a name in a characteristic, its closing zero included
_MAP = b"<map>"
_CHARACTERISTICS = 8  # place in the map; what comes later moves when notes are put in


def legal_names(names: Sequence[str]) -> dict[str, str]:
    """Return a name for each column that Stata takes: unique, at most 32 Latin letters, digits and underscores.

    Parameters
    ----------
    names : sequence of str
        Names of columns, each once. A legal one stays as it is. In others what is illegal becomes an underscore,
        and those still too long are cut and end in digits of their hash; so do those that would meet another.
        The order of the names changes nothing.
    """
    found = {name: name for name in names if _legal(name)}
    taken = set(found.values())
    rest = {name: _spelt(name) for name in sorted(set(names) - set(found))}
    spelt = list(rest.values())
    for name, wanted in rest.items():
        digits = hashlib.sha256(name.encode()).hexdigest()
        size = _DIGITS
        legal = wanted
        while not _legal(legal) or legal in taken or (legal == wanted and spelt.count(wanted) > 1):
            legal = f"{wanted[: LONGEST_NAME - 1 - size]}_{digits[:size]}"
            size += 1
        found[name] = legal
        taken.add(legal)
    return {name: found[name] for name in names}


def variable_label(column: Column) -> str:
    """Return label and unit in at most 80 characters; the label is cut before the unit."""
    unit = f", {column.unit}"[: LONGEST_LABEL // 2] if column.unit else ""
    room = LONGEST_LABEL - len(unit)
    label = column.label if len(column.label) <= room else column.label[: room - 1] + "…"
    return label + unit


def write(extract: Extract, names: Mapping[str, str], title: str, notes: Sequence[str], file: Path) -> None:
    """Write a Stata file; all its rows are in memory at once.

    Parameters
    ----------
    extract : Extract
        The rows. Names of allocations and the like become numbers with labels, in the order of the scenario and
        the tables; what does not exist becomes a missing value.
    names : mapping of str to str
        From `legal_names`.
    title : str
        Label of the data; cut to 80 characters.
    notes : sequence of str
        Notes of the data.
    file : Path
        Written anew.
    """
    labels = {name: dict(value_labels(extract.run, name)) for name in extract.names if name in NAMES}
    frame = pd.concat([_coded(part, labels) for part in extract.parts()], ignore_index=True)
    for name, known in labels.items():
        frame[name] = pd.Categorical.from_codes(frame[name].to_numpy(), categories=pd.Index(list(known.values())))
    unmarked = file.with_name(file.name + ".unmarked")
    try:
        frame.rename(columns=names).to_stata(
            unmarked, write_index=False, version=118, byteorder="<", time_stamp=_NEVER,
            data_label=title[:LONGEST_LABEL],
            variable_labels={names[column.name]: variable_label(column) for column in extract.columns},
        )  # fmt: skip
        about = [("_dta", list(notes))]
        for column in extract.columns:
            about.append((names[column.name], [": ".join(filter(None, (column.name, column.definition)))]))
        _mark(unmarked, file, about)
    finally:
        unmarked.unlink(missing_ok=True)


def _legal(name: str) -> bool:
    if name in _RESERVED or re.fullmatch("str[0-9]+", name):
        return False
    return re.fullmatch(f"[A-Za-z_][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}", name) is not None


def _spelt(name: str) -> str:
    """Return a name without illegal characters; a path that is too long keeps only the first letters of its group."""
    if len(name) > LONGEST_NAME:
        group, point, rest = name.partition(".")
        name = group[:_GROUP] + point + rest if point else name
    legal = re.sub("[^A-Za-z0-9_]", "_", name)
    return legal if legal and not legal[0].isdigit() else f"_{legal}"


def _coded(part: pa.Table, labels: Mapping[str, dict[str, str]]) -> pd.DataFrame:
    """Return rows with the place of each name among the labels; a name without one is added to them."""
    frame: pd.DataFrame = part.to_pandas()
    for column, known in labels.items():
        for name in sorted(set(frame[column]) - known.keys()):
            known[name] = f"{name} (?)" if name in known.values() else name
        places = {name: place for place, name in enumerate(known)}
        frame[column] = np.array([places[name] for name in frame[column]], dtype=np.int16)
    return frame


def _mark(source: Path, target: Path, about: Iterable[tuple[str, list[str]]]) -> None:
    """Copy a file and put notes into it: characteristics `note1`, `note2`, … and their number in `note0`."""
    marks = b"".join(
        _characteristic(variable, f"note{place}", text)
        for variable, notes in about
        for place, text in enumerate([str(len(notes)), *notes])
    )
    with source.open("rb") as old, target.open("wb") as new:
        head = old.read(2**16)
        start = head.index(_MAP) + len(_MAP)
        places = list(struct.unpack_from("<14Q", head, start))
        cut = places[_CHARACTERISTICS] + len(b"<characteristics>")
        places[_CHARACTERISTICS + 1 :] = [place + len(marks) for place in places[_CHARACTERISTICS + 1 :]]
        old.seek(0)
        before = bytearray(old.read(cut))
        struct.pack_into("<14Q", before, start, *places)
        new.write(before + marks)
        shutil.copyfileobj(old, new)


def _characteristic(variable: str, name: str, text: str) -> bytes:
    content = b"".join(part.encode().ljust(_FIXED, b"\0") for part in (variable, name)) + text.encode() + b"\0"
    return b"<ch>" + struct.pack("<I", len(content)) + content + b"</ch>"
