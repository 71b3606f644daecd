"""From a file, its bases and ``--set`` options to the resolved plain data of one scenario.

The rules, and there are no others:

* ``extends`` names another scenario file, relative to the file that says so. The base is read first, and the
  file is laid over it, one level at a time.
* Mappings are merged key by key; anything else replaces what the base states.
* An allocation's ``shares``, ``amounts_mln_kzt`` or ``from`` (a spreadsheet) replaces, as a whole, whichever of
  these the base has.
* An allocation that is empty (null) removes the inherited one.
* Spreadsheets are read and sums of money become shares; then ``--set`` assigns, in the order given.
* In ``set``, a file goes before its base, a ``--set`` before the files and earlier ``--set``; within one file
  a path stated in full goes before a glob. A value, number or distribution, is replaced as a whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sim.data import SHIPPED, Tables, load_tables
from sim.errors import InputError
from sim.i18n import _
from sim.scenario.draft import SET, SHEET, SPLITS, Draft
from sim.scenario.messages import did_you_mean, faults_of
from sim.scenario.nodes import Document, Keys, Place, brief, parse, read
from sim.scenario.scalars import Money, Text, described
from sim.scenario.schema import Fund, MonteCarlo, Scenario
from sim.scenario.spreadsheets import read_split

_SUMS = TypeAdapter(dict[str, Money])
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
SETTABLE = [
    *Scenario.model_fields,
    *(f"fund.{name}" for name in Fund.model_fields),
    *(f"monte_carlo.{name}" for name in MonteCarlo.model_fields),
]
"""Scenario paths that a misspelt ``--set`` may have meant."""


def draft_of(path: Path, sets: Sequence[str]) -> tuple[Draft, list[str], Tables | None]:
    """Read a scenario and resolve all that can be resolved without knowing that it is right.

    Returns
    -------
    tuple of Draft, list of str, Tables or None
        The draft, whose data has only paths of the tables and shares by year; its files, itself first; and
        the tables of its region, None where the region is among the faults.

    Raises
    ------
    InputError
        If a file cannot be read as YAML, or extends cannot be followed.
    """
    chain = _chain(path)
    draft = Draft()
    for _file, document in reversed(chain):
        draft.lay_over(document)
        draft.problems += document.problems
    return draft, [file for file, _document in chain], _resolved(draft, path.parent, sets)


def draft_again(text: str, folder: Path, sets: Sequence[str]) -> tuple[Draft, Tables | None]:
    """Resolve anew a scenario that is written in full, with some parts changed; see `draft_of`.

    Parameters
    ----------
    text : str
        A resolved scenario, as it dumps itself.
    folder : Path
        What spreadsheets named in `sets` are relative to.
    sets : sequence of str
        Changes ``path=value``.
    """
    draft = Draft()
    draft.lay_over(parse(text, Place(SET, None, "")))
    return draft, _resolved(draft, folder, sets)


def _resolved(draft: Draft, folder: Path, sets: Sequence[str]) -> Tables | None:
    """Resolve in place what files say and options change; return the tables of the region."""
    _splits_to_shares(draft, folder)
    for text in sets:
        _set(draft, text)
    _splits_to_shares(draft, folder)
    _fill_in(draft)
    tables = _tables(draft, folder)
    _expand_set(draft, tables)
    if tables is not None:
        _expand_uncertain(draft, tables)
    return tables


def _chain(path: Path) -> list[tuple[str, Document]]:
    """Return the file, its base, the base of that and so on."""
    chain = [(str(path), read(path))]
    seen = [path.resolve()]
    while "extends" in chain[-1][1].data:
        document = chain[-1][1]
        base, place = document.data.pop("extends"), document.places[("extends",)]
        problems = [problem for _file, above in chain for problem in above.problems]
        if not isinstance(base, str) or not base.strip():
            message = _("must be the path of another scenario file, not {what}").format(what=described(base))
            raise InputError([*problems, place.problem(message)])
        path = path.parent / base
        try:
            chain.append((str(path), read(path)))
        except InputError as error:
            told = [p if p.line else place.problem(f"{p.file}: {p.message}") for p in error.problems]
            raise InputError([*problems, *told]) from None
        if path.resolve() in seen:
            circle = " → ".join(Path(file).name for file, _document in chain)
            message = _("goes in a circle: {circle}").format(circle=circle)
            raise InputError([*problems, place.problem(message)])
        seen.append(path.resolve())
    return chain


def _set(draft: Draft, text: str) -> None:
    """Apply one ``--set path=value``: to the tables, unless the path starts with a key of the scenario."""
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not path:
        draft.problems.append(Place(SET, None, text).problem(_("write path=value, as in loan.rate=0.05")))
        return
    keys: Keys = tuple(path.split("."))
    if keys[0] == "set" or keys[0] not in Scenario.model_fields:
        keys = ("set", path.removeprefix("set."))
    try:
        document = parse(value, Place(SET, None, path), keys)
    except InputError as error:
        draft.problems += error.problems
        return
    draft.problems += document.problems
    if keys[0] == "set":
        draft.layers.append(Document({keys[1]: document.data}, document.places))
    else:
        draft.assign(keys, document)


def _allocations(draft: Draft) -> dict[str, dict[str, Any]]:
    """Return the allocations that are mappings, as all should be."""
    found = draft.get(("allocations",))
    return {n: a for n, a in found.items() if isinstance(a, dict)} if isinstance(found, dict) else {}


def _splits_to_shares(draft: Draft, folder: Path) -> None:
    """Turn every allocation's split into shares; what is faulty is told and stays."""
    for name, allocation in _allocations(draft).items():
        stated = [split for split in SPLITS if split in allocation]
        if len(stated) > 1:
            first, second, *_others = stated
            message = _("state {first} or {second}, not both").format(first=first, second=second)
            draft.fault(("allocations", name, second), message)
        elif SHEET in allocation and stated != ["from"]:
            message = _("only a spreadsheet has sheets: name it with from, or leave sheet out")
            draft.fault(("allocations", name, SHEET), message)
        else:
            if stated == ["from"]:
                _read_spreadsheet(draft, name, folder)
            if "amounts_mln_kzt" in allocation:
                _sums_to_shares(draft, name)


def _read_spreadsheet(draft: Draft, name: str, folder: Path) -> None:
    """Put what a spreadsheet says in the place of its name."""
    keys: Keys = ("allocations", name)
    named: dict[str, str] = {}
    for key in ("from", SHEET):
        if key in draft.get(keys):
            try:
                named[key] = _TEXT.validate_python(draft.get((*keys, key)))
            except ValidationError as error:
                draft.faults(faults_of(error, (*keys, key)))
                return
    place = draft.place((*keys, "from"))
    if place.file != SET:
        folder = Path(place.file).parent
    try:
        split, document = read_split(folder / named["from"], named.get(SHEET), keys)
    except InputError as error:
        for problem in error.problems:
            draft.fault((*keys, problem.path or "from"), problem.message)
        return
    draft.problems += document.problems
    if not document.problems:
        draft.remove((*keys, "from"))
        draft.remove((*keys, SHEET))
        draft.put((*keys, split), document.data, document.places)


def _sums_to_shares(draft: Draft, name: str) -> None:
    """Turn an allocation's sums of money into shares of their total."""
    shares, sums = (("allocations", name, split) for split in ("shares", "amounts_mln_kzt"))
    money = draft.get(sums)
    proportions: dict[str, Any] | None = None
    if _by_year(money):
        parts = {year: _proportions(draft, part, (*sums, year)) for year, part in money.items()}
        proportions = parts if all(part is not None for part in parts.values()) else None
    else:
        proportions = _proportions(draft, money, sums)
    if proportions is not None:
        draft.put(shares, proportions, draft.places, sums)
        draft.remove(sums)


def _proportions(draft: Draft, sums: Any, keys: Keys) -> dict[str, float] | None:
    """Return each sum's share of the total, None if that cannot be."""
    try:
        money = _SUMS.validate_python(sums)
    except ValidationError as error:
        draft.faults(faults_of(error, keys))
        return None
    total = math.fsum(money.values())
    if total == 0:
        draft.fault(keys, _("the sums add up to 0: state at least one above 0"))
        return None
    return {instrument: value / total for instrument, value in money.items()}


def _by_year(split: Any) -> bool:
    """Whether a split is stated by year, not once for all years."""
    return isinstance(split, dict) and any(key.isdigit() or isinstance(split[key], dict) for key in split)


def _fill_in(draft: Draft) -> None:
    """Put what a file may leave out in its place: years of constant shares, labels, the English title."""
    if draft.get(("allocations",)) == {}:
        draft.fault(("allocations",), _("state at least one allocation"))
    start = draft.data.get("start", Scenario.model_fields["start"].default)
    first_year = start[:4] if isinstance(start, str) and re.match("[0-9]{4}", start) else "2026"
    for name, allocation in _allocations(draft).items():
        allocation.setdefault("label", {"en": name.replace("_", " ")})
        keys: Keys = ("allocations", name)
        shares = (*keys, "shares")
        others = [key for key in (*SPLITS[1:], SHEET) if key in allocation]
        for key in others:  # their faults have been told
            draft.remove((*keys, key))
        if others:  # no shares at all bring no further faults
            draft.put(shares, {}, {})
        elif isinstance(allocation.get("shares"), dict) and not _by_year(allocation["shares"]):
            _hold(draft, shares, first_year)
    title = draft.data.setdefault("title", {})
    if isinstance(title, dict):
        own = draft.data.get("name")
        title.setdefault("en", own if isinstance(own, str) and own.strip() else "-")


def _hold(draft: Draft, keys: Keys, year: str) -> None:
    """State constant shares as those of the first year; their places do not mention it."""
    places, written = dict(draft.places), draft.place(keys)
    shares = draft.get(keys)
    draft.put(keys, {}, places)
    draft.put((*keys, year), shares, places, keys)
    draft.places[*keys, year] = Place(written.file, written.line, ".".join(keys[:2]))


def _tables(draft: Draft, folder: Path) -> Tables | None:
    """Read the tables of the region, whose path is relative to the file that names it; note what is wrong."""
    region = draft.data.get("region")
    if not isinstance(region, str) or not region.strip():
        return None
    place = draft.place(("region",))
    if place.file != SET:
        folder = Path(place.file).parent
    try:
        tables = load_tables(region, folder)
    except InputError as error:
        draft.problems += [p if p.file else place.problem(p.message) for p in error.problems]
        return None
    except OSError as error:
        draft.problems.append(place.problem(_("cannot be read: {reason}").format(reason=error.strerror)))
        return None
    if region not in SHIPPED:  # a resolved scenario can be loaded from anywhere
        draft.data["region"] = (folder / region).resolve().as_posix()
    return tables


def _expand_set(draft: Draft, tables: Tables | None) -> None:
    """Turn the layers of ``set`` into one mapping from paths of the tables to values."""
    if "set" in draft.data:  # no mapping
        return
    draft.data["set"] = {}
    for layer in draft.layers:
        for path, key in _chosen(draft, layer, tables).items():
            draft.put(("set", path), layer.data[key], layer.places, ("set", key))


def _chosen(draft: Draft, layer: Document, tables: Tables | None) -> dict[str, str]:
    """Return which key of one layer sets each path of the tables."""
    if tables is None:
        return {key: key for key in layer.data}
    chosen: dict[str, str] = {}
    for key in layer.data:
        place = layer.places["set", key]
        paths = _matching(key, tables)
        if not paths:
            known = [*tables.quantities, *(SETTABLE if place.file == SET else ())]
            draft.problems.append(place.problem(_no_match(key, known)))
        for path in paths:
            rival = chosen.get(path)
            if rival is None or not _is_glob(key):
                chosen[path] = key
            elif _is_glob(rival):
                message = _("{path} is set by {rival} too: state it in full, or narrow one of them")
                draft.problems.append(place.problem(message.format(path=path, rival=rival)))
    return chosen


def _expand_uncertain(draft: Draft, tables: Tables) -> None:
    """Turn the globs of ``uncertain`` into paths, each once, in the order of the tables."""
    patterns = draft.data.get("uncertain")
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        return
    wanted: set[str] = set()
    for index, pattern in enumerate(patterns):
        paths = _matching(pattern, tables)
        if not paths:
            draft.fault(("uncertain", str(index)), _no_match(pattern, tables.quantities))
        wanted.update(paths)
    draft.data["uncertain"] = [path for path in tables.quantities if path in wanted]


def _is_glob(key: str) -> bool:
    return any(character in key for character in "*?[")


def _matching(key: str, tables: Tables) -> list[str]:
    """Return the paths of the tables that a path or glob names; a * also stands for points."""
    if not _is_glob(key):
        return [key] if key in tables.quantities else []
    return [path for path in tables.quantities if fnmatchcase(path, key)]


def _no_match(key: str, known: Iterable[str]) -> str:
    glob = _("{key} matches no path of the tables")
    message = glob if _is_glob(key) else _("there is no path {key} in the tables")
    return message.format(key=brief(key)) + did_you_mean(key, known)
