"""What each reported number is: the registry of outcomes as rows, and as the page docs/outcomes.md.

`python -m sim.report.registry` prints the page (`make docs` writes it).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sim.i18n import _
from sim.report.text import basis, outcome_label, unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.data import Outcome, Tables


def instrument_columns() -> dict[str, tuple[str, str]]:
    """Return what the columns of the table by instrument are: definition and unit, for one year."""
    projects, money = _("projects"), _("tenge nominal")
    return {
        "planned_kzt": (
            _("Tranche money put into the instrument's envelope, without repayments lent anew"),
            money,
        ),
        "applied": (_("Files that came before the committee"), projects),
        "approved": (_("Files the committee approved"), projects),
        "funded": (_("Loans paid out (diverted ones included)"), projects),
        "disbursed_kzt": (_("Loans paid out from tranches and from repayments"), money),
        "lapsed_kzt": (_("Tranche money taken back unspent"), money),
        "operating": (_("Projects with a loan at work at the year's end"), projects),
        "repaid_kzt": (_("Principal and interest paid by borrowers"), money),
        "defaulted_kzt": (_("Principal not repaid by loans that defaulted"), money),
        "own_money": (_("Projects begun with own money, without a loan"), projects),
        "jobs": (
            _("Own and hired people at work, with a loan or own money; jobs displaced elsewhere are not taken off"),
            _("full-time equivalents"),
        ),
    }


def measured(outcome: Outcome) -> str:
    """Say whether an outcome is a level or an increment."""
    return _("increment on no_programme") if outcome.against else _("level")


def prices(outcome: Outcome) -> str:
    """Say in which prices the money in an outcome is."""
    return {"real": _("real"), "nominal": _("nominal")}.get(outcome.prices, "")


def better(outcome: Outcome) -> str:
    """Say which way an outcome is better."""
    return {"more": _("more"), "less": _("less")}.get(outcome.better, _("neither"))


def definitions(outcomes: Sequence[Outcome]) -> Iterator[dict[str, str | float]]:
    """Yield what each outcome is, by heads of columns in the current language."""
    for outcome in outcomes:
        yield {
            _("Outcome"): outcome_label(outcome),
            _("Definition"): _(outcome.description),
            _("Unit shown"): unit(outcome),
            _("Unit stored"): outcome.unit,
            _("Shown = stored ×"): outcome.scale,
            _("Measured"): basis(outcome),
            _("Level or increment"): measured(outcome),
            _("Prices"): prices(outcome),
            _("Better"): better(outcome),
            _("Column"): outcome.name,
        }


def page(tables: Tables) -> str:
    """Return docs/outcomes.md."""
    lines = [
        "# Outcomes",
        "",
        "<!-- Made by `make docs` from sim/data/common/outcomes.csv: change that file, not this one. -->",
        "",
        *_introduction(),
        "",
        "## By allocation: `replications`, `summary.csv`",
        "",
        *_table(
            ("Outcome", "Definition", "Unit stored (shown)", "Measured", "Level or increment", "Prices", "Better"),
            [_row(outcome) for outcome in tables.outcomes],
        ),
        "",
        *_by_year_and_district(tables),
        "",
        "## By instrument and year: `instruments`",
        "",
        *_table(
            ("Column", "Definition", "Unit"),
            [(f"`{name}`", *about) for name, about in instrument_columns().items()],
        ),
    ]
    return "\n".join(lines) + "\n"


def _introduction() -> list[str]:
    return [
        "Every number that a run reports, one row an outcome. Files keep the stored unit; the screen, figures and",
        "`tables.xlsx` show the unit in brackets.",
        "",
        "- **Measured**: over which time. A run shorter than three years takes the mean of all its years.",
        "- **Increment**: the difference to `no_programme` in the same draw of parameters and the same world, 0 or",
        "  empty there. A level is what it is under each allocation; `summary.csv` holds its paired difference too.",
        "- **Prices**: real is tenge of the base year, deflated month by month; nominal is tenge of the day. Empty",
        "  where no money is in it.",
        "- **Better**: the side on which a target of the scenario is met; with *neither*, it cannot be a target.",
        "- What does not exist is empty, for the reason in the definition; it leaves means and comparisons.",
    ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    units = outcome.unit if outcome.unit == outcome.shown_unit else f"{outcome.unit} ({outcome.shown_unit})"
    name = f"{outcome.labels['en']} `{outcome.name}`"
    about = (measured(outcome), prices(outcome), better(outcome))
    return name, outcome.description, units, outcome.basis, *about


def _by_year_and_district(tables: Tables) -> Iterator[str]:
    """Write which outcomes are reported by year and by district."""
    from sim.outcomes import DISTRICT, YEARLY, YEARLY_INCREMENTS

    yield "## By year and by district: `yearly`, `districts`"
    yield ""
    yield f"The same outcomes for one year or one district; {_code(YEARLY_INCREMENTS)} is an increment here too. By year,"
    yield "animals and hectares are those of the year's end. By district they are those at the end, money lent is the sum"
    yield "over the horizon, and all else is the mean of the last three years; `meat_liveweight_t` leaves out pigs"
    yield "and poultry farms, which belong to no district."
    yield ""
    rows = [(f"`{o.name}`", _tick(o.name in YEARLY), _tick(o.name in DISTRICT)) for o in tables.outcomes]
    yield from _table(("Column", "By year", "By district"), [row for row in rows if any(row[1:])])


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tick(there: bool) -> str:
    return "yes" if there else ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


if __name__ == "__main__":
    from sim.data import SHIPPED, load_tables

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    print(page(load_tables(SHIPPED[0])), end="")
