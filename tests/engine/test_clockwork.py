from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
import simpy

from sim.engine.clockwork import BreedingStock, Calendar, Crews, Story

Key = tuple[float, int, int]


def record(env: Calendar, keys: Iterable[Key]) -> list[tuple[float, Key]]:
    """Ask for events, and let them note when they come."""
    seen: list[tuple[float, Key]] = []
    for key in keys:
        env.at(*key).callbacks.append(lambda _event, key=key: seen.append((env.now, key)))
    return seen


def test_events_come_by_time_then_rank_then_entity_whatever_the_order_of_asking() -> None:
    keys = [(2, 0, 0), (1, 3, 7), (1, 3, 0), (1, 0, 2**31), (1, 4, 1), (0.5, 11, 3)]
    for asked in itertools.permutations(keys):
        env = Calendar()
        seen = record(env, asked)
        env.run()
        assert seen == [(key[0], key) for key in sorted(keys)]


def test_what_a_process_does_at_once_comes_before_the_next_event_of_the_calendar() -> None:
    env, seen = Calendar(), []

    def child() -> Story:
        seen.append("child begins")
        yield env.at(1.0, 0, 5)
        seen.append("rank 0, asked for late")

    def parent() -> Story:
        yield env.at(1.0, 1)
        env.process(child())
        seen.append("parent")
        yield env.at(1.0, 2)
        seen.append("rank 2")

    env.process(parent())
    env.run()
    assert seen == ["parent", "child begins", "rank 0, asked for late", "rank 2"]


def stay(env: Calendar, crews: Crews, j: int, until: float, seen: list[tuple[float, int]]) -> Story:
    with crews.request() as crew:
        yield crew
        yield env.at(env.now, 0, j)
        seen.append((env.now, j))
        yield env.at(until, 1, j)


def test_crews_are_given_out_in_the_order_of_asking() -> None:
    env, seen = Calendar(), []
    crews = Crews(env, 2)
    for j, until in ((3, 2.0), (1, 1.0), (2, 9.0), (0, 9.0)):
        env.process(stay(env, crews, j, until, seen))
    env.run()
    assert seen == [(0, 1), (0, 3), (1.0, 2), (2.0, 0)]


def test_no_crews_at_first_then_many_at_once() -> None:
    env, seen = Calendar(), []
    crews = Crews(env, 0)
    for j in range(4):
        env.process(stay(env, crews, j, 9.0, seen))

    def season() -> Story:
        yield env.at(2.0, 2)
        crews.resize(3)
        yield env.at(3.0, 2)
        crews.resize(0)

    env.process(season())
    env.run()
    # The three work until 9; no fourth crew is there when they are done.
    assert seen == [(2.0, 0), (2.0, 1), (2.0, 2)]


def test_fewer_crews_than_are_at_work_take_nobody_new_until_enough_are_done() -> None:
    env, seen = Calendar(), []
    crews = Crews(env, 3)
    for j, until in ((0, 4.0), (1, 5.0), (2, 6.0), (3, 9.0), (4, 9.0)):
        env.process(stay(env, crews, j, until, seen))
    env.at(1.0, 2).callbacks.append(lambda _event: crews.resize(2))
    env.run()
    assert seen == [(0, 0), (0, 1), (0, 2), (5.0, 3), (6.0, 4)]


def order(env: Calendar, stock: BreedingStock, heads: int, seen: list[tuple[float, int, float]]) -> Story:
    yield stock.get(heads)
    seen.append((env.now, heads, stock.waiting))


def test_the_head_of_the_stock_queue_blocks_and_the_rest_is_told() -> None:
    env, seen = Calendar(), []
    stock = BreedingStock(env, 100)
    for heads in (10, 1, 5):
        env.process(order(env, stock, heads, seen))
    for t in range(1, 5):
        env.at(t, 0).callbacks.append(lambda _event: stock.supply(4))
    env.run()
    # Twelve are there at 3: the ten and the one, which lets the five wait for 1 + 4 of month 4.
    assert seen == [(3, 10, 5.0), (3, 1, 5.0), (4, 5, 0.0)]


def test_supply_stops_at_the_room_there_is() -> None:
    env = Calendar()
    stock = BreedingStock(env, 10)
    assert [stock.supply(heads) for heads in (0, 4, 4, 4, 4)] == [0, 4, 4, 2, 0]
    assert stock.level == 10
    stock.get(3)
    assert [stock.supply(heads) for heads in (2, 2)] == [2, 1]


def test_simpy_itself_refuses_what_is_wrapped_here() -> None:
    """If a SimPy to come allows it, the wrapping can go."""
    with pytest.raises(ValueError, match="capacity"):
        simpy.Resource(simpy.Environment(), 0)
    with pytest.raises(ValueError, match="amount"):
        simpy.Container(simpy.Environment()).put(0)
