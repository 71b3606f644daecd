"""Measures what auylsim costs and prints it as Markdown: `python -m benchmarks.table`, or `make bench`.

Machines differ and are shared, so what counts are ratios within one run. What is compared is measured in turn
(A B A B), and medians are shown, with the least and the most in brackets. Costs are processor time, and one core does
the work; throughput and storing are time on the wall. Nothing fails by being slow.
"""

from __future__ import annotations

import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import plain_simpy
from benchmarks.sizes import DEFAULT, ROOT, SMALL, finer, larger, longer
from sim.engine.simulation import SIMPY
from sim.experiment.executors import Rows, rows_of, tables_of
from sim.experiment.plans import Chunk
from sim.experiment.store import Store
from sim.experiment.study import Study
from sim.parameters.sampling import BLOCK
from sim.scenario import Scenario, load

MEMORY = """
import sys, tempfile, sim
from pathlib import Path
with tempfile.TemporaryDirectory() as folder:
    sim.run(sys.argv[1], replications=int(sys.argv[2]), workers=1, out=Path(folder) / "run")
with open("/proc/self/status", encoding="utf-8") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""
"""Runs a scenario and prints the peak of its memory, KiB; a child's `ru_maxrss` would start at its parent's."""


class Stopwatch:
    """Processor time spent in a study's luck and simulation, and in all of a replication."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.seconds = dict.fromkeys(("luck", "world", "simulation", "all"), 0.0)
        for name, attribute in (("luck", "fates"), ("world", "world"), ("simulation", "run")):
            setattr(study.simulation, attribute, self._timed(name, getattr(study.simulation, attribute)))
        self.replicate = self._timed("all", lambda number: rows_of(study, number))

    def _timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            result = function(*args, **kwargs)
            self.seconds[name] += time.process_time() - start
            return result

        return call

    def parts(self, number: int) -> tuple[Rows, dict[str, float]]:
        """Run a replication; returns its rows and the seconds of each part."""
        self.seconds = dict.fromkeys(self.seconds, 0.0)
        rows = self.replicate(number)
        return rows, dict(self.seconds)


def months_of(rows: Rows) -> int:
    """Return the project-months at work of a replication, all allocations."""
    return int(sum(rows["replications"]["project_months_operating"]))


def shown(values: Sequence[float], digits: int = 0) -> str:
    """Median, least and most."""
    middle, least, most = (f"{v:,.{digits}f}" for v in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({least}-{most})"


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Fit cost = a · size ^ b by least squares of logarithms; returns b."""
    return statistics.linear_regression([math.log(s) for s in sizes], [math.log(c) for c in costs]).slope


def say(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one table."""
    print(f"\n### {title}\n")
    for cells in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(cells) + " |", flush=True)


def engines(rounds: int = 5) -> None:
    """Both engines and the plain model, nanoseconds per project-month at work."""
    studies = {"compiled": Study(load(DEFAULT)), "simpy": Study(load(DEFAULT), SIMPY)}
    for study in studies.values():
        rows_of(study, 0)
    cost: dict[str, list[float]] = {"compiled": [], "simpy": [], "plain": []}
    for number in range(1, rounds + 1):
        for name, study in studies.items():
            start = time.process_time()
            made = rows_of(study, number)
            cost[name].append(1e9 * (time.process_time() - start) / months_of(made))
        start = time.process_time()
        totals = plain_simpy.Programme(seed=number).run()
        cost["plain"].append(1e9 * (time.process_time() - start) / totals.project_months)
    labels = {
        "compiled": "compiled engine, all but storing",
        "simpy": "SimPy engine, all but storing",
        "plain": "`plain_simpy.py`, a far poorer model",
    }
    rows = []
    for name, label in labels.items():
        ratios = [one / compiled for one, compiled in zip(cost[name], cost["compiled"], strict=True)]
        rows.append((label, shown(cost[name]), shown(ratios, 1)))
    header = ("default scenario, five allocations", "ns per project-month", "times the compiled engine")
    say("Engines", header, rows)


def parts() -> float:
    """The parts of a replication and what storing adds; returns the processor seconds of a replication."""
    study = Study(load(DEFAULT))
    watch = Stopwatch(study)
    rows_of(study, 0)
    results = [watch.parts(number) for number in range(BLOCK)]
    with tempfile.TemporaryDirectory() as folder:
        store, storing = Store(Path(folder)), []
        for _round in range(5):
            start = time.perf_counter()
            store.commit(Chunk(0, BLOCK), tables_of(study.schemas, [rows for rows, _seconds in results]))
            storing.append((time.perf_counter() - start) / BLOCK)
        stored = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / BLOCK
    months = statistics.mean(months_of(rows) for rows, _seconds in results)
    took = {name: statistics.median(seconds[name] for _rows, seconds in results) for name in watch.seconds}
    start = time.process_time()
    study.sampler.block(1)
    sampling = (time.process_time() - start) / BLOCK
    whole = sampling + took["all"] + statistics.median(storing)
    cost = {
        "sampled parameters, a block at a time": sampling,
        "luck": took["luck"],
        "the world that follows from luck and parameters": took["world"] - took["luck"],
        "simulation, five allocations": took["simulation"],
        "outcomes and rows": took["all"] - took["world"] - took["simulation"],
        f"storing ({stored:,.0f} bytes)": statistics.median(storing),
        "all": whole,
    }
    header = ("one replication of the default scenario", "ms", "%", "ns per project-month")
    rows = [(name, f"{1e3 * s:.2f}", f"{100 * s / whole:.1f}", f"{1e9 * s / months:.1f}") for name, s in cost.items()]
    say(f"Parts of a replication ({months:,.0f} project-months at work)", header, rows)
    return sampling + took["all"]


_study: Study | None = None  # of this worker process


def _start() -> None:
    global _study
    _study = Study(load(DEFAULT))
    rows_of(_study, 0)


def _work(numbers: range) -> None:
    assert _study is not None
    for number in numbers:
        rows_of(_study, number)


def _warm(ready: threading.Barrier) -> None:
    """Make this thread's states; that all threads wait for one another gives each of them one task."""
    _work(range(1))
    ready.wait()


def throughput(seconds: float, rounds: int = 11) -> None:
    """Replications per second of one and two threads, and of two processes, which share nothing but the machine."""
    each = max(2, math.ceil(0.7 / seconds))
    _start()
    ready = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, get_context("spawn"), _start) as processes:
        warm = [threads.submit(_warm, ready) for _thread in range(2)]
        warm += [processes.submit(_work, range(each)) for _process in range(2)]
        for future in warm:
            future.result()
        speed: dict[str, list[float]] = {"one thread": [], "two threads": [], "two processes": []}
        for _round in range(rounds):
            speed["one thread"].append(_speed(threads, 1, each))
            speed["two threads"].append(_speed(threads, 2, each))
            speed["two processes"].append(_speed(processes, 2, each))
    rows = []
    for name, values in speed.items():
        ratios = [value / one for value, one in zip(values, speed["one thread"], strict=True)]
        rows.append((name, shown(values, 1), shown(ratios, 2)))
    say("Throughput", ("default scenario", "replications per second", "times one thread"), rows)


def _speed(executor: Executor, workers: int, each: int) -> float:
    start = time.perf_counter()
    tasks = [executor.submit(_work, range(worker * each, (worker + 1) * each)) for worker in range(workers)]
    for task in tasks:
        task.result()
    return workers * each / (time.perf_counter() - start)


def scaling(rounds: int = 3) -> None:
    """Cost against projects, horizon and districts, every parameter at its central value."""
    with tempfile.TemporaryDirectory() as folder:
        dimensions: dict[str, dict[int, Scenario]] = {
            "region, times": {n: larger(n) for n in (1, 4, 16)},
            "years": {n: longer(n) for n in (10, 20, 40)},
            "districts": {n: finer(n // 10, Path(folder) / str(n)) for n in (10, 40, 160)},
        }
        rows = []
        for name, scenarios in dimensions.items():
            rows += _dimension(name, scenarios, rounds)
    header = (
        "what",
        "candidates",
        "project-months at work",
        "ms in all",
        "simulation, ns per project-month",
        "exponent",
    )
    say("Cost of a replication against its size", header, rows)


def _dimension(name: str, scenarios: dict[int, Scenario], rounds: int) -> list[tuple[str, ...]]:
    watches = {size: Stopwatch(Study(scenario)) for size, scenario in scenarios.items()}
    took: dict[int, list[float]] = {size: [] for size in watches}
    cost: dict[int, list[float]] = {size: [] for size in watches}
    months: dict[int, list[float]] = {size: [] for size in watches}
    for watch in watches.values():
        watch.parts(0)
    for number in range(1, rounds + 1):
        for size, watch in watches.items():
            rows, seconds = watch.parts(number)
            months[size].append(months_of(rows))
            took[size].append(seconds["all"])
            cost[size].append(1e9 * seconds["simulation"] / months[size][-1])
    fitted = exponent(list(watches), [statistics.median(took[size]) for size in watches])
    return [
        (
            f"{name} {size}",
            f"{watch.study.simulation.structure.first[-1]:,}",
            f"{statistics.mean(months[size]):,.0f}",
            f"{1e3 * statistics.median(took[size]):,.1f}",
            f"{statistics.median(cost[size]):.1f}",
            f"{fitted:.2f}" if size == max(watches) else "",
        )
        for size, watch in watches.items()
    ]


def memory() -> None:
    """Peak memory of a fresh process that runs the small scenario."""
    counts = (512, 2048, 8192)  # fewer fill no whole part of what is read at once
    command = [sys.executable, "-c", MEMORY, str(SMALL)]
    children = [subprocess.Popen([*command, str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True) for n in counts]
    peaks = [int(child.communicate()[0]) / 1024 for child in children]
    rows = [(f"{n:,}", f"{peak:,.0f}") for n, peak in zip(counts, peaks, strict=True)]
    growth = (peaks[-1] - peaks[-2]) / (counts[-1] - counts[-2])
    rows.append(("100,000, if it goes on growing like that", f"{peaks[-1] + growth * (100_000 - counts[-1]):,.0f}"))
    say("Memory", ("replications of the small scenario", "peak, MiB"), rows)


def main() -> None:
    """Measure all and print it."""
    load_before = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load_before} before", flush=True)
    engines()
    throughput(parts())
    scaling()
    memory()


if __name__ == "__main__":
    main()
