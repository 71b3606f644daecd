"""PAWN and delta are those of SALib, called directly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from SALib.analyze import delta as salib_delta
from SALib.analyze import pawn as salib_pawn

from sim.analysis.sensitivity.distance import _delta, _reduced, delta, pawn
from sim.analysis.sensitivity.tidy import parts_of

NAMES = ["a", "b", "c"]
PROBLEM = {"num_vars": 3, "names": NAMES, "bounds": [[0.0, 1.0]] * 3}


@pytest.fixture(autouse=True)
def _numpy_is_left_as_it_was() -> Iterator[None]:
    """SALib draws from NumPy's global state, which these tests must seed to know its samples."""
    before = np.random.get_state()
    yield
    np.random.set_state(before)


def sample(n: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.Generator(np.random.Philox(key=21))
    x = random.random((n, 3))
    return x, np.exp(x[:, 0]) + (x[:, 1] - 0.5) ** 2 + 0.2 * random.standard_normal(n)


@pytest.mark.filterwarnings("ignore:ks_2samp")
@pytest.mark.parametrize("digits", [12, 1])
def test_pawn_is_salibs(digits: int) -> None:
    x, y = sample(700)
    x, y = np.round(x, digits), np.round(y, digits)  # with one digit, many values are tied
    own = pawn(x, y, parts_of(np.arange(700)), seed=1)
    assert own.value == pytest.approx(salib_pawn.analyze(PROBLEM, x, y)["median"], abs=1e-12)
    assert own.value[0] > own.value[1:].max()


def test_delta_is_salibs_in_the_same_samples() -> None:
    x, y = sample(200)
    classes = round(200 ** (2.0 / (7.0 + np.tanh((1500.0 - 200) / 500.0))) + 0.5)
    grid, edges = np.linspace(y.min(), y.max(), 100), np.linspace(0, 200, classes + 1)
    random = np.random.RandomState(5)
    first, *others = (_delta(x[rows], y[rows], grid) for rows in (random.randint(200, size=200) for _i in range(6)))
    own = _reduced(first, others)
    for place in range(3):
        np.random.seed(5)
        value, half, _rows = salib_delta.bias_reduced_delta(
            y, grid, x[:, place], edges, 5, 0.95, 200, "raw", np.empty(0), "", 10
        )
        assert own.value[place] == pytest.approx(value, abs=1e-12)
        assert own.high[place] - own.value[place] == pytest.approx(half, abs=1e-12)
        assert _delta(x, y, grid)[place] == pytest.approx(salib_delta.calc_delta(y, grid, x[:, place], edges))


def test_delta_is_salibs_but_for_the_noise_of_one_sample() -> None:
    x, y = sample(200)
    own = delta(x[:, :1], y, seed=5)
    np.random.seed(6)
    found = salib_delta.bias_reduced_delta(
        y,
        np.linspace(y.min(), y.max(), 100),
        x[:, 0],
        np.linspace(0, 200, 5),
        20,
        0.95,
        200,
        "raw",
        np.empty(0),
        "",
        10,
    )
    assert own.value[0] == pytest.approx(found[0], abs=2 * found[1])


def test_intervals_of_delta_cover_its_mean() -> None:
    found = []
    for key in range(24):
        random = np.random.Generator(np.random.Philox(key=2000 + key))
        x = random.standard_normal((128, 1))
        found.append(np.ravel(delta(x, x[:, 0] + random.standard_normal(128), seed=key + 1)))
    value, low, high = np.array(found).T
    assert ((low <= value.mean()) & (value.mean() <= high)).sum() >= 18  # of 24


def test_delta_of_a_linear_sum_has_its_closed_form() -> None:
    """Y = X + E, both standard normal: delta is E of the distance of N(x, 1) and N(0, 2), 0.306 by quadrature."""
    random = np.random.Generator(np.random.Philox(key=22))
    x = random.standard_normal((2000, 1))
    found = delta(x, x[:, 0] + random.standard_normal(2000), seed=1)
    at, step = np.linspace(-8, 8, 801, retstep=True)
    normal = np.exp(-at * at / 2) / np.sqrt(2 * np.pi)
    known = np.exp(-((at[:, None] - at) ** 2) / 2) / np.sqrt(2 * np.pi)
    apart = 0.5 * np.abs(known - np.exp(-(at[:, None] ** 2) / 4) / np.sqrt(4 * np.pi)).sum(axis=0) * step
    truth = float((apart * normal).sum() * step)
    assert truth == pytest.approx(0.306, abs=0.001)
    assert found.value[0] == pytest.approx(truth, abs=0.03)


def test_a_result_that_does_not_vary_has_no_distance() -> None:
    x, _y = sample(128)
    assert np.isnan(delta(x, np.ones(128), seed=1).value).all()


def test_pawn_needs_ten_blocks_for_intervals() -> None:
    x, y = sample(640)
    few, enough = (pawn(x[:n], y[:n], parts_of(np.arange(n)), seed=1) for n in (576, 640))
    assert np.isnan(few.low).all()
    assert (enough.low < enough.value).all()
    again = pawn(x, y, parts_of(np.arange(640)), seed=1)
    assert again.low.tolist() == enough.low.tolist()
