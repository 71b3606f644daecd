"""Irrigation: water against demand, yields after FAO-33, and the spread of water-saving technology."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Land
from sim.parameters.groups import Crop, WaterTerms
from sim.parameters.records import FloatArray, Rows

HARVEST = 8  # September: the season's water, yields and the hay price are settled
PASTURE = 4  # May: from here to the next April the year's water shows in pasture and fodder


@kernel
def yield_factor(ky: float, supplied: float) -> float:
    """Relative yield at a relative evapotranspiration: 1 − Ya/Ym = Ky (1 − ETa/ETm).

    Doorenbos and Kassam, Yield response to water, FAO Irrigation and Drainage Paper 33 (1979), eq. 1; never below 0.
    """
    return max(0.0, 1.0 - ky * (1.0 - supplied))


@kernel
def bass(adopted: float, pool: float, innovation: float, imitation: float, years: float) -> float:
    """Adopters after some time, exactly: dA/dt = (p + q·A/M)(M − A).

    With F = A/M and z = (1 − F)/(p + q·F), z falls by exp(−(p + q)·t) (Bass, 1969, Management Science 15:215-227).

    Parameters
    ----------
    adopted, pool : float
        Hectares now and at saturation.
    innovation, imitation : float
        p and q per year.
    """
    if pool <= 0.0 or adopted >= pool or innovation + imitation <= 0.0:
        return adopted
    share = adopted / pool
    start = innovation + imitation * share
    if start <= 0.0:
        return adopted
    z = (1.0 - share) / start * math.exp(-(innovation + imitation) * years)
    return pool * (1.0 - innovation * z) / (1.0 + imitation * z)


@kernel
def shortfall(index: FloatArray, month: int) -> float:
    """Water that is missing in the year of a month, relative to the mean; 0 in better years and outside the years."""
    if month < 0 or month >= 12 * index.shape[0]:
        return 0.0
    return float(max(0.0, 1.0 - index[month // 12]))


@kernel
def per_hectare(crops: Rows[Crop], saving: int) -> float:
    """Water that a fully watered hectare of the usual crops takes in a season, m3; with saving technology or by furrow.

    A saving hectare does without the share `saved_share` of each crop's water.
    """
    total = 0.0
    for c in range(crops.shape[0]):
        total += crops[c].area_share * crops[c].water_m3_ha * (1.0 - saving * crops[c].saved_share)
    return total


@kernel
def rebound(crops: Rows[Crop], saving: float, share: float) -> float:
    """Hectares that a share of the saved water irrigates beyond the base year's land, with saving technology."""
    needed = per_hectare(crops, 1)
    if needed <= 0.0:
        return 0.0
    return share * saving * (per_hectare(crops, 0) - needed) / needed


@kernel
def use(land: Land, entitled: float, wanted: float) -> float:
    """Book a season's water of one district; returns ETa/ETm, the share of the demand that is met.

    Shortage is shared in proportion, so that saving and furrow hectares lack the same share of their need.
    """
    used = min(entitled, wanted)
    land.entitled += entitled
    land.used += used
    land.unused += entitled - used
    return used / wanted if wanted > 0.0 else 1.0


@kernel
def crop_tonnes(crop: Crop, supplied: float, saving: int) -> float:
    """Harvest of one crop on its share of a hectare, t; saving technology yields `yield_gain` more."""
    return crop.area_share * crop.yield_t_ha * yield_factor(crop.ky, supplied) * (1.0 + saving * crop.yield_gain)


@kernel
def crop_earned(crop: Crop, price: float, supplied: float, saving: int) -> float:
    """Sales less cost of one crop on its share of a hectare, tenge."""
    return 1000.0 * crop_tonnes(crop, supplied, saving) * price - crop.area_share * crop.cost_kzt_ha


@kernel
def hay_factor(supply: float, need: float, elasticity: float, floor: float, ceiling: float) -> float:
    """Hay price relative to the base year's, when supply and need are relative to theirs, within bounds.

    `elasticity` is the sum of the (absolute) price elasticities of what is bought and what is offered, so the price
    that clears the market is (need / supply)^(1 / elasticity).
    """
    if supply <= 0.0:
        return ceiling
    if need <= 0.0 or elasticity <= 0.0:
        return floor if need < supply else (ceiling if need > supply else 1.0)
    return min(ceiling, max(floor, math.exp(math.log(need / supply) / elasticity)))


@kernel
def innovation(p: WaterTerms) -> float:
    """Rate per year at which hectares are converted unprompted; the state's refund of the cost speeds it up."""
    return float(p.bass_innovation * (1.0 + p.subsidy_push * p.subsidy_share))


@kernel
def spread(land: Land, pool: float, innovation: float, imitation: float) -> float:
    """One month of adoption outside the programme; hectares of projects have left the pool. Returns hectares."""
    before = land.adopted
    land.adopted = bass(before, max(0.0, pool - land.funded), innovation, imitation, 1.0 / 12.0)
    return float(land.adopted - before)


@kernel
def hand_over(land: Land, ha: float) -> float:
    """Leave the hectares of a closed project to other farms; returns what the project keeps, nothing."""
    land.funded -= ha
    land.adopted += ha
    return 0.0


@kernel
def yearly_cost(p: WaterTerms) -> float:
    """Tenge a year that a hectare of water-saving technology costs a farm that bought it, the state's refund apart."""
    return float(p.saving_upkeep_kzt_ha + wear(p))


@kernel
def wear(p: WaterTerms) -> float:
    """Depreciation of it, tenge per hectare and year."""
    return float(p.saving_cost_kzt_ha * (1.0 - p.subsidy_share) / p.saving_life_years)


@kernel
def convert(land: Land, ha: float, irrigated: float) -> float:
    """Convert furrow hectares for a project, as far as there are any; returns how many."""
    taken = max(0.0, min(ha, irrigated - land.adopted - land.funded))
    land.funded += taken
    return taken
