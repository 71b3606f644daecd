from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.analysis.estimates import estimate, held_out, secant, standings

BLOCKS = 10
N = 64 * BLOCKS


def by_block(*values: float) -> np.ndarray:
    """Return replications of which every row of a block has the value of its block, over and over."""
    return np.repeat(np.resize(values, BLOCKS), 64)


def test_an_interval_comes_from_block_means() -> None:
    found = estimate(by_block(1.0, 3.0))
    # Ten block means of 2 ± 1: sd sqrt(10 / 9), t with nine degrees of freedom 2.262157.
    half = 2.2621572 * np.sqrt(10 / 9) / np.sqrt(10)
    assert found == pytest.approx((2.0, 2.0 - half, 2.0 + half, N))


def test_few_replications_have_no_interval() -> None:
    found = estimate(np.arange(63.0))
    assert (found.mean, found.n) == (31.0, 63)
    assert np.isnan([found.low, found.high]).all()


def test_who_comes_first_is_told_by_hand() -> None:
    # In half of the blocks north has 4 and south 3; in the other half 0 and 3. They tie nowhere.
    table = pd.DataFrame({"north": by_block(4.0, 0.0), "south": by_block(3.0, 3.0)})
    south, north = standings(table)
    assert (south.split, south.gain.mean, north.gain.mean) == ("south", 3.0, 2.0)
    assert south.behind[:3] == (0.0, 0.0, 0.0)
    assert north.behind.mean == -1.0
    # Block differences of -1 ± 2 and shares of 0.5 ± 0.5.
    half = 2.2621572 * np.sqrt(10 / 9) / np.sqrt(10)
    assert (north.behind.low, north.behind.high) == pytest.approx((-1 - 2 * half, -1 + 2 * half))
    assert south.best[:3] == pytest.approx((0.5, 0.5 - half / 2, 0.5 + half / 2))


def test_a_tie_is_shared_and_a_failed_replication_left_out() -> None:
    table = pd.DataFrame({"a": [1.0, 1.0, np.nan, 5.0], "b": [1.0, 2.0, 9.0, np.nan]})
    found = {one.split: one for one in standings(table)}
    assert (found["a"].best.mean, found["b"].best.mean) == (0.25, 0.75)
    assert [one.gain.n for one in found.values()] == [2, 2]


def mixes(first_half: tuple[float, float], second_half: tuple[float, float]) -> pd.DataFrame:
    """Return two mixes and a split of 10; each mix has one value in even blocks and one in odd ones."""
    (one_even, two_even), (one_odd, two_odd) = first_half, second_half
    columns = {"mix_1": by_block(one_even, one_odd), "mix_2": by_block(two_even, two_odd)}
    return pd.DataFrame(columns | {"north": by_block(10.0), "south": by_block(9.0)})


def test_the_best_of_noise_gains_nothing_where_it_was_not_chosen() -> None:
    # Even blocks choose mix_1 (14 against 6), which has 6 in odd ones, and the other way round.
    found = held_out(mixes((14.0, 6.0), (6.0, 14.0)), ["north", "south"])
    assert found.chosen == (("mix_2", "north"), ("mix_1", "north"))  # for the even half, then for the odd one
    assert found.difference.mean == -4.0
    assert found.seen.mean == 0.0


def test_a_mix_that_is_better_is_found_better_by_as_much() -> None:
    found = held_out(mixes((13.0, 6.0), (11.0, 6.0)), ["north", "south"])
    assert found.chosen == (("mix_1", "north"),) * 2
    assert found.difference == found.seen
    assert found.difference.mean == 2.0


def test_fewer_than_two_blocks_are_halved_row_by_row() -> None:
    table = pd.DataFrame({"mix": [1.0, 2.0, 1.0, 2.0], "north": [0.0, 0.0, 0.0, 0.0]})
    assert held_out(table, ["north"]).difference[::3] == (1.5, 4)


def test_a_linear_model_has_its_slope_at_every_level() -> None:
    rng = np.random.Generator(np.random.Philox(key=7))
    slope = rng.normal(3.0, 1.0, N)  # income per tenge, another one in each replication
    luck = rng.normal(0.0, 1000.0, N)  # common to all allocations
    table = pd.DataFrame({f"sheep_{level:03d}": luck + slope * level / 100 * 8 for level in (25, 75, 175, 225)})
    for low, high in (("sheep_025", "sheep_075"), ("sheep_175", "sheep_225")):
        found = secant(table, low, high, 0.5 * 8)
        assert found == pytest.approx(estimate(slope), rel=1e-9)
