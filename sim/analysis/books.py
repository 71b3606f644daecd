"""What one borrower's month came to, worked out from the notes: dues, earnings, and why dues stay unpaid."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.analysis.trace import Line, Watched
from sim.model.state import DIVERTED
from sim.model.world import PLANT
from sim.parameters.records import number

LOOKED_BACK = 6  # months over which earnings and dues are averaged


class Books:
    """The books of candidate j; a month is named by its end t, whole months since the start."""

    def __init__(self, run: Watched, j: int) -> None:
        self.run = run
        self.j = j
        self.k = int(run.world.person["instrument"][j])
        self.lines: list[Line] = run.lines_of.get(j, [])

    def first(self, what: str) -> float:
        """When a line of the log was first written; inf = never."""
        return next((line.time for line in self.lines if line.what == what), math.inf)

    def behind(self, t: float) -> int:
        """Unpaid dues at the end of month t, tenge."""
        return int(self.run.notes.loan["behind"][int(t), self.j])

    def dues(self, t: int) -> int:
        """Add up what fell due in month t, early repayment counted as due, tenge."""
        loan, j = self.run.notes.loan, self.j
        rate = number(self.run.parameters.loan, "rate")
        interest = math.floor(int(loan["outstanding"][t - 1, j]) * rate / 12.0)
        return interest + int(loan["not_due"][t - 1, j] - loan["not_due"][t, j])

    def sale(self, t: int, heads: float) -> int:
        """Tell what animals sold in need in month t brought to the loan, nominal tenge."""
        return math.ceil(heads * self._a_head(t) * self._cpi(t))

    def _a_head(self, t: int) -> float:
        """Tell what a head sold in need fetches, real tenge."""
        run, species = self.run, int(self.run.structure.species[self.k])
        kg = float(run.parameters.herd["slaughter_kg"][species])
        return kg * float(run.notes.farm[t, species]) * (1.0 - number(run.parameters.loan, "distress_discount"))

    def _cpi(self, t: int) -> float:
        return float(self.run.world.cpi[t - 1])

    def earned(self, t: int) -> float:
        """Tell what the enterprise earned in month t after hired wages, without sales in need, nominal tenge.

        NaN where it was not at work, and in the last month of a year of work, which the notes do not hold.
        """
        work, j = self.run.notes.work, self.j
        at_work = self.first("operating") <= t - 1.0 and work["since"][t, j] <= t - 1.0
        if not at_work or work["anniversary"][t, j] != work["anniversary"][t - 1, j]:
            return math.nan
        real = float(work["year_margin"][t, j] - work["year_margin"][t - 1, j])
        sold = sum(line.amount for line in self.lines if line.what == "in_need" and line.time == t)
        if sold > 0.0:
            real -= sold * self._a_head(t)
        return real * self._cpi(t)

    def why(self, t: float, missed: float) -> dict[str, Any]:
        """Say why dues are unpaid.

        Parameters
        ----------
        t : float
            The month that is closed.
        missed : float
            The month whose due is the oldest unpaid one.
        """
        run, j = self.run, self.j
        stops, opened = float(run.state.loans["stops_at"][j]), self.first("operating")
        if run.state.files["status"][j] == DIVERTED:
            return {"reason": "diverted", "support_kzt": self._support(t)}
        if missed > stops:
            return {"reason": "on_purpose"}
        if self.first("abandoned") < missed:
            return {"reason": "given_up", "support_kzt": self._support(t)}
        facts: dict[str, Any] = {"stopped": stops} if stops < t - 1.0 else {}
        if opened > missed - 1.0:
            facts |= {"phase": self._phase(missed), "support_kzt": self._support(t)}
            if opened > t - 2.0:  # it has not earned anything yet
                return {"reason": "not_at_work", **facts}
            return {"reason": "opened_late", **facts, **self._earnings(int(t), missed)}
        return {"reason": "earns_too_little", **facts, **self._earnings(int(t), missed)}

    def _support(self, t: float) -> int:
        return int(self.run.notes.support[int(t), self.k])

    def _phase(self, t: float) -> str:
        """Say what a project that is not at work yet was waiting for at time t."""
        if self.first("built") > t:
            needs_crew = bool(self.run.parameters.instrument["builds"][self.k])
            return "crew" if needs_crew and self.first("crew") > t else "build"
        if self.first("operating") <= t:
            return "opened"
        return "stock" if self.first("stock") > t else "settle"

    def _earnings(self, t: int, missed: float) -> dict[str, Any]:
        """Average earnings and dues over the last months that are known."""
        begin = max(math.floor(missed) - 1, t - LOOKED_BACK)
        default = self.first("default")
        months = [m for m in range(begin + 1, t + 1) if m < default]
        earned = [self.earned(m) for m in months]
        known = [value for value in earned if math.isfinite(value)]
        run, scale = self.run, float(self.run.state.work["scale"][self.j])
        other = int(run.notes.loan["other_due"][t - 1, self.j])
        living = float(run.notes.drawings[t - 1, self.k]) * scale * self._cpi(t)
        return {
            "earned_kzt": float(np.mean(known)) if known else math.nan,
            "dues_kzt": float(np.mean([self.dues(m) for m in months])),
            "other_kzt": other,
            "living_kzt": living,
            "skill": float(run.world.person["skill"][self.j]),
            "closed_months": self._closed(begin, t),
            "looked_months": t - begin,
        }

    def _closed(self, begin: float, end: float) -> float:
        """Months between two times in which the project's plant was closed."""
        if self.run.structure.kind[self.k] != PLANT:
            return 0.0
        total, since = 0.0, math.inf
        for line in self.lines:
            if line.what == "closed":
                since = line.time
            elif line.what == "reopened":
                total += max(0.0, min(line.time, end) - max(since, begin))
                since = math.inf
        return total + max(0.0, end - max(since, begin))
