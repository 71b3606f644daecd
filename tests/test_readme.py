"""What both READMEs show is what results/example, docs/findings.md, the tables and the program hold."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sim
from sim.data import load_tables
from sim.data.tables import rows_of
from sim.engine.process import Region
from sim.experiment.study import Study
from sim.report.text import MINUS

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "results" / "example"
READMES = {"en": ROOT / "README.md", "ru": ROOT / "README.ru.md"}
SUMMARY = EXAMPLE / "summary.csv"
INCOME, ENPV, JOBS = "rural_income_kzt_per_month", "enpv_kzt", "jobs_net"
SPLITS = ("current", "livestock_first", "processing_first", "water_first")
MOST = 3_000_000  # bytes of the example

each_readme = pytest.mark.parametrize("language", READMES)


def readme(language: str) -> str:
    """Return the text, each run of blanks and line breaks as one blank."""
    return re.sub(r"[ \n]+", " ", READMES[language].read_text(encoding="utf-8"))


def spelled(value: float, language: str, decimals: int = 0, *, signed: bool = False) -> str:
    """Write a number as the README of that language does."""
    text = f"{abs(value):,.{decimals}f}"
    if language == "ru":
        text = text.replace(",", "\u00a0").replace(".", ",")
    return (MINUS if value < 0 else "+" if signed else "") + text


def facts() -> pd.DataFrame:
    return pd.read_csv(EXAMPLE / "facts.csv").set_index(["outcome", "allocation"])


@each_readme
def test_the_finding_is_that_of_the_example(language: str) -> None:
    text, found = readme(language), facts()
    gain = found.loc[INCOME, "current"]
    to = " to " if language == "en" else "\u2013"
    assert spelled(gain["median"], language, signed=True) in text
    assert to.join(spelled(gain[name], language) for name in ("p05", "p95")) in text
    for split in SPLITS[:3]:
        assert f"{100 * found.loc[(INCOME, split), 'p_best']:.0f} %" in text
    best = found.loc[ENPV, "livestock_first"]
    assert f"{spelled(best['median'] / 1e9, language, 1, signed=True)}" in text
    assert f"{100 * best['p_best']:.0f} %" in text


def test_the_rest_of_what_the_default_run_says_is_that_of_the_example() -> None:
    language = "en"  # the Russian README says no more than the finding
    text, found = readme(language), facts()
    for split in ("current", "processing_first"):
        assert spelled(found.loc[(ENPV, split), "median"] / 1e9, language, 1, signed=True) + " bn" in text
    shares = [f"{100 * found.loc[(ENPV, split), 'p_below_0']:.0f}" for split in SPLITS[1::-1] + SPLITS[2:3]]
    assert f"P(value below 0): {shares[0]}, {shares[1]} and {shares[2]} %" in text
    summary = pd.read_csv(SUMMARY).set_index(["outcome", "allocation"])
    assert spelled(found.loc[(INCOME, "water_first"), "median"], language, signed=True) in text
    assert f"{summary.loc[(JOBS, 'current'), 'p50']:,.0f} net full-time jobs" in text
    assert f"the {summary.loc[('jobs_reported', 'current'), 'p50']:,.0f} that reports" in text
    unspent = summary.loc[("money_unspent_kzt_nominal", "water_first"), "p50"] / 1e9
    assert f"{unspent:.1f} bn tenge are never lent" in text
    poverty = [100 * summary.loc[("poverty_rate", split), "p50"] for split in ("no_programme", "current")]
    assert f"from {poverty[0]:.1f} to {poverty[1]:.1f} %" in text
    loads = [100 * summary.loc[("plant_utilisation", split), "p50"] for split in ("no_programme", "processing_first")]
    assert f"from {loads[0]:.0f} to {loads[1]:.0f} %" in text


@each_readme
def test_the_table_of_published_figures_is_that_of_the_example(language: str) -> None:
    table = (EXAMPLE / f"validate.{language}.md").read_text(encoding="utf-8")
    assert table in READMES[language].read_text(encoding="utf-8")
    assert "**" in table, "no miss is shown"


@each_readme
def test_numbers_are_counted_as_they_are(language: str) -> None:
    quantities = load_tables("zhetysu").quantities
    rows, text = rows_of(quantities.values()), readme(language)
    kinds = [row.kind_of_source for row in rows]
    for n in (len(quantities), len(rows), *map(kinds.count, ("sourced", "derived", "assumption"))):
        assert spelled(n, language) in text


@each_readme
def test_what_moves_the_answer_most_is_what_the_findings_name(language: str) -> None:
    findings = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8").partition("## 5.")[2]
    named = re.findall(r"^\| `([a-z_.]+)` \|", findings, re.MULTILINE)
    part = readme(language).partition(" ## " + {"en": "What we do not know", "ru": "Чего мы не знаем"}[language])[2]
    shown = re.findall(r"`([a-z_]+\.[a-z_.]+)`", part.partition(" ## ")[0])
    assert len(shown) >= 5
    assert set(shown) <= set(named)


@each_readme
def test_the_gain_of_a_mix_is_what_the_findings_say(language: str) -> None:
    findings = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    gain = re.search(r"a mix beats every single split\*\*, by \+(\d+) \(\+(\d+) to \+(\d+)\)", findings)
    assert gain is not None
    middle, low, high = gain.groups()
    to = " to " if language == "en" else "\u2013"
    assert f"{middle} ({low}{to}{high})" in readme(language)


@each_readme
def test_the_generator_is_the_one_that_runs(language: str) -> None:
    source = textwrap.dedent(inspect.getsource(Region.project))
    assert f"```python\n{source}```" in READMES[language].read_text(encoding="utf-8")


@each_readme
def test_what_is_linked_is_there(language: str) -> None:
    text = READMES[language].read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_example_is_small_and_whole() -> None:
    files = [file for file in EXAMPLE.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MOST
    assert {"summary.csv", "tables.xlsx", "scenario.yaml", "manifest.json"} <= {file.name for file in files}
    assert len(list((EXAMPLE / "figures").glob("*.png"))) >= 40
    assert all((ROOT / "docs" / "figures" / f"{language}.png").is_file() for language in ("en", "ru", "kk"))


def test_the_first_replications_of_the_example_come_out_again() -> None:
    stored = pd.read_csv(EXAMPLE / "first_replications.csv")
    study = Study(sim.load(ROOT / "scenarios" / "zhetysu-2026-2028.yaml"))
    found = pd.concat(pd.DataFrame(study.replicate(number)["replications"]) for number in range(8))
    keys = ["draw", "world", "allocation"]
    stored, found = (table.sort_values(keys, ignore_index=True) for table in (stored, found))
    assert list(stored[keys].itertuples(index=False)) == list(found[keys].itertuples(index=False))
    assert len(stored) == 8 * 5
    for name in set(stored.columns) - set(keys):
        one, other = (table[name].to_numpy(np.float64, na_value=np.nan) for table in (stored, found))
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=0, err_msg=name)
