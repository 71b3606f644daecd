"""The factors that an outcome depends on most, as tables on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from sim.i18n import _
from sim.report.factors import counted, factor_label, labelled, measure_label, notes, told
from sim.report.tables import plain
from sim.report.text import allocation_label, difference_unit, shown, unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    import pandas as pd
    from rich.console import Console

    from sim.analysis.source import Source
    from sim.data import Outcome

    class Found(Protocol):
        """The tables of a sensitivity analysis, see `sim.api.sensitivities.Sensitivity`."""

        @property
        def kind(self) -> str:
            """How the points were chosen."""

        @property
        def factors(self) -> pd.DataFrame:
            """The tidy table."""

        @property
        def groups(self) -> pd.DataFrame | None:
            """Shares by subject."""

        @property
        def screening(self) -> pd.DataFrame | None:
            """How factors were chosen."""

        @property
        def luck(self) -> pd.DataFrame | None:
            """Shares of luck."""


SHOWN = 15
WIDTH = 120  # characters
SHORT = {
    "rho": "ρ", "prcc": "PRCC", "s1": "S1", "st": "ST", "pawn": "PAWN", "delta": "δ", "mu": "μ", "mu_star": "μ*",
    "sigma": "σ",
}  # fmt: skip


def print_leading(source: Source, found: Found, allocation: str, reference: str | None, to: Console) -> None:
    """Print the leading factors of each outcome.

    Parameters
    ----------
    source : Source
        The run.
    found : Found
        What was found in it.
    allocation : str
        Whose outcomes.
    reference : str or None
        What differences are taken to; None for levels.
    to : Console
        Where to print.
    """
    whose = whose_outcomes(source, allocation, reference)
    for name in dict.fromkeys(found.factors["outcome"]):
        label, outcome = labelled(source, name)
        own = found.factors[found.factors["outcome"] == name]
        to.print()
        to.print(plain(f"{label}: {whose}"), width=min(to.width, WIDTH))
        if "swing" in own and outcome is not None:
            to.print(_swings(own.head(SHOWN), outcome))
            to.print(
                plain(unit(outcome) if reference is None else difference_unit(outcome)), width=min(to.width, WIDTH)
            )
        else:
            to.print(_measures(source, own, "st" if found.kind == "saltelli" else None))
            measures = dict.fromkeys(own["measure"])
            legend = "; ".join(f"{SHORT[measure]}: {measure_label(measure)}" for measure in measures)
            to.print(plain(f"{legend}. {counted(own)}"), width=min(to.width, WIDTH))
    if found.screening is not None:
        for line in notes(source, found.factors, found.screening):
            to.print(plain(line), width=min(to.width, WIDTH))


def whose_outcomes(source: Source, allocation: str, reference: str | None) -> str:
    """Name the allocation, or the difference, whose outcomes are looked at."""
    whose = allocation_label(source.scenario, allocation)
    if reference is None:
        return whose
    return _("{allocation} less {reference}").format(
        allocation=whose, reference=allocation_label(source.scenario, reference)
    )


def _swings(table: pd.DataFrame, outcome: Outcome) -> Table:
    """Return the bars of a tornado as a table."""
    heads = {
        "low": _("at its low value"), "central": _("all central"), "high": _("at its high value"), "swing": _("swing"),
    }  # fmt: skip
    screen = _screen(list(heads.values()))
    for _i, line in table.iterrows():
        cells = [plain(shown(outcome, line[column], signed=column == "swing")) for column in heads]
        screen.add_row(factor_label(str(line["factor"])), *cells)
    return screen


def _measures(source: Source, table: pd.DataFrame, ranking: str | None) -> Table:
    """Return the leading factors, one row each, one column a measure."""
    measures = list(dict.fromkeys(table["measure"]))
    screen = _screen([SHORT[measure] for measure in measures])
    ranked = table[table["measure"] == (ranking or measures[0])].set_index("factor")["value"].abs()
    cells = {(row["factor"], row["measure"]): plain(told(source, row)) for _i, row in table.iterrows()}
    for factor in ranked.sort_values(ascending=False, kind="stable").index[:SHOWN]:
        screen.add_row(factor_label(str(factor)), *(cells.get((factor, measure), "") for measure in measures))
    return screen


def _screen(columns: Sequence[str]) -> Table:
    screen = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    screen.add_column(_("factor"), overflow="fold")
    for column in columns:
        screen.add_column(plain(column), justify="right")
    return screen
