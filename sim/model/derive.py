"""What follows from a parameter point and a world's luck, once for all allocations."""

from __future__ import annotations

import math

import numpy as np

from sim.fates import Fates
from sim.kernel import kernel
from sim.model import base, loan, water
from sim.model.world import Person, Structure, World
from sim.parameters.groups import Cpi, District, Instrument, LoanTerms, Market, Parameters, Shock, WaterTerms
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
    people = people_of(p, structure, fates, season)
    own = np.flatnonzero(np.isfinite(people["own_due"]))
    cpi, mrp = consumer_prices(p.cpi, fates.inflation, p.loan, structure.months)
    index = water_index(p.water, fates.water)
    mixed = correlate(fates.price, p.correlation, structure.pairs)
    return World(
        person=people,
        own_order=own[np.argsort(people["own_due"][own], kind="stable")],
        old_loans=math.floor(p.portfolio["outstanding_mln_kzt"][0] * 1e6),
        closure_months=_closures(p, structure, fates.closure),
        price=prices(p.market, mixed, index),
        cpi=cpi,
        mrp=mrp,
        parts=loan.parts_of(p.loan["rate"][0], p.loan["annuity"][0], int(p.instrument["term_months"].max())),
        water_index=index,
        jut=(fates.jut < p.shock["jut_year"][0]).astype(np.int64),
        outbreak=outbreaks(p.shock, fates.outbreak, fates.outbreak_length),
        crews=_crews(p),
        season=season,
        **base.region(p, structure, season)._asdict(),
    )


def people_of(p: Parameters, structure: Structure, fates: Fates, season: FloatArray) -> Rows[Person]:
    """Make the candidates: who they are, when they come and what befalls them."""
    people = rows(Person, int(structure.first[-1]))
    people["district"][:] = districts(p.district, fates.district)
    people["arrival"][:] = arrivals(p.instrument, season[structure.application_season], structure, fates.gap)
    befall(people, p, structure, fates)
    return people


@kernel
def befall(people: Rows[Person], p: Parameters, structure: Structure, fates: Fates) -> None:
    """Fill in what follows from where candidates live, when they come and what luck brings them."""
    time_sd = p.building[0].time_sd_log
    for k in range(structure.kind.shape[0]):
        terms, settling = p.instrument[k], 0.0
        if structure.stock[k] >= 0:
            settling = p.stock[structure.stock[k]].settle_months
        for j in range(structure.first[k], structure.first[k + 1]):
            person = people[j]
            person.instrument = k
            person.diverted = 1 if fates.diversion[j] < p.loan[0].diverted_share else 0
            person.patience_end = person.arrival + fates.patience[j] * p.committee[0].patience_months
            person.own_due = math.inf
            if fates.own_money[j] < p.own_money[0].share:
                person.own_due = person.arrival + fates.own_delay[j] * p.own_money[0].delay_months
            person.relative_size = log_normal(fates.size[j], terms.size_sd_log)
            person.skill = log_normal(fates.skill[j], terms.skill_sd_log)
            person.judged = log_normal(fates.judgement[j], p.committee[0].error_sd_log)
            person.pledge_months = fates.pledge[j] * p.loan[0].collateral_months
            building = log_normal(fates.building[j], time_sd) * terms.build_months
            person.build_months = building * p.district[person.district].build_time_factor
            person.settle_months = log_normal(fates.settling[j], time_sd) * settling
            person.strategic_months = fates.strategy[j] * _months_per(p.loan[0].strategic_per_year)
            person.refund_months = terms.refund_months * fates.refund[j]


@kernel
def log_normal(normal: float, sd_log: float) -> float:
    """Turn a normal into a log-normal of mean 1 with this sd of the log."""
    return math.exp(sd_log * normal - 0.5 * sd_log * sd_log)


def seasons_of(p: Parameters) -> FloatArray:
    """Scale each seasonal profile to a mean of 1 over the twelve months: shape (profiles, 12)."""
    weights = np.ascontiguousarray(p.season).view(np.float64).reshape(-1, 12)
    return weights / (np.cumsum(weights, axis=1)[:, -1:] / 12.0)


@kernel
def _months_per(rate_per_year: float) -> float:
    return 12.0 / rate_per_year if rate_per_year > 0.0 else math.inf


def _closures(p: Parameters, structure: Structure, units: FloatArray) -> FloatArray:
    """Give every plant its durations: base plants product by product, then those of candidates."""
    made_of = np.repeat(np.arange(len(structure.raw)), p.district.shape[0])
    candidates = np.repeat(structure.made_of, np.diff(structure.first))
    made_of = np.concatenate([made_of, candidates[structure.plant >= 0]])
    scale = np.empty((len(structure.raw), units.shape[1]))
    scale[:, 0::2] = [[_months_per(rate)] for rate in p.processing["closures_year"].tolist()]
    scale[:, 1::2] = p.processing["closure_months"][:, None]
    return units * scale[made_of]


def _crews(p: Parameters) -> IntArray:
    crews = np.full(12, int(p.building["crews"][0]), np.int64)
    crews[[DECEMBER, JANUARY, FEBRUARY]] = math.floor(crews[0] * p.building["winter_share"][0])
    return crews


@kernel(allocates=True)
def districts(p: Rows[District], uniforms: FloatArray) -> IntArray:
    """Place candidates in districts in proportion to their rural people: shape (N,)."""
    total = 0.0
    for d in range(p.shape[0]):
        total += p[d].rural_residents
    out = np.empty(uniforms.shape[0], np.int64)
    for j in range(uniforms.shape[0]):
        left = uniforms[j] * total
        d = 0
        while d < p.shape[0] - 1 and left >= p[d].rural_residents:
            left -= p[d].rural_residents
            d += 1
        out[j] = d
    return out


@kernel(allocates=True)
def arrivals(p: Rows[Instrument], season: FloatArray, structure: Structure, gaps: FloatArray) -> FloatArray:
    """Date every application, months: candidate k comes when the cumulated rate reaches the k-th Poisson point.

    So a changed rate shifts dates and never persons. Those who would come after lending ends never come (inf).
    """
    out = np.empty(gaps.shape[0])
    for k in range(structure.kind.shape[0]):
        point = 0.0
        month = 0
        before = 0.0  # cumulated rate at the start of the month
        rate = p[k].applications_first_year * season[0] / 12.0
        for j in range(structure.first[k], structure.first[k + 1]):
            point += gaps[j]
            while month < structure.lend_months and before + rate < point:
                before += rate
                month += 1
                yearly = p[k].applications_first_year if month < 12 else p[k].applications_later
                rate = yearly * season[month % 12] / 12.0
            if month >= structure.lend_months:
                out[j] = math.inf
            else:
                out[j] = month + (point - before) / rate
    return out


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
