"""Where stopping rules end a run: by hand, and the same whatever happens to the run."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sim.experiment import runner
from sim.experiment.runner import Interrupted
from sim.experiment.stopping import State, Stop
from sim.experiment.store import Store
from sim.parameters.sampling import BLOCK, Sampler
from sim.scenario import RESERVED, load, tables_for
from sim.scenario.distributions import Uniform
from sim.statistics import difference, mean_interval, probability_interval, quantile_interval, wins
from tests.experiment.fake import SCENARIO, FakeStudy
from tests.experiment.runs import MANIFEST, contents

LEVEL = "{outcome: milk_t, allocation: north, half_width: 0.65}"
HAND = 13 * BLOCK
"""Where `LEVEL` ends a run of `Steps`."""


def steps(number: int) -> list[float]:
    """Return the milk of a replication under north, south and no programme.

    North has 0 in every row of the first block, 2 in the second, 0 in the third …; south three times that, and 1.
    """
    north = 2.0 * (number // BLOCK % 2)
    return [north, 3 * north + 1, 0.0]


@dataclass
class Steps(FakeStudy):
    """A study with the milk of `steps`."""

    def replicate(self, number: int) -> dict[str, dict[str, list[Any]]]:
        rows = super().replicate(number)
        rows["replications"]["milk_t"] = steps(number)
        return rows


def stop(tmp_path: Path, rules: str, *sets: str) -> Stop:
    """Return the rules of the made-up scenario, whose fewest replications are 6."""
    plan = tmp_path.with_suffix(".yaml")
    plan.write_text(SCENARIO, encoding="utf-8")
    scenario = load(plan, [f"monte_carlo.stop={rules}", *sets])
    return Stop(scenario, tables_for(scenario))


def run(folder: Path, rules: Stop, study: FakeStudy | None = None, **options: Any) -> int:
    options = {"workers": 1, "processes": False} | options
    store = Store(folder)
    with store.writing(MANIFEST, "name: fake\n", fresh=False):
        return runner.run(study or Steps(), store, rules.most, stop=rules, **options)


def ended(rules: Stop) -> int:
    """Return where the rules end a run with the milk of `steps`."""
    while not rules.over():
        numbers = range(rules.n, rules.n + BLOCK)
        milk = [value for number in numbers for value in steps(number)]
        names = ["north", "south", RESERVED] * BLOCK
        rules.take(pa.table({"allocation": names, "milk_t": milk, "failed": [0] * len(names)}))
    return rules.n


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of `Steps` under `LEVEL` by one worker."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    assert run(folder, stop(folder, LEVEL)) == HAND
    return folder


def states(rules: Stop, columns: dict[str, np.ndarray], failed: np.ndarray | None = None) -> list[State]:
    """Give the rules columns by allocation, and return how they stand."""
    n = len(next(iter(columns.values())))
    failed = np.zeros(n, dtype=int) if failed is None else failed
    columns = {RESERVED: np.zeros(n), **columns}
    for start in range(0, n, BLOCK):
        rows = [
            {"allocation": name, "milk_t": None if failed[i] else values[i], "failed": failed[i]}
            for i in range(start, start + BLOCK)
            for name, values in columns.items()
        ]
        rules.take(pa.Table.from_pylist(rows))
    return rules.states()


# ---------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("half_width", "blocks"),
    [(0.8, 10), (0.754, 11), (0.72, 11), (0.70, 12), (0.65, 13), (0.62, 14), (0.59, 15)],
)
def test_a_run_stops_at_the_block_that_a_hand_finds(tmp_path: Path, half_width: float, blocks: int) -> None:
    """Block means are 0, 2, 0, 2, …: of an even number b of them s² = b / (b - 1), of an odd one s² = (b + 1) / b.

    With the t of a printed table (2.262, 2.228, 2.201, 2.179, 2.160, 2.145 for 9 to 14 degrees of freedom), half the
    width, t s / sqrt(b), is 0.7541 at 10 blocks, then 0.7017, 0.6636, 0.6271, 0.5991 and 0.5720.
    """
    rule = f"{{outcome: milk_t, allocation: north, half_width: {half_width}}}"
    assert ended(stop(tmp_path, rule)) == blocks * BLOCK


@pytest.mark.parametrize(
    ("rules", "sets", "blocks"),
    [
        ("{outcome: milk_t, half_width: 9}", [], 10),  # never before there is an interval
        (LEVEL, ["monte_carlo.replications=950"], 15),  # the fewest, as whole blocks
        ("{outcome: milk_t, half_width: 1.88}", [], 14),  # each must meet it: south is three times as wide
        ("{outcome: milk_t, allocation: south, half_width: 2}", [], 12),
        ("{outcome: milk_t, allocation: south, half_width_relative: 0.5}", [], 12),  # of 3.73 and 4 at 11 and 12
        ("{outcome: milk_t, difference_to: south, half_width: 1.25}", [], 14),  # twice as wide as north
        ("[{outcome: milk_t, half_width: 9}, " + LEVEL + "]", [], 13),  # all must hold
        ("{outcome: milk_t, half_width: 0.001, max_replications: 700}", [], 11),  # given up, in whole blocks
        ("[{outcome: milk_t, half_width: 0.001, max_replications: 700}, " + LEVEL + "]", [], 13),
    ],
)
def test_what_rules_mean(tmp_path: Path, rules: str, sets: list[str], blocks: int) -> None:
    assert ended(stop(tmp_path, rules, *sets)) == blocks * BLOCK


def test_a_rule_that_was_given_up_is_not_met(tmp_path: Path) -> None:
    rules = stop(tmp_path, "{outcome: milk_t, half_width: 0.001, max_replications: 640}")
    assert ended(rules) == 640
    assert [state.met for state in rules.states()] == [False, False]
    assert [state.allocation for state in rules.states()] == ["north", "south"]


# ---------------------------------------------------------------- what is watched

VALUES = np.random.default_rng(5).normal([3, 3.2], 1, (704, 2))
NORTH, SOUTH = VALUES.T


@pytest.mark.parametrize(
    ("rule", "column", "interval"),
    [
        ("half_width: 1", SOUTH, mean_interval),
        ("difference_to: north, half_width: 1", SOUTH - NORTH, mean_interval),
        (f"difference_to: {RESERVED}, half_width: 1", SOUTH, mean_interval),
        ("probability_above: 3.1, half_width: 0.1", (SOUTH > 3.1) * 1.0, probability_interval),
        (
            "probability_above: 0, difference_to: north, half_width: 0.1",
            (SOUTH > NORTH) * 1.0,
            probability_interval,
        ),
        ("probability_best: true, half_width: 0.1", wins(VALUES)[:, 1], probability_interval),
    ],
)
def test_an_interval_is_that_of_the_column_asked_for(
    tmp_path: Path, rule: str, column: np.ndarray, interval: Any
) -> None:
    rules = stop(tmp_path, f"{{outcome: milk_t, allocation: south, {rule}}}")
    (state,) = states(rules, {"north": NORTH, "south": SOUTH})
    assert (state.low, state.high) == interval(column)
    assert state.half_width == (state.high - state.low) / 2
    assert (state.n, state.estimate) == (704, pytest.approx(column.mean()))


def test_an_interval_of_a_quantile_is_by_sectioning(tmp_path: Path) -> None:
    rules = stop(tmp_path, "{outcome: milk_t, allocation: south, quantile: 0.1, half_width_relative: 0.5}")
    (state,) = states(rules, {"north": NORTH, "south": SOUTH})
    assert (state.low, state.high) == quantile_interval(SOUTH, 0.1)
    assert state.wanted == 0.5 * np.quantile(SOUTH, 0.1)


def test_less_is_best_where_less_is_better(tmp_path: Path) -> None:
    rules = stop(tmp_path, "{outcome: poverty_rate, allocation: south, probability_best: true, half_width: 0.1}")
    rules.take(
        pa.table(
            {
                "allocation": ["north", "south", RESERVED] * BLOCK,
                "poverty_rate": [0.2, 0.1, 0.05] * BLOCK,
                "failed": [0] * 3 * BLOCK,
            }
        )
    )
    assert rules.states()[0].estimate == 1


def test_a_replication_that_failed_anywhere_leaves_comparisons_and_not_levels(tmp_path: Path) -> None:
    failed = np.zeros(704, dtype=int)
    failed[:3] = 4
    both = (
        "[{outcome: milk_t, difference_to: north, half_width: 1}, {outcome: milk_t, allocation: south, half_width: 1}]"
    )
    rules = stop(tmp_path, both)
    north = np.append(NORTH[:-1], np.nan)  # no value there, and did not fail
    compared, level = states(rules, {"north": north, "south": SOUTH}, failed)
    assert (compared.n, level.n) == (700, 701)
    gap = np.where(failed, np.nan, SOUTH)
    assert (compared.low, compared.high) == mean_interval(difference(gap, north))


def test_what_does_not_exist_is_not_known_exactly(tmp_path: Path) -> None:
    rules = stop(tmp_path, "{outcome: milk_t, allocation: south, half_width: 1}")
    (state,) = states(rules, {"north": NORTH, "south": np.full(704, np.nan)})
    assert math.isnan(state.half_width)
    assert not state.met
    assert not rules.over()


# ---------------------------------------------------------------- whatever happens


@pytest.mark.parametrize("processes", [False, True], ids=["threads", "processes"])
def test_workers_do_not_move_the_stop(undisturbed: Path, tmp_path: Path, processes: bool) -> None:
    late = Steps(slow=frozenset({HAND - 2}))  # meanwhile others finish the block beyond
    assert run(tmp_path, stop(tmp_path, LEVEL), late, workers=2, processes=processes) == HAND
    assert contents(tmp_path) == contents(undisturbed)


@pytest.mark.parametrize("pressed", [100, HAND - 1])
def test_an_interrupted_run_goes_on_to_the_same_stop(undisturbed: Path, tmp_path: Path, pressed: int) -> None:
    def press(done: int, total: int) -> None:
        if done >= pressed:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run(tmp_path, stop(tmp_path, LEVEL), progress=press)
    assert Store(tmp_path).finished() < pressed
    assert run(tmp_path, stop(tmp_path, LEVEL), workers=2) == HAND
    assert contents(tmp_path) == contents(undisturbed)


def test_a_damaged_chunk_is_done_again_before_the_rules_see_it(undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    part = folder / "replications/part-00004.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    assert run(folder, stop(folder, LEVEL)) == HAND
    assert contents(folder) == contents(undisturbed)


def test_a_stricter_rule_extends_a_run_and_a_milder_one_computes_nothing(undisturbed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    assert run(folder, stop(folder, LEVEL.replace("0.65", "0.59"))) == 15 * BLOCK
    assert contents(undisturbed).items() <= contents(folder).items()
    seen: list[tuple[int, int]] = []
    nothing = Steps(faulty=frozenset(range(2000)))
    assert run(folder, stop(folder, LEVEL), nothing, progress=lambda *done: seen.append(done)) == HAND
    assert seen == [(HAND, HAND)]


def test_progress_ends_with_the_replications_of_the_run(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run(tmp_path, stop(tmp_path, LEVEL), progress=lambda *done: seen.append(done))
    assert seen[0] == (0, 20480)
    assert seen[-1] == (HAND, HAND)


@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_a_stopped_run_is_a_balanced_sample(undisturbed: Path, method: str) -> None:
    """Each replication once under each allocation; each stratum of each parameter equally often."""
    n = Store(undisturbed).finished()
    assert n == HAND
    rows = Store(undisturbed).read("replications", n)
    pairs = Counter(zip(rows["draw"].to_pylist(), rows["allocation"].to_pylist(), strict=True))
    assert pairs == Counter({(draw, name): 1 for draw in range(n) for name in Steps().allocations})
    priors = {"loan.rate": Uniform(low=0, high=1), "market.milk.price": Uniform(low=0, high=1)}
    plan = Sampler(seed=3, method=method, priors=priors, bounds=dict.fromkeys(priors, (0, 1)))
    points = np.concatenate([plan.uniforms(number) for number in range(n // BLOCK)])
    for column in points.T:
        assert (np.bincount((column * BLOCK).astype(int), minlength=BLOCK) == n // BLOCK).all()
