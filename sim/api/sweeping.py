"""Sweeps: a scenario at many points."""

from __future__ import annotations

import fnmatch
import hashlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sim.analysis.sensitivity import refuse_correlated
from sim.analysis.sensitivity.tidy import subject
from sim.api import Results, folder_for, load, staff_for, with_luck
from sim.data import Tables
from sim.errors import InputError, Problem
from sim.experiment import designs, manifest, runner
from sim.experiment.design_files import read_design
from sim.experiment.designs import Design
from sim.experiment.factors import Column, factors_of, is_structural, level
from sim.experiment.plans import whole_blocks
from sim.experiment.store import Store
from sim.experiment.sweep import Sweep, digest
from sim.i18n import _
from sim.parameters.sampling import BLOCK, METHODS
from sim.scenario import Scenario, tables_for
from sim.scenario.messages import refuse_unknown

OTHERS = ("vary", "central")
_SHARES = re.compile(r"allocations\.([^.]+)\.shares\.(.+)")

_log = logging.getLogger(__name__)


def sweep(
    scenario: Scenario | str | Path,
    design: Design | str = designs.GRID,
    vary: Sequence[str] = (),
    *,
    points: int | None = None,
    steps: int | None = None,
    sheet: str | None = None,
    replications: int | None = None,
    others: str = "vary",
    allocations: Sequence[str] | None = None,
    seed: int | None = None,
    engine: str = "compiled",
    workers: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    progress: runner.Progress | None = None,
) -> Results:
    """Run a scenario at every point of a design, or go on with a sweep that was begun.

    Parameters
    ----------
    scenario : Scenario, str or Path
        The scenario or its file.
    design : Design or str, optional
        A design, or what `design_for` makes one of, with the next options.
    vary, points, steps, sheet, replications, others
        As in `design_for`, where `design` is a word.
    allocations : sequence of str, optional
        Run only these, beside the counterfactual and those that the design states; by default all of the scenario, of a
        simplex none.
    seed, engine, workers, cluster, out, fresh, progress
        As in `sim.run`.

    Returns
    -------
    Results
        With the points in `Results.design`; in its tables draw is the number of the point, and `replications` has a
        column for each factor.

    Raises
    ------
    InputError
        If an input is wrong, a point is impossible, or the folder holds something else.
    RunError
        If the sweep cannot be finished; what was finished is kept.
    KeyboardInterrupt
        At Ctrl-C; what was finished is kept.
    """
    resolved = with_luck(load(scenario) if isinstance(scenario, str | Path) else scenario, None, seed)
    kind = design if isinstance(design, str) else design.kind
    kept = () if allocations is None and kind == designs.SIMPLEX else allocations
    resolved = keeping(resolved, kept)
    if isinstance(design, str):
        design = design_for(
            resolved, design, vary, points=points, steps=steps, sheet=sheet, replications=replications, others=others
        )
    staff = staff_for(engine, workers, cluster)
    study = Sweep(resolved, engine, design)
    described = describe(resolved, study)
    store = Store(sweep_folder(scenario, resolved, design) if out is None else Path(out))
    points = pa.table(
        {path: pa.array(values, study.columns[path]) for path, values in design.columns.items()}
        | ({"world": pa.array(design.worlds, pa.int64())} if design.worlds is not None else {})
        | ({f"unit.{n}": pa.array(column) for n, column in enumerate(design.unit.T)} if design.unit is not None else {})
    )
    with store.writing(described, study.scenario.dump(), fresh=fresh, design=points):
        runner.run(study, store, design.rows, **staff, progress=progress)
        return Results(store.folder, design.rows)


def design_of(results: Results) -> Design:
    """Return the design of a stored sweep.

    Raises
    ------
    InputError
        If the run is no sweep.
    """
    said = results.manifest.get("design")
    if said is None:
        raise InputError(_("{run} is a plain run and no sweep").format(run=results.folder))
    stored = Store(results.folder).points()
    tables = tables_for(results.scenario)
    unit = [name for name in stored.column_names if name.startswith("unit.")]
    return Design(
        said["kind"],
        {path: _column(stored[path]) for path in said["factors"]},
        frozenset(path for path in said["factors"] if is_structural(path, tables)),
        worlds=None if said["crossed"] else stored["world"].to_numpy(),
        replications=-(-results.n // stored.num_rows) if said["crossed"] else 1,
        others_vary=said["others_vary"],
        groups=said["groups"],
        unit=np.column_stack([stored[name].to_numpy() for name in unit]) if unit else None,
    )


def _column(stored: pa.ChunkedArray) -> Column:
    """Return a stored column as a design has it."""
    return stored.to_numpy() if pa.types.is_floating(stored.type) else tuple(stored.to_pylist())


def keeping(scenario: Scenario, names: Sequence[str] | None) -> Scenario:
    """Return a scenario with some of its allocations only; None keeps all.

    Raises
    ------
    InputError
        If there is no allocation of such a name.
    """
    if names is None:
        return scenario
    for name in names:
        refuse_unknown(_("there is no allocation {name}; there are {known}"), name, list(scenario.allocations))
    kept = {name: split for name, split in scenario.allocations.items() if name in names}
    return scenario.model_copy(update={"allocations": kept})


def sweep_folder(source: Scenario | str | Path, scenario: Scenario, design: Design) -> Path:
    """Return the default folder of a sweep: results/<file's name>-<kind of design>/<hash of inputs and points>."""
    plain = folder_for(source, scenario)
    return plain.parent.with_name(f"{plain.parent.name}-{design.kind}") / _inputs(scenario, design)[:8]


def describe(scenario: Scenario, study: Sweep) -> manifest.Manifest:
    """Return the manifest of a sweep."""
    design = study.design
    said: dict[str, Any] = {
        "kind": design.kind,
        "factors": list(design.columns),
        "crossed": design.crossed,
        "others_vary": design.others_vary,
        "groups": design.groups,
        "digest": digest(design),
    }
    return manifest.describe(scenario, study.tables) | {"inputs": _inputs(scenario, design), "design": said}


def design_for(
    scenario: Scenario,
    kind: str,
    vary: Sequence[str] = (),
    *,
    points: int | None = None,
    steps: int | None = None,
    sheet: str | None = None,
    replications: int | None = None,
    others: str = "vary",
    groups: str = "none",
) -> Design:
    """Return a design.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    kind : str
        grid, random, latin_hypercube, sobol, morris, saltelli, simplex, one_at_a_time; or the path of a .csv or
        .xlsx file, whose header names paths.
    vary : sequence of str
        What varies, see `sim.experiment.factors.factors_of`; for a simplex ``allocations.NAME.shares.INSTRUMENT=a:b``.
    points : int, optional
        Of a sampled design or a simplex, by default 64; trajectories of a Morris design, by default 16; base
        samples of a Saltelli design, by default 64.
    steps : int, optional
        Of a simplex: instead of random splits all with shares in steps of 1 / steps.
    sheet : str, optional
        Of an Excel file with several.
    replications : int, optional
        Worlds in which each point is run, the same for all points; by default 64 for a grid, a file, a simplex or one
        at a time, and 1 for a sampled design, where each point then has a world of its own. Morris and Saltelli
        designs have luck as a factor and take none.
    others : str, optional
        Whether what is uncertain and no factor varies with the world, or stays at its "central" value.
    groups : str, optional
        Of a Morris or Saltelli design: "none", or "subject" for factors of one subject, such as market, together.

    Raises
    ------
    InputError
        All that is wrong with them.
    """
    tables = tables_for(scenario)
    refuse_unknown(_("others: there is no choice {name}; there are {known}"), others, OTHERS)
    refuse_unknown(_("groups: there is no choice {name}; there are {known}"), groups, ("none", "subject"))
    for name, value in (("points", points), ("replications", replications), ("steps", steps)):
        if value is not None and value < 1:
            raise InputError([Problem(_("must be at least 1"), path=name)])
    made = _made(scenario, tables, kind, vary, points, steps, sheet, replications, groups)
    if made.rows > designs.MOST:
        message = _("the design has {rows} rows, at most {most} can be run at once: take fewer")
        raise InputError(message.format(rows=made.rows, most=designs.MOST))
    if others == "central":
        made = designs.at_centre(made)
    return made


def _made(
    scenario: Scenario, tables: Tables, kind: str, vary: Sequence[str], points: int | None, steps: int | None,
    sheet: str | None, replications: int | None, groups: str,
) -> Design:  # fmt: skip
    if Path(kind).suffix.lower() in (".csv", ".xlsx", ".xlsm"):
        if vary:
            raise InputError(_("a file states all points: leave --vary out"))
        return read_design(Path(kind), sheet, tables, replications or BLOCK)
    known = [name for name in designs.KINDS if name != designs.FILE]
    refuse_unknown(_("there is no design {name}; there are {known}, or a .csv or .xlsx file"), kind, known)
    if kind == designs.SIMPLEX:
        allocation, bounds = _bounds(vary, tables)
        seed = scenario.monte_carlo.seed
        return designs.simplex(allocation, bounds, points or BLOCK, steps, seed, replications or BLOCK)
    if not vary:
        raise InputError(_("say what varies, such as --vary loan.rate=0.02:0.1:5"))
    factors = factors_of(scenario, tables, vary, levels=kind == designs.GRID)
    if kind == designs.GRID:
        return designs.grid(factors, replications or BLOCK)
    if kind in METHODS:
        asked = points or BLOCK
        planned = whole_blocks(asked)
        if planned != asked:
            message = _("{asked} points are rounded up to {planned}, whole blocks of 64")
            _log.info(message.format(asked=asked, planned=planned))
        return designs.sampled(scenario, factors, kind, planned, replications or 1)
    if kind == designs.ONE_AT_A_TIME:
        return designs.one_at_a_time(factors, scenario, tables, replications or BLOCK)
    if replications not in (None, 1):
        raise InputError(
            _("a {kind} design has luck as a factor of its own: leave --replications out").format(kind=kind)
        )
    named = {factor.path: subject(factor.path) for factor in factors} if groups == "subject" else {}
    refuse_correlated(scenario.parameter_correlations, {f.path: named.get(f.path, f.path) for f in factors})
    make = designs.morris if kind == designs.MORRIS else designs.saltelli
    return make(scenario, factors, named, points or (16 if kind == designs.MORRIS else BLOCK))


def _inputs(scenario: Scenario, design: Design) -> str:
    """Return the hash of all that changes the rows of a sweep."""
    inputs = scenario.inputs_hash(tables_for(scenario))
    return hashlib.sha256(f"{inputs} {digest(design)}".encode()).hexdigest()


def _bounds(vary: Sequence[str], tables: Tables) -> tuple[str, dict[str, tuple[float, float]]]:
    """Return the allocation of a simplex and the bounds of each share."""
    example = "allocations.mix.shares.dairy_family=0:0.5"
    if not vary:
        raise InputError(_("say which shares vary and between what, such as --vary {example}").format(example=example))
    known = [instrument.name for instrument in tables.instruments]
    names: set[str] = set()
    bounds: dict[str, tuple[float, float]] = {}
    for text in vary:
        path, _equals, said = (part.strip() for part in text.partition("="))
        match = _SHARES.fullmatch(path)
        ends = [level(part.strip()) for part in said.split(":")]
        if not match or len(ends) != 2 or any(isinstance(end, str) for end in ends):
            message = _("write the share's path and its bounds, such as {example}")
            raise InputError([Problem(message.format(example=example), "--vary", path=path)])
        low, high = (float(end) for end in ends)
        if not 0.0 <= low <= high <= 1.0:
            message = _("bounds of a share lie between 0 and 1, the lower first, not {said}")
            raise InputError([Problem(message.format(said=said), "--vary", path=path)])
        names.add(match[1])
        matching = [name for name in known if fnmatch.fnmatchcase(name, match[2])]
        if not matching:
            refuse_unknown(_("there is no instrument {name}; there are {known}"), match[2], known)
        bounds |= dict.fromkeys(matching, (low, high))  # a later one goes before a glob
    if len(names) > 1:
        message = _("a simplex is of one allocation, not of {names}")
        raise InputError(message.format(names=", ".join(sorted(names))))
    return names.pop(), {name: bounds[name] for name in known if name in bounds}
