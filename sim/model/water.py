"""Irrigation: water against demand, yields after FAO-33, and the spread of water-saving technology."""

from __future__ import annotations

import math

from sim.kernel import kernel
from sim.model.state import Land
from sim.parameters.groups import Crop
from sim.parameters.records import Rows


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
def demand(crops: Rows[Crop], flood: float, saving: float, saved: float) -> float:
    """Water that fully watered crops take in a season, m3; `saved` is what a saving hectare does without."""
    total = 0.0
    for c in range(crops.shape[0]):
        total += crops[c].area_share * crops[c].water_m3_ha * (flood + saving * (1.0 - saved))
    return total


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
def crop_earned(crop: Crop, price: float, supplied: float, gain: float) -> float:
    """Sales less cost of one crop on its share of a hectare, tenge; `gain` is the relative extra yield."""
    tonnes = crop.yield_t_ha * yield_factor(crop.ky, supplied) * (1.0 + gain)
    return crop.area_share * (1000.0 * tonnes * price - crop.cost_kzt_ha)


@kernel
def spread(land: Land, pool: float, innovation: float, imitation: float) -> None:
    """One month of adoption outside the programme; hectares of projects have left the pool."""
    land.adopted = bass(land.adopted, max(0.0, pool - land.funded), innovation, imitation, 1.0 / 12.0)


@kernel
def convert(land: Land, ha: float, irrigated: float) -> float:
    """Convert furrow hectares for a project, as far as there are any; returns how many."""
    taken = max(0.0, min(ha, irrigated - land.adopted - land.funded))
    land.funded += taken
    return taken
