"""Differences are paired, and the title counts what the panels show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.report.differences import better_in, paired_differences
from sim.report.figures import draw
from tests.report.made_up import OUTCOMES, Run, made_up, outcome, words


def test_numbers_are_median_and_share_of_paired_differences(run: Run) -> None:
    wide = run.replications.pivot(index="draw", columns="allocation", values="milk_t")
    change = wide["water_first"] - wide["current"]
    shown = words(draw("differences", run, "en"))
    assert f"\N{MINUS SIGN}{abs(change.median()) / 1000:.1f}" in shown
    assert f"{100 * (change > 0).mean():.0f}\u2009%" in shown


def test_differences_to_no_programme_take_increments_as_they_are(run: Run) -> None:
    jobs = OUTCOMES[4]
    [(_jobs, table)] = paired_differences(run, [jobs], "no_programme")
    own = run.replications.pivot(index="draw", columns="allocation", values="jobs_net")
    assert table["current"].to_numpy() == pytest.approx(own["current"].to_numpy())
    [(_jobs, to_split)] = paired_differences(run, [jobs], "current")
    assert to_split["water_first"].to_numpy() == pytest.approx((own["water_first"] - own["current"]).to_numpy())


def test_title_counts_outcomes_that_are_better_in_most_replications() -> None:
    run = made_up(40)
    split = run.replications["allocation"] == "water_first"
    for item in OUTCOMES[:5]:
        run.replications[item.name] = np.where(split, 2.0, 1.0)
    run.replications.loc[split, "milk_t"] = 0.0
    title = " ".join(words(draw("differences", run, "en")))
    assert title.startswith(
        "Against Current (assumed split), Water first is better for 4 of 5 main outcomes and worse for 1,"
    )
    run.replications.loc[split, [item.name for item in OUTCOMES[:5]]] = 0.0
    others = run.replications["allocation"].isin(["livestock_first", "processing_first"])
    run.replications.loc[others, [item.name for item in OUTCOMES[:5]]] = 0.5
    title = " ".join(words(draw("differences", run, "en")))
    assert title.startswith("No other split is better than Current (assumed split) for more main outcomes")


@pytest.mark.parametrize(("better", "chance"), [("more", 0.25), ("less", 0.5), ("", np.nan)])
def test_a_tie_is_not_better(better: str, chance: float) -> None:
    values = pd.Series(np.tile([1.0, 0.0, -1.0, -2.0], 10))
    assert better_in(values, outcome(better=better)) == pytest.approx(chance, nan_ok=True)


def test_few_replications_state_no_share() -> None:
    assert np.isnan(better_in(pd.Series(np.ones(29)), outcome()))
    assert "too few replications (20)" in " ".join(words(draw("differences", made_up(20), "en")))
