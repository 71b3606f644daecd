"""The luck of one world, drawn before it starts: uniforms, normals and unit exponentials that no parameter touches.

Parameters turn these numbers into dates, sizes and prices inside the model, so that worlds can be shared between
points. Every column is a stream of its own, named by what it is for and by whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.parameters.streams import generator, stable_id

FloatArray = NDArray[np.float64]

UNIFORM, NORMAL, EXPONENTIAL = "random", "standard_normal", "standard_exponential"  # as NumPy calls them
CANDIDATE = {
    "gap": EXPONENTIAL,
    "district": UNIFORM,
    "size": NORMAL,
    "skill": NORMAL,
    "judgement": NORMAL,
    "pledge": EXPONENTIAL,
    "patience": EXPONENTIAL,
    "own_money": UNIFORM,
    "own_delay": EXPONENTIAL,
    "building": NORMAL,
    "settling": NORMAL,
    "diversion": UNIFORM,
    "strategy": EXPONENTIAL,
    "refund": EXPONENTIAL,
}
CLOSURES = 16  # changes of a plant between open and closed before its durations repeat


class Fates(NamedTuple):
    """One world's luck. N candidates, instrument by instrument in birth order; P plants, K products."""

    gap: FloatArray  # (N,) unit exponentials between arrivals
    district: FloatArray  # (N,) uniform
    size: FloatArray  # (N,) normal
    skill: FloatArray  # (N,) normal
    judgement: FloatArray  # (N,) normal
    pledge: FloatArray  # (N,) unit exponential
    patience: FloatArray  # (N,) unit exponential
    own_money: FloatArray  # (N,) uniform
    own_delay: FloatArray  # (N,) unit exponential
    building: FloatArray  # (N,) normal
    settling: FloatArray  # (N,) normal
    diversion: FloatArray  # (N,) uniform
    strategy: FloatArray  # (N,) unit exponential
    refund: FloatArray  # (N,) unit exponential
    closure: FloatArray  # (P, CLOSURES) unit exponentials
    price: FloatArray  # (K, M) normal
    inflation: FloatArray  # (Y,) normal
    water: FloatArray  # (Y,) normal
    jut: FloatArray  # (Y, D) uniform
    outbreak: FloatArray  # (Y, 2) uniform: whether, and when in the year
    outbreak_length: FloatArray  # (Y,) unit exponential


def draw(
    seed: int,
    world: int,
    *,
    instruments: Sequence[str],
    counts: Sequence[int],
    plant_instruments: Sequence[str],
    districts: Sequence[str],
    products: Sequence[str],
    processed: Sequence[str],
    years: int,
) -> Fates:
    """Draw one world.

    Parameters
    ----------
    seed, world : int
        Name the world; the same numbers come out whatever else is drawn, in whatever order.
    instruments, counts
        Names, and how many candidates of each; the first n do not depend on how many there are.
    plant_instruments
        Those whose candidates own a plant.
    districts, processed
        Names; each district has a base plant for each processed product.
    products, years
        Owners of price series, and the length of the yearly and monthly series.

    Returns
    -------
    Fates
    """
    many = dict(zip(instruments, counts, strict=True))
    plants = {f"{product} {name}": CLOSURES for product in processed for name in districts}
    plants |= {name: CLOSURES * many[name] for name in plant_instruments}
    monthly, yearly, shared = dict.fromkeys(products, 12 * years), dict.fromkeys(districts, years), {"": years}

    def column(purpose: str, name: str, law: str, owners: Mapping[str, int]) -> FloatArray:
        return _column(seed, world, purpose, name, law, owners)

    return Fates(
        **{name: column("candidate", name, law, many) for name, law in CANDIDATE.items()},
        closure=column("plant", "closure", EXPONENTIAL, plants).reshape(-1, CLOSURES),
        price=column("region", "price", NORMAL, monthly).reshape(-1, 12 * years),
        inflation=column("region", "inflation", NORMAL, shared),
        water=column("region", "water", NORMAL, shared),
        jut=np.ascontiguousarray(column("district", "jut", UNIFORM, yearly).reshape(-1, years).T),
        outbreak=column("region", "outbreak", UNIFORM, {"": 2 * years}).reshape(-1, 2),
        outbreak_length=column("region", "outbreak_length", EXPONENTIAL, shared),
    )


def _column(seed: int, world: int, purpose: str, column: str, law: str, owners: Mapping[str, int]) -> FloatArray:
    """Draw as many numbers as stated for each owner, one owner after the other."""
    numbers = np.empty(sum(owners.values()))
    first = 0
    for owner, count in owners.items():
        stream = generator(seed, purpose, column, entity=stable_id(owner), world=world)
        getattr(stream, law)(out=numbers[first : first + count])
        first += count
    return numbers
