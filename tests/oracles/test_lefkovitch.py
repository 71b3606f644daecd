"""Growth of herds against the dominant eigenvalue of their projection matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.model import herd
from sim.model.state import Terms
from sim.model.world import FEMALE, MALE, Rates
from sim.parameters.records import named, rows

FloatArray = NDArray[np.float64]
ROOMY = 1e12

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


def rates_of(matrix: FloatArray) -> Any:
    """Take a matrix of females apart into survival, growth and fertility of a one-sex herd."""
    n = len(matrix)
    two = (2, n)
    fields = [(name, np.float64, two) for name in ("survival", "offtake", "move", "sold")]
    row = named(np.zeros(1, [*fields, ("fertility", np.float64, (n,)), ("female_share", np.float64)]))[0]
    stay, grow = np.diag(matrix), np.append(np.diag(matrix, -1), 0.0)
    row["survival"][:] = stay + grow
    row["move"][:] = grow / (stay + grow)
    row["fertility"][1:] = matrix[0, 1:]
    row["female_share"] = 1.0
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


def constructed(seed: int) -> tuple[Any, FloatArray]:
    """Make up a two-sex herd with deaths, culling, sales and twelve different months."""
    luck = np.random.default_rng(seed)
    row = rows(Rates, 1)[0]
    row["survival"][:] = luck.uniform(0.98, 1.0, (2, 3))
    row["offtake"][:] = luck.uniform(0.0, 0.02, (2, 3))
    row["move"][:, :2] = luck.uniform(0.05, 0.15, (2, 2))
    row["sold"][:, :2] = luck.uniform(0.0, 0.5, (2, 2))
    row["fertility"][:] = 0.0, 0.01, luck.uniform(0.05, 0.1)
    row["female_share"] = luck.uniform(0.4, 0.6)
    births = luck.uniform(0.0, 3.0, 12)
    return row, births


def matrix_of(rates: Any, births: float) -> FloatArray:
    """Build the month's matrix of (female, male) × stage from its definition."""
    matrix = np.zeros((6, 6))
    for sex in (FEMALE, MALE):
        at = 3 * sex
        for stage in range(3):
            kept = rates["survival"][sex, stage] * (1.0 - rates["offtake"][sex, stage])
            matrix[at + stage, at + stage] += kept * (1.0 - rates["move"][sex, stage])
            if stage < 2:
                grown = rates["move"][sex, stage] * (1.0 - rates["sold"][sex, stage])
                matrix[at + stage + 1, at + stage] += kept * grown
        share = rates["female_share"] if sex == FEMALE else 1.0 - rates["female_share"]
        matrix[at, :3] += rates["fertility"] * births * share
    return matrix


@pytest.mark.parametrize("seed", range(5))
def test_a_herd_with_offtake_and_seasons_grows_at_the_eigenvalue_of_its_year(seed: int) -> None:
    rates, births = constructed(seed)
    year = np.linalg.multi_dot([matrix_of(rates, weight) for weight in births[::-1]])
    sizes = np.sort(np.abs(np.linalg.eigvals(year)))
    animals, book = np.full((2, 3), 100.0), rows(Terms, 1)[0]
    for _year in range(200):
        animals /= animals.sum()
        for weight in births:
            herd.step(animals, rates, weight, ROOMY, 0.0, book)
    assert (sizes[-2] / sizes[-1]) ** 200 < 1e-9  # so what is left of other modes is below the tolerance
    assert animals.sum() == pytest.approx(sizes[-1], abs=1e-7)


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
