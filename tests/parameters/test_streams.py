from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator, Philox

from sim.parameters.streams import fill, generator, stable_id

DRAWS = ("random", "standard_normal", "standard_exponential")
word = st.integers(0, 2**64 - 1)


def first(n: int = 8, seed: int = 1, purpose: str = "fates", column: str = "size", **where: int) -> list[float]:
    return generator(seed, purpose, column, **where).random(n).tolist()


@given(seed=st.integers(), entity=word, world=word)
def test_a_stream_is_philox_with_the_documented_key_and_counter(seed: int, entity: int, world: int):
    digest = hashlib.blake2b(f"{seed}/fates/size".encode(), digest_size=16).digest()
    key = int.from_bytes(digest, "little")
    plain = Generator(Philox(key=key, counter=(entity << 192) + (world << 128)))
    stream = generator(seed, "fates", "size", entity=entity, world=world)
    # Halves of words first: nothing may be left over from the stream before.
    assert stream.integers(0, 2**32, 3, np.uint32).tolist() == plain.integers(0, 2**32, 3, np.uint32).tolist()
    assert stream.random(8).tolist() == plain.random(8).tolist()


@pytest.mark.parametrize("draw", DRAWS)
@given(n=st.integers(0, 200), more=st.integers(0, 200), world=st.integers(0, 2**40))
def test_the_first_values_do_not_depend_on_how_many_are_drawn(draw: str, n: int, more: int, world: int):
    few = getattr(generator(3, "fates", "delay", world=world), draw)(n)
    many = getattr(generator(3, "fates", "delay", world=world), draw)(n + more)
    assert many[:n].tolist() == few.tolist()


@pytest.mark.parametrize("draw", DRAWS)
@given(counts=st.lists(st.integers(0, 20), max_size=5), world=word)
def test_filling_spans_gives_each_entity_the_start_of_its_stream(draw: str, counts: list[int], world: int):
    out, spans, begin = np.full(200, 7.0), [], 3
    for entity, count in enumerate(counts):
        spans.append((entity, begin, begin + count))
        begin += count + 2
    generator(1, "fates", "other").integers(0, 10, size=3, dtype=np.uint32)  # leaves half a word behind
    fill(out, draw, spans, 5, "fates", "size", world=world)
    for entity, start, end in spans:
        stream = generator(5, "fates", "size", entity=entity, world=world)
        assert out[start:end].tolist() == getattr(stream, draw)(end - start).tolist()
        out[start:end] = 7.0
    assert (out == 7.0).all()


def test_nothing_left_over_from_the_stream_before_reaches_the_next():
    want = first()
    used = generator(9, "fates", "other")
    used.integers(0, 10, size=3, dtype=np.uint32)  # leaves half a word and a part of the buffer behind
    used.random(5)
    assert first() == want
    halves = generator(1, "fates", "size").integers(0, 2**32, size=2, dtype=np.uint32).tolist()
    generator(9, "fates", "other").integers(0, 10, size=1, dtype=np.uint32)
    assert generator(1, "fates", "size").integers(0, 2**32, size=2, dtype=np.uint32).tolist() == halves


def test_a_million_draws_count_only_in_the_lowest_word():
    entity, world = stable_id("dairy_family"), 7
    stream = generator(1, "fates", "size", entity=entity, world=world)
    stream.random(2**20)
    counter = stream.bit_generator.state["state"]["counter"].tolist()
    assert counter == [2**18, 0, world, entity]  # four values a step


@given(st.lists(st.tuples(word, word), min_size=2, max_size=20, unique=True))
def test_streams_of_different_entity_and_world_are_different(places: list[tuple[int, int]]):
    streams = {tuple(first(entity=entity, world=world)) for entity, world in places}
    assert len(streams) == len(places)


def test_neighbouring_worlds_share_no_value():
    values = np.concatenate([generator(1, "fates", "size", world=w).random(4096) for w in range(64)])
    assert np.unique(values).size == values.size


def test_seed_purpose_and_column_each_make_a_stream_of_their_own():
    names = [(1, "fates", "size"), (2, "fates", "size"), (1, "plans", "size"), (1, "fates", "skill")]
    assert len({tuple(first(seed=s, purpose=p, column=c)) for s, p, c in names}) == len(names)


def test_a_purpose_with_a_slash_is_refused():
    with pytest.raises(ValueError, match="a/b"):
        generator(1, "a/b", "c")


@pytest.mark.parametrize("where", [{"world": -1}, {"entity": -1}, {"world": 2**64}, {"entity": 2**64}])
def test_ids_outside_64_bits_are_refused(where: dict[str, int]):
    with pytest.raises(OverflowError):
        generator(1, "fates", "size", **where)


def test_each_thread_has_a_generator_of_its_own():
    want = first(world=2), first(world=1)
    mine = generator(1, "fates", "size", world=1)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(first, world=2).result()
    assert (other, mine.random(8).tolist()) == want


def test_values_are_the_same_in_another_process_whatever_its_hash_seed():
    code = (
        "from sim.parameters.streams import fill, generator, stable_id\n"
        "print(generator(1, 'fates', 'size', entity=stable_id('fish'), world=3).random(4).tolist())"
    )
    here = first(4, entity=stable_id("fish"), world=3)
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there.strip() == repr(here)


def test_stable_id_is_64_bits_of_blake2b():
    assert stable_id("dairy_family") == 7494030239502182069
    assert 0 <= stable_id("теплица") < 2**64
