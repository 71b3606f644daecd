"""The luck of one world, drawn before it starts: uniforms, normals and unit exponentials that no parameter touches.

Parameters turn these numbers into dates, sizes and prices inside the model, so that worlds can be shared between
points. Every column is a stream of its own, named by what it is for and by whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.parameters.streams import generator, stable_id

FloatArray = NDArray[np.float64]

UNIFORM, NORMAL, EXPONENTIAL = "uniform", "normal", "exponential"
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
    columns = {
        column: np.concatenate(
            [_draw(seed, "candidate", column, law, name, world, n) for name, n in zip(instruments, counts, strict=True)]
        )
        for column, law in CANDIDATE.items()
    }
    many = dict(zip(instruments, counts, strict=True))
    owners = [(f"{product} {name}", 1) for product in processed for name in districts]
    owners += [(name, many[name]) for name in plant_instruments]
    closure = np.concatenate(
        [_draw(seed, "plant", "closure", EXPONENTIAL, name, world, n * CLOSURES) for name, n in owners]
    ).reshape(-1, CLOSURES)
    price = np.stack([_draw(seed, "region", "price", NORMAL, name, world, 12 * years) for name in products])
    return Fates(
        **columns,
        closure=closure,
        price=price,
        inflation=_draw(seed, "region", "inflation", NORMAL, "", world, years),
        water=_draw(seed, "region", "water", NORMAL, "", world, years),
        jut=np.stack([_draw(seed, "district", "jut", UNIFORM, name, world, years) for name in districts], axis=1),
        outbreak=_draw(seed, "region", "outbreak", UNIFORM, "", world, 2 * years).reshape(-1, 2),
        outbreak_length=_draw(seed, "region", "outbreak_length", EXPONENTIAL, "", world, years),
    )


def _draw(seed: int, purpose: str, column: str, law: str, owner: str, world: int, n: int) -> FloatArray:
    stream = generator(seed, purpose, column, entity=stable_id(owner), world=world)
    if law == UNIFORM:
        return stream.random(n)
    return stream.standard_normal(n) if law == NORMAL else stream.standard_exponential(n)
