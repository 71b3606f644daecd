from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.model import fund
from sim.model.state import Counts, Envelope, Fund
from sim.model.world import Plan
from sim.parameters.records import rows

FloatArray = NDArray[np.float64]


def cumulated(shares: list[float]) -> FloatArray:
    """Cumulate shares as a plan does: 1 from the last instrument with a share on."""
    upto = np.cumsum(shares)
    upto[np.flatnonzero(shares)[-1] :] = 1.0
    return upto


def plan(shares: list[list[float]], tranche: list[int]) -> Plan:
    upto = np.array([cumulated(row) for row in shares])
    return Plan(np.array(tranche, np.int64), upto, np.ones(upto.shape, np.int64), revolving=1, lapse=0)


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
