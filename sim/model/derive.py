"""What follows from a parameter point and a world's luck, once for all allocations."""

from __future__ import annotations

import math

import numpy as np

from sim.fates import Fates
from sim.kernel import kernel
from sim.model import base
from sim.model.state import FloatArray, IntArray, Structure, World
from sim.parameters.groups import Cpi, Instruments, Parameters, Stock

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
    instrument = np.repeat(np.arange(len(structure.kind)), np.diff(structure.first))
    seasons = seasons_of(p)
    arrival = arrivals(p.instrument, seasons[0], structure, fates.gap)
    district = districts(p.district.rural_residents, fates.district)
    own_due = _own_due(arrival, fates, p)
    cpi, mrp = consumer_prices(p.cpi, fates.inflation, p.loan.mrp_kzt, structure.months)
    spread = p.building.time_sd_log
    settle = _settle(p.stock, structure.species, instrument)
    regional = base.region(p, structure, seasons)
    capacity = np.zeros(len(fates.closure))
    by_district = _normal_share(p.district.milk_capacity_share)
    capacity[: len(by_district)] = by_district * p.processing.base_capacity_t[0] * 1000.0 / 12.0
    return World(
        instrument=instrument,
        district=district,
        arrival=arrival,
        patience_end=arrival + fates.patience * p.committee.patience_months,
        own_due=own_due,
        own_order=np.argsort(own_due, kind="stable")[: int(np.isfinite(own_due).sum())],
        size=log_normal(fates.size, p.instrument.size_sd_log, instrument),
        skill=log_normal(fates.skill, p.instrument.skill_sd_log, instrument),
        judged=log_normal(fates.judgement, np.full(len(structure.kind), p.committee.error_sd_log), instrument),
        build_months=log_normal(fates.building, np.full(len(structure.kind), spread), instrument)
        * p.instrument.build_months[instrument]
        * p.district.build_time_factor[district],
        settle_months=log_normal(fates.settling, np.full(len(structure.kind), spread), instrument) * settle,
        diverted=(fates.diversion < p.loan.diverted_share).astype(np.int64),
        strategic_months=fates.strategy * _months_per(p.loan.strategic_per_year),
        refund_months=p.instrument.refund_months[instrument] * (0.5 + fates.refund),
        closure_months=_closures(p, fates.closure),
        price=prices(p.market.price, p.market.sd_log_year, p.market.reversion_year, fates.price),
        cpi=cpi,
        mrp=mrp,
        water_index=water_index(p.water.index_sd_log, p.water.index_ar, fates.water),
        crews=_crews(p),
        season=seasons,
        capacity=capacity,
        **regional,
    )


def seasons_of(p: Parameters) -> FloatArray:
    """Scale each seasonal profile to a mean of 1: shape (5, 12)."""
    rows = np.array(p.season)
    return rows / (np.cumsum(rows, axis=1)[:, -1:] / 12.0)


def _normal_share(share: FloatArray) -> FloatArray:
    return share / np.cumsum(share)[-1]


def _months_per(rate_per_year: float) -> float:
    return 12.0 / rate_per_year if rate_per_year > 0.0 else math.inf


def _own_due(arrival: FloatArray, fates: Fates, p: Parameters) -> FloatArray:
    due = arrival + fates.own_delay * p.own_money.delay_months
    return np.where(fates.own_money < p.own_money.share, due, math.inf)


def _settle(stock: Stock, species: IntArray, instrument: IntArray) -> FloatArray:
    months = np.where(species >= 0, stock.settle_months[np.maximum(species, 0)], 0.0)
    return months[instrument]


def _closures(p: Parameters, units: FloatArray) -> FloatArray:
    scale = np.empty(units.shape[1])
    scale[0::2] = _months_per(float(p.processing.closures_year[0]))
    scale[1::2] = p.processing.closure_months[0]
    return units * scale


def _crews(p: Parameters) -> IntArray:
    crews = np.full(12, int(p.building.crews), np.int64)
    crews[[DECEMBER, JANUARY, FEBRUARY]] = int(math.floor(p.building.crews * p.building.winter_share))
    return crews


@kernel
def log_normal(normals: FloatArray, sd_log: FloatArray, instrument: IntArray) -> FloatArray:
    """Turn normals into log-normals of mean 1, each with its instrument's sd of the log: shape (N,)."""
    out = np.empty(normals.shape[0])
    for j in range(normals.shape[0]):
        sd = sd_log[instrument[j]]
        out[j] = math.exp(sd * normals[j] - 0.5 * sd * sd)
    return out


@kernel
def districts(residents: FloatArray, uniforms: FloatArray) -> IntArray:
    """Place candidates in districts in proportion to their rural households: shape (N,)."""
    total = 0.0
    for d in range(residents.shape[0]):
        total += residents[d]
    out = np.empty(uniforms.shape[0], np.int64)
    for j in range(uniforms.shape[0]):
        left = uniforms[j] * total
        d = 0
        while d < residents.shape[0] - 1 and left >= residents[d]:
            left -= residents[d]
            d += 1
        out[j] = d
    return out


@kernel
def arrivals(p: Instruments, season: FloatArray, structure: Structure, gaps: FloatArray) -> FloatArray:
    """Date every application, months: candidate k comes when the cumulated rate reaches the k-th Poisson point.

    So a changed rate shifts dates and never persons. Those who would come after lending ends never come (inf).
    """
    out = np.empty(gaps.shape[0])
    for k in range(structure.kind.shape[0]):
        point = 0.0
        month = 0
        before = 0.0  # cumulated rate at the start of the month
        rate = _rate(p, season, k, 0)
        for j in range(structure.first[k], structure.first[k + 1]):
            point += gaps[j]
            while month < structure.lend_months and before + rate < point:
                before += rate
                month += 1
                rate = _rate(p, season, k, month)
            if month >= structure.lend_months:
                out[j] = math.inf
            else:
                out[j] = month + (point - before) / rate
    return out


@kernel
def _rate(p: Instruments, season: FloatArray, k: int, month: int) -> float:
    yearly = p.applications_first_year[k] if month < 12 else p.applications_later[k]
    return float(yearly * season[month % 12] / 12.0)


@kernel
def prices(base_price: FloatArray, sd_year: FloatArray, reversion: FloatArray, normals: FloatArray) -> FloatArray:
    """Draw real price paths, tenge per unit, shape (K, M).

    The log is a mean-reverting (Ornstein-Uhlenbeck) process sampled monthly, x' = φ·x + sd·√(1 − φ²)·z with
    φ = exp(−reversion/12): its stationary standard deviation is `sd_year`. It starts at the base price.
    """
    out = np.empty(normals.shape)
    for k in range(normals.shape[0]):
        keep = math.exp(-reversion[k] / 12.0)
        noise = sd_year[k] * math.sqrt(1.0 - keep * keep)
        x = 0.0
        for m in range(normals.shape[1]):
            x = keep * x + noise * normals[k, m]
            out[k, m] = base_price[k] * math.exp(x)
    return out


@kernel
def consumer_prices(p: Cpi, normals: FloatArray, mrp_first: float, months: int) -> tuple[FloatArray, IntArray]:
    """Draw consumer prices by month, shape (M + 1,), mean of the first year 1; and the MRP by year, tenge.

    Log inflation of a year = log(1 + forecast) + an AR(1) shock; the MRP follows last year's inflation.
    """
    index = np.empty(months + 1)
    mrp = np.empty(normals.shape[0], np.int64)
    shock = 0.0
    level = 1.0
    basic = mrp_first
    for year in range(normals.shape[0]):
        forecast = p.inflation_later
        if year == 0:
            forecast = p.inflation_2026
        elif year == 1:
            forecast = p.inflation_2027
        elif year == 2:
            forecast = p.inflation_2028
        shock = p.shock_ar * shock + p.shock_sd * math.sqrt(1.0 - p.shock_ar * p.shock_ar) * normals[year]
        yearly = math.log(1.0 + forecast) + shock
        mrp[year] = int(math.floor(basic))
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


@kernel
def water_index(sd_log: float, ar: float, normals: FloatArray) -> FloatArray:
    """Draw the water available each year relative to the mean, shape (Y,): a log-normal AR(1), droughts cluster."""
    out = np.empty(normals.shape[0])
    x = 0.0
    for year in range(normals.shape[0]):
        x = ar * x + sd_log * math.sqrt(1.0 - ar * ar) * normals[year]
        out[year] = math.exp(x - 0.5 * sd_log * sd_log)
    return out
