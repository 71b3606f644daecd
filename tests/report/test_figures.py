"""Every figure in every case that a run can bring: nothing fails, is cut off or overlaps."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from sim.errors import InputError
from sim.i18n import language
from sim.report import style
from sim.report.figures import SINGLE, available, draw, draw_all
from tests.report.made_up import LABELS, LONG, OUTCOMES, Run, made_up

KNOWN = available(made_up(2))
NAMES = [item.name for item in OUTCOMES[:5]]
ONE_OF_EACH = [
    *SINGLE, "distribution_rural_income_kzt_per_month", "distribution_jobs_net", "years_milk_t",
    "years_jobs_net", "years_projects_funded",
]  # fmt: skip


def one_replication() -> Run:
    return made_up(1)


def one_allocation() -> Run:
    return made_up(40, {"current": LABELS["current"]})


def eight_with_long_names() -> Run:
    return made_up(64, LONG)


def constant() -> Run:
    run = made_up(64)
    run.replications[amounts(run.replications)] = 7.0
    run.yearly[amounts(run.yearly)] = 0.0
    run.districts[amounts(run.districts)] = 0.0
    run.instruments[amounts(run.instruments)] = 0.0
    run.herds[amounts(run.herds)] = 0.0
    return run


def failures() -> Run:
    run = made_up(40)
    broken = (run.replications["draw"] % 3 == 0) & (run.replications["allocation"] == "current")
    run.replications.loc[broken, "failed"] = 3
    for table in (run.replications, run.yearly, run.districts, run.herds):
        lost = (table["draw"] % 3 == 0) & (table["allocation"] == "current")
        table.loc[lost, amounts(table)] = np.nan
    return run


def no_values() -> Run:
    run = made_up(20)
    run.replications["failed"] = 3
    for table in (run.replications, run.yearly, run.districts, run.instruments, run.herds):
        table[amounts(table)] = np.nan
    return run


def amounts(table: pd.DataFrame) -> list[str]:
    """Return the columns that are neither keys nor the mark of failures."""
    keys = {"allocation", "draw", "world", "year", "instrument", "district", "species", "sex", "stage", "failed"}
    return [column for column in table if column not in keys]


def one_year() -> Run:
    run = made_up(30)
    run.yearly = run.yearly[run.yearly["year"] == 2026]
    run.instruments = run.instruments[run.instruments["year"] == 2026]
    return run


CASES = [one_replication, one_allocation, eight_with_long_names, constant, failures, no_values, one_year]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.__name__)
def case(request: pytest.FixtureRequest) -> Run:
    made: Callable[[], Run] = request.param
    return made()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_case_can_be_drawn_and_read(case: Run, name: str) -> None:
    if name == "differences" and len(case.scenario.allocations) == 1:
        with pytest.raises(InputError, match="only one split"):
            draw(name, case)
        return
    assert_readable(draw(name, case, "ru"))


@pytest.mark.parametrize("name", KNOWN)
def test_every_figure_can_be_read(run: Run, name: str) -> None:
    assert_readable(draw(name, run, "kk"))


def assert_readable(figure: Figure) -> None:
    """Assert that nothing is cut off by the canvas, and that no texts lie on one another or on a panel."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [(-i, text.get_text(), text.get_window_extent(renderer)) for i, text in enumerate(figure.texts, 1)]
    for panel, axes in enumerate(figure.axes):
        parts = {
            "frame": axes.get_window_extent(renderer), "x axis": axes.xaxis.get_tightbbox(renderer),
            "y axis": axes.yaxis.get_tightbbox(renderer), "title": axes._right_title.get_tightbbox(renderer),
        }  # fmt: skip
        parts |= {text.get_text(): text.get_window_extent(renderer) for text in axes.texts}
        boxes += [(panel, name, box) for name, box in parts.items() if box is not None and box.width > 0]
    assert [name for _panel, name, box in boxes if not contains(figure.bbox, box)] == []
    touching = [(a, b) for (i, a, first), (j, b, second) in combinations(boxes, 2) if i != j and overlap(first, second)]
    assert touching == []


def contains(outer: Bbox, inner: Bbox) -> bool:
    """Whether a box lies within another."""
    return outer.x0 <= inner.x0 and inner.x1 <= outer.x1 and outer.y0 <= inner.y0 and inner.y1 <= outer.y1


def overlap(first: Bbox, second: Bbox) -> bool:
    """Whether two boxes share more than their rims (a point of ascenders and descenders)."""
    rim = 1.5
    return (
        min(first.x1, second.x1) - max(first.x0, second.x0) > rim
        and min(first.y1, second.y1) - max(first.y0, second.y0) > rim
    )


def test_equal_data_give_equal_bytes_whatever_the_settings(run: Run, tmp_path: Path) -> None:
    for place in ("first", "second"):
        (tmp_path / place).mkdir()
        with matplotlib.rc_context({"font.size": 20, "axes.grid": place == "second"}):
            for name in ("distribution_milk_t", "money", "years_milk_t"):
                with style.styled():
                    style.save(draw(name, run, "en"), tmp_path / place, name)
    for file in sorted((tmp_path / "first").iterdir()):
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()
        assert b"matplotlib.org/" not in file.read_bytes()[:400]


def test_all_figures_are_written_in_order(tmp_path: Path) -> None:
    files = draw_all(made_up(20), tmp_path / "new" / "рисунки", "ru")
    assert [file.name for file in files] == [f"{name}.{ext}" for name in KNOWN for ext in ("png", "svg")]
    assert all(file.stat().st_size > 5000 for file in files)
    assert language() == "en"


def test_only_what_was_recorded_is_drawn(run: Run) -> None:
    less = Run(**(vars(run) | {"replications": run.replications.drop(columns="milk_t")}))
    assert available(less) == [name for name in KNOWN if name != "distribution_milk_t"]
    with pytest.raises(InputError, match="no outcome milk_t in replications"):
        draw("distribution_milk_t", less)


def test_a_misspelt_name_is_answered_with_the_nearest(run: Run) -> None:
    with pytest.raises(InputError, match="did you mean money"):
        draw("mony", run)


def test_title_and_footer_say_what_and_from_where(run: Run) -> None:
    text = " ".join(text.get_text() for text in draw("distribution_milk_t", run, "en").texts)
    assert text.startswith("Livestock first raises milk produced most: +")
    assert "Zhetysu 2026-2028  ·  replications" in text
    assert "n = 640" in text
    assert "seed 20260216" in text
    assert "auylsim 0.1.0" in text


def test_rows_stand_in_scenario_order_with_the_counterfactual_last(run: Run) -> None:
    texts = [text.get_text() for text in draw("distribution_milk_t", run, "en").texts]
    places = [texts.index(label["en"]) for label in LABELS.values()] + [texts.index("No programme")]
    assert places == sorted(places)


def test_differences_in_a_figure_are_paired(run: Run) -> None:
    wide = run.replications.pivot(index="draw", columns="allocation", values="milk_t")
    median = (wide["water_first"] - wide["no_programme"]).median() / 1000
    texts = [text.get_text() for text in draw("distribution_milk_t", run, "en").texts]
    assert f"+{median:.1f}" in texts


def test_money_is_the_mean_over_replications(run: Run) -> None:
    frame: pd.DataFrame = run.instruments.query("allocation == 'water_first' and instrument == 'water_saving'")
    mean = frame.groupby("draw")[["disbursed_kzt", "planned_kzt"]].sum().mean() / 1e9
    titles = [axes.get_title(loc="right") for axes in draw("money", run, "en").axes]
    told = f"{mean['disbursed_kzt']:.1f} of {mean['planned_kzt']:.1f}; "
    assert any(title.startswith(told) for title in titles)
