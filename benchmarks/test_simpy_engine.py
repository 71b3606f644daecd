"""What one replication of the default scenario costs with the SimPy engine, on one core."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.experiment.study import Study


@pytest.mark.parametrize("allocation", ["current", "no_programme"])
def test_one_allocation(default_study: Study, benchmark: BenchmarkFixture, allocation: str) -> None:
    """The events and months of one allocation, outcomes apart."""
    world, parameters = default_study.simulation.world(default_study.point(1), 1)
    state, status = benchmark(default_study.simulation.run, allocation, world, parameters)
    assert status == 0
    benchmark.extra_info["project_months"] = int(state.counts["months"].sum())


def test_luck_and_world(default_study: Study, benchmark: BenchmarkFixture) -> None:
    """Drawing a world and meeting it with one parameter point, once for all allocations."""
    point = default_study.point(1)
    benchmark(default_study.simulation.world, point, 1)


def test_all_allocations(default_study: Study, benchmark: BenchmarkFixture) -> None:
    """A whole replication: luck, five allocations, outcomes and rows."""
    benchmark(default_study.replicate, 1)
