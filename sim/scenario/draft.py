"""A scenario on its way from files to the model: plain data that knows where each part is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.errors import Problem
from sim.i18n import _
from sim.scenario.messages import Fault
from sim.scenario.nodes import Document, Keys, Place

SET = "--set"
"""Shown in place of a file name for what the command line changes."""

SPLITS = ("shares", "amounts_mln_kzt", "from")
"""The ways to write a split; one replaces another, as a whole."""

SHEET = "sheet"
"""Goes with ``from``."""


@dataclass
class Draft:
    """The data of all files and ``--set`` options laid over one another (rules: `sim.scenario.resolve`)."""

    data: dict[str, Any] = field(default_factory=dict)
    """All but ``set``, which waits in the layers for its globs to be expanded."""
    places: dict[Keys, Place] = field(default_factory=dict)
    layers: list[Document] = field(default_factory=list)
    """What ``set`` says in the base, the file and each ``--set``: a later one goes before an earlier one."""
    problems: list[Problem] = field(default_factory=list)

    def place(self, keys: Keys) -> Place:
        """Return where a part is written, or would be written: below the nearest part that is."""
        known = next(n for n in range(len(keys), -1, -1) if keys[:n] in self.places)
        above = self.places[keys[:known]]
        return Place(above.file, above.line, ".".join(part for part in (above.path, *keys[known:]) if part))

    def fault(self, keys: Keys, message: str) -> None:
        """Note a fault of the part at `keys`."""
        self.problems.append(self.place(keys).problem(message))

    def faults(self, faults: Iterable[Fault]) -> None:
        """Note several faults."""
        for fault in faults:
            self.fault(fault.keys, fault.message)

    def get(self, keys: Keys) -> Any:
        """Return the part at `keys`, None if there is none."""
        part: Any = self.data
        for key in keys:
            part = part.get(key) if isinstance(part, dict) else None
        return part

    def put(self, keys: Keys, value: Any, places: Mapping[Keys, Place], source: Keys | None = None) -> None:
        """Replace a part with all below it, which is written at `source` in `places` (default: at `keys`).

        The part above must be a mapping.
        """
        self.remove(keys)
        self.get(keys[:-1])[keys[-1]] = value
        for inner in _inside(value):
            place = places.get((*(keys if source is None else source), *inner))
            if place is not None:
                self.places[(*keys, *inner)] = place

    def remove(self, keys: Keys) -> None:
        """Take a part out, if it is there."""
        for inner in _inside(self.get(keys[:-1]).pop(keys[-1], None)):
            self.places.pop((*keys, *inner), None)

    def lay_over(self, source: Document) -> None:
        """Lay a whole file over what the draft says."""
        self._lay(source.data, (), source.places)

    def assign(self, keys: Keys, source: Document) -> None:
        """Replace one part by what ``--set`` says; mappings on the way to it are made if need be."""
        for depth in range(1, len(keys)):
            above = keys[:depth]
            here = Place(SET, None, ".".join(above))
            if self.get(above) is None:
                self.put(above, {}, {above: here})
            elif not isinstance(self.get(above), dict):
                message = _("{part} is not a mapping, so nothing below it can be set")
                self.problems.append(source.places[keys].problem(message.format(part=here.path)))
                return
            elif keys[0] == "allocations" and depth > 2:
                self.places[above] = here  # a sum of shares that is wrong now is wrong by this option
        if len(keys) == 2 and keys[0] == "allocations" and source.data is None:
            self._remove_allocation(keys, source.places[keys])
            return
        if _is_split(keys):
            self._forget_split(keys[:2])
        self.put(keys, source.data, source.places)

    def _lay(self, value: Any, keys: Keys, places: Mapping[Keys, Place]) -> None:
        if keys == ("set",) and isinstance(value, dict):
            self.layers.append(Document(value, dict(places)))
        elif len(keys) == 2 and keys[0] == "allocations" and value is None:
            self._remove_allocation(keys, places[keys])
        elif isinstance(value, dict) and not _is_split(keys):
            self._merge(value, keys, places)
        else:
            self.put(keys, value, places)

    def _merge(self, value: dict[str, Any], keys: Keys, places: Mapping[Keys, Place]) -> None:
        if not isinstance(self.get(keys), dict):
            self.put(keys, {}, {})
        self.places[keys] = places[keys]
        if len(keys) == 2 and keys[0] == "allocations" and any(split in value for split in SPLITS):
            self._forget_split(keys)
        for key, item in value.items():
            self._lay(item, (*keys, key), places)

    def _remove_allocation(self, keys: Keys, place: Place) -> None:
        if self.get(keys) is None:
            message = _("is empty: state its shares (to remove an allocation, the base must have it)")
            self.problems.append(place.problem(message))
        self.remove(keys)

    def _forget_split(self, keys: Keys) -> None:
        for split in (*SPLITS, SHEET):
            self.remove((*keys, split))


def _inside(value: Any) -> Iterator[Keys]:
    """Yield the keys of a part relative to it, its own (none) first."""
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for inner in _inside(item):
            yield (str(key), *inner)


def _is_split(keys: Keys) -> bool:
    return len(keys) == 3 and keys[0] == "allocations" and keys[2] in SPLITS
