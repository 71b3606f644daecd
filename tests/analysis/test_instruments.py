from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from sim.analysis import instruments as module
from sim.analysis.instruments import COVER_YEARS, HORIZON, SCHEMA, UNITS, instruments, of_region
from sim.cli.instruments import app
from sim.data import load_tables
from sim.errors import InputError
from sim.model.appraisal import internal_rate
from tests.cli.conftest import environment
from tests.data.regions import copied, quantity
from tests.data.test_new_instrument import TWINS, add_twins

MLN = 1_000_000.0
NAMES = load_tables("zhetysu").entities("instrument")


def appraised(name: str, values: Mapping[str, object], *sets: str) -> pd.DataFrame:
    """Appraise one instrument with its own numbers and others set; rows by measure and year (0 for none)."""
    own = [f"{path if '.' in path else f'instrument.{name}.{path}'}={json.dumps(v)}" for path, v in values.items()]
    table = instruments(of_region("zhetysu", [*own, *sets]), [name]).to_pandas()
    return table.assign(year=table["year"].fillna(0).astype(int)).set_index(["measure", "year"])


def central(name: str, values: Mapping[str, object], *sets: str) -> pd.Series:
    return appraised(name, values, *sets)["central"]


def worth(flows: Sequence[float], rate: float) -> float:
    """Value yearly money at the start of its first year."""
    return sum(flow / (1.0 + rate) ** year for year, flow in enumerate(flows))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the central values matter, a few draws do."""
    monkeypatch.setattr(module, "DRAWS", 3)


@pytest.fixture(scope="module")
def shipped() -> pa.Table:
    return instruments(of_region("zhetysu"))


# A shop that opens a year after its loan and then sells for 3 M a year at a cost of 1 M.
SHOP = {
    "loan_mln_kzt": 5.0,
    "build_months": 12.0,
    "asset_life_years": 10.0,
    "animal_cost_share": 0.0,
    "ramp_start": 1.0,
    "displacement": 0.0,
    "units": 1.0,
    "output_per_unit_year": 3.0,
    "cost_kzt_per_unit_year": 1.0 * MLN,
    "own_fte": 0.0,
    "hired_fte": 0.0,
    "market.services.price": 1.0 * MLN,
    "labour.wage_kzt_month": 100_000.0,
}
ANNUITY = (1.0 - 1.1**-9) / 0.1  # nine years of 1 at 10 % a year
LEFT = 0.1 / 1.1**10  # a tenth of the assets after nine of ten years, ten years from now


@pytest.mark.usefixtures("few")
def test_a_shop_whose_cost_is_worth_its_margin_at_ten_per_cent_earns_ten_per_cent() -> None:
    cost = 2.0 * ANNUITY / 1.1 / (1.0 - LEFT)
    found = central("rural_services", SHOP | {"cost_mln_kzt": cost})
    assert found["cost", 0] == pytest.approx(cost, rel=1e-12)
    assert found["loan", 0] == 5.0
    assert [found["margin", year] for year in (1, 2, 10)] == [0.0, 2.0, 2.0]
    assert found["margin", 11] is None or np.isnan(found["margin", 11])
    for measure in module.IRR:
        assert found[measure, 0] == pytest.approx(0.1, abs=1e-12)


@pytest.mark.usefixtures("few")
def test_own_hours_count_at_what_they_forgo_and_society_takes_off_what_is_displaced() -> None:
    # A year of own hours is worth 1.2 M at the wage; 0.5 hired full-time equivalents cost 0.6 M.
    hours = {
        "own_fte": 1.0,
        "hired_fte": 0.5,
        "labour.own_forgone_share": 0.25,
        "appraisal.shadow_wage_share": 0.5,
        "displacement": 0.2,
    }
    found = central("rural_services", SHOP | hours | {"cost_mln_kzt": 5.0})
    assert (found["own_jobs", 0], found["hired_jobs", 0]) == (1.0, 0.5)
    yearly = {
        "irr_before_own_labour": 2.0 - 0.6,
        "irr_after_own_labour": 2.0 - 0.6 - 0.25 * 1.2,
        "irr_economic": 0.8 * (2.0 - 0.5 * 1.8),
    }
    for measure, money in yearly.items():
        flows = [-5.0, 0.0, *[money] * 8, money + 0.5]
        assert worth(flows, found[measure, 0]) == pytest.approx(0.0, abs=1e-9), measure


@pytest.mark.usefixtures("few")
def test_a_ramp_takes_from_sales_and_hired_hours_and_not_from_cost() -> None:
    ramp = {"ramp_start": 0.4, "ramp_months": 12.0, "cost_mln_kzt": 5.0, "hired_fte": 0.5}
    loan = {"loan.rate": 0.0, "term_months": 24, "grace_months": 12}  # 5 M fall due in the second year
    found = central("rural_services", SHOP | ramp | loan)
    mean = 0.4 + 0.6 * 5.5 / 12.0  # ages 0 to 11 months
    assert found["dscr", 2] == pytest.approx((3.0 * mean - 1.0 - 0.6 * mean) / 5.0, rel=1e-12)
    assert found["margin", 2] == pytest.approx(3.0 * mean - 1.0, rel=1e-12)
    assert found["margin", 3] == pytest.approx(2.0, rel=1e-12)


@pytest.mark.usefixtures("few")
def test_a_plant_earns_the_gross_margin_on_its_usual_load_less_its_fixed_cost() -> None:
    plant = {
        "capacity_t_year": 100.0,
        "fixed_cost_mln_kzt_year": 1.5,
        "build_months": 12.0,
        "ramp_start": 0.5,
        "ramp_months": 12.0,
        "processing.milk.base_load": 0.6,
        "processing.milk.base_share": 0.1,
        "processing.milk.gross_margin_kzt_kg": 90.0,
    }
    found = central("milk_plant", plant)
    assert found["margin", 1] == 0.0
    assert found["margin", 2] == pytest.approx(5.4 * (0.5 + 0.5 * 5.5 / 12.0) - 1.5, rel=1e-9)
    assert found["margin", 3] == pytest.approx(5.4 - 1.5, rel=1e-9)


# Ten hectares gain 0.4 x 6 t x 0.5 x 100 tenge/kg = 120,000 tenge each and cost 20,000 to keep up: 1 M in all.
DRIP = {
    "cost_mln_kzt": 8.0,
    "loan_mln_kzt": 6.0,
    "asset_life_years": 10.0,
    "build_months": 2.0,
    "ha": 10.0,
    "upkeep_kzt_per_ha_year": 20_000.0,
    "refund_share": 0.5,
    "refund_months": 12.0,
    "own_fte": 0.0,
    "hired_fte": 0.0,
    "crop.forage.yield_gain": 0.0,
    "crop.beet.yield_gain": 0.0,
    "crop.forage.saved_share": 0.0,
    "crop.beet.saved_share": 0.0,
    "crop.cash.area_share": 0.4,
    "crop.cash.yield_t_ha": 6.0,
    "crop.cash.yield_gain": 0.5,
    "crop.cash.water_m3_ha": 7_500.0,
    "crop.cash.saved_share": 0.4,
    "market.cash.price": 100.0,
    "appraisal.water_kzt_m3": 20.0,
    "labour.wage_kzt_month": 100_000.0,
}


@pytest.mark.usefixtures("few")
def test_irrigation_is_refunded_to_its_owner_and_saves_water_for_society() -> None:
    found = central("water_saving", DRIP)
    first = 1.2 - 0.2 * 10 / 12  # a whole harvest, ten months of upkeep
    assert found["margin", 1] == pytest.approx(first, rel=1e-12)
    assert found["margin", 2] == pytest.approx(1.0, rel=1e-12)
    left = 8.0 * 2 / 120  # two of 120 months
    private = [-8.0, first, 1.0 + 4.0, *[1.0] * 7, 1.0 + left]
    water = 10 * 0.4 * 7_500 * 0.4 * 20 / MLN
    public = [-8.0, first + water, *[1.0 + water] * 8, 1.0 + water + left]
    for measure in ("irr_before_own_labour", "irr_after_own_labour"):  # the owner has no hours in it
        assert worth(private, found[measure, 0]) == pytest.approx(0.0, abs=1e-9)
    assert worth(public, found["irr_economic", 0]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.usefixtures("few")
def test_cover_is_cash_over_the_dues_of_the_loan_less_its_refund_and_of_other_debt() -> None:
    debts = {
        "loan.rate": 0.12,
        "loan.annuity": 0.0,
        "term_months": 24,
        "grace_months": 12,
        "other_debt_share": 0.5,
        "other_rate": 0.12,
        "own_fte": 1.0,
        "hired_fte": 0.1,
        "labour.drawings_share": 0.5,
        "committee.drawings_counted": 0.6,
    }
    found = central("water_saving", DRIP | debts)
    # 2 M are left of 6 M after the refund of 4 M: interest of 20,000 a month in the grace, then twelfths of 2 M.
    # Half of the gap of 2 M is other debt: 1 M x 0.01 / (1 - 1.01^-24) a month.
    other = 12 * int(1e6 * 0.01 / (1.0 - 1.01**-24)) / MLN
    interest = 0.01 * sum(2.0 - month * 2.0 / 12 for month in range(12))
    labour = 0.12 + 0.5 * 0.6 * 1.2
    cash = (1.2 - 0.2 * 10 / 12 - labour * 10 / 12, 1.0 - labour)
    assert found["dscr", 1] == pytest.approx(cash[0] / (0.24 + other), rel=1e-9)
    assert found["dscr", 2] == pytest.approx(cash[1] / (2.0 + interest + other), rel=1e-9)
    assert found[["dscr"]].isna().tolist() == [False, False, True, True]  # nothing falls due after year 2


@pytest.mark.usefixtures("few")
def test_a_herd_sells_its_young_late_and_what_is_left_of_it_for_slaughter() -> None:
    herd = {
        "heads": 10.0,
        "places": 10.0,
        "build_months": 12.0,
        "births_per_female_year": 0.0,
        "female_cull_year": 0.0,
        "herd.cattle.adult_mortality": 0.0,
        "cost_kzt_per_lu_year": 50_000.0,
        "herd.cattle.hay_t_per_lu_year": 0.0,
        "herd.cattle.slaughter_kg": 400.0,
        "herd.cattle.trade_wedge": 0.1,
        "market.cattle.price": 2_000.0,
        "asset_life_years": 12.0,
        "animal_cost_share": 1.0,
        "stock.cattle.settle_months": 0.5,
        "cost_mln_kzt": 5.0,
        "own_fte": 0.0,
    }
    found = central("beef_breeding", herd)
    # Ten cows without calves cost 0.5 M a year and fetch 7.2 M in the end; they come in the middle of a month.
    assert found["margin", 2] == pytest.approx(-0.5 * 11 / 12, rel=1e-9)
    flows = [-5.0, 0.0, -0.5 * 11 / 12, *[-0.5] * 9, -0.5 + 7.2]
    assert internal_rate(np.array(flows)) == pytest.approx(found["irr_after_own_labour", 0], abs=1e-9)
    calving = central("beef_breeding", herd | {"births_per_female_year": 0.8})
    assert calving["margin", 2] < calving["margin", 3] < calving["margin", 4] < calving["margin", 6]


def test_no_loan_is_above_the_cap_of_its_kind(few: None) -> None:
    caps = {"loan_mln_kzt": 50.0, "loan.mrp_kzt": 4_000.0, "loan.cap_ordinary_mrp": 2_000.0, "loan.cap_large_mrp": 9e3}
    assert central("sheep", caps)["loan", 0] == 8.0
    assert central("milk_plant", caps)["loan", 0] == 36.0


def test_the_table_has_each_measure_of_each_instrument_once(shipped: pa.Table) -> None:
    assert shipped.schema == SCHEMA
    frame = shipped.to_pandas()
    keys = [(m, y) for m in UNITS for y in {"margin": range(1, HORIZON + 1), "dscr": COVER_YEARS}.get(m, [0])]
    for name in NAMES:
        own = frame[frame["instrument"] == name]
        assert sorted(zip(own["measure"], own["year"].fillna(0).astype(int), strict=True)) == sorted(keys)
    assert (frame["unit"] == frame["measure"].map(UNITS)).all()
    assert frame["missing"].between(0.0, 1.0).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_central_margin_of_a_grown_project_lies_within_its_range(shipped: pa.Table, name: str) -> None:
    row = next(r for r in shipped.to_pylist() if (r["instrument"], r["measure"], r["year"]) == (name, "margin", 5))
    assert row["low"] < row["central"] < row["high"]


def test_the_range_is_that_of_the_draws() -> None:
    shop = SHOP | {"cost_mln_kzt": 5.0, "output_per_unit_year": {"uniform": {"low": 2.0, "high": 6.0}}}
    row = appraised("rural_services", shop, "uncertain=[instrument.rural_services.output_per_unit_year]").loc[
        "margin", 5
    ]
    stratum = 4.0 / 64  # a Latin hypercube is even but for the place within
    assert row["low"] == pytest.approx(1.0 + 0.05 * 4.0, abs=stratum)
    assert row["high"] == pytest.approx(1.0 + 0.95 * 4.0, abs=stratum)
    assert row["central"] == pytest.approx(3.0, abs=1e-12)


def test_without_anything_uncertain_low_and_high_are_the_central_value(few: None) -> None:
    frame = instruments(of_region("zhetysu", ["uncertain=[]"]), ["sheep", "fish"]).to_pandas()
    assert (frame["low"].dropna() == frame["central"].dropna()).all()
    assert (frame["high"].dropna() == frame["central"].dropna()).all()


def test_an_internal_rate_that_does_not_exist_is_null_and_counted() -> None:
    # Half of the shops lose money every year, the last one included.
    shop = SHOP | {"cost_mln_kzt": 0.5, "output_per_unit_year": {"uniform": {"low": 0.0, "high": 1.8}}}
    uncertain = "uncertain=[instrument.rural_services.output_per_unit_year]"
    row = appraised("rural_services", shop, uncertain).loc["irr_after_own_labour", 0]
    assert row["missing"] == pytest.approx(0.95 / 1.8, abs=0.02)
    assert (pd.isna(row["low"]), pd.isna(row["central"]), pd.isna(row["high"])) == (True, True, False)


def test_many_rates_at_once_are_those_found_one_by_one() -> None:
    luck = np.random.default_rng(5)
    flows = luck.normal(0.4, 1.0, (400, 9))
    flows[:, 0] = -np.abs(flows[:, 0]) * 3.0
    flows[:200, 1:] = np.abs(flows[:200, 1:])
    flows[::7, 3:] = 0.0
    found = module._internal_rates(flows)
    one_by_one = [internal_rate(row) for row in flows]
    assert [rate is None for rate in one_by_one] == np.isnan(found).tolist()
    assert 20 < np.isnan(found).sum() < 380
    there = ~np.isnan(found)
    assert found[there] == pytest.approx([rate for rate in one_by_one if rate is not None], abs=1e-9)


def test_the_same_question_has_the_same_answer_and_the_seed_matters(shipped: pa.Table) -> None:
    again = instruments(of_region("zhetysu"))
    assert again.equals(shipped)
    other = instruments(of_region("zhetysu", ["monte_carlo.seed=7"]), ["sheep"]).to_pandas()
    first = shipped.to_pandas().query("instrument == 'sheep'").reset_index(drop=True)
    assert other["central"].equals(first["central"])
    assert not other["low"].equals(first["low"])


def test_rows_that_an_instrument_does_not_read_change_nothing(tmp_path: Path, shipped: pa.Table) -> None:
    region = copied(tmp_path)
    add_twins(region)
    (region / "people.csv").write_text(
        "\n".join(["path,low,central,high,min,max,unit,year,source,confidence", quantity("income.worker_tilt", 0.1)]),
        encoding="utf-8",
    )
    found = instruments(of_region(str(region))).to_pandas()
    assert set(found["instrument"]) == {*NAMES, *TWINS}
    shipped_again = found[found["instrument"].isin(NAMES)].reset_index(drop=True)
    pd.testing.assert_frame_equal(shipped_again, shipped.to_pandas(), check_exact=True)


def test_names_give_the_order_and_an_instrument_stands_once(few: None) -> None:
    table = instruments(of_region("zhetysu"), ["sheep", "fish", "sheep"])
    assert list(dict.fromkeys(table["instrument"].to_pylist())) == ["sheep", "fish"]
    assert len(table) == 2 * len(set(zip(*(table[c].to_pylist() for c in ("measure", "year")), strict=True)))


def test_all_wrong_names_are_told_with_the_nearest_right_ones() -> None:
    with pytest.raises(InputError) as caught:
        instruments(of_region("zhetysu"), ["shep", "sheep", "zzz"])
    near, none = str(caught.value).splitlines()
    assert near.endswith("there is no instrument 'shep'; did you mean sheep?")
    assert "'zzz'; there are dairy_family, dairy_farm" in none


@pytest.mark.parametrize(
    ("region", "sets", "message"),
    [
        ("zhetisu", [], "did you mean zhetysu?"),
        (
            "zhetysu",
            ["loan.rat=0.1"],
            "--set: loan.rat: there is no path loan.rat in the tables; did you mean loan.rate?",
        ),
        ("zhetysu", ["loan.rate=9"], "legal bounds of loan.rate"),
    ],
)
def test_a_wrong_region_or_change_is_told(region: str, sets: list[str], message: str) -> None:
    with pytest.raises(InputError, match=r"(?i)" + message.replace("?", r"\?")):
        of_region(region, sets)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_command_shows_two_tables_that_fit_120_columns(
    few: None, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    app(["instruments", "--lang", language], standalone_mode=False)
    app(["instruments", "--lang", "en"], standalone_mode=False)
    screen = capsys.readouterr().out
    assert max(len(line.rstrip()) for line in screen.splitlines()) <= 120
    english = screen[screen.rindex("earns most on its cost") :]
    labels = [i.labels["en"] for i in load_tables("zhetysu").instruments]
    assert [english.count(f"\n{label}  ") for label in labels] == [2] * len(labels)


def test_the_command_shows_what_the_function_finds(few: None, capsys: pytest.CaptureFixture[str]) -> None:
    sets = ["instrument.sheep.cost_mln_kzt=12.5", "uncertain=[]"]
    app(["instruments", "sheep", *(part for text in sets for part in ("--set", text))], standalone_mode=False)
    screen = capsys.readouterr().out
    found = central("sheep", {"cost_mln_kzt": 12.5}, "uncertain=[]")
    assert "12.5" in screen
    assert f"Sheep farming earns {100 * found['irr_after_own_labour', 0]:.0f} % a year" in screen
    for year in COVER_YEARS:
        text = f"{found['dscr', year]:.2f}".replace("-", "−")
        assert f"{text}/{text}/{text}" in screen


def test_the_excel_file_holds_every_row(few: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.xlsx"
    app(["instruments", "fish", "water_saving", "--xlsx", str(file)], standalone_mode=False)
    assert f"Written to {file}; numbers: 52" in capsys.readouterr().out
    header, *lines = openpyxl.load_workbook(file)["instruments"].iter_rows(values_only=True)
    assert header == ("instrument", "label", *SCHEMA.names[1:])
    table = instruments(of_region("zhetysu"), ["fish", "water_saving"])
    labels = {"fish": "Fish farm", "water_saving": "Water-saving irrigation"}
    for line, row in zip(lines, table.to_pylist(), strict=True):
        assert line[:5] == (row["instrument"], labels[row["instrument"]], row["measure"], row["year"], row["unit"])
        for written, value in zip(line[5:], list(row.values())[4:], strict=True):
            assert written == (None if value is None else pytest.approx(value, rel=1e-12))


def test_what_the_excel_file_would_replace_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "found.xlsx"
    file.write_bytes(b"a day's work")
    with pytest.raises(InputError, match="there already"):
        app(["instruments", "fish", "--xlsx", str(file)], standalone_mode=False)
    assert file.read_bytes() == b"a day's work"
    with pytest.raises(InputError, match=r"must end in \.xlsx"):
        app(["instruments", "fish", "--xlsx", str(tmp_path / "found.csv")], standalone_mode=False)


def test_the_command_refuses_a_wrong_name_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sim.cli.instruments, sim.cli; sim.cli.main()", "instruments", "dairy_famly"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "there is no instrument 'dairy_famly'; did you mean dairy_family?\n"
