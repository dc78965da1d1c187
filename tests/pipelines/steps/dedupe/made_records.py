"""Made records: tables with who is who, somebody to write of, and slips of the pen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

Row = dict[str, str]


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


FIRST = listed("""Anna Peter Sofia Lukas Emma Paul Marie Jonas Laura Felix Clara David Julia Simon Lena Martin Eva Thomas Sara Daniel Nina
Robert Alice George Helen Michael Susan Frank Carla Victor Irene Oscar Rosa Diana Walter Elena Richard Monica Stephen Judith Paula
Samuel Teresa William Johanna Andrew Katharine Charles Ruth Philip Margaret Joseph Barbara Benjamin Charlotte""")
BEGIN = listed("""Alt Berg Bram Carl Dorn Ester Fal Grun Hart Ivers Jans Kell Lind Marl North Ost Peters Quin Rosen Stein Thorn Ulm
Vander Wes York Zim""")
END = listed("mann er son berg ley ford hof wick sen bach well ton hurst feld stad more")
STREETS = listed("Hill Oak Park Station Mill Church Lake Garden River School Bridge Market Castle Forest Rose Spring Meadow Harbour")
TOWNS = [
    ("Leeds", "LS1 4AB"),
    ("York", "YO1 7HH"),
    ("Bristol", "BS1 5TR"),
    ("Hull", "HU1 2AA"),
    ("Derby", "DE1 3GB"),
    ("Oxford", "OX1 1DP"),
]
POSTS = [
    ("Berlin", "10115"),
    ("Hamburg", "20095"),
    ("Lyon", "69001"),
    ("Wien", "1010"),
    ("Bern", "3011"),
    ("Madrid", "28013"),
    ("Nice", "06000"),
]


@dataclass(slots=True)
class MadeSet:
    """Tables by the name of their file, and who is who: (source, record id) → entity."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    entity: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, source: str, entity: int, key: str, row: Row) -> None:
        """One record; `key` is the column of its record key."""
        rows = self.rows.setdefault(source, [])
        number = str(1000 + len(rows))
        rows.append({key: number, **row})
        self.entity[source, number] = entity

    def write(self, folder: Path, rng: random.Random) -> list[Path]:
        """A CSV file a source, its rows shuffled."""
        paths = []
        for source, rows in self.rows.items():
            frame = pd.DataFrame(rng.sample(rows, len(rows)))
            frame.to_csv(folder / f"{source}.csv", index=False)
            paths.append(folder / f"{source}.csv")
        return paths


def slip(rng: random.Random, text: str, rate: float = 0.1) -> str:
    """The text, sometimes with one letter lost, doubled or exchanged."""
    if len(text) < 4 or rng.random() > rate:
        return text
    at = rng.randrange(1, len(text) - 1)
    return rng.choice(
        (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :])
    )


def maybe(rng: random.Random, text: str, rate: float = 0.85) -> str:
    """The text, or nothing."""
    return text if rng.random() < rate else ""


def born(rng: random.Random, first: int = 1935, last: int = 2004) -> date:
    """A day of birth."""
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first) * 365))


@dataclass(slots=True)
class Person:
    """What is true of somebody."""

    first: str
    last: str
    born: date
    street: str
    number: str
    town: str
    postcode: str
    phone: str
    email: str
    identity: str
    woman: bool
    maiden: str


def person(rng: random.Random, towns: list[tuple[str, str]] = POSTS, phone: str = "+4930") -> Person:
    """Somebody."""
    first, last = rng.choice(FIRST), rng.choice(BEGIN) + rng.choice(END)
    town, postcode = rng.choice(towns)
    woman = first.endswith(("a", "e", "n", "h"))
    mail = f"{first}.{last}{rng.choice(('', rng.randrange(99)))}@{rng.choice(('gmail.com', 'gmx.de', 'web.de', 'orange.fr'))}".lower()
    maiden = rng.choice(BEGIN) + rng.choice(END) if woman and rng.random() < 0.5 else ""
    figures = "".join(rng.choices("0123456789", k=9))
    return Person(
        first,
        last,
        born(rng),
        f"{rng.choice(STREETS)} Street",
        str(rng.randrange(1, 140)),
        town,
        postcode,
        f"{phone}{rng.randrange(10**6, 10**7)}",
        mail,
        f"{rng.randrange(1, 9)}{figures}",
        woman,
        maiden,
    )
