"""One float64 vector holds every number of the tables; a path is an index, what the model reads are views of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.parameters.groups import GROUPS, KIND_FIELDS, PAIRS, SINGLE, FloatArray, Parameters
from sim.parameters.records import layout, named


class Layout:
    """Where each path stands in the vector.

    Attributes
    ----------
    index : dict of path to position in the vector
        Group by group, entity by entity, field by field.
    central : ndarray, shape (size,)
        The vector with every path at its central value.
    """

    def __init__(self, tables: Tables) -> None:
        self.index: dict[str, int] = {}
        self._parts: dict[str, slice] = {}
        size = 0
        for group, row in GROUPS.items():
            fields = layout(row).names or ()
            start = size
            for entity in ("",) if group in SINGLE else tables.entities(group):
                for place, field in enumerate(fields):
                    if group != "instrument" or _has(tables, entity, field):
                        self.index[".".join(filter(None, (group, entity, field)))] = size + place
                size += len(fields)
            self._parts[group] = slice(start, size)
        pairs = [path for path in tables.quantities if path.startswith(f"{PAIRS}.")]
        self.index |= dict(zip(pairs, range(size, size + len(pairs)), strict=True))
        self._parts[PAIRS] = slice(size, size + len(pairs))
        size += len(pairs)
        _compare(tables, self.index)
        self.central = np.zeros(size)
        for path, position in self.index.items():
            self.central[position] = tables.quantities[path].central

    def parameters(self, vector: FloatArray) -> Parameters:
        """Name the parts of one vector.

        Parameters
        ----------
        vector : ndarray, shape (size,)
            What is written into it later shows in the parameters.
        """
        groups: dict[str, Any] = {}
        for group, row in GROUPS.items():
            groups[group] = named(vector[self._parts[group]].view(layout(row)))
        groups[PAIRS] = vector[self._parts[PAIRS]]
        return Parameters(**groups)

    def point(self, values: Mapping[str, float]) -> FloatArray:
        """Give the central vector with some paths set: shape (size,)."""
        vector = self.central.copy()
        for path, value in values.items():
            vector[self.index[path]] = value
        return vector


def _has(tables: Tables, instrument: str, field: str) -> bool:
    kind = next(i.kind for i in tables.instruments if i.name == instrument)
    owner = next((k for k, fields in KIND_FIELDS.items() if field in fields), None)
    return owner in (None, kind)


def _compare(tables: Tables, expected: Mapping[str, int]) -> None:
    """Refuse tables that lack a number, or hold one that nothing reads (likely a misspelt path)."""
    faults = [
        Problem(_("the tables of region {region} lack this number").format(region=tables.region), path=path)
        for path in expected
        if path not in tables.quantities
    ]
    faults += [
        Problem(_("no part of the model reads this number"), q.file, q.line, path)
        for path, q in tables.quantities.items()
        if path not in expected
    ]
    if faults:
        raise InputError(faults)
