"""Print digests of one replication, as a process of its own: python -m tests.properties.digest [set …]."""

from __future__ import annotations

import hashlib
import sys

from sim.engine.simulation import ENGINES
from sim.experiment.study import Study
from sim.scenario import load
from tests.engine.both import written
from tests.properties.studies import SMALL


def digests(*sets: str) -> list[str]:
    """Return by engine the sha256 of every digit of every table, and of all that one allocation's state holds."""
    return [_digest(Study(load(SMALL, sets=sets), engine=engine)) for engine in ENGINES]


def _digest(study: Study) -> str:
    state, _status = study.simulation.run("current", *study.simulation.world(study.point(5), 5))
    digest = hashlib.sha256(repr(study.replicate(5)).encode())
    for content in written(state).values():
        digest.update(content)
    return digest.hexdigest()


if __name__ == "__main__":
    print(*digests(*sys.argv[1:]), sep="\n")
