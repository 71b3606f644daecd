"""Yield response to water against FAO Irrigation and Drainage Paper 33 (Doorenbos and Kassam, 1979)."""

from __future__ import annotations

import pytest

from sim.data import load_tables
from sim.model.water import yield_factor

# Ky of the total growing period, table 24 of the paper (also table 24 of FAO Paper 56).
KY = {"alfalfa": 1.1, "cotton": 0.85, "maize": 1.25, "potato": 1.1, "sugar beet": 1.0, "sunflower": 0.95,
      "tomato": 1.05, "winter wheat": 1.05}  # fmt: skip


@pytest.mark.parametrize(
    ("crop", "deficit", "loss"),
    [
        ("maize", 0.2, 0.25),
        ("maize", 0.5, 0.625),
        ("sugar beet", 0.3, 0.3),
        ("alfalfa", 0.2, 0.22),
        ("winter wheat", 0.1, 0.105),
        ("tomato", 0.4, 0.42),
        ("cotton", 0.4, 0.34),
        ("sunflower", 0.2, 0.19),
        ("potato", 0.0, 0.0),
    ],
)
def test_the_loss_of_yield_is_ky_times_the_deficit_of_evapotranspiration(
    crop: str, deficit: float, loss: float
) -> None:
    assert 1.0 - yield_factor(KY[crop], 1.0 - deficit) == pytest.approx(loss, abs=1e-15)


def test_no_crop_yields_less_than_nothing() -> None:
    assert yield_factor(1.25, 0.21) == pytest.approx(0.0125, abs=1e-15)
    assert yield_factor(1.25, 0.2) == pytest.approx(0.0, abs=1e-15)
    assert yield_factor(1.25, 0.19) == 0.0
    assert yield_factor(1.25, 0.0) == 0.0


@pytest.mark.parametrize(("crop", "published"), [("forage", "alfalfa"), ("beet", "sugar beet"), ("cash", "maize")])
def test_the_tables_have_the_published_ky(crop: str, published: str) -> None:
    row = load_tables("zhetysu").quantities[f"crop.{crop}.ky"]
    assert row.low == row.central == row.high == KY[published]
