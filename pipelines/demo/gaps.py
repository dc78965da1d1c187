"""What departments do not know: values that are missing, and stand-ins that somebody typed to get past a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.departments import Department
from pipelines.demo.sheet import Sheet
from pipelines.demo.tables import Flags, chosen, draw, present, where

MISSING = {
    "family_name": 0.02,
    "given_name": 0.08,
    "email": 0.32,
    "phone": 0.32,
    "birth_date": 0.35,
    "street": 0.28,
    "city": 0.26,
    "region": 0.30,
    "postcode": 0.28,
    "gender": 0.34,
    "marketing_consent": 0.33,
    "customer_since": 0.33,
}
"""Share of values missing, over all departments that have a column for them."""
ADDRESS = ("street", "city", "region", "postcode")
NO_ADDRESS = 0.75
"""Of the gaps in the part of an address that is best known, the share where nothing is known of the address."""
TOGETHER = {"email": ("email", "second_email"), "phone": ("phone", "second_phone")}
MOST = 0.95

STAND_INS = 0.015
"""Share of values that stand for a missing one."""
PLACEHOLDERS = {
    "given_name": ["n/a", "UNKNOWN", "TEST", "-", "Unknown"],
    "family_name": ["UNKNOWN", "n/a", "TEST", "Customer", "-"],
    "email": ["none@none.com", "noemail@noemail.com", "n/a", "test@test.com", "na@na.com", "no@email.com"],
    "phone": ["9999999999", "0000000000", "5555555555", "1111111111", "n/a", "1234567890"],
    "street": ["n/a", "UNKNOWN", "TBD", "see notes", "General Delivery"],
    "city": ["UNKNOWN", "n/a", "TBD", "-"],
    "postcode": ["00000", "99999", "n/a", "12345"],
}
PLACEHOLDER_DAYS = {"birth_date": ["1900-01-01", "1970-01-01", "1901-01-01"], "customer_since": ["1900-01-01"]}


def average(departments: Sequence[Department], figure: Callable[[Department], float], attribute: str | None = None) -> float:
    """The mean of a figure over departments by their size; with an attribute, over those that keep it."""
    kept = [d for d in departments if attribute is None or attribute in d.captures]
    return sum(d.share * figure(d) for d in kept) / sum(d.share for d in kept)


def gaps(department: Department, departments: Sequence[Department]) -> dict[str, float]:
    """The share of values missing in a department, by attribute; over all departments it comes to `MISSING`."""
    return {name: _gap(department, departments, name, rate) for name, rate in MISSING.items() if name in department.captures}


def _gap(department: Department, departments: Sequence[Department], attribute: str, rate: float) -> float:
    usual = average(departments, lambda d: d.gaps_in(attribute), attribute)
    return min(rate * department.gaps_in(attribute) / usual, MOST)


def with_gaps(sheet: Sheet, rates: dict[str, float], rng: np.random.Generator) -> Sheet:
    """The sheet with a share of each attribute's values left out; of an address, often everything."""
    size = len(sheet)
    known = [rates[part] for part in ADDRESS if part in rates]
    nowhere = min(known, default=0.0) * NO_ADDRESS
    unknown = chosen(rng, size, nowhere)
    missing: dict[str, Flags] = {}
    for attribute, rate in rates.items():
        if attribute in ADDRESS:
            missing[attribute] = unknown | chosen(rng, size, (rate - nowhere) / (1 - nowhere))
        else:
            missing[attribute] = chosen(rng, size, rate)
    columns = {column: gone for attribute, gone in missing.items() for column in TOGETHER.get(attribute, (attribute,))}
    return sheet.having(**{column: _without(sheet[column], gone) for column, gone in columns.items()})


def _without(column: pa.Array, gone: Flags) -> pa.Array:
    return pc.if_else(pa.array(gone), pa.scalar(None, column.type), column)


def stood_in(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """The sheet with stand-ins for some values: `n/a`, 999-999-9999, 1 January 1900."""
    days = {name: pa.array(np.array(text, "datetime64[D]")) for name, text in PLACEHOLDER_DAYS.items()}
    options = {name: pa.array(text) for name, text in PLACEHOLDERS.items()} | days
    return sheet.having(**{name: _with_some(sheet[name], option, rng) for name, option in options.items()})


def _with_some(column: pa.Array, options: pa.Array, rng: np.random.Generator) -> pa.Array:
    # The first that comes to mind is the commonest.
    drawn = options.take(draw(rng, 1 / (1 + np.arange(len(options))), len(column)))
    return where(present(column) & chosen(rng, len(column), STAND_INS), drawn, column)
