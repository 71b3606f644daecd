from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.experiment.plans import Chunk, chunks, whole_blocks


@given(st.integers(1, 5000))
def test_replications_round_up_to_whole_blocks_only_above_one_block(asked: int) -> None:
    run = whole_blocks(asked)
    assert asked <= run < asked + 64
    assert run == asked if asked <= 64 else run % 64 == 0
    assert whole_blocks(run) == run


@given(st.integers(1, 5000), st.integers(1, 64))
def test_chunks_and_their_slices_cover_each_replication_once_and_in_order(asked: int, length: int) -> None:
    plan = chunks(whole_blocks(asked))
    numbers = [number for chunk in plan for part in chunk.slices(length) for number in part]
    assert numbers == list(range(whole_blocks(asked)))
    assert [chunk.number for chunk in plan] == list(range(len(plan)))
    assert all(len(part) <= length for chunk in plan for part in chunk.slices(length))


def test_a_chunk_knows_its_replications() -> None:
    assert Chunk(2, 64).numbers == range(128, 192)
    assert list(Chunk(0, 10).slices(4)) == [range(0, 4), range(4, 8), range(8, 10)]
