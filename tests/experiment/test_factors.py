"""What `--vary` says, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import InputError
from sim.experiment.factors import Factor, factors_of
from sim.scenario import Pert, Uniform, load, tables_for
from tests.properties.studies import DEFAULT

SCENARIO = load(DEFAULT)
TABLES = tables_for(SCENARIO)


def factors(*texts: str, levels: bool = False) -> list[Factor]:
    return factors_of(SCENARIO, TABLES, texts, levels=levels)


def test_n_values_from_a_to_b_hold_both_ends() -> None:
    [factor] = factors("loan.rate=0.02:0.1:5", levels=True)
    assert factor.levels == (0.02, 0.04, 0.06, 0.08, 0.1)
    assert not factor.structural


def test_a_list_may_hold_words_where_a_field_takes_them() -> None:
    rate, queue = factors("loan.rate=0.02,0.05,0.18", "fund.queue=first_come,merit", levels=True)
    assert rate.levels == (0.02, 0.05, 0.18)
    assert queue.levels == ("first_come", "merit")
    assert queue.structural


def test_a_range_is_uniform_and_a_path_alone_keeps_its_own_distribution() -> None:
    rate, price = factors("loan.rate=0.02:0.1", "market.milk.price")
    quantity = TABLES.quantities["market.milk.price"]
    assert rate.prior == Uniform(low=0.02, high=0.1)
    assert price.prior == Pert(low=quantity.low, mode=quantity.central, high=quantity.high)
    assert rate.values(np.array([0.25, 0.5])) == pytest.approx([0.04, 0.06])


def test_a_glob_stands_for_all_uncertain_numbers_that_it_matches() -> None:
    paths = [factor.path for factor in factors("market.*.price")]
    assert "market.milk.price" in paths
    assert all(TABLES.quantities[path].uncertain for path in paths)


def test_a_glob_leaves_out_what_the_scenario_has_fixed() -> None:
    fixed = load(DEFAULT, sets=["market.milk.price=200"])
    paths = [factor.path for factor in factors_of(fixed, TABLES, ["market.*.price"], levels=False)]
    assert "market.milk.price" not in paths
    assert "market.cattle.price" in paths


def test_levels_of_a_sampled_factor_get_equal_parts_of_the_unit_interval() -> None:
    [factor] = factors("fund.queue=first_come,merit")
    assert factor.values(np.array([0.01, 0.49, 0.5, 0.99])) == ("first_come", "first_come", "merit", "merit")


@pytest.mark.parametrize(
    ("text", "levels", "told"),
    [
        (
            "loan.rat=0.1,0.2",
            True,
            "there is no such path in the tables or the scenario; did you mean loan.rate?",
        ),
        ("loan.rate=2:0.1:3", True, "write two rising numbers, such as 0.02:0.05, not 2:0.1; a decimal has a point"),
        ("loan.rate=0:3:3", True, "1.5 is outside its legal bounds, 0 to 0.5"),
        ("loan.rate=0.02:0.05:1", True, "a:b:n takes a whole number of values from 2 on, not n = 1"),
        ("loan.rate=0.02:0.05", True, "say which values: loan.rate=a:b:n, or a list"),
        ("loan.rate=0.02,high", True, "must be a number, not 'high'"),
        ("loan.rate=0.02,0.02", True, "0.02 stands twice"),
        ("loan.rate=0.02,", True, "a value is empty"),
        ("loan.rate=1:2:3:4", True, "write a:b:n, a:b or a list"),
        ("fund.queue=merit,fast", True, "must be first_come or merit, not the text 'fast'"),
        ("fund.queue=a:b", False, "takes whole numbers or words"),
        ("years=5,99", True, "must be at most 50, not 99"),
        ("monte_carlo.seed=1,2", True, "changes no result, or cannot vary within one design"),
        ("loan.rate", False, "does not vary in this scenario: say between which values, loan.rate=a:b"),
        ("market.mulk.*", False, "matches no uncertain number of the tables"),
    ],
)
def test_what_cannot_vary_so_is_refused_by_its_path(text: str, levels: bool, told: str) -> None:
    with pytest.raises(InputError) as refusal:
        factors(text, levels=levels)
    assert str(refusal.value).startswith("--vary: ")
    assert told in str(refusal.value)
    assert refusal.value.exit_code == 2


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as refusal:
        factors("loan.rat=1,2", "loan.rate=0.1,9", "loan.rate=0.1,0.2", "loan.rate=0.1,0.2", levels=True)
    lines = str(refusal.value).splitlines()
    assert len(lines) == 3
    assert lines[2].endswith("is varied twice: state it once")
