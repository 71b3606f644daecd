"""The results of a run: tables that are read when they are first asked for, figures, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pyarrow as pa

from sim.api.studies import study_for
from sim.data import Outcome, Tables
from sim.errors import InputError, RunError
from sim.experiment.plans import whole_blocks
from sim.experiment.stopping import State, Stop
from sim.experiment.store import Store
from sim.i18n import _
from sim.parameters.sampling import BLOCK
from sim.scenario import RESERVED, Scenario, load, tables_for
from sim.scenario.messages import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from sim.api.reporting import Options
    from sim.report.extract import Points

_CHUNKS_IN_A_PART = 2


class Results:
    """A run's results; tables are read when they are first asked for.

    Parameters
    ----------
    folder : Path
        The run's folder.
    replications : int, optional
        Use only the first so many, in whole blocks above 64; by default all that are stored.

    Attributes
    ----------
    folder : Path
    manifest : dict
        Versions, hashes, seed and block size.
    n : int
        Replications of each allocation.

    Raises
    ------
    RunError
        If no replication is stored.
    """

    def __init__(self, folder: Path, replications: int | None = None) -> None:
        self._store = Store(folder)
        self.folder = folder
        self.manifest: dict[str, Any] = self._store.manifest()
        finished = self._store.finished()
        self._design: dict[str, Any] | None = self.manifest.get("design")
        if not finished:
            raise RunError(_("{folder} holds no finished replications yet").format(folder=folder))
        asked = finished if replications is None else replications
        self.n = min(asked if self._design else whole_blocks(asked), finished)

    def __repr__(self) -> str:
        """Return the folder and the number of replications."""
        return f"<Results {self.folder}: {self.n} replications>"

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario with everything resolved."""
        return load(self._store.scenario)

    @property
    def seed(self) -> int:
        """The seed of all luck and sampling."""
        return self.scenario.monte_carlo.seed

    @property
    def allocations(self) -> tuple[str, ...]:
        """Names of the allocations in the order of the file, the counterfactual last."""
        return (*self.scenario.allocations, RESERVED)

    @cached_property
    def tables(self) -> Tables:
        """The tables of the scenario's region."""
        return tables_for(self.scenario)

    @cached_property
    def design(self) -> pd.DataFrame | None:
        """Of a sweep, the values of its factors, one row a point, one column a path; None for a plain run."""
        if self._design is None:
            return None
        points: pd.DataFrame = self._store.points().to_pandas()[self._design["factors"]]
        return points.rename_axis(index="point")

    @property
    def crossed(self) -> bool:
        """Whether the points of a sweep share worlds."""
        return self._design is not None and bool(self._design["crossed"])

    @property
    def _sharing(self) -> int:
        """Points that share worlds; 0 if none do."""
        return len(self.design) if self.crossed and self.design is not None else 0

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that the scenario asks to report."""
        wanted = self.scenario.outcomes
        return tuple(o for o in self.tables.outcomes if wanted == "all" or o.name in wanted)

    @cached_property
    def replications(self) -> pd.DataFrame:
        """One row per draw, world and allocation: outcomes in their stored units; `failed` is 0 if fine."""
        return self._frame("replications")

    @cached_property
    def yearly(self) -> pd.DataFrame:
        """One row per draw, world, allocation and year."""
        return self._frame("yearly")

    @cached_property
    def districts(self) -> pd.DataFrame:
        """One row per draw, world, allocation and district."""
        return self._frame("districts")

    @cached_property
    def instruments(self) -> pd.DataFrame:
        """One row per draw, world, allocation, instrument and year."""
        return self._frame("instruments")

    @cached_property
    def herds(self) -> pd.DataFrame:
        """One row per draw, world, allocation, species, sex and stage: head at the end and at the start."""
        return self._frame("herds")

    def recorded(self, table: str) -> list[str]:
        """Return the names of the columns of a table; none if the run has no such table."""
        return self._store.columns(table)

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """Yield some columns of a table in parts, which fit into memory however many replications there are.

        Parameters
        ----------
        table : str
            "replications", "yearly", "districts", "instruments" or "herds".
        columns : sequence of str
            Names out of `recorded`.

        Yields
        ------
        DataFrame
            The rows of the next 128 replications, in the order of draws and worlds.
        """
        chunks = self._store.parts(table, self.n, columns, points=self._sharing)
        while some := list(islice(chunks, _CHUNKS_IN_A_PART)):
            yield pa.concat_tables(some).to_pandas()[[*columns]]

    def outcome(self, name: str) -> pd.DataFrame:
        """Return one outcome with a column for each allocation; nothing else is read.

        Parameters
        ----------
        name : str
            A column of `replications`.

        Returns
        -------
        DataFrame
            In the stored unit, indexed by draw and world; NaN where a replication failed or the value does not exist.

        Raises
        ------
        InputError
            If there is no such column.
        """
        from sim.analysis.source import PAIR, wide

        recorded = tuple(column for column in self.recorded("replications") if column not in ("allocation", *PAIR))
        refuse_unknown(_("there is no outcome {name}; there are {known}"), name, recorded)
        return wide(self, "replications", [name], self.allocations)[name]

    def parameters(self) -> pd.DataFrame:
        """Return the sampled parameters, which are a function of the seed and so are not stored but drawn again.

        Returns
        -------
        DataFrame
            One column a path, in the unit of the tables, indexed by draw and world as `outcome` is.

        Raises
        ------
        InputError
            If the run is one of a design, whose factors are columns of `replications`.
        RunError
            If the tables have changed since the run.
        """
        import pandas as pd

        from sim.analysis.source import PAIR

        points = self._points()
        blocks = [points.block(number) for number in range(-(-self.n // BLOCK))]
        index = pd.MultiIndex.from_arrays([range(self.n)] * 2, names=PAIR)
        return pd.DataFrame(np.concatenate(blocks)[: self.n], index=index, columns=list(points.paths))

    def export(
        self,
        to: str,
        *,
        table: str = "replications",
        outcomes: Sequence[str] = (),
        parameters: bool = False,
        out: str | Path | None = None,
        force: bool = False,
    ) -> list[Path]:
        """Write tables for Excel, Stata or other programs.

        Parameters
        ----------
        to : str
            "xlsx", "dta" (Stata 14 and later; the table is in memory at once) or "csv" (UTF-8).
        table : str, optional
            One of the tables, or "all".
        outcomes : sequence of str, optional
            Columns wanted beside the keys; by default all.
        parameters : bool, optional
            Add the sampled parameters to the table `replications`.
        out : str or Path, optional
            The file; by default named after the table, in the folder `export` of the run.
        force : bool, optional
            Write over files that exist.

        Returns
        -------
        list of Path
            What was written; see `sim.report.export.write`.

        Raises
        ------
        InputError
            If there is no such format, table or column, a file exists, or the rows are too many for Excel.
        RunError
            If a file cannot be written, or the parameters cannot be told (see `parameters`).
        """
        from sim.report.export import FORMATS, write
        from sim.report.extract import extracts

        refuse_unknown(_("there is no format {name}; there are {known}"), to, FORMATS)
        found = extracts(self, table, outcomes, self._points() if parameters else None)
        return write(found, to, Path(out) if out else self.folder / "export" / f"{table}.{to}", force=force)

    def summary(self, reference: str = RESERVED) -> pd.DataFrame:
        """Return what each outcome amounts to under each allocation.

        Parameters
        ----------
        reference : str, optional
            The allocation that paired differences are taken to; by default the counterfactual.

        Returns
        -------
        DataFrame
            One row an outcome and allocation, in stored units; columns as in `sim.report.tables.summary`.

        Raises
        ------
        InputError
            If there is no such allocation, or this is a sweep.
        """
        from sim.report.tables import summary

        self._refuse_points()
        refuse_unknown(_("there is no allocation {name}; there are {known}"), reference, self.allocations)
        return summary(self, self.outcomes, self.allocations, reference)

    def validate(self) -> pd.DataFrame:
        """Hold the run against the published figures of its region.

        Returns
        -------
        DataFrame
            One row a target: the model's median and 5-95 % range, what is published, the verdict; columns and rule
            as in `sim.analysis.validation.validate`.

        Raises
        ------
        InputError
            If the region has no table of published figures, or a faulty one, or this is a sweep.
        """
        from sim.analysis.validation import targets, validate

        self._refuse_points()
        return validate(self, targets(self.tables))

    def targets(self) -> pd.DataFrame:
        """Return how probable each allocation makes it that each target of the scenario is met.

        Returns
        -------
        DataFrame
            One row a target and allocation, in stored units; columns as in `sim.analysis.targets.meeting`. No rows if
            the scenario states no targets.

        Raises
        ------
        InputError
            If an outcome cannot have a target, or this is a sweep.
        """
        from sim.analysis.targets import meeting, targets_of

        self._refuse_points()
        return meeting(self, targets_of(self.scenario, self.tables), self.allocations)

    def stopping(self) -> pd.DataFrame:
        """Return how narrow the intervals are that the scenario's stopping rules ask for.

        Returns
        -------
        DataFrame
            One row a rule and allocation, in stored units; columns as in `sim.report.stopping.stopping`. No rows if
            the scenario states no rules.
        """
        from sim.report.stopping import stopping

        states: list[State] = []
        if self.scenario.monte_carlo.rules:
            stop = Stop(self.scenario, self.tables)
            for rows in self._store.parts("replications", self.n, stop.columns):
                stop.take(rows)
            states = stop.states()
        return stopping(states, self.scenario, self.tables)

    def plot(self, name: str, *, lang: str | None = None) -> Figure:
        """Draw one figure.

        Parameters
        ----------
        name : str
            One of `sim.report.figures.available`.
        lang : str, optional
            "en", "ru" or "kk"; by default the current language.

        Raises
        ------
        InputError
            If there is no figure of that name, or this is a sweep.
        """
        from sim.report.figures import draw

        self._refuse_points()
        return draw(name, self, lang)

    def report(
        self, out: str | Path | None = None, *, lang: str | None = None, **options: Unpack[Options]
    ) -> list[Path]:
        """Write the report of this run: one HTML file that needs nothing else, if asked for also a Word file.

        Parameters
        ----------
        out : str or Path, optional
            The HTML file, by default `report.html` in the run's folder; the Word file stands beside it.
        lang : str, optional
            "en", "ru" or "kk"; by default the current language.
        **options
            As in `sim.api.reporting.Options`.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        InputError
            If there is no such allocation, run or figure, this is a sweep, or a file exists or is named otherwise.
        RunError
            If a file cannot be written.
        """
        from sim.api.reporting import report

        self._refuse_points()
        return report(self, out, lang=lang, **options)

    def _refuse_points(self) -> None:
        """Raise if the replications are points of a design: over these nothing has a distribution."""
        if self._design is not None:
            message = _("{folder} is a sweep: its points are in points.csv, and sensitivity says what they show")
            raise InputError(message.format(folder=self.folder))

    def _points(self) -> Points:
        """Return the parameters' values block by block."""
        from sim.report.extract import Points

        if self.design is not None:
            message = _("{folder} is the run of a design: its factors are columns of the table replications")
            raise InputError(message.format(folder=self.folder))
        if self.manifest["tables"] != self.tables.digest:
            message = _("the tables have changed since the run in {folder}: what its parameters were is not known now")
            raise RunError(message.format(folder=self.folder))
        sampler = study_for(self.scenario, "compiled").sampler
        return Points(sampler.paths, sampler.block)

    def _frame(self, table: str) -> pd.DataFrame:
        """Read a table in the order of draws, worlds and the file's allocations."""
        frame: pd.DataFrame = self._store.read(table, self.n, points=self._sharing).to_pandas()
        order = frame["allocation"].map({name: place for place, name in enumerate(self.allocations)})
        return (
            frame.assign(_order=order)
            .sort_values(["draw", "world", "_order"], kind="stable", ignore_index=True)
            .drop(columns="_order")
        )
