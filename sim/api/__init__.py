"""The public interface: load a scenario, run it, open its results.

>>> import sim
>>> results = sim.run("scenarios/small.yaml", replications=64)  # doctest: +SKIP
>>> results.summary(reference="current")  # doctest: +SKIP
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.api.results import Results
from sim.api.studies import study_for
from sim.errors import InputError, Problem, closest, typed
from sim.experiment import bundles, manifest, runner
from sim.experiment.cluster import refuse_unknown_cluster
from sim.experiment.executors import Staff
from sim.experiment.plans import whole_blocks
from sim.experiment.stopping import Stop
from sim.experiment.store import RESULTS, Store, runs
from sim.i18n import _
from sim.scenario import RESERVED, Scenario, tables_for
from sim.scenario import load as load_file
from sim.scenario.messages import refuse_unknown, validate

__all__ = [
    "Results",
    "folder_for",
    "load",
    "names_scenario",
    "open_results",
    "run",
    "study_for",
    "with_luck",
    "workers_at_hand",
]

_log = logging.getLogger(__name__)


def load(path: str | Path, sets: Sequence[str] | Mapping[str, object] = ()) -> Scenario:
    """Read a scenario file, or the scenario in a bundle, and return it with everything resolved.

    A bundle is unpacked below results/, since what is run of it goes on reading its tables there.

    Parameters
    ----------
    path : str or Path
        The scenario file, or a zip file that `auylsim bundle` has made of one or of a run.
    sets : str, sequence of str, or mapping of str to object
        Changes, ``path=value`` or value by path; see `sim.scenario.load`.

    Raises
    ------
    InputError
        All faults of the scenario; the first of a bundle.
    """
    if not bundles.is_bundle(path):
        return load_file(path, sets)
    bundle = bundles.look(Path(path))
    file = bundles.unpack(bundle) / bundles.SCENARIO
    scenario = load_file(file)
    if scenario.inputs_hash(tables_for(scenario)) != bundle.manifest["inputs"]:
        message = _("{file}: this program's own tables are not those it was bundled with, so the numbers will differ")
        _log.warning(message.format(file=path))
    return load_file(file, sets) if sets else scenario


def names_scenario(source: str | Path) -> bool:
    """Say whether this is a scenario file, or the bundle of one, and not a run."""
    if bundles.is_bundle(source):
        return bundles.look(Path(source)).kind == bundles.FILE
    return Path(source).is_file() or Path(source).suffix in (".yaml", ".yml")


def run(
    scenario: Scenario | str | Path,
    *,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "compiled",
    workers: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    reference: str = RESERVED,
    progress: runner.Progress | None = None,
) -> Results:
    """Run all allocations of a scenario and the counterfactual, or go on with a run that was begun.

    Parameters
    ----------
    scenario : Scenario, str or Path
        The scenario or its file.
    replications : int, optional
        Instead of the scenario's number; above 64 it is rounded up to whole blocks of 64. If the scenario has stopping
        rules, the fewest: they decide how many more there are.
    seed : int, optional
        Instead of the scenario's seed.
    engine : str, optional
        "compiled" or "simpy", which is slower and reads like a story. The rows do not depend on it.
    workers : int, optional
        Replications to compute at once, by default one for each processor: each in a thread or, with SimPy and
        more than one, in a process of its own. The rows do not depend on it.
    cluster : str, optional
        Compute elsewhere: "tcp://host:port" is the address of a Dask scheduler, "local:4" four worker processes on
        this machine. The rows do not depend on it. See docs/cluster.md.
    out : str or Path, optional
        The run's folder; by default results/<file's name>/<hash of the inputs>.
    fresh : bool
        Throw away what is stored of this run.
    reference : str, optional
        The allocation that the differences in summary.csv are taken to; by default the counterfactual.
    progress : callable, optional
        Called now and then with the number of finished replications and that of all.

    Returns
    -------
    Results
        Of exactly the replications asked for (in whole blocks above 64), or those up to the first block that satisfies
        the stopping rules, even if more are stored.

    Raises
    ------
    InputError
        If an input is wrong, or the folder holds something else.
    RunError
        If the run cannot be finished; what was finished is kept.
    KeyboardInterrupt
        At Ctrl-C; what was finished is kept.
    """
    from sim.report.files import write_tables
    from sim.report.stopping import told
    from sim.report.tables import plain

    resolved = with_luck(load(scenario) if isinstance(scenario, str | Path) else scenario, replications, seed)
    unknown = _("there is no allocation {name}; there are {known}")
    refuse_unknown(unknown, reference, (*resolved.allocations, RESERVED))
    staff = staff_for(engine, workers, cluster)
    study = study_for(resolved, engine)
    asked = resolved.monte_carlo.replications
    planned = whole_blocks(asked)
    if planned != asked:
        message = _("{asked} replications are rounded up to {planned}, whole blocks of 64")
        _log.info(message.format(asked=asked, planned=planned))
    store = Store(folder_for(scenario, resolved) if out is None else Path(out))
    tables = tables_for(resolved)
    stop = Stop(resolved, tables) if resolved.monte_carlo.rules else None
    most = stop.most if stop else planned
    with store.writing(manifest.describe(resolved, tables), resolved.dump(), fresh=fresh):
        n = runner.run(study, store, most, **staff, progress=progress, stop=stop)
        results = Results(store.folder, n)
        stopping = results.stopping()
        write_tables(results, results.summary(reference), results.targets(), stopping, reference)
    for line in told(stopping, resolved, tables, n):
        _log.info(plain(line))
    return results


def open_results(run: str | Path) -> Results:
    """Open the results of a run.

    Parameters
    ----------
    run : str or Path
        Its folder; or a name below results/, of which the newest run is meant; or its hash; or its bundle, a zip file
        that is unpacked below results/.

    Returns
    -------
    Results
        Of all replications that are stored without a gap.

    Raises
    ------
    InputError
        If there is no such run, or the bundle is faulty or that of a mere scenario.
    RunError
        If it has no finished replications yet.
    """
    if bundles.is_bundle(run):
        bundle = bundles.look(Path(run))
        if bundle.kind != bundles.RUN:
            message = _("{file} holds a scenario and no results: give first the command auylsim run {shown}")
            raise InputError(message.format(file=run, shown=typed(run)))
        return Results(bundles.unpack(bundle))
    if Store(Path(run)).exists():
        return Results(Path(run))
    known = runs(RESULTS)
    meant = runs(Path(run)) or [s for s in known if str(run) in (s.folder.parent.name, s.folder.name)]
    if meant:
        return Results(max(meant, key=Store.last_change).folder)
    near = closest(str(run), [name for s in known for name in (s.folder.parent.name, s.folder.name)])
    hint = _("; did you mean {name}?").format(name=near) if near else ""
    message = _("there is no run {run}: give its folder, its name below {results}, or its hash")
    raise InputError(message.format(run=run, results=RESULTS) + hint)


def with_luck(scenario: Scenario, replications: int | None, seed: int | None) -> Scenario:
    """Return the scenario with another number of replications or another seed; None keeps its own.

    Raises
    ------
    InputError
        If a number is outside its limits.
    """
    changes = {"replications": replications, "seed": seed}
    changes = {name: value for name, value in changes.items() if value is not None}
    if not changes:
        return scenario
    data = scenario.model_dump()
    data["monte_carlo"].update(changes)
    changed, faults = validate(data)
    if faults:
        raise InputError([Problem(fault.message, path=fault.keys[-1]) for fault in faults])
    return changed


def folder_for(source: Scenario | str | Path, scenario: Scenario) -> Path:
    """Return the default folder of a run.

    Parameters
    ----------
    source : Scenario, str or Path
        What was loaded: the folder is named after the file, or after the scenario if there is none.
    scenario : Scenario
        The resolved scenario.
    """
    if isinstance(source, Scenario):  # its name may hold what no folder's name can
        stem = re.sub(r"[^\w.-]+", "-", scenario.name).strip(".-") or "scenario"
    else:
        stem = Path(source).stem
    return RESULTS / stem / scenario.inputs_hash(tables_for(scenario))[:8]


def staff_for(engine: str, workers: int | None, cluster: str | None) -> Staff:
    """Return who computes: the cluster if one is named, processes for SimPy, else threads.

    Raises
    ------
    InputError
        If there are to be no workers, or there is no such cluster.
    """
    if workers is not None and workers < 1:
        raise InputError([Problem(_("must be at least 1"), path="workers")])
    if cluster is not None:
        refuse_unknown_cluster(cluster)
        if workers is not None:
            raise InputError([Problem(_("a cluster has workers of its own: leave the number out"), path="workers")])
    workers = workers or workers_at_hand()
    return {"workers": workers, "processes": engine == "simpy" and workers > 1, "cluster": cluster}


def workers_at_hand() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
