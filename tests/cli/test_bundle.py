from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import sim
from sim.api.bundling import bundle
from sim.data.tables import REGIONS
from sim.experiment import bundles
from sim.experiment.disk import sealed, sha256
from sim.experiment.store import TABLES
from sim.scenario import tables_for
from tests.cli.conftest import Call
from tests.experiment.fake import SCENARIO

Members = dict[str, bytes]


def rows(folder: Path) -> dict[str, bytes]:
    parts = [part for table in TABLES for part in folder.glob(f"{table}/*.parquet")]
    assert parts
    return {part.relative_to(folder).as_posix(): part.read_bytes() for part in parts}


def members(file: Path) -> Members:
    with zipfile.ZipFile(file) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def put(file: Path, content: Members, *, links: tuple[str, ...] = ()) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in content.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK if name in links else stat.S_IFREG) << 16
            archive.writestr(info, text)


def stated(content: Members, change: Callable[[dict[str, object]], object]) -> Members:
    """Return a bundle that says something else of itself, and is sealed again."""
    value = json.loads(content["bundle.json"])
    value.pop("sha256")
    change(value)
    return {**content, "bundle.json": sealed(value)}


def listed(content: Members, name: str, text: bytes) -> Members:
    """Return a bundle with another member that it knows of."""
    return stated({**content, name: text}, lambda value: value["members"].update({name: (len(text), sha256(text))}))  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """The bundle of a scenario."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "plan.yaml").write_text(SCENARIO, encoding="utf-8")
    return members(bundle(folder / "plan.yaml", folder / "good.zip"))


@pytest.fixture
def own(folder: Path) -> Path:
    """A region of one's own beside the scenario that uses it."""
    region = folder / "мой край"
    shutil.copytree(REGIONS / "zhetysu", region)
    text = (region / "region.csv").read_text(encoding="utf-8")
    (region / "region.csv").write_text(text.replace("_month,110,110,110", "_month,90,90,90"), encoding="utf-8")
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("region: zhetysu", "region: мой край"), encoding="utf-8")
    return plan


def test_a_bundled_file_runs_elsewhere_to_the_same_rows(auylsim: Call, folder: Path, own: Path) -> None:
    assert auylsim("run", "plan.yaml", "-q").returncode == 0
    (original,) = (folder / "results/plan").iterdir()
    done = auylsim("bundle", "plan.yaml")
    assert (done.returncode, done.stdout) == (0, "plan.zip is written. To run it anywhere: auylsim run plan.zip\n")
    away = folder / "away"
    away.mkdir()
    (folder / "plan.zip").rename(away / "split 1.zip")
    own.unlink()
    shutil.rmtree(folder / "мой край")
    (folder / "results").rename(folder / "before")

    assert auylsim("check", "away/split 1.zip").returncode == 0
    done = auylsim("run", "away/split 1.zip", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    repeated = folder / "results/split 1" / original.name
    assert rows(repeated) == rows(folder / "before/plan" / original.name)
    assert sim.open_results(repeated).manifest == sim.open_results(folder / "before/plan" / original.name).manifest
    assert sim.open_results(repeated).tables.quantities["committee.files_per_month"].central == 90


@pytest.mark.parametrize("changes", [["loan.rate=0.06"], {"loan.rate": 0.06}])
def test_a_bundle_is_changed_as_its_file_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, changes: list[str] | dict[str, object]
) -> None:
    monkeypatch.chdir(folder)
    bundle("plan.yaml")
    loaded, own = sim.load("plan.zip", changes), sim.load("plan.yaml", changes)
    assert loaded.inputs_hash(tables_for(loaded)) == own.inputs_hash(tables_for(own))
    assert loaded.set == {"loan.rate": 0.06}


def test_a_bundled_run_is_a_run_wherever_it_is_unpacked(
    auylsim: Call, folder: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auylsim("run", "plan.yaml", "-q")
    (original,) = (folder / "results/plan").iterdir()
    assert auylsim("bundle", "plan").stdout.startswith(f"plan-{original.name}.zip is written.")
    sent = (folder / f"plan-{original.name}.zip").rename(folder / "sent.zip")
    own.unlink()
    shutil.rmtree(folder / "мой край")
    (folder / "results").rename(folder / "before")
    before = folder / "before/plan" / original.name

    for command in ("compare", "export", "diff"):
        more = {"compare": (), "export": ("--to", "csv"), "diff": ("sent.zip",)}[command]
        assert auylsim(command, "sent.zip", *more).returncode == 0
    (unpacked,) = (folder / "results/sent").iterdir()
    assert rows(unpacked) == rows(before)
    assert (unpacked / "summary.csv").read_bytes() == (before / "summary.csv").read_bytes()
    assert sorted(file.name for file in (unpacked / "tables/мой край").glob("*.csv")) == [
        "district.csv", "districts.csv", "region.csv",
    ]  # fmt: skip
    assert auylsim("run", "sent.zip", "-q").returncode == 0
    assert rows(folder / "results/sent" / original.name) == rows(before)
    monkeypatch.chdir(folder)
    (page,) = sim.open_results("sent.zip").report(figures=())
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    again = auylsim("bundle", str(unpacked), "--out", "again.zip")
    assert (again.returncode, members(folder / "again.zip")) == (0, members(sent))


def test_no_path_of_this_machine_is_in_a_bundle_and_its_bytes_do_not_vary(
    auylsim: Call, folder: Path, own: Path
) -> None:
    assert auylsim("bundle", "plan.yaml", "--out", "one.zip").returncode == 0
    own.touch()
    assert auylsim("bundle", str(own), "--out", "two.zip").returncode == 0
    assert (folder / "one.zip").read_bytes() == (folder / "two.zip").read_bytes()
    assert str(folder).encode() not in (folder / "one.zip").read_bytes()
    with zipfile.ZipFile(folder / "one.zip") as archive:
        names = archive.namelist()
        assert names == ["bundle.json", *sorted(names[1:])]
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())


def test_a_shipped_region_travels_with_all_its_tables(auylsim: Call, folder: Path) -> None:
    auylsim("bundle", "plan.yaml")
    shipped = {file.relative_to(REGIONS).as_posix(): file.read_bytes() for file in REGIONS.rglob("zhetysu/**/*.csv")}
    found = members(folder / "plan.zip")
    assert {name: found[f"tables/{name}"] for name in shipped} == shipped
    scenario = sim.load(folder / "plan.yaml")
    assert json.loads(found["bundle.json"])["manifest"]["inputs"] == scenario.inputs_hash(tables_for(scenario))


def test_what_is_there_is_not_written_over(auylsim: Call, folder: Path) -> None:
    (folder / "plan.zip").write_bytes(b"mine")
    done = auylsim("bundle", "plan.yaml")
    assert (done.returncode, (folder / "plan.zip").read_bytes()) == (2, b"mine")
    assert auylsim("bundle", "plan.yaml", "--force").returncode == 0
    assert auylsim("bundle", "plan.yaml", "--out", "new/folder/plan.zip").returncode == 0
    assert members(folder / "new/folder/plan.zip") == members(folder / "plan.zip")
    assert auylsim("bundle", "plan.yaml", "--out", "plan.rar").stderr == "plan.rar: the name must end in .zip\n"
    assert auylsim("bundle", "no.yaml").returncode == 2


def test_a_bundle_of_a_mere_file_has_no_results(auylsim: Call, folder: Path, good: Members) -> None:
    put(folder / "plan 1.zip", good)
    done = auylsim("compare", "plan 1.zip")
    assert done.returncode == 2
    first = 'give first the command auylsim run "plan 1.zip"\n'
    assert done.stderr == f"plan 1.zip holds a scenario and no results: {first}"


def test_a_damaged_unpacked_file_is_mended(auylsim: Call, folder: Path) -> None:
    auylsim("bundle", "plan.yaml")
    auylsim("check", "plan.zip")
    (file,) = (folder / "results/plan").rglob("scenario.yaml")
    content = file.read_bytes()
    file.write_bytes(b"#" + content[1:])
    assert auylsim("check", "plan.zip").returncode == 0
    assert file.read_bytes() == content


def test_a_bundle_that_was_zipped_again_is_one(auylsim: Call, folder: Path, good: Members) -> None:
    put(folder / "plan.zip", {"tables/": b"", "tables/zhetysu/": b"", **dict(reversed(good.items()))})
    done = auylsim("check", "plan.zip")
    assert (done.returncode, done.stderr) == (0, "")


def test_other_tables_of_the_program_are_told(auylsim: Call, folder: Path, good: Members) -> None:
    told = stated(good, lambda value: value["manifest"].update(inputs="0" * 64))  # type: ignore[attr-defined]
    put(folder / "old.zip", told)
    done = auylsim("run", "old.zip")
    assert done.returncode == 0
    assert "own tables are not those it was bundled with" in done.stderr


FAULTS: dict[str, tuple[Callable[[Members], Members], str]] = {
    "missing": (lambda m: {name: text for name, text in m.items() if name != "scenario.yaml"}, "scenario.yaml is miss"),
    "changed": (lambda m: {**m, "scenario.yaml": b"name: x\n"}, "scenario.yaml is missing, added or changed"),
    "added": (lambda m: {**m, "more.csv": b""}, "more.csv is missing, added or changed"),
    "unlisted": (lambda m: {name: text for name, text in m.items() if name != "bundle.json"}, "this is no bundle"),
    "unsealed": (lambda m: {**m, "bundle.json": m["bundle.json"].replace(b'"file"', b'"run"')}, "bundle.json is miss"),
    "nonsense": (lambda m: stated(m, lambda value: value.update(members=[1])), "bundle.json is missing, added"),
    "endless": (
        lambda m: stated(m, lambda value: value["members"].update({"x": (float("inf"), "")})),  # type: ignore[attr-defined]
        "bundle.json is missing, added",
    ),
    "newer": (lambda m: stated(m, lambda value: value.update(bundle=2)), "made by a newer version of auylsim"),
    "large": (
        lambda m: stated(m, lambda value: value["members"].update({"x": (5 * 10**9, "")})),  # type: ignore[attr-defined]
        "at most 4 000 000 000 are allowed",
    ),
    "above": (lambda m: listed(m, "../evil.csv", b"1"), "'../evil.csv' would not be a file inside"),
    "inside": (lambda m: listed(m, "tables/../../evil.csv", b"1"), "would not be a file inside"),
    "absolute": (lambda m: listed(m, "/tmp/evil.csv", b"1"), "'/tmp/evil.csv' would not be a file inside"),
    "drive": (lambda m: listed(m, "C:/evil.csv", b"1"), "would not be a file inside"),
    "backslash": (lambda m: listed(m, "tables\\..\\evil.csv", b"1"), "would not be a file inside"),
    "device": (lambda m: listed(m, "tables/NUL.csv", b"1"), "would not be a file inside"),
    "link": (lambda m: listed(m, "link", b"/etc"), "'link' would not be a file inside"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_bundle_is_refused_in_one_sentence_and_leaves_nothing(
    auylsim: Call, folder: Path, good: Members, fault: str
) -> None:
    change, message = FAULTS[fault]
    put(folder / "bad.zip", change(good), links=("link",))
    done = auylsim("run", "bad.zip")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bad.zip: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {file.name for file in folder.rglob("*") if file.is_file()} <= {
        "plan.yaml", "bad.zip", "districts.csv", "district.csv", "region.csv", "tiles.csv", "targets.csv",
    }  # fmt: skip
    assert not (folder.parent / "evil.csv").exists()


def test_what_only_looks_like_a_bundle_is_refused(auylsim: Call, folder: Path, good: Members) -> None:
    put(folder / "good.zip", good)
    whole = (folder / "good.zip").read_bytes()
    for content in (b"", b"no zip", whole[: len(whole) // 2], whole[:-30]):
        (folder / "bad.zip").write_bytes(content)
        done = auylsim("run", "bad.zip")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert "this is no bundle" in done.stderr
    put(folder / "bad.zip", good)
    with zipfile.ZipFile(folder / "bad.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("scenario.yaml", good["scenario.yaml"])
    assert "scenario.yaml is missing, added or changed" in auylsim("run", "bad.zip").stderr


def test_a_bomb_is_not_unpacked(auylsim: Call, folder: Path, good: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(folder / "bad.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in good.items():
            archive.writestr(name, bytes(10**8) if name == "scenario.yaml" else text)
    assert (folder / "bad.zip").stat().st_size < 10**6
    assert "scenario.yaml is missing, added or changed" in auylsim("run", "bad.zip").stderr
    monkeypatch.setattr(bundles, "MOST_OF_MEMBER", 10_000)
    assert "10 000 in one file" in auylsim("bundle", "plan.yaml").stderr  # nor made
    assert not (folder / "plan.zip").exists()


@pytest.mark.parametrize("name", ["a", "a b/ц-1.csv", "x.y_z", "край (2)"])
def test_ordinary_names_are_safe(name: str) -> None:
    assert bundles.safe(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/", "/a", "a//b", "a.", "a ", "con", "COM1.csv", "a:b", "a\0b", "~a"]
)
def test_other_names_are_not(name: str) -> None:
    assert not bundles.safe(name)


def test_rows_that_are_damaged_are_not_bundled(auylsim: Call, folder: Path) -> None:
    auylsim("run", "plan.yaml", "-q")
    (run,) = (folder / "results/plan").iterdir()
    (part,) = (run / "yearly").iterdir()
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    done = auylsim("bundle", "plan")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert not list(folder.glob("*.zip*"))
