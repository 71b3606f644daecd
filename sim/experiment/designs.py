"""Designs: tables of points by dotted path, and in which worlds each point is run.

A row of a sweep is numbered; `Design.place` says which point and which world it is. Any first so many rows are a
balanced part of the whole: of a crossed design every point in the first worlds, of the others whole base samples.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.data import Tables
from sim.errors import InputError, Problem
from sim.experiment.factors import Column, Factor, Level, column_of
from sim.i18n import _
from sim.parameters.copula import correlated, mixed
from sim.parameters.groups import FloatArray
from sim.parameters.priors import centre_of, priors_of
from sim.parameters.sampling import BLOCK, METHODS, Sampler, listed_dimensions
from sim.parameters.streams import generator
from sim.scenario import Scenario, Uniform

GRID, FILE, SIMPLEX, MORRIS, SALTELLI, ONE_AT_A_TIME = (
    "grid", "file", "simplex", "morris", "saltelli", "one_at_a_time",
)  # fmt: skip
KINDS = (GRID, *METHODS, FILE, SIMPLEX, MORRIS, SALTELLI, ONE_AT_A_TIME)
LUCK = "luck"
"""The factor that stands for all that is not among the others: worlds, and parameters that vary with them."""
LEVELS = 4
"""Levels of a Morris design."""
STEP = LEVELS / (2 * (LEVELS - 1))
"""How far a factor of a Morris design moves at once, the whole range of its levels being 1."""
MOST = 10_000_000
"""Rows that a design may have."""


@dataclass(frozen=True)
class Design:
    """Points and their worlds.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    columns : dict of path to ndarray, or to tuple of str
        The value of each factor at every point.
    structural : frozenset of str
        Paths for which the scenario is resolved anew.
    worlds : ndarray of int or None
        The world of each point; None where every point is run in each of `replications` worlds.
    replications : int
        Worlds in which each point is run: 0, 1, 2, …
    others_vary : bool
        Whether what is uncertain and no factor is sampled with the world; else it stays at its central value.
    groups : dict of path to str
        Factors of a Morris or Saltelli design that move together, by path.
    unit : ndarray, shape (points, factors) or None
        The points in the unit cube, as the analysis of a Morris design needs them; luck's column is the last.
    """

    kind: str
    columns: dict[str, Column]
    structural: frozenset[str]
    worlds: NDArray[np.int64] | None = None
    replications: int = 1
    others_vary: bool = True
    groups: dict[str, str] = field(default_factory=dict)
    unit: FloatArray | None = None

    @property
    def points(self) -> int:
        """How many points there are."""
        return len(next(iter(self.columns.values())))

    @property
    def crossed(self) -> bool:
        """Whether all points share worlds."""
        return self.worlds is None

    @property
    def rows(self) -> int:
        """How many simulations of all allocations there are."""
        return self.points * self.replications

    def place(self, number: int) -> tuple[int, int]:
        """Return the point and the world of a row."""
        if self.worlds is not None:
            return number, int(self.worlds[number])
        world, point = divmod(number, self.points)
        return point, world

    def at(self, point: int) -> dict[str, Level]:
        """Return the values of a point by path."""
        return {path: self.value(path, point) for path in self.columns}

    def value(self, path: str, point: int) -> Level:
        """Return the value of one factor at a point."""
        value = self.columns[path][point]
        return value if isinstance(value, str) else float(value)


def grid(factors: Sequence[Factor], replications: int) -> Design:
    """Return all combinations of levels, the last factor changing fastest."""
    points = list(itertools.product(*(factor.levels for factor in factors)))
    columns = {f.path: column_of([point[place] for point in points]) for place, f in enumerate(factors)}
    return Design(GRID, columns, _structural(factors), replications=replications)


def one_at_a_time(factors: Sequence[Factor], scenario: Scenario, tables: Tables, replications: int) -> Design:
    """Return the centre, then each factor at its low and its high value with all others at the centre.

    Low and high are the ends of the distribution or of the values stated; where it has no ends, its 5 % and 95 %
    quantiles. What is no factor stays at its central value.
    """
    for factor in factors:
        if factor.structural:
            raise InputError([Problem(_("has no central value: vary it in a grid"), path=factor.path)])
    fixed, priors = priors_of(scenario, tables)
    central = {path: q.central for path, q in tables.quantities.items()} | fixed
    central |= {path: centre_of(prior) for path, prior in priors.items()}
    centre: dict[str, Level] = {factor.path: float(central[factor.path]) for factor in factors}
    points = [centre, *({**centre, factor.path: end} for factor in factors for end in _ends(factor))]
    columns = {f.path: column_of([point[f.path] for point in points]) for f in factors}
    return Design(ONE_AT_A_TIME, columns, frozenset(), replications=replications, others_vary=False)


def at_centre(design: Design) -> Design:
    """Return a design in which all that is no factor stays at its central value."""
    return replace(design, others_vary=False)


def sampled(scenario: Scenario, factors: Sequence[Factor], kind: str, points: int, replications: int) -> Design:
    """Return random, Latin hypercube or Sobol points, in blocks of 64 like those of a plain run.

    With one replication each point has a world of its own; with more, all points share them.
    """
    sampler = _sampler(scenario, factors, kind)
    unit = np.concatenate([sampler.uniforms(block) for block in range(-(-points // BLOCK))])[:points]
    worlds = np.arange(points) if replications == 1 else None
    return Design(kind, _valued(factors, unit), _structural(factors), worlds=worlds, replications=replications)


def morris(scenario: Scenario, factors: Sequence[Factor], groups: Mapping[str, str], trajectories: int) -> Design:
    """Return trajectories in which one group of factors moves at a time; luck is a factor of its own.

    The four levels of a factor are the quantiles 1/8, 3/8, 5/8 and 7/8 of its distribution.

    References
    ----------
    Morris, M. D. (1991). Factorial sampling plans for preliminary computational experiments. Technometrics 33,
    161-174; groups as in Campolongo, F., Cariboni, J., Saltelli, A. (2007). Environmental Modelling & Software 22,
    1509-1518.
    """
    from SALib.sample.morris import sample

    problem, names = _problem(factors, groups)
    unit = sample(problem, trajectories, num_levels=LEVELS, local_optimization=False, seed=_seed(scenario, MORRIS))
    inner = (unit * (LEVELS - 1) + 0.5) / LEVELS
    return _with_luck(MORRIS, scenario, factors, groups, unit, inner, rows=len(names) + 1)


def saltelli(scenario: Scenario, factors: Sequence[Factor], groups: Mapping[str, str], base: int) -> Design:
    """Return base samples A and B with all that lies between them, one group at a time; luck is one of the groups.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics
    Communications 181, 259-270.
    """
    from SALib.sample.sobol import sample

    if base & (base - 1) or base < 2:
        raise InputError(_("Sobol base samples come in powers of 2, such as 1024, not {n}").format(n=base))
    problem, names = _problem(factors, groups)
    unit = sample(problem, base, calc_second_order=False, scramble=True, seed=_seed(scenario, SALTELLI))
    inner = unit.clip(2.0**-53, 1 - 2.0**-53)
    return _with_luck(SALTELLI, scenario, factors, groups, unit, inner, rows=len(names) + 2)


def simplex(
    allocation: str, bounds: Mapping[str, tuple[float, float]], points: int, steps: int | None, seed: int,
    replications: int,
) -> Design:  # fmt: skip
    """Return splits of the fund over instruments: shares within bounds that add up to 1.

    Parameters
    ----------
    allocation : str
        The allocation that has these shares.
    bounds : mapping of instrument to (low, high)
        Of its share.
    points : int
        How many, evenly spread over all that is possible (Dirichlet with weights 1, kept if within bounds).
    steps : int or None
        Instead, all splits in which each share is a multiple of 1 / steps.
    seed : int
        Of the study.
    replications : int
        Worlds of each.

    Raises
    ------
    InputError
        If the bounds leave no room, or next to none.
    """
    low = np.array([pair[0] for pair in bounds.values()])
    high = np.array([pair[1] for pair in bounds.values()])
    if low.sum() > 1 + 1e-9 or high.sum() < 1 - 1e-9:
        message = _(
            "no split lies within these bounds: the least shares add up to {low:.3g}, the greatest to {high:.3g}"
        )
        raise InputError(message.format(low=low.sum(), high=high.sum()))
    shares = np.array(list(_lattice(low, high, steps))) if steps else _dirichlet(low, high, points, seed)
    if not len(shares):
        raise InputError(_("no split in steps of 1/{steps} lies within these bounds").format(steps=steps))
    columns = {
        f"allocations.{allocation}.shares.{name}": np.ascontiguousarray(shares[:, place])
        for place, name in enumerate(bounds)
    }
    return Design(SIMPLEX, dict(columns), frozenset(columns), replications=replications)


def _lattice(low: FloatArray, high: FloatArray, steps: int) -> Iterator[FloatArray]:
    """Yield all compositions of `steps` parts within bounds, in lexicographic order."""
    least = np.ceil(low * steps - 1e-9).astype(int).tolist()
    most = np.floor(high * steps + 1e-9).astype(int).tolist()

    def fill(place: int, left: int) -> Iterator[list[int]]:
        if place == len(least) - 1:
            if least[place] <= left <= most[place]:
                yield [left]
            return
        rest = sum(most[place + 1 :])
        for part in range(max(least[place], left - rest), min(most[place], left - sum(least[place + 1 :])) + 1):
            for others in fill(place + 1, left - part):
                yield [part, *others]

    for count, parts in enumerate(fill(0, steps)):
        if count >= MOST:
            raise InputError(_("there are more than {most} such splits: take fewer steps").format(most=MOST))
        yield np.array(parts) / steps


def _dirichlet(low: FloatArray, high: FloatArray, points: int, seed: int) -> FloatArray:
    """Return random splits within bounds: what lies above the least shares is spread evenly, then rejected."""
    room = 1.0 - low.sum()
    kept: list[FloatArray] = []
    found = 0
    for attempt in range(200):
        draws = generator(seed, "designs", "simplex", world=attempt).standard_exponential((4096, low.size))
        splits = low + room * draws / draws.sum(axis=1, keepdims=True)
        splits = splits[(splits <= high + 1e-12).all(axis=1)]
        kept.append(splits)
        found += len(splits)
        if found >= points:
            return np.concatenate(kept)[:points]
    raise InputError(_("next to no split lies within these bounds: widen them, or give steps"))


def _structural(factors: Sequence[Factor]) -> frozenset[str]:
    return frozenset(factor.path for factor in factors if factor.structural)


def _valued(factors: Sequence[Factor], unit: FloatArray) -> dict[str, Column]:
    return {factor.path: factor.values(unit[:, place]) for place, factor in enumerate(factors)}


def _ends(factor: Factor) -> tuple[Level, Level]:
    if factor.levels:
        return factor.levels[0], factor.levels[-1]
    if hasattr(factor.prior, "low"):
        return factor.prior.low, factor.prior.high  # type: ignore[union-attr]
    low, high = (float(value) for value in factor.values(np.array([0.05, 0.95])))
    return low, high


def _sampler(scenario: Scenario, factors: Sequence[Factor], method: str) -> Sampler:
    """Return the sampler of some factors; levels stand for parts of 0..1."""
    priors = {f.path: f.prior or Uniform(low=0.0, high=1.0) for f in factors}
    return Sampler(
        seed=scenario.monte_carlo.seed,
        method=method,
        priors=priors,
        bounds={f.path: f.bounds if f.prior else (0.0, 1.0) for f in factors},
        correlations=[c for c in scenario.parameter_correlations if {c[0], c[1]} <= priors.keys()],
    )


def _seed(scenario: Scenario, kind: str) -> int:
    return int(generator(scenario.monte_carlo.seed, "designs", kind).integers(2**32))


def _problem(factors: Sequence[Factor], groups: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return SALib's description of the unit cube, luck last, and the names of the groups in order."""
    paths = [*(factor.path for factor in factors), LUCK]
    named = [*(groups.get(path, path) for path in paths[:-1]), LUCK]
    problem = {"num_vars": len(paths), "names": paths, "bounds": [[0.0, 1.0]] * len(paths), "groups": named}
    return problem, list(dict.fromkeys(named))


def _with_luck(
    kind: str, scenario: Scenario, factors: Sequence[Factor], groups: Mapping[str, str], unit: FloatArray,
    inner: FloatArray, rows: int,
) -> Design:  # fmt: skip
    """Make a design of points in the unit cube whose last column says which of two worlds a point is in.

    Each base sample has two worlds of its own; the factor luck changes from one to the other.
    """
    luck = unit[:, -1].reshape(-1, rows)
    worlds = 2 * np.arange(len(luck))[:, None] + (luck != luck[:, :1])
    inner = inner.copy()
    places = {factor.path: place for place, factor in enumerate(factors)}
    stated = [c for c in scenario.parameter_correlations if {c[0], c[1]} <= places.keys()]
    for group in correlated(stated, listed_dimensions()):
        columns = [places[path] for path in group.paths]
        inner[:, columns] = mixed(inner[:, columns], group.factor)
    return Design(
        kind, _valued(factors, inner), _structural(factors), worlds=worlds.ravel(),
        groups={**{f.path: groups.get(f.path, f.path) for f in factors}, LUCK: LUCK}, unit=unit,
    )  # fmt: skip
