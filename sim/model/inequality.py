"""How incomes per head are spread: poverty, Gini and the poorest, from sums of shifted log-normal distributions.

Incomes are log-normal at base in each district, with one sigma of the log. Groups (borrowers, workers, owners of
herds) are drawn from that base and gain or lose; what is left of the base are the others. All numbers here are
integrals over that population, not over a sample: nothing is drawn by lot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from sim.parameters.records import FloatArray

# Where a log-normal piece has next to nothing left, in sigmas: for integrals (1e-9 of the people) and for brackets.
_FAR, _FARTHEST = 6.0, 9.0

# Points of the Gini's integral per sigma, at least, per sigma as an addition squeezes it in logs, and at most.
_POINTS, _POINTS_SQUEEZED, _MOST_POINTS = 4.0, 1.5, 60.0

# How much further down in logs the Gini's integral goes where more people than this have less than nothing.
_DEEPER, _MANY = 2.0, 1e-9

# Newton's error after a step this small is its square.
_STEP = 1e-8
_MOST_STEPS = 100

# Stands for an income that a piece cannot have: so far down that not even rounding finds anybody there.
_TINY = 1e-300


class Incomes(NamedTuple):
    """The spread of incomes per head, as K weighted pieces; make it with `of`.

    Incomes of piece k are ``addition[k] + exp(level[k] + sigma z)`` tenge a month, z standard normal.

    Attributes
    ----------
    weight : ndarray, shape (K,)
        Share of all people, adds up to 1. Below 0 where a group's members are taken out of the others.
    level : ndarray, shape (K,)
        Mean of the log of what is above the addition, log tenge a month.
    addition : ndarray, shape (K,)
        Tenge a month; below 0 for a loss.
    sigma : float
        Standard deviation of the log, above 0, the same in all pieces.
    """

    weight: FloatArray
    level: FloatArray
    addition: FloatArray
    sigma: float

    @classmethod
    def of(
        cls,
        *,
        people: FloatArray,
        mean: FloatArray,
        sigma: float,
        share: FloatArray,
        tilt: FloatArray,
        factor: FloatArray,
        addition: FloatArray,
    ) -> Incomes:
        """Describe the incomes of D districts with G groups in each, and the others.

        Parameters
        ----------
        people : ndarray, shape (D,)
            People by district, in any unit; not all 0.
        mean : ndarray, shape (D,)
            Mean base income per head, tenge a month, above 0.
        sigma : float
            Standard deviation of the log of base incomes within a district, above 0.
        share : ndarray, shape (D, G)
            Members of a group in the people of a district; those of one district add up to at most 1.
        tilt : ndarray, shape (G,)
            How much richer than their district the members are at base, in sigmas.
        factor : ndarray, shape (D, G + 1)
            Income over base income, above 0; the last column is the others'.
        addition : ndarray, shape (D, G + 1)
            Tenge a month per head that come on top, below 0 for losses; the last column is the others'.

        Returns
        -------
        Incomes
            A person of base rank z (log base income = its mean + sigma z) earns base income × factor + addition.

        Notes
        -----
        Of the people at rank z, ``share · exp(tilt z − tilt²/2)`` are members of a group (exponential tilting), so
        members' ranks are normal with mean `tilt` and variance 1 and the others' are what remains of the standard
        normal: all together always are the district's base. Beyond z = tilt/2 − log(share)/tilt the members would be
        more than all people there, and the others fewer than none. That is nobody for small groups (z = 8 for a share
        of 0.02 and a tilt of 0.5), but half of the people cannot be tilted by more than some 0.2 (z = 3.6).
        """
        districts, groups = share.shape
        part = people / np.add.reduce(people)
        # By column: members of each group; the district's base with the others' gains; less the members with them,
        # unless members are like all people, whose number is all that matters then.
        weight = np.empty((districts, 2 * groups + 1))
        weight[:, :groups] = share * part[:, None]
        weight[:, groups + 1 :] = -weight[:, :groups] * (tilt != 0.0)
        weight[:, groups] = part - np.add.reduce(weight[:, :groups] * (tilt == 0.0), axis=1)
        level = np.empty_like(weight)
        level[:, : groups + 1] = np.log(mean[:, None] * factor) - 0.5 * sigma * sigma
        level[:, groups + 1 :] = level[:, groups : groups + 1] + sigma * tilt
        level[:, :groups] += sigma * tilt
        added = np.empty_like(weight)
        added[:, : groups + 1] = addition
        added[:, groups + 1 :] = addition[:, groups:]
        peopled = weight != 0.0
        return cls(weight[peopled], level[peopled], added[peopled], sigma)


def sigma_of(gini: float) -> float:
    """Give the standard deviation of the log that a log-normal spread of incomes with this Gini has.

    Parameters
    ----------
    gini : float
        Above 0, below 1.

    Returns
    -------
    float
        √2 Φ⁻¹((G + 1) / 2), from G = 2 Φ(σ / √2) − 1 (Aitchison and Brown, 1957, The Lognormal Distribution).
    """
    return math.sqrt(2.0) * float(ndtri(0.5 * (gini + 1.0)))


def poverty_line(mean: FloatArray, people: FloatArray, sigma: float, rate: float) -> float:
    """Find the income below which a given share of people lives at base.

    Parameters
    ----------
    mean : ndarray, shape (D,)
        Mean base income per head by district, tenge a month, above 0.
    people : ndarray, shape (D,)
        People by district.
    sigma : float
        Standard deviation of the log within a district, above 0.
    rate : float
        Share of people below the line, above 0, below 1.

    Returns
    -------
    float
        Tenge a month per head, exact to 1e-12 of it.
    """
    districts = mean.size
    everybody = np.zeros((districts, 1))
    base = Incomes.of(
        people=people,
        mean=mean,
        sigma=sigma,
        share=np.zeros((districts, 0)),
        tilt=np.zeros(0),
        factor=everybody + 1.0,
        addition=everybody,
    )
    return quantile(base, rate)


def headcount(incomes: Incomes, line: float) -> float:
    """Tell the share of people with an income below a line (tenge a month); a loss counts as below."""
    return float(np.add.reduce(incomes.weight * ndtr(_ranks(incomes, np.array([line])))))


def mean_income(incomes: Incomes) -> float:
    """Tell the mean income, losses included, tenge a month per head."""
    return float(np.add.reduce(incomes.weight * (incomes.addition + _means(incomes))))


def gini(incomes: Incomes) -> float:
    """Measure inequality by Gini's coefficient; whoever loses counts as having nothing.

    Returns
    -------
    float
        0 for equal incomes, below 1. Incomes below 0 are taken as 0, in the mean too, or it could pass 1.

    Notes
    -----
    G = 1 − (1/μ) ∫₀^∞ (1 − F)² dy = (1/μ) ∫₀^∞ F (1 − F) dy, the second form from μ = ∫₀^∞ (1 − F) dy. Its integrand
    over log y falls off at both ends like a normal density, so the trapezoidal rule gains digits exponentially with
    the number of points. An addition squeezes a piece in logs, so the largest sets the step. Losses leave F above 0
    at y = 0; then the integrand falls off downwards only like y, and the points left out are taken as a geometric
    series, added to the weight of the lowest. For a Gini up to 0.3 the error is some 1e-9 where gains and losses are
    small beside incomes, and 1e-6 where a few people get or lose several times the mean income.
    """
    sigma = incomes.sigma
    lowest = float(np.minimum.reduce(incomes.level)) - _FAR * sigma
    losses = np.minimum.reduce(incomes.addition) < 0.0
    if losses and headcount(incomes, 0.0) > _MANY:
        lowest -= _DEEPER
    highest = math.log(np.maximum.reduce(incomes.addition + np.exp(incomes.level + (_FAR + sigma) * sigma)))
    squeezed = 1.0 + float(np.maximum.reduce(incomes.addition * np.exp(-incomes.level)))
    step = sigma / min(max(_POINTS, _POINTS_SQUEEZED * squeezed), _MOST_POINTS)
    income = np.exp(lowest + step * np.arange(math.ceil((highest - lowest) / step) + 1))
    below = np.add.reduce(ndtr(_ranks(incomes, income[:, None])) * incomes.weight, axis=1)
    height = below * (1.0 - below) * income
    height[0] /= -math.expm1(-step)
    earned_below = float(_earned_below(incomes, np.zeros(1))[0]) if losses else 0.0
    return step * float(np.add.reduce(height)) / (mean_income(incomes) - earned_below)


def quantile(incomes: Incomes, part: float) -> float:
    """Find the income below which a given share of people lives: `quantiles` for one share."""
    return float(quantiles(incomes, (part,))[0])


def quantiles(incomes: Incomes, parts: Sequence[float]) -> FloatArray:
    """Find the incomes below which given shares of people live.

    Parameters
    ----------
    incomes : Incomes
        K pieces.
    parts : sequence of float
        P shares of people, above 0, below 1.

    Returns
    -------
    ndarray, shape (P,)
        Tenge a month per head, exact to 1e-12 of it. No share changes a digit of another's income.

    Notes
    -----
    Newton's method on Φ⁻¹(F) over the log of the income, for a single log-normal a straight line; where a step
    leaves the interval known to hold the quantile, its middle is taken instead.
    """
    weight, level, sigma = incomes.weight, incomes.level, incomes.sigma
    floor = min(0.0, float(np.minimum.reduce(incomes.addition)))
    start = incomes.addition - floor
    low = math.log(np.minimum.reduce(start + np.exp(level - _FARTHEST * sigma)))
    high = math.log(np.maximum.reduce(start + np.exp(level + _FARTHEST * sigma)))
    wanted = ndtri(np.array(parts))
    guess = np.add.reduce(weight * np.log(start + np.exp(level + sigma * wanted[:, None])), axis=1)
    searches = [_Search(*each, low, high) for each in zip(parts, wanted.tolist(), guess.tolist(), strict=True)]
    left = searches
    for _step in range(_MOST_STEPS):
        income = np.array([math.exp(search.log_income) for search in left])
        gap = np.maximum(income[:, None] - start, _TINY)
        z = (np.log(gap) - level) / sigma
        below = np.add.reduce(weight * ndtr(z), axis=1)
        density = np.add.reduce(weight * np.exp(-0.5 * z * z) / gap, axis=1) * income / sigma
        found = zip(left, below.tolist(), density.tolist(), strict=True)
        left = [search for search, b, d in found if search.goes_on(b, d)]
        if not left:
            break
    return np.array([math.exp(search.log_income) for search in searches]) + floor


@dataclass(slots=True)
class _Search:
    """Where the search for one quantile stands."""

    part: float
    wanted: float  # its rank
    log_income: float
    low: float
    high: float

    def goes_on(self, below: float, density: float) -> bool:
        """Take a step, given the share of people below the income and their density; returns whether to go on."""
        rank = float(ndtri(min(max(below, _TINY), 1.0 - 1e-16)))
        step = (self.wanted - rank) * math.exp(-0.5 * rank * rank) / max(density, _TINY)
        if below < self.part:
            self.low = self.log_income
        else:
            self.high = self.log_income
        self.log_income += step
        if abs(step) < _STEP:
            return False
        if not self.low <= self.log_income <= self.high:
            self.log_income = 0.5 * (self.low + self.high)
        return True


def bottom_mean(incomes: Incomes, part: float = 0.4) -> float:
    """Tell the mean income of the poorest, losses included.

    Parameters
    ----------
    incomes : Incomes
        K pieces.
    part : float, optional
        Share of people, above 0, below 1.

    Returns
    -------
    float
        Tenge a month per head. Who is poorest is told by these incomes, not by those at base.
    """
    return float(held(incomes, (part,))[0]) / part


def held(incomes: Incomes, parts: Sequence[float]) -> FloatArray:
    """Tell what the poorest parts of the people (P shares) earn together, tenge a month per head of all: (P,)."""
    return _earned_below(incomes, quantiles(incomes, parts))


def _ranks(incomes: Incomes, income: FloatArray) -> FloatArray:
    """Tell where an income (1,) or incomes (P, 1) stand in each piece, in sigmas from its median: (K,) or (P, K)."""
    ranks = np.maximum(income - incomes.addition, _TINY)
    np.log(ranks, out=ranks)
    ranks -= incomes.level
    ranks /= incomes.sigma
    return ranks


def _means(incomes: Incomes) -> FloatArray:
    """Give the mean of each piece less its addition, tenge a month."""
    return np.exp(incomes.level + 0.5 * incomes.sigma * incomes.sigma)


def _earned_below(incomes: Incomes, income: FloatArray) -> FloatArray:
    """Give what those with less than each of P incomes earn, spread over all people, tenge a month: (P,).

    Of a log-normal of mean M, M Φ(z − σ) is earned below rank z (Aitchison and Brown, 1957).
    """
    z = _ranks(incomes, income[:, None])
    earned = incomes.addition * ndtr(z) + _means(incomes) * ndtr(z - incomes.sigma)
    return np.asarray(np.add.reduce(incomes.weight * earned, axis=1))
