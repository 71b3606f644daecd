"""Writes results/example and the contact sheets in docs/figures from the default run: `make example`.

What the README shows is read from here: facts, the table of published figures, small figures, and the first rows,
which a test computes again.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

import sim
from sim.analysis.estimates import Estimate, standings
from sim.analysis.validation import targets
from sim.i18n import LANGUAGES, set_language
from sim.report.figures import available, draw
from sim.report.told import ENPV, INCOME, JOBS, Told
from sim.report.validation import markdown

ROOT = Path(__file__).parents[1]
SCENARIO = ROOT / "scenarios" / "zhetysu-2026-2028.yaml"
EXAMPLE, SHEETS = ROOT / "results" / "example", ROOT / "docs" / "figures"
FIRST = 8  # replications whose rows are kept
LANCZOS = Image.Resampling.LANCZOS
DPI, SMALLER, COLOURS = 200, 0.55, 96  # of the small figures: under 3 MB in all
COLUMNS, WIDTH, GAP = 4, 560, 12  # of a contact sheet, pixels


def main() -> None:
    """Run the default scenario, or take the stored run, and write all of it."""
    results = sim.run(SCENARIO, fresh="--fresh" in sys.argv)
    shutil.rmtree(EXAMPLE, ignore_errors=True)
    (EXAMPLE / "figures").mkdir(parents=True)
    for name in ("scenario.yaml", "manifest.json", "summary.csv", "tables.xlsx"):
        shutil.copy(results.folder / name, EXAMPLE / name)
    rows = results.replications
    rows[rows["draw"] < FIRST].to_csv(EXAMPLE / "first_replications.csv", index=False, lineterminator="\n")
    facts(results).to_csv(EXAMPLE / "facts.csv", index=False, lineterminator="\n")
    SHEETS.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        set_language(language)
        table = markdown(targets(results.tables), results.validate())
        (EXAMPLE / f"validate.{language}.md").write_text(table, encoding="utf-8", newline="\n")
        figures = {name: small(draw(name, results)) for name in available(results)}
        sheet(list(figures.values())).save(SHEETS / f"{language}.png", optimize=True)
        figures["distribution_rural_income_kzt_per_month"].save(SHEETS / f"income.{language}.png", optimize=True)
        if language == "en":
            for name, image in figures.items():
                image.save(EXAMPLE / "figures" / f"{name}.png", optimize=True)


def facts(results: sim.Results) -> pd.DataFrame:
    """Return how each split compares in some outcomes: gains over no programme, and how probably it is best."""
    told, rows = Told(results), []
    for name in (INCOME, ENPV, JOBS):
        table = told.gains(name)
        for one in standings(table):
            gain = table[one.split].dropna()
            rows.append(
                {"outcome": name, "allocation": one.split, "n": one.gain.n, "median": gain.median()}
                | {"p05": gain.quantile(0.05), "p95": gain.quantile(0.95), "p_below_0": float((gain < 0).mean())}
                | _interval("mean", one.gain)
                | _interval("p_best", one.best)
            )
    return pd.DataFrame(rows)


def _interval(name: str, found: Estimate) -> dict[str, float]:
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def small(figure: Figure) -> Image.Image:
    """Return a figure as an image of few colours."""
    page = io.BytesIO()
    figure.savefig(page, format="png", dpi=DPI)  # as in a run: at fewer dots texts are wider than reckoned
    image = Image.open(page).convert("RGB")
    return _few_colours(image.resize((round(image.width * SMALLER), round(image.height * SMALLER)), LANCZOS))


def _few_colours(image: Image.Image) -> Image.Image:
    return image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)


def sheet(images: list[Image.Image]) -> Image.Image:
    """Lay images side by side, row by row, each as wide as the others."""
    thumbs = [
        image.convert("RGB").resize((WIDTH, round(image.height * WIDTH / image.width)), LANCZOS) for image in images
    ]
    lines = [thumbs[i : i + COLUMNS] for i in range(0, len(thumbs), COLUMNS)]
    heights = [max(thumb.height for thumb in line) + GAP for line in lines]
    page = Image.new("RGB", (COLUMNS * (WIDTH + GAP) + GAP, sum(heights) + GAP), "#d8d8d8")
    for thumb, place in _places(lines, heights):
        page.paste(thumb, place)
    return _few_colours(page)


def _places(lines: list[list[Image.Image]], heights: list[int]) -> Iterator[tuple[Image.Image, tuple[int, int]]]:
    tops = np.cumsum([GAP, *heights])
    for line, top in zip(lines, tops.tolist(), strict=False):
        for column, thumb in enumerate(line):
            yield thumb, (GAP + column * (WIDTH + GAP), top)


if __name__ == "__main__":
    main()
