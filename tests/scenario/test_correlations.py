"""Rank correlations between parameters: what is refused, and what would be possible instead."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.data import load_tables
from sim.scenario import correlations, load
from tests.scenario.texts import BASE, edited, faults, written

MILK, CATTLE, FORAGE = "market.milk.price", "market.cattle.price", "market.forage.price"
TABLES = load_tables("zhetysu")
VARYING = BASE.replace("uncertain: [loan.*, instrument.dairy_family.*]\n", "")


def stating(*pairs: str) -> str:
    """Return a scenario in which all parameters vary, with these correlations from line 38 on."""
    return VARYING + "parameter_correlations:\n" + "".join(f"  - {pair}\n" for pair in pairs)


def test_correlations_are_kept_as_stated_and_survive_the_dump(folder: Path) -> None:
    scenario = load(written(folder, stating(f"[{MILK}, {CATTLE}, 0.4]", f"[{FORAGE}, {MILK}, -0.25]")))
    assert scenario.parameter_correlations == [(MILK, CATTLE, 0.4), (FORAGE, MILK, -0.25)]
    assert load(written(folder, scenario.dump(), "dump.yaml")) == scenario


def test_they_change_the_hash_but_not_by_their_order(folder: Path) -> None:
    def hash_of(*pairs: str) -> str:
        scenario = load(written(folder, stating(*pairs)))
        return scenario.inputs_hash(TABLES)

    both = hash_of(f"[{MILK}, {CATTLE}, 0.4]", f"[{FORAGE}, {MILK}, 0.2]")
    assert both == hash_of(f"[{MILK}, {FORAGE}, 0.20]", f"[{CATTLE}, {MILK}, .4]")
    assert both != hash_of(f"[{MILK}, {CATTLE}, 0.4]", f"[{FORAGE}, {MILK}, 0.3]")
    assert both != hash_of(f"[{MILK}, {CATTLE}, 0.4]")
    assert hash_of(f"[{MILK}, {CATTLE}, 0]") == load(written(folder, VARYING)).inputs_hash(TABLES)


def test_a_distribution_in_set_makes_a_certain_number_vary(folder: Path) -> None:
    certain = "set.loan.rate={uniform: {low: 0.01, high: 0.05}}"
    path = written(folder, stating(f"[loan.rate, {MILK}, 0.4]"))
    assert load(path, [certain]).parameter_correlations == [("loan.rate", MILK, 0.4)]


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (
            f"[{MILK}, market.catle.price, 0.4]",
            f"there is no path market.catle.price in the tables; did you mean {CATTLE}?",
        ),
        (f"[market.*.price, {MILK}, 0.4]", "market.*.price: write the full paths, a pattern cannot be correlated"),
        (f"[{MILK}, {MILK}, 0.4]", f"{MILK} cannot be correlated with itself"),
        (f"[{MILK}, {CATTLE}, 1]", "must be below 1, not 1"),
        (f"[{MILK}, {CATTLE}, -1.5]", "must be above -1, not -1.5"),
        (f"[{MILK}, {CATTLE}, high]", "must be a number, not the text 'high'"),
        (f"[{MILK}, {CATTLE}, 0,4]", "write 0.4, not 0,4"),
        (f"[{MILK}, 5, 0.4]", "must be text, not the number 5: put it in quotation marks"),
        *(
            (wrong, f"must be [path, path, correlation], such as [{MILK}, {CATTLE}, 0.4]")
            for wrong in (
                *(f"[{MILK}, {CATTLE}]", f"[{MILK}, 0.4]", "0.4", f"{{{MILK}: 0.4}}"),
                f"[{MILK}, {CATTLE}, 0.4, 0.4]",
            )
        ),
        (
            f"[{MILK}, loan.rate, 0.4]",
            "loan.rate does not vary, so that a correlation has no effect: "
            "set gives it the number 0.03, and no distribution",
        ),
        (
            f"[loan.mrp_kzt, {MILK}, 0.4]",
            "loan.mrp_kzt does not vary, so that a correlation has no effect: "
            "the tables give it no range, and set no distribution",
        ),
    ],
)
def test_a_pair_that_is_wrong_is_told(folder: Path, pair: str, told: str) -> None:
    assert faults(folder, stating(f"[{FORAGE}, {CATTLE}, 0.1]", pair)) == [f"x.yaml:39: parameter_correlations: {told}"]


def test_a_number_outside_uncertain_does_not_vary(folder: Path) -> None:
    text = edited(("outcomes: all", f"parameter_correlations:\n- [{MILK}, loan.grant_rate, 0.4]"))
    assert faults(folder, text) == [
        f"x.yaml:38: parameter_correlations: {MILK} does not vary, so that a correlation has no effect: "
        "it is not among those named in uncertain"
    ]


def test_all_wrong_pairs_are_told_at_once(folder: Path) -> None:
    pairs = (
        f"[{MILK}, {CATTLE}, 0.4]",
        f"[{CATTLE}, {MILK}, 0.3]",
        "[market.a, market.b, 0.1]",
        f"[{FORAGE}, {FORAGE}, 0]",
    )
    told = faults(folder, stating(*pairs))
    assert told[0] == (
        f"x.yaml:39: parameter_correlations: {CATTLE} and {MILK} have a correlation already, 0.4: keep one of the two"
    )
    assert [line.split(":")[1] for line in told] == ["39", "40", "40", "41"]


def test_what_is_no_list_is_told(folder: Path) -> None:
    text = VARYING + f"parameter_correlations: {{{MILK}: 0.4}}\n"
    assert faults(folder, text) == ["x.yaml:37: parameter_correlations: must be a list, not a mapping"]


def test_correlations_that_contradict_one_another_are_told_with_the_nearest_that_do_not(folder: Path) -> None:
    good = "[market.eggs.price, market.fish.price, 0.9]"
    (told,) = faults(folder, stating(good, f"[{MILK}, {CATTLE}, 0.9]", f"[{CATTLE}, {FORAGE}, 0.9]"))
    start, _colon, possible = told.rpartition(": the nearest that can hold together are ")
    assert start == (
        f"x.yaml:39: parameter_correlations: the correlations of {MILK}, {CATTLE}, {FORAGE} contradict one another "
        "(their matrix is not positive definite; a pair that is not stated counts as 0)"
    )
    triples = re.findall(r"\[[^]]*\]", possible)
    assert ", ".join(triples) == possible
    assert len(triples) == 3
    loaded = load(written(folder, stating(*triples))).parameter_correlations
    assert [pair[:2] for pair in loaded] == [(MILK, CATTLE), (MILK, FORAGE), (CATTLE, FORAGE)]
    near = [rho for *_pair, rho in loaded]
    # On the edge, with a = r(milk, cattle) = r(cattle, forage) and b = r(milk, forage), 1 + b = 2 a^2. Of these the
    # nearest to a = 2 sin(0.15 pi) = 0.90798 and b = 0 has 4 a^3 - a = 0.90798: a = 0.74484, b = 0.10957.
    expected = [6 / math.pi * math.asin(r / 2) for r in (0.74484, 0.10957, 0.74484)]
    assert near == pytest.approx(expected, abs=0.0015)


def test_too_many_hang_together(folder: Path) -> None:
    paths = [p for p, q in TABLES.quantities.items() if q.uncertain and "own_fte" not in p and p != MILK]
    pairs = [f"[{MILK}, {path}, 0.01]" for path in paths]
    load(written(folder, stating(*pairs[:31])))
    assert faults(folder, stating(*pairs[:32])) == [
        "x.yaml:38: parameter_correlations: 33 parameters hang together by correlations, at most 32 can: "
        "leave some correlations out"
    ]


# ---------------------------------------------------------------- matrices

RHO = st.floats(-0.99, 0.99)
PAIRS = st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]), RHO, min_size=1)


def test_groups_are_what_hangs_together() -> None:
    pairs = [("a", "b", 0.1), ("c", "d", 0.1), ("e", "f", 0), ("d", "b", 0.2), ("g", "h", -0.1), ("h", "a", 0)]
    assert correlations.groups(pairs) == [["a", "b", "c", "d"], ["g", "h"]]


@given(PAIRS)
def test_the_factor_is_numpys_and_missing_where_there_is_none(pairs: dict[tuple[int, int], float]) -> None:
    stated = [(str(i), str(j), rho) for (i, j), rho in pairs.items()]
    spearman = correlations.spearman_matrix([str(n) for n in range(8)], stated)
    copula = 2 * np.sin(np.pi * np.array(spearman) / 6)
    factor = correlations.cholesky(spearman)
    least = np.linalg.eigvalsh(copula)[0]
    if factor is None:
        assert least < 1e-5
    else:
        assert least > 0
        full = np.array([row + [0.0] * (8 - len(row)) for row in factor])
        np.testing.assert_allclose(full, np.linalg.cholesky(copula), atol=1e-9)


@given(PAIRS)
def test_the_nearest_that_are_told_are_accepted_and_near(pairs: dict[tuple[int, int], float]) -> None:
    stated = [(str(i), str(j), rho) for (i, j), rho in pairs.items()]
    spearman = correlations.spearman_matrix([str(n) for n in range(8)], stated)
    near = correlations.nearest(spearman)
    assert correlations.cholesky(near) is not None
    assert all(value == round(value, 3) for row in near for value in row)
    copula, found = (2 * np.sin(np.pi * np.array(matrix) / 6) for matrix in (spearman, near))
    # No correlation matrix is nearer than the negative eigenvalues are far from 0.
    values = np.linalg.eigvalsh(copula)
    bound = math.sqrt(np.sum(np.minimum(values, 0) ** 2))
    assert np.linalg.norm(copula - found) <= 3 * bound + 0.1


def test_the_nearest_is_highams() -> None:
    # Higham (2002), IMA Journal of Numerical Analysis 22, p. 334: the matrix with rows [1 1 0], [1 1 1], [0 1 1].
    edge = 6 / math.pi * math.asin(0.5)
    near = correlations.nearest([[1, edge, 0], [edge, 1, edge], [0, edge, 1]])
    copula = 2 * np.sin(np.pi * np.array(near) / 6)
    expected = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    np.testing.assert_allclose(copula, expected, atol=0.006)


def test_those_that_are_possible_are_their_own_nearest() -> None:
    possible = [[1, 0.4, -0.2], [0.4, 1, 0], [-0.2, 0, 1]]
    assert correlations.nearest(possible) == possible
