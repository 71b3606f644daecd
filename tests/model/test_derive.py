from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.model import derive
from sim.model.world import Structure
from sim.parameters.groups import District, Market, Season
from sim.parameters.records import rows
from sim.parameters.streams import generator
from tests.model.studies import central, luck, study

FloatArray = NDArray[np.float64]

LEND_MONTHS = 30
FIRST = np.array([0, 40_000, 40_300, 40_301, 40_400])


def structure() -> Structure:
    """Return a structure in which the first instrument has many candidates, and lending ends in mid-year."""
    return study().simulation.structure._replace(lend_months=LEND_MONTHS, first=FIRST)


def rates() -> Any:
    instruments = central().instrument
    instruments["applications_first_year"][:] = 8000.0, 60.0, 1e-3, 0.0
    instruments["applications_later"][:] = 12_000.0, 20.0, 1e-3, 0.0
    return instruments


def gaps() -> FloatArray:
    return generator(1, "test", "gap").standard_exponential(int(FIRST[-1]))


def cumulated_rate(instrument: int, t: float) -> float:
    """Return the applications expected until t, by definition."""
    terms, season = rates(), derive.seasons_of(central())
    total = 0.0
    for month in range(math.ceil(t)):
        yearly = terms["applications_first_year" if month < 12 else "applications_later"][instrument]
        total += min(1.0, t - month) * yearly * season["applications"][month % 12] / 12.0
    return total


def test_candidate_k_comes_when_the_cumulated_rate_reaches_the_kth_poisson_point() -> None:
    units = gaps()
    arrivals = derive.arrivals(rates(), derive.seasons_of(central()), structure(), units)
    for k in range(4):
        own = slice(FIRST[k], FIRST[k + 1])
        points = np.cumsum(units[own])
        came = np.isfinite(arrivals[own])
        assert (points[~came] > cumulated_rate(k, LEND_MONTHS)).all()
        for j in np.flatnonzero(came)[:: max(1, came.sum() // 50)]:
            # Some 20,000 additions of about 1 each
            assert cumulated_rate(k, arrivals[own][j]) == pytest.approx(points[j], rel=1e-11)


def test_nobody_comes_after_lending_ends_or_where_nobody_applies() -> None:
    arrivals = derive.arrivals(rates(), derive.seasons_of(central()), structure(), gaps())
    came = arrivals[np.isfinite(arrivals)]
    assert LEND_MONTHS - 0.1 < came.max() <= LEND_MONTHS
    assert np.isinf(arrivals[FIRST[1] - 1])
    assert np.isinf(arrivals[FIRST[3] :]).all()


def test_as_many_come_as_the_rates_say() -> None:
    arrivals = derive.arrivals(rates(), derive.seasons_of(central()), structure(), gaps())[: FIRST[1]]
    season = derive.seasons_of(central())["applications"]
    half_year = 6000.0 * season[:6].mean()
    for start, end, expected in ((0, 12, 8000.0), (12, 24, 12_000.0), (24, 30, half_year)):
        count = ((arrivals > start) & (arrivals <= end)).sum()
        assert count == pytest.approx(expected, abs=3.0 * math.sqrt(expected))  # Poisson


def test_a_changed_rate_shifts_dates_and_never_persons() -> None:
    whole, fates = study().simulation.structure, luck()
    usual, halved = central(), central()
    for column in ("applications_first_year", "applications_later"):
        halved.instrument[column][:] /= 2.0
    before, after = (derive.people_of(p, whole, fates, derive.seasons_of(p)) for p in (usual, halved))
    assert before.dtype.names is not None
    for column in set(before.dtype.names) - {"arrival", "patience_end", "own_due"}:
        assert (before[column] == after[column]).all()
    came = np.isfinite(after["arrival"])
    assert 1000 < came.sum() < 0.6 * np.isfinite(before["arrival"]).sum()
    assert (after["arrival"][came] > before["arrival"][came]).all()
    for column in ("patience_end", "own_due"):
        known = came & np.isfinite(after[column])
        delay = [people[column][known] - people["arrival"][known] for people in (before, after)]
        assert delay[0] == pytest.approx(delay[1], abs=1e-10)


def test_who_has_own_money_is_sorted_by_due_date_then_entity() -> None:
    p, whole, fates = central(), study().simulation.structure, luck()
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
    p, whole, fates = central(), study().simulation.structure, luck()
    grid = (np.arange(whole.first[-1]) + 0.5) / whole.first[-1]
    fates = fates._replace(own_money=grid, diversion=grid, gap=np.full_like(grid, 1e-6))
    people = derive.people_of(p, whole, fates, derive.seasons_of(p))
    assert np.isfinite(people["own_due"]).mean() == pytest.approx(p.own_money["share"][0], abs=1.0 / len(grid))
    assert people["diverted"].mean() == pytest.approx(p.loan["diverted_share"][0], abs=1.0 / len(grid))


def test_candidates_fall_to_districts_in_proportion_to_their_rural_people() -> None:
    table = rows(District, 4)
    table["rural_residents"][:] = 100.0, 0.0, 300.0, 600.0
    grid = (np.arange(10_000) + 0.5) / 10_000
    found = derive.districts(table, grid)
    assert np.bincount(found, minlength=4).tolist() == [1000, 0, 3000, 6000]
    assert derive.districts(table, np.array([0.0, 1.0 - 2.0**-53])).tolist() == [0, 3]
    table["rural_residents"][0] = 0.0  # where nobody lives, nobody applies
    assert derive.districts(table, np.array([0.0])).tolist() == [2]


def test_a_log_normal_factor_has_mean_one_and_the_stated_spread() -> None:
    n = 100_000
    normals = ndtri((np.arange(n) + 0.5) / n)
    for sd in (0.1, 0.3, 0.6):
        values = derive.log_normal(normals, np.full(n, sd))
        # The grid cuts the tails beyond 4.4 sd
        assert values.mean() == pytest.approx(1.0, abs=1e-4)
        assert np.log(values).std() == pytest.approx(sd, rel=1e-3)


def test_seasons_have_a_mean_of_one() -> None:
    p = central()
    p.season["births"][:] *= 7.0
    season = derive.seasons_of(p)
    assert season.shape == (12,)
    for column in ("applications", "births", "milk_yield", "milk_price", "greenhouse_yield"):
        assert season[column].mean() == pytest.approx(1.0, rel=1e-14)
    assert season["births"][3] / season["births"][0] == pytest.approx(2.6 / 0.6, rel=1e-14)
    assert set(season.dtype.names or ()) == set(Season.__annotations__)


def market(**fields: float) -> Any:
    table = rows(Market, 1)
    for name, value in fields.items():
        table[name][:] = value
    return table


def test_prices_revert_to_their_base_with_the_stated_spread_and_memory() -> None:
    months, sd, reversion = 1_000_000, 0.3, 0.6
    normals = generator(1, "test", "price").standard_normal((1, months))
    logs = np.log(derive.prices(market(price=220.0, sd_log_year=sd, reversion_year=reversion), normals)[0] / 220.0)
    # Neighbours correlate with φ = e^−0.05: the mean's error is sd √(2/(0.05 n)) = 0.002 and the variance's relative
    # error √(2 (1 + φ²)/((1 − φ²) n)) = 0.0063; tolerances are three of them.
    assert logs.mean() == pytest.approx(0.0, abs=0.006)
    assert logs.var() == pytest.approx(sd**2, rel=0.019)
    for lag in (1, 12):
        memory = np.corrcoef(logs[lag:], logs[:-lag])[0, 1]
        assert memory == pytest.approx(math.exp(-reversion * lag / 12.0), abs=0.006)


def test_prices_start_near_the_base_and_without_luck_stay_there() -> None:
    terms = market(price=220.0, sd_log_year=0.3, reversion_year=0.6)
    assert derive.prices(terms, np.zeros((1, 24))).tolist() == [[220.0] * 24]
    jolt = np.zeros((1, 3))
    jolt[0, 0] = 1.0
    first = 0.3 * math.sqrt(1.0 - math.exp(-0.1))
    expected = [220.0 * math.exp(first * math.exp(-0.05 * month)) for month in range(3)]
    assert derive.prices(terms, jolt)[0] == pytest.approx(expected, rel=1e-14)


def test_consumer_prices_follow_the_forecasts_and_start_at_a_mean_of_one() -> None:
    p = central()
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


def test_water_has_mean_one_and_droughts_cluster() -> None:
    p = central(water={"index_sd_log": 0.25, "index_ar": 0.5})
    years = 400_000
    index = derive.water_index(p.water, generator(1, "test", "water").standard_normal(years))
    logs = np.log(index)
    # Three standard errors: sd √(3/n), √(2 · 5/3 / n) of the variance, √((1 − φ²)/n) of the autocorrelation
    assert index.mean() == pytest.approx(1.0, abs=3 * 0.25 * math.sqrt(3.0 / years))
    assert logs.var() == pytest.approx(0.25**2, rel=3 * math.sqrt(10.0 / 3.0 / years))
    assert np.corrcoef(logs[1:], logs[:-1])[0, 1] == pytest.approx(0.5, abs=3 * math.sqrt(0.75 / years))


def test_plants_stay_open_and_closed_in_turn() -> None:
    p, fates = central(processing={"closures_year": 0.25, "closure_months": 1.5}), luck()
    months = derive.derive(p, study().simulation.structure, fates).closure_months
    assert months.shape == fates.closure.shape
    assert months[:, 0::2] == pytest.approx(48.0 * fates.closure[:, 0::2], rel=1e-14)
    assert months[:, 1::2] == pytest.approx(1.5 * fates.closure[:, 1::2], rel=1e-14)
    never = derive.derive(central(processing={"closures_year": 0.0}), study().simulation.structure, fates)
    assert np.isinf(never.closure_months[:, 0]).all()


def test_fewer_crews_work_in_winter() -> None:
    p = central(building={"crews": 101.0, "winter_share": 0.4})
    crews = derive.derive(p, study().simulation.structure, luck()).crews
    assert crews.tolist() == [40, 40, *[101] * 9, 40]
