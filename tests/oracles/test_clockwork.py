"""The calendar and the two queues of the reference engine, in worlds small enough to know the answer."""

from __future__ import annotations

import itertools
import random

import pytest
import simpy

from sim.engine.clockwork import BreedingStock, Calendar, Crews, Story

Log = list[tuple[float, str]]


def test_events_of_one_time_come_by_rank_then_entity_however_they_were_entered() -> None:
    keys = list(itertools.product((2.0, 2.5), (0, 1, 11), (0, 7, 2**31)))
    random.Random(1).shuffle(keys)
    env, seen = Calendar(), []
    for key in keys:
        env.at(*key).callbacks.append(lambda _event, key=key: seen.append((env.now, *key)))
    env.run()
    assert seen == [(time, time, rank, entity) for time, rank, entity in sorted(keys)]


def test_what_an_event_sets_off_at_once_comes_before_the_next_event_of_the_calendar() -> None:
    env, seen = Calendar(), []
    relay = [env.event() for _ in range(3)]

    def starter() -> Story:
        yield env.at(5.0, 0, 0)
        seen.append("first")
        relay[0].succeed()

    def runner(leg: int) -> Story:
        yield relay[leg]
        seen.append(f"leg {leg}")
        if leg < 2:
            relay[leg + 1].succeed()

    def waiter(rank: int, entity: int) -> Story:
        yield env.at(5.0, rank, entity)
        seen.append(f"{rank}.{entity}")

    for story in (waiter(4, 0), waiter(0, 1), starter(), *(runner(leg) for leg in (2, 1, 0))):
        env.process(story)
    env.run()
    assert seen == ["first", "leg 0", "leg 1", "leg 2", "0.1", "4.0"]


def test_a_process_may_come_back_at_the_same_time_under_another_rank() -> None:
    env, seen = Calendar(), []

    def story(name: str, *ranks: int) -> Story:
        for rank in ranks:
            yield env.at(1.0, rank, 0)
            seen.append((env.now, f"{name}{rank}"))

    env.process(story("a", 5, 2, 9))
    env.process(story("b", 3, 7))
    env.run()
    assert seen == [(1.0, "b3"), (1.0, "a5"), (1.0, "a2"), (1.0, "b7"), (1.0, "a9")]


def crew_log(crews: int, jobs: list[tuple[float, float]], sizes: list[tuple[float, int]]) -> Log:
    """Let jobs of (arrival, months) ask for a crew each while their number changes; log who begins and ends when."""
    env, log = Calendar(), []
    resource = Crews(env, crews)

    def job(j: int, arrival: float, months: float) -> Story:
        yield env.at(arrival, 2, j)
        with resource.request() as crew:
            yield crew
            yield env.at(env.now, 1, j)
            log.append((env.now, f"{j} begins"))
            yield env.at(env.now + months, 3, j)
            log.append((env.now, f"{j} ends"))

    def resizing() -> Story:
        for time, size in sizes:
            yield env.at(time, 0)
            resource.resize(size)

    for j, (arrival, months) in enumerate(jobs):
        env.process(job(j, arrival, months))
    env.process(resizing())
    env.run()
    return log


def test_crews_are_given_in_the_order_of_asking() -> None:
    jobs = [(0.0, 3.0), (1.0, 1.0), (0.5, 1.0)]
    assert crew_log(1, jobs, []) == [
        (0.0, "0 begins"), (3.0, "0 ends"),
        (3.0, "2 begins"), (4.0, "2 ends"),
        (4.0, "1 begins"), (5.0, "1 ends"),
    ]  # fmt: skip


def test_crews_sent_home_finish_their_work_and_nobody_begins_until_they_are_back() -> None:
    jobs = [(0.0, 3.0), (0.0, 1.5), (1.0, 1.0), (2.5, 1.0)]
    assert crew_log(2, jobs, [(1.0, 0), (6.0, 2)]) == [
        (0.0, "0 begins"), (0.0, "1 begins"), (1.5, "1 ends"), (3.0, "0 ends"),
        (6.0, "2 begins"), (6.0, "3 begins"), (7.0, "2 ends"), (7.0, "3 ends"),
    ]  # fmt: skip


def test_fewer_crews_than_are_at_work_begin_nothing_until_enough_have_finished() -> None:
    jobs = [(0.0, 2.0), (0.0, 4.0), (0.0, 9.0), (1.0, 1.0)]
    assert crew_log(3, jobs, [(1.0, 2)]) == [
        (0.0, "0 begins"), (0.0, "1 begins"), (0.0, "2 begins"), (2.0, "0 ends"),
        (4.0, "1 ends"), (4.0, "3 begins"), (5.0, "3 ends"), (9.0, "2 ends"),
    ]  # fmt: skip


def test_a_region_may_start_without_crews_and_many_may_come_at_once() -> None:
    log = crew_log(0, [(0.0, 1.0)] * 4, [(2.0, 3)])
    assert log[:3] == [(2.0, "0 begins"), (2.0, "1 begins"), (2.0, "2 begins")]
    assert log[3:] == [(3.0, "0 ends"), (3.0, "3 begins"), (3.0, "1 ends"), (3.0, "2 ends"), (4.0, "3 ends")]


def stock_log(supplies: list[tuple[float, float]], orders: list[tuple[float, float]], room: float) -> tuple[Log, Log]:
    """Bring animals to market and let orders of (time, head) ask for them; log grants and what was added."""
    env, log, added = Calendar(), [], []
    market = BreedingStock(env, room)

    def order(j: int, time: float, heads: float) -> Story:
        yield env.at(time, 2, j)
        yield market.get(heads)
        yield env.at(env.now, 0, j)
        log.append((env.now, f"{j}, {market.waiting:g} wait"))

    def supply() -> Story:
        for time, heads in supplies:
            yield env.at(time, 1)
            added.append((market.supply(heads), f"{market.waiting:g} wait"))

    env.process(supply())
    for j, (time, heads) in enumerate(orders):
        env.process(order(j, time, heads))
    env.run()
    return log, added


def test_the_head_of_the_stock_queue_blocks_smaller_orders_behind_it() -> None:
    orders = [(0.0, 3.0), (0.0, 20.0), (0.5, 1.0), (0.5, 4.0)]
    log, added = stock_log([(0.0, 10.0), (1.0, 10.0), (2.0, 10.0)], orders, room=100.0)
    assert log == [(0.0, "0, 0 wait"), (2.0, "1, 0 wait"), (2.0, "2, 0 wait"), (2.0, "3, 0 wait")]
    assert added == [(10.0, "0 wait"), (10.0, "25 wait"), (10.0, "25 wait")]


def test_supply_grants_as_many_orders_as_it_can_in_the_order_of_asking() -> None:
    log, _added = stock_log([(1.0, 10.0), (2.0, 10.0)], [(0.0, 4.0), (0.1, 5.0), (0.2, 6.0), (0.3, 1.0)], room=100.0)
    assert log == [(1.0, "0, 7 wait"), (1.0, "1, 7 wait"), (2.0, "2, 0 wait"), (2.0, "3, 0 wait")]


def test_a_full_market_takes_no_more_and_a_nearly_full_one_what_fits() -> None:
    _log, added = stock_log([(0.0, 10.0), (1.0, 10.0), (2.0, 10.0), (4.0, 10.0)], [(3.0, 2.0)], room=15.0)
    assert added == [(10.0, "0 wait"), (5.0, "0 wait"), (0.0, "0 wait"), (2.0, "0 wait")]


def test_a_month_without_supply_is_no_error() -> None:
    log, added = stock_log([(0.0, 0.0), (1.0, 5.0)], [(0.0, 5.0)], room=15.0)
    assert added == [(0.0, "0 wait"), (5.0, "5 wait")]
    assert log == [(1.0, "0, 0 wait")]


def test_simpy_alone_would_refuse_what_the_wrappers_allow() -> None:
    env = simpy.Environment()
    with pytest.raises(ValueError, match="capacity"):
        simpy.Resource(env, 0)
    with pytest.raises(ValueError, match="amount"):
        simpy.Container(env, 5).put(0)
