"""Where customers live and how they are called: addresses in real towns, telephone numbers with the region's area codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.tables import Flags, Ints, chosen, draw, join, table, texts, weights, where

UNITS = 0.2
"""Share of addresses with an apartment, suite or unit."""
BUILDINGS = 0.1
"""Apartment buildings for every home in one: strangers share them."""
PO_BOXES = 0.03
DIRECTIONS = pa.array(["N", "S", "E", "W", "NE", "NW", "SE", "SW"])
DIRECTION_NAMES = pa.array(["North", "South", "East", "West", "Northeast", "Northwest", "Southeast", "Southwest"])


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses as parts, one a row; `-1` where there is no such part."""

    town: Ints
    """Row of the table `towns`."""
    zip_suffix: Ints
    """The last two digits of the postcode."""
    number: Ints
    """The house number, or that of the PO box."""
    direction: Ints
    street: Ints
    street_type: Ints
    unit: Ints
    is_box: Flags

    def __len__(self) -> int:
        return len(self.town)

    def take(self, rows: Ints) -> Addresses:
        """The addresses of some rows."""
        return Addresses(*(getattr(self, name)[rows] for name in self.__slots__))


def towns(rng: np.random.Generator, size: int) -> Ints:
    """Towns by size: a metropolis is frequent, and most people live elsewhere."""
    # An organisation has no branch in every town; a power below 1 keeps New York from holding an eighth of all.
    return draw(rng, weights("towns", "thousands") ** 0.8, size)


def addresses(rng: np.random.Generator, town: Ints) -> Addresses:
    """An address in each town given; strangers share the buildings of those who live in apartments."""
    size = len(town)
    homes = _houses(rng, town)
    flats = chosen(rng, size, UNITS)
    buildings = np.flatnonzero(flats)[:: round(1 / BUILDINGS)]
    if len(buildings):
        # Some buildings hold many of those who share one, as in life.
        move_in = np.flatnonzero(flats & chosen(rng, size, 0.75))
        into = buildings[draw(rng, 1 / (1 + np.arange(len(buildings))) ** 0.4, len(move_in))]
        for part in (homes.town, homes.zip_suffix, homes.number, homes.direction, homes.street, homes.street_type):
            part[move_in] = part[into]
    homes.unit[flats] = np.floor(rng.exponential(90, int(flats.sum()))).astype(np.int64) + 1
    homes.is_box[flats] = False
    return homes


def _houses(rng: np.random.Generator, town: Ints) -> Addresses:
    size = len(town)
    zips = np.clip(weights("towns", "thousands")[town] // 20, 1, 60)
    box = chosen(rng, size, PO_BOXES)
    number = np.exp(rng.uniform(np.log(3), np.log(9_900), size)).astype(np.int64)
    return Addresses(
        town=town.copy(),
        zip_suffix=np.floor(zips * rng.random(size) ** 1.3).astype(np.int64) + 1,
        number=np.where(box, rng.integers(1, 9_000, size), number),
        direction=np.where(chosen(rng, size, 0.14), draw(rng, np.array([8.0, 8, 8, 8, 1, 1, 1, 1]), size), -1),
        street=draw(rng, weights("streets"), size),
        street_type=draw(rng, weights("street_types"), size),
        unit=np.full(size, -1, np.int64),
        is_box=box,
    )


def street_lines(rng: np.random.Generator, homes: Addresses, short: float) -> pa.StringArray:
    """The street line of each address; a share of `short` abbreviate the kind of street (`St` for `Street`).

    Writers differ also in points (`St.`), directions (`N`, `North`), units (`Apt 4`, `#4`) and boxes (`PO Box`, `P.O. Box`).
    """
    size = len(homes)
    number = pa.array(homes.number).cast(pa.string())
    kind = where(
        chosen(rng, size, short),
        texts("street_types", "short").take(homes.street_type),
        texts("street_types", "full").take(homes.street_type),
    )
    dotted = chosen(rng, size, 0.12) & np.asarray(pc.less_equal(pc.utf8_length(kind), 4))
    kind = where(dotted, join(kind, ".", between=""), kind)
    line = join(number, _direction(rng, homes), texts("streets", "street").take(homes.street), kind, _unit(rng, homes))
    box = join(pa.array(["PO Box", "P.O. Box", "P O Box", "Box"]).take(draw(rng, np.array([6.0, 3, 1, 1]), size)), number)
    return where(homes.is_box, box, line)


def _direction(rng: np.random.Generator, homes: Addresses) -> pa.StringArray:
    rows = pa.array(homes.direction, mask=homes.direction < 0)
    return where(chosen(rng, len(homes), 0.75), DIRECTIONS.take(rows), DIRECTION_NAMES.take(rows))


def _unit(rng: np.random.Generator, homes: Addresses) -> pa.StringArray:
    label = pa.array(["Apt ", "Apt. ", "#", "Unit ", "Apartment ", "Ste "]).take(draw(rng, np.array([8.0, 2, 4, 3, 1, 1]), len(homes)))
    # Now and then nobody writes the unit down.
    written = (homes.unit > 0) & ~chosen(rng, len(homes), 0.12)
    return where(written, join(label, pa.array(homes.unit).cast(pa.string()), between=""), None)


def cities(rng: np.random.Generator, homes: Addresses) -> pa.StringArray:
    """The town of each address; a few spell `St.` out."""
    town = texts("towns", "town").take(homes.town)
    return where(chosen(rng, len(homes), 0.3), pc.replace_substring_regex(town, r"^St\. ", "Saint "), town)


def states(homes: Addresses) -> pa.StringArray:
    """The two-letter state of each address."""
    return texts("towns", "state").take(homes.town)


def postcodes(homes: Addresses) -> pa.StringArray:
    """The five-digit ZIP code of each address."""
    suffix = pc.utf8_lpad(pa.array(homes.zip_suffix).cast(pa.string()), 2, "0")
    return join(texts("towns", "zip3").take(homes.town), suffix, between="")


def telephones(rng: np.random.Generator, town: Ints, local: float = 0.88) -> Ints:
    """Ten-digit telephone numbers; a share of `local` have an area code of the town, the others brought theirs along."""
    size = len(town)
    codes = [np.array([int(code) for code in text.split()]) for text in table("towns")["area_codes"]]
    first = np.cumsum([0, *map(len, codes)])[:-1]
    away = towns(rng, size)
    home = np.where(rng.random(size) < local, town, away)
    choice = np.floor(rng.random(size) ** 1.5 * np.array([len(c) for c in codes])[home]).astype(np.int64)
    area: Ints = np.concatenate(codes)[first[home] + choice]
    number: Ints = area * 10_000_000 + _exchanges(rng, area) * 10_000 + rng.integers(0, 10_000, size)
    return number


def _exchanges(rng: np.random.Generator, area: Ints) -> Ints:
    """Central office codes: 200 to 999, some in far greater use than others, none of the reserved N11 and 555."""
    spread = np.floor(rng.random(len(area)) ** 1.6 * 780).astype(np.int64)
    exchange = 200 + (spread * 7 + area * 13) % 780
    reserved = (exchange % 100 == 11) | (exchange == 555)
    return np.where(reserved, exchange + 1, exchange)


def digits(number: Ints) -> pa.StringArray:
    """Telephone numbers as ten digits; null for 0, which stands for none."""
    return where(number > 0, pa.array(number).cast(pa.string()), None)
