from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim.parameters.distributions import quantile
from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform

U = (np.arange(4096) + 0.5) / 4096
WIDE = {"minimum": -1e12, "maximum": 1e12}

ends = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted)
share = st.floats(0, 1)
probability = st.integers(0, 2**53).map(lambda k: k / 2**53)


@st.composite
def priors(draw: st.DrawFn) -> tuple[Distribution, float, float]:
    """A prior of any kind with bounds that it fits."""
    low, high = draw(ends)
    assume(high - low > 1e-6 * max(1.0, abs(low), abs(high)))
    mode = min(max(low + draw(share) * (high - low), low), high)
    width = high - low
    kind = draw(st.sampled_from(["pert", "triangular", "uniform", "normal", "lognormal"]))
    prior: Distribution
    if kind == "pert":
        prior = Pert(low=low, mode=mode, high=high)
    elif kind == "triangular":
        prior = Triangular(low=low, mode=mode, high=high)
    elif kind == "uniform":
        prior = Uniform(low=low, high=high)
    elif kind == "normal":
        prior = Normal(mean=mode, sd=width * draw(st.floats(0.05, 5)))
    else:
        low, high = max(low, 0.0), max(high, 1.0)
        prior = LogNormal(median=(low + high) / 2, sigma_log=draw(st.floats(0.05, 2)))
    return prior, low, high


@given(priors(), st.lists(probability, min_size=1, max_size=20))
def test_values_lie_within_the_bounds_and_never_fall_as_u_rises(case, probabilities: list[float]):
    prior, low, high = case
    values = quantile(prior, np.array(sorted(probabilities)), minimum=low, maximum=high)
    assert np.all((values >= low) & (values <= high))
    assert np.all(np.diff(values) >= -1e-9 * (high - low))


@pytest.mark.parametrize(("low", "mode", "high"), [(0, 1, 3), (-2, 5, 6), (10, 10, 20), (0.02, 0.05, 0.05)])
def test_pert_has_its_moments(low: float, mode: float, high: float):
    prior = Pert(low=low, mode=mode, high=high)

    def moment(power: int, centre: float) -> float:
        f = lambda u: (quantile(prior, np.array([u]), **WIDE)[0] - centre) ** power  # noqa: E731
        return integrate.quad(f, 0, 1, epsabs=0, epsrel=1e-10, limit=200)[0]

    mean = (low + 4 * mode + high) / 6
    assert moment(1, 0.0) == pytest.approx(mean, rel=1e-8)
    assert moment(2, mean) == pytest.approx((mean - low) * (high - mean) / 7, rel=1e-7)


def test_symmetric_pert_is_symmetric_and_has_a_sixth_of_its_range_over_root_seven_halves():
    values = quantile(Pert(low=-3, mode=0, high=3), U, **WIDE)
    np.testing.assert_allclose(values, -values[::-1], atol=1e-12)
    assert quantile(Pert(low=-3, mode=0, high=3), np.array([0.5]), **WIDE)[0] == pytest.approx(0, abs=1e-12)
    # The beta distribution with a = b = 3 over a range of 6: variance 36 / 28.
    assert values.var() == pytest.approx(36 / 28, rel=1e-4)


@pytest.mark.parametrize(
    ("prior", "oracle"),
    [
        (Pert(low=1, mode=2, high=5), stats.beta(2, 4, loc=1, scale=4)),
        (Uniform(low=-1, high=4), stats.uniform(-1, 5)),
        (Triangular(low=1, mode=2, high=5), stats.triang(0.25, loc=1, scale=4)),
        (Triangular(low=1, mode=1, high=5), stats.triang(0, loc=1, scale=4)),
        (Triangular(low=1, mode=5, high=5), stats.triang(1, loc=1, scale=4)),
        (Normal(mean=3, sd=2), stats.norm(3, 2)),
        (LogNormal(median=3, sigma_log=0.5), stats.lognorm(0.5, scale=3)),
    ],
    ids=["pert", "uniform", "triangular", "triangular-low", "triangular-high", "normal", "lognormal"],
)
def test_quantiles_agree_with_scipy(prior: Distribution, oracle):
    np.testing.assert_allclose(quantile(prior, U, **WIDE), oracle.ppf(U), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("low", "high"), [(0, 4), (2.5, 3), (3, 20), (-50, 2), (7, 9)])
def test_truncated_normal_and_lognormal_agree_with_scipy(low: float, high: float):
    values = quantile(Normal(mean=3, sd=2), U, minimum=low, maximum=high)
    oracle = stats.truncnorm((low - 3) / 2, (high - 3) / 2, loc=3, scale=2)
    np.testing.assert_allclose(values, oracle.ppf(U), rtol=1e-9)
    values = quantile(LogNormal(median=1, sigma_log=2), U, minimum=np.exp(low), maximum=np.exp(high))
    oracle = stats.truncnorm(low / 2, high / 2, scale=2)
    np.testing.assert_allclose(np.log(values), oracle.ppf(U), rtol=1e-9, atol=1e-9)


def test_the_ends_of_u_are_the_ends_of_the_support():
    u = np.array([0.0, 1.0])
    for prior in (Pert(low=1, mode=2, high=5), Triangular(low=1, mode=2, high=5), Uniform(low=1, high=5)):
        assert quantile(prior, u, **WIDE).tolist() == [1, 5]
    for prior in (Normal(mean=2, sd=1), LogNormal(median=2, sigma_log=1)):
        np.testing.assert_allclose(quantile(prior, u, minimum=1, maximum=5), [1, 5], rtol=1e-12)


def test_the_shape_of_u_is_kept():
    assert quantile(Pert(low=0, mode=1, high=2), np.full((3, 4, 5), 0.3), **WIDE).shape == (3, 4, 5)


@pytest.mark.parametrize("bounds", [(0.5, 9), (0, 2.5)])
def test_a_support_beyond_the_legal_bounds_is_refused(bounds: tuple[float, float]):
    for prior in (Pert(low=0, mode=1, high=3), Triangular(low=0, mode=1, high=3), Uniform(low=0, high=3)):
        with pytest.raises(ValueError, match=r"0 to 3 goes beyond the legal bounds"):
            quantile(prior, U, minimum=bounds[0], maximum=bounds[1])


@pytest.mark.parametrize("prior", [Normal(mean=100, sd=1), LogNormal(median=100, sigma_log=0.1)], ids=str)
@pytest.mark.parametrize("bounds", [(0, 1), (-2, -1), (-1, 0)])
def test_a_prior_with_nothing_within_the_legal_bounds_is_refused(prior: Distribution, bounds: tuple[float, float]):
    with pytest.raises(ValueError, match="next to nothing"):
        quantile(prior, U, minimum=bounds[0], maximum=bounds[1])
