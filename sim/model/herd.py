"""Animals by stage and sex: a Lefkovitch model in steps of any length, with every birth, death and sale booked."""

from __future__ import annotations

from sim.kernel import kernel
from sim.model.state import Terms
from sim.model.world import FEMALE, MALE, Rates
from sim.parameters.groups import Species
from sim.parameters.records import FloatArray


@kernel
def multiply_out(rates: Rates) -> None:
    """Work out what becomes of all that are in a stage from the chances of one animal.

    In each stage animals die, some survivors are culled, some of the others move on, and some of those that move are
    sold instead (Lefkovitch, 1965, with offtake; Caswell, 2001, ch. 4: P = survival · (1 − offtake) · (1 − move),
    G = survival · (1 − offtake) · move · (1 − sold)).
    """
    for sex in range(2):
        for stage in range(rates.fertility.shape[0]):
            alive = rates.survival[sex, stage]
            kept = alive * (1.0 - rates.offtake[sex, stage])
            leaving = kept * rates.move[sex, stage]
            rates.stays[sex, stage] = kept - leaving
            rates.moves[sex, stage] = leaving * (1.0 - rates.sold[sex, stage])
            rates.grown_sold[sex, stage] = leaving * rates.sold[sex, stage]
            rates.gone[sex, stage] = alive * rates.offtake[sex, stage] + rates.grown_sold[sex, stage]
            rates.dies[sex, stage] = 1.0 - alive


@kernel(inline=True)
def step(herd: FloatArray, rates: Rates, births: float, room: float, kept: float, terms: Terms) -> tuple[float, float]:
    """Carry one herd through one step: births, deaths, culling, growth and sales.

    Young are born of the females present at the start. Adult females beyond `room` are sold.

    Parameters
    ----------
    herd : ndarray, shape (2, n)
        Head by sex (female first) and stage; changed in place.
    rates : Rates
        Per step, multiplied out.
    births : float
        Weight of this step's season (mean 1).
    room : float
        Adult females that barn or pasture carry.
    kept : float
        Heifers about to be sold that stay, because a neighbour bought one.
    terms : Terms
        Head born, died, slaughtered by sex; added to.

    Returns
    -------
    slaughtered : float
        Head in this step.
    met : float
        How much of `kept` could be met.
    """
    last = herd.shape[1] - 1
    young = 0.0
    for stage in range(last + 1):
        young += herd[FEMALE, stage] * rates.fertility[stage]
    young *= births
    met, slaughtered = 0.0, 0.0
    for sex in range(2):
        carry = young * (rates.female_share if sex == FEMALE else 1.0 - rates.female_share)
        terms.born[sex] += carry
        gone, dead = 0.0, 0.0
        for stage in range(last + 1):
            heads = herd[sex, stage]
            dead += heads * rates.dies[sex, stage]
            gone += heads * rates.gone[sex, stage]
            herd[sex, stage] = heads * rates.stays[sex, stage] + carry
            carry = heads * rates.moves[sex, stage]
            if sex == FEMALE and met < kept:
                spared = min(heads * rates.grown_sold[sex, stage], kept - met)
                met += spared
                gone -= spared
                carry += spared
        if sex == FEMALE and herd[FEMALE, last] > room:
            gone += herd[FEMALE, last] - room
            herd[FEMALE, last] = room
        terms.died[sex] += dead
        terms.slaughtered[sex] += gone
        slaughtered += gone
    return slaughtered, met


@kernel(inline=True)
def livestock_units(herd: FloatArray, adult: float, young: float) -> float:
    """Adults count `adult` each, younger animals `young`."""
    last = herd.shape[1] - 1
    growing = 0.0
    for sex in range(2):
        for stage in range(last):
            growing += herd[sex, stage]
    return float(young * growing + adult * (herd[FEMALE, last] + herd[MALE, last]))


@kernel(inline=True)
def worth(units: float, species: Species, price: float) -> float:
    """Value livestock units at what their meat fetches at the farm, tenge; the young count as young units.

    `price` is the live animal's in the trade, tenge/kg.
    """
    return float(units / species.adult_lu * species.slaughter_kg * price * (1.0 - species.trade_wedge))


@kernel
def count(herd: FloatArray) -> float:
    """Animals of both sexes and all stages, head."""
    total = 0.0
    for sex in range(2):
        for stage in range(herd.shape[1]):
            total += herd[sex, stage]
    return total


@kernel
def buy(herd: FloatArray, source: FloatArray, heads: float, local: float, kept: float, terms: Terms) -> float:
    """Bring bred heifers into a project's herd, some of them from a neighbouring herd; returns how many from there.

    A local purchase moves animals and is no term of the book; the rest comes from outside the region. A neighbour
    sells subadult females first, then adults, and keeps the share `kept` of either.
    """
    last = herd.shape[1] - 1
    moved = 0.0
    for stage in (last - 1, last):
        take = min(local - moved, (1.0 - kept) * source[FEMALE, stage])
        source[FEMALE, stage] -= take
        moved += take
    herd[FEMALE, last] += heads
    terms.bought[FEMALE] += heads - moved
    return moved


@kernel
def fill(herd: FloatArray, source: FloatArray, room: float, kept: float) -> float:
    """Buy young males from a neighbouring herd until `room` are there; returns how many. The neighbour keeps a share.

    Nothing is born, dies or is slaughtered: the animals only move.
    """
    young = herd.shape[1] - 2
    moved = max(0.0, min(room - herd[MALE, young], (1.0 - kept) * source[MALE, young]))
    source[MALE, young] -= moved
    herd[MALE, young] += moved
    return float(moved)


@kernel
def finish(herd: FloatArray, share: float, terms: Terms) -> float:
    """Slaughter a share of the males that are being fattened; returns how many."""
    young = herd.shape[1] - 2
    sold = share * herd[MALE, young]
    herd[MALE, young] -= sold
    terms.slaughtered[MALE] += sold
    return float(sold)


@kernel(inline=True)
def strike(herd: FloatArray, share: float, terms: Terms) -> None:
    """Let a share of all animals die at once."""
    for sex in range(2):
        for stage in range(herd.shape[1]):
            dead = share * herd[sex, stage]
            herd[sex, stage] -= dead
            terms.died[sex] += dead


@kernel
def sell_share(herd: FloatArray, share: float, terms: Terms) -> float:
    """Slaughter a share of the adult females for want of fodder; returns how many."""
    sold = share * herd[FEMALE, herd.shape[1] - 1]
    herd[FEMALE, herd.shape[1] - 1] -= sold
    terms.slaughtered[FEMALE] += sold
    return float(sold)


@kernel
def hand_over(herd: FloatArray, other: FloatArray) -> None:
    """Move every animal of a closed project into a neighbouring herd."""
    for sex in range(2):
        for stage in range(herd.shape[1]):
            other[sex, stage] += herd[sex, stage]
            herd[sex, stage] = 0.0


@kernel(inline=True)
def stock(herd: FloatArray) -> float:
    """Animals that an owner in need would sell from, head: adult females, or the males of a feedlot."""
    last = herd.shape[1] - 1
    return float(herd[FEMALE, last] if herd[FEMALE, last] > 0.0 else herd[MALE, last - 1])


@kernel
def sell_in_need(herd: FloatArray, heads: float, terms: Terms) -> float:
    """Slaughter animals of the stock, as many as there are; returns how many."""
    last = herd.shape[1] - 1
    sex, stage = (FEMALE, last) if herd[FEMALE, last] > 0.0 else (MALE, last - 1)
    sold = min(heads, herd[sex, stage])
    herd[sex, stage] -= sold
    terms.slaughtered[sex] += sold
    return float(sold)
