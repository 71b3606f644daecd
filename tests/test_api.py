from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import sim
import sim.api.results
from sim import api
from sim.errors import InputError, RunError
from sim.experiment.store import Store
from sim.experiment.study import Study
from tests.experiment.fake import SCENARIO, stand_in

ROOT = Path(__file__).parents[1]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scenario's file in the current folder; replications cost nothing."""
    monkeypatch.chdir(tmp_path)
    stand_in(monkeypatch)
    path = tmp_path / "my plan.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def change(file: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_a_run_goes_to_a_folder_named_after_file_and_inputs(file: Path) -> None:
    results = sim.run(file, workers=1)
    scenario = sim.load(file)
    assert results.folder == Path("results/my plan") / scenario.inputs_hash(results.tables)[:8]
    assert results.scenario == scenario
    assert (results.n, results.seed) == (6, 3)
    assert results.manifest["seed"] == 3
    assert results.manifest["versions"]["auylsim"] == sim.__version__


def test_tables_are_in_the_order_of_draws_and_of_the_files_allocations(file: Path) -> None:
    results = sim.run(file, workers=1)
    keys = results.replications[["draw", "world", "allocation"]]
    expected = [(n, n, a) for n in range(6) for a in ("north", "south", "no_programme")]
    assert list(keys.itertuples(index=False, name=None)) == expected
    assert list(results.yearly["year"][:4]) == [2026, 2027, 2026, 2027]
    assert len(results.districts) == 6 * 3 * 2
    assert len(results.instruments) == 6 * 3


@pytest.mark.parametrize("engine", ["compiled", "simpy"])
def test_file_object_and_other_workers_give_the_same_numbers(file: Path, engine: str) -> None:
    first = sim.run(file, workers=1)
    second = sim.run(sim.load(file), engine=engine, workers=2, out="elsewhere")
    assert second.folder == Path("elsewhere")
    pd.testing.assert_frame_equal(first.replications, second.replications, check_exact=True)
    pd.testing.assert_frame_equal(first.summary("south"), second.summary("south"), check_exact=True)


def test_the_summary_is_kept_with_the_run(file: Path) -> None:
    results = sim.run(file, workers=1, reference="south")
    kept = pd.read_csv(results.folder / "summary.csv")
    pd.testing.assert_frame_equal(kept, results.summary("south"), check_dtype=False, rtol=1e-12)
    assert kept["difference"].notna().all()


def test_asking_for_fewer_gives_exactly_those(file: Path) -> None:
    long = sim.run(file, replications=100, workers=1)
    assert long.n == 128  # whole blocks
    short = sim.run(file, replications=10, workers=1)
    assert short.folder == long.folder
    assert short.n == 10
    pd.testing.assert_frame_equal(short.replications, long.replications[:30])
    assert set(short.summary()["n"]) == {10}
    assert sim.open_results(short.folder).n == 128


def stopped(file: Path, rule: str, caplog: pytest.LogCaptureFixture) -> tuple[api.Results, list[str]]:
    """Run with a stopping rule; returns what the last two lines said, too."""
    with caplog.at_level(logging.INFO, "sim"):
        results = sim.run(sim.load(file, [f"monte_carlo.stop={rule}"]), workers=2, reference="south", out="stopped")
    return results, caplog.messages[-2:]


def test_a_run_says_which_rule_stopped_it_on_screen_and_in_its_files(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rule = "{outcome: milk_t, difference_to: south, half_width: 0.03}"
    results, told = stopped(file, rule, caplog)
    assert 640 < results.n < 20480
    assert results.n == sim.open_results("stopped").n
    (north,) = pd.read_csv("stopped/stopping.csv").to_dict("records")
    assert north["half_width"] <= 0.03 == north["wanted"]
    assert (north["allocation"], north["n"], north["met"]) == ("north", results.n, True)
    summary = results.summary("south").set_index(["outcome", "allocation"]).loc[("milk_t", "north")]
    assert [summary["difference_low"], summary["difference_high"]] == [north["low"], north["high"]]
    n = f"{results.n:,}".replace(",", "\xa0")
    assert told[0] == f"Stopped after {n} replications, since the intervals asked for are narrow enough."
    line = r"Milk produced, difference to south, mean; All north: half-width 0.0000\d+, "
    assert re.fullmatch(line + r"wanted at most 0.0000300 thousand t a year\.", told[1])
    rows = pd.read_excel("stopped/tables.xlsx", sheet_name="Provenance").to_numpy()
    assert dict(rows)["Why so many"].replace("\u2009", "\xa0") == " ".join(told)
    assert "stop" not in results.manifest
    sim.run(file, replications=results.n, workers=1, out="stopped")  # the same run, asked for without a rule
    assert not Path("stopped/stopping.csv").exists()


def test_a_run_that_its_rule_could_not_stop_says_so(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    rule = "{outcome: milk_t, allocation: north, probability_best: true, half_width: 0.001, max_replications: 640}"
    results, told = stopped(file, rule, caplog)
    assert results.n == 640
    assert told[0] == "Ended after 640 replications, the most allowed, with an interval that is still too wide."
    line = r"Milk produced, probability to be best; All north: half-width still \d\.\d\d.%, wanted at most 0\.10.%\."
    assert re.fullmatch(line, told[1])


def test_another_seed_is_another_run(file: Path) -> None:
    first, second = sim.run(file, workers=1), sim.run(file, workers=1, seed=4)
    assert first.folder != second.folder
    assert second.seed == 4
    assert not first.replications.equals(second.replications)


def test_new_labels_show_without_a_new_run(file: Path) -> None:
    first = sim.run(file, workers=1)
    change(file, "All north", "Everything north")
    second = sim.run(file, workers=1)
    assert second.folder == first.folder
    assert second.scenario.allocations["north"].label["en"] == "Everything north"


def test_rows_follow_the_file_when_allocations_change_places(file: Path) -> None:
    sim.run(file, replications=64, workers=1)
    text = file.read_text(encoding="utf-8").splitlines(keepends=True)
    north = next(place for place, line in enumerate(text) if line.startswith("  north"))
    text[north], text[north + 1] = text[north + 1], text[north]
    file.write_text("".join(text), encoding="utf-8")
    results = sim.run(file, replications=128, workers=1)
    expected = ["south", "north", "no_programme"] * 128
    assert list(results.replications["allocation"]) == expected


def test_failed_replications_are_counted_and_left_out(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILING", "1 4")
    results = sim.run(file, workers=1)
    failed = results.replications.query("failed != 0")
    assert set(failed["draw"]) == {1, 4}
    assert failed["milk_t"].isna().all()
    assert set(results.summary()["failed"]) == {2}
    assert set(results.summary()["n"]) == {4}


def test_progress_reaches_the_end(file: Path) -> None:
    seen: list[tuple[int, int]] = []
    sim.run(file, workers=1, progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 6)
    assert seen[-1] == (6, 6)


def test_a_figure_can_be_drawn_from_results(file: Path) -> None:
    figure = sim.run(file, workers=1).plot("distribution_milk_t", lang="ru")
    assert any("Всё на север" in text.get_text() for text in figure.findobj(lambda x: hasattr(x, "get_text")))


def test_results_open_by_folder_name_and_hash(file: Path) -> None:
    old = sim.run(file, workers=1)
    for chunk in (old.folder / "chunks").iterdir():
        os.utime(chunk, (1, 1))
    new = sim.run(file, workers=1, seed=9)
    named = {str(new.folder): new, "my plan": new, "results/my plan": new, old.folder.name: old}
    for run, meant in named.items():
        opened = sim.open_results(run)
        assert opened.folder == meant.folder
        pd.testing.assert_frame_equal(opened.replications, meant.replications)


def test_an_unknown_run_is_told_with_a_suggestion(file: Path) -> None:
    sim.run(file, workers=1)
    with pytest.raises(InputError, match=r"there is no run my plam.*did you mean my plan\?"):
        sim.open_results("my plam")
    with pytest.raises(InputError, match="there is no run"):
        sim.open_results("nowhere/at/all")


def test_a_run_without_finished_replications_is_told(file: Path) -> None:
    results = sim.run(file, workers=1)
    (results.folder / "chunks/00000.json").unlink()
    with pytest.raises(RunError, match="no finished replications"):
        sim.open_results(results.folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replications": 0}, "replications: "),
        ({"seed": -1}, "seed: "),
        ({"workers": 0}, "workers: must be at least 1"),
        ({"engine": "compile"}, r"no engine compile; there are compiled, simpy; did you mean compiled\?"),
        ({"reference": "nort"}, r"no allocation nort; there are .*did you mean north\?"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_written(file: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        sim.run(file, **options)
    assert not Path("results").exists()


def test_a_run_of_other_code_is_refused_until_fresh(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.run(file, workers=1)
    monkeypatch.setattr("sim.experiment.manifest.code_digest", lambda: "0" * 64)
    with pytest.raises(RunError, match="--fresh"):
        sim.run(file, workers=1)
    assert sim.run(file, workers=1, fresh=True).manifest["code"] == "0" * 64


def test_a_folder_of_another_scenario_is_refused(file: Path) -> None:
    sim.run(file, workers=1, out="here")
    with pytest.raises(InputError, match="holds another run"):
        sim.run(file, workers=1, out="here", seed=8)


def test_names_that_are_no_folders_are_made_ones(file: Path) -> None:
    scenario = sim.load(file, ["name=../План A/B?"])
    folder = api.folder_for(scenario, scenario)
    assert folder.parts[:-1] == ("results", "План-A-B")


def test_a_script_without_a_main_guard_may_use_several_processes(file: Path) -> None:
    script = file.with_name("script.py")
    script.write_text(
        "import sys, types\n"
        "from tests.experiment.fake import study_of\n"
        "sys.modules['sim.experiment.study'] = types.SimpleNamespace(Study=study_of)\n"
        "import sim\n"
        "print(sim.run('my plan.yaml', engine='simpy', workers=2).n)\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "6\n", "")


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, sim; print(sorted({'numba', 'pandas', 'matplotlib', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_parts_hold_whole_replications_in_order_and_only_what_was_asked_for(file: Path) -> None:
    results = sim.run(file, replications=640, workers=1)
    parts = list(results.parts("yearly", ["draw", "milk_t"]))
    assert len(parts) > 1
    assert [list(part) for part in parts] == [["draw", "milk_t"]] * len(parts)
    draws = [set(part["draw"]) for part in parts]
    assert sorted(set.union(*draws)) == list(range(640))
    assert sum(map(len, draws)) == 640
    assert list(results.recorded("yearly")) == list(results.yearly)
    short = sim.run(file, replications=10, workers=1)
    assert sorted(set.union(*(set(part["draw"]) for part in short.parts("yearly", ["draw"])))) == list(range(10))


def test_opening_reads_no_rows_and_an_outcome_reads_its_own_column(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sim.run(file, workers=1).folder
    asked: list[tuple[str, list[str]]] = []
    read = Store.parts

    def noted(store: Store, table: str, replications: int, columns: Any = None, **others: int) -> Any:
        asked.append((table, list(columns or ())))
        return read(store, table, replications, columns, **others)

    monkeypatch.setattr(Store, "parts", noted)
    with monkeypatch.context() as patch:
        patch.setattr(sim.api.results, "load", lambda _file: pytest.fail("the scenario was read"))
        results = sim.open_results(folder)
        assert (results.n, repr(results)) == (6, f"<Results {folder}: 6 replications>")
    assert asked == []
    milk = sim.open_results(folder).outcome("milk_t")
    assert asked == [("replications", ["allocation", "draw", "world", "milk_t"])]
    assert list(milk) == ["north", "south", "no_programme"]
    stored = sim.open_results(folder).replications.query("allocation == 'south'")["milk_t"]
    assert milk["south"].tolist() == stored.tolist()


def test_an_unknown_outcome_is_told_with_a_suggestion(file: Path) -> None:
    results = sim.run(file, workers=1)
    for name in ("mlik_t", "allocation"):
        with pytest.raises(InputError, match="there is no outcome"):
            results.outcome(name)
    with pytest.raises(InputError, match=r"did you mean milk_t\?"):
        results.outcome("mlik_t")


def test_parameters_are_those_the_study_draws(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(file, "monte_carlo:", "uncertain: [loan.grant_rate, market.*.price]\nmonte_carlo:")
    results = sim.run(file, replications=128, workers=1)
    short = sim.run(file, replications=6, workers=1)
    monkeypatch.setattr("sim.experiment.study.Study", Study)
    parameters = results.parameters()
    study = api.study_for(results.scenario, "compiled")
    assert tuple(parameters) == study.sampler.paths
    places = [study.layout.index[path] for path in parameters]
    for number in (0, 63, 64, 127):
        assert parameters.loc[(number, number)].tolist() == study.point(number)[places].tolist()
    assert parameters.index.equals(results.outcome("milk_t").index)
    pd.testing.assert_frame_equal(short.parameters(), parameters[:6], check_exact=True)
    results.manifest["tables"] = "other"
    with pytest.raises(RunError, match="the tables have changed"):
        results.parameters()
