"""What each reported number is: the registry of outcomes as rows, and as the page docs/outcomes.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.i18n import _
from sim.report.text import basis, outcome_label, unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.data import Outcome, Tables


class InstrumentColumn(NamedTuple):
    """A column of the table by instrument, for one year; `scale` takes the stored unit to the shown one."""

    name: str
    label: str
    definition: str
    unit: str
    shown_unit: str
    scale: float


def instrument_columns() -> list[InstrumentColumn]:
    """Return what the columns of the table by instrument are, in their order."""
    projects, people = (_("projects"),) * 2 + (1.0,), (_("full-time equivalents"),) * 2 + (1.0,)
    money = (_("tenge nominal"), _("million tenge (nominal)"), 1e-6)
    released = _("Tranche money put into the instrument's envelope, without repayments lent anew")
    at_work = _("Own and hired people at work, with a loan or own money; jobs displaced elsewhere are not taken off")
    return [
        InstrumentColumn("planned_kzt", _("Planned"), released, *money),
        InstrumentColumn("applied", _("Applied"), _("Files that came before the committee"), *projects),
        InstrumentColumn("approved", _("Approved"), _("Files the committee approved"), *projects),
        InstrumentColumn("funded", _("Funded"), _("Loans paid out (diverted ones included)"), *projects),
        InstrumentColumn("disbursed_kzt", _("Lent"), _("Loans paid out from tranches and from repayments"), *money),
        InstrumentColumn("lapsed_kzt", _("Lapsed"), _("Tranche money taken back unspent"), *money),
        InstrumentColumn("operating", _("At work"), _("Projects with a loan at work at the year's end"), *projects),
        InstrumentColumn(
            "commissioned", _("Commissioned"), _("Projects with a loan that came into operation"), *projects
        ),
        InstrumentColumn("repaid_kzt", _("Repaid"), _("Principal and interest paid by borrowers"), *money),
        InstrumentColumn("defaulted_kzt", _("Defaulted"), _("Principal not repaid by loans that defaulted"), *money),
        InstrumentColumn("own_money", _("Own money"), _("Projects begun with own money, without a loan"), *projects),
        InstrumentColumn("jobs", _("Jobs"), at_work, *people),
    ]


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
            _("Unit stored"): _(outcome.unit),
            _("Shown = stored ×"): outcome.scale,
            _("Measured"): basis(outcome),
            _("Level or increment"): measured(outcome),
            _("Prices"): prices(outcome),
            _("Better"): better(outcome),
            _("Column"): outcome.name,
        }


def instrument_definitions() -> Iterator[dict[str, str | float]]:
    """Yield what each column of the table by instrument is, with some of the heads of `definitions`."""
    for column in instrument_columns():
        yield {
            _("Outcome"): column.label,
            _("Definition"): column.definition,
            _("Unit shown"): column.shown_unit,
            _("Unit stored"): column.unit,
            _("Shown = stored ×"): column.scale,
            _("Measured"): _("By instrument and year"),
            _("Column"): column.name,
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
            ("Outcome", "Definition", "Unit stored (shown)", "Measured", "Prices", "Better"),
            [_row(outcome) for outcome in tables.outcomes],
        ),
        "",
        *_by_year_and_district(tables),
        "",
        "## By instrument and year: `instruments`",
        "",
        *_table(
            ("Column", "Definition", "Unit"),
            [(f"{c.label} `{c.name}`", c.definition, c.unit) for c in instrument_columns()],
        ),
        "",
        *_herds(),
    ]
    return "\n".join(lines) + "\n"


def _introduction() -> list[str]:
    return [
        "Every number that a run reports, one row an outcome. Files keep the stored unit; the screen, figures and",
        "`tables.xlsx` show the unit in brackets, if it is another.",
        "",
        "- **Measured**: over which time. A run shorter than three years takes the mean of all its years.",
        "- **Increment**: the difference to `no_programme` in the same draw of parameters and the same world, 0 or",
        "  empty there. All others are levels, what they are under each allocation; `summary.csv` holds their paired",
        "  differences too.",
        "- **Prices**: real is tenge of the base year, deflated month by month; nominal is tenge of the day. Empty",
        "  where no money is in it.",
        "- **Better**: the side on which a target of the scenario is met; with *neither*, it cannot be a target.",
        "- What does not exist is empty, for the reason in the definition; it leaves means and comparisons.",
    ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    units = outcome.unit if outcome.scale == 1 else f"{outcome.unit} ({outcome.shown_unit})"
    name = f"{outcome.labels['en']} `{outcome.name}`"
    when = f"{outcome.basis}; {measured(outcome)}" if outcome.against else outcome.basis
    return name, outcome.description, units, when, prices(outcome), better(outcome)


def _by_year_and_district(tables: Tables) -> Iterator[str]:
    """Write which outcomes are reported by year and by district."""
    from sim.outcomes import DISTRICT, YEARLY, YEARLY_INCREMENTS

    yield "## By year and by district: `yearly`, `districts`"
    yield ""
    yield f"The same outcomes for one year or one district; {_code(YEARLY_INCREMENTS)} is an increment here too."
    yield "By year, animals and hectares are those of the year's end. By district they are those at the end, money lent"
    yield "is the sum over the horizon, and all else is the mean of the last three years; `meat_liveweight_t` leaves"
    yield "out pigs and poultry farms, which belong to no district. Loans that default count in the year they were paid"
    yield "out: `vintage_defaulted_kzt_nominal` is part of the same year's `loans_disbursed_kzt_nominal`."
    yield ""
    rows = [(f"`{o.name}`", _tick(o.name in YEARLY), _tick(o.name in DISTRICT)) for o in tables.outcomes]
    yield from _table(("Column", "By year", "By district"), [row for row in rows if any(row[1:])])


def _herds() -> Iterator[str]:
    """Write what the table of animals holds."""
    yield "## Animals: `herds`"
    yield ""
    yield "One row a `species`, `sex` (`female`, `male`) and `stage`: `juvenile`, `subadult` (females before their"
    yield "first young, males that are being fattened) or `adult`. The `head` of a species adds up to its outcome by"
    yield "year, such as `cattle_head`, in the last year."
    yield ""
    yield from _table(
        ("Column", "Definition", "Unit"),
        [
            ("`head`", "Animals of households and projects at the end", "head"),
            ("`head_projects`", "Those of projects among them, with a loan or own money", "head"),
            ("`head_start`", "Animals at the start, when no project keeps any", "head"),
        ],
    )


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tick(there: bool) -> str:
    return "yes" if there else ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
