from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import candidate
from sim.model.state import APPROVED, BUILDING, LOAN, OWN, REJECTED, WAITING, WITHDRAWN, Desk, File, Queue
from sim.model.world import Base, Person
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
    for t, j, merit in ((1.0, 2, 1.5), (1.0, 0, 3.0), (2.0, 1, 1.25)):
        candidate.approve(table[j], queue, waiting, j, merit, t)
    assert waiting[:3].tolist() == [2, 0, 1]
    assert (queue["head"], queue["tail"]) == (0, 3)
    assert table["status"][:3].tolist() == [APPROVED] * 3
    assert table["approved_at"][:3].tolist() == [1.0, 2.0, 1.0]
    assert table["merit"][:3].tolist() == [3.0, 1.25, 1.5]


class Line:
    """A queue of approved files, the k-th of candidate k, approved at k months unless said."""

    def __init__(self, merit: list[float], *, approved_at: list[float] | None = None, **columns: list[float]) -> None:
        n = len(merit)
        self.files, self.people = files(n), people([0.0] * n, **columns)
        self.queue, self.waiting = rows(Queue, 1)[0], np.zeros(n, np.int64)
        for j in range(n):
            t = float(j) if approved_at is None else approved_at[j]
            candidate.approve(self.files[j], self.queue, self.waiting, j, merit[j], t)

    def head(self, t: float = 100.0, *, merit: int = 0, lent: Any = (0, 0, 0), quota: Any = (0.0, 0.0, 0.0)) -> int:
        districts = rows(Base, len(quota))
        districts["quota"][:] = quota
        money = np.array(lent, np.int64)
        return candidate.head(self.files, self.people, self.queue, self.waiting, merit, money, districts, t)

    def all(self, **order: Any) -> list[int]:
        """Pay everyone out, one after another."""
        found = []
        while (j := self.head(**order)) >= 0:
            found.append(j)
            self.files["status"][j] = BUILDING
        return found


def test_first_come_first_served_whatever_the_merit() -> None:
    line = Line([1.0, 3.0, 2.0])
    assert line.head() == line.head() == 0  # looking takes nobody out
    assert line.all() == [0, 1, 2]


def test_nobody_waits_in_an_empty_queue() -> None:
    line = Line([1.0])
    assert line.all() == [0]
    assert line.head() == -1


def test_who_left_is_passed_over_and_who_comes_later_is_found() -> None:
    line = Line([1.0] * 5)
    line.files["status"][[0, 2]] = WITHDRAWN, BUILDING
    assert line.head() == 1
    line.files["status"][1] = WITHDRAWN
    assert line.head() == 3
    assert line.queue["head"] == 3  # those who left are not looked at again
    assert line.all() == [3, 4]


def test_by_merit_the_best_file_goes_first_and_equal_ones_by_age() -> None:
    assert Line([1.5, 2.0, 1.2, 2.0, 3.0]).all(merit=1) == [4, 1, 3, 0, 2]


def test_a_better_file_that_comes_later_goes_before_those_that_wait() -> None:
    line = Line([1.5, 2.0, 9.0])
    line.queue["tail"] = 2
    assert line.head(merit=1) == 1
    line.queue["tail"] = 3
    assert line.head(merit=1) == 2


@pytest.mark.parametrize("merit", [0, 1])
def test_nobody_is_next_before_the_collateral_is_registered(merit: int) -> None:
    line = Line([3.0, 2.0, 1.0], approved_at=[1.0, 1.0, 2.0], pledge_months=[5.0, 2.0, 0.0])
    assert line.head(1.5, merit=merit) == -1
    assert line.head(2.0, merit=merit) == 2
    assert line.head(2.999, merit=merit) == 2
    assert line.head(3.0, merit=merit) == 1  # the older one of two whose collateral is registered, and the better
    assert line.head(6.0, merit=merit) == 0


def test_the_district_that_has_had_least_of_its_quota_goes_first() -> None:
    line = Line([1.0, 1.0, 1.0], district=[0, 1, 2])
    half, quarter = 0.5, 0.25
    # 10 of a half is 20, 8 of a quarter 32, 4 of a quarter 16
    assert line.head(lent=(10, 8, 4), quota=(half, quarter, quarter)) == 2
    assert line.head(lent=(6, 8, 4), quota=(half, quarter, quarter)) == 0
    assert line.head(lent=(10, 0, 4), quota=(half, quarter, quarter)) == 1


def test_equal_districts_and_files_of_one_district_go_by_merit_or_age() -> None:
    quota, lent = (0.5, 0.25, 0.25), (8, 4, 4)
    line = Line([1.0, 2.0, 3.0, 3.0], district=[2, 0, 1, 0])
    assert line.head(lent=lent, quota=quota) == 0
    assert line.head(lent=lent, quota=quota, merit=1) == 2
    same = Line([1.0, 2.0, 3.0], district=[1, 1, 1])
    assert same.all(lent=lent, quota=quota) == [0, 1, 2]
    assert Line([1.0, 2.0, 3.0], district=[1, 1, 1]).all(lent=lent, quota=quota, merit=1) == [2, 1, 0]


@given(
    st.lists(st.tuples(st.sampled_from([1.0, 1.5, 2.0]), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=9),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.integers(0, 1),
    st.booleans(),
    st.integers(0, 12),
)
def test_the_queue_is_in_the_order_of_district_then_merit_then_age(
    who: list[tuple[float, int, int]], lent: list[int], merit: int, ordered: bool, t: int
) -> None:
    merits, places, pledges = zip(*who, strict=True)
    line = Line(list(merits), district=list(places), pledge_months=list(pledges))
    quota = (0.5, 0.25, 0.25) if ordered else (0.0, 0.0, 0.0)
    ready = [j for j in range(len(who)) if j + pledges[j] <= t]

    def place(j: int) -> tuple[float, float, int]:
        return lent[places[j]] / quota[places[j]] if ordered else 0.0, -merits[j] * merit, j

    found = line.all(t=float(t), merit=merit, lent=lent, quota=quota)
    assert found == sorted(ready, key=place)


def test_the_district_counts_before_merit_and_without_quotas_not_at_all() -> None:
    line = Line([1.0, 9.0], district=[0, 1])
    assert line.head(lent=(4, 8, 0), quota=(0.5, 0.5, 0.0), merit=1) == 0
    assert line.head(lent=(4, 8, 0), merit=1) == 1
    assert line.head(lent=(8, 4, 0)) == 0


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
