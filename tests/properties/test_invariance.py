"""What must not matter, compared to the last bit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from sim.experiment.study import Columns
from sim.model.world import World
from tests.properties.studies import FUNDS_OWN, Rows, of, rows, study

TABLES = ("replications", "yearly", "districts", "instruments")
NO_MONEY = ("fund.tranches_mln_kzt={2026: 0, 2027: 0, 2028: 0}", "fund.revolving=false")
ONLY_GREENHOUSES = "allocations={only: {shares: {greenhouse: 1}}}"
NOBODY_APPLIES = (
    "instrument.greenhouse.applications_first_year=0",
    "instrument.greenhouse.applications_later=0",
    ONLY_GREENHOUSES,
)


def equal_to_the_counterfactual(result: dict[str, Columns], allocation: str) -> bool:
    """Tell whether nothing differs but what is marked as the fund's own."""
    own = {o.name for o in study().tables.outcomes if o.fund_own} | set(FUNDS_OWN)
    left = {
        table: [
            {key: {n: v for n, v in row.items() if n not in own} for key, row in of(rows(result[table]), name).items()}
            for name in (allocation, "no_programme")
        ]
        for table in ("replications", "yearly", "districts")
    }
    assert all(len(lines[0]) > 0 for lines in left.values())
    return all(mine == other for mine, other in left.values())


@pytest.mark.parametrize("unspent", ["carry_over", "lapse"])
@pytest.mark.parametrize("number", [0, 1, 70])
def test_no_money_no_change(number: int, unspent: str) -> None:
    made = study(*NO_MONEY, f"fund.unspent={unspent}")
    result = made.replicate(number)
    assert [equal_to_the_counterfactual(result, name) for name in made.allocations] == [True] * 5


@pytest.mark.parametrize("unspent", ["carry_over", "lapse"])
@pytest.mark.parametrize("revolving", ["true", "false"])
@pytest.mark.parametrize("number", [0, 1, 70])
def test_money_that_nobody_asks_for_changes_nothing(number: int, revolving: str, unspent: str) -> None:
    made = study(*NOBODY_APPLIES, f"fund.unspent={unspent}", f"fund.revolving={revolving}")
    result = made.replicate(number)
    assert equal_to_the_counterfactual(result, "only")
    unspent_kzt = rows(result["replications"])["only", number, number]["money_unspent_kzt_nominal"]
    assert unspent_kzt == 3_200_000_000


def test_money_that_somebody_asks_for_changes_every_table() -> None:
    """Else the two tests above could not fail."""
    result = study(ONLY_GREENHOUSES).replicate(0)
    assert not equal_to_the_counterfactual(result, "only")
    for table in ("replications", "yearly", "districts"):
        both = rows(result[table])
        assert of(both, "only") != of(both, "no_programme")


def test_shares_for_all_years_and_the_same_shares_year_by_year_are_one() -> None:
    split = "{dairy_family: 0.4, greenhouse: 0.1, milk_plant: 0.3, water_saving: 0.2}"
    written = (
        split,
        f"{{2026: {split}}}",
        f"{{2026: {split}, 2028: {split}}}",
        "{" + ", ".join(f"{year}: {split}" for year in range(2026, 2031)) + "}",
    )
    results = [study(f"allocations={{a: {{shares: {shares}}}}}").replicate(1) for shares in written]
    assert results[1:] == results[:1] * 3


A, B, C = "{shares: {dairy_family: 1}}", "{shares: {greenhouse: 0.5, milk_plant: 0.5}}", "{shares: {water_saving: 1}}"


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (f"allocations={{b: {B}, a: {A}}}", {"a": "a", "b": "b"}),
        (f"allocations={{c: {C}, a: {A}, d: {C}, b: {B}}}", {"a": "a", "b": "b"}),
        (f"allocations={{zz: {A}, b: {B}}}", {"a": "zz", "b": "b"}),
        (f"allocations={{b: {A}, a: {B}}}", {"a": "b", "b": "a"}),
        (f"allocations={{a: {A}}}", {"a": "a"}),
    ],
    ids=["reordered", "added", "renamed", "exchanged", "left out"],
)
def test_what_another_allocation_is_or_is_called_changes_no_row(other: str, names: dict[str, str]) -> None:
    before = study(f"allocations={{a: {A}, b: {B}}}").replicate(2)
    after = study(other).replicate(2)
    for table in TABLES:
        for old, new in (names | {"no_programme": "no_programme"}).items():
            assert of(rows(before[table]), old) == of(rows(after[table]), new)


def before(result: dict[str, Columns], table: str, year: int) -> Rows:
    """Return the rows of the years before one."""
    kept = {key: row for key, row in rows(result[table]).items() if key[-1] < year}
    assert kept
    return kept


EARLY = "2026: {dairy_family: 0.5, greenhouse: 0.5}"
FROM_2028_ON = {
    "shares": (
        f"allocations={{a: {{shares: {{{EARLY}}}}}}}",
        f"allocations={{a: {{shares: {{{EARLY}, 2028: {{dairy_family: 1}}}}}}}}",
    ),
    "new instrument": (
        f"allocations={{a: {{shares: {{{EARLY}}}}}}}",
        f"allocations={{a: {{shares: {{{EARLY}, 2028: {{milk_plant: 1}}}}}}}}",
    ),
    "tranche": (
        "fund.tranches_mln_kzt={2026: 1000, 2027: 1200}",
        "fund.tranches_mln_kzt={2026: 1000, 2027: 1200, 2028: 9000}",
    ),
    "inflation": ("cpi.inflation_2028=0", "cpi.inflation_2028=0.5"),
    "lend_until": ("fund.lend_until=2027-12", "fund.lend_until=2029-12"),
}


@pytest.mark.parametrize("case", FROM_2028_ON)
def test_what_differs_from_2028_on_changes_no_year_before(case: str) -> None:
    one, other = (study(text).replicate(3) for text in FROM_2028_ON[case])
    assert before(one, "yearly", 2028) == before(other, "yearly", 2028)
    assert rows(one["yearly"]) != rows(other["yearly"])


@pytest.mark.parametrize("case", ["shares", "new instrument", "tranche", "inflation"])
def test_nor_the_table_of_instruments_before(case: str) -> None:
    one, other = (study(text).replicate(3) for text in FROM_2028_ON[case])
    assert before(one, "instruments", 2028) == before(other, "instruments", 2028)


def test_a_longer_horizon_changes_no_year_before_the_shorter_one() -> None:
    one, other = (study(f"years={years}", "fund.lend_until=2028-12").replicate(3) for years in (3, 5))
    assert before(one, "yearly", 2029) == before(other, "yearly", 2029)


def test_nor_the_table_of_instruments() -> None:
    one, other = (study(f"years={years}", "fund.lend_until=2028-12").replicate(3) for years in (3, 5))
    assert before(one, "instruments", 2029) == before(other, "instruments", 2029)


def test_without_uncertain_parameters_all_draws_are_the_centre_and_only_luck_is_left() -> None:
    certain = study("uncertain=[]")
    points = [certain.point(number) for number in (0, 1, 63, 64)]
    assert all((point == certain.centre).all() for point in points)
    assert rows(certain.replicate(0)["yearly"]) != rows(certain.replicate(1)["yearly"])


def test_fixing_one_parameter_moves_no_other() -> None:
    free, fixed = study(), study("market.milk.price=200")
    place = free.layout.index["market.milk.price"]
    for number in (0, 63, 64):
        mine, other = free.point(number), fixed.point(number)
        assert np.flatnonzero(mine != other).tolist() == [place]
        assert other[place] == 200.0


def test_a_replication_is_the_same_alone_and_among_many() -> None:
    alone = study("years=5").replicate(7)
    fresh = study("years=5", "monte_carlo.replications=512")
    among = [fresh.replicate(number) for number in (6, 130, 7, 0)]
    assert among[2] == alone
    assert among[0] != alone


def test_no_run_leaves_a_trace_in_the_world_or_the_next_run() -> None:
    made = study()
    world, parameters = made.simulation.world(made.point(4), 4)
    sums = checksums(world), checksums(parameters)
    states = [made.simulation.run(name, world, parameters)[0] for name in ("current", "water_first", "current")]
    assert (checksums(world), checksums(parameters)) == sums
    contents = [checksums(state) for state in states]
    assert contents[2] == contents[0]
    assert contents[1] != contents[0]


def checksums(arrays: World) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest() for array in arrays]
