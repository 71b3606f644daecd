"""How far a run has come, on standard error: a bar on a terminal, a line at every tenth elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from sim.cli.listings import plain
from sim.i18n import _
from sim.report.text import number

Show = Callable[[int, int], None]


@contextmanager
def shown(quiet: bool) -> Iterator[Show | None]:
    """Yield what to call with the replications that are done and all of them; None if nothing is wanted."""
    if quiet:
        yield None
    elif sys.stderr.isatty() and not plain():
        with _bar() as bar:
            yield bar
    else:
        yield Lines()


class Lines:
    """A plain line at the start and whenever another tenth of the replications is done."""

    def __init__(self) -> None:
        self._last = -1

    def __call__(self, done: int, total: int) -> None:
        """Print a line if another tenth is done."""
        tenth = 10 * done // total
        if tenth > self._last:
            self._last = tenth
            message = _("{percent} %: {done} of {total} replications")
            print(message.format(percent=10 * tenth, done=done, total=total), file=sys.stderr, flush=True)


@contextmanager
def _bar() -> Iterator[Show]:
    """Draw a bar with rate and time left."""
    columns = (MofNCompleteColumn(), BarColumn(), _Rate(), TimeRemainingColumn(elapsed_when_finished=True))
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = None

        def show(done: int, total: int) -> None:
            nonlocal task
            if task is None:  # what was stored before says nothing about the rate
                task = progress.add_task("", completed=done, total=total)
            progress.update(task, completed=done, total=total)  # a stopping rule lowers it at the end

        yield show


class _Rate(ProgressColumn):
    """Replications per second or per minute."""

    def render(self, task: Task) -> Text:
        """Write the rate, once there is one."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        if speed < 1:
            return Text(_("{rate} a minute").format(rate=number(60 * speed, 1)))
        return Text(_("{rate} a second").format(rate=number(speed, 1)))
