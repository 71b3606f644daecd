"""Making bundles: a scenario or a run as one zip file that runs elsewhere, see `sim.experiment.bundles`."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

from sim.api import load, open_results
from sim.data import Tables
from sim.data.tables import REGIONS
from sim.errors import RunError
from sim.experiment import bundles, manifest
from sim.experiment.disk import refuse_target
from sim.experiment.store import Store
from sim.i18n import _
from sim.scenario import Scenario, tables_for

_TABLES = "tables"


def bundle(source: str | Path, out: str | Path | None = None, *, force: bool = False) -> Path:
    """Put a scenario or a run into one zip file, with the tables of its region.

    Parameters
    ----------
    source : str or Path
        A scenario file, or what `open_results` takes.
    out : str or Path, optional
        The zip file; by default in the current folder, named after the scenario file or the run.
    force : bool, optional
        Write over a file that exists.

    Returns
    -------
    Path
        The zip file. The same content gives the same bytes.

    Raises
    ------
    InputError
        If there is no such file or run, or the zip file exists already or is named otherwise.
    RunError
        If the tables have changed since the run, its rows are damaged, or the zip file cannot be written.
    """
    path = Path(source)
    if path.is_file() and not bundles.is_bundle(path):
        scenario = load(path)
        tables = tables_for(scenario)
        target = _target(out, path.stem, force)
        _write(target, bundles.FILE, manifest.describe(scenario, tables), scenario, tables, {})
        return target
    results = open_results(source)
    folder, stored = results.folder, results.manifest
    name = f"{folder.parent.name}-{folder.name}" if stored["inputs"].startswith(folder.name) else folder.name
    target = _target(out, name, force)
    if stored["tables"] != results.tables.digest:
        message = _("the tables have changed since the run in {folder}: run it again, then bundle it")
        raise RunError(message.format(folder=folder))
    store = Store(folder)
    with store.held():
        _write(target, bundles.RUN, stored, results.scenario, results.tables, store.files())
    return target


def _target(out: str | Path | None, name: str, force: bool) -> Path:
    """Return the zip file to write."""
    target = Path(f"{name}{bundles.SUFFIX}" if out is None else out)
    refuse_target([target], bundles.SUFFIX, force=force)
    return target


def _write(
    target: Path, kind: str, described: manifest.Manifest, scenario: Scenario, tables: Tables, files: dict[str, Path]
) -> None:
    """Write a scenario that finds its tables beside it, wherever it is unpacked."""
    own = REGIONS / tables.region  # the path itself where it is an absolute one
    region = f"{_TABLES}/{_composed(own.name)}"
    inside = [*own.glob("*.csv"), *own.glob("*/*.csv")]
    found = {f"{region}/{_composed(file.relative_to(own).as_posix())}": file for file in inside}
    moved = scenario.model_copy(update={"region": region}).dump()
    bundles.write(target, kind, described, moved, {**files, **found})


def _composed(name: str) -> str:
    """Return a name whose letters are single characters; macOS takes й apart."""
    return normalize("NFC", name)
