"""Quantile functions of the priors that a scenario may name."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from sim.i18n import _
from sim.parameters.groups import FloatArray
from sim.scenario.distributions import Distribution, LogNormal, Normal, Pert, Triangular, Uniform

# Weight of the mode in a PERT distribution, as usual since Malcolm et al. (1959).
_PERT_LAMBDA = 4.0

# A prior with less of its mass within the legal bounds than this is a slip of the pen, not a belief.
_LEAST_MASS = 1e-6


def quantile(distribution: Distribution, u: FloatArray, *, minimum: float, maximum: float) -> FloatArray:
    """Map uniform numbers to values of a prior.

    Parameters
    ----------
    distribution : Pert, Uniform, Triangular, Normal or LogNormal
        In the unit of the parameter.
    u : ndarray of any shape
        Probabilities, 0 <= u <= 1 (not checked). Between 0 and 1e-100, which no generator makes, SciPy's beta
        quantile may give NaN.
    minimum, maximum : float
        Legal bounds of the parameter. Normal and lognormal are truncated to them; the support of the others
        must lie within them.

    Returns
    -------
    ndarray of the shape of `u`
        Values in the unit of the parameter, within the support and the bounds; they never fall as `u` rises,
        but for rounding.

    Raises
    ------
    ValueError
        If the support goes beyond the bounds, or next to nothing of a normal or lognormal lies within them.

    Notes
    -----
    PERT is low + (high - low) B, where B is beta with a = 1 + 4 (mode - low)/(high - low) and
    b = 1 + 4 (high - mode)/(high - low) [1]_. Truncation maps u between the values of the distribution
    function F at the bounds: the quantile at F(minimum) + u (F(maximum) - F(minimum)).

    References
    ----------
    .. [1] Vose, D. (2008). Risk Analysis, 3rd ed., Wiley, pp. 405-407.
    """
    match distribution:
        case Pert() | Triangular() | Uniform():
            low, high = distribution.low, distribution.high
            if low < minimum or high > maximum:
                raise ValueError(
                    _("{low:g} to {high:g} goes beyond the legal bounds {minimum:g} to {maximum:g}").format(
                        low=low, high=high, minimum=minimum, maximum=maximum
                    )
                )
            values = low + (high - low) * _unit_quantile(distribution, u)
        case Normal():
            low, high, mean, sd = minimum, maximum, distribution.mean, distribution.sd
            values = mean + sd * _truncated_normal(u, (low - mean) / sd, (high - mean) / sd)
        case LogNormal():
            low, high, median, sigma = minimum, maximum, distribution.median, distribution.sigma_log
            z = _truncated_normal(u, _log_ratio(low, median) / sigma, _log_ratio(high, median) / sigma)
            values = median * np.exp(sigma * z)
    return np.clip(values, low, high)


def _unit_quantile(distribution: Pert | Triangular | Uniform, u: FloatArray) -> FloatArray:
    """Return the quantile of the distribution shifted and scaled to 0..1."""
    if isinstance(distribution, Uniform):
        return u
    mode = (distribution.mode - distribution.low) / (distribution.high - distribution.low)
    if isinstance(distribution, Pert):
        return np.asarray(betaincinv(1 + _PERT_LAMBDA * mode, 1 + _PERT_LAMBDA * (1 - mode), u))
    return np.where(u < mode, np.sqrt(u * mode), 1 - np.sqrt((1 - u) * (1 - mode)))


def _truncated_normal(u: FloatArray, low: float, high: float) -> FloatArray:
    """Return the quantile of the standard normal truncated to low..high."""
    below, up_to = float(ndtr(low)), float(ndtr(high))
    if not up_to - below >= _LEAST_MASS:
        raise ValueError(_("next to nothing of the distribution lies within the legal bounds"))
    return np.asarray(ndtri(below + u * (up_to - below)))


def _log_ratio(value: float, median: float) -> float:
    """Return log(value / median), -inf for what a lognormal cannot reach."""
    return math.log(value / median) if value > 0 else -math.inf
