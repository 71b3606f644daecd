from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.model import fund
from sim.model.state import L_POOLED, Counts, Envelope, Fund
from sim.model.world import CARRY_OVER, Plan
from sim.parameters.groups import Portfolio
from sim.parameters.records import rows
from tests.model.studies import row, run

FloatArray = NDArray[np.float64]
BILLION = 10**9


def cumulated(shares: list[float]) -> FloatArray:
    """Cumulate shares as a plan does: 1 from the last instrument with a share on."""
    upto = np.cumsum(shares)
    upto[np.flatnonzero(shares)[-1] :] = 1.0
    return upto


def plan(shares: list[list[float]], tranche: list[int]) -> Plan:
    upto = np.array([cumulated(row) for row in shares])
    opened = np.ones(upto.shape, np.int64)
    return Plan(np.array(tranche, np.int64), upto, opened, revolving=1, unspent=CARRY_OVER, merit=0)


def books(instruments: int, years: int) -> tuple[Any, Any, Any]:
    return rows(Fund, 1)[0], rows(Envelope, instruments), rows(Counts, instruments * years)


weights = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=14).filter(lambda w: sum(w) > 1e-6)


@given(weights=weights, total=st.integers(0, 10**13))
def test_the_parts_of_a_sum_add_up_to_it_whatever_the_shares(weights: list[float], total: int) -> None:
    shares = [w / sum(weights) for w in weights]
    upto = cumulated(shares)
    parts = [fund.part(total, upto, k) for k in range(len(shares))]
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        # A floor at either end is less than a tenge off; shares of 10^13 are exact to 2^-9 at each of 14 additions.
        assert abs(part - total * share) < 1.1
        assert part >= 0
        assert part == 0 or share > 0.0


@given(weights=weights, total=st.integers(0, 10**12))
def test_the_four_quarters_release_the_tranche_to_the_tenge(weights: list[float], total: int) -> None:
    shares = [w / sum(weights) for w in weights]
    money, envelopes, counts = books(len(shares), 2)
    released = [
        fund.release(money, envelopes, counts, plan([shares, shares], [7, total]), 1, quarter) for quarter in range(4)
    ]
    assert sum(released) == total == money["tranches"] == envelopes["tranche"].sum()
    assert max(released) - min(released) <= 1
    planned = counts["planned_kzt"].reshape(-1, 2)
    assert (planned[:, 0] == 0).all()
    assert (planned[:, 1] == envelopes["tranche"]).all()


def test_repayments_are_lent_again_by_the_shares_of_the_year() -> None:
    money, envelopes, _counts = books(3, 2)
    money["collected"] = 1001
    assert fund.relend(money, envelopes, plan([[1, 0, 0], [0.25, 0, 0.75]], [0, 0]), 1) == 1001
    assert envelopes["relent"].tolist() == [250, 0, 751]
    assert money["collected"] == 0
    assert envelopes["tranche"].tolist() == [0, 0, 0]


def test_what_is_not_lent_again_returns_to_the_budget_but_tranche_money_stays() -> None:
    money, envelopes, _counts = books(2, 1)
    money["collected"], money["returned"] = 100, 7
    envelopes["relent"][:] = 20, 30
    envelopes["tranche"][:] = 5, 6
    assert fund.give_back(money, envelopes) == 150
    assert (money["collected"], money["returned"]) == (0, 157)
    assert envelopes["relent"].tolist() == [0, 0]
    assert envelopes["tranche"].tolist() == [5, 6]


def test_unspent_tranche_money_lapses_in_its_year_but_relent_money_stays() -> None:
    money, envelopes, counts = books(2, 3)
    envelopes["tranche"][:] = 5, 6
    envelopes["relent"][:] = 20, 30
    assert fund.lapse(money, envelopes, counts, 1, 3) == 11
    assert money["lapsed"] == 11
    assert envelopes["tranche"].tolist() == [0, 0]
    assert envelopes["relent"].tolist() == [20, 30]
    assert counts["lapsed_kzt"].reshape(2, 3).tolist() == [[0, 5, 0], [0, 6, 0]]


def test_tranche_money_is_spent_before_relent_money() -> None:
    money, envelopes, _counts = books(1, 1)
    envelope = envelopes[0]
    envelope["tranche"], envelope["relent"] = 100, 50
    assert fund.pay_out(money, envelope, 80)
    assert (envelope["tranche"], envelope["relent"]) == (20, 50)
    assert fund.pay_out(money, envelope, 60)
    assert (envelope["tranche"], envelope["relent"]) == (0, 10)
    assert money["disbursed"] == 140


def test_a_loan_is_paid_whole_or_not_at_all() -> None:
    money, envelopes, _counts = books(1, 1)
    envelope = envelopes[0]
    envelope["tranche"], envelope["relent"] = 100, 50
    assert not fund.pay_out(money, envelope, 151)
    assert (envelope["tranche"], envelope["relent"], money["disbursed"]) == (100, 50, 0)
    assert fund.pay_out(money, envelope, 150)
    assert (envelope["tranche"], envelope["relent"], money["disbursed"]) == (0, 0, 150)


def pooled(money: list[int], wanted: list[int]) -> tuple[list[int], int]:
    envelopes = np.array(money, np.int64)
    moved = fund.pool(envelopes, np.array(wanted, np.int64))
    return envelopes.tolist(), moved


def test_those_who_can_spare_give_in_proportion_and_those_who_lack_take_in_proportion() -> None:
    # 300 and 100 to spare, 150 and 50 lacking: all lacks are filled, three quarters by the first
    assert pooled([300, 120, 50, 0, 7], [0, 20, 200, 50, 7]) == ([150, 70, 200, 50, 7], 200)
    # 40 to spare for 150 and 50
    assert pooled([40, 0, 0], [0, 150, 50]) == ([0, 30, 10], 40)


def test_nothing_moves_where_nobody_can_spare_or_nobody_lacks() -> None:
    assert pooled([5, 5, 0], [9, 5, 0]) == ([5, 5, 0], 0)
    assert pooled([5, 5, 3], [4, -9, 0]) == ([5, 5, 3], 0)
    assert pooled([0, 0], [0, 7]) == ([0, 0], 0)


def test_money_in_another_pot_is_not_wanted_a_second_time() -> None:
    """A queue whose other money exceeds what it asks for wants less than nothing of this one."""
    assert pooled([10, 0], [-5, 10]) == ([0, 10], 10)


amounts = st.one_of(st.integers(0, 60), st.integers(0, 5 * BILLION), st.integers(0, 10**13))
accounts = st.lists(st.tuples(amounts, st.one_of(amounts, st.integers(-(10**10), 0))), min_size=1, max_size=14)


@given(accounts)
@example([(1, 0), (48, 0), (0, 49)])  # 49 · (1/49) is less than 1
@example([(0, 1), (0, 48), (49, 0)])
def test_pooling_moves_as_much_as_helps_and_loses_no_tenge(kept: list[tuple[int, int]]) -> None:
    before, wanted = ([int(value) for value in column] for column in zip(*kept, strict=True))
    after, moved = pooled(before, wanted)
    spare = [max(0, money - max(0, want)) for money, want in kept]
    lacking = [max(0, want - money) for money, want in kept]
    assert moved == min(sum(spare), sum(lacking))
    assert sum(after) == sum(before)
    assert sum(max(0, new - old) for new, old in zip(after, before, strict=True)) == moved
    for new, old, can, lacks in zip(after, before, spare, lacking, strict=True):
        assert -can <= new - old <= lacks
        assert new >= 0


@given(accounts)
def test_what_each_gives_and_takes_is_in_proportion(kept: list[tuple[int, int]]) -> None:
    before, wanted = ([int(value) for value in column] for column in zip(*kept, strict=True))
    after, moved = pooled(before, wanted)
    spare = [max(0, money - max(0, want)) for money, want in kept]
    lacking = [max(0, want - money) for money, want in kept]
    for new, old, can, lacks in zip(after, before, spare, lacking, strict=True):
        fair = moved * (lacks / max(1, sum(lacking)) - can / max(1, sum(spare)))
        # What rounding leaves, less than a tenge each, is borne by those who come after.
        assert abs(new - old - fair) < len(kept) + 0.1


def portfolio(owed_mln: float, months: float, loss: float) -> Any:
    terms = rows(Portfolio, 1)
    terms["outstanding_mln_kzt"], terms["months_left"], terms["loss_share"] = owed_mln, months, loss
    return terms[0]


@given(
    owed=st.integers(0, 10**12),
    months=st.one_of(st.integers(0, 120), st.floats(0.0, 120.0)),
    loss=st.floats(0.0, 1.0),
    rate=st.floats(0.0, 0.5),
)
def test_old_loans_close_to_the_tenge_by_their_last_month(owed: int, months: float, loss: float, rate: float) -> None:
    money, terms = rows(Fund, 1)[0], portfolio(0.0, months, loss)
    money["old_left"] = owed
    last = max(1, int(months))
    for m in range(last + 3):
        came = fund.collect_old(money, terms, rate, m)
        assert came >= 0
        assert money["old_left"] + money["old_repaid"] + money["old_lost"] == owed
        assert money["old_repaid"] + money["old_interest"] == money["collected"]
        assert (money["old_left"] == 0) or m + 1 < last
    # In each month the floor takes less than a tenge of what is paid
    assert money["old_repaid"] == pytest.approx(owed * (1.0 - loss), abs=last + 1e-3)


def test_old_loans_pay_equal_dues_less_what_is_lost_and_interest_on_what_is_left() -> None:
    money, terms = rows(Fund, 1)[0], portfolio(0.0, 4.0, 0.25)
    money["old_left"] = 4000
    came = [fund.collect_old(money, terms, 0.12, m) for m in range(6)]
    # 1,000 a month falls due, 750 of it is paid; 1 % on 4,000, 3,000, … less a quarter
    assert came == [780, 772, 765, 757, 0, 0]
    assert [money[name] for name in ("old_repaid", "old_lost", "old_interest")] == [3000, 1000, 74]


def test_pooled_money_goes_where_people_wait() -> None:
    """Half of the money is for a queue that nobody joins; pooled at the year's end it reaches the other."""
    sets = (
        "allocations={a: {shares: {poultry: 0.5, fish: 0.5}}}",
        "fund.tranches_mln_kzt={2026: 400, 2027: 400}",
        "fund.revolving=false",
        "instrument.fish.applications_*=0",
        "instrument.poultry.applications_*=300",
        "committee.cutoff_dscr=0",
        "committee.files_per_month=500",
    )
    lent = {}
    for unspent in ("carry_over", "pool"):
        state, _world, _p = run("a", {}, sets=(*sets, f"fund.unspent={unspent}"))
        counts = state.counts["disbursed_kzt"].reshape(-1, 5)
        assert counts.sum() == counts[row("instrument", "poultry")].sum()
        lent[unspent] = counts[row("instrument", "poultry")]
        pooled_at = state.lines["time"][state.lines["what"] == L_POOLED]
        assert pooled_at.tolist() == ([12.0, 24.0, 36.0, 48.0] if unspent == "pool" else [])
    assert lent["pool"][0] == lent["carry_over"][0]
    assert lent["pool"][1] > lent["carry_over"][1] + 190_000_000
