"""Which way things go when one thing changes and the luck stays the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.experiment.study import Study
from sim.model.derive import derive
from sim.model.state import DEFAULTED, FINE, LOAN, RECOVERED
from sim.model.world import HERD, World
from sim.outcomes import Finished, by_year
from sim.parameters.groups import FloatArray
from sim.parameters.records import IntArray
from tests.properties.studies import study

WORLDS = range(3)
Change = Callable[[World], World]


def run(made: Study, number: int, change: Change | None = None, allocation: str = "current") -> Finished:
    """Run one allocation in one world at the parameters' centre; every ledger is checked."""
    world, parameters = made.simulation.world(made.centre.copy(), number)
    if change is not None:
        world = change(world)
    state, status = made.simulation.run(allocation, world, parameters, check=True)
    assert status == FINE
    structure = made.simulation.structure
    return Finished(state, world, parameters, structure, made.tables.products, made.tables.entities("herd"))


def shared(**split: float) -> str:
    return "allocations={current: {shares: {" + ", ".join(f"{name}: {part}" for name, part in split.items()) + "}}}"


def income(run: Finished) -> FloatArray:
    return np.asarray(by_year(run)["rural_income_kzt_per_month"])


# Loans


def test_dearer_loans_to_the_same_people_default_more() -> None:
    everyone = ("committee.cutoff_dscr=0", "fund.revolving=false", "portfolio.outstanding_mln_kzt=0")
    lost: dict[float, float] = {}
    failed: dict[float, list[bool]] = {}
    funded: dict[float, list[float]] = {}
    for rate in (0.025, 0.09, 0.18):
        runs = [run(study(*everyone, f"loan.rate={rate}"), number) for number in WORLDS]
        loans = [one.state.loans for one in runs]
        files = [one.state.files for one in runs]
        funded[rate] = [when for table in files for when in np.nan_to_num(table["funded_at"], nan=-1.0).tolist()]
        bad = [np.isin(table["state"], (DEFAULTED, RECOVERED)) for table in loans]
        failed[rate] = np.concatenate(bad).tolist()
        lost[rate] = sum(int((t["principal"] - t["repaid"])[b].sum()) for t, b in zip(loans, bad, strict=True)) / sum(
            int(t["principal"].sum()) for t in loans
        )
    assert funded[0.025] == funded[0.09] == funded[0.18]
    assert sum(when >= 0.0 for when in funded[0.025]) > 300
    assert 0.0 < lost[0.025] < lost[0.09] < lost[0.18]
    assert sum(failed[0.18]) > sum(failed[0.025]) + 10


def test_the_committees_cutoff_keeps_those_out_who_default_more() -> None:
    rates = []
    for cutoff in (0.0, 1.5):
        loans = [run(study(f"committee.cutoff_dscr={cutoff}"), number).state.loans for number in WORLDS]
        bad = sum(int(np.isin(table["state"], (DEFAULTED, RECOVERED)).sum()) for table in loans)
        rates.append(bad / sum(int((table["principal"] > 0).sum()) for table in loans))
    assert 0.0 < rates[1] < rates[0]


# The queue


SCARCE = ("fund.tranches_mln_kzt={2026: 400, 2027: 400, 2028: 400}", "portfolio.outstanding_mln_kzt=0")


@pytest.mark.parametrize("number", WORLDS)
def test_a_queue_by_merit_funds_better_files_where_money_is_scarce(number: int) -> None:
    merits = []
    for queue in ("first_come", "merit"):
        files = run(study(*SCARCE, f"fund.queue={queue}"), number).state.files
        # Where a refund covers the loan nothing falls due and the cover is infinite.
        merits.append(float(files["merit"][(files["finance"] == LOAN) & np.isfinite(files["merit"])].mean()))
    assert merits[1] > 1.1 * merits[0]


@pytest.mark.parametrize("order", ["rural_population", "poverty", "herd"])
def test_an_order_of_districts_brings_money_nearer_to_their_quotas(order: str) -> None:
    misses = []
    for rule in ("none", order):
        ended = [run(study(*SCARCE, f"fund.district_order={rule}"), number) for number in WORLDS]
        ordered = study(*SCARCE, f"fund.district_order={order}")
        quota = ordered.simulation.world(ordered.centre.copy(), 0)[0].base["quota"]
        lent = sum(one.state.lent for one in ended)
        misses.append(float(np.abs(lent / lent.sum() - quota).sum()))
    assert misses[1] < 0.7 * misses[0]


def test_slow_collateral_makes_the_approved_wait() -> None:
    waits = []
    for months in (0.0, 1.0, 4.0):
        files = run(study(f"loan.collateral_months={months}"), 0).state.files
        lent = files["finance"] == LOAN
        waits.append(float((files["funded_at"] - files["approved_at"])[lent].mean()))
    assert waits[0] + 0.5 < waits[1] < waits[2] - 1.0


# Water


def dry(made: Study, year: int, normal: float) -> Change:
    """Replace the luck of one year's water; prices that hang on it follow."""

    def change(world: World) -> World:
        number = 0
        fates = made.simulation.fates(number)
        water = fates.water.copy()
        water[:] = 0.0
        water[year] = normal
        parameters = made.layout.parameters(made.centre.copy())
        return derive(parameters, made.simulation.structure, fates._replace(water=water))

    return change


def index(year: int, value: float) -> Change:
    """Replace one year's water alone; all others have the mean."""

    def change(world: World) -> World:
        water = np.ones(len(world.water_index))
        water[year] = value
        return world._replace(water_index=water)

    return change


@pytest.mark.parametrize("programme", ["current", "no_programme"])
def test_a_drought_lowers_income_and_raises_the_price_of_hay(programme: str) -> None:
    made = study("fund.revolving=false")
    wet, short = (run(made, 0, index(2, value), programme) for value in (1.0, 0.6))
    assert income(short)[:2].tolist() == income(wet)[:2].tolist()
    # Herds sell cows in the autumn, which brings money; the years after pay for it.
    assert income(short)[2:].sum() < income(wet)[2:].sum() - 100.0
    hay = [by_year(one)["hay_price_kzt_per_t"] for one in (wet, short)]
    assert hay[1][:2].tolist() == hay[0][:2].tolist()
    assert hay[1][2] > 1.05 * hay[0][2]
    assert hay[1][3] > 1.1 * hay[0][3]  # until the next harvest


def test_a_drought_that_moves_prices_too_costs_more_than_water() -> None:
    made = study("water.index_ar=0", "water.index_sd_log=0.3", "fund.revolving=false")
    usual, drought = (run(made, 0, dry(made, 2, normal)) for normal in (0.0, -1.5))
    assert drought.world.water_index[2] < 0.7 * usual.world.water_index[2]
    assert income(drought)[2:].sum() < income(usual)[2:].sum() - 200.0
    hay = [by_year(one)["hay_price_kzt_per_t"] for one in (usual, drought)]
    assert (hay[1] - hay[0])[2] > 0.0
    cattle = drought.products.index("cattle")
    assert drought.world.price[cattle, 33] < usual.world.price[cattle, 33]  # forced sales press the price


def test_the_drier_a_year_the_dearer_hay_the_poorer_the_harvest_and_the_fewer_cattle() -> None:
    made = study("fund.revolving=false")
    ended = [run(made, 0, index(2, value)) for value in (1.0, 0.85, 0.7, 0.55)]
    hay = [float(by_year(one)["hay_price_kzt_per_t"][3]) for one in ended]
    assert hay == sorted(hay)
    harvest = [float(one.state.flows["forage_kg"].sum()) for one in ended]
    assert harvest == sorted(harvest, reverse=True)
    cows = [float(one.state.herds[:, 0].sum()) for one in ended]
    assert cows == sorted(cows, reverse=True)
    assert len(set(hay)) == len(set(harvest)) == 4


@pytest.mark.parametrize("limit", [1e9, 1e12])
def test_water_saving_shares_lower_the_water_per_tonne_of_forage(limit: float) -> None:
    water = []
    for part in (0.0, 0.3, 0.9):
        split = shared(water_saving=part, rural_services=round(1.0 - part, 1))
        sets = f"water.limit_m3={limit}", "instrument.water_saving.applications_later=200", "own_money.share=0"
        one = run(study(split, *sets), 0)
        flows = one.state.flows
        water.append(float(flows["water_used_m3"].sum() / flows["forage_kg"].sum()))
        assert (one.state.land["funded"].sum() > 0.0) == (part > 0.0)
    assert water[0] > water[1] > water[2]


# Plants


def processed(product: str, plants: str, load: float) -> float:
    """Return the share of a product that is processed in the last year, with half of the money for some purpose."""
    split = shared(**{"dairy_family": 0.25, "beef_breeding": 0.25, plants: 0.5})
    sets = (split, f"processing.{product}.base_load={load}", f"instrument.{product}_plant.applications_later=100")
    return float(by_year(run(study(*sets), 0))[f"processed_{product}_share"][-1])


@pytest.mark.parametrize("product", ["milk", "meat"])
def test_more_plants_raise_the_processed_share_where_plants_are_full(product: str) -> None:
    gain = {
        load: processed(product, f"{product}_plant", load) - processed(product, "rural_services", load)
        for load in (0.3, 0.99)
    }
    assert gain[0.99] > 0.005
    assert gain[0.99] > 2.0 * abs(gain[0.3])  # idle plants do not need more of them


# Shocks


def struck(year: int) -> Change:
    def change(world: World) -> World:
        jut = np.zeros_like(world.jut)
        jut[year] = 1
        return world._replace(jut=jut)

    return change


def herds(one: Finished, species: int) -> tuple[float, float]:
    """Return animals of a species in households, and in projects that had been at work before the last year."""
    kind = one.structure.kind[one.world.person["instrument"]]
    mine = (kind == HERD) & (one.structure.species[one.world.person["instrument"]] == species)
    old = mine & (one.state.files["operating_at"] < one.structure.months - 12.0)
    return float(one.state.herds[:, species].sum()), float(one.state.work["herd"][old].sum())


@pytest.mark.parametrize("species", [0, 1, 2])
def test_a_jut_kills_more_of_the_animals_without_shelter(species: int) -> None:
    sets = ("shock.jut_year=0", "herd.*.jut_mortality=0.3", "loan.default_months=12", "enterprise.loss_years=20")
    left = {}
    for sheltered in (0.0, 0.5, 1.0):
        made = study(*sets, f"shock.jut_sheltered={sheltered}")
        calm, jut = (herds(run(made, 0, change), species) for change in (None, struck(made.scenario.years - 1)))
        assert min(calm) > 0.0
        left[sheltered] = [after / before for after, before in zip(jut, calm, strict=True)]
    households, projects = (np.array([left[sheltered][which] for sheltered in (0.0, 0.5, 1.0)]) for which in (0, 1))
    assert (households < 0.85).all()
    assert projects[0] == pytest.approx(1.0, abs=0.01)
    assert projects[0] > projects[1] > projects[2]
    assert projects[1] > households[1] + 0.02


def closed(first: int, months: int) -> Change:
    def change(world: World) -> World:
        outbreak: IntArray = np.zeros_like(world.outbreak)
        outbreak[first : first + months] = 1
        return world._replace(outbreak=outbreak)

    return change


def test_an_outbreak_lowers_the_income_of_its_year_and_more_so_the_longer_it_lasts() -> None:
    made = study("shock.outbreak_year=0", "shock.outbreak_loss=0.4")
    incomes = [income(run(made, 0, closed(24, months))) for months in (0, 3, 9)]
    years = np.array(incomes)
    assert (years[:, :2] == years[0, :2]).all()
    assert years[0, 2] > years[1, 2] + 50.0
    assert years[1, 2] > years[2, 2] + 50.0


def test_an_outbreak_spares_animals_that_it_does_not_hit() -> None:
    made = study("shock.outbreak_year=0", "shock.outbreak_loss=0.4", "herd.*.outbreak_hit=0")
    free, shut = (run(made, 0, closed(24, months)) for months in (0, 9))
    assert income(free).tolist() == income(shut).tolist()


def test_more_animals_press_the_price_of_raw_milk() -> None:
    """Supply moves the informal price, so the last litre of a bigger programme is worth less."""
    alone = ("processing.milk.informal_elasticity=0.5", "processing.milk.outlet_price_kzt_kg=1")
    usual, more = (run(study(*alone, *sets), 0) for sets in ((), ("instrument.*.milk_kg_per_cow_year=9000",)))
    milk = usual.structure.milk
    assert more.state.balance["produced"][milk] > usual.state.balance["produced"][milk]
    assert more.state.balance["informal_factor"][milk] < usual.state.balance["informal_factor"][milk]
