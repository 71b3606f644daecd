from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.model import candidate
from sim.model.state import APPROVED, BUILDING, LOAN, OWN, REJECTED, WAITING, WITHDRAWN, Desk, File, Queue
from sim.model.world import Person
from sim.parameters.records import rows

FIRST = np.array([0, 3, 5])  # two instruments: candidates 0-2 and 3-4
ALL_OPEN = np.array([1, 1])


def people(arrival: list[float], **columns: list[float]) -> Any:
    table = rows(Person, len(arrival))
    table["arrival"][:] = arrival
    for name, values in columns.items():
        table[name][:] = values
    return table


def files(n: int) -> Any:
    return rows(File, n)


def queues() -> Any:
    table = rows(Queue, 2)
    table["seen"][:] = FIRST[:-1]
    return table


def taken(table: Any, line: Any, who: Any, opened: Any, t: float, *, most: int = 9) -> list[int]:
    """Take files as the committee does, until none is left or `most` are taken."""
    order: list[int] = []
    while len(order) < most and (j := candidate.next_file(table, line, who, FIRST, opened, t)) >= 0:
        line["seen"][0 if j < FIRST[1] else 1] = j + 1
        order.append(j)
    return order


def test_files_are_taken_as_they_arrived_and_equal_arrivals_by_entity() -> None:
    who = people([1.0, 2.0, 2.5, 0.5, 2.0])
    assert taken(files(5), queues(), who, ALL_OPEN, 2.25) == [3, 0, 1, 4]


def test_nobody_is_taken_before_arriving() -> None:
    who = people([1.0, 2.0, np.inf, 1.5, np.inf])
    line = queues()
    assert taken(files(5), line, who, ALL_OPEN, 0.999) == []
    assert taken(files(5), line, who, ALL_OPEN, 1.0) == [0]
    assert taken(files(5), line, who, ALL_OPEN, 100.0) == [3, 1]


def test_an_instrument_that_was_never_opened_takes_no_files() -> None:
    who = people([1.0, 2.0, 3.0, 1.5, 2.5])
    line = queues()
    assert taken(files(5), line, who, np.array([0, 1]), 3.0) == [3, 4]
    assert taken(files(5), line, who, ALL_OPEN, 3.0) == [0, 1, 2]


def test_who_has_built_meanwhile_has_no_file_any_more() -> None:
    table = files(5)
    table["status"][:] = BUILDING, WAITING, WAITING, BUILDING, BUILDING
    assert taken(table, queues(), people([1.0, 2.0, 3.0, 1.5, 2.5]), ALL_OPEN, 3.0) == [1, 2]


def test_a_file_not_yet_arrived_keeps_its_place_behind_one_that_has_built() -> None:
    table, who, line = files(5), people([1.0, 5.0, 6.0, 9.0, 9.0]), queues()
    table["status"][0] = BUILDING
    assert taken(table, line, who, ALL_OPEN, 3.0) == []
    assert taken(table, line, who, ALL_OPEN, 6.0) == [1, 2]


def test_approved_files_wait_in_the_order_of_approval() -> None:
    table, queue, waiting = files(5), queues()[0], np.zeros(5, np.int64)
    for t, j in ((1.0, 2), (1.0, 0), (2.0, 1)):
        candidate.approve(table[j], queue, waiting, j, t)
    assert waiting[:3].tolist() == [2, 0, 1]
    assert (queue["head"], queue["tail"]) == (0, 3)
    assert table["status"][:3].tolist() == [APPROVED] * 3
    assert table["approved_at"][:3].tolist() == [1.0, 2.0, 1.0]


def test_the_head_of_a_queue_is_its_oldest_file_still_approved() -> None:
    table, queue, waiting = files(5), queues()[0], np.zeros(5, np.int64)
    assert candidate.head(table, queue, waiting) == -1
    for j in (2, 0, 1):
        candidate.approve(table[j], queue, waiting, j, 1.0)
    table["status"][0] = WITHDRAWN
    assert candidate.head(table, queue, waiting) == 2
    assert candidate.head(table, queue, waiting) == 2  # looking takes nobody out
    table["status"][2] = BUILDING
    assert candidate.head(table, queue, waiting) == 1
    table["status"][1] = WITHDRAWN
    assert candidate.head(table, queue, waiting) == -1
    candidate.approve(table[4], queue, waiting, 4, 2.0)
    assert candidate.head(table, queue, waiting) == 4


@pytest.mark.parametrize("status", [WAITING, APPROVED])
def test_patience_ends_at_its_time_and_not_before(status: int) -> None:
    table, who = files(1), people([1.0], patience_end=[4.0])
    table["status"][0] = status
    assert not candidate.gives_up(table[0], who[0], 3.999)
    assert table["status"][0] == status
    assert candidate.gives_up(table[0], who[0], 4.0)
    assert table["status"][0] == WITHDRAWN


@pytest.mark.parametrize("status", [REJECTED, BUILDING, WITHDRAWN])
def test_who_no_longer_waits_gives_up_nothing(status: int) -> None:
    table, who = files(1), people([1.0], patience_end=[4.0])
    table["status"][0] = status
    assert not candidate.gives_up(table[0], who[0], 9.0)
    assert table["status"][0] == status


def test_own_money_starts_when_it_is_due_unless_a_loan_came_first() -> None:
    who = people([0.0] * 5, own_due=[5.0, 2.0, 4.0, np.inf, 2.0])
    table, desk, order = files(5), rows(Desk, 1)[0], np.array([1, 4, 2, 0])
    table["finance"][4] = LOAN
    assert candidate.next_own(table, who, order, desk, 1.999) == -1
    assert candidate.next_own(table, who, order, desk, 4.0) == 1
    assert candidate.next_own(table, who, order, desk, 4.0) == 2
    assert candidate.next_own(table, who, order, desk, 4.0) == -1
    assert candidate.next_own(table, who, order, desk, 99.0) == 0
    assert candidate.next_own(table, who, order, desk, 99.0) == -1


def test_starts_are_ordered_by_due_time_then_entity_whatever_the_order_of_funding() -> None:
    table, desk = files(5), rows(Desk, 1)[0]
    starts, due = np.zeros(5, np.int64), np.zeros(5)
    for j, since, finance in ((3, 2.0, LOAN), (0, 2.5, LOAN), (4, 2.0, OWN), (1, 2.0, LOAN), (2, 0.5, OWN)):
        candidate.start(table[j], desk, starts, due, j, since, finance, 1.0 + j, 7.0)
    assert desk["starts"] == 5
    assert starts.tolist() == [2, 1, 3, 4, 0]
    assert due.tolist() == [0.5, 2.0, 2.0, 2.0, 2.5]
    assert table["finance"].tolist() == [LOAN, LOAN, OWN, LOAN, OWN]
    assert table["scale"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert table["funded_at"].tolist() == [7.0] * 5
