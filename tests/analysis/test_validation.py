from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.validation import COLUMNS, FILE, LEAST, ROLES, Target, counts, targets, validate
from sim.data import load_tables
from sim.errors import InputError
from sim.report.validation import markdown, published_cell, verdict
from tests.data.regions import copied

ROOT = Path(__file__).parents[2]
SHIPPED = targets(load_tables("zhetysu"))
MILK = Target(
    key="milk", labels={"en": "Milk"}, role="independent", statistic="level", table="yearly", outcome=("milk_t",),
    allocation="current", year=2026, scale=1.0, decimals=0, low=math.nan, central=100.0, high=math.nan, unit="t",
    source="assumption", note="",
)  # fmt: skip
ROW = "milk,Milk,Молоко,Сүт,independent,level,yearly,milk_t,current,2026,0.001,0,,225,,thousand t,assumption,"


class Stored:
    """A run's tables in memory, read replication by replication."""

    def __init__(self, **tables: list[dict[str, object]]) -> None:
        self.tables = {name: pd.DataFrame(rows) for name, rows in tables.items()}

    def recorded(self, table: str) -> list[str]:
        return list(self.tables[table])

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        for _draw, part in self.tables[table].groupby("draw"):
            yield part[[*columns]]


def key(draw: int, allocation: str = "current", **more: object) -> dict[str, object]:
    return {"allocation": allocation, "draw": draw, "world": draw, **more}


def milk(*tonnes: float) -> Stored:
    """Milk in 2026 under `current`, one replication each; other years and splits have other milk."""
    rows = [key(draw, year=2026, milk_t=t) for draw, t in enumerate(tonnes)]
    others = [key(draw, year=2027, milk_t=1e6) for draw in range(len(tonnes))]
    others += [key(draw, "no_programme", year=2026, milk_t=1e6) for draw in range(len(tonnes))]
    return Stored(yearly=rows + others)


def held(source: Stored, target: Target) -> pd.Series:
    (row,) = validate(source, [target]).to_dict("records")
    return pd.Series(row)


def test_median_and_range_are_quantiles_over_replications_in_the_published_unit() -> None:
    row = held(milk(*range(101)), replace(MILK, scale=0.5))
    assert (row["n"], row["low"], row["median"], row["high"]) == (101, 2.5, 25.0, 47.5)
    assert (row["key"], row["role"], row["unit"], row["published"]) == ("milk", "independent", "t", 100.0)


@pytest.mark.parametrize(
    ("low", "central", "high", "expected"),
    [  # 0 … 100: median 50, range 5 to 95
        (40.0, 45.0, 60.0, ("inside", "")),
        (50.0, math.nan, 60.0, ("inside", "")),
        (49.0, math.nan, 49.6, ("inside", "")),  # 49.6 is shown as 50
        (49.0, math.nan, 49.4, ("overlaps", "above")),
        (math.nan, 50.4, math.nan, ("inside", "")),
        (math.nan, 51.0, math.nan, ("overlaps", "below")),
        (math.nan, 49.0, math.nan, ("overlaps", "above")),
        (51.0, 70.0, 200.0, ("overlaps", "below")),
        (95.0, math.nan, 200.0, ("overlaps", "below")),
        (96.0, math.nan, 200.0, ("misses", "below")),
        (-9.0, math.nan, 5.0, ("overlaps", "above")),
        (-9.0, 0.0, 4.0, ("misses", "above")),
    ],
)
def test_verdicts(low: float, central: float, high: float, expected: tuple[str, str]) -> None:
    row = held(milk(*range(101)), replace(MILK, low=low, central=central, high=high))
    assert (row["verdict"], row["side"]) == expected


def test_a_wide_range_of_the_model_makes_nothing_inside() -> None:
    sure, unsure = ([100.0 + width * (i - 50) for i in range(101)] for width in (0.01, 10.0))
    target = replace(MILK, low=110.0, high=120.0, central=math.nan)
    assert [held(milk(*values), target)["verdict"] for values in (sure, unsure)] == ["misses", "overlaps"]


def test_with_too_few_values_there_is_no_verdict() -> None:
    values = [100.0] * LEAST
    assert held(milk(*values), MILK)["verdict"] == "inside"
    row = held(milk(*values[1:]), MILK)
    assert (row["verdict"], row["n"], row["median"]) == ("untold", LEAST - 1, 100.0)
    row = held(milk(*values[1:], math.nan), MILK)  # a failed replication has no value
    assert (row["verdict"], row["n"]) == ("untold", LEAST - 1)


@pytest.mark.parametrize("change", [{"allocation": "other"}, {"year": 2050}, {"outcome": ("eggs_mln",)}])
def test_a_run_that_does_not_hold_it_does_not_tell_it(change: dict[str, object]) -> None:
    row = held(milk(*[100.0] * 30), replace(MILK, **change))  # type: ignore[arg-type]
    assert (row["verdict"], row["side"], row["n"]) == ("untold", "", 0)
    assert math.isnan(row["median"])


def test_a_quotient_is_one_of_each_replication() -> None:
    target = replace(MILK, table="replications", year=None, outcome=("jobs", "loans"), central=2.0)
    rows = [
        key(draw, jobs=jobs, loans=loans) for draw, (jobs, loans) in enumerate([(2, 1), (300, 100), (4, 4), (5, 0)])
    ]
    row = held(Stored(replications=rows), target)
    assert (row["n"], row["median"]) == (3, 2.0)  # of 2, 3 and 1; without a loan there is none


def test_instruments_are_added_up() -> None:
    target = replace(MILK, table="instruments", outcome=("approved", "applied"), scale=100.0)
    rows = [key(0, instrument=name, year=2026, approved=a, applied=b) for name, a, b in [("a", 1, 1), ("b", 2, 5)]]
    rows.append(key(0, instrument="a", year=2027, approved=0, applied=100))
    assert held(Stored(instruments=rows), target)["median"] == 50.0


def test_growth_is_the_mean_of_a_year_between_the_ends() -> None:
    target = replace(MILK, statistic="growth", year=None, scale=100.0)
    levels = {2028: 121.0, 2026: 100.0, 2027: 500.0}  # in any order
    source = Stored(yearly=[key(0, year=year, milk_t=level) for year, level in levels.items()])
    assert held(source, target)["median"] == pytest.approx(10.0, rel=1e-12)
    assert held(Stored(yearly=[key(0, year=2026, milk_t=100.0)]), target)["n"] == 0


def test_hay_is_dear_in_the_year_after_the_driest() -> None:
    target = replace(MILK, statistic="after_driest", year=None, outcome=("hay_price_kzt_per_t",))

    def rows(draw: int, water: Sequence[float], price: Sequence[float]) -> list[dict[str, object]]:
        pairs = enumerate(zip(water, price, strict=True), 2026)
        return [key(draw, year=year, water_used_m3=w, hay_price_kzt_per_t=p) for year, (w, p) in pairs]

    once = rows(0, [9.0, 5.0, 9.0, 1.0], [10.0, 20.0, 50.0, 20.0])  # nothing follows the last year
    assert held(Stored(yearly=once), target)["median"] == 2.5
    assert held(Stored(yearly=rows(0, [9.0], [10.0])), target)["n"] == 0


def test_only_the_independent_count_and_no_miss_is_left_out() -> None:
    published = [
        replace(MILK, key="a", labels={"en": "Met"}),
        replace(MILK, key="b", labels={"en": "Half"}, central=110.0),
        replace(MILK, key="c", labels={"en": "Milk missed"}, central=300.0),
        replace(MILK, key="d", labels={"en": "Never told"}, year=2050),
        replace(MILK, key="e", labels={"en": "Calibrated, missed"}, role="calibrated", central=300.0),
        replace(MILK, key="f", labels={"en": "Implied, met"}, role="implied"),
    ]
    found = validate(milk(*np.linspace(80.0, 120.0, 41)), published)
    assert counts(found, "independent") == {"inside": 1, "overlaps": 1, "misses": 1, "untold": 1}
    assert counts(found, "calibrated", "implied") == {"inside": 1, "overlaps": 0, "misses": 1, "untold": 0}
    first, second, missed, untold = verdict(published, found)
    assert first == (
        "Independent published figures: 4. The model's median lies inside: 1; only its range reaches them: 1; "
        "missed: 1; not told by this run: 1."
    )
    assert second.startswith("Not counted, since inputs decide them or nearly so: 2 calibrated and implied targets.")
    assert (missed, untold) == ("Missed: Milk missed; Calibrated, missed.", "Not told by this run: Never told.")
    lines = markdown(published, found).splitlines()
    assert lines[2] == "| Met, t | 100 | 82 to 118 | 100 | independent | inside |"
    assert lines[4] == "| Milk missed, t | 100 | 82 to 118 | 300 | independent | **misses, below** |"
    assert lines[5] == "| Never told, t | — | — | 100 | independent | not told |"


def test_every_shipped_target_has_three_labels_and_a_source() -> None:
    assert {target.role for target in SHIPPED} == {*ROLES}
    for target in SHIPPED:
        assert all(target.labels[language].strip() for language in ("en", "ru", "kk")), target.key
        assert len(set(target.labels.values())) == 3, target.key
        if target.source == "assumption":  # a judgement proves nothing
            assert target.role != "independent", target.key
            assert "nothing published" in target.note


def test_what_is_published_is_no_input_of_the_model(tmp_path: Path) -> None:
    file = copied(tmp_path) / FILE
    before = load_tables("region", tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("225.3", "9.9"), encoding="utf-8")
    assert load_tables("region", tmp_path).digest == before.digest
    own = {target.key: target for target in targets(load_tables(str(file.parents[1])))}
    assert own["milk_2026"].central == 9.9


def faults(folder: Path, *lines: str) -> list[str]:
    """Return what is wrong with a region's published figures, each without the file's path."""
    file = copied(folder) / FILE
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        targets(load_tables(str(file.parents[1])))
    return [str(problem).removeprefix(f"{file}:") for problem in error.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("independent", "independents", "role must be one of calibrated, implied, independent, not 'independents'"),
        ("level", "median", "statistic must be one of level, growth, after_driest, not 'median'"),
        ("yearly", "districts", "table must be one of replications, yearly, instruments, not 'districts'"),
        ("milk_t", "milk_tt", "not 'milk_tt'; did you mean milk_t?"),
        ("milk_t", "milk_t / eggs", "outcome of yearly must be one of "),
        ("milk_t", "milk_t / milk_t / milk_t", "one column, or two with / between them"),
        (",2026,", ",,", "a level needs a year in all tables but replications"),
        ("yearly", "replications", "a level needs a year in all tables but replications"),
        (",2026,", ",2026.5,", "year must be a whole number, not '2026.5'"),
        ("level", "growth", "growth needs one outcome of the table yearly, and no year"),
        ("0.001,0,", "0.001,x,", "decimals must be a whole number, not 'x'"),
        ("0.001", "per mille", "scale must be a number such as 0.25, not 'per mille'"),
        (",,225,,", ",,nan,,", "central must be a number such as 0.25, not 'nan'"),
        (",,225,,", ",,,,", "needs central, or low and high, or all three"),
        (",,225,,", ",200,225,,", "needs central, or low and high, or all three"),
        (",,225,,", ",230,225,240,", "needs low ≤ central ≤ high"),
        (",,225,,", ",240,,230,", "needs low ≤ central ≤ high"),
        ("assumption", "", "source must be filled in"),
        ("Сүт", "", "label_kk must be filled in"),
        ("assumption,", "assumption", "this row has not as many columns as the header"),
        ("assumption,", "one, two,three", "this row has not as many columns as the header"),
    ],
)
def test_a_faulty_target_is_told_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert ROW.count(old) == 1
    (found,) = faults(tmp_path, ",".join(COLUMNS), ROW.replace("milk,", "good,", 1), ROW.replace(old, new))
    assert found.startswith("3: ")
    assert message in found


def test_all_faulty_targets_are_told_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, ",".join(COLUMNS), ROW, ROW, ROW.replace("level", "x"))
    assert found[0] == "3: milk stands twice in this table"
    assert [line.partition(":")[0] for line in found] == ["3", "4"]


def test_a_table_of_other_columns_or_none_is_told(tmp_path: Path) -> None:
    (found,) = faults(tmp_path, ",".join(COLUMNS).replace(",", ";"), ROW)
    assert found.startswith("1: this table lacks the columns key, ")
    file = tmp_path / "region" / FILE
    file.write_bytes(b"key,role\n\xff\xfe")
    with pytest.raises(InputError, match="not a UTF-8 CSV file"):
        targets(load_tables(str(file.parents[1])))
    file.unlink()
    with pytest.raises(InputError, match="nothing published to hold the model against"):
        targets(load_tables(str(file.parents[1])))


def test_the_readme_shows_what_is_published() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Checked against")[2]
    table = text.partition("\n|")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    shown = {row[0]: tuple(row[3:5]) for row in rows}
    assert shown == {f"{t.labels['en']}, {t.unit}": (published_cell(t), t.role) for t in SHIPPED}
