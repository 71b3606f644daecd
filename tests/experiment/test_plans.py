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


@given(st.integers(1, 5000))
def test_chunks_cover_each_replication_once_and_in_order(asked: int) -> None:
    plan = chunks(whole_blocks(asked))
    assert [number for chunk in plan for number in chunk.numbers] == list(range(whole_blocks(asked)))
    assert [chunk.number for chunk in plan] == list(range(len(plan)))


def test_a_chunk_knows_its_replications() -> None:
    assert Chunk(2, 64).numbers == range(128, 192)
    assert Chunk(0, 10).numbers == range(10)
