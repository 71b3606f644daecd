"""Runs the notebooks: `make notebooks` writes their outputs; --check says which are not what is committed.

Each runs in a folder of its own, where `../scenarios` is what a notebook of the project finds there.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SECONDS = 600  # for one cell, compilation included


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the notebooks named, or all; return 1 if a check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools.notebooks", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change no file, compare the text of all outputs")
    parser.add_argument("notebooks", nargs="*", type=Path, help="by default all of notebooks/")
    asked = parser.parse_args(arguments)
    faults: list[str] = []
    for file in asked.notebooks or sorted(FOLDER.glob("*.ipynb")):
        before = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
        try:
            after = executed(before)
        except CellExecutionError as error:
            faults.append(f"{file.name}: {error}")
            continue
        if asked.check:
            faults += [f"{file.name}, {fault}" for fault in differences(before, after)]
        else:
            nbformat.write(after, file)  # type: ignore[no-untyped-call]
    if faults:
        print("\n".join(faults))
    return 1 if faults else 0


def executed(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook with the outputs that it has now.

    Raises
    ------
    CellExecutionError
        If a cell does.
    """
    copy = deepcopy(notebook)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory() as base:
        shutil.copytree(ROOT / "scenarios", Path(base, "scenarios"))
        place = Path(base, "notebooks")
        place.mkdir()
        client = NotebookClient(
            copy,
            timeout=SECONDS,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--log-level=40"],  # no remarks on sockets
            resources={"metadata": {"path": str(place)}},
        )
        client.execute(env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "AUYLSIM_LANG": "en"})
    copy["metadata"] = METADATA
    return copy


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Tell of each cell whose outputs read otherwise; of pictures, that there are as many."""
    for number, (old, new) in enumerate(zip(before["cells"], after["cells"], strict=True), 1):
        committed, now = ([*_lines(cell.get("outputs", ()))] for cell in (old, new))
        if committed != now:
            lines = difflib.unified_diff(committed, now, "committed", "now", lineterm="", n=1)
            yield f"cell {number}:\n" + "\n".join(lines)


def _lines(outputs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Give the lines of outputs as they are read; a picture is one line."""
    for output in outputs:
        data = output.get("data", {})
        if "image/png" in data:
            yield "[a picture]"
            continue
        if output["output_type"] == "error":
            yield f"{output['ename']}: {output['evalue']}"
        text = output.get("text", data.get("text/markdown", data.get("text/plain", "")))
        yield from (text if isinstance(text, str) else "".join(text)).splitlines()


if __name__ == "__main__":
    sys.exit(main())
