"""One float64 vector holds every number of the tables; a path is an index, an array of the model is a view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

import numpy as np

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.i18n import _
from sim.parameters.groups import GROUPS, KIND_FIELDS, FloatArray, Parameters


class Layout:
    """Where each path stands in the vector.

    Order: group by group, field by field, entity by entity, so that a field over all entities is contiguous.

    Attributes
    ----------
    index : dict of path to position in the vector
    central : ndarray, shape (size,)
        The vector with every path at its central value.
    """

    def __init__(self, tables: Tables) -> None:
        self._slices: dict[tuple[str, str], slice | int] = {}
        self.index: dict[str, int] = {}
        size = 0
        expected: dict[str, int] = {}
        for group, cls in GROUPS.items():
            hints = get_type_hints(cls)
            entities = tables.entities(group)
            for field in cls._fields:  # type: ignore[attr-defined]
                if hints[field] is float:
                    self._slices[group, field] = size
                    expected[f"{group}.{field}"] = size
                    size += 1
                    continue
                self._slices[group, field] = slice(size, size + len(entities))
                for k, entity in enumerate(entities):
                    if group != "instrument" or _has(tables, entity, field):
                        expected[f"{group}.{entity}.{field}"] = size + k
                size += len(entities)
        _compare(tables, expected)
        self.index = expected
        self.central = np.zeros(size)
        for path, position in expected.items():
            self.central[position] = tables.quantities[path].central

    def parameters(self, vector: FloatArray) -> Parameters:
        """Name the parts of one vector.

        Parameters
        ----------
        vector : ndarray, shape (size,)

        Returns
        -------

        Parameters
        ----------
            Scalars are copied, arrays are views of `vector`.
        """
        groups: dict[str, Any] = {}
        for group, cls in GROUPS.items():
            values: list[Any] = []
            for field in cls._fields:  # type: ignore[attr-defined]
                where = self._slices[group, field]
                values.append(float(vector[where]) if isinstance(where, int) else vector[where])
            groups[group] = cls(*values)
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
