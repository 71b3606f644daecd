"""What comes of each way to split a rural lending programme, simulated: load, run, open_results, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.api import Results, load, open_results, run
    from sim.api.comparing import compare

__version__ = "0.1.0"

__all__ = ["Results", "__version__", "compare", "load", "open_results", "run"]


def __getattr__(name: str) -> object:
    """Load the public names on first use, or every worker process would load Matplotlib."""
    if name == "compare":
        from sim.api.comparing import compare

        return compare
    if name in __all__:
        from sim import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, for completion in notebooks."""
    return sorted(__all__)
