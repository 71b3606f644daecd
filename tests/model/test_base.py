from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from sim.model import base, derive, market, stable
from sim.model.base import Region
from sim.model.world import BY_HERD, BY_POVERTY, BY_RESIDENTS, FEMALE, MALE, NO_ORDER
from sim.outcomes import by_year
from sim.parameters.groups import Parameters
from tests.model.studies import STILL, central, parameters, row, run, structure, study

SPECIES = ("cattle", "sheep", "horses", "poultry")
PROCESSED = ("milk", "meat")
# Plants that are never full: so large that no month's slaughter or milk fills them.
ROOMY = {"processing.*.base_load": 0.05}
NO_HAULAGE = {"district.*_haulage_kzt_kg": 0.0}


def region(p: Parameters) -> Region:
    return base.region(p, structure(), derive.seasons_of(p))


@pytest.mark.parametrize("species", SPECIES)
def test_a_year_leaves_the_structure_of_a_herd_as_it_was(species: str) -> None:
    p, place = central(), row("herd", species)
    rates = region(p).rates[place]
    births = derive.seasons_of(p)[structure().birth_season[place]]
    herd = stable.herd_of(rates, births)
    assert herd.sum() == pytest.approx(1.0, rel=1e-14)
    later = herd.copy()
    stable.herd_year(later, rates, births, math.inf, p.herd[place])
    # After 30 years another one moves no class by more than a ten thousandth of the herd
    assert later / later.sum() == pytest.approx(herd, abs=1e-4)
    assert (herd[FEMALE] > 0.0).all()
    assert abs(later.sum() / herd.sum() - 1.0) > 1e-3  # it grows or shrinks, so that staying the same says something


def test_the_districts_share_the_base_herds_land_and_plants() -> None:
    p = central()
    made = region(p)
    for place, species in enumerate(SPECIES):
        share = base.shares(p.district[f"{species}_share"])
        assert made.herd[:, place].sum(axis=(1, 2)) == pytest.approx(share * p.herd["base_head"][place], rel=1e-13)
    for q, product in enumerate(PROCESSED):
        share = base.shares(p.district[f"{product}_capacity_share"])
        assert made.capacity[:, q] == pytest.approx(share * made.delivery["capacity"][q], rel=1e-13)
        assert made.haulage[:, q].tolist() == p.district[f"{product}_haulage_kzt_kg"].tolist()
    assert made.base["irrigated"].sum() == pytest.approx(p.water["irrigated_ha"][0], rel=1e-13)
    assert made.base["saving"].sum() == pytest.approx(p.water["saving_ha"][0], rel=1e-13)
    assert (made.base["saving"] < made.base["irrigated"])[made.base["irrigated"] > 0.0].all()


def test_shares_need_not_add_up_to_one() -> None:
    assert base.shares(np.array([1.0, 3.0, 4.0])) == pytest.approx([0.125, 0.375, 0.5], rel=1e-15)


def test_districts_differ_in_income_and_the_region_has_its_mean() -> None:
    p = central()
    factor = np.linspace(0.5, 2.0, p.district.shape[0])
    p.district["income_factor"][:] = factor
    income, people = region(p).base["income"], p.district["rural_residents"]
    assert income / income[0] == pytest.approx(factor / factor[0], rel=1e-13)
    assert (income * people).sum() / people.sum() == pytest.approx(p.income["per_resident_kzt_month"][0], rel=1e-13)


def test_the_order_of_districts_sets_their_quotas() -> None:
    p = central(income={"gini": 0.3, "poverty_rate": 0.1})
    count = p.district.shape[0]
    people, cattle = np.arange(1.0, count + 1.0), np.linspace(0.3, 0.0, count)
    income = np.linspace(40_000.0, 120_000.0, count)
    p.district["rural_residents"][:] = people
    p.district["cattle_share"][:] = cattle
    # Log-normal incomes of a Gini of 0.3 = 2 Φ(σ/√2) − 1, and one line below which a tenth of the region lives
    sigma = math.sqrt(2.0) * norm.ppf(0.65)

    def below(line: float) -> Any:
        return norm.cdf((np.log(line / income) + sigma**2 / 2.0) / sigma)

    line = brentq(lambda line: (people * below(line)).sum() / people.sum() - 0.1, 1e3, 1e6, xtol=1e-6)
    for order, weight in ((BY_RESIDENTS, people), (BY_POVERTY, people * below(line)), (BY_HERD, cattle)):
        # The line is found by halving to 1e-9 of itself or so
        assert base.quotas(p, order, income) == pytest.approx(weight / weight.sum(), rel=1e-7)
        made = base.region(p, structure()._replace(district_order=order), derive.seasons_of(p)).base
        assert made["quota"].tolist() == base.quotas(p, order, made["income"]).tolist()
    assert base.quotas(p, NO_ORDER, income).tolist() == [0.0] * count


@pytest.mark.parametrize("species", SPECIES)
def test_monthly_rates_compound_to_the_yearly_ones(species: str) -> None:
    p, place = central(), row("herd", species)
    terms, made = p.herd[place], region(p).rates[place]
    assert made["survival"][:, 0] ** 12 == pytest.approx([1.0 - terms["juvenile_mortality"]] * 2, rel=1e-12)
    assert made["survival"][:, 1:].ravel() ** 12 == pytest.approx([1.0 - terms["adult_mortality"]] * 4, rel=1e-12)
    assert (1.0 - made["offtake"][FEMALE, 2]) ** 12 == pytest.approx(1.0 - terms["female_cull_year"], rel=1e-12)
    assert (1.0 - made["offtake"][MALE, 2]) ** 12 == pytest.approx(1.0 - terms["male_cull_year"], rel=1e-12)
    assert not made["offtake"][:, :2].any()
    born = terms["births_per_female_year"] * terms["newborn_survival"]
    assert 12.0 * made["fertility"] == pytest.approx([0.0, 0.0, born], rel=1e-14)
    young, grown, fat = (1.0 / terms[f"{stage}_months"] for stage in ("juvenile", "subadult", "finishing"))
    assert made["move"].tolist() == [[young, grown, 0.0], [young, fat, 0.0]]
    assert made["sold"].tolist() == [[0.0, terms["heifer_sold_share"], 0.0], [0.0, terms["male_sold_share"], 0.0]]
    assert made["female_share"] == terms["female_share"]


def test_what_surely_happens_within_a_year_happens_within_a_month() -> None:
    rates = region(central(herd={"male_cull_year": 1.0, "juvenile_mortality": 0.0})).rates[0]
    assert rates["offtake"][MALE, 2] == 1.0
    assert rates["survival"][:, 0].tolist() == [1.0, 1.0]


def test_a_projects_herd_breeds_at_its_own_rate_and_keeps_its_heifers() -> None:
    p, species = central(), structure().species
    p.instrument["births_per_female_year"][:] = np.linspace(0.4, 1.2, len(species))
    p.instrument["female_cull_year"][:] = np.linspace(0.05, 0.2, len(species))
    rates = region(p).rates
    for k, place in enumerate(species):
        own = rates[p.herd.shape[0] + k]
        if place < 0:
            assert not own["survival"].any()
            continue
        born = p.instrument["births_per_female_year"][k] * p.herd["newborn_survival"][place]
        assert 12.0 * own["fertility"][2] == pytest.approx(born, rel=1e-14)
        culled = p.instrument["female_cull_year"][k]
        assert (1.0 - own["offtake"][FEMALE, 2]) ** 12 == pytest.approx(1.0 - culled, rel=1e-12)
        assert own["offtake"][MALE].tolist() == rates[place]["offtake"][MALE].tolist()
        assert own["sold"][FEMALE].tolist() == [0.0, 0.0, 0.0]
        assert own["sold"][MALE].tolist() == rates[place]["sold"][MALE].tolist()
        assert own["survival"].tolist() == rates[place]["survival"].tolist()


def prices_at_the_farm(p: Parameters, product: str) -> tuple[float, float]:
    """Return base prices at the plant and away from it, tenge/kg."""
    if product == "milk":
        return tuple(p.market["price"][row("market", name)] for name in ("milk", "milk_informal"))  # type: ignore[return-value]
    cattle = p.market["price"][row("market", "cattle")]
    return cattle, cattle * (1.0 - p.herd["trade_wedge"][row("herd", "cattle")])


@pytest.mark.parametrize("product", PROCESSED)
def test_the_delivered_share_at_base_prices_is_that_of_the_base_year(product: str) -> None:
    haulage = 7.5  # the same everywhere, so that its mean needs no weights
    p, q = parameters({f"district.*.{product}_haulage_kzt_kg": haulage}), row("processing", product)
    delivery, terms = region(p).delivery[q], p.processing[q]
    raw, informal = prices_at_the_farm(p, product)
    share = market.delivered_share(raw - haulage, informal, delivery["intercept"], terms["delivery_slope"], 0.0)
    assert share == pytest.approx(delivery["share"], rel=1e-12)


def test_the_haulage_that_counts_is_that_of_the_product_not_of_the_land() -> None:
    # All cattle stand in one district, so its haulage alone counts.
    p = parameters({"district.*.cattle_share": 0.0, "district.panfilov.cattle_share": 1.0} | {
        f"herd.{species}.milk_kg_per_cow_year": 0.0 for species in ("sheep", "horses", "poultry")
    })  # fmt: skip
    usual = region(p).delivery["intercept"][0]
    p.district["milk_haulage_kzt_kg"][:] += 50.0
    p.district["milk_haulage_kzt_kg"][row("district", "panfilov")] -= 50.0
    assert region(p).delivery["intercept"][0] == usual
    p.district["milk_haulage_kzt_kg"][row("district", "panfilov")] += 50.0
    assert region(p).delivery["intercept"][0] > usual


def offered(p: Parameters, product: str) -> tuple[Any, float]:
    """Return what households could bring to plants by month, and all that they produce, kg, from the definitions."""
    herds = region(p).herd.sum(axis=0)
    season, rates = derive.seasons_of(p), region(p).rates
    total, made = np.zeros(12), 0.0
    for s, terms in enumerate(p.herd):
        slaughtered, _units, females = stable.herd_year(
            herds[s].copy(), rates[s], season[structure().birth_season[s]], math.inf, terms
        )
        milk = females * terms["milked_share"] * terms["milk_kg_per_cow_year"] / 12.0 * season[structure().milk_season]
        kg = slaughtered * terms["slaughter_kg"]
        part = terms["sold_share"] if product == "milk" else (1.0 - terms["meat_home_share"]) * terms["at_plants"]
        total += (milk if product == "milk" else kg) * part
        made += (milk if product == "milk" else kg).sum()
    return total, made


@pytest.mark.parametrize("product", PROCESSED)
@pytest.mark.parametrize("load", [0.05, 0.4, 0.85])
def test_plants_process_the_stated_share_at_the_stated_load(product: str, load: float) -> None:
    p, q = parameters({"processing.*.base_load": load, "processing.*.base_share": 0.05}), row("processing", product)
    delivery, terms = region(p).delivery[q], p.processing[q]
    by_month, made = offered(p, product)
    up = 1.0 / (1.0 + terms["closures_year"] * terms["closure_months"] / 12.0)
    assert delivery["capacity"] * 12.0 * up * load == pytest.approx(0.05 * made, rel=1e-12)
    arrives = by_month * (1.0 - terms["loss_share"])
    processed = np.minimum(delivery["share"] * arrives, delivery["capacity"] * up)
    assert processed.sum() == pytest.approx(0.05 * made, rel=1e-11)
    assert delivery["taken"] == pytest.approx(processed.sum() / arrives.sum(), rel=1e-11)
    assert delivery["spare"] == pytest.approx(1.0 - load, rel=1e-9)
    assert delivery["informal"] == pytest.approx((arrives - processed).sum() / 12.0, rel=1e-9)
    if load == 0.05:  # never full: nothing that is delivered is turned away
        assert delivery["taken"] == pytest.approx(delivery["share"], rel=1e-9)


def test_what_full_plants_turn_away_in_some_months_is_made_up_for_in_others() -> None:
    roomy, full = (
        region(parameters({"processing.*.base_load": load, "processing.*.base_share": 0.05})).delivery
        for load in (0.05, 0.99)
    )
    assert (full["share"] > roomy["share"]).all()
    assert (full["taken"] < full["share"]).all()


@pytest.mark.parametrize("most", [0.6, 0.9])
def test_farms_deliver_at_most_the_stated_share_of_what_they_sell(most: float) -> None:
    p = parameters({"processing.*.base_share": 0.9, "processing.*.most_delivered": most})
    delivery = region(p).delivery
    assert delivery["share"] == pytest.approx([most, most], rel=1e-12)
    assert (delivery["informal"] > 0.0).all()
    assert (delivery["spare"] > 1.0 - p.processing["base_load"]).all()


def test_base_plants_process_the_stated_share_at_the_stated_load_in_the_first_year() -> None:
    for load in (0.05, 0.6):  # without and with months in which they are full
        values = STILL | {"processing.*.base_load": load, "processing.*.base_share": 0.04}
        first = {name: column[0] for name, column in by_year(run("no_programme", values, years=3).finished).items()}
        assert first["processed_milk_share"] == pytest.approx(0.04, rel=1e-9)
        assert first["processed_meat_share"] == pytest.approx(0.04, rel=1e-9)
        assert first["plant_utilisation"] == pytest.approx(load, rel=1e-9)
        assert first["meat_plant_utilisation"] == pytest.approx(load, rel=1e-9)


def first_incomes(values: dict[str, float]) -> tuple[Any, Any, Parameters]:
    """Return each district's incomes of the first year without a programme: all, and by source."""
    state, _world, p = run("no_programme", values, years=3)
    flows = state.flows[: p.district.shape[0]]
    parts = {part: np.asarray(flows[f"{part}_income"]) for part in ("other", "herd", "crop", "project")}
    return sum(parts.values()), parts, p


def test_a_year_in_which_nothing_moves_earns_the_base_income_of_the_tables() -> None:
    # Plants with room, so that the share they take is the same in every month; eggs sell at one price all year.
    income, parts, p = first_incomes(STILL | ROOMY | {"season.price_eggs.*": 1.0})
    expected = 12.0 * region(p).base["income"] * p.district["rural_residents"]
    assert income == pytest.approx(expected, rel=1e-10)
    for part in ("herd", "crop"):
        assert (np.abs(parts[part]) > 0.001 * expected).sum() >= 7
    assert not parts["project"].any()


def test_the_base_year_knows_what_each_district_earns_with_animals_and_with_crops() -> None:
    values = STILL | ROOMY | {"season.price_eggs.*": 1.0}
    _income, parts, p = first_incomes(values)
    made = region(p).base
    assert 12.0 * made["herd_income"] == pytest.approx(parts["herd"], rel=1e-9)
    assert 12.0 * (made["farm_income"] - made["herd_income"]) == pytest.approx(parts["crop"], rel=1e-9)


def test_hay_is_bought_at_the_districts_price() -> None:
    usual, dear = (
        region(parameters({"district.alakol.hay_price_factor": factor})).base["herd_income"] for factor in (1.0, 1.5)
    )
    place = row("district", "alakol")
    assert usual[place] > dear[place]
    assert np.delete(usual, place).tolist() == np.delete(dear, place).tolist()


def test_the_hay_market_of_the_base_year_is_what_animals_eat_and_land_bears() -> None:
    p = parameters({"water.rebound_share": 0.3})
    made = region(p)
    herds, season = made.herd.sum(axis=0), derive.seasons_of(p)
    need, bought = 0.0, 0.0
    for s, terms in enumerate(p.herd):
        _slaughtered, units, _females = stable.herd_year(
            herds[s].copy(), made.rates[s], season[structure().birth_season[s]], math.inf, terms
        )
        need += units[7] * terms["hay_t_per_lu_year"]  # at the end of August, before the harvest is settled
        bought += units.mean() * terms["hay_t_per_lu_year"] * terms["hay_bought_share"]
    assert made.fodder["need"][0] == pytest.approx(need, rel=1e-12)
    crop, land = p.crop[row("crop", "forage")], p.water[0]
    furrow = (p.crop["area_share"] * p.crop["water_m3_ha"]).sum()
    thrifty = (p.crop["area_share"] * p.crop["water_m3_ha"] * (1.0 - p.crop["saved_share"])).sum()
    extra = 0.3 * land["saving_ha"] * (furrow - thrifty) / thrifty
    ha = land["irrigated_ha"] - land["saving_ha"] + (land["saving_ha"] + extra) * (1.0 + crop["yield_gain"])
    each = crop["area_share"] * crop["yield_t_ha"]
    assert made.fodder["forage"][0] == pytest.approx(each * ha, rel=1e-12)
    assert made.fodder["marketed"][0] == pytest.approx(bought / (each * land["irrigated_ha"]), rel=1e-12)
    assert 0.0 < made.fodder["marketed"][0] < 1.0


def test_of_the_forage_at_most_all_is_sold() -> None:
    hungry = parameters({"herd.*.hay_t_per_lu_year": 20.0, "herd.*.hay_bought_share": 1.0})
    assert region(hungry).fodder["marketed"][0] == 1.0
    assert region(parameters({"crop.forage.area_share": 0.0})).fodder["marketed"][0] == 0.0


def test_milk_and_meat_of_the_base_year_are_those_of_the_statistics() -> None:
    first = {name: column[0] for name, column in by_year(run("no_programme", {}, years=3).finished).items()}
    assert first["milk_t"] == pytest.approx(225_300.0, rel=0.1)  # Zhetysu, 2025
    assert first["meat_liveweight_t"] == pytest.approx(110_900.0, rel=0.1)


def test_the_study_is_of_the_region_that_these_tests_are_about() -> None:
    assert study().tables.entities("herd") == SPECIES
    assert study().tables.entities("processing") == PROCESSED
