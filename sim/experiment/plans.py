"""What is to be run: replications 0, 1, 2, … in chunks of one block each."""

from __future__ import annotations

from dataclasses import dataclass

from sim.parameters.sampling import BLOCK


@dataclass(frozen=True)
class Chunk:
    """The replications that are stored together: a block, or the first rows of block 0."""

    number: int
    size: int

    @property
    def numbers(self) -> range:
        """The replications of this chunk."""
        return range(self.number * BLOCK, self.number * BLOCK + self.size)


def whole_blocks(replications: int) -> int:
    """Return how many replications are run when so many are asked for.

    Parameters
    ----------
    replications : int
        At least 1.

    Returns
    -------
    int
        The same number up to one block; above it, rounded up to whole blocks.
    """
    return replications if replications <= BLOCK else -(-replications // BLOCK) * BLOCK


def chunks(replications: int) -> tuple[Chunk, ...]:
    """Return the chunks of a run, in order; `replications` is a result of `whole_blocks`."""
    starts = range(0, replications, BLOCK)
    return tuple(Chunk(start // BLOCK, min(BLOCK, replications - start)) for start in starts)
