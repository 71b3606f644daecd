"""The set-up of the project itself: what is declared, pinned and forbidden."""

from __future__ import annotations

import ast
import importlib.metadata
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sim

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "sim").rglob("*.py"))
LONGEST_MODULE = 450  # lines


def settings() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def declared() -> list[Requirement]:
    """Return what setup.cfg asks for, extras included, and pyproject.toml for the build."""
    config = settings()
    lines = config["options"]["install_requires"].splitlines()
    lines += [line for extra in config["options.extras_require"].values() for line in extra.splitlines()]
    lines += tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    return [Requirement(line) for line in lines if line]


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pins}


def needed_by(requirement: Requirement) -> Iterator[str]:
    """Yield a package and what it needs in turn, as installed here, on the platform the lock is made on."""
    yield canonicalize_name(requirement.name)
    linux = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    for line in importlib.metadata.requires(requirement.name) or []:
        child = Requirement(line)
        extras = ("", *requirement.extras)
        if child.marker is None or any(child.marker.evaluate(linux | {"extra": extra}) for extra in extras):
            yield from needed_by(child)


def test_pyproject_only_names_the_build_system() -> None:
    assert list(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))) == ["build-system"]


def test_names_of_package_and_command() -> None:
    config = settings()
    assert config["metadata"]["name"] == "auylsim"
    assert config["metadata"]["version"] == "attr: sim.__version__"
    assert config["options"]["python_requires"] == ">=3.11"
    assert config["options.entry_points"]["console_scripts"].strip() == "auylsim = sim.cli:main"


def test_all_data_files_are_packed() -> None:
    package = ROOT / "sim"
    patterns = settings()["options.package_data"]["sim"].split()
    packed = {file for pattern in patterns for file in package.glob(pattern)}
    present = {file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert present - packed - set(MODULES) == set()


def test_each_dependency_has_a_lower_bound_that_the_lock_keeps() -> None:
    pins = locked()
    for requirement in declared():
        assert [bound.operator for bound in requirement.specifier] == [">="], requirement
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_lock_pins_all_that_is_needed_and_no_more() -> None:
    needed = {name for requirement in declared() for name in needed_by(requirement)}
    assert set(locked()) == needed


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_stay_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_only_the_kernel_module_imports_numba() -> None:
    importers = set()
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "numba" for name in names):
                importers.add(module.relative_to(ROOT).as_posix())
    assert importers == {"sim/kernel.py"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, sim; print(sorted({'numpy', 'numba', 'matplotlib', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, text=True)
    assert done.stdout.strip() == "[]"


def test_unknown_public_name_is_an_attribute_error() -> None:
    assert {"load", "run", "open_results", "Results"} <= set(dir(sim))
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        sim.lode  # noqa: B018


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_says_which_python_it_needs(tmp_path: Path) -> None:
    for name in ("Makefile", "setup.cfg", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(["make", "run", "PYTHON=false"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / ".venv").exists()
