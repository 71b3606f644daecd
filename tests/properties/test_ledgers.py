"""Every ledger closes in any scenario, and no entry can be missing without a ledger saying so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from sim import outcomes
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
from sim.outcomes import Finished
from sim.scenario import load
from tests.properties.studies import SMALL, study

TABLES = study().tables
INSTRUMENTS = [instrument.name for instrument in TABLES.instruments]
NOT_FREE = ("season.", "correlation.", "water.saving_ha", "water.irrigated_ha")
FREE = [
    path
    for path, quantity in TABLES.quantities.items()
    if quantity.min < quantity.max
    and not path.startswith(NOT_FREE)
    and not path.endswith(("_months", "_first_year", "_later"))
]
"""Numbers that may take any legal value whatever the others are, and that make no run longer."""
GROUPS = sorted({path.rsplit(".", 1)[0] for path in FREE} | {path.split(".")[0] for path in FREE})
LONGEST_GRACE = int(max(q.high for path, q in TABLES.quantities.items() if path.endswith(".grace_months")))
MONTHS = {
    "loan.default_months": st.integers(1, 12),
    "loan.recovery_months": st.integers(1, 30),
    "loan.collateral_months": st.floats(0.0, 12.0),
    "committee.patience_months": st.floats(0.5, 30.0),
    "portfolio.months_left": st.integers(1, 80),
    "shock.outbreak_months": st.floats(0.1, 60.0),
    "processing.*.closure_months": st.floats(0.05, 12.0),
    "stock.*.settle_months": st.floats(0.05, 24.0),
    "instrument.*.grace_months": st.integers(0, 5),
    "instrument.*.term_months": st.integers(LONGEST_GRACE + 1, 80),
    "instrument.*.ramp_months": st.integers(1, 24),
    "instrument.water_saving.refund_months": st.floats(0.0, 40.0),
}
FEW = tuple(f"instrument.*.applications_{when}={{uniform: {{low: 4, high: 9}}}}" for when in ("first_year", "later"))


@st.composite
def shares(draw: st.DrawFn) -> str:
    """One year's split in thousandths, so that it adds up to 1 as it is written."""
    chosen = draw(st.lists(st.sampled_from(INSTRUMENTS), min_size=1, max_size=6, unique=True))
    cuts = sorted(draw(st.lists(st.integers(0, 1000), min_size=len(chosen) - 1, max_size=len(chosen) - 1)))
    parts = np.diff([0, *cuts, 1000])
    return "{" + ", ".join(f"{name}: {part / 1000}" for name, part in zip(chosen, parts, strict=True)) + "}"


@st.composite
def scenarios(draw: st.DrawFn) -> list[str]:
    years = draw(st.integers(1, 5))
    named = range(2026, 2026 + years)
    later = draw(st.sets(st.sampled_from(named)))
    money = draw(st.dictionaries(st.sampled_from(named), st.floats(0.0, 2000.0)))
    until = draw(st.integers(max(money, default=2026), 2026 + years))
    split = ", ".join(f"{year}: {draw(shares())}" for year in sorted(later | {2026}))
    chosen = draw(st.sets(st.sampled_from(sorted(MONTHS)), max_size=6))
    return [
        *FEW,
        f"years={years}",
        "fund.tranches_mln_kzt={" + ", ".join(f"{year}: {amount:.7f}" for year, amount in money.items()) + "}",
        f"fund.lend_until={until}-{draw(st.integers(1, 12)):02}",
        f"fund.revolving={str(draw(st.booleans())).lower()}",
        f"fund.unspent={draw(st.sampled_from(['carry_over', 'pool', 'lapse']))}",
        f"fund.queue={draw(st.sampled_from(['first_come', 'merit']))}",
        f"fund.district_order={draw(st.sampled_from(['none', 'rural_population', 'poverty', 'herd']))}",
        f"allocations={{a: {{shares: {{{split}}}}}}}",
        *(f"{path}={draw(MONTHS[path])!r}" for path in sorted(chosen)),
    ]


@st.composite
def extremes(draw: st.DrawFn) -> dict[str, float]:
    """Some numbers of a few groups anywhere in their legal bounds, most at one of them."""
    values: dict[str, float] = {}
    for group in draw(st.lists(st.sampled_from(GROUPS), max_size=3, unique=True)):
        paths = [path for path in FREE if path.startswith(f"{group}.")]
        for path in draw(st.lists(st.sampled_from(paths), min_size=1, max_size=8, unique=True)):
            quantity = TABLES.quantities[path]
            part = draw(st.sampled_from([0.0, 0.0, 0.03, 0.3, 0.7, 1.0, 1.0]))
            value = quantity.min + part * (quantity.max - quantity.min)
            values[path] = float(round(value)) if quantity.integer else value
    return values


QUIET = [*FEW, "years=2", "fund.lend_until=2027-12", "fund.tranches_mln_kzt={2026: 900}"]


# Without shrinking, which would take minutes: an example that fails is told as it is.
@settings(max_examples=120, phases=[Phase.explicit, Phase.generate])
@given(scenarios(), extremes(), st.integers(0, 200))
@example(QUIET, {"instrument.feedlot.intake_heads_per_unit_year": 0.0}, 0)
@example(QUIET, {"instrument.feedlot.units": 0.0, "committee.cutoff_dscr": 0.0}, 0)
@example(QUIET, {"shock.outbreak_loss": TABLES.quantities["shock.outbreak_loss"].max, "shock.outbreak_year": 1.0}, 0)
@example(QUIET, {"herd.cattle.drought_yield_loss": 3.0, "water.index_sd_log": 1.0}, 0)
def test_every_ledger_closes_in_any_scenario(sets: list[str], values: dict[str, float], number: int) -> None:
    made = Study(load(SMALL, sets=sets))
    point = made.point(number)
    for path, value in values.items():
        point[made.layout.index[path]] = value
    world, parameters = made.simulation.world(point, number)
    finished = []
    for name in (made.allocations[0], made.allocations[-1]):
        state, status = made.simulation.run(name, world, parameters)
        assert ledger.faults(state, world, made.simulation.structure) == []
        assert status == 0
        the_years_agree_with_the_books(state, world, made.simulation.structure)
        lives_go_forward(state, world)
        finished.append(Finished(state, world, parameters, made.simulation.structure, TABLES.products, SPECIES))
    what_must_exist_is_a_number(finished)


SPECIES = TABLES.entities("herd")
NULLABLE = {outcome.name for outcome in TABLES.outcomes if outcome.nullable}


def what_must_exist_is_a_number(runs: list[Finished]) -> None:
    rows = [outcomes.overall(one, runs[-1], (0.05, 0.08, 0.12)) for one in runs]
    assert {name for row in rows for name, value in row.items() if value is None} <= NULLABLE
    assert [name for row in rows for name, value in row.items() if value is not None and not np.isfinite(value)] == []


def the_years_agree_with_the_books(state: State, world: World, structure: Structure) -> None:
    for q, table in ((structure.milk, "milk_kg"), (structure.meat, "meat_kg")):
        assert state.flows[table].sum() == pytest.approx(state.balance["produced"][q], rel=1e-9)
        assert state.processed[:, q].sum() == pytest.approx(state.balance["processed"][q], rel=1e-9)
        # What is processed is at most what the plants could take, in every year.
        by_year = [table[:, q].reshape(structure.years, -1).sum(axis=1) for table in (state.processed, state.capacity)]
        assert (by_year[0] <= by_year[1] * (1.0 + 1e-9)).all()
    assert state.flows["water_used_m3"].sum() == pytest.approx(state.land["used"].sum(), rel=1e-9)
    last = state.heads[-world.base.shape[0] :].sum(axis=0)
    closing = state.herds.sum(axis=(0, 2, 3))
    for species in range(len(closing)):
        mine = structure.species[world.person["instrument"]] == species
        assert last[species] == pytest.approx(closing[species] + state.work["herd"][mine].sum(), rel=1e-9)
    assert min(state.herds.min(), state.work["herd"].min(), state.kept.min()) >= -1e-9


def lives_go_forward(state: State, world: World) -> None:
    files, arrival = state.files, world.person["arrival"]
    lent = files["finance"] == LOAN
    assert (lent == (state.loans["principal"] > 0)).all()
    assert (arrival[lent] <= files["approved_at"][lent]).all()
    assert (files["approved_at"][lent] + world.person["pledge_months"][lent] <= files["funded_at"][lent]).all()
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
        "shock.jut_year=0.5",
        "processing.*.informal_elasticity=0.5",
        "processing.milk.outlet_price_kzt_kg=190",
        "processing.meat.outlet_price_kzt_kg=1200",
        "water.limit_m3=800000000",
        "water.irrigated_ha=100000",
        "water.saving_ha=20000",
    )
    made = []
    for sets in (
        ("fund.unspent=lapse", "fund.lend_until=2028-12"),
        ("fund.revolving=false", "fund.lend_until=2028-12", "fund.tranches_mln_kzt={2026: 1200, 2028: 9000}",
         "loan.default_months=6"),
    ):  # fmt: skip
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
    ("fund", "money"): "collected tranches principal interest recovered disbursed lapsed returned old_left old_repaid "
    "old_interest old_lost",
    ("envelopes", "money"): "tranche relent",
    ("loans", "loan"): "principal outstanding not_due repaid recovered written_off overdue due_principal older",
    ("loans", "money"): "principal repaid recovered",
    ("counts", "candidates"): "approved funded commissioned own_money",
    ("counts", "money"): "planned_kzt disbursed_kzt lapsed_kzt repaid_kzt defaulted_kzt",
    ("years", "money"): "vintage_defaults vintage_defaulted",
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
