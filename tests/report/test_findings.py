"""The sentences of docs/findings.md, from made-up runs whose numbers are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.analysis import designs
from sim.analysis.moving import Mover, Moving
from sim.report.causes import where_from
from sim.report.findings import hangs_on, whether_mixed, which_split
from sim.report.told import ENPV, INCOME, JOBS, LENT, UNSPENT, Told
from tests.report.made_up import Run, keys, outcome, scenario

N = 1280
LABELS = {"current": {"en": "Current"}, "herds": {"en": "Herds first"}, "plants": {"en": "Plants first"}}
OUTCOMES = [
    outcome(name, increment=name == ENPV, fund_own=name in (UNSPENT, LENT), decimals=0, labels={"en": label})
    for name, label in zip(designs.OUTCOMES, ("Income", "ENPV", "Jobs", "Load", "Load", "Unspent", "Lent"), strict=True)
]


def noise(key: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=key)).standard_normal(N)


def told(
    gains: Mapping[str, float], sd: float = 0.0, labels: Mapping[str, Mapping[str, str]] = LABELS, **more: float
) -> Told:
    """Return a run in which every outcome has these gains over no programme, and noise of its own per split."""
    names = [*labels, "no_programme"]
    table = keys(N, names)
    for name in designs.OUTCOMES:
        values = np.stack([gains.get(split, 0.0) + sd * noise(i + 1) for i, split in enumerate(names)], axis=1)
        values[:, -1] = 0.0
        level = 1000.0 * (name in (INCOME, JOBS)) + more.get(name, 0.0)
        table[name] = (level + values).ravel()
    table["failed"] = 0
    tables = SimpleNamespace(
        outcomes=OUTCOMES, quantities={"loan.rate": SimpleNamespace(low=0.01, high=0.05, shown_unit="share")}
    )
    run = Run(table, *[pd.DataFrame()] * 4, scenario(labels, N), tables, N)
    run.folder = Path("results/made-up/0123abcd")  # type: ignore[attr-defined]
    return Told(run)


def text(lines: list[str]) -> str:
    return "\n".join(lines).replace("\u2009", " ").replace("\u2212", "-")


def test_a_clear_winner_is_called_first() -> None:
    page = text(which_split(told({"current": 100.0, "herds": 80.0, "plants": 60.0}, sd=1.0)))
    assert "**Income: Current comes first.** It brings +100 (+100 to +100) t, and is best in 100 %" in page
    assert re.search(
        r"Herds first, the next, differs from it by -20 \(-20 to -20\), (19\.9|20\.[01]) % of the gain\.", page
    )
    assert "| Income: Plants first | +60 (+60 to +60) | -40 (-40 to -40) | 0 % (0 % to 1 %) |" in page
    assert "n = 1 280, run `0123abcd`." in page


def test_a_lead_in_the_mean_that_rarely_shows_is_no_clear_win() -> None:
    # A lead of 5 with standard deviations of 20: certain in the mean, and first in less than half of replications.
    page = text(which_split(told({"current": 25.0, "herds": 20.0, "plants": 20.0}, sd=20.0)))
    assert "**Income: no split clearly comes first.** Current brings most in the mean" in page


@pytest.mark.parametrize(
    ("gain", "sentence"),
    [
        (110.0, "**Income: a mix beats every single split**, by +10 (+10 to +10) t, 10 % of the gain"),
        (100.0, "**Income: no mix is shown to beat the best single split.**"),
        (90.0, "**Income: no mix beats the best single split.** The best mix differs from it by -10"),
    ],
)
def test_a_mix_beats_the_best_split_or_does_not(gain: float, sentence: str) -> None:
    labels = {name: {"en": name.capitalize()} for name in designs.mixes(["herds", "plants"])}
    mixed = told({"herds": 100.0, "plants": 50.0, "mix_3_2": gain}, sd=0.1, labels=labels)
    page = text(whether_mixed(mixed, told({"current": 70.0})))
    assert sentence in page
    assert "4 mixes of Herds, Plants, in steps of 20 %." in page
    assert "| Income | 60 % herds + 40 % plants | Herds |" in page
    assert page.count("| +70 (+70 to +70) |") == 2  # income and ENPV


def test_changes_are_told_against_the_same_replications() -> None:
    base = told({"current": 100.0, "herds": 80.0, "plants": 60.0}, sd=5.0)
    runs = {v.name: told({"current": 100.0, "herds": 80.0, "plants": 60.0}, sd=5.0) for v in designs.VARIANTS}
    runs["prices-fixed"] = told({"current": 140.0, "herds": 80.0, "plants": 60.0}, sd=5.0)
    runs["plants-full"] = told({"current": 100.0, "herds": 80.0, "plants": 160.0}, sd=5.0)
    page = text(where_from(base, runs))
    assert "the income gain of Current would change by +40 (+40 to +40), +40 % of it.** Hay alone: 0 (0 to 0)" in page
    assert "would change by 0 (0 to 0), which may be nothing, that of Plants first, the largest change, by +100" in page
    assert "Plants first would then have the largest gain; with the plants as they are, Current has." in page


def test_what_moves_the_answer_is_named_or_said_to_be_nothing() -> None:
    mover = Mover("loan.rate", -0.5, -0.6, -0.4, 120.0, 80.0)
    moved = {"gain": Moving([mover], 0.11, 1, N), "choice": Moving([], 0.12, 0, N)}
    page = text(hangs_on(told({"current": 100.0, "herds": 80.0}), moved))
    assert "**1 of the uncertain numbers move the income gain of Current beyond what chance brings about" in page
    assert "| `loan.rate` | 0.01–0.05 (share) | -0.50 (-0.60 to -0.40) | +120 | +80 |" in page
    assert "**0 of the uncertain numbers move the difference in income, Current less Herds first beyond" in page
    assert "no correlation beyond 0.11 and 0.12" in page
