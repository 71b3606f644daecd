"""Random numbers by name: every stream is named by what it is for, never by when it was asked for.

A stream is Philox4x64 [1]_ with

- key: the 128-bit blake2b digest of "seed/purpose/column";
- counter: four 64-bit words, lowest first: (0, 0, world, entity). NumPy counts in the lowest word and carries
  upwards, so a stream has 2**128 steps before it would reach that of the next world.

Hence streams of different (entity, world) never overlap, and those of different (seed, purpose, column) are
apart but for a collision of 128-bit digests. Nothing that is added or removed elsewhere shifts a stream.

References
----------
.. [1] Salmon, J. K. et al. (2011). Parallel random numbers: as easy as 1, 2, 3. SC '11.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

Span = tuple[int, int, int]  # entity, begin, end

_BUFFER_WORDS = 4  # Philox4x64 makes four words a step; at this position its buffer counts as used up


class _PerThread(threading.local):
    """One generator for each thread, and the state dict that resets it."""

    def __init__(self) -> None:
        self.bits = Philox(0)
        self.generator = Generator(self.bits)
        self.words: dict[str, tuple[int, ...]] = {}
        # Tuples of int instead of the arrays that NumPy hands out: setting them takes half the time.
        self.state: Any = {
            "bit_generator": "Philox",
            "state": self.words,
            "buffer": (0,) * _BUFFER_WORDS,
            "buffer_pos": _BUFFER_WORDS,
            "has_uint32": 0,
            "uinteger": 0,
        }


_local = _PerThread()


def generator(seed: int, purpose: str, column: str, *, entity: int = 0, world: int = 0) -> Generator:
    """Return the stream of this name, at its start.

    The first n values of a stream do not depend on how many are drawn.

    Parameters
    ----------
    seed : int
        The seed of the whole study.
    purpose : str
        What the numbers are for, such as "fates"; without a slash.
    column : str
        Which of them, such as "diligence".
    entity : int, optional
        `stable_id` of whom they belong to (an instrument); 0 <= entity < 2**64.
    world : int, optional
        Number of the world (or of the block of a plan); 0 <= world < 2**64.

    Returns
    -------
    numpy.random.Generator
        The thread's only generator: valid until the next call on this thread.

    Raises
    ------
    ValueError
        If the purpose contains a slash.
    OverflowError
        If entity or world is negative or needs more than 64 bits.
    """
    local = _local
    local.words["key"] = _key(seed, purpose, column)
    local.words["counter"] = (0, 0, world, entity)
    local.bits.state = local.state
    return local.generator


def fill(
    out: NDArray[np.float64], law: str, spans: Iterable[Span], seed: int, purpose: str, column: str, *, world: int = 0
) -> None:
    """Fill parts of an array with the first numbers of the streams of one column.

    The same numbers as of `generator`, which takes longer for many entities with few numbers each.

    Parameters
    ----------
    out : ndarray, one-dimensional
        What no span covers stays as it is.
    law : str
        Method of the generator: "random", "standard_normal" or "standard_exponential".
    spans : iterable of (int, int, int)
        Entity, and where its numbers begin and end in `out`.
    seed, purpose, column, world
        See `generator`.
    """
    bits, words, state = _local.bits, _local.words, _local.state
    draw = getattr(_local.generator, law)
    words["key"] = _key(seed, purpose, column)
    for entity, begin, end in spans:
        words["counter"] = (0, 0, world, entity)
        bits.state = state
        draw(out=out[begin:end])


@lru_cache(maxsize=4096)
def stable_id(name: str) -> int:
    """Return the id of a name: 64 bits of blake2b, the same in every process and on every machine."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=4096)
def _key(seed: int, purpose: str, column: str) -> tuple[int, int]:
    """Return the two words of the key, low word first."""
    if "/" in purpose:  # else ("a/b", "c") and ("a", "b/c") would be one stream
        raise ValueError(f"a purpose has no slash: {purpose!r}")
    digest = hashlib.blake2b(f"{seed}/{purpose}/{column}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
