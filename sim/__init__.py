"""What comes of each way to split a rural lending programme, simulated: load, run, sweep, compare and so on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.api import Results, load, open_results, run
    from sim.api.comparing import compare
    from sim.api.drawing import figures
    from sim.api.sensitivities import sensitivity
    from sim.api.sweeping import sweep
    from sim.api.tracing import trace

__version__ = "0.1.0"

__all__ = [
    "Results", "__version__", "compare", "figures", "load", "open_results", "run", "sensitivity", "sweep", "trace",
]  # fmt: skip

_ELSEWHERE = {
    "compare": "sim.api.comparing",
    "figures": "sim.api.drawing",
    "sensitivity": "sim.api.sensitivities",
    "sweep": "sim.api.sweeping",
    "trace": "sim.api.tracing",
}


def __getattr__(name: str) -> object:
    """Load the public names on first use, or every worker process would load Matplotlib."""
    if name in __all__:
        return getattr(import_module(_ELSEWHERE.get(name, "sim.api")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, for completion in notebooks."""
    return sorted(__all__)
