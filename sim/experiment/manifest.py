"""What a run's numbers depend on, written once into its folder."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import sim
from sim.data import Tables
from sim.errors import InputError, RunError
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.scenario import Scenario

_PACKAGE = Path(sim.__file__).parent
_LIBRARIES = ("numpy", "numba", "simpy", "pyarrow")

Manifest = dict[str, Any]


def describe(scenario: Scenario, tables: Tables) -> Manifest:
    """Return the manifest of a run of `scenario` by this program: no times, hosts or orders."""
    return {
        "format": 1,
        "inputs": scenario.inputs_hash(tables),
        "tables": tables.digest,
        "code": code_digest(),
        "seed": scenario.monte_carlo.seed,
        "sampling": scenario.monte_carlo.sampling,
        "block": BLOCK,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of the program and of what computes beside it."""
    return {
        "auylsim": sim.__version__,
        "python": platform.python_version(),
        **{library: metadata.version(library) for library in _LIBRARIES},
    }


def code_digest() -> str:
    """Return the sha256 over the package's modules and tables, in hex."""
    digest = hashlib.sha256()
    for file in sorted(path for path in _PACKAGE.rglob("*") if path.suffix in (".py", ".csv")):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(_PACKAGE).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def refuse_other_run(stored: Manifest, current: Manifest, folder: Path) -> None:
    """Raise if the folder holds the run of another scenario.

    Raises
    ------
    InputError
        If any input differs.
    """
    if stored["inputs"] != current["inputs"]:
        raise InputError(
            _("{folder} holds another run (inputs {stored}; these are {current}): choose another folder").format(
                folder=folder, stored=stored["inputs"][:8], current=current["inputs"][:8]
            )
        )


def refuse_changed_program(stored: Manifest, current: Manifest, folder: Path) -> None:
    """Raise if rows added now might not fit those that are stored.

    Raises
    ------
    RunError
        If the program or a library has changed.
    """
    if stored == current:
        return
    before, now = stored["versions"], current["versions"]
    changes = [f"{name} {before.get(name)} → {now[name]}" for name in now if before.get(name) != now[name]]
    what = ", ".join(changes) if changes else _("its code")
    raise RunError(
        _(
            "the program has changed since the run in {folder} was started ({what}), so that new rows might "
            "not fit the old ones: start it anew with --fresh, or choose another folder with --out"
        ).format(folder=folder, what=what)
    )
