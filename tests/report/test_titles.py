"""The sentence above a figure says what the numbers say, and no more."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.report.titles import comparison, largest, money_out, rank
from tests.report.made_up import outcome, scenario

SCENARIO = scenario({"a": {"en": "Split A"}, "b": {"en": "Split B"}}, 100)
INCOME = outcome("income", decimals=0, shown_unit="tenge a month")


def values(a: np.ndarray | float, b: np.ndarray | float, none: np.ndarray | float = 0.0) -> pd.DataFrame:
    """Return 100 pairs."""
    return pd.DataFrame({name: np.zeros(100) + v for name, v in {"a": a, "b": b, "no_programme": none}.items()})


def sentence(table: pd.DataFrame, item=INCOME) -> str:  # type: ignore[no-untyped-def]
    """Return the title with plain spaces."""
    return comparison(rank(table, item), item, "income", SCENARIO).replace("\u2009", " ")


def test_clear_winner() -> None:
    b = np.where(np.arange(100) < 75, 1310.0, 900.0)
    assert sentence(values(1000.0, b, 1000.0)) == (
        "Split B raises income most: +310 tenge a month over no programme (median); it is best in 75 % of replications"
    )


def test_no_clear_winner() -> None:
    b = np.where(np.arange(100) < 55, 1310.0, 900.0)
    assert sentence(values(1000.0, b, 500.0)) == (
        "No split is clearly best for income: Split B is best most often, but only in 55 % of replications, "
        "at +810 tenge a month over no programme (median)"
    )


def test_less_is_better() -> None:
    item = outcome("poverty", better="less", scale=100.0, shown_unit="% of rural people")
    assert sentence(values(0.07, 0.06, 0.08), item) == (
        "Split B lowers income most: \u22122.0 percentage points over no programme (median); "
        "it is best in 100 % of replications"
    )


def test_a_winner_that_does_harm_is_not_praised() -> None:
    assert sentence(values(-30.0, -50.0)) == (
        "Split A does least harm to income: \u221230 tenge a month over no programme (median); "
        "it is best in 100 % of replications"
    )


def test_equal_splits() -> None:
    assert sentence(values(5.0, 5.0)) == "All splits give the same income"


def test_ties_are_shared() -> None:
    b = np.where(np.arange(100) < 50, 5.0, 6.0)
    assert rank(values(5.0, b), INCOME).best == {"a": 0.25, "b": 0.75}


def test_increments_are_their_own_difference_even_where_the_counterfactual_is_null() -> None:
    table = values(10.0, 20.0, np.nan)
    assert "+20" in sentence(table, outcome("jobs", increment=True, decimals=0, shown_unit="jobs"))
    assert sentence(table).startswith("Income: too few replications (0)")


def test_pairs_with_a_missing_value_are_left_out() -> None:
    b = np.where(np.arange(100) < 40, np.nan, 20.0)
    ranking = rank(values(10.0, b), INCOME)
    assert (ranking.n, ranking.best["b"]) == (60, 1.0)


def test_few_replications_are_not_ranked() -> None:
    assert sentence(values(1.0, 2.0).head(29)) == "Income: too few replications (29) for a comparison"


@pytest.mark.parametrize(
    ("gains", "start"),
    [
        (np.ones(100), "Split A raises income: +1 tenge a month over no programme (median), better in 100 %"),
        (np.where(np.arange(100) < 51, 1.0, -9.0), "Split A does not clearly improve income: +1 tenge"),
    ],
)
def test_a_single_split_is_compared_to_no_programme(gains: np.ndarray, start: str) -> None:
    assert sentence(values(gains, 0.0).drop(columns="b")).startswith(start)


def test_largest_names_year_and_split() -> None:
    medians = pd.DataFrame({"a": [1e9, 3e9], "b": [2e9, 2e9]}, index=[2026, 2027])
    loans = outcome("loans", scale=1e-9, shown_unit="bn tenge", better="")
    assert largest(medians, loans, "loans", SCENARIO) == (
        "Loans: the highest yearly median is 3.0 bn tenge, in 2027 under Split A"
    )
    assert largest(medians * np.nan, loans, "loans", SCENARIO) == "Loans: no values"


def test_money_counts_up_to_the_last_year_with_a_plan() -> None:
    planned = pd.DataFrame({"a": [100.0, 100.0, 0.0], "b": [100.0, 100.0, 0.0]}, index=[2026, 2027, 2028])
    disbursed = pd.DataFrame({"a": [50.0, 100.0, 50.0], "b": [90.0, 100.0, 10.0]}, index=planned.index)
    assert money_out(planned, disbursed, SCENARIO).replace("\u2009", " ") == (
        "By the end of 2027, 75 % of the money planned is disbursed under Split A and 95 % under Split B"
    )
    assert "75" in money_out(planned[["a"]], disbursed[["a"]], SCENARIO)
    assert money_out(planned * 0, disbursed, SCENARIO) == "No money is planned"


def test_what_is_the_funds_own_is_not_compared_with_no_programme() -> None:
    item = outcome("default_rate", better="less", scale=100.0, shown_unit="% of principal", fund_own=True)
    assert sentence(values(0.2, 0.15, np.nan), item) == (
        "Split B has the lowest income: 15.0 % of principal (median); it is best in 100 % of replications"
    )
    unclear = values(np.where(np.arange(100) < 45, 0.1, 0.2), 0.15, np.nan)
    assert sentence(unclear, item) == (
        "No split is clearly best for income: Split B is best most often, but only in 55 % of replications, "
        "at 15.0 % of principal (median)"
    )
    more = outcome("recovery", scale=100.0, shown_unit="%", fund_own=True)
    assert sentence(values(0.2, 0.15, 0.0), more).startswith("Split A has the highest income: 20.0 % (median)")
    assert sentence(values(0.2, 0.2, 0.0), more) == "All splits give the same income"
    assert sentence(values(0.2, 0.2, 0.0)[["a", "no_programme"]], more) == "Split A: income is 20.0 % (median)"
