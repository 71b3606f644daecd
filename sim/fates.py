"""The luck of one world, drawn before it starts: uniforms, normals and unit exponentials that no parameter touches.

Parameters turn these numbers into dates, sizes and prices inside the model, so that worlds can be shared between
points. Every column is a stream of its own, named by what it is for and by whose it is; what is drawn of one changes
nothing in another, so that numbers nobody would read are left out: they are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.parameters.streams import Span, fill, stable_id

FloatArray = NDArray[np.float64]
Owner = tuple[str, int, int]  # name, room for so many numbers, how many of them are drawn

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
KIND = {"settling": "herd", "refund": "irrigation"}  # the only kind of instrument whose candidates have the column
CLOSURES = 16  # changes of a plant between open and closed before its durations repeat


class Places(NamedTuple):
    """Where the numbers of a column stand."""

    size: int  # of the column
    spans: list[Span]  # what is drawn; the rest is 0


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
    settling: FloatArray  # (N,) normal, of herds
    diversion: FloatArray  # (N,) uniform
    strategy: FloatArray  # (N,) unit exponential
    refund: FloatArray  # (N,) unit exponential, of irrigation
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
    instruments: Mapping[str, str],
    counts: Sequence[int],
    districts: Sequence[str],
    products: Sequence[str],
    processed: Sequence[str],
    years: int,
    come: Callable[[FloatArray], Sequence[int]] | None = None,
) -> Fates:
    """Draw one world.

    Parameters
    ----------
    seed, world : int
        Name the world; the same numbers come out whatever else is drawn, in whatever order.
    instruments, counts
        Names with their kinds ("herd", "plant", …), and how many candidates of each; the first n do not depend on how
        many there are.
    districts, processed
        Names; each district has a base plant for each processed product.
    products, years
        Owners of price series, and the length of the yearly and monthly series.
    come : callable, optional
        Tells from the gaps how many candidates of each instrument ever come, all by default. Of the others only the
        gaps are drawn.

    Returns
    -------
    Fates
    """
    column = partial(_column, seed, world)
    everybody = [(name, count, count) for name, count in zip(instruments, counts, strict=True)]
    gap = column("candidate", "gap", CANDIDATE["gap"], _places(everybody))
    many = counts if come is None else come(gap)
    comers = [(name, count, some) for name, count, some in zip(instruments, counts, many, strict=True)]
    of_kind = {
        kind: _places((name, count, some if instruments[name] == kind else 0) for name, count, some in comers)
        for kind in KIND.values()
    }
    of_all = _places(comers)
    plants = _equal([f"{product} {name}" for product in processed for name in districts], CLOSURES)
    plants += [(name, CLOSURES * n, CLOSURES * some) for name, n, some in comers if instruments[name] == "plant"]
    shared = _places(_equal([""], years))
    return Fates(
        gap=gap,
        **{
            name: column("candidate", name, law, of_kind[KIND[name]] if name in KIND else of_all)
            for name, law in CANDIDATE.items()
            if name != "gap"
        },
        closure=column("plant", "closure", EXPONENTIAL, _places(plants)).reshape(-1, CLOSURES),
        price=column("region", "price", NORMAL, _places(_equal(products, 12 * years))).reshape(-1, 12 * years),
        inflation=column("region", "inflation", NORMAL, shared),
        water=column("region", "water", NORMAL, shared),
        jut=np.ascontiguousarray(
            column("district", "jut", UNIFORM, _places(_equal(districts, years))).reshape(-1, years).T
        ),
        outbreak=column("region", "outbreak", UNIFORM, _places(_equal([""], 2 * years))).reshape(-1, 2),
        outbreak_length=column("region", "outbreak_length", EXPONENTIAL, shared),
    )


def _equal(owners: Sequence[str], count: int) -> list[Owner]:
    """Give each owner so many numbers."""
    return [(owner, count, count) for owner in owners]


def _places(owners: Iterable[Owner]) -> Places:
    """Lay out the numbers of owners one after the other."""
    spans, begin = [], 0
    for owner, room, drawn in owners:
        if drawn > 0:
            spans.append((stable_id(owner), begin, begin + drawn))
        begin += room
    return Places(begin, spans)


def _column(seed: int, world: int, purpose: str, column: str, law: str, places: Places) -> FloatArray:
    numbers = np.zeros(places.size)
    fill(numbers, law, places.spans, seed, purpose, column, world=world)
    return numbers
