from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim.data.tables import REGIONS
from tests.cli.conftest import Call, environment


def test_data_writes_and_reads_a_book(auylsim: Call, folder: Path) -> None:
    done = auylsim("data", "zhetysu", "--to-excel", "таблицы.xlsx")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        ["Written to таблицы.xlsx; tables: 17. To read them back: auylsim data --from-excel таблицы.xlsx --out FOLDER"],
    )
    assert auylsim("data", "--to-excel", "таблицы.xlsx").returncode == 2
    assert 'auylsim data --from-excel "a b.xlsx" --out' in auylsim("data", "--to-excel", "a b.xlsx").stdout
    done = auylsim("data", "--from-excel", "таблицы.xlsx", "--out", "мой край")
    assert (done.returncode, done.stderr) == (0, "")
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("region: zhetysu", "region: мой край"), encoding="utf-8")
    assert auylsim("check", "plan.yaml").returncode == 0


def test_check_tells_which_numbers_a_region_lacks(folder: Path) -> None:
    shutil.copytree(REGIONS / "zhetysu", folder / "mine")
    numbers = folder / "mine" / "region.csv"
    rows = numbers.read_text(encoding="utf-8").splitlines()
    numbers.write_text("\n".join(rows[:-1]), encoding="utf-8")
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("region: zhetysu", "region: mine"), encoding="utf-8")
    call = [sys.executable, "-m", "sim", "check", "plan.yaml"]
    done = subprocess.run(call, cwd=folder, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    lacking = f"the tables of region {(folder / 'mine').as_posix()} lack this number"
    assert done.stderr == f"plan.yaml: {rows[-1].split(',')[0]}: {lacking}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("zhetisu", "--to-excel", "b.xlsx"), "Did you mean zhetysu?"),
        (("--to-excel", "b.xls"), "b.xls: the name must end in .xlsx"),
        (("--from-excel", "no.xlsx", "--out", "mine"), "no.xlsx: there is no such file"),
        (("--from-excel", "plan.yaml", "--out", "mine"), "plan.yaml: cannot be read as an Excel file"),
        (("--from-excel", "plan.yaml"), "say with --out"),
        (("--from-excel", "plan.yaml", "--out", "plan.yaml"), "plan.yaml is not empty"),
        (("--from-excel", "a.xlsx", "--to-excel", "b.xlsx"), "give one of"),
    ],
)
def test_wrong_wishes_are_refused(auylsim: Call, arguments: tuple[str, ...], message: str) -> None:
    done = auylsim("data", *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert message in done.stderr


def test_a_full_disk_leaves_the_edited_book(auylsim: Call, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "book.xlsx").write_bytes(b"a day's work")

    def half_written(region: str, file: Path) -> int:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sim.data.to_excel.write_book", half_written)
    done = auylsim("data", "--to-excel", "book.xlsx", "--force")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "No space left on device" in done.stderr
    assert (folder / "book.xlsx").read_bytes() == b"a day's work"
    assert not list(folder.glob("*.unfinished"))
