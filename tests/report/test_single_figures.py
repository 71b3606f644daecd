"""The figures of more than one outcome show the numbers that the tables give."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sim.data import load_tables
from sim.errors import InputError
from sim.report.districts import tiles
from sim.report.figures import available, draw
from tests.report.made_up import DISTRICTS, FIFTHS, YEARS, Run, made_up, words


def sentence(name: str, run: Run) -> str:
    """Return the texts of a figure in one line with plain spaces."""
    return " ".join(words(draw(name, run, "en"))).replace("\u2009", " ")


def test_funnel_sums_years_and_takes_projects_at_work_at_the_end() -> None:
    run = made_up(10)
    table = run.instruments
    table[["applied", "approved", "funded", "operating"]] = [4.0, 3.0, 2.0, 1.0]
    table.loc[table["year"] == YEARS[-1], "operating"] = 9.0
    files = 4 * len(YEARS) * 4  # a year, an instrument
    assert sentence("funnel", run).startswith(
        f"Under Current (assumed split), {files // 2} of {files} files end in a loan, and 36 of these projects"
    )


def test_herds_change_is_the_median_of_paired_changes() -> None:
    run = made_up(21)
    last = run.yearly["year"] == YEARS[-1]
    run.yearly["cattle_head"] = 1000.0 * (1 + run.yearly["draw"])
    run.yearly.loc[last, "cattle_head"] *= 1.25
    assert "cattle +25 %, sheep" in sentence("herds", run)


def test_raw_milk_is_what_plants_leave() -> None:
    run = made_up(10)
    run.yearly[["milk_t", "processed_milk_share", "plant_utilisation"]] = [200_000.0, 0.25, 0.5]
    assert sentence("plant_load", run).startswith(
        "In 2035, milk plants run at 50 % of open capacity under Current (assumed split) and process 25 % of the milk; "
        "150 thousand t go past them"
    )


@pytest.mark.parametrize(
    ("used", "start"),
    [
        (0.9e9, "In 2035, Current (assumed split) saves 100.0 mln m³ of irrigation water against no programme, 10.0 %"),
        (1.1e9, "In 2035, irrigated crops take 100.0 mln m³ more water under Current (assumed split) than without"),
    ],
)
def test_water_saved_is_told_from_more_water_taken(used: float, start: str) -> None:
    run = made_up(10)
    run.yearly["water_used_m3"] = np.where(run.yearly["allocation"] == "no_programme", 1e9, used)
    assert sentence("water_balance", run).startswith(start)


@pytest.mark.parametrize("shift", [0, 1])
def test_hay_is_compared_in_the_years_after_the_driest_and_the_wettest(shift: int) -> None:
    """A year later is later: prices that move in the same year show nothing of it."""
    run = made_up(12)
    year, first = run.yearly["year"] - YEARS[0], run.yearly["draw"] % (len(YEARS) - 3)
    run.yearly["water_index"] = np.select([year == first, year == first + 1], [0.5, 1.5], 1.0)
    price = np.select([year == first + shift, year == first + shift + 1], [30.0, 10.0], 20.0)
    run.yearly["hay_price_kzt_per_t"] = price * (1 + run.yearly["draw"])
    after = {0: ("\N{MINUS SIGN}50 %", "0 %"), 1: ("+50 %", "\N{MINUS SIGN}50 %")}[shift]
    assert sentence("hay_in_drought_years", run).startswith(
        f"In the year after the driest of a replication the price of hay is {after[0]} off its mean, after the "
        f"wettest {after[1]}"
    )


def test_dry_years_are_not_told_where_a_run_has_no_weather() -> None:
    run = made_up(3)
    run.yearly = run.yearly.drop(columns="water_index")
    assert "hay_in_drought_years" not in available(run)


def test_water_left_is_what_farms_may_take_less_what_they_use() -> None:
    run = made_up(10)
    run.yearly["water_entitlement_m3"] = 1.8e9
    run.yearly["water_used_m3"] = np.where(run.yearly["year"] == YEARS[-1], 1.5e9, 1.6e9)
    titles = [axes.get_title(loc="right") for axes in draw("water_balance", run, "en").axes]
    assert sum(title.startswith("300") for title in titles) == 5


def test_pyramids_tell_which_animals_gain_most() -> None:
    run = made_up(21)
    run.herds["head_start"] = 1000.0 * (1 + run.herds["draw"])
    run.herds["head"] = 1.1 * run.herds["head_start"]
    ewes = (run.herds["species"] == "sheep") & (run.herds["stage"] == "subadult") & (run.herds["sex"] == "female")
    run.herds.loc[ewes & (run.herds["allocation"] == "current"), "head"] *= 1.5
    run.herds.loc[ewes & (run.herds["allocation"] == "no_programme"), "head"] *= 0.5
    run.herds.loc[ewes & (run.herds["allocation"] == "water_first"), "head"] *= 9.0  # is not the reference
    shown = sentence("herd_pyramids", run)
    assert shown.startswith(
        "Sheep and goats, growing females: +65.0 % to the end of 2035 under Current (assumed split), "
        "\N{MINUS SIGN}45.0 % without a programme; no other animals gain more"
    )
    assert shown.count("+10.0 % (+10.0 %)") == 4 * 6 - 1
    assert "all together 66.0 at the start" in shown  # the median of 6,000 to 126,000
    run.herds["head"] = run.herds["head_start"]
    assert sentence("herd_pyramids", run).startswith("No animals gain from Current (assumed split) to the end of 2035")


def test_pyramids_are_skipped_in_a_run_of_an_older_program() -> None:
    run = made_up(3)
    run.herds = run.herds[[]]
    assert "herd_pyramids" not in available(run)


def test_tiles_show_the_median_gain_of_each_district() -> None:
    run = made_up(11)
    gain = run.districts["district"].map({"aksu": 100.0, "kerbulak": -30.0, "taldykorgan": 70.0})
    common = 1000.0 * run.districts["draw"]
    run.districts["rural_income_kzt_per_month"] = common + gain * (run.districts["allocation"] == "current")
    shown = words(draw("districts", run, "en"))
    assert {"+100", "\N{MINUS SIGN}30", "+70"} <= set(shown)
    assert "gains most in Aksu (+100 tenge" in " ".join(shown).replace("\u2009", " ")


def test_every_shipped_district_has_a_tile_of_its_own_and_others_a_plain_grid(tmp_path: Path) -> None:
    tables = load_tables("zhetysu")
    places = tiles(tables)
    assert set(places) == {district.name for district in tables.districts}
    assert len(set(places.values())) == len(places)
    elsewhere = SimpleNamespace(region=str(tmp_path), districts=DISTRICTS)
    assert tiles(elsewhere) == {"aksu": (0, 0), "kerbulak": (1, 0), "taldykorgan": (0, 1)}  # type: ignore[arg-type]
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "tiles.csv").write_text("district,column,row\naksu,1,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="two whole numbers"):
        tiles(elsewhere)  # type: ignore[arg-type]


def test_fifths_are_skipped_where_a_run_lacks_them(run: Run) -> None:
    poorest = run.replications.loc[run.replications["allocation"] == "current", FIFTHS[0]].median()
    assert f"the poorest fifth of rural people gains +{poorest:,.0f} tenge".replace(",", " ") in sentence("fifths", run)
    less = Run(**(vars(run) | {"replications": run.replications.drop(columns=FIFTHS[2])}))
    assert "fifths" not in available(less)
    with pytest.raises(InputError, match=FIFTHS[2]):
        draw("fifths", less)


def test_overview_tells_in_how_many_replications_a_split_is_best() -> None:
    run = made_up(40)
    best = (run.replications["allocation"] == "water_first") & (run.replications["draw"] < 30)
    run.replications["milk_t"] = np.where(best, 2.0, 1.0)
    shown = words(draw("overview", run, "en"))
    row = shown[shown.index("Milk produced") + 1 :][:4]
    assert row == ["6", "6", "6", "81"]  # 30 of 40 alone, ten ties of four


def test_money_says_what_lapsed(run: Run) -> None:
    lost = run.instruments.query("allocation == 'water_first' and instrument == 'water_saving'")["lapsed_kzt"]
    titles = [axes.get_title(loc="right") for axes in draw("money", run, "en").axes]
    assert any(title.endswith(f"; {lost.sum() / run.n / 1e9:.1f}") for title in titles)


def test_overview_of_few_replications_says_that_it_cannot_tell() -> None:
    shown = words(draw("overview", made_up(8), "en"))
    assert any("too few replications (8)" in text for text in shown)
    assert shown.count("\N{EM DASH}") >= 4
