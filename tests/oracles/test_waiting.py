"""Waiting times of a queue M/M/c through the engine's own crews and calendar against Erlang (1917)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.clockwork import Calendar, Crews, Story
from sim.parameters.streams import generator

FloatArray = NDArray[np.float64]

CUSTOMERS = 200_000
BATCHES = 40
SERVICE_RATE = 1.0
ARRIVAL, GRANTED, DONE = 2, 1, 0


class Estimate(NamedTuple):
    mean: float
    error: float  # standard error


def erlang_c(crews: int, load: float) -> float:
    """Return the chance that a customer has to wait; `load` is arrival rate / service rate."""
    terms = [load**k / math.factorial(k) for k in range(crews)]
    last = load**crews / math.factorial(crews) * crews / (crews - load)
    return last / (sum(terms) + last)


def waits(crews: int, arrival_rate: float) -> FloatArray:
    """Send customers through the crews; returns how long each waited for one."""
    gaps = generator(1, "oracle", "gap", world=crews).standard_exponential(CUSTOMERS) / arrival_rate
    arrivals = np.cumsum(gaps).tolist()
    services = generator(1, "oracle", "service", world=crews).standard_exponential(CUSTOMERS) / SERVICE_RATE
    months = services.tolist()
    env = Calendar()
    resource = Crews(env, crews)
    waited = np.full(CUSTOMERS, np.nan)

    def customer(j: int) -> Story:
        with resource.request() as crew:
            yield crew
            yield env.at(env.now, GRANTED, j)
            waited[j] = env.now - arrivals[j]
            yield env.at(env.now + months[j], DONE, j)

    def street() -> Story:
        for j, arrival in enumerate(arrivals):
            yield env.at(arrival, ARRIVAL, j)
            env.process(customer(j))

    env.process(street())
    env.run()
    return waited


def by_batches(values: FloatArray) -> Estimate:
    """Estimate a mean and its standard error from means of long batches.

    Waits of neighbours are correlated over some 1/(1 − √ρ)² customers, 38 at the loads below: 40 batches of 5,000 are
    as good as independent, and one start with an empty queue shifts the mean by less than a thousandth of its error.
    """
    means = values.reshape(BATCHES, -1).mean(axis=1)
    return Estimate(float(means.mean()), float(means.std(ddof=1)) / math.sqrt(BATCHES))


@pytest.mark.parametrize("crews", [1, 3])
def test_waiting_for_a_crew_follows_erlang(crews: int) -> None:
    arrival_rate = 0.7 * crews * SERVICE_RATE
    waited = waits(crews, arrival_rate)
    chance = erlang_c(crews, arrival_rate / SERVICE_RATE)
    mean = chance / (crews * SERVICE_RATE - arrival_rate)
    for values, expected, sharpness in ((waited, mean, 0.03), (waited > 0.0, chance, 0.01)):
        estimate = by_batches(values.astype(float))
        # 3.3 standard errors with 39 degrees of freedom: one seed in 500 would miss. The seed is fixed.
        assert estimate.mean == pytest.approx(expected, abs=3.3 * estimate.error)
        assert estimate.error < sharpness * expected  # one crew more or less changes either by half and more


def test_erlang_c_in_known_cases() -> None:
    assert erlang_c(1, 0.7) == pytest.approx(0.7, rel=1e-14)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3, rel=1e-14)
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9, rel=1e-14)
