from __future__ import annotations

import csv
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.data import SHIPPED, load_tables
from sim.data.tables import COMMON
from sim.errors import InputError
from sim.parameters import sampling
from sim.parameters.sampling import BLOCK, METHODS, SOBOL_PATHS, Sampler, sobol_dimensions
from sim.scenario.distributions import Distribution, Normal, Pert, Uniform

UNIT = Uniform(low=0, high=1)
BOUNDS = (-1e9, 1e9)
STRATIFIED = ("latin_hypercube", "sobol")

blocks = st.integers(0, 2**40)
methods = pytest.mark.parametrize("method", METHODS)


def sampler(paths: list[str], method: str, seed: int = 1, prior: Distribution = UNIT) -> Sampler:
    return Sampler(seed=seed, method=method, priors=dict.fromkeys(paths, prior), bounds=dict.fromkeys(paths, BOUNDS))


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list of 120 paths instead of the shipped one; dimension 1 is listed.000."""
    paths = [f"listed.{k:03}" for k in range(120)]
    dimensions = {path: k for k, path in enumerate(paths, start=1)}
    monkeypatch.setattr(sampling, "listed_dimensions", lambda: dimensions)
    return paths


@pytest.mark.parametrize("method", STRATIFIED)
@given(seed=st.integers(), number=blocks)
def test_each_block_has_one_point_in_each_of_64_strata_of_each_column(method: str, seed: int, number: int):
    points = sampler(["a", "b.c", "d"], method, seed).uniforms(number)
    assert points.shape == (BLOCK, 3)
    assert np.sort(np.floor(points * BLOCK), axis=0).tolist() == [[k] * 3 for k in range(BLOCK)]


@methods
def test_points_are_strictly_inside_whatever_the_words(method: str, monkeypatch: pytest.MonkeyPatch):
    for word in (0, 2**64 - 1):
        monkeypatch.setattr(sampling, "_words", lambda *name, word=word: np.full(name[-1], word, dtype=np.uint64))
        points = sampler(["a"], method).uniforms(0)
        assert np.all((points > 0) & (points < 1))
        if method != "random":
            assert np.sort(np.floor(points[:, 0] * BLOCK)).tolist() == list(range(BLOCK))


@methods
@settings(max_examples=30, deadline=None)
@given(
    mine=st.lists(st.integers(0, 119), min_size=1, max_size=12, unique=True),
    others=st.lists(st.integers(0, 119), max_size=12, unique=True),
    number=blocks,
    at=st.integers(0, 12),
)
def test_other_paths_and_their_order_change_no_column(method, mine, others, number, at):
    dimensions = {f"p{k}": k + 1 for k in range(120)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "listed_dimensions", lambda: dimensions)
        added = [k for k in others if k not in mine]
        wide = [f"p{k}" for k in [*mine[:at], *added, *mine[at:]]]
        few, many = sampler([f"p{k}" for k in mine], method), sampler(wide, method)
        for k, path in enumerate(few.paths):
            assert few.uniforms(number)[:, k].tolist() == many.uniforms(number)[:, wide.index(path)].tolist()


@methods
def test_a_block_does_not_depend_on_the_blocks_before_and_survives_pickling(method: str):
    plan = sampler(["a", "b"], method, prior=Pert(low=1, mode=2, high=4))
    for number in (0, 1, 2):
        plan.block(number)
    fresh = pickle.loads(pickle.dumps(sampler(["a", "b"], method, prior=Pert(low=1, mode=2, high=4))))
    assert plan.block(3).tolist() == fresh.block(3).tolist()


@methods
def test_seeds_blocks_and_paths_give_different_points(method: str):
    first = sampler(["a", "b"], method).uniforms(0)
    columns = [
        *first.T,
        *sampler(["a", "b"], method).uniforms(1).T,
        *sampler(["a", "b"], method, seed=2).uniforms(0).T,
    ]
    assert len({tuple(column) for column in columns}) == 6


@methods
def test_points_are_uniform_over_many_blocks(method: str):
    plan = sampler(["a", "b"], method)
    points = np.concatenate([plan.uniforms(number) for number in range(200)])
    first_rows = points[::BLOCK]  # one row a block: independent, uniform on the square
    for column in first_rows.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    cells = np.floor(points[:, 0] * 4) * 4 + np.floor(points[:, 1] * 4)
    assert np.bincount(cells.astype(int), minlength=16) / len(points) == pytest.approx(1 / 16, rel=0.1)


def test_mean_of_a_latin_hypercube_is_nearer_than_chance_allows():
    prior = Pert(low=1500, mode=2200, high=2800)
    plan = sampler(["a"], "latin_hypercube", prior=prior)
    exact = (1500 + 4 * 2200 + 2800) / 6
    means = np.array([plan.block(number).mean() for number in range(64)])
    independent = np.sqrt((exact - 1500) * (2800 - exact) / 7 / BLOCK)
    assert np.sqrt(np.mean((means - exact) ** 2)) < independent / 20
    assert means.mean() == pytest.approx(exact, rel=1e-4)


def test_sobol_points_are_a_net_in_two_dimensions(listed: list[str]):
    # Dimensions 1 and 2 are a (0, 6, 2) net in base 2: one point in each of 64 boxes, whatever their shape.
    points = sampler(listed[:2], "sobol").uniforms(5)
    for bits in range(7):
        boxes = np.floor(points * [2**bits, 2 ** (6 - bits)]) @ [2 ** (6 - bits), 1]
        assert np.unique(boxes).size == BLOCK


def test_sobol_integrates_a_product_better_than_a_latin_hypercube(listed: list[str]):
    def error(method: str) -> float:
        plan = sampler(listed[:4], method)
        means = [np.prod(1 + (plan.uniforms(number) - 0.5), axis=1).mean() for number in range(100)]
        return float(np.sqrt(np.mean((np.array(means) - 1) ** 2)))

    assert error("sobol") < error("latin_hypercube") / 3


def test_paths_beyond_the_hundredth_dimension_keep_their_latin_hypercube_column(listed: list[str]):
    assert sobol_dimensions(listed) == {path: k for k, path in enumerate(listed[:SOBOL_PATHS], start=1)}
    sobol, hypercube = (sampler(listed, method).uniforms(2) for method in STRATIFIED)
    assert np.array_equal(sobol[:, SOBOL_PATHS:], hypercube[:, SOBOL_PATHS:])
    assert not np.any(np.all(sobol[:, :SOBOL_PATHS] == hypercube[:, :SOBOL_PATHS], axis=0))


def test_paths_of_the_user_take_the_next_free_dimensions_by_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sampling, "listed_dimensions", lambda: {"x": 1, "a": 2})
    assert sobol_dimensions(["user.b", "a", "user.a"]) == {"a": 2, "user.a": 3, "user.b": 4}
    many = [f"user.{k:03}" for k in range(150)]
    dimensions = sobol_dimensions(many)
    assert list(dimensions.values()) == list(range(3, SOBOL_PATHS + 1))
    assert list(dimensions) == many[: SOBOL_PATHS - 2]


def test_block_puts_the_points_through_the_quantile_functions():
    priors: dict[str, Distribution] = {"a": Uniform(low=10, high=20), "b": Normal(mean=0, sd=1)}
    plan = Sampler(
        seed=4, method="latin_hypercube", priors=priors, bounds={"b": (-1, 1), "a": (0, 50), "unused": (0, 1)}
    )
    points, values = plan.uniforms(3), plan.block(3)
    assert plan.paths == ("a", "b")
    np.testing.assert_allclose(values[:, 0], 10 + 10 * points[:, 0], rtol=1e-14)
    np.testing.assert_allclose(values[:, 1], stats.truncnorm(-1, 1).ppf(points[:, 1]), rtol=1e-9)


def test_all_priors_that_do_not_fit_their_bounds_are_told_at_once():
    priors: dict[str, Distribution] = {"a": Uniform(low=0, high=2), "b": UNIT, "c": Normal(mean=9, sd=0.1)}
    with pytest.raises(InputError) as told:
        Sampler(seed=1, method="random", priors=priors, bounds=dict.fromkeys(priors, (0, 1)))
    assert [problem.path for problem in told.value.problems] == ["a", "c"]


def test_no_prior_at_all_gives_64_rows_without_columns():
    assert sampler([], "sobol").block(0).shape == (BLOCK, 0)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="halton"):
        sampler(["a"], "halton")


def test_the_list_of_dimensions_counts_from_one_and_names_no_path_twice():
    with open(COMMON / "sobol_dimensions.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["dimension"]) for row in rows] == list(range(1, len(rows) + 1))
    assert len({row["path"] for row in rows}) == len(rows)


def test_every_shipped_uncertain_path_has_a_dimension():
    known = sampling.listed_dimensions()
    uncertain = {path for region in SHIPPED for path, row in load_tables(region).quantities.items() if row.uncertain}
    missing = sorted(uncertain - set(known))
    rows = "\n".join(f"{k},{path}" for k, path in enumerate(missing, start=len(known) + 1))
    assert not missing, f"append to {COMMON / 'sobol_dimensions.csv'}:\n{rows}"
