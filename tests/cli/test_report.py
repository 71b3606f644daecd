from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call


@pytest.fixture
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.report.document.pictures.available", lambda source: [])


@pytest.mark.usefixtures("nothing_drawn")
def test_a_report_stands_in_the_runs_folder(auylsim: Call, folder: Path) -> None:
    assert auylsim("run", "plan.yaml", "-q").returncode == 0
    done = auylsim("report", "plan", "--lang", "ru", "--docx", "--reference", "south")
    assert done.returncode == 0, done.stderr
    assert done.stderr == "Все рисунки рисуются минуту-две.\n"
    files = [Path(line) for line in done.stdout.splitlines()]
    assert [file.name for file in files] == ["report.html", "report.docx"]
    text = (folder / files[0]).read_text(encoding="utf-8")
    assert '<html lang="ru">' in text
    assert "<h1>Выдуманный</h1>" in text
    again = auylsim("report", "plan", "--lang", "ru", "--reference", "south", "--out", "elsewhere/r.html")
    assert again.returncode == 0, again.stderr
    assert (folder / "elsewhere" / "r.html").read_text(encoding="utf-8") == text
    assert not list(folder.rglob("*.unfinished"))


@pytest.mark.usefixtures("nothing_drawn")
def test_wrong_input_exits_2_in_a_plain_line(auylsim: Call) -> None:
    assert auylsim("run", "plan.yaml", "-q").returncode == 0
    for arguments, message in (
        (["plam"], "did you mean plan?"),
        (["plan", "--reference", "sout"], "did you mean south?"),
        (["plan", "--sensitivity", "no-run"], "there is no run no-run"),
    ):
        done = auylsim("report", *arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("nothing_drawn")
def test_another_run_or_a_design_may_say_what_the_answer_hangs_on(auylsim: Call, folder: Path) -> None:
    assert auylsim("run", "plan.yaml", "-q").returncode == 0
    made = auylsim(
        "sweep", "plan.yaml", "--design", "one_at_a_time", "--vary", "loan.rate=0.02:0.1",
        "--vary", "market.milk.price", "--replications", "2", "--out", "bars",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    done = auylsim("report", "plan", "--sensitivity", "bars")
    assert done.returncode == 0, done.stderr
    text = Path(folder / done.stdout.strip()).read_text(encoding="utf-8")
    assert "At its low value" in text
    assert text.count("<code>loan.rate</code>") == 3  # in the bars, under the assumptions, and among all numbers


@pytest.mark.usefixtures("nothing_drawn")
def test_a_sweep_is_refused(auylsim: Call) -> None:
    sweep = auylsim("sweep", "plan.yaml", "--vary", "loan.rate=0.02:0.1:3", "--replications", "2", "--out", "swept")
    assert sweep.returncode == 0, sweep.stderr
    done = auylsim("report", "swept")
    assert done.returncode == 2
    assert "is a sweep" in done.stderr
