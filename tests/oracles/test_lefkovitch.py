"""Growth of herds against the dominant eigenvalue of their projection matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.model import herd
from sim.model.state import Terms
from sim.model.world import FEMALE, MALE, STAGES, Rates
from sim.parameters.records import named, rows

FloatArray = NDArray[np.float64]
ROOMY = 1e12
SHARES = ("survival", "offtake", "move", "sold", "stays", "moves", "grown_sold", "gone", "dies")

# Killer whales: yearlings, juveniles, mature and post-reproductive females, a year a step.
# Caswell (2001), Matrix Population Models, 2nd ed., example 5.1, from Brault and Caswell (1993), Ecology 74:1444-1454.
WHALES = np.array(
    [
        [0.0, 0.0043, 0.1132, 0.0],
        [0.9775, 0.9111, 0.0, 0.0],
        [0.0, 0.0736, 0.9534, 0.0],
        [0.0, 0.0, 0.0452, 0.9804],
    ]
)
WHALES_GROWTH = 1.0254413


def rates_for(stages: int) -> Any:
    """Return a row of rates for a herd of so many stages, zeros."""
    fields = [(name, np.float64, (2, stages)) for name in SHARES]
    return named(np.zeros(1, [*fields, ("fertility", np.float64, (stages,)), ("female_share", np.float64)]))[0]


def rates_of(matrix: FloatArray) -> Any:
    """Take a matrix of females apart into survival, growth and fertility of a one-sex herd."""
    row = rates_for(len(matrix))
    stay, grow = np.diag(matrix), np.append(np.diag(matrix, -1), 0.0)
    row["survival"][:] = stay + grow
    row["move"][:] = grow / (stay + grow)
    row["fertility"][1:] = matrix[0, 1:]
    row["female_share"] = 1.0
    herd.multiply_out(row)
    return row


def dominant(matrix: FloatArray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def test_one_step_is_the_matrix_times_the_herd() -> None:
    animals = np.array([[10.0, 60.0, 110.0, 70.0], [0.0, 0.0, 0.0, 0.0]])
    expected = WHALES @ animals[FEMALE]
    herd.step(animals, rates_of(WHALES), 1.0, ROOMY, 0.0, rows(Terms, 1)[0])
    assert animals[FEMALE] == pytest.approx(expected, rel=1e-14)
    assert not animals[MALE].any()


def test_killer_whales_grow_at_the_published_rate() -> None:
    animals = np.array([[10.0, 60.0, 110.0, 70.0], [0.0] * 4])
    rates, book = rates_of(WHALES), rows(Terms, 1)[0]
    for _year in range(600):  # the second eigenvalue is 0.956 of the first: 1e-11 is left after 600 years
        before = animals.sum()
        herd.step(animals, rates, 1.0, ROOMY, 0.0, book)
        growth = animals.sum() / before
    assert growth == pytest.approx(WHALES_GROWTH, abs=1e-7)
    assert growth == pytest.approx(dominant(WHALES), abs=1e-10)


def constructed(seed: int, stages: int = 3) -> tuple[Any, FloatArray]:
    """Make up a two-sex herd with deaths, culling, sales and twelve different months."""
    luck = np.random.default_rng(seed)
    row = rows(Rates, 1)[0] if stages == STAGES else rates_for(stages)
    both = (2, stages)
    row["survival"][:] = luck.uniform(0.98, 1.0, both)
    row["offtake"][:] = luck.uniform(0.0, 0.02, both)
    row["move"][:, :-1] = luck.uniform(0.05, 0.15, (2, stages - 1))
    row["sold"][:, :-1] = luck.uniform(0.0, 0.5, (2, stages - 1))
    row["fertility"][1:] = luck.uniform(0.01, 0.05, stages - 1)
    row["fertility"][-1] *= 3.0
    row["female_share"] = luck.uniform(0.4, 0.6)
    herd.multiply_out(row)
    births = luck.uniform(0.0, 3.0, 12)
    return row, births


def matrix_of(rates: Any, births: float) -> FloatArray:
    """Build the month's matrix of (female, male) × stage from its definition."""
    n = len(rates["fertility"])
    matrix = np.zeros((2 * n, 2 * n))
    for sex in (FEMALE, MALE):
        at = n * sex
        for stage in range(n):
            kept = rates["survival"][sex, stage] * (1.0 - rates["offtake"][sex, stage])
            matrix[at + stage, at + stage] += kept * (1.0 - rates["move"][sex, stage])
            if stage < n - 1:
                grown = rates["move"][sex, stage] * (1.0 - rates["sold"][sex, stage])
                matrix[at + stage + 1, at + stage] += kept * grown
        share = rates["female_share"] if sex == FEMALE else 1.0 - rates["female_share"]
        matrix[at, :n] += rates["fertility"] * births * share
    return matrix


def growth(stages: int, months: list[FloatArray], month: Callable[[FloatArray, int], None]) -> tuple[float, float]:
    """Return the yearly growth of a herd that lives by `month`, and the eigenvalue of the product of the months."""
    sizes = np.sort(np.abs(np.linalg.eigvals(np.linalg.multi_dot(months[::-1]))))
    assert (sizes[-2] / sizes[-1]) ** 600 < 1e-9  # so what is left of other modes is below the tolerance
    animals = np.full((2, stages), 100.0)
    for _year in range(600):
        animals /= animals.sum()
        for place in range(12):
            month(animals, place)
    return float(animals.sum()), float(sizes[-1])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stages", [3, 4])
def test_a_herd_with_offtake_and_seasons_grows_at_the_eigenvalue_of_its_year(seed: int, stages: int) -> None:
    rates, births = constructed(seed, stages)
    book = rows(Terms, 1)[0]

    def month(animals: FloatArray, place: int) -> None:
        herd.step(animals, rates, births[place], ROOMY, 0.0, book)

    found, expected = growth(stages, [matrix_of(rates, weight) for weight in births], month)
    assert found == pytest.approx(expected, abs=1e-7)
    assert abs(expected - 1.0) > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_so_does_one_that_also_loses_animals_to_jut_drought_and_the_butcher(seed: int) -> None:
    rates, births = constructed(seed)
    died, cows, fattened = 0.002, 0.003, 0.05
    book = rows(Terms, 1)[0]

    def month(animals: FloatArray, place: int) -> None:
        herd.strike(animals, died, book)
        herd.sell_share(animals, cows, book)
        herd.finish(animals, fattened, book)
        herd.step(animals, rates, births[place], ROOMY, 0.0, book)

    left = np.full(6, 1.0 - died)
    left[2] *= 1.0 - cows  # adult females
    left[4] *= 1.0 - fattened  # subadult males
    found, expected = growth(3, [matrix_of(rates, weight) @ np.diag(left) for weight in births], month)
    assert found == pytest.approx(expected, abs=1e-7)
    usual = growth(3, [matrix_of(rates, weight) for weight in births], month)[1]
    assert expected < usual - 0.01


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("room", [ROOMY, 90.0])
def test_every_animal_of_a_year_is_accounted_for(seed: int, room: float) -> None:
    rates, births = constructed(seed)
    animals, book = np.full((2, 3), 100.0), rows(Terms, 1)[0]
    opening, slaughtered, kept = animals.sum(axis=1), 0.0, 5.0
    for weight in births:
        gone, met = herd.step(animals, rates, weight, room, kept, book)
        slaughtered += gone
        kept -= met
    assert kept == 0.0
    came, went = opening + book["born"], animals.sum(axis=1) + book["died"] + book["slaughtered"]
    # A few hundred additions, each rounded at 1e-16 of some hundred head.
    assert came == pytest.approx(went, rel=1e-12)
    assert book["slaughtered"].sum() == pytest.approx(slaughtered, rel=1e-12)
    assert (book["born"] > 1.0).all()
    assert (book["died"] > 1.0).all()


@pytest.mark.parametrize("seed", range(5))
def test_whatever_neighbours_trade_and_suffer_every_animal_of_a_year_is_accounted_for(seed: int) -> None:
    """A household, a breeder and a feedlot side by side; what one sells to another is in no book."""
    rates, births = constructed(seed)
    luck = np.random.default_rng(seed)
    household, breeder, feedlot = np.full((2, 3), 400.0), np.zeros((2, 3)), np.zeros((2, 3))
    book = rows(Terms, 1)[0]
    opening, slaughtered, local, kept = household.sum(axis=1), 0.0, 0.0, 0.0
    for weight in births:
        heads, share, part = luck.uniform(0.0, 30.0), luck.uniform(0.0, 0.1), luck.uniform(0.0, 0.5)
        moved = herd.buy(breeder, household, heads, 0.6 * heads, 0.1, book)
        local += moved
        kept += moved
        for animals in (household, breeder, feedlot):
            herd.strike(animals, share, book)
        slaughtered += herd.sell_share(household, share, book)
        slaughtered += herd.finish(feedlot, part, book)
        herd.fill(feedlot, household, luck.uniform(5.0, 60.0), 0.1)
        slaughtered += herd.sell_in_need(breeder, luck.uniform(0.0, 3.0), book)
        slaughtered += herd.sell_in_need(feedlot, luck.uniform(0.0, 3.0), book)
        for animals, room, spared in ((household, 350.0, kept), (breeder, 60.0, 0.0)):
            gone, met = herd.step(animals, rates, weight, room, spared, book)
            slaughtered += gone
            kept -= met
    herd.hand_over(breeder, household)
    closing = household.sum(axis=1) + breeder.sum(axis=1) + feedlot.sum(axis=1)
    came, went = opening + book["born"] + book["bought"], closing + book["died"] + book["slaughtered"]
    assert came == pytest.approx(went, rel=1e-12)
    assert book["slaughtered"].sum() == pytest.approx(slaughtered, rel=1e-12)
    for what in (local, book["bought"][FEMALE], book["died"].min(), feedlot.sum(), household.min(), slaughtered):
        assert what > 1.0
