from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.data import SHIPPED, load_tables
from sim.report.extract import Column
from sim.report.stata import legal_names, variable_label

LETTERS = st.sampled_from("abAB_.0é-ы ")
NAMES = st.lists(
    st.text(LETTERS, max_size=40) | st.sampled_from(["if", "str8", "float", "_n"]), unique=True, max_size=30
)


@given(NAMES)
def test_names_are_legal_unique_and_do_not_depend_on_their_order(names: list[str]) -> None:
    found = legal_names(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,31}", name) for name in found.values())
    assert not {"if", "str8", "float", "_n"} & set(found.values())
    assert legal_names(names[::-1]) == found


@given(NAMES)
def test_a_legal_name_stays(names: list[str]) -> None:
    assert legal_names([*dict.fromkeys([*names, "milk_t"])])["milk_t"] == "milk_t"


@pytest.mark.parametrize(
    ("name", "legal"),
    [
        ("loan.rate", "loan_rate"),
        ("district.aksu.rural_residents", "district_aksu_rural_residents"),
        ("instrument.sheep.milk_kg_per_cow_year", "inst_sheep_milk_kg_per_cow_year"),
        ("2026", "_2026"),
    ],
)
def test_names_can_be_recognised(name: str, legal: str) -> None:
    assert legal_names([name]) == {name: legal}


def test_names_that_would_meet_are_told_apart() -> None:
    found = legal_names(["a.b", "a-b", "a_b"])
    assert found["a_b"] == "a_b"
    assert all(re.fullmatch("a_b_[0-9a-f]{6}", found[name]) for name in ("a.b", "a-b"))


def test_every_path_of_the_shipped_tables_keeps_its_name_whatever_else_is_exported() -> None:
    paths = list(load_tables(SHIPPED[0]).quantities)
    found = legal_names(paths)
    assert all(legal_names([path]) == {path: found[path]} for path in paths[::7])


@pytest.mark.parametrize(
    ("label", "unit", "expected"),
    [
        ("Молоко", "т", "Молоко, т"),
        ("Failed", "", "Failed"),
        ("я" * 90, "тенге", "я" * 72 + "…, тенге"),
        ("я" * 73, "тенге", "я" * 73 + ", тенге"),
    ],
)
def test_labels_fit_and_keep_their_unit(label: str, unit: str, expected: str) -> None:
    found = variable_label(Column("x", label, "", unit, {}, "0"))
    assert found == expected
    assert len(found) <= 80
