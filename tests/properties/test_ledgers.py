"""Every ledger closes in any scenario, and no entry can be missing without a ledger saying so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.experiment.study import Study
from sim.model import ledger
from sim.model.state import (
    ABANDONED,
    APPROVED,
    BUILDING,
    DIVERTED,
    LOAN,
    NOTHING,
    OPERATING,
    OWN,
    REJECTED,
    SEIZED,
    WAITING,
    WITHDRAWN,
    State,
)
from sim.model.world import Structure, World
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
    "instrument.*.term_months": st.integers(19, 60),  # the grace of the tables goes up to 18
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


@settings(max_examples=200)
@given(scenarios(), st.integers(0, 200))
def test_every_ledger_closes_in_any_scenario(sets: list[str], number: int) -> None:
    made = Study(load(SMALL, sets=sets))
    world, parameters = made.simulation.world(made.point(number), number)
    for name in made.allocations:
        state, status = made.simulation.run(name, world, parameters)
        assert ledger.faults(state, world, made.simulation.structure) == []
        assert status == 0
        the_years_agree_with_the_books(state)
        lives_go_forward(state, world)


def the_years_agree_with_the_books(state: State) -> None:
    for book, table in (("produced", "milk_kg"), ("processed", "processed_kg")):
        assert state.flows[table].sum() == pytest.approx(state.balance[book].sum(), rel=1e-9)
    assert state.flows["water_used_m3"].sum() == pytest.approx(state.land["used"].sum(), rel=1e-9)


def lives_go_forward(state: State, world: World) -> None:
    files, arrival = state.files, world.person["arrival"]
    lent = files["finance"] == LOAN
    assert (lent == (state.loans["principal"] > 0)).all()
    assert (arrival[lent] <= files["approved_at"][lent]).all()
    assert (files["approved_at"][lent] <= files["funded_at"][lent]).all()
    own = files["finance"] == OWN
    assert (world.person["own_due"][own] <= files["funded_at"][own]).all()
    assert (world.person["own_due"][own] > files["funded_at"][own] - 1.0).all()  # at the first meeting
    opened = np.isfinite(files["operating_at"])
    assert (files["funded_at"][opened] + world.person["build_months"][opened] <= files["operating_at"][opened]).all()


@pytest.fixture(scope="module")
def books() -> list[tuple[State, World, Structure]]:
    """Return finished states, one or the other of which has an entry in every book.

    Three years, and less water than there is: so that 1e-9 of all is less than a kg or a cubic metre.
    """
    common = (
        "years=3",
        "loan.default_months=1",
        "loan.recovery_months=3",
        "loan.strategic_per_year=0.2",
        "loan.annuity=1",
        "processing.milk.outlet_price_kzt_kg=180",
        "water.limit_m3=800000000",
        "water.irrigated_ha=100000",
        "water.saving_ha=20000",
    )
    made = []
    for sets in (
        ("fund.unspent=lapse", "fund.lend_until=2028-12"),
        ("fund.revolving=false", "fund.lend_until=2027-06"),
    ):
        one = study(*common, *sets)
        world, parameters = one.simulation.world(one.point(0), 0)
        state, status = one.simulation.run("current", world, parameters, check=True)
        assert status == 0
        made.append((state, world, one.simulation.structure))
    return made


def copied(state: State) -> State:
    return State(*(array.copy() for array in state))


def opens(books: list[tuple[State, World, Structure]], table: str, field: str, name: str) -> list[bool]:
    """Tell for several entries of a book whether the ledger misses one unit of it."""
    found = []
    for state, world, structure in books:
        places = [tuple(place) for place in np.argwhere(getattr(state, table)[field] >= 1)]
        for place in places[:: max(1, len(places) // 3)]:
            short = copied(state)
            getattr(short, table)[field][place] -= 1
            found.append(any(fault.startswith(name) for fault in ledger.faults(short, world, structure)))
    assert found, "nothing is booked here"
    return found


ENTRIES = {
    ("fund", "money"): "collected tranches principal interest recovered disbursed lapsed returned",
    ("envelopes", "money"): "tranche relent",
    ("loans", "loan"): "principal outstanding not_due repaid recovered written_off behind due_interest due_principal",
    ("loans", "money"): "principal repaid recovered",
    ("counts", "candidates"): "approved funded own_money",
    ("counts", "money"): "planned_kzt disbursed_kzt lapsed_kzt repaid_kzt defaulted_kzt",
    ("animals", "animals"): "born bought died slaughtered",
    ("work", "animals"): "herd",
    ("balance", "product"): "produced home processed informal exported lost",
    ("land", "water"): "entitled used unused",
    ("land", "land"): "funded",
}


def cases(entries: dict[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    return [(table, field, name) for (table, name), fields in entries.items() for field in fields.split()]


@pytest.mark.parametrize(("table", "field", "name"), cases(ENTRIES))
def test_one_unit_less_anywhere_opens_the_ledger(
    books: list[tuple[State, World, Structure]], table: str, field: str, name: str
) -> None:
    assert all(opens(books, table, field, name))


def test_one_head_less_in_a_household_herd_opens_the_ledger(books: list[tuple[State, World, Structure]]) -> None:
    state, world, structure = books[0]
    for place in np.ndindex(state.herds.shape):
        short = copied(state)
        short.herds[place] -= 1.0
        assert [fault[:7] for fault in ledger.faults(short, world, structure)] == ["animals"]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (OPERATING, WAITING),
        (OPERATING, REJECTED),
        (DIVERTED, APPROVED),
        (WAITING, BUILDING),
        (REJECTED, OPERATING),
        (OPERATING, -1),
        (WAITING, 10),
        (WAITING, REJECTED),
        (REJECTED, WITHDRAWN),
        (APPROVED, WAITING),
        (OPERATING, ABANDONED),
        (SEIZED, OPERATING),
        (DIVERTED, OPERATING),
    ],
)  # fmt: skip
def test_a_candidate_in_the_wrong_state_opens_the_ledger(
    books: list[tuple[State, World, Structure]], was: int, becomes: int
) -> None:
    state, world, structure = books[0]
    wrong = copied(state)
    wrong.files["status"][np.flatnonzero(state.files["status"] == was)[0]] = becomes
    assert any(fault.startswith("candidates") for fault in ledger.faults(wrong, world, structure))


@pytest.mark.parametrize(("was", "becomes"), [(LOAN, OWN), (OWN, LOAN), (LOAN, NOTHING), (NOTHING, OWN)])
def test_a_candidate_with_the_wrong_money_opens_the_ledger(
    books: list[tuple[State, World, Structure]], was: int, becomes: int
) -> None:
    state, world, structure = books[0]
    wrong = copied(state)
    wrong.files["finance"][np.flatnonzero(state.files["finance"] == was)[0]] = becomes
    assert any(fault.startswith("candidates") for fault in ledger.faults(wrong, world, structure))


def test_a_candidate_who_never_came_opens_the_ledger(books: list[tuple[State, World, Structure]]) -> None:
    state, world, structure = books[0]
    people = world.person.copy()
    people["arrival"][np.flatnonzero(state.files["finance"] == LOAN)[0]] = np.inf
    assert ledger.faults(state, world._replace(person=people), structure) == [
        "candidates: one was seen who never arrived"
    ]


@pytest.mark.parametrize(
    ("table", "more", "less", "amount", "name"),
    [
        ("balance", "informal", "processed", 1e12, "product 0: a negative flow"),
        ("land", "used", "unused", 1e12, "water of district 0"),
        ("envelopes", "tranche", "relent", 10**12, "money: an envelope is overdrawn"),
    ],
)
def test_what_agrees_in_sum_but_cannot_be_opens_the_ledger(
    books: list[tuple[State, World, Structure]], table: str, more: str, less: str, amount: float, name: str
) -> None:
    state, world, structure = books[0]
    wrong = copied(state)
    getattr(wrong, table)[more][0] += amount
    getattr(wrong, table)[less][0] -= amount
    assert [fault.startswith(name) for fault in ledger.faults(wrong, world, structure)] == [True]


def test_more_hectares_than_there_are_open_the_ledger(books: list[tuple[State, World, Structure]]) -> None:
    state, world, structure = books[0]
    wrong = copied(state)
    wrong.land["adopted"][3] = world.base["irrigated"][3] - wrong.land["funded"][3] + 1.0
    assert ledger.faults(wrong, world, structure) == ["land: more hectares converted than irrigated"]
