"""Designs: which points, in which worlds, in which order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SALib.sample import morris as salib_morris

from sim.errors import InputError
from sim.experiment import designs
from sim.experiment.design_files import read_design
from sim.experiment.factors import factors_of
from sim.parameters.sampling import METHODS
from sim.scenario import load, tables_for
from tests.properties.studies import DEFAULT

SCENARIO = load(DEFAULT)
TABLES = tables_for(SCENARIO)
MARKETS = ["market.milk.price", "market.cattle.price", "market.sheep.price"]


def factors(*texts: str, levels: bool = False) -> list[designs.Factor]:
    return factors_of(SCENARIO, TABLES, texts, levels=levels)


def test_a_grid_has_all_combinations_the_last_factor_fastest() -> None:
    design = designs.grid(factors("loan.rate=0.02,0.05", "fund.queue=first_come,merit", levels=True), 3)
    assert design.columns == {
        "loan.rate": (0.02, 0.02, 0.05, 0.05),
        "fund.queue": ("first_come", "merit", "first_come", "merit"),
    }
    assert design.structural == {"fund.queue"}
    assert (design.points, design.rows, design.crossed) == (4, 12, True)


@given(st.integers(1, 7), st.integers(1, 9), st.data())
def test_the_first_rows_of_a_crossed_design_are_balanced(points: int, worlds: int, data: st.DataObject) -> None:
    design = designs.Design("grid", {"x": tuple(float(n) for n in range(points))}, frozenset(), replications=worlds)
    first = data.draw(st.integers(0, design.rows))
    met = Counter(design.place(number)[0] for number in range(first))
    assert len({design.place(number) for number in range(design.rows)}) == design.rows
    if first:
        assert max(met.values()) - min((met[point] for point in range(points)), default=0) <= 1


@pytest.mark.parametrize("kind", METHODS)
def test_sampled_points_are_those_of_a_plain_run_and_its_first_blocks_stay(kind: str) -> None:
    chosen = factors(*MARKETS)
    short, long = (designs.sampled(SCENARIO, chosen, kind, points, 1) for points in (64, 192))
    assert all(long.columns[path][:64] == short.columns[path] for path in MARKETS)
    assert short.worlds == tuple(range(64))
    if kind == SCENARIO.monte_carlo.sampling:
        from sim.experiment.study import Study

        study = Study(SCENARIO)
        place = study.layout.index[MARKETS[1]]
        assert long.columns[MARKETS[1]] == tuple(study.point(number)[place] for number in range(192))


def test_sampled_points_of_several_worlds_share_them() -> None:
    design = designs.sampled(SCENARIO, factors(*MARKETS), "sobol", 64, 4)
    assert design.crossed
    assert design.place(64 + 5) == (5, 1)


def test_each_morris_trajectory_moves_every_group_once_and_luck_with_two_worlds() -> None:
    chosen = factors(*MARKETS, "loan.rate=0.02:0.1")
    groups = dict.fromkeys(MARKETS, "market") | {"loan.rate": "loan"}
    design = designs.morris(SCENARIO, chosen, groups, trajectories=8)
    assert design.points == 8 * 4
    levels = {0.03, 0.05, 0.07, 0.09}  # quantiles 1/8, 3/8, 5/8, 7/8 of 0.02 to 0.1
    assert set(np.round(design.columns["loan.rate"], 12)) == levels
    for start in range(0, design.points, 4):
        rows = range(start, start + 4)
        worlds = [design.worlds[row] for row in rows]
        assert set(worlds) == {2 * (start // 4), 2 * (start // 4) + 1}
        steps = [
            {
                *({"luck"} if worlds[i] != worlds[i + 1] else set()),
                *(
                    groups[path]
                    for path, column in design.columns.items()
                    if column[start + i] != column[start + i + 1]
                ),
            }
            for i in range(3)
        ]
        assert sorted(map(sorted, steps)) == [["loan"], ["luck"], ["market"]]
    assert design.unit is not None
    problem = {"num_vars": 5, "names": [*"abcde"], "bounds": [[0, 1]] * 5, "groups": [*["m"] * 3, "l", "luck"]}
    again = salib_morris.sample(problem, 8, num_levels=4, local_optimization=False, seed=1)
    assert design.unit.shape == again.shape


def test_a_saltelli_base_sample_goes_from_a_to_b_one_factor_at_a_time() -> None:
    design = designs.saltelli(SCENARIO, factors(*MARKETS), {}, base=4)
    size = 3 + 1 + 2  # factors, luck, A and B
    assert design.points == 4 * size
    for start in range(0, design.points, size):
        points = [(*design.at(row).values(), design.worlds[row]) for row in range(start, start + size)]
        a, *between, b = points
        for place, point in enumerate(between):
            assert point == tuple(b[i] if i == place else a[i] for i in range(4))
        assert a[3] == 2 * (start // size)
        assert b[3] == a[3] + 1


def test_correlated_factors_of_a_group_are_correlated_in_every_base_sample() -> None:
    pair = MARKETS[:2]
    tied = load(DEFAULT, sets=[f"parameter_correlations=[[{pair[0]}, {pair[1]}, 0.8]]"])
    design = designs.saltelli(tied, factors_of(tied, TABLES, pair, levels=False), dict.fromkeys(pair, "m"), base=256)
    first = np.array([[design.columns[path][row] for path in pair] for row in range(0, design.points, 4)])
    ranks = first.argsort(axis=0).argsort(axis=0)
    assert np.corrcoef(ranks.T)[0, 1] == pytest.approx(0.8, abs=0.05)


def test_base_samples_come_in_powers_of_two() -> None:
    with pytest.raises(InputError, match="powers of 2, such as 1024, not 100"):
        designs.saltelli(SCENARIO, factors(*MARKETS), {}, base=100)


def test_one_at_a_time_starts_at_the_centre() -> None:
    design = designs.one_at_a_time(factors("loan.rate=0.01:0.1", "market.milk.price"), SCENARIO, TABLES, 2)
    milk = TABLES.quantities["market.milk.price"]
    rate = TABLES.quantities["loan.rate"].central
    assert design.columns["loan.rate"] == (rate, 0.01, 0.1, rate, rate)
    assert design.columns["market.milk.price"] == (milk.central,) * 3 + (milk.low, milk.high)
    assert not design.others_vary


@given(st.integers(2, 5), st.integers(1, 6), st.integers(0, 2**16))
def test_a_lattice_has_every_split_in_steps_within_bounds_once(instruments: int, steps: int, seed: int) -> None:
    ends = np.sort(np.random.default_rng(seed).random((instruments, 2)), axis=1)
    bounds = {f"i{place}": (float(low), float(high)) for place, (low, high) in enumerate(ends)}
    every = [
        parts
        for parts in np.ndindex(*[steps + 1] * instruments)
        if sum(parts) == steps
        and all(low - 1e-9 <= part / steps <= high + 1e-9 for part, (low, high) in zip(parts, ends, strict=True))
    ]
    try:
        design = designs.simplex("mix", bounds, 1, steps, 1, 1)
    except InputError:
        assert not every
        return
    found = np.array(list(design.columns.values())).T
    assert [tuple(np.round(row * steps).astype(int)) for row in found] == every


def test_random_splits_lie_within_bounds_and_add_up_to_one() -> None:
    bounds = {"a": (0.1, 0.3), "b": (0.0, 0.5), "c": (0.0, 1.0)}
    design = designs.simplex("mix", bounds, 500, None, 7, 1)
    shares = np.array(list(design.columns.values()))
    assert shares.sum(axis=0) == pytest.approx(np.ones(500), abs=1e-12)
    for row, (low, high) in zip(shares, bounds.values(), strict=True):
        assert low - 1e-12 <= row.min() <= row.max() <= high + 1e-12
    # Without upper bounds, a share above its least is beta(1, 2) times the room: mean a third of it.
    free = designs.simplex("mix", {"a": (0.1, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}, 20_000, None, 7, 1)
    assert np.mean(free.columns["allocations.mix.shares.a"]) == pytest.approx(0.1 + 0.9 / 3, abs=0.006)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"a": (0.0, 0.2), "b": (0.0, 0.3)}, "the least shares add up to 0, the greatest to 0.5"),
        ({"a": (0.7, 1.0), "b": (0.6, 1.0)}, "the least shares add up to 1.3"),
    ],
)
def test_bounds_without_room_are_refused(bounds: dict[str, tuple[float, float]], told: str) -> None:
    with pytest.raises(InputError, match=told):
        designs.simplex("mix", bounds, 10, None, 1, 1)


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_csv_file_is_read_as_it_stands(tmp_path: Path, separator: str) -> None:
    rows = [["loan.rate", "fund.queue", "years"], ["0.02", "merit", "5"], ["", "", ""], ["0.05", "first_come", "6"]]
    file = tmp_path / "точки.csv"
    file.write_text("\n".join(separator.join(row) for row in rows), encoding="utf-8-sig")
    design = read_design(file, None, TABLES, 3)
    assert design.columns == {"loan.rate": (0.02, 0.05), "fund.queue": ("merit", "first_come"), "years": (5.0, 6.0)}
    assert design.structural == {"fund.queue", "years"}
    assert design.replications == 3


def test_every_faulty_cell_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("loan.rate;loan.rat\n0,05;1\n9;;7\n", encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read_design(file, None, TABLES, 1)
    told = str(refusal.value)
    assert "cell B1: loan.rat: there is no such path in the tables or the scenario; did you mean loan.rate?" in told
    assert "cell A2: loan.rate: must be a number, not '0,05'; a decimal is written 0.25" in told
    assert "cell A3: loan.rate: 9 is outside its legal bounds, 0 to 0.5" in told
    assert "cell B3: loan.rat: is empty: every point states every value" in told
    assert "cell C3: stands beside the table, whose header has 2 cells" in told
