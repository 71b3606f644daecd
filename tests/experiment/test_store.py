from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.errors import InputError, RunError
from sim.experiment.plans import Chunk
from sim.experiment.store import TABLES, Store, content_hash
from tests.experiment.fake import SCHEMAS, FakeStudy
from tests.experiment.runs import MANIFEST, contents, run


def rows(table: str = "replications", numbers: range = range(3)) -> pa.Table:
    study = FakeStudy()
    parts = [pa.Table.from_pydict(study.replicate(n)[table], schema=SCHEMAS[table]) for n in numbers]
    return pa.concat_tables(parts)


def test_a_run_writes_what_the_design_names_and_nothing_else(tmp_path: Path) -> None:
    run(tmp_path / "run", 70)
    parts = {f"{table}/part-{n:05d}.parquet" for table in TABLES for n in (0, 1)}
    expected = parts | {"chunks/00000.json", "chunks/00001.json", "manifest.json", "scenario.yaml", ".lock"}
    assert set(contents(tmp_path / "run")) == expected
    assert Store(tmp_path / "run").manifest() == MANIFEST


def test_parts_are_one_zstd_row_group_with_the_explicit_schema_and_page_checksums(tmp_path: Path) -> None:
    store = run(tmp_path, 5)
    for table in TABLES:
        file = pq.ParquetFile(tmp_path / table / "part-00000.parquet")
        assert file.schema_arrow.equals(SCHEMAS[table], check_metadata=True)  # no pandas metadata either
        assert file.metadata.num_row_groups == 1
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    part = tmp_path / "replications/part-00000.parquet"
    column = pq.ParquetFile(part).metadata.row_group(0).column(3)
    assert column.path_in_schema == "milk_t"
    damaged = bytearray(part.read_bytes())
    damaged[column.data_page_offset + column.total_compressed_size - 10] ^= 1  # in a number: only a checksum tells
    part.write_bytes(damaged)
    with pytest.raises(RunError, match=r"part-00000\.parquet is damaged"):
        store.read("replications", 5)


def test_rows_come_back_in_the_order_of_replications_and_allocations(tmp_path: Path) -> None:
    store = run(tmp_path, 128)
    table = store.read("replications", 128)
    expected = [(n, a) for n in range(128) for a in FakeStudy().allocations]
    assert list(zip(table["draw"].to_pylist(), table["allocation"].to_pylist(), strict=True)) == expected
    assert store.read("yearly", 64).num_rows == 64 * 3 * 2
    assert set(store.read("districts", 3)["draw"].to_pylist()) == {0, 1, 2}


def test_a_table_that_an_older_program_did_not_store_has_no_columns(tmp_path: Path) -> None:
    store = run(tmp_path, 5)
    assert store.columns("herds") == SCHEMAS["herds"].names
    record = tmp_path / "chunks/00000.json"
    stored = json.loads(record.read_text(encoding="utf-8"))
    del stored["tables"]["herds"], stored["sha256"]  # nor did it set a seal
    record.write_text(json.dumps(stored), encoding="utf-8")
    assert store.columns("herds") == []
    assert "milk_t" in store.columns("yearly")


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    store = run(tmp_path / "seed=3", 2)
    assert store.read("replications", 2).column_names == SCHEMAS["replications"].names


def test_the_content_hash_depends_on_values_and_order_and_not_on_encoding() -> None:
    table = rows()
    halves = pa.concat_tables([table.slice(0, 4), table.slice(4)])
    assert content_hash(halves) == content_hash(table)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none", use_dictionary=False, row_group_size=2)
    assert content_hash(pq.read_table(pa.BufferReader(sink.getvalue()))) == content_hash(table)
    assert content_hash(table.take(list(range(table.num_rows))[::-1])) != content_hash(table)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([0.0, 1.0]), pa.array([None, 1.0], pa.float64())),
        (pa.array(["", "a"]), pa.array([None, "a"])),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array(["a", "a", "b"]), pa.array(["a", "b", "b"])),
        (pa.array(["a", "b", "a"]), pa.array(["a", "a", "b"])),
        (pa.array([1, 2], pa.int64()), pa.array([1, 2], pa.int32())),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([True]), pa.array([False])),
    ],
)
def test_the_content_hash_tells_apart(one: pa.Array, other: pa.Array) -> None:
    assert content_hash(pa.table({"x": one})) != content_hash(pa.table({"x": other}))
    assert content_hash(pa.table({"x": one})) != content_hash(pa.table({"y": one}))


@pytest.mark.parametrize("place", [4, 100, -10])
def test_a_chunk_with_a_flipped_byte_is_computed_again(tmp_path: Path, place: int) -> None:
    run(tmp_path, 128)
    before = contents(tmp_path)
    part = tmp_path / "districts/part-00001.parquet"
    damaged = bytearray(part.read_bytes())
    damaged[place] ^= 1
    part.write_bytes(damaged)
    computed: list[int] = []
    run(tmp_path, 128, progress=lambda done, total: computed.append(done))
    assert computed[0] == 64  # of the other chunk
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["chunks/00000.json", "yearly/part-00000.parquet"])
@pytest.mark.parametrize("damage", ["remove", "cut"])
def test_a_chunk_without_its_files_is_computed_again(tmp_path: Path, name: str, damage: str) -> None:
    run(tmp_path, 20)
    before = contents(tmp_path)
    if damage == "remove":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:30])
    run(tmp_path, 20)
    assert contents(tmp_path) == before


def test_a_chunk_whose_record_is_missing_does_not_count_as_finished(tmp_path: Path) -> None:
    store = run(tmp_path, 192)
    assert store.finished() == 192
    (tmp_path / "chunks/00001.json").unlink()
    assert store.finished() == 64
    assert store.holds(Chunk(2, 64))


def test_more_replications_extend_the_folder_to_the_bytes_of_one_run(tmp_path: Path) -> None:
    run(tmp_path / "grown", 32)
    run(tmp_path / "grown", 100)  # rounds up to 128
    run(tmp_path / "at_once", 128)
    assert contents(tmp_path / "grown") == contents(tmp_path / "at_once")
    assert Store(tmp_path / "grown").finished() == 128


def test_fewer_replications_than_stored_compute_nothing(tmp_path: Path) -> None:
    run(tmp_path, 128)
    before = contents(tmp_path)
    run(tmp_path, 30, faulty=frozenset(range(128)))
    assert contents(tmp_path) == before


def test_the_first_replications_are_the_same_in_a_short_run_and_a_long_one(tmp_path: Path) -> None:
    short, long = run(tmp_path / "short", 10), run(tmp_path / "long", 64)
    for table in TABLES:
        assert short.read(table, 10).equals(long.read(table, 10))


def test_a_changed_program_is_refused_and_told_by_name(tmp_path: Path) -> None:
    run(tmp_path, 3)
    before = contents(tmp_path)
    with pytest.raises(RunError, match=r"its code.*--fresh"):
        run(tmp_path, 3, manifest=MANIFEST | {"code": "3" * 64})
    with pytest.raises(RunError, match=r"python 3 → 4.*--fresh"):
        run(tmp_path, 3, manifest=MANIFEST | {"versions": {"python": "4"}})
    assert contents(tmp_path) == before


def test_fresh_starts_anew_and_leaves_other_files_alone(tmp_path: Path) -> None:
    run(tmp_path / "run", 128)
    (tmp_path / "run/notes.txt").write_text("mine", encoding="utf-8")
    run(tmp_path / "run", 10, fresh=True, seed=2, manifest=MANIFEST | {"code": "3" * 64})
    run(tmp_path / "other", 10, seed=2, manifest=MANIFEST | {"code": "3" * 64})
    (tmp_path / "other/notes.txt").write_text("mine", encoding="utf-8")
    assert contents(tmp_path / "run") == contents(tmp_path / "other")


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_with_another_run_is_refused(tmp_path: Path, fresh: bool) -> None:
    run(tmp_path, 3)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="holds another run"):
        run(tmp_path, 3, fresh=fresh, manifest=MANIFEST | {"inputs": "9" * 64})
    assert contents(tmp_path) == before


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("name: precious", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="holds other files and no run"):
        run(tmp_path, 3)
    with pytest.raises(InputError, match="is not a folder"):
        run(tmp_path / "scenario.yaml", 3)
    assert contents(tmp_path) == before


def test_an_empty_folder_and_one_of_a_run_killed_at_its_start_are_used(tmp_path: Path) -> None:
    (tmp_path / "manifest.json.unfinished").write_bytes(b"{")
    (tmp_path / ".lock").write_bytes(b"")
    assert run(tmp_path, 3).finished() == 3


def test_two_runs_in_one_folder_at_once_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path).writing(MANIFEST, "", fresh=False):
        with pytest.raises(RunError, match="another run is writing"):
            run(tmp_path, 3)
        script = ["-m", "tests.experiment.runs", str(tmp_path), "3", "threads", "1", "0"]
        other = subprocess.run([sys.executable, *script], capture_output=True, text=True, check=False)
        assert other.returncode == 1
        assert "another run is writing" in other.stderr
    assert run(tmp_path, 3).finished() == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written to")
def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot write into"):
        run(tmp_path / "run", 3)


def test_a_full_disk_is_told_and_leaves_no_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path)
    with store.writing(MANIFEST, "", fresh=False):
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(RunError, match="No space left on device"):
            store.commit(Chunk(0, 3), {"replications": rows()})
    assert store.finished() == 0


def test_a_chunk_broken_off_while_it_is_replaced_counts_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(source: Path, target: Path) -> None:
        if target.name == "00000.json":
            raise KeyboardInterrupt
        replace(source, target)

    replace = os.replace
    run(tmp_path / "grown", 32)
    monkeypatch.setattr(os, "replace", break_off)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "grown", 64)
    monkeypatch.undo()
    assert Store(tmp_path / "grown").finished() == 0
    run(tmp_path / "grown", 64)
    run(tmp_path / "at_once", 64)
    assert contents(tmp_path / "grown") == contents(tmp_path / "at_once")


def test_paths_with_spaces_and_cyrillic_work(tmp_path: Path) -> None:
    store = run(tmp_path / "мой прогон қазақ", 2)
    assert store.read("districts", 2)["district"].to_pylist()[:2] == ["Aksu", "Көксу"]
