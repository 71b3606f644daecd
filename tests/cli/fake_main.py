"""The command line with replications that cost nothing, as a program of its own."""

from __future__ import annotations

import signal
import sys
from types import SimpleNamespace
from typing import Any, cast

from sim.cli import main
from tests.experiment.fake import study_of

sys.modules["sim.experiment.study"] = cast(Any, SimpleNamespace(Study=study_of))
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may be deaf to Ctrl-C
main()
