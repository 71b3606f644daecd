"""What follows from a parameter point and a world's luck, once for all allocations."""

from __future__ import annotations

import math
from typing import get_type_hints

import numpy as np

from sim.fates import Fates
from sim.kernel import kernel
from sim.model import base
from sim.model.world import Person, Structure, World
from sim.parameters.groups import Cpi, District, Instrument, LoanTerms, Market, Parameters, Season, WaterTerms
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
    return World(
        person=people,
        own_order=own[np.argsort(people["own_due"][own], kind="stable")],
        closure_months=_closures(p, fates.closure),
        price=prices(p.market, fates.price),
        cpi=cpi,
        mrp=mrp,
        water_index=water_index(p.water, fates.water),
        crews=_crews(p),
        season=season,
        **base.region(p, structure, season)._asdict(),
    )


def people_of(p: Parameters, structure: Structure, fates: Fates, season: Rows[Season]) -> Rows[Person]:
    """Make the candidates: who they are, when they come and what befalls them."""
    instrument = np.repeat(np.arange(len(structure.kind)), np.diff(structure.first))
    people = rows(Person, len(instrument))
    people["instrument"][:] = instrument
    people["district"][:] = districts(p.district, fates.district)
    people["arrival"][:] = arrivals(p.instrument, season, structure, fates.gap)
    people["patience_end"][:] = people["arrival"] + fates.patience * p.committee["patience_months"][0]
    ready = people["arrival"] + fates.own_delay * p.own_money["delay_months"][0]
    people["own_due"][:] = np.where(fates.own_money < p.own_money["share"][0], ready, math.inf)
    for column, normals, spread in (
        ("relative_size", fates.size, p.instrument["size_sd_log"][instrument]),
        ("skill", fates.skill, p.instrument["skill_sd_log"][instrument]),
        ("judged", fates.judgement, np.full(len(instrument), p.committee["error_sd_log"][0])),
        ("build_months", fates.building, np.full(len(instrument), p.building["time_sd_log"][0])),
        ("settle_months", fates.settling, np.full(len(instrument), p.building["time_sd_log"][0])),
    ):
        people[column][:] = log_normal(normals, spread)
    people["build_months"][:] *= p.instrument["build_months"][instrument]
    people["build_months"][:] *= p.district["build_time_factor"][people["district"]]
    species = structure.species[instrument]
    people["settle_months"][:] *= np.where(species >= 0, p.stock["settle_months"][np.maximum(species, 0)], 0.0)
    people["diverted"][:] = fates.diversion < p.loan["diverted_share"][0]
    people["strategic_months"][:] = fates.strategy * _months_per(float(p.loan["strategic_per_year"][0]))
    people["refund_months"][:] = p.instrument["refund_months"][instrument] * (0.5 + fates.refund)
    return people


def seasons_of(p: Parameters) -> Rows[Season]:
    """Scale each seasonal profile to a mean of 1 over the twelve months."""
    season = rows(Season, p.season.shape[0])
    for column in get_type_hints(Season):
        weights = p.season[column]
        season[column][:] = weights / (np.cumsum(weights)[-1] / len(weights))
    return season


def _months_per(rate_per_year: float) -> float:
    return 12.0 / rate_per_year if rate_per_year > 0.0 else math.inf


def _closures(p: Parameters, units: FloatArray) -> FloatArray:
    scale = np.empty(units.shape[1])
    scale[0::2] = _months_per(float(p.processing["closures_year"][0]))
    scale[1::2] = p.processing["closure_months"][0]
    return units * scale


def _crews(p: Parameters) -> IntArray:
    crews = np.full(12, int(p.building["crews"][0]), np.int64)
    crews[[DECEMBER, JANUARY, FEBRUARY]] = math.floor(crews[0] * p.building["winter_share"][0])
    return crews


@kernel
def log_normal(normals: FloatArray, sd_log: FloatArray) -> FloatArray:
    """Turn normals into log-normals of mean 1 with these sds of the log: shape (N,)."""
    out = np.empty(normals.shape[0])
    for j in range(normals.shape[0]):
        out[j] = math.exp(sd_log[j] * normals[j] - 0.5 * sd_log[j] * sd_log[j])
    return out


@kernel
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


@kernel
def arrivals(p: Rows[Instrument], season: Rows[Season], structure: Structure, gaps: FloatArray) -> FloatArray:
    """Date every application, months: candidate k comes when the cumulated rate reaches the k-th Poisson point.

    So a changed rate shifts dates and never persons. Those who would come after lending ends never come (inf).
    """
    out = np.empty(gaps.shape[0])
    for k in range(structure.kind.shape[0]):
        point = 0.0
        month = 0
        before = 0.0  # cumulated rate at the start of the month
        rate = p[k].applications_first_year * season[0].applications / 12.0
        for j in range(structure.first[k], structure.first[k + 1]):
            point += gaps[j]
            while month < structure.lend_months and before + rate < point:
                before += rate
                month += 1
                yearly = p[k].applications_first_year if month < 12 else p[k].applications_later
                rate = yearly * season[month % 12].applications / 12.0
            if month >= structure.lend_months:
                out[j] = math.inf
            else:
                out[j] = month + (point - before) / rate
    return out


@kernel
def prices(p: Rows[Market], normals: FloatArray) -> FloatArray:
    """Draw real price paths, tenge per unit, shape (K, M).

    The log is a mean-reverting (Ornstein-Uhlenbeck) process sampled monthly, x' = φ·x + sd·√(1 − φ²)·z with
    φ = exp(−reversion/12): its stationary standard deviation is `sd_log_year`. It starts at the base price.
    """
    out = np.empty(normals.shape)
    for k in range(normals.shape[0]):
        keep = math.exp(-p[k].reversion_year / 12.0)
        noise = p[k].sd_log_year * math.sqrt(1.0 - keep * keep)
        x = 0.0
        for m in range(normals.shape[1]):
            x = keep * x + noise * normals[k, m]
            out[k, m] = p[k].price * math.exp(x)
    return out


@kernel
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


@kernel
def water_index(p: Rows[WaterTerms], normals: FloatArray) -> FloatArray:
    """Draw the water available each year relative to the mean, shape (Y,): a log-normal AR(1), droughts cluster."""
    sd_log, ar = p[0].index_sd_log, p[0].index_ar
    out = np.empty(normals.shape[0])
    x = 0.0
    for year in range(normals.shape[0]):
        kept = ar if year > 0 else 0.0
        x = kept * x + sd_log * math.sqrt(1.0 - kept * kept) * normals[year]
        out[year] = math.exp(x - 0.5 * sd_log * sd_log)
    return out
