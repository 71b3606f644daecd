"""What follows from a parameter point and a world's luck, once for all allocations."""

from __future__ import annotations

import math

import numpy as np

from sim.fates import Fates
from sim.kernel import kernel
from sim.model import base, loan, water
from sim.model.world import PLANT, Person, Structure, World
from sim.parameters.groups import (
    Building,
    Cpi,
    District,
    Instrument,
    LoanTerms,
    Market,
    Parameters,
    Processing,
    Shock,
    WaterTerms,
)
from sim.parameters.records import FloatArray, IntArray, Rows, rows

DECEMBER, JANUARY, FEBRUARY = 11, 0, 1  # months in which fewer crews work


def derive(p: Parameters, structure: Structure, fates: Fates) -> World:
    """Turn luck and parameters into the world that every allocation meets.

    Parameters
    ----------
    p : Parameters
        One point.
    structure : Structure
        Sizes and links.
    fates : Fates
        Luck of this world.

    Returns
    -------
    World
        Not to be written to.
    """
    season = seasons_of(p)
    people, own_order = people_of(p, structure, fates, season)
    cpi, mrp = consumer_prices(p.cpi, fates.inflation, p.loan, structure.months)
    index = water_index(p.water, fates.water)
    mixed = correlate(fates.price, p.correlation, structure.pairs)
    return World(
        person=people,
        own_order=own_order,
        old_loans=math.floor(p.portfolio["outstanding_mln_kzt"][0] * 1e6),
        closure_months=closures(p, structure, people, fates.closure),
        price=prices(p.market, mixed, index),
        cpi=cpi,
        mrp=mrp,
        parts=loan.parts_of(p.loan["rate"][0], p.loan["annuity"][0], int(p.instrument["term_months"].max())),
        water_index=index,
        jut=(fates.jut < p.shock["jut_year"][0]).astype(np.int64),
        outbreak=outbreaks(p.shock, fates.outbreak, fates.outbreak_length),
        crews=crews_of(p.building),
        season=season,
        **base.region(p, structure, season)._asdict(),
    )


def comers(p: Parameters, structure: Structure, gaps: FloatArray) -> list[int]:
    """Count the candidates of each instrument who come; of the others the model reads nothing but that they do not."""
    season = seasons_of(p)[structure.application_season]
    came: list[int] = count_comers(p.instrument, season, structure, gaps).tolist()
    return came


def people_of(p: Parameters, structure: Structure, fates: Fates, season: FloatArray) -> tuple[Rows[Person], IntArray]:
    """Make the candidates: who they are, when they come and what befalls them, if they come.

    Returns
    -------
    people : rows of Person
    own_order : ndarray
        Those who would invest anyway, by (own_due, entity).
    """
    people = rows(Person, structure.first[-1])
    arrival = arrivals(p.instrument, season[structure.application_season], structure, fates.gap)
    own, due = befall(people, arrival, p, structure, fates)
    return people, own[np.argsort(due, kind="stable")]


@kernel(allocates=True)
def befall(
    people: Rows[Person], arrival: FloatArray, p: Parameters, structure: Structure, fates: Fates
) -> tuple[IntArray, FloatArray]:
    """Fill in who candidates are and what befalls them; returns who would invest anyway, and when."""
    time_sd, until_strategic = p.building[0].time_sd_log, _months_per(p.loan[0].strategic_per_year)
    own, due, count = np.empty(arrival.shape[0], np.int64), np.empty(arrival.shape[0]), 0
    residents = 0.0
    for d in range(p.district.shape[0]):
        residents += p.district[d].rural_residents
    for k in range(structure.kind.shape[0]):
        terms, stock = p.instrument[k], structure.stock[k]
        for j in range(structure.first[k], structure.first[k + 1]):
            person = people[j]
            person.instrument = k
            person.arrival = arrival[j]
            person.patience_end = math.inf
            person.own_due = math.inf
            if arrival[j] == math.inf:
                continue
            person.district = district_of(p.district, fates.district[j] * residents)
            person.diverted = 1 if fates.diversion[j] < p.loan[0].diverted_share else 0
            person.patience_end = arrival[j] + fates.patience[j] * p.committee[0].patience_months
            if fates.own_money[j] < p.own_money[0].share:
                person.own_due = arrival[j] + fates.own_delay[j] * p.own_money[0].delay_months
                own[count], due[count] = j, person.own_due
                count += 1
            person.relative_size = log_normal(fates.size[j], terms.size_sd_log)
            person.skill = log_normal(fates.skill[j], terms.skill_sd_log)
            person.judged = log_normal(fates.judgement[j], p.committee[0].error_sd_log)
            person.pledge_months = fates.pledge[j] * p.loan[0].collateral_months
            building = log_normal(fates.building[j], time_sd) * terms.build_months
            person.build_months = building * p.district[person.district].build_time_factor
            if stock >= 0:
                person.settle_months = log_normal(fates.settling[j], time_sd) * p.stock[stock].settle_months
            person.strategic_months = fates.strategy[j] * until_strategic
            person.refund_months = terms.refund_months * fates.refund[j]
    return own[:count], due[:count]


@kernel
def district_of(p: Rows[District], place: float) -> int:
    """Find where a candidate lives, from a place in the row of all rural people, district by district."""
    passed, left = 0, place
    for d in range(p.shape[0] - 1):  # to the end: once passing stops, `left` is negative; leaving early takes longer
        passed += 1 if left >= p[d].rural_residents else 0
        left -= p[d].rural_residents
    return passed


@kernel
def log_normal(normal: float, sd_log: float) -> float:
    """Turn a normal into a log-normal of mean 1 with this sd of the log."""
    return math.exp(sd_log * normal - 0.5 * sd_log * sd_log)


def seasons_of(p: Parameters) -> FloatArray:
    """Scale each seasonal profile to a mean of 1 over the twelve months: shape (profiles, 12)."""
    season: FloatArray = scaled(np.ascontiguousarray(p.season).view(np.float64).reshape(-1, 12))
    return season


@kernel(allocates=True)
def scaled(weights: FloatArray) -> FloatArray:
    """Scale each row of twelve to a mean of 1."""
    out = np.empty(weights.shape)
    for profile in range(weights.shape[0]):
        total = 0.0
        for month in range(12):
            total += weights[profile, month]
        for month in range(12):
            out[profile, month] = weights[profile, month] / (total / 12.0)
    return out


@kernel
def _months_per(rate_per_year: float) -> float:
    return 12.0 / rate_per_year if rate_per_year > 0.0 else math.inf


@kernel(allocates=True)
def closures(p: Parameters, structure: Structure, people: Rows[Person], units: FloatArray) -> FloatArray:
    """Give every plant its durations: base plants product by product, then those of candidates who come (else inf)."""
    out = np.full(units.shape, math.inf)
    row = 0
    for q in range(structure.raw.shape[0]):
        for _district in range(p.district.shape[0]):
            _open_and_close(p.processing[q], units[row], out[row])
            row += 1
    for k in range(structure.kind.shape[0]):
        if structure.kind[k] == PLANT:
            for j in range(structure.first[k], structure.first[k + 1]):
                if people[j].arrival < math.inf:
                    row = structure.plant[j]
                    _open_and_close(p.processing[structure.made_of[k]], units[row], out[row])
    return out


@kernel
def _open_and_close(terms: Processing, units: FloatArray, out: FloatArray) -> None:
    """Turn a plant's luck into months that it is open, closed, open and so on."""
    months_open = _months_per(terms.closures_year)
    for i in range(0, units.shape[0], 2):
        out[i] = units[i] * months_open
        out[i + 1] = units[i + 1] * terms.closure_months


@kernel(allocates=True)
def crews_of(p: Rows[Building]) -> IntArray:
    """Count the crews at work by calendar month."""
    out = np.full(12, int(p[0].crews))
    for month in (DECEMBER, JANUARY, FEBRUARY):
        out[month] = math.floor(out[month] * p[0].winter_share)
    return out


@kernel(allocates=True)
def arrivals(p: Rows[Instrument], season: FloatArray, structure: Structure, gaps: FloatArray) -> FloatArray:
    """Date every application, months: candidate k comes when the cumulated rate reaches the k-th Poisson point.

    So a changed rate shifts dates and never persons. Those who would come after lending ends never come (inf).
    """
    out = np.full(gaps.shape[0], math.inf)
    for k in range(structure.kind.shape[0]):
        point = 0.0
        month = 0
        before = 0.0  # cumulated rate at the start of the month
        rate = _applications(p[k], season, 0)
        for j in range(structure.first[k], structure.first[k + 1]):
            point += gaps[j]
            while month < structure.lend_months and before + rate < point:
                before += rate
                month += 1
                rate = _applications(p[k], season, month)
            if month >= structure.lend_months:
                break
            out[j] = month + (point - before) / rate
    return out


@kernel(allocates=True)
def count_comers(p: Rows[Instrument], season: FloatArray, structure: Structure, gaps: FloatArray) -> IntArray:
    """Count the candidates of each instrument whom `arrivals` dates: shape (I,)."""
    came = np.zeros(structure.kind.shape[0], np.int64)
    for k in range(structure.kind.shape[0]):
        expected = 0.0
        for month in range(structure.lend_months):
            expected += _applications(p[k], season, month)
        point, j = 0.0, structure.first[k]
        while j < structure.first[k + 1] and point + gaps[j] <= expected:
            point += gaps[j]
            j += 1
        came[k] = j - structure.first[k]
    return came


@kernel
def _applications(p: Instrument, season: FloatArray, month: int) -> float:
    """Applications expected in a month of the model."""
    yearly = p.applications_first_year if month < 12 else p.applications_later
    return float(yearly * season[month % 12] / 12.0)


@kernel(allocates=True)
def correlate(normals: FloatArray, correlation: FloatArray, pairs: IntArray) -> FloatArray:
    """Mix independent normals of K series so that the stated pairs are correlated: shape (K, M).

    Row by row with the Cholesky factor of the correlation matrix. A point of parameters whose matrix is not positive
    definite (the tables' central values are) is drawn towards independence in steps of 5 % until it is.
    """
    size = normals.shape[0]
    lower = np.zeros((size, size))
    strength = 1.0
    while not _cholesky(correlation, pairs, strength, lower):
        strength *= 0.95
    out = np.zeros(normals.shape)
    for k in range(size):
        for i in range(k + 1):
            if lower[k, i] != 0.0:
                for m in range(normals.shape[1]):
                    out[k, m] += lower[k, i] * normals[i, m]
    return out


@kernel
def _cholesky(correlation: FloatArray, pairs: IntArray, strength: float, lower: FloatArray) -> bool:
    """Fill in the lower triangle L with L·Lᵀ = the correlation matrix; says whether it is positive definite."""
    size = lower.shape[0]
    for i in range(size):
        for j in range(size):
            lower[i, j] = 1.0 if i == j else 0.0
    for c in range(pairs.shape[0]):
        i, j = max(pairs[c, 0], pairs[c, 1]), min(pairs[c, 0], pairs[c, 1])
        lower[i, j] = strength * correlation[c]
    for j in range(size):
        for k in range(j):
            lower[j, j] -= lower[j, k] * lower[j, k]
        if lower[j, j] <= 1e-9:
            return False
        lower[j, j] = math.sqrt(lower[j, j])
        for i in range(j + 1, size):
            for k in range(j):
                lower[i, j] -= lower[i, k] * lower[j, k]
            lower[i, j] /= lower[j, j]
    return True


@kernel(allocates=True)
def prices(p: Rows[Market], normals: FloatArray, index: FloatArray) -> FloatArray:
    """Draw real price paths before season, tenge per unit, shape (K, M).

    The log is a mean-reverting (Ornstein-Uhlenbeck) process sampled monthly, x' = φ·x + sd·√(1 − φ²)·z with
    φ = exp(−reversion/12): its stationary standard deviation is `sd_log_year`. It starts at the base price, that of
    today. A drought moves it by `drought_now` per unit of missing water from its harvest on for a year, and by
    `drought_later` in the year after that.
    """
    out = np.empty(normals.shape)
    for k in range(normals.shape[0]):
        keep = math.exp(-p[k].reversion_year / 12.0)
        noise = p[k].sd_log_year * math.sqrt(1.0 - keep * keep)
        x = 0.0
        for m in range(normals.shape[1]):
            x = keep * x + noise * normals[k, m]
            link = p[k].drought_now * water.shortfall(index, m - water.HARVEST)
            link += p[k].drought_later * water.shortfall(index, m - water.HARVEST - 12)
            out[k, m] = p[k].price * math.exp(x + link)
    return out


@kernel(allocates=True)
def outbreaks(p: Rows[Shock], when: FloatArray, length: FloatArray) -> IntArray:
    """Say in which months livestock markets are closed: shape (M,). A year brings one outbreak or none."""
    months = 12 * when.shape[0]
    out = np.zeros(months, np.int64)
    for year in range(when.shape[0]):
        if when[year, 0] < p[0].outbreak_year:
            first = 12 * year + math.floor(12.0 * when[year, 1])
            last = first + math.ceil(p[0].outbreak_months * length[year])
            for m in range(first, min(last, months)):
                out[m] = 1
    return out


@kernel(allocates=True)
def consumer_prices(
    p: Rows[Cpi], normals: FloatArray, loan: Rows[LoanTerms], months: int
) -> tuple[FloatArray, IntArray]:
    """Draw consumer prices by month, shape (M + 1,), mean of the first year 1; and the MRP by year, tenge.

    Log inflation of a year = log(1 + forecast) + an AR(1) shock; the MRP follows last year's inflation.
    """
    index = np.empty(months + 1)
    mrp = np.empty(normals.shape[0], np.int64)
    shock = 0.0
    level = 1.0
    basic = loan[0].mrp_kzt
    for year in range(normals.shape[0]):
        forecast = p[0].inflation_later
        if year == 0:
            forecast = p[0].inflation_2026
        elif year == 1:
            forecast = p[0].inflation_2027
        elif year == 2:
            forecast = p[0].inflation_2028
        shock = p[0].shock_ar * shock + p[0].shock_sd * math.sqrt(1.0 - p[0].shock_ar * p[0].shock_ar) * normals[year]
        yearly = math.log(1.0 + forecast) + shock
        mrp[year] = math.floor(basic)
        basic *= math.exp(yearly)
        for month in range(12):
            index[12 * year + month] = level
            level *= math.exp(yearly / 12.0)
    index[months] = level
    first = 0.0
    for month in range(12):
        first += index[month]
    for month in range(months + 1):
        index[month] /= first / 12.0
    return index, mrp


@kernel(allocates=True)
def water_index(p: Rows[WaterTerms], normals: FloatArray) -> FloatArray:
    """Draw the water available each year relative to the limit, shape (Y,).

    A log-normal AR(1) of mean `index_level`: droughts cluster.
    """
    sd_log, ar = p[0].index_sd_log, p[0].index_ar
    out = np.empty(normals.shape[0])
    x = 0.0
    for year in range(normals.shape[0]):
        kept = ar if year > 0 else 0.0
        x = kept * x + sd_log * math.sqrt(1.0 - kept * kept) * normals[year]
        out[year] = p[0].index_level * math.exp(x - 0.5 * sd_log * sd_log)
    return out
