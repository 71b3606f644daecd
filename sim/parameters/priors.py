"""What of a scenario is uncertain, and what is fixed."""

from __future__ import annotations

from sim.data import Tables
from sim.scenario import Distribution, Pert, Scenario


def priors_of(scenario: Scenario, tables: Tables) -> tuple[dict[str, float], dict[str, Distribution]]:
    """Return the numbers that stay fixed and the distributions of those that vary, by path.

    A path set to a number no longer varies.
    """
    fixed: dict[str, float] = {}
    priors: dict[str, Distribution] = {
        path: Pert(low=q.low, mode=q.central, high=q.high) for path, q in tables.quantities.items() if q.uncertain
    }
    for path, value in scenario.set.items():
        priors.pop(path, None)
        if isinstance(value, (int, float)):
            fixed[path] = float(value)
        else:
            priors[path] = value
    if scenario.uncertain != "all":
        chosen = set(scenario.uncertain)
        fixed |= {path: centre_of(prior) for path, prior in priors.items() if path not in chosen}
        priors = {path: prior for path, prior in priors.items() if path in chosen}
    return fixed, priors


def centre_of(prior: Distribution) -> float:
    """Give the value of a parameter that is kept from varying."""
    for name in ("mode", "mean", "median"):
        if hasattr(prior, name):
            return float(getattr(prior, name))
    return (prior.low + prior.high) / 2.0  # type: ignore[union-attr]
