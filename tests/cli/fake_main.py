"""The command line with replications that cost nothing, as a program of its own."""

from __future__ import annotations

import signal

import pytest

from sim.cli import main
from tests.experiment.fake import stand_in

stand_in(pytest.MonkeyPatch())
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may be deaf to Ctrl-C
main()
