from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.fates import Fates
from sim.model import derive
from sim.model.world import Structure
from sim.parameters.groups import District, Instrument, Market, Shock
from sim.parameters.records import rows
from sim.parameters.streams import generator
from tests.model.studies import central, luck, row, structure, study

FloatArray = NDArray[np.float64]

LEND_MONTHS = 30
FIRST = np.array([0, 40_000, 40_300, 40_301, 40_400])


def few() -> Structure:
    """Return a structure of four instruments, the first with many candidates; lending ends in mid-year."""
    return structure()._replace(lend_months=LEND_MONTHS, first=FIRST, kind=np.zeros(4, np.int64))


def rates() -> Any:
    instruments = rows(Instrument, 4)
    instruments["applications_first_year"][:] = 8000.0, 60.0, 1e-3, 0.0
    instruments["applications_later"][:] = 12_000.0, 20.0, 1e-3, 0.0
    return instruments


def season() -> FloatArray:
    """Return an uneven season of applications, of mean 1."""
    weights = np.array([0.2, 0.4, 0.6, 0.9, 1.2, 1.5, 1.8, 1.6, 1.3, 1.1, 0.9, 0.5])
    return weights / weights.mean()


def gaps() -> FloatArray:
    return generator(1, "test", "gap").standard_exponential(int(FIRST[-1]))


def cumulated_rate(instrument: int, t: float) -> float:
    """Return the applications expected until t, by definition."""
    terms = rates()
    total = 0.0
    for month in range(math.ceil(t)):
        yearly = terms["applications_first_year" if month < 12 else "applications_later"][instrument]
        total += min(1.0, t - month) * yearly * season()[month % 12] / 12.0
    return total


def all_come() -> Fates:
    """Return luck by which no candidate fails to come."""
    return luck()._replace(gap=np.full_like(luck().gap, 1e-6))


def test_candidate_k_comes_when_the_cumulated_rate_reaches_the_kth_poisson_point() -> None:
    units = gaps()
    arrivals = derive.arrivals(rates(), season(), few(), units)
    for k in range(4):
        own = slice(FIRST[k], FIRST[k + 1])
        points = np.cumsum(units[own])
        came = np.isfinite(arrivals[own])
        assert (points[~came] > cumulated_rate(k, LEND_MONTHS)).all()
        for j in np.flatnonzero(came)[:: max(1, came.sum() // 50)]:
            # Some 20,000 additions of about 1 each
            assert cumulated_rate(k, arrivals[own][j]) == pytest.approx(points[j], rel=1e-11)


@pytest.mark.parametrize("lend_months", [0, 1, 12, LEND_MONTHS, 41])
def test_as_many_are_counted_as_come(lend_months: int) -> None:
    shape, units = few()._replace(lend_months=lend_months), gaps()
    came = np.isfinite(derive.arrivals(rates(), season(), shape, units))
    counted = derive.count_comers(rates(), season(), shape, units)
    assert counted.tolist() == [came[FIRST[k] : FIRST[k + 1]].sum() for k in range(4)]
    assert (counted[0] > 0) == (lend_months > 0)


def test_who_comes_exactly_at_the_end_is_counted_and_dated() -> None:
    # Two applications a month, in an even season, for three months: the sixth candidate comes at the end of it.
    terms, shape = (
        rows(Instrument, 1),
        few()._replace(lend_months=3, kind=np.zeros(1, np.int64), first=np.array([0, 8])),
    )
    terms["applications_first_year"][:] = 24.0
    dates = derive.arrivals(terms, np.ones(12), shape, np.ones(8))
    assert dates.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, math.inf, math.inf]
    assert derive.count_comers(terms, np.ones(12), shape, np.ones(8)).tolist() == [6]


def test_nobody_comes_after_lending_ends_or_where_nobody_applies() -> None:
    arrivals = derive.arrivals(rates(), season(), few(), gaps())
    came = arrivals[np.isfinite(arrivals)]
    assert LEND_MONTHS - 0.1 < came.max() <= LEND_MONTHS
    assert np.isinf(arrivals[FIRST[1] - 1])
    assert np.isinf(arrivals[FIRST[3] :]).all()


def test_as_many_come_as_the_rates_say() -> None:
    arrivals = derive.arrivals(rates(), season(), few(), gaps())[: FIRST[1]]
    half_year = 6000.0 * season()[:6].mean()
    for start, end, expected in ((0, 12, 8000.0), (12, 24, 12_000.0), (24, 30, half_year)):
        count = ((arrivals > start) & (arrivals <= end)).sum()
        assert count == pytest.approx(expected, abs=3.0 * math.sqrt(expected))  # Poisson


def test_a_changed_rate_shifts_dates_and_never_persons() -> None:
    whole, fates = structure(), luck()
    usual, halved = central(), central()
    for p in (usual, halved):
        p.instrument["applications_first_year"][:] = p.instrument["applications_later"][:] = 100.0
    for column in ("applications_first_year", "applications_later"):
        halved.instrument[column][:] /= 2.0
    before, after = (derive.people_of(p, whole, fates, derive.seasons_of(p))[0] for p in (usual, halved))
    assert before.dtype.names is not None
    came = np.isfinite(after["arrival"])
    for column in set(before.dtype.names) - {"arrival", "patience_end", "own_due"}:
        assert (before[column] == after[column])[came].all()
    assert 300 < came.sum() < 0.6 * np.isfinite(before["arrival"]).sum()
    assert (after["arrival"][came] > before["arrival"][came]).all()
    for column in ("patience_end", "own_due"):
        known = came & np.isfinite(after[column])
        delay = [people[column][known] - people["arrival"][known] for people in (before, after)]
        assert delay[0] == pytest.approx(delay[1], abs=1e-10)


def test_the_world_is_the_same_without_the_luck_of_who_never_comes() -> None:
    made = study()
    (world, p), whole = made.simulation.world(made.point(1), 1), luck(1)
    come = derive.comers(p, structure(), whole.gap)
    assert sum(come) < 0.8 * len(whole.gap)
    assert (whole.skill != 0.0).all()
    assert (made.simulation.fates(1, lambda gaps: come).skill != 0.0).sum() == sum(come)
    for column, table in derive.derive(p, structure(), whole)._asdict().items():
        assert np.asarray(getattr(world, column)).tobytes() == np.asarray(table).tobytes(), column


def test_of_who_never_comes_the_world_says_that_only() -> None:
    world = derive.derive(central(), structure(), luck())
    never = np.isinf(world.person["arrival"])
    assert never.sum() > 1000
    people, kinds = world.person[never], len(structure().kind)
    assert np.isinf(people["patience_end"]).all()
    assert np.isinf(people["own_due"]).all()
    assert set(people["instrument"]) == set(range(kinds))
    for column in set(people.dtype.names) - {"instrument", "arrival", "patience_end", "own_due"}:
        assert not people[column].any(), column
    plants = structure().plant[never]
    assert np.isinf(world.closure_months[plants[plants >= 0]]).all()


def test_who_has_own_money_is_sorted_by_due_date_then_entity() -> None:
    p, whole, fates = central(), structure(), luck()
    for column in ("applications_first_year", "applications_later"):
        p.instrument[column][:] = 100.0
    place = np.arange(whole.first[-1]) - np.repeat(whole.first[:-1], np.diff(whole.first))
    # The same luck for the k-th candidate of every instrument: all due dates are tied.
    fates = fates._replace(gap=fates.gap[place], own_delay=fates.own_delay[place], own_money=fates.own_money[place])
    world = derive.derive(p, whole, fates)
    due = world.person["own_due"]
    assert set(world.own_order) == set(np.flatnonzero(np.isfinite(due)))
    assert world.own_order.tolist() == sorted(world.own_order, key=lambda j: (due[j], j))
    ties = np.diff(due[world.own_order]) == 0.0
    assert ties.sum() > 100


def test_the_share_with_own_money_and_of_diverted_loans_is_as_stated() -> None:
    p, whole, fates = central(), structure(), luck()
    grid = (np.arange(whole.first[-1]) + 0.5) / whole.first[-1]
    fates = fates._replace(own_money=grid, diversion=grid, gap=np.full_like(grid, 1e-6))
    people, _order = derive.people_of(p, whole, fates, derive.seasons_of(p))
    assert np.isfinite(people["own_due"]).mean() == pytest.approx(p.own_money["share"][0], abs=1.0 / len(grid))
    assert people["diverted"].mean() == pytest.approx(p.loan["diverted_share"][0], abs=1.0 / len(grid))


def test_candidates_fall_to_districts_in_proportion_to_their_rural_people() -> None:
    table = rows(District, 4)
    table["rural_residents"][:] = 100.0, 0.0, 300.0, 600.0

    def found(uniforms: FloatArray) -> list[int]:
        total = table["rural_residents"].sum()
        return [derive.district_of(table, place) for place in (uniforms * total).tolist()]

    assert np.bincount(found((np.arange(10_000) + 0.5) / 10_000), minlength=4).tolist() == [1000, 0, 3000, 6000]
    assert found(np.array([0.0, 1.0 - 2.0**-53])) == [0, 3]
    table["rural_residents"][0] = 0.0  # where nobody lives, nobody applies
    assert found(np.array([0.0])) == [2]


def test_a_log_normal_factor_has_mean_one_and_the_stated_spread() -> None:
    n = 100_000
    normals = ndtri((np.arange(n) + 0.5) / n)
    for sd in (0.1, 0.3, 0.6):
        values = np.array([derive.log_normal(normal, sd) for normal in normals.tolist()])
        # The grid cuts the tails beyond 4.4 sd
        assert values.mean() == pytest.approx(1.0, abs=1e-4)
        assert np.log(values).std() == pytest.approx(sd, rel=1e-3)


def test_seasons_have_a_mean_of_one() -> None:
    p, even = central(), row("season", "even")
    p.season["mar"][:] *= 7.0
    p.season["mar"][even], p.season["jul"][even] = 3.0, 5.0
    season = derive.seasons_of(p)
    assert season.shape == (len(study().tables.entities("season")), 12)
    assert season.mean(axis=1) == pytest.approx(1.0, rel=1e-14)
    # Ten months of 1, one of 3 and one of 5 add up to 18.
    assert season[even] == pytest.approx(np.array([1, 1, 3, 1, 1, 1, 5, 1, 1, 1, 1, 1]) / 1.5, rel=1e-14)


def market(**fields: float) -> Any:
    table = rows(Market, 1)
    for name, value in fields.items():
        table[name][:] = value
    return table


def test_prices_start_near_the_base_and_without_luck_stay_there() -> None:
    terms, wet = market(price=220.0, sd_log_year=0.3, reversion_year=0.6), np.ones(2)
    assert derive.prices(terms, np.zeros((1, 24)), wet).tolist() == [[220.0] * 24]
    jolt = np.zeros((1, 3))
    jolt[0, 0] = 1.0
    first = 0.3 * math.sqrt(1.0 - math.exp(-0.1))
    expected = [220.0 * math.exp(first * math.exp(-0.05 * month)) for month in range(3)]
    assert derive.prices(terms, jolt, wet)[0] == pytest.approx(expected, rel=1e-14)


def test_a_drought_moves_a_price_from_its_harvest_on_for_a_year_and_otherwise_in_the_next() -> None:
    terms = market(price=100.0, reversion_year=1.0, drought_now=-0.5, drought_later=0.25)
    index = np.array([1.2, 0.6, 1.0, 0.9, 2.0])
    found = np.log(derive.prices(terms, np.zeros((1, 60)), index)[0] / 100.0)
    now, later = -0.5 * 0.4, 0.25 * 0.4
    # From September of year 1 until August of year 2, then until August of year 3; a tenth is missing in year 3.
    expected = [0.0] * 20 + [now] * 12 + [later] * 12 + [-0.5 * 0.1] * 12 + [0.25 * 0.1] * 4
    assert found == pytest.approx(expected, abs=1e-14)


def test_each_price_has_terms_and_luck_of_its_own() -> None:
    terms = rows(Market, 3)
    terms["price"][:], terms["reversion_year"][:] = (10.0, 20.0, 30.0), (0.5, 1.0, 2.0)
    terms["sd_log_year"][:], terms["drought_now"][:] = (0.1, 0.0, 0.3), (0.0, 0.2, 0.0)
    normals = generator(2, "test", "price").standard_normal((3, 36))
    index = np.array([0.5, 1.0, 1.0])
    together = derive.prices(terms, normals, index)
    for k in range(3):
        alone = derive.prices(terms[k : k + 1].copy(), normals[k : k + 1].copy(), index)
        assert (alone[0] == together[k]).all()
    assert len(np.unique(together[:, -1])) == 3


def test_an_outbreak_closes_markets_for_whole_months_from_its_month_on() -> None:
    terms = rows(Shock, 1)
    terms["outbreak_year"], terms["outbreak_months"] = 0.3, 4.0
    when = np.array([[0.299, 0.5], [0.3, 0.5], [0.0, 0.999], [0.2, 0.0], [0.1, 0.95]])
    length = np.array([0.25, 9.0, 0.3, 0.01, 1.0])
    closed = np.flatnonzero(derive.outbreaks(terms, when, length))
    # July of year 0 for a month; December of year 2 and the next month; January of year 3 again; the end cuts the last
    assert closed.tolist() == [6, 35, 36, 59]


def test_without_outbreaks_no_market_ever_closes() -> None:
    terms = rows(Shock, 1)
    terms["outbreak_months"] = 4.0
    assert not derive.outbreaks(terms, np.zeros((3, 2)), np.ones(3)).any()
    terms["outbreak_year"] = 1.0
    assert derive.outbreaks(terms, np.full((3, 2), 0.5), np.full(3, 0.1)).tolist() == [*[0] * 6, 1, *[0] * 5] * 3


def test_a_jut_strikes_a_district_in_its_share_of_the_winters() -> None:
    fates = luck()
    grid = (np.arange(fates.jut.size) + 0.5).reshape(fates.jut.shape) / fates.jut.size
    world = derive.derive(central(shock={"jut_year": 0.3}), structure(), fates._replace(jut=grid))
    assert world.jut.shape == fates.jut.shape
    assert world.jut.mean() == pytest.approx(0.3, abs=0.5 / fates.jut.size)
    assert (world.jut == (grid < 0.3)).all()


def test_the_file_waits_for_its_collateral_as_long_as_luck_and_terms_say() -> None:
    p = central(loan={"collateral_months": 1.5})
    people, _order = derive.people_of(p, structure(), all_come(), np.ones((99, 12)))
    assert people["pledge_months"] == pytest.approx(1.5 * luck().pledge, rel=1e-15)


def test_a_project_builds_as_long_as_its_instrument_and_district_say() -> None:
    p, who = central(), structure()
    p.building["time_sd_log"][:] = 0.0
    p.instrument["build_months"][:] = np.arange(1.0, 1.0 + len(who.kind))
    p.district["build_time_factor"][:] = np.linspace(0.5, 2.0, p.district.shape[0])
    p.stock["settle_months"][:] = np.arange(1.0, 1.0 + p.stock.shape[0])
    people, _order = derive.people_of(p, who, all_come(), np.ones((99, 12)))
    factor = p.district["build_time_factor"][people["district"]]
    assert people["build_months"] == pytest.approx((1.0 + people["instrument"]) * factor, rel=1e-15)
    stock = who.stock[people["instrument"]]
    assert people["settle_months"].tolist() == np.where(stock >= 0, 1.0 + stock, 0.0).tolist()
    assert len(set(people["settle_months"])) == 1 + p.stock.shape[0]


def test_consumer_prices_follow_the_forecasts_and_start_at_a_mean_of_one() -> None:
    p = central()
    for year, forecast in (("2026", 0.10), ("2027", 0.08), ("2028", 0.065), ("later", 0.06)):
        p.cpi[f"inflation_{year}"][:] = forecast
    p.loan["mrp_kzt"][:] = 4325.0
    index, mrp = derive.consumer_prices(p.cpi, np.zeros(5), p.loan, 60)
    assert index.shape == (61,)
    assert index[:12].mean() == pytest.approx(1.0, rel=1e-14)
    growth = [index[12 * year + 12] / index[12 * year] - 1.0 for year in range(5)]
    assert growth == pytest.approx([0.10, 0.08, 0.065, 0.06, 0.06], rel=1e-12)
    # 4,325 · 1.10 = 4,757.5; · 1.08 = 5,138.1; · 1.065 = 5,472.1; · 1.06 = 5,800.4
    assert mrp.tolist() == [4325, 4757, 5138, 5472, 5800]


def test_a_shock_to_inflation_fades_by_its_autocorrelation() -> None:
    p, normals = central(), np.array([0.0, 2.0, 0.0, 0.0])
    quiet, _mrp = derive.consumer_prices(p.cpi, np.zeros(4), p.loan, 48)
    index, _mrp = derive.consumer_prices(p.cpi, normals, p.loan, 48)
    extra = np.diff(np.log(index[::12] / quiet[::12]))
    ar, sd = p.cpi["shock_ar"][0], p.cpi["shock_sd"][0]
    shock = 2.0 * sd * math.sqrt(1.0 - ar**2)
    assert extra == pytest.approx([0.0, shock, ar * shock, ar**2 * shock], abs=1e-14)
    assert index[:12] == pytest.approx(quiet[:12], rel=1e-14)


def test_water_has_its_mean_and_droughts_cluster() -> None:
    p = central(water={"index_sd_log": 0.25, "index_ar": 0.5, "index_level": 0.9})
    years = 400_000
    index = derive.water_index(p.water, generator(1, "test", "water").standard_normal(years))
    logs = np.log(index)
    index /= 0.9
    # Three standard errors: sd √(3/n), √(2 · 5/3 / n) of the variance, √((1 − φ²)/n) of the autocorrelation
    assert index.mean() == pytest.approx(1.0, abs=3 * 0.25 * math.sqrt(3.0 / years))
    assert logs.var() == pytest.approx(0.25**2, rel=3 * math.sqrt(10.0 / 3.0 / years))
    assert np.corrcoef(logs[1:], logs[:-1])[0, 1] == pytest.approx(0.5, abs=3 * math.sqrt(0.75 / years))


def test_plants_stay_open_and_closed_in_turn_at_the_rates_of_their_product() -> None:
    p, fates, links = central(), all_come(), structure()
    p.processing["closures_year"][:], p.processing["closure_months"][:] = (0.25, 0.5), (1.5, 3.0)
    months = derive.derive(p, links, fates).closure_months
    assert months.shape == fates.closure.shape
    made_of = np.full(len(months), -1)
    districts = p.district.shape[0]
    made_of[:districts], made_of[districts : 2 * districts] = 0, 1
    candidates = np.flatnonzero(links.plant >= 0)
    made_of[links.plant[candidates]] = links.made_of[np.repeat(np.arange(len(links.kind)), np.diff(links.first))][
        candidates
    ]
    assert set(made_of[2 * districts :]) == {0, 1}
    for product, (open_months, closed_months) in enumerate(((48.0, 1.5), (24.0, 3.0))):
        mine = made_of == product
        assert months[mine, 0::2] == pytest.approx(open_months * fates.closure[mine, 0::2], rel=1e-14)
        assert months[mine, 1::2] == pytest.approx(closed_months * fates.closure[mine, 1::2], rel=1e-14)
    never = derive.derive(central(processing={"closures_year": 0.0}), links, fates)
    assert np.isinf(never.closure_months[:, 0]).all()


def test_fewer_crews_work_in_winter() -> None:
    p = central(building={"crews": 101.0, "winter_share": 0.4})
    crews = derive.derive(p, structure(), luck()).crews
    assert crews.tolist() == [40, 40, *[101] * 9, 40]
