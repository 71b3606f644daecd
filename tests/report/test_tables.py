"""The summary against numbers computed by hand, and what is printed of it."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from sim.report.tables import print_summary, summary
from tests.report.made_up import OUTCOMES, Rows, Run, made_up, outcome

MILK = outcome("milk_t")


def rows(values: dict[str, list[float | None]], failed: dict[str, list[int]] | None = None) -> pd.DataFrame:
    """Return replications of one outcome, draw = world = place in the list."""
    return pd.DataFrame(
        [
            {
                "allocation": name, "draw": draw, "world": draw, "milk_t": value,
                "failed": (failed or {}).get(name, [0] * len(column))[draw],
            }
            for name, column in values.items()
            for draw, value in enumerate(column)
        ]
    )  # fmt: skip


def test_levels_and_paired_differences_by_hand() -> None:
    frame = rows({"a": [1.0, 4.0, 10.0], "no_programme": [1.0, 2.0, 3.0]})
    table = summary(Rows(frame), [MILK], ["a", "no_programme"], "no_programme").set_index("allocation")
    a = table.loc["a"]
    assert (a["n"], a["failed"], a["mean"], a["p50"], a["unit"]) == (3, 0, 5.0, 4.0, "t")
    assert a["sd"] == pytest.approx(np.sqrt((16 + 1 + 25) / 2))
    assert a["p05"] == pytest.approx(1.3)  # a tenth of the way from the first to the second
    assert a["p95"] == pytest.approx(9.4)
    # differences 0, 2, 7
    assert a["difference"] == pytest.approx(3.0)
    assert a["difference_p05"] == pytest.approx(0.2)
    assert a["difference_p95"] == pytest.approx(6.5)
    assert np.isnan([a["low"], a["high"], a["difference_low"], a["difference_high"]]).all()
    assert table.loc["no_programme", "difference"] == 0


def test_pairs_are_matched_by_draw_and_world_not_by_row_order() -> None:
    frame = rows({"a": [1.0, 4.0, 10.0], "b": [1.0, 2.0, 3.0]})
    shuffled = frame.iloc[[5, 0, 3, 2, 4, 1]]
    pd.testing.assert_frame_equal(
        summary(Rows(shuffled), [MILK], ["a", "b"], "b"), summary(Rows(frame), [MILK], ["a", "b"], "b")
    )


def test_a_failure_under_any_allocation_leaves_all_comparisons() -> None:
    frame = rows({"a": [5.0, 6.0, 7.0], "b": [1.0, 1.0, 1.0], "c": [None, 2.0, 3.0]}, failed={"c": [7, 0, 0]})
    table = summary(Rows(frame), [MILK], ["a", "b", "c"], "b").set_index("allocation")
    assert table["failed"].to_dict() == {"a": 0, "b": 0, "c": 1}
    assert table["n"].to_dict() == {"a": 3, "b": 3, "c": 2}
    assert table.loc["a", "mean"] == 6.0
    assert table.loc["a", "difference"] == 5.5  # without the first pair
    assert table.loc["c", "difference"] == 1.5


def test_a_missing_value_leaves_only_its_own_pair() -> None:
    frame = rows({"a": [5.0, None, 7.0], "b": [1.0, 1.0, 1.0], "c": [2.0, 3.0, 4.0]})
    table = summary(Rows(frame), [MILK], ["a", "b", "c"], "b").set_index("allocation")
    assert table.loc["a", "difference"] == 5.0
    assert table.loc["c", "difference"] == 2.0
    assert table.loc["a", "failed"] == 0


def test_without_reference_there_are_no_differences() -> None:
    table = summary(Rows(rows({"a": [1.0, 2.0]})), [MILK], ["a"], None)
    assert table.filter(like="difference").isna().all(axis=None)


def test_outcomes_that_were_not_recorded_are_left_out() -> None:
    table = summary(Rows(rows({"a": [1.0, 2.0]})), [MILK, outcome("meat_t")], ["a"], None)
    assert table["outcome"].tolist() == ["milk_t"]


def test_intervals_need_ten_blocks_and_come_from_block_means(run: Run) -> None:
    names = [*run.scenario.allocations, "no_programme"]
    table = summary(run, [MILK], names, "no_programme").set_index("allocation")
    wide = run.replications.pivot(index="draw", columns="allocation", values="milk_t")
    means = (wide["current"] - wide["no_programme"]).to_numpy().reshape(10, 64).mean(axis=1)
    half = 2.262157 * means.std(ddof=1) / np.sqrt(10)  # Student's t, 9 degrees of freedom, 97.5 %
    assert table.loc["current", "difference_low"] == pytest.approx(means.mean() - half)
    assert table.loc["current", "difference_high"] == pytest.approx(means.mean() + half)
    fewer = summary(Rows(run.replications.query("draw < 639")), [MILK], names, "no_programme")
    assert fewer["low"].isna().all()


def printed(run: Run, width: int, reference: str | None = "no_programme") -> str:
    """Return what appears on a screen of that width."""
    names = [*run.scenario.allocations, "no_programme"]
    table = summary(run, OUTCOMES, names, reference)
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    print_summary(table, run.scenario, OUTCOMES, screen, reference)
    return screen.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [80, 100])
def test_screen_shows_every_outcome_and_allocation_within_its_width(run: Run, width: int) -> None:
    text = printed(run, width)
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for words in ("Rural income", "Net permanent jobs", "Livestock", "No programme", "reference"):
        assert words in flat
    assert "seed 20260216" in flat
    assert "need 640 replications" not in flat
    assert "\u2009" not in text
    assert "\u2212" not in text  # Windows code pages have neither


def test_screen_fits_all_five_columns_side_by_side_at_100(run: Run) -> None:
    assert printed(run, 100).count("Rural income") == 1


def test_screen_numbers_are_in_the_shown_unit(run: Run) -> None:
    median = run.replications.query("allocation == 'livestock_first'")["milk_t"].median()
    assert f"{median / 1000:.1f}" in printed(run, 100)


def test_screen_says_when_there_are_too_few_replications_for_intervals() -> None:
    flat = " ".join(printed(made_up(64), 100).split())
    assert "n = 64, seed 20260216; intervals of the mean need 640 replications." in flat


def test_screen_names_the_failed() -> None:
    run = made_up(3)
    run.replications.loc[0, "failed"] = 5
    run.replications.loc[0, [item.name for item in OUTCOMES[:5]]] = np.nan
    assert "Current (assumed split): 1 of 3 replications failed" in printed(run, 100)


def test_only_main_outcomes_are_printed(run: Run) -> None:
    side = outcome("milk_t", main=False, labels={"en": "Milk aside"})
    table = summary(run, [side], ["current"], None)
    screen = Console(file=io.StringIO(), width=100)
    print_summary(table, run.scenario, [side], screen, None)
    assert "Milk aside" not in screen.file.getvalue()  # type: ignore[attr-defined]
