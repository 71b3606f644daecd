"""Compiled code: what it promises, and that no stale or broken cache file is ever run."""

from __future__ import annotations

import importlib
import json
import math
import os
import pkgutil
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

import sim
from sim import kernel as kernel_module
from sim.kernel import COMPILED, LINE, fetch, kernel
from sim.parameters.records import FloatArray

SHARED = """
from sim.kernel import kernel

RATE = {rate}

@kernel
def scale(x):
    return RATE * x
"""

USER = """
from sim.kernel import kernel
from sim.shared import scale

@kernel
def grow(x):
    return scale(x) + 1
"""

# Says what `grow` gives for the arguments named, and whether it was compiled or loaded.
REPORT = """
import json, sys
from sim.user import grow
values = [grow(json.loads(argument)) for argument in sys.argv[1:]]
stats = grow.stats
print(json.dumps([values, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))
"""


class Install:
    """A copy of the lowest layers with two kernels of its own, to break and change at will."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "sim"
        self.package.mkdir(parents=True)
        for name in ("__init__.py", "errors.py", "i18n.py", "kernel.py"):
            shutil.copy(Path(sim.__file__).parent / name, self.package)
        self.home = folder / "home"
        self.home.mkdir()
        self.set_rate(2.0)
        (self.package / "user.py").write_text(USER, encoding="utf-8")

    def set_rate(self, rate: float) -> None:
        (self.package / "shared.py").write_text(SHARED.format(rate=rate), encoding="utf-8")

    def start(self, code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "AUYLSIM_"))}
        home = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"), str(self.home))
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=kept | home | {"PYTHONPATH": str(self.package.parent), "PYTHONUTF8": "1"} | environment,
            cwd=self.package.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, code: str, *arguments: str, **environment: str) -> tuple[Any, str]:
        """Return what the code printed as JSON, and its stderr."""
        return finish(self.start(code, *arguments, **environment))

    def files(self, ending: str = "*") -> list[Path]:
        """Return the cache files of `grow` in the package's own `__pycache__`."""
        return sorted((self.package / "__pycache__").glob(f"kernels/*/*/user.grow-*.{ending}"))


def finish(process: subprocess.Popen[str]) -> tuple[Any, str]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out), err


@pytest.fixture
def install(tmp_path: Path) -> Install:
    return Install(tmp_path / "with space и кириллица")


@kernel
def divide(a: float, b: float) -> float:
    return a / b


def test_division_by_zero_gives_infinity() -> None:
    assert divide(1.0, 0.0) == math.inf
    assert math.isnan(divide(0.0, 0.0))


def test_options_of_the_compiler() -> None:
    options = divide.targetoptions  # type: ignore[attr-defined]
    assert options["nogil"] is True
    assert options["error_model"] == "numpy"
    assert "fastmath" not in options


def test_exp_and_log_are_those_of_the_c_library(install: Install) -> None:
    code = "import json, sim.user, numba; print(json.dumps(numba.config.DISABLE_INTEL_SVML))"
    assert install.run(code) == (1, "")


@kernel(allocates=True)
def make(size: int) -> float:
    return float(np.zeros(size)[0])


@kernel
def make_secretly(size: int) -> float:
    return float(np.zeros(size)[0])


@kernel
def sum_ahead(values: FloatArray) -> float:
    total, last = 0.0, values.shape[0] - 1
    for place in range(values.shape[0]):
        fetch(values, min(place + 8, last), 2)
        total += values[place]
    return total


def test_fetching_ahead_changes_nothing() -> None:
    values = np.arange(100.0)
    assert sum_ahead(values) == 4950.0
    assert values.tolist() == list(range(100))


@pytest.mark.skipif(not COMPILED or platform.machine() not in ("x86_64", "AMD64"), reason="how it is told to x86")
def test_fetching_is_told_to_the_processor_line_by_line() -> None:
    assert sum_ahead(np.zeros(3)) == 0.0
    hints = [line.split()[1] for line in inspect_code(sum_ahead).splitlines() if "prefetcht0" in line]
    assert any(hint.startswith(f"{LINE}(") for hint in hints)
    assert any(hint.startswith("(") for hint in hints)


def inspect_code(function: Any) -> str:
    return "".join(function.inspect_asm().values())


def test_who_makes_arrays_must_say_so() -> None:
    assert make(3) == 0.0
    with pytest.raises(numba.TypingError, match="zeros"):
        make_secretly(3)


def kernels() -> Iterator[Any]:
    """Return all compiled functions of the program."""
    for info in pkgutil.walk_packages(sim.__path__, "sim."):
        if info.name != "sim.__main__":
            module = importlib.import_module(info.name)
            yield from (
                value for value in vars(module).values() if hasattr(value, "py_func") and value.__module__ == info.name
            )


def called(function: Any) -> set[Any]:
    """Return what a function may call: what its names mean, or mean in a module that it names."""
    names, known = function.__code__.co_names, function.__globals__
    modules = [known[name] for name in names if isinstance(known.get(name), ModuleType)]
    places = [known, *(vars(module) for module in modules)]
    return {place[name] for place in places for name in names if callable(place.get(name))}


def test_who_calls_one_that_makes_arrays_says_so() -> None:
    """Numba compiles a caller that counts no references to what it is given: that memory is never given back."""
    makers = {function for function in kernels() if function.targetoptions["_nrt"]}
    others = set(kernels()) - makers
    assert len(makers) > 10
    assert len(others) > 100
    assert any(makers & called(function.py_func) for function in makers)
    assert [function for function in others if makers & called(function.py_func)] == []


def test_second_start_loads_what_the_first_compiled(install: Install) -> None:
    assert install.run(REPORT, "1.5") == ([[4.0], 0, 1], "")
    assert install.run(REPORT, "1.5") == ([[4.0], 1, 0], "")


def test_a_constant_changed_in_another_file_is_noticed(install: Install) -> None:
    install.run(REPORT, "1.5")
    install.set_rate(4.0)
    assert install.run(REPORT, "1.5")[0] == [[7.0], 0, 1]


def test_every_file_of_the_package_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A constant changed in any of them gives the compiled code another folder; so does a file more or fewer."""
    package = tmp_path / "sim"
    shutil.copytree(Path(sim.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(kernel_module, "_PACKAGE", package)
    files = sorted(package.rglob("*.py"))
    assert len(files) > 50
    unchanged = kernel_module._digest()
    digests = {unchanged}
    for file in files:
        content = file.read_bytes()
        file.write_bytes(content + b"CHANGED = 1\n")
        digests.add(kernel_module._digest())
        file.unlink()
        digests.add(kernel_module._digest())
        file.write_bytes(content)
    assert kernel_module._digest() == unchanged
    assert len(digests) == 1 + 2 * len(files)


def test_a_setting_of_numba_has_its_own_cache(install: Install) -> None:
    install.run(REPORT, "1.5")
    assert install.run(REPORT, "1.5", NUMBA_BOUNDSCHECK="1")[0] == [[4.0], 0, 1]


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99], ids=["empty", "half", "nearly whole"])
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_truncated_cache_file_is_rebuilt_once(install: Install, ending: str, keep: float) -> None:
    install.run(REPORT, "1.5")
    (file,) = install.files(ending)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * keep)])
    assert install.run(REPORT, "1.5") == ([[4.0], 0, 1], "")
    assert install.run(REPORT, "1.5") == ([[4.0], 1, 0], "")
    assert len(install.files()) == 2


def test_a_cache_file_with_other_content_is_rebuilt(install: Install) -> None:
    install.run(REPORT, "1.5")
    for file in install.files():
        file.write_bytes(b"not what you think" * 100)
    assert install.run(REPORT, "1.5") == ([[4.0], 0, 1], "")
    assert install.run(REPORT, "1.5") == ([[4.0], 1, 0], "")


def test_a_cache_folder_lost_on_the_way_stops_nothing(install: Install) -> None:
    lose = "import shutil; from pathlib import Path; from sim.kernel import cache_folder; import sim.user\n"
    lose += "shutil.rmtree(cache_folder()); cache_folder().write_text('', encoding='utf-8')\n"
    assert install.run(lose + REPORT, "1.5") == ([[4.0], 0, 1], "")


def test_a_read_only_install_uses_the_users_folder(install: Install) -> None:
    (install.package / "__pycache__").write_text("in the way, also for root", encoding="utf-8")
    assert install.run(REPORT, "1.5") == ([[4.0], 0, 1], "")
    assert install.run(REPORT, "1.5") == ([[4.0], 1, 0], "")
    assert list(install.home.rglob("user.grow-*.nbi"))


def test_nowhere_to_write_is_said_once_and_works(install: Install) -> None:
    (install.package / "__pycache__").write_text("in the way", encoding="utf-8")
    install.home.rmdir()
    install.home.write_text("in the way", encoding="utf-8")
    result, err = install.run(REPORT, "1.5")
    assert result == [[4.0], 0, 1]
    assert len(err.splitlines()) == 1
    assert "AUYLSIM_CACHE" in err


def test_the_folder_named_by_the_user_comes_first(install: Install, tmp_path: Path) -> None:
    chosen = tmp_path / "кэш"
    install.run(REPORT, "1.5", AUYLSIM_CACHE=str(chosen))
    assert list(chosen.glob("kernels/*/*/user.grow-*.nbi"))
    assert not install.files()


def test_two_processes_at_once_both_work(install: Install) -> None:
    first = install.start(REPORT, "1.5", "3")
    second = install.start(REPORT, "3", "1.5")
    assert finish(first)[0][0] == [4.0, 7.0]
    assert finish(second)[0][0] == [7.0, 4.0]
    assert install.run(REPORT, "1.5", "3")[0][0] == [4.0, 7.0]


def test_signatures_compiled_at_the_same_moment_are_not_mixed_up(install: Install) -> None:
    """Both processes saw an empty index; the first one's index is written last."""
    install.run(REPORT, "1.5")
    (index,) = install.files("nbi")
    first = index.read_bytes()
    index.unlink()
    install.run(REPORT, "3")
    index.write_bytes(first)
    assert install.run(REPORT, "1.5", "3")[0] == [[4.0, 7.0], 1, 1]


def test_spawned_workers_load_and_do_not_compile(install: Install) -> None:
    (install.package / "worker.py").write_text(
        "from sim.user import grow\n\n"
        "def work(x):\n"
        "    return grow(x), sum(grow.stats.cache_hits.values()), sum(grow.stats.cache_misses.values())\n",
        encoding="utf-8",
    )
    code = "\n".join(
        [
            "import json, multiprocessing",
            "from concurrent.futures import ProcessPoolExecutor",
            "from sim.worker import work",
            "work(1.5)",
            "with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:",
            "    print(json.dumps(pool.submit(work, 1.5).result()))",
        ]
    )
    assert install.run(code) == ([4.0, 1, 0], "")


def test_plain_mode_gives_plain_functions(install: Install) -> None:
    code = "import json, types; from sim.user import grow; print(json.dumps([type(grow).__name__, grow(1.5)]))"
    assert install.run(code, NUMBA_DISABLE_JIT="1") == (["function", 4.0], "")
    assert not install.files()


def test_the_users_numba_setting_is_left_as_it_was(install: Install, tmp_path: Path) -> None:
    code = "import json, sim.user, numba; print(json.dumps(numba.config.CACHE_DIR))"
    assert install.run(code, NUMBA_CACHE_DIR=str(tmp_path))[0] == str(tmp_path)
    assert install.run(code)[0] == ""


def test_a_function_typed_at_a_prompt_compiles_without_cache(install: Install) -> None:
    code = REPORT.replace("from sim.user import grow", USER)
    assert install.run(code, "1.5") == ([[4.0], 0, 1], "")
    assert not list(install.package.parent.rglob("*grow*"))


@pytest.fixture
def fresh_search() -> Iterator[None]:
    kernel_module.cache_folder.cache_clear()
    yield
    kernel_module.cache_folder.cache_clear()


@pytest.mark.usefixtures("fresh_search")
def test_folders_of_old_versions_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUYLSIM_CACHE", str(tmp_path))
    old, recent, other = (tmp_path / "kernels" / name for name in ("0" * 16, "1" * 16, "somebody's"))
    long_ago = time.time() - 8 * 24 * 3600
    for folder in (old, recent, other):
        folder.mkdir(parents=True)
    for folder in (old, other):
        os.utime(folder, (long_ago, long_ago))
    assert kernel_module.cache_folder() is not None
    assert not old.exists()
    assert recent.exists()
    assert other.exists()
