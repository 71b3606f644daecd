"""Do what README.md and docs/tutorial.md tell a new user to do, in order, in a fresh clone.

`python -m tools.walkthrough` clones the last commit to a temporary folder, with a cache of its own, gives every command
of the `sh` and `console` blocks, writes the files that the titles of `yaml` blocks name, and stops at the first command
that ends otherwise than the page says, or does not print what the page shows. `--venv .venv` borrows the libraries
of an environment that is set up already, instead of installing them once more.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.blocks import Block, Step, blocks, steps

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/tutorial.md")
NOT_REPEATED = ("make test", "make bench", "make findings")
"""What CI does by itself, or what takes long."""


class BrokenPromiseError(Exception):
    """A page promises what does not happen."""


def main() -> None:
    """Walk through all pages; exit with 1 where a page is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, help="borrow the libraries of this environment")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="auylsim-walk-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "auylsim"
        _clone(clone)
        environment = _environment(clone, Path(folder) / "cache")
        if arguments.venv is not None:
            _borrow(arguments.venv, clone)
        try:
            for page in PAGES:
                _walk(page, clone, environment)
        except BrokenPromiseError as fault:
            sys.exit(str(fault))


def _clone(clone: Path) -> None:
    """Clone the last commit; where git may not or cannot (an unpacked archive), copy what a clone would have."""
    try:
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, clone], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"No clone ({error}): copying {ROOT.name} instead")
        shutil.copytree(ROOT, clone, ignore=_not_in_a_clone)


def _not_in_a_clone(folder: str, names: list[str]) -> set[str]:
    """Return what git would not bring."""
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", "*.egg-info", ".*_cache", ".hypothesis")
    runs = (
        {name for name in names if name not in ("example", ".gitkeep")} if Path(folder) == ROOT / "results" else set()
    )
    return ignored(folder, names) | runs


def _environment(clone: Path, cache: Path) -> dict[str, str]:
    """Return the surroundings of a new user: nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUYLSIM", "PYTHON", "NUMBA"))}
    path = os.pathsep.join([str(clone / ".venv" / "bin"), os.environ["PATH"]])  # as if it were activated
    return kept | {"PATH": path, "AUYLSIM_CACHE": str(cache), "COLUMNS": "160"}


def _borrow(venv: Path, clone: Path) -> None:
    """Set up an environment as make would, its libraries being those of another."""
    own = clone / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    (site,) = own.glob("lib/python*/site-packages")
    (theirs,) = venv.resolve().glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(f"{theirs}\n", encoding="utf-8")
    pip: list[str | Path] = [own / "bin" / "python", "-m", "pip", "install", "--quiet", "--ignore-installed"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", "."], cwd=clone, check=True)
    (own / ".installed").touch()


def _walk(page: str, clone: Path, environment: dict[str, str]) -> None:
    for block in blocks(clone / page):
        if block.language == "yaml" and block.title:
            write(block, clone)
        for step in steps(block):
            if not step.command.startswith(NOT_REPEATED):
                _give(step, page, clone, environment)


def write(block: Block, folder: Path) -> None:
    """Write the file that a block's title names, or with `FILE: key` only that top-level part of it."""
    name, _colon, key = block.title.partition(": ")
    file = folder / name
    text = block.text
    if key:
        before = file.read_text(encoding="utf-8")
        part = re.compile(rf"^{re.escape(key)}:.*?(?=^\w|\Z)", re.MULTILINE | re.DOTALL)
        text, places = part.subn(lambda _found: block.text + "\n", before, count=1)
        if not places:
            raise BrokenPromiseError(f"{name} has no part {key}")
    file.write_text(text, encoding="utf-8")


def _give(step: Step, page: str, clone: Path, environment: dict[str, str]) -> None:
    """Give one command, and compare what comes of it with what the page says."""
    start = time.monotonic()
    done = subprocess.run(
        step.command,
        shell=True,
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    print(f"{page}:{step.line}: {step.command} ({time.monotonic() - start:.0f} s)", flush=True)
    printed = _plain(done.stdout)
    if done.returncode != step.code:
        raise BrokenPromiseError(f"{page}:{step.line}: exit code {done.returncode}, not {step.code}\n{done.stdout}")
    place = 0
    for line in step.shown:
        found = printed.find(_plain(line), place)
        if found < 0:
            raise BrokenPromiseError(f"{page}:{step.line}: does not print {line!r}, but\n{done.stdout}")
        place = found + len(_plain(line))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


if __name__ == "__main__":
    main()
