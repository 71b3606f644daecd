"""Rows with named fields, declared once as annotated classes: what the model's arrays are made of.

A field is one number, or a small array inside the row (``Annotated[FloatArray, (2, 3)]``). Compiled functions read
``rows[j].field``; a whole row or table crosses from Python into compiled code as one argument, however many
fields it has, and needs no reference counting inside.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints, overload

import numpy as np
from numpy.typing import NDArray

from sim.kernel import COMPILED, LINE

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Row = TypeVar("Row", covariant=True)


class Rows(Protocol[Row]):
    """A table of rows: by number a row, by name the column as a view."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, as a tuple of one."""

    @overload
    def __getitem__(self, key: int) -> Row: ...
    @overload
    def __getitem__(self, key: str) -> NDArray[Any]: ...
    def __setitem__(self, key: int, value: Any) -> None:
        """Copy a row to a place."""


class Aligned:
    """A row class whose rows fill whole cache lines: what is needed together stands in one line, and only that."""


@cache
def layout(row: type) -> np.dtype[np.void]:
    """Give the dtype of a row class: int64 for int, float64 for float, sub-arrays as annotated."""
    fields: list[tuple[Any, ...]] = []
    for name, hint in get_type_hints(row, include_extras=True).items():
        if get_origin(hint) is Annotated:
            array, shape = get_args(hint)
            fields.append((name, np.float64 if array == FloatArray else np.int64, shape))
        else:
            fields.append((name, np.float64 if hint is float else np.int64))
    dtype = np.dtype(fields)
    if issubclass(row, Aligned):
        dtype = _padded(dtype)
    return dtype if COMPILED else np.dtype((np.record, dtype))


def _padded(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """Lengthen rows to whole cache lines."""
    names = dtype.names or ()
    formats, offsets = zip(*(dtype.fields[name][:2] for name in names if dtype.fields), strict=True)
    size = -(-dtype.itemsize // LINE) * LINE
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


def rows(row: type[Row], count: int) -> Rows[Row]:
    """Make a table of zeros, which begins at a cache line."""
    table: Rows[Row] = named(_zeros(layout(cast(type, row)), count))
    return table


def repeated(row: Rows[Row], count: int) -> Rows[Row]:
    """Make a table of copies of the only row of another one, which begins at a cache line."""
    one = np.asarray(row)
    copies = _zeros(one.dtype, count)
    copies[:] = one
    table: Rows[Row] = named(copies)
    return table


def _zeros(dtype: np.dtype[Any], count: int) -> NDArray[Any]:
    memory = np.zeros(count * dtype.itemsize + LINE, np.uint8)
    begin = -memory.ctypes.data % LINE
    return memory[begin : begin + count * dtype.itemsize].view(dtype)


def number(table: Rows[Row], field: str) -> float:
    """Read one number of a table of one row."""
    return float(table[field][0])


def named(table: NDArray[Any]) -> Any:
    """Let plain Python, too, read fields as attributes where nothing is compiled."""
    return table if COMPILED else table.view(np.recarray)
