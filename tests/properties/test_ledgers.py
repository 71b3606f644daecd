"""Every ledger closes in any scenario, and no entry can be missing without a ledger saying so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.experiment.study import Study
from sim.model import ledger
from sim.model.state import DEFAULTED, LOAN, RECOVERED, REPAYING, State
from sim.model.world import IRRIGATION, Structure, World
from sim.scenario import load
from tests.properties.studies import SMALL, study

INSTRUMENTS = ("dairy_family", "greenhouse", "milk_plant", "water_saving")


@st.composite
def shares(draw: st.DrawFn) -> str:
    """One year's split in thousandths, so that it adds up to 1 as it is written."""
    cuts = sorted(draw(st.lists(st.integers(0, 1000), min_size=3, max_size=3)))
    parts = np.diff([0, *cuts, 1000])
    named = zip(draw(st.permutations(INSTRUMENTS)), parts, strict=True)
    return "{" + ", ".join(f"{name}: {part / 1000}" for name, part in named) + "}"


NUMBERS = {
    "building.crews": st.integers(0, 300),
    "building.winter_share": st.floats(0.0, 1.0),
    "committee.files_per_month": st.integers(1, 60),
    "committee.patience_months": st.floats(0.5, 30.0),
    "loan.annuity": st.integers(0, 1),
    "loan.rate": st.floats(0.0, 0.5),
    "loan.default_months": st.integers(1, 12),
    "loan.recovery_months": st.integers(1, 30),
    "loan.collateral_loss": st.floats(0.0, 1.0),
    "loan.diverted_share": st.floats(0.0, 1.0),
    "loan.strategic_per_year": st.floats(0.0, 1.0),
    "loan.support_share": st.floats(0.0, 1.0),
    "loan.distress_share": st.floats(0.0, 1.0),
    "loan.buffer_months": st.floats(0.0, 60.0),
    "own_money.share": st.floats(0.0, 1.0),
    "stock.cattle.supply_heads_month": st.integers(0, 1000),
    "stock.cattle.market_heads": st.integers(1, 3000),
    "stock.cattle.local_share": st.floats(0.0, 1.0),
    "stock.cattle.settle_months": st.floats(0.05, 24.0),
    "processing.milk.closures_year": st.floats(0.0, 2.0),
    "processing.milk.informal_elasticity": st.floats(0.0, 5.0),
    "processing.milk.loss_share": st.floats(0.0, 0.5),
    "instrument.water_saving.ha": st.floats(0.0, 10_000.0),
    "instrument.*.grace_months": st.integers(0, 12),
    "instrument.*.term_months": st.integers(13, 60),
    "instrument.*.cost_mln_kzt": st.floats(1.0, 100.0),
    "cpi.inflation_2027": st.floats(-0.1, 1.0),
}


@st.composite
def scenarios(draw: st.DrawFn) -> list[str]:
    years = draw(st.integers(1, 6))
    named = range(2026, 2026 + years)
    later = draw(st.sets(st.sampled_from(named)))
    money = draw(st.dictionaries(st.sampled_from(named), st.floats(0.0, 4000.0)))
    split = ", ".join(f"{year}: {draw(shares())}" for year in sorted(later | {2026}))
    sets = [
        f"years={years}",
        "fund.tranches_mln_kzt={" + ", ".join(f"{year}: {amount:.7f}" for year, amount in money.items()) + "}",
        f"fund.lend_until={draw(st.integers(2026, 2026 + years))}-{draw(st.integers(1, 12)):02}",
        f"fund.revolving={str(draw(st.booleans())).lower()}",
        f"fund.unspent={draw(st.sampled_from(['carry_over', 'lapse']))}",
        f"allocations={{a: {{shares: {{{split}}}}}}}",
    ]
    chosen = draw(st.sets(st.sampled_from(sorted(NUMBERS)), max_size=12))
    return sets + [f"{path}={draw(NUMBERS[path])!r}" for path in sorted(chosen)]


@settings(max_examples=120)
@given(scenarios(), st.integers(0, 200))
def test_every_ledger_closes_in_any_scenario(sets: list[str], number: int) -> None:
    made = Study(load(SMALL, sets=sets))
    world, parameters = made.simulation.world(made.point(number), number)
    for name in made.allocations:
        state, status = made.simulation.run(name, world, parameters)
        assert ledger.faults(state, world, made.simulation.structure) == []
        assert status == 0
        the_tables_agree_with_the_books(state, made.simulation.structure)


def the_tables_agree_with_the_books(state: State, structure: Structure) -> None:
    counts, fund, loans, files = state.counts, state.fund, state.loans, state.files
    assert counts["planned_kzt"].sum() == fund["tranches"][0]
    assert counts["disbursed_kzt"].sum() == fund["disbursed"][0]
    assert counts["lapsed_kzt"].sum() == fund["lapsed"][0]
    assert counts["repaid_kzt"].sum() == fund["principal"][0] + fund["interest"][0]
    lost = np.isin(loans["state"], (DEFAULTED, RECOVERED))
    assert counts["defaulted_kzt"].sum() == (loans["principal"] - loans["repaid"])[lost].sum()
    assert counts["approved"].sum() == np.isfinite(files["approved_at"]).sum()
    assert ((loans["principal"] > 0) == (files["finance"] == LOAN)).all()
    for book, table in (("produced", "milk_kg"), ("processed", "processed_kg")):
        assert state.flows[table].sum() == pytest.approx(state.balance[book].sum(), rel=1e-9)
    assert state.flows["water_used_m3"].sum() == pytest.approx(state.land["used"].sum(), rel=1e-9)
    converted = state.work["output"][structure.first[3] : structure.first[4]].sum()
    assert structure.kind[3] == IRRIGATION
    assert state.land["funded"].sum() == pytest.approx(converted, rel=1e-9)


def good() -> tuple[State, World, Structure]:
    """Return a finished state in which every book has entries; two years, so that 1e-9 of all milk is below a kg."""
    made = study("years=2", "fund.lend_until=2027-09", "fund.tranches_mln_kzt={2026: 1000, 2027: 1200}",
                 "loan.default_months=1", "loan.recovery_months=3", "fund.unspent=lapse",
                 "processing.milk.outlet_price_kzt_kg=400", "loan.strategic_per_year=0.2", "years=2")  # fmt: skip
    world, parameters = made.simulation.world(made.point(0), 0)
    state, status = made.simulation.run("current", world, parameters, check=True)
    assert status == 0
    return state, world, made.simulation.structure


ENTRIES: list[tuple[str, str, str]] = [
    *(("fund", field, "money") for field in ("collected", "tranches", "principal", "interest", "recovered", "disbursed",
                                              "lapsed", "returned")),
    *(("envelopes", field, "money") for field in ("tranche", "relent")),
    *(("loans", field, "loan") for field in ("principal", "outstanding", "not_due", "repaid", "recovered",
                                              "written_off", "behind", "due_interest", "due_principal")),
    *(("loans", field, "money") for field in ("principal", "repaid", "recovered")),
    *(("files", field, "candidates") for field in ("status", "finance")),
    *(("counts", field, "candidates") for field in ("funded", "own_money")),
    *(("animals", field, "animals") for field in ("born", "bought", "died", "slaughtered")),
    *(("work", field, "animals") for field in ("herd",)),
    *(("balance", field, "product") for field in ("produced", "home", "processed", "informal", "exported", "lost")),
    *(("land", field, "water") for field in ("entitled", "used", "unused")),
]  # fmt: skip


@pytest.fixture(scope="module")
def books() -> tuple[State, World, Structure]:
    return good()


def copied(state: State) -> State:
    return State(*(array.copy() for array in state))


@pytest.mark.parametrize(("table", "field", "name"), ENTRIES)
def test_one_unit_less_anywhere_opens_the_ledger(
    books: tuple[State, World, Structure], table: str, field: str, name: str
) -> None:
    state, world, structure = books
    column = getattr(state, table)[field]
    places = [tuple(place) for place in np.argwhere(column >= 1)]
    assert places, "nothing is booked here"
    for place in {places[0], places[len(places) // 2], places[-1]}:
        short = copied(state)
        getattr(short, table)[field][place] -= 1
        found = ledger.faults(short, world, structure)
        assert [fault for fault in found if fault.startswith(name)], found


def test_one_head_less_in_a_household_herd_opens_the_ledger(books: tuple[State, World, Structure]) -> None:
    state, world, structure = books
    for place in np.ndindex(state.herds.shape):
        short = copied(state)
        short.herds[place] -= 1.0
        assert ledger.faults(short, world, structure) != []
