"""What the Tab key offers: names of runs, allocations, outcomes and numbers, from files that are read quickly.

Nothing here may load a heavy library, and nothing may fail: a file that cannot be read offers nothing.
"""

from __future__ import annotations

import csv
import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from sim.data.tables import COMMON

_RESULTS = Path("results")  # as sim.experiment.store has it, which is slow to load
_MANIFEST = "manifest.json"


def languages(incomplete: str) -> list[str]:
    """Offer the languages."""
    from sim.i18n import LANGUAGES

    return _starting(LANGUAGES, incomplete)


def engines(incomplete: str) -> list[str]:
    """Offer the engines."""
    return _starting(("compiled", "simpy"), incomplete)


def formats(incomplete: str) -> list[str]:
    """Offer the formats of exports."""
    return _starting(("xlsx", "dta", "csv"), incomplete)


def runs(incomplete: str) -> list[str]:
    """Offer names and hashes of the runs below results/, then scenario files, bundles and folders."""
    names = [name for folder in _stored() for name in (folder.parent.name, folder.name) if name != _RESULTS.name]
    return _starting(dict.fromkeys(names), incomplete) + files(incomplete)


def files(incomplete: str) -> list[str]:
    """Offer scenario files, bundles and folders."""
    above, _slash, start = incomplete.rpartition("/")
    folder = Path(f"{above}/" if _slash else ".")
    try:
        found = sorted(each for each in folder.iterdir() if each.name.startswith(start) and each.name[0] != ".")
        return [
            f"{above}{_slash}{each.name}{'/' if each.is_dir() else ''}"
            for each in found
            if each.is_dir() or each.suffix in (".yaml", ".yml", ".zip")
        ]
    except OSError:
        return []


def allocations(incomplete: str) -> list[str]:
    """Offer the allocations of the scenario or run that the command names, and the counterfactual."""
    found: dict[str, None] = {}
    for word in _words():
        for file in _scenarios(word):
            found |= dict.fromkeys(_allocations(file))
    return _starting([*found, "no_programme"], incomplete)


def outcomes(incomplete: str) -> list[str]:
    """Offer the outcomes."""
    with (COMMON / "outcomes.csv").open(encoding="utf-8", newline="") as stream:
        return _starting((row["name"] for row in csv.DictReader(stream)), incomplete)


def numbers(incomplete: str) -> list[str]:
    """Offer the paths of the shipped tables."""
    from sim.data import SHIPPED, load_tables

    return _starting(load_tables(SHIPPED[0]).quantities, incomplete)


def changes(incomplete: str) -> list[str]:
    """Offer the paths of the shipped tables as `--set` takes them."""
    return [f"{path}=" for path in numbers(incomplete)]


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _stored() -> list[Path]:
    """Return the folders of the runs below results/."""
    return [file.parent for depth in ("*", "*/*") for file in sorted(_RESULTS.glob(f"{depth}/{_MANIFEST}"))]


def _words() -> list[str]:
    """Return the words of the command line; parsed it is not, as long as the value of its last option is missing."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    try:
        return shlex.split(line)[2:]
    except ValueError:  # a quotation mark that is not closed yet
        return line.split()[2:]


def _scenarios(word: str) -> list[Path]:
    """Return the scenario file that is given, or those of the run."""
    path = Path(word)
    if path.is_file():
        return [path]
    folders = [path, *(folder for folder in _stored() if word in (folder.name, folder.parent.name))]
    return [folder / "scenario.yaml" for folder in folders if (folder / "scenario.yaml").is_file()]


def _allocations(file: Path) -> list[str]:
    """Return the names of a scenario's allocations, those of its bases first."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found: list[str] = []
    seen: set[Path] = set()
    while file not in seen and file.suffix in (".yaml", ".yml"):
        seen.add(file)
        try:
            data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, YAMLError):
            break
        if not isinstance(data, dict):
            break
        found = [*map(str, data.get("allocations") or ()), *found]
        file = file.parent / str(data.get("extends", ""))
    return found
