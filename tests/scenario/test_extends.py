"""A scenario file as a sparse difference from another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim.data.tables import REGIONS
from sim.errors import InputError
from sim.scenario import Uniform, load
from tests.scenario.texts import BASE, edited, faults, written


def test_a_file_states_only_what_differs(folder: Path) -> None:
    base = load(written(folder, BASE, "base.yaml"))
    child = load(
        written(
            folder,
            """\
extends: base.yaml
title: {ru: Иначе}
years: 4
fund: {revolving: false, tranches_mln_kzt: {2027: 100}}
monte_carlo: {seed: 8}
""",
        )
    )
    assert child.title == {"en": "Lending in Zhetysu", "ru": "Иначе"}
    assert child.fund.tranches_mln_kzt == {2026: 5000, 2027: 100, 2028: 9300}
    assert child.fund == base.fund.model_copy(
        update={"revolving": False, "tranches_mln_kzt": child.fund.tranches_mln_kzt}
    )
    assert child.monte_carlo == base.monte_carlo.model_copy(update={"seed": 8})
    unchanged = {"name", "region", "start", "allocations", "economics", "set", "uncertain", "outcomes"}
    assert child.model_dump(include=unchanged) == base.model_dump(include=unchanged)


def test_a_split_is_replaced_as_a_whole_and_an_empty_allocation_is_removed(folder: Path) -> None:
    written(folder, BASE, "base.yaml")
    child = load(
        written(
            folder,
            """\
extends: base.yaml
allocations:
  current: {amounts_mln_kzt: {greenhouse: 1, milk_plant: 3}}
  water_first:
  plants: {shares: {dairy_family: 1}}
  new: {shares: {greenhouse: 1}}
""",
        )
    )
    assert list(child.allocations) == ["current", "plants", "new"]
    assert child.allocations["current"].shares == {2026: {"greenhouse": 0.25, "milk_plant": 0.75}}
    assert child.allocations["current"].label == {"en": "Current (assumed split)"}
    assert child.allocations["plants"].shares == {2026: {"dairy_family": 1}}
    assert child.allocations["new"].label == {"en": "new"}


def test_a_label_alone_keeps_the_inherited_split(folder: Path) -> None:
    base = load(written(folder, BASE, "base.yaml"))
    child = load(written(folder, "extends: base.yaml\nallocations: {plants: {label: {en: Plants}}}\n"))
    assert child.allocations["plants"].shares == base.allocations["plants"].shares
    assert child.allocations["plants"].label == {"en": "Plants"}


def test_in_set_the_file_goes_before_its_base_and_a_path_before_a_glob(folder: Path) -> None:
    written(folder, BASE, "base.yaml")
    written(
        folder,
        """\
extends: base.yaml
set:
  instrument.g*.own_fte: 0.7
  loan.rate: {uniform: {low: 0.01, high: 0.05}}
""",
        "middle.yaml",
    )
    child = load(
        written(
            folder,
            """\
extends: middle.yaml
set:
  instrument.milk_plant.own_fte: 0.1
  instrument.*.own_fte: 0.2
""",
        )
    )
    assert child.set["instrument.milk_plant.own_fte"] == 0.1
    assert child.set["instrument.greenhouse.own_fte"] == 0.2
    assert child.set["loan.rate"] == Uniform(low=0.01, high=0.05)
    assert load("middle.yaml").set["instrument.greenhouse.own_fte"] == 0.7
    assert load("middle.yaml").set["instrument.milk_plant.own_fte"] == 0.9


def test_bases_are_relative_to_the_file_that_names_them(folder: Path) -> None:
    written(folder, BASE, "common/base.yaml")
    written(folder, "extends: ../common/base.yaml\nyears: 5\n", "plans/middle.yaml")
    assert load(written(folder, "extends: plans/middle.yaml\nname: leaf\n")).years == 5


def test_an_inherited_fault_is_told_in_the_file_that_holds_it(folder: Path) -> None:
    written(folder, edited(("dairy_family: 0.45", "dairy_family: 0.47"), ("seed: 7", "sed: 7")), "base.yaml")
    assert faults(folder, "extends: base.yaml\n\nyears: 0\nallocations:\n  current:\n    label: {en: Now}\n") == [
        "x.yaml:3: years: must be at least 1, not 0",
        "base.yaml:15: allocations.current: shares add up to 1.02, they must add up to 1",
        "base.yaml:35: monte_carlo.sed: there is no such key; did you mean seed?",
    ]


def test_what_the_file_replaces_is_no_fault_of_its_base(folder: Path) -> None:
    written(folder, edited(("dairy_family: 0.45", "dairy_family: 0.47")), "base.yaml")
    text = "extends: base.yaml\nallocations: {current: {shares: {greenhouse: 1}}}\n"
    assert load(written(folder, text)).allocations["current"].shares == {2026: {"greenhouse": 1}}


def test_a_base_that_is_no_yaml_is_told_with_its_own_line(folder: Path) -> None:
    written(folder, edited(("years: 10", "years: *a")), "base.yaml")
    assert faults(folder, "extends: base.yaml\n") == [
        "base.yaml:5: anchors (&) and aliases (*) are not allowed: write the value out"
    ]


def test_files_that_extend_one_another_go_in_a_circle(folder: Path) -> None:
    written(folder, "name: a\nextends: b.yaml\n", "a.yaml")
    written(folder, "extends: sub/../a.yaml\n", "b.yaml")
    (folder / "sub").mkdir()
    with pytest.raises(InputError, match=r"^b.yaml:1: extends: goes in a circle: a.yaml → b.yaml → a.yaml$"):
        load("a.yaml")


def test_only_an_inherited_allocation_can_be_removed(folder: Path) -> None:
    written(folder, BASE, "base.yaml")
    assert faults(folder, "extends: base.yaml\nallocations:\n  plant:\n") == [
        "x.yaml:3: allocations.plant: is empty: state its shares (to remove an allocation, the base must have it)"
    ]


def test_a_region_of_ones_own_is_relative_to_the_file_that_names_it(folder: Path) -> None:
    shutil.copytree(REGIONS / "zhetysu", folder / "common/mine")
    text = BASE.replace("region: zhetysu", "region: mine")
    written(folder, text, "common/base.yaml")
    scenario = load(written(folder, "extends: common/base.yaml\n"))
    assert Path(scenario.region) == (folder / "common/mine").resolve()
    assert load(written(folder, scenario.dump(), "elsewhere/y.yaml")) == scenario
