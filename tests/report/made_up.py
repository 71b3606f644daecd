"""A made-up run with realistic sizes: four splits and no programme, many replications, ten years."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from sim.data import Instrument, Outcome

YEARS = range(2026, 2036)
LABELS = {
    "current": {
        "en": "Current (assumed split)",
        "ru": "Текущее распределение (предположение)",
        "kk": "Ағымдағы бөлініс (болжам)",
    },
    "livestock_first": {
        "en": "Livestock first",
        "ru": "Сначала животноводство",
        "kk": "Алдымен мал шаруашылығы",
    },
    "processing_first": {"en": "Processing first", "ru": "Сначала переработка", "kk": "Алдымен өңдеу"},
    "water_first": {"en": "Water first", "ru": "Сначала водосбережение", "kk": "Алдымен суды үнемдеу"},
}


def outcome(name: str = "milk_t", **changes: Any) -> Outcome:
    """Return an outcome of the registry; `changes` replace what is not asked about."""
    fields: dict[str, Any] = {
        "name": name, "unit": "t", "basis": "mean of the last three years", "decimals": 1,
        "table": "replications", "scale": 1.0, "shown_unit": "t", "prices": "", "against": "",
        "better": "more", "fund_own": False, "increment": False, "nullable": False, "main": True,
        "labels": {"en": name.capitalize()}, "description": "",
    }  # fmt: skip
    return Outcome(**(fields | changes))


OUTCOMES = (
    outcome(
        "rural_income_kzt_per_month", unit="tenge", decimals=0, shown_unit="tenge a month per rural resident",
        labels={"en": "Rural income", "ru": "Доход сельского жителя", "kk": "Ауыл тұрғынының табысы"},
    ),
    outcome(
        "milk_t", scale=0.001, shown_unit="thousand t a year",
        labels={"en": "Milk produced", "ru": "Производство молока", "kk": "Сүт өндірісі"},
    ),
    outcome(
        "processed_milk_share", scale=100.0, shown_unit="% of the milk produced",
        labels={"en": "Processed share of milk", "ru": "Доля переработанного молока",
                "kk": "Өңделген сүт үлесі"},
    ),
    outcome(
        "water_saving_ha", basis="at the end", decimals=2, scale=0.001, shown_unit="thousand ha",
        labels={"en": "Area under water-saving irrigation", "ru": "Площадь с водосберегающим орошением",
                "kk": "Су үнемдейтін суару алаңы"},
    ),
    outcome(
        "jobs_net", decimals=0, shown_unit="full-time jobs", increment=True,
        labels={"en": "Net permanent jobs", "ru": "Чистые постоянные рабочие места",
                "kk": "Таза тұрақты жұмыс орындары"},
    ),
    outcome(
        "projects_funded", basis="in the year", decimals=0, table="yearly", shown_unit="projects",
        fund_own=True, labels={"en": "Projects funded", "ru": "Профинансированные проекты",
                               "kk": "Қаржыландырылған жобалар"},
    ),
    outcome(
        "loans_disbursed_kzt_nominal", basis="in the year", decimals=2, table="yearly", scale=1e-9, better="",
        shown_unit="bn tenge, nominal", fund_own=True,
        labels={"en": "Loans disbursed", "ru": "Выдано займов", "kk": "Берілген қарыздар"},
    ),
)  # fmt: skip
INSTRUMENTS = tuple(
    Instrument(name, "herd", "", "", {"en": en, "ru": ru, "kk": kk})
    for name, en, ru, kk in [
        ("dairy_family", "Family dairy farm", "Семейная молочная ферма", "Отбасылық сүт фермасы"),
        ("greenhouse", "Greenhouse", "Теплица", "Жылыжай"),
        ("milk_plant", "Milk plant", "Молочный цех", "Сүт цехы"),
        ("water_saving", "Water-saving irrigation", "Водосберегающее орошение", "Су үнемдейтін суару"),
    ]
)
SHARES = np.array([[0.45, 0.15, 0.25, 0.15], [0.7, 0.1, 0.1, 0.1], [0.3, 0.1, 0.5, 0.1], [0.25, 0.1, 0.1, 0.55]])
TRANCHES = {2026: 5000e6, 2027: 8300e6, 2028: 9300e6}
LONG = {  # eight splits with names as long as people write them
    f"split_{i}": {
        "en": f"{i}. Dairy farms and feedlots first, processing from 2028 on, the rest to water saving",
        "ru": f"{i}. Сначала молочные фермы и откормочные площадки, с 2028 года переработка",
        "kk": f"{i}. Алдымен сүт фермалары мен бордақылау алаңдары, 2028 жылдан бастап өңдеу",
    }
    for i in range(1, 9)
}


@dataclass
class Rows:
    """Tables of results in memory, read in two parts."""

    replications: pd.DataFrame

    def recorded(self, table: str) -> list[str]:
        return list(getattr(self, table))

    def parts(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        frame = getattr(self, table)
        first = frame["draw"] <= frame["draw"].max() // 2
        yield from (frame.loc[rows, [*columns]] for rows in (first, ~first))


@dataclass
class Run(Rows):
    """What the report reads of a run."""

    yearly: pd.DataFrame
    instruments: pd.DataFrame
    scenario: Any
    tables: Any
    n: int
    seed: int = 20260216


def scenario(labels: Mapping[str, Mapping[str, str]], n: int) -> SimpleNamespace:
    """Return the part of a scenario that the report reads."""
    return SimpleNamespace(
        name="zhetysu-2026-2028",
        title={"en": "Zhetysu 2026-2028"},
        allocations={name: SimpleNamespace(label=dict(label)) for name, label in labels.items()},
        monte_carlo=SimpleNamespace(replications=n, seed=20260216, sampling="latin_hypercube"),
    )


def luck(purpose: str, *shape: int) -> np.ndarray:
    """Return standard normals of the stream of that name."""
    key = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=16).digest(), "little")
    return np.random.Generator(np.random.Philox(key=key)).standard_normal(shape)


def keys(n: int, allocations: Sequence[str], **more: Sequence[Any]) -> pd.DataFrame:
    """Return the key columns of a table of results, ordered (draw, world, allocation, …)."""
    index = pd.MultiIndex.from_product([range(n), allocations, *more.values()], names=["draw", "allocation", *more])
    frame = index.to_frame(index=False)
    frame.insert(2, "world", frame["draw"])
    return frame


def made_up(n: int, labels: Mapping[str, Mapping[str, str]] = LABELS) -> Run:
    """Make a run of `n` replications; each split adds its own gains to what all have in common."""
    names = [*labels, "no_programme"]
    weights = np.array([SHARES[i % 4] for i in range(len(labels))] + [[0, 0, 0, 0]])
    replications = keys(n, names)
    for item in OUTCOMES[:5]:
        replications[item.name] = levels(item.name, n, weights, 1).ravel()
    replications["failed"] = np.int32(0)
    yearly = keys(n, names, year=list(YEARS))
    for item in OUTCOMES[:5]:
        yearly[item.name] = levels(item.name, n, weights, len(YEARS)).ravel()
    path = np.array([0.8, 1.5, 1.9, 1.1, 0.7, 0.2, 0, 0, 0, 0])
    noise = 1 + 0.08 * luck("projects", n, 1, 1)
    funded = noise * (weights.sum(axis=1) * (1 + 0.1 * weights[:, 0]))[None, :, None] * path
    yearly["projects_funded"] = np.round(400 * funded).ravel()
    yearly["loans_disbursed_kzt_nominal"] = np.floor(5e9 * funded).ravel()
    return Run(
        replications, yearly, spending(n, names, weights), scenario(labels, n),
        SimpleNamespace(outcomes=OUTCOMES, instruments=INSTRUMENTS), n,
    )  # fmt: skip


def levels(name: str, n: int, weights: np.ndarray, years: int) -> np.ndarray:
    """Return values (replication, allocation, year) of one outcome in its stored unit."""
    base, sd, gain, per = {
        "rural_income_kzt_per_month": (61_000, 4_200, 900, (0.5, 0.25, 0.2, 0.05)),
        "milk_t": (231_000, 9_000, 21_000, (1, 0, 0.1, 0)),
        "processed_milk_share": (0.262, 0.03, 0.21, (0.02, 0, 1, 0)),
        "water_saving_ha": (88_000, 12_000, 9_000, (0, 0, 0, 1)),
        "jobs_net": (0, 0, 2_600, (0.35, 0.3, 0.35, 0.1)),
    }[name]
    effect = np.clip(weights @ np.array(per), 0, None)[None, :, None]
    common = base * np.exp(sd / max(base, 1) * luck(name, n, 1, 1))
    own = gain * effect * np.exp(0.45 * luck(name + "/gain", n, 1, 1) + 0.25 * luck(name + "/own", n, len(weights), 1))
    ramp = np.ones(1) if years == 1 else np.minimum(np.arange(years) / 5, 1.0)
    walk = 0 if years == 1 else sd * 0.25 * np.cumsum(luck(name + "/years", n, 1, years), axis=2) / 3
    return common + own * ramp + walk


def spending(n: int, names: Sequence[str], weights: np.ndarray) -> pd.DataFrame:
    """Return the table of instruments: two thirds of a tranche go out in its year, the rest later."""
    table = keys(n, names, instrument=[i.name for i in INSTRUMENTS], year=list(YEARS))
    plan = np.array([TRANCHES.get(year, 0.0) for year in YEARS])
    planned = weights[None, :, :, None] * plan + np.zeros((n, 1, 1, 1))
    late = np.concatenate([[0.0], plan[:-1]])
    pace = np.clip(0.68 + 0.06 * luck("pace", n, 1, len(INSTRUMENTS), 1), 0, 1)
    disbursed = weights[None, :, :, None] * (plan * pace + late * (1 - pace) * 0.9)
    table["planned_kzt"], table["disbursed_kzt"] = np.floor(planned).ravel(), np.floor(disbursed).ravel()
    return table
