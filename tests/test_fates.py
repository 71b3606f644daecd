from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.fates import CANDIDATE, CLOSURES, EXPONENTIAL, KIND, NORMAL, UNIFORM, Fates, draw

SETTING: dict[str, Any] = {
    "instruments": {"dairy": "herd", "plant": "plant", "water": "irrigation"},
    "counts": (5, 3, 4),
    "districts": ("north", "south"),
    "products": ("milk", "hay"),
    "processed": ("milk", "meat"),
    "years": 3,
}


def fates(seed: int = 1, world: int = 2, **changed: Any) -> Fates:
    return draw(seed, world, **(SETTING | changed))


def drawn(numbers: Any) -> Any:
    """Return what is not left out."""
    return numbers[numbers != 0.0]


def same(left: Fates, right: Fates) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def test_shapes_follow_what_there_is() -> None:
    luck = fates()
    for column in CANDIDATE:
        assert getattr(luck, column).shape == (12,)
    assert luck.closure.shape == (2 * 2 + 3, CLOSURES)
    assert luck.price.shape == (2, 36)
    assert luck.inflation.shape == luck.water.shape == luck.outbreak_length.shape == (3,)
    assert luck.jut.shape == luck.outbreak.shape == (3, 2)
    assert all(array.dtype == np.float64 for array in luck)


def test_the_same_name_gives_the_same_luck_and_another_name_another() -> None:
    assert same(fates(), fates())
    for other in (fates(seed=2), fates(world=3)):
        for column, array in fates()._asdict().items():
            assert not np.isin(drawn(array), getattr(other, column)).any(), column


def test_no_number_stands_twice_in_a_world() -> None:
    luck = fates()
    numbers = drawn(np.concatenate([array.ravel() for array in luck]))
    assert len(np.unique(numbers)) == numbers.size


def test_only_who_can_need_them_has_numbers_for_settling_and_refunds() -> None:
    luck = fates()
    for name, places in {"herd": slice(0, 5), "irrigation": slice(8, 12)}.items():
        (column,) = (column for column, kind in KIND.items() if kind == name)
        numbers = getattr(luck, column)
        assert numbers[places].all()
        assert not np.delete(numbers, places).any()


def test_of_who_does_not_come_only_the_gaps_are_drawn() -> None:
    asked: list[Any] = []

    def come(gaps: Any) -> tuple[int, int, int]:
        asked.append(gaps)
        return 2, 1, 4

    everybody, some = fates(), fates(come=come)
    assert [gaps is some.gap for gaps in asked] == [True]
    came = np.isin(np.arange(12), (0, 1, 5, 8, 9, 10, 11))
    for column in CANDIDATE:
        whole = getattr(everybody, column)
        expected = whole if column == "gap" else np.where(came, whole, 0.0)
        assert np.array_equal(getattr(some, column), expected), column
    closure = everybody.closure.copy()
    closure[5:] = 0.0  # four base plants, then those of three candidates
    assert np.array_equal(some.closure, closure)
    for column in REGION:
        assert np.array_equal(getattr(some, column), getattr(everybody, column)), column


REGION = ("price", "inflation", "water", "jut", "outbreak", "outbreak_length")


def candidates(luck: Fates, names: list[str], counts: list[int], name: str) -> dict[str, Any]:
    """Return one instrument's candidates by column."""
    start = sum(counts[: names.index(name)])
    own = slice(start, start + counts[names.index(name)])
    return {column: getattr(luck, column)[own] for column in CANDIDATE}


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (["dairy", "plant", "water", "fish"], [5, 3, 4, 6]),
        (["fish", "dairy", "plant", "water"], [6, 5, 3, 4]),
        (["water", "plant", "dairy"], [4, 3, 5]),
        (["dairy"], [5]),
    ],
)
def test_instruments_added_moved_or_removed_change_nobody_elses_luck(names: list[str], counts: list[int]) -> None:
    kinds = SETTING["instruments"] | {"fish": "capacity"}
    plants = [name for name in names if name == "plant"]
    before, after = fates(), fates(instruments={name: kinds[name] for name in names}, counts=counts)
    for name in set(names) & set(SETTING["instruments"]):
        usual = candidates(before, list(SETTING["instruments"]), list(SETTING["counts"]), name)
        now = candidates(after, names, counts, name)
        for column in CANDIDATE:
            assert np.array_equal(usual[column], now[column]), (name, column)
    assert np.array_equal(before.closure[: 4 + 3 * len(plants)], after.closure)
    for column in REGION:
        assert np.array_equal(getattr(before, column), getattr(after, column))


def test_more_candidates_change_nothing_of_the_first_ones() -> None:
    before, after = fates(), fates(counts=(5, 9, 4))
    for column in CANDIDATE:
        expected, found = getattr(before, column), getattr(after, column)
        assert np.array_equal(expected[:8], found[:8]), column
        assert np.array_equal(expected[8:], found[14:]), column
    assert np.array_equal(before.closure, after.closure[:7])
    for column in REGION:
        assert np.array_equal(getattr(before, column), getattr(after, column)), column


def test_districts_added_in_the_middle_change_no_other_plant() -> None:
    before, after = fates(), fates(districts=("north", "west", "south"))
    assert np.array_equal(before.closure, np.delete(after.closure, (1, 4), axis=0))
    assert np.array_equal(before.jut, np.delete(after.jut, 1, axis=1))
    for column in (*CANDIDATE, *(name for name in REGION if name != "jut")):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column


def test_products_added_in_front_change_no_other_price() -> None:
    before, after = fates(), fates(products=("eggs", "milk", "hay"))
    assert np.array_equal(before.price, after.price[1:])
    for column in (*CANDIDATE, "closure", *(name for name in REGION if name != "price")):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column


def test_processed_products_added_in_front_change_no_other_plant() -> None:
    before, after = fates(), fates(processed=("wool", "milk", "meat"))
    assert np.array_equal(before.closure, after.closure[2:])
    for column in (*CANDIDATE, *REGION):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column


def test_a_districts_plants_of_two_products_do_not_stop_together() -> None:
    closure = fates().closure
    assert len(np.unique(closure[:4, 0])) == 4


def test_more_years_change_nothing_of_the_first_ones() -> None:
    before, after = fates(), fates(years=7)
    assert np.array_equal(before.price, after.price[:, :36])
    for column in REGION[1:]:
        assert np.array_equal(getattr(before, column), getattr(after, column)[:3]), column
    for column in (*CANDIDATE, "closure"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column


def test_each_column_has_its_law() -> None:
    n = 20_000
    kinds = {"dairy": "herd", "water": "irrigation"}
    luck = fates(instruments=kinds, counts=(n, n), products=("milk",), years=n // 12)
    laws = CANDIDATE | {"price": NORMAL, "jut": UNIFORM, "outbreak": UNIFORM, "outbreak_length": EXPONENTIAL}
    # Mean, standard deviation and third central moment; 5 standard errors for each of 18 columns.
    moments = {UNIFORM: (0.5, 12**-0.5, 0.0), NORMAL: (0.0, 1.0, 0.0), EXPONENTIAL: (1.0, 1.0, 2.0)}
    errors = {UNIFORM: (0.29, 0.13, 0.057), NORMAL: (1.0, 0.71, 3.9), EXPONENTIAL: (1.0, 1.42, 16.0)}
    for column, law in laws.items():
        values = drawn(getattr(luck, column))
        found = (values.mean(), values.std(), ((values - values.mean()) ** 3).mean())
        for value, expected, error in zip(found, moments[law], errors[law], strict=True):
            assert value == pytest.approx(expected, abs=5.0 * error / np.sqrt(values.size)), column
