"""A run's folder: Parquet parts, one per table and chunk, that commit together and can be resumed.

A chunk counts once `chunks/NNNNN.json` stands; that file is written last and names the sha256 of each part,
so that whatever was interrupted or damaged is found and done again.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sim.errors import InputError, RunError
from sim.experiment.disk import UNFINISHED, put, sealed, sha256, telling, unsealed
from sim.experiment.locking import locked
from sim.experiment.manifest import Manifest, refuse_changed_program, refuse_other_run
from sim.experiment.plans import Chunk, chunks
from sim.i18n import _
from sim.parameters.sampling import BLOCK

RESULTS = Path("results")
"""Where runs are kept, below the current folder."""

TABLES = ("replications", "yearly", "districts", "instruments", "herds")

MANIFEST = "manifest.json"
"""What makes a folder that of a run."""

_SCENARIO = "scenario.yaml"
_DESIGN = "design.parquet"
_CHUNKS = "chunks"
_LOCK = ".lock"
_FIGURES = "figures"
_SUMMARY = "summary.csv"


class Store:
    """The folder of one run.

    Parameters
    ----------
    folder : Path
        It need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def scenario(self) -> Path:
        """The resolved scenario's file."""
        return self.folder / _SCENARIO

    @property
    def summary(self) -> Path:
        """The summary's file."""
        return self.folder / _SUMMARY

    @property
    def figures(self) -> Path:
        """The folder of figures."""
        return self.folder / _FIGURES

    def exists(self) -> bool:
        """Say whether the folder holds a run."""
        return (self.folder / MANIFEST).is_file()

    def manifest(self) -> Manifest:
        """Return what the run's numbers depend on.

        Raises
        ------
        RunError
            If the file is damaged.
        """
        stored = self._manifest()
        if stored is None:
            message = _("{file} is damaged: start the run anew with --fresh, or choose another folder with --out")
            raise RunError(message.format(file=self.folder / MANIFEST))
        return stored

    def _manifest(self) -> Manifest | None:
        stored = unsealed(self.folder / MANIFEST)
        return stored if stored is not None and {"inputs", "versions"} <= stored.keys() else None

    @property
    def design(self) -> Path:
        """The file of a sweep's points."""
        return self.folder / _DESIGN

    @contextmanager
    def writing(
        self, manifest: Manifest, scenario: str, *, fresh: bool, design: pa.Table | None = None
    ) -> Iterator[None]:
        """Hold the folder for one run, new or to be continued.

        Parameters
        ----------
        manifest : dict
            What the rows depend on.
        scenario : str
            The resolved scenario; labels and targets in it may differ from those of an earlier call.
        fresh : bool
            Throw away the stored rows of the same scenario first.
        design : Table, optional
            The points of a sweep.

        Raises
        ------
        InputError
            If the folder holds something else, or another scenario's run.
        RunError
            If the program has changed since or the manifest is damaged (and not `fresh`), another process writes
            into the folder, or it cannot be written to.
        """
        self._refuse_foreign()
        with telling(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self.held():
            if self.exists():
                if fresh:
                    self._refuse_other(manifest)
                    self._clear()
                else:
                    refuse_other_run(self.manifest(), manifest, self.folder)
                    refuse_changed_program(self.manifest(), manifest, self.folder)
            with telling(self.folder):
                self._sweep()
                put(self.folder / MANIFEST, sealed(manifest))
                put(self.scenario, scenario.encode())
                if design is not None:
                    put(self.design, _parquet(design))
            yield

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from writing into the folder.

        Raises
        ------
        RunError
            If another process, or another thread of this one, holds it.
        """
        with locked(self.folder / _LOCK):
            yield

    def holds(self, chunk: Chunk) -> bool:
        """Say whether all rows of a chunk are stored and every part has the bytes that were written."""
        record = self._record(chunk.number)
        if record is None or record["replications"] < chunk.size:
            return False
        try:
            if self._record_file(chunk.number).read_bytes() != sealed(record):
                return False
            parts = ((self._part(table, chunk.number), entry) for table, entry in record["tables"].items())
            return all(sha256(part.read_bytes()) == entry["bytes"] for part, entry in parts)
        except OSError:  # missing, or on a damaged place of the disk
            return False

    def commit(self, chunk: Chunk, tables: Mapping[str, pa.Table]) -> None:
        """Store all rows of a chunk.

        Parameters
        ----------
        chunk : Chunk
            A stored chunk of the same number is replaced.
        tables : mapping of str to Table
            Its rows by table, in the order of replications and allocations.

        Raises
        ------
        RunError
            If they cannot be written.
        """
        record = self._record_file(chunk.number)
        entries = {}
        with telling(self.folder):
            record.unlink(missing_ok=True)
            for name, table in tables.items():
                content = _parquet(table)
                put(self._part(name, chunk.number), content)
                entries[name] = {
                    "rows": table.num_rows,
                    "bytes": sha256(content),
                    "content": content_hash(table),
                }
            put(record, sealed({"chunk": chunk.number, "replications": chunk.size, "tables": entries}))

    def files(self) -> dict[str, Path]:
        """Return the files of all rows that are stored without a gap, and of what sums them up, by relative name.

        Raises
        ------
        RunError
            If a part is missing or damaged.
        """
        others = (MANIFEST, _DESIGN, _SUMMARY, "sensitivity_*.csv")
        files = [file for pattern in others for file in self.folder.glob(pattern)]
        for chunk in chunks(self.finished()):
            files.append(self._record_file(chunk.number))
            record = self._record(chunk.number) or {"tables": {}}
            for table, entry in record["tables"].items():
                part = self._part(table, chunk.number)
                if not part.is_file() or sha256(part.read_bytes()) != entry["bytes"]:
                    message = _("{part} is damaged, give the run command again to compute it anew: {error}")
                    raise RunError(message.format(part=part, error=_("its rows are not those that were written")))
                files.append(part)
        return {file.relative_to(self.folder).as_posix(): file for file in files}

    def finished(self) -> int:
        """Return how many replications from 0 on are stored without a gap; their bytes are not checked."""
        total = 0
        while (record := self._record(total // BLOCK)) is not None:
            total += record["replications"]
            if total % BLOCK:
                break
        return total

    def contents(self, number: int) -> dict[str, str]:
        """Return the content hash of each table of a chunk; none if it is not stored. Equal rows have equal hashes."""
        record = self._record(number)
        return {} if record is None else {table: entry["content"] for table, entry in record["tables"].items()}

    def last_change(self) -> float:
        """Return when the last chunk was stored, in seconds as of `os.stat`, or 0 if there is none."""
        return max((file.stat().st_mtime for file in (self.folder / _CHUNKS).glob("*.json")), default=0.0)

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns; none if an older program stored no such table."""
        record = self._record(0)
        if record is None or table not in record["tables"]:
            return []
        with self._open(table, 0) as file:
            return list(file.schema_arrow.names)

    def parts(
        self, table: str, replications: int, columns: Sequence[str] | None = None, *, points: int = 0
    ) -> Iterator[pa.Table]:
        """Yield the rows of the first replications chunk by chunk, in the order of replications and allocations.

        Parameters
        ----------
        table : str
            One of `TABLES`.
        replications : int
            At least 1, at most `finished()`.
        columns : sequence of str, optional
            Those wanted; by default all.
        points : int, optional
            Of a sweep whose points share worlds: how many. Its replications go through all points world by world.

        Raises
        ------
        RunError
            If a part is missing or damaged.
        """
        for number in range(math.ceil(replications / BLOCK)):
            rows = self.chunk(table, number, columns and list(dict.fromkeys([*columns, "draw", "world"])))
            if replications < (number + 1) * BLOCK:
                place = pc.add(pc.multiply(rows["world"], points), rows["draw"]) if points else rows["draw"]
                rows = rows.filter(pc.less(place, replications))
            yield rows

    def chunk(self, table: str, number: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows of one chunk; as `parts` in all else."""
        with self._open(table, number) as file:
            return file.read(columns)

    def read(self, table: str, replications: int, *, points: int = 0) -> pa.Table:
        """Return all of `parts` as one table."""
        return pa.concat_tables(self.parts(table, replications, points=points))

    def points(self) -> pa.Table:
        """Return the points of a sweep.

        Raises
        ------
        RunError
            If the file is missing or damaged.
        """
        with _reading(self.design) as file:
            return file.read()

    @contextmanager
    def _open(self, table: str, number: int) -> Iterator[pq.ParquetFile]:
        """Open a part; whatever is wrong with it is told."""
        with _reading(self._part(table, number)) as file:
            yield file

    def _part(self, table: str, number: int) -> Path:
        return self.folder / table / f"part-{number:05d}.parquet"

    def _record_file(self, number: int) -> Path:
        return self.folder / _CHUNKS / f"{number:05d}.json"

    def _record(self, number: int) -> dict[str, Any] | None:
        record = unsealed(self._record_file(number))
        return record if record is not None and {"replications", "tables"} <= record.keys() else None

    def _refuse_foreign(self) -> None:
        """Raise unless the folder is new, empty or a run."""
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(_("{folder} is not a folder").format(folder=self.folder))
        if self.exists() or not self.folder.exists():
            return
        # What a run leaves behind that was killed at its very start is no reason to refuse.
        if any(entry.name != _LOCK and entry.suffix != UNFINISHED for entry in self.folder.iterdir()):
            raise InputError(
                _("{folder} holds other files and no run: choose another folder").format(folder=self.folder)
            )

    def _refuse_other(self, manifest: Manifest) -> None:
        """Raise if the folder is known to hold another run; of a damaged manifest nothing is known."""
        stored = self._manifest()
        if stored is not None:
            refuse_other_run(stored, manifest, self.folder)

    def _sweep(self) -> None:
        """Delete what was being written when a run was killed."""
        for name in ("", _CHUNKS, _FIGURES, *TABLES):
            for file in (self.folder / name).glob(f"*{UNFINISHED}"):
                file.unlink()

    def _clear(self) -> None:
        """Delete the stored rows, the records that vouch for them first."""
        with telling(self.folder):
            for name in (_CHUNKS, *TABLES):
                if (self.folder / name).exists():
                    shutil.rmtree(self.folder / name)


def runs(folder: Path) -> list[Store]:
    """Return the runs in a folder and in the folders inside it that have rows, in the order of their names."""
    files = (sorted(folder.glob(f"{depth}/{MANIFEST}")) for depth in ("*", "*/*"))
    return [Store(file.parent) for found in files for file in found if (file.parent / _CHUNKS).is_dir()]


def content_hash(table: pa.Table) -> str:
    """Return the sha256 over names, types and values in row order, however the file encodes them."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}\n{column.type}\n{len(column)}\n".encode())
        digest.update(column.is_valid().to_numpy().tobytes())
        digest.update(_values(column))
    return digest.hexdigest()


def _values(column: pa.ChunkedArray) -> bytes:
    """Return a column's values as bytes, nulls as zero or empty."""
    if pa.types.is_string(column.type):
        runs = pc.run_end_encode(pc.fill_null(column, "").combine_chunks())  # names come many times in a row
        texts = [text.encode() for text in runs.values.to_pylist()]
        times = np.diff(runs.run_ends.to_numpy(), prepend=0).tolist()
        return b"".join((len(t).to_bytes(4, "little") + t) * n for t, n in zip(texts, times, strict=True))
    values = pc.fill_null(column, pa.scalar(0).cast(column.type)).to_numpy()
    return bytes(values.astype(values.dtype.newbyteorder("<")).tobytes())


def _parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a Parquet file of one row group; equal rows give equal bytes."""
    sink = pa.BufferOutputStream()
    repeated = [field.name for field in table.schema if not pa.types.is_floating(field.type)]
    pq.write_table(
        table,
        sink,
        compression="zstd",
        row_group_size=max(1, table.num_rows),
        use_dictionary=repeated,  # of real numbers hardly two are equal
        write_page_checksum=True,
    )
    return bytes(sink.getvalue())


@contextmanager
def _reading(part: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; whatever is wrong with it is told."""
    try:
        with pq.ParquetFile(part, page_checksum_verification=True) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise RunError(
            _("{part} is damaged, give the run command again to compute it anew: {error}").format(
                part=part, error=error
            )
        ) from error
