"""A made-up run with realistic sizes: four splits and no programme, many replications, ten years."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.data import District, Instrument, Outcome

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
OUTCOMES += tuple(
    outcome(name, main=False, scale=scale, shown_unit=unit, better=better, labels={"en": en, "ru": ru, "kk": kk})
    for name, scale, unit, better, en, ru, kk in [
        ("meat_liveweight_t", 0.001, "thousand t a year", "more", "Meat (live weight)", "Мясо (живой вес)",
         "Ет (тірідей салмақта)"),
        ("processed_meat_share", 100.0, "% of meat produced", "more", "Share of meat processed",
         "Доля переработанного мяса", "Өңделген ет үлесі"),
        ("plant_utilisation", 100.0, "% of open capacity", "more", "Load of milk plants", "Загрузка молочных цехов",
         "Сүт зауыттарының жүктемесі"),
        ("cattle_head", 0.001, "thousand head", "more", "Cattle", "Крупный рогатый скот", "Ірі қара"),
        ("sheep_head", 0.001, "thousand head", "more", "Sheep and goats", "Овцы и козы", "Қой мен ешкі"),
        ("horses_head", 0.001, "thousand head", "more", "Horses", "Лошади", "Жылқы"),
        ("poultry_head", 0.001, "thousand head", "more", "Household poultry", "Птица в хозяйствах",
         "Үй шаруашылығындағы құс"),
        ("livestock_units", 0.001, "thousand livestock units", "more", "Livestock", "Поголовье (условное)",
         "Мал басы (шартты)"),
        ("hay_price_kzt_per_t", 0.001, "thousand tenge of 2026 per t", "", "Hay price", "Цена сена", "Шөп бағасы"),
        ("water_index", 1.0, "times the limit", "", "Water supply index", "Индекс водообеспеченности",
         "Сумен қамту индексі"),
        ("water_entitlement_m3", 1e-9, "bn m³ a year", "", "Water farms may take", "Доступно воды по лимиту",
         "Лимит бойынша алуға болатын су"),
        ("water_used_m3", 1e-9, "bn m³ a year", "less", "Water used", "Использовано воды", "Пайдаланылған су"),
    ]
)  # fmt: skip
FIFTHS = [f"income_gain_fifth_{place}_kzt_per_month" for place in range(1, 6)]
SPECIES = ("cattle", "sheep", "horses", "poultry")
DISTRICTS = tuple(
    District(name, {"en": en, "ru": ru, "kk": kk})
    for name, en, ru, kk in [
        ("aksu", "Aksu", "Аксуский район", "Ақсу ауданы"),
        ("kerbulak", "Kerbulak", "Кербулакский район", "Кербұлақ ауданы"),
        ("taldykorgan", "Taldykorgan", "Талдыкорган", "Талдықорған"),
    ]
)
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
    districts: pd.DataFrame
    herds: pd.DataFrame
    scenario: Any
    tables: Any
    n: int
    seed: int = 20260216


def scenario(labels: Mapping[str, Mapping[str, str]], n: int) -> SimpleNamespace:
    """Return the part of a scenario that the report reads."""
    return SimpleNamespace(
        name="zhetysu-2026-2028",
        title={"en": "Zhetysu 2026-2028"},
        start=f"{YEARS[0]}-01",
        years=len(YEARS),
        allocations={name: SimpleNamespace(label=dict(label)) for name, label in labels.items()},
        monte_carlo=SimpleNamespace(replications=n, seed=20260216, sampling="latin_hypercube"),
    )


def words(figure: Figure) -> list[str]:
    """Return the texts that stand outside the axes of a figure, in the order of writing."""
    return [text.get_text() for text in figure.texts]


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
    for place, name in enumerate(FIFTHS):
        replications[name] = (levels("jobs_net", n, weights, 1)[..., 0] * (1.2 - 0.3 * place)).ravel()
    replications["failed"] = np.int32(0)
    yearly = keys(n, names, year=list(YEARS))
    for item in OUTCOMES[:5]:
        yearly[item.name] = levels(item.name, n, weights, len(YEARS)).ravel()
    for item in OUTCOMES[7:]:
        yearly[item.name] = levels(item.name, n, weights, len(YEARS)).ravel()
    path = np.array([0.8, 1.5, 1.9, 1.1, 0.7, 0.2, 0, 0, 0, 0])
    noise = 1 + 0.08 * luck("projects", n, 1, 1)
    funded = noise * (weights.sum(axis=1) * (1 + 0.1 * weights[:, 0]))[None, :, None] * path
    yearly["projects_funded"] = np.round(400 * funded).ravel()
    yearly["loans_disbursed_kzt_nominal"] = np.floor(5e9 * funded).ravel()
    districts = keys(n, names, district=[district.name for district in DISTRICTS])
    income = levels("rural_income_kzt_per_month", n, weights, 1)
    districts["rural_income_kzt_per_month"] = (income * np.array([0.9, 1.0, 1.2])).ravel()
    tables = SimpleNamespace(
        outcomes=OUTCOMES, instruments=INSTRUMENTS, districts=DISTRICTS, region="zhetysu",
        entities={"herd": SPECIES}.__getitem__,
    )  # fmt: skip
    money, herds = spending(n, names, weights), animals(n, names, weights)
    return Run(replications, yearly, money, districts, herds, scenario(labels, n), tables, n)


def levels(name: str, n: int, weights: np.ndarray, years: int) -> np.ndarray:
    """Return values (replication, allocation, year) of one outcome in its stored unit."""
    base, sd, gain, per = {
        "rural_income_kzt_per_month": (61_000, 4_200, 900, (0.5, 0.25, 0.2, 0.05)),
        "milk_t": (231_000, 9_000, 21_000, (1, 0, 0.1, 0)),
        "processed_milk_share": (0.262, 0.03, 0.21, (0.02, 0, 1, 0)),
        "water_saving_ha": (88_000, 12_000, 9_000, (0, 0, 0, 1)),
        "jobs_net": (0, 0, 2_600, (0.35, 0.3, 0.35, 0.1)),
        "meat_liveweight_t": (118_000, 5_000, 2_000, (0.5, 0, 0.2, 0)),
        "processed_meat_share": (0.12, 0.02, 0.05, (0, 0, 1, 0)),
        "plant_utilisation": (0.65, 0.08, -0.1, (-0.5, 0, 1, 0)),
        "cattle_head": (470_000, 30_000, 40_000, (1, 0, 0.3, 0)),
        "sheep_head": (1_900_000, 200_000, 90_000, (0.5, 0, 0.1, 0.1)),
        "horses_head": (190_000, 20_000, 4_000, (0.2, 0, 0, 0)),
        "poultry_head": (1_430_000, 300_000, 0, (0, 0, 0, 0)),
        "livestock_units": (640_000, 40_000, 40_000, (0.8, 0, 0.2, 0.1)),
        "hay_price_kzt_per_t": (31_000, 6_000, 2_500, (0.8, 0, 0.2, 0.1)),
        "water_index": (1.0, 0.18, 0, (0, 0, 0, 0)),
        "water_entitlement_m3": (1.8e9, 1.2e8, 0, (0, 0, 0, 0)),
        "water_used_m3": (1.5e9, 1.2e8, -4e6, (0.2, 0, 0, 1)),
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
    loans = np.round(disbursed / 1e7)
    table["applied"], table["approved"], table["funded"] = (np.round(k * loans).ravel() for k in (2.2, 1.5, 1.0))
    table["operating"] = np.round(0.8 * loans.cumsum(axis=3)).ravel()
    table["repaid_kzt"], table["defaulted_kzt"] = (np.floor(k * disbursed).ravel() for k in (0.9, 0.1))
    lapsed = 0.1 * planned.sum(axis=3, keepdims=True) * (np.array(YEARS) == 2031)
    table["lapsed_kzt"] = np.floor(lapsed).ravel()
    return table


def animals(n: int, names: Sequence[str], weights: np.ndarray) -> pd.DataFrame:
    """Return the table of animals: males are slaughtered young; projects buy females."""
    table = keys(n, names, species=SPECIES, sex=["female", "male"], stage=["juvenile", "subadult", "adult"])
    shape = np.array([[0.13, 0.12, 0.45], [0.13, 0.1, 0.07]])
    start, end, own = (np.empty((n, len(names), len(SPECIES), 2, 3)) for _table in range(3))
    for place, name in enumerate(SPECIES):
        of_all = levels(f"{name}_head", n, weights, 1)[..., None]
        start[:, :, place] = of_all[:, -1:] * shape
        own[:, :, place] = (of_all - of_all[:, -1:]) * np.array([[0.2, 0.2, 0.6], [0.0, 0.0, 0.0]])
        end[:, :, place] = 1.08 * start[:, :, place] + own[:, :, place]
    table["head"], table["head_projects"], table["head_start"] = end.ravel(), own.ravel(), start.ravel()
    return table
