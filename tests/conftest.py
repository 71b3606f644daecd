"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same examples for everyone, and no time limit: a first call may compile.
settings.register_profile("auylsim", deadline=None, derandomize=True)
settings.load_profile("auylsim")
