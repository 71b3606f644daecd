"""Print a digest of one replication's rows, as a process of its own: python -m tests.properties.digest [set …]."""

from __future__ import annotations

import hashlib
import sys

from sim.experiment.study import Study
from sim.scenario import load
from tests.properties.studies import SMALL


def digest(*sets: str) -> str:
    """Return the sha256 of every digit of every table."""
    return hashlib.sha256(repr(Study(load(SMALL, sets=sets)).replicate(5)).encode()).hexdigest()


if __name__ == "__main__":
    print(digest(*sys.argv[1:]))
