"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ["AUYLSIM_CHECK"] = "1"  # every replication closes its ledgers, in worker processes too

# The same examples for everyone, and no time limit: a first call may compile.
settings.register_profile("auylsim", deadline=None, derandomize=True)
settings.load_profile("auylsim")
