"""People's names: given names by gender and year of birth, family names by frequency with a long tail of rare ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.tables import Flags, Floats, Ints, chosen, draw, join, table, texts, weights

RARE_FAMILY_NAMES = 0.33
"""Share of people whose family name is in no list of common names; in the United States it is about half."""
OWN_TRADITION = {"en": 0.0, "af": 0.6}
"""Share of people who bear a given name of their family name's origin; elsewhere `TRADITION`."""
TRADITION = 0.5
ANYONE = "any"
"""The origin of given names that everybody bears."""
AFRICAN_AMERICAN = 0.09
"""Share of people with an English family name who bear an African American given name."""
ERA = 6
"""Years of birth that are drawn together."""


def family_names(rng: np.random.Generator, size: int) -> tuple[pa.StringArray, pa.StringArray]:
    """Family names by frequency, and the origin of each (`en`, `es`, ...)."""
    common = draw(rng, weights("family_names"), size)
    name, origin = texts("family_names", "name").take(common), texts("family_names", "origin").take(common)
    rare = chosen(rng, size, RARE_FAMILY_NAMES)
    rare_name, rare_origin = rare_family_names(rng, int(rare.sum()))
    return pc.replace_with_mask(name, rare, rare_name), pc.replace_with_mask(origin, rare, rare_origin)


def rare_family_names(rng: np.random.Generator, size: int) -> tuple[pa.StringArray, pa.StringArray]:
    """Family names put together from syllables of one origin: hundreds of thousands of them, most borne by few."""
    origins = texts("family_tail", "origin")
    code = np.sort(draw(rng, weights("family_tail"), size))
    counts = np.bincount(code, minlength=len(origins))
    named = [_from_syllables(rng, origin, int(count)) for origin, count in zip(origins.to_pylist(), counts, strict=True)]
    order = rng.permutation(size)
    return pa.concat_arrays(named).take(order), origins.take(code).take(order)


def _from_syllables(rng: np.random.Generator, origin: str, size: int) -> pa.StringArray:
    syllables = table("family_syllables")
    parts = []
    for part, skew in (("start", 1.5), ("middle", 1.0), ("end", 1.0)):
        rows = syllables[(syllables["origin"] == origin) & (syllables["part"] == part)]
        weight = rows["weight"].to_numpy(np.float64) / (1 + np.arange(len(rows))) ** (skew - 1)
        parts.append(pa.array(rows["text"], pa.string()).take(draw(rng, weight, size)))
    spelled = join(*parts, between="")
    for letter in "aeilmnorst":
        spelled = pc.replace_substring(spelled, letter * 3, letter * 2)
    return spelled


def given_names(rng: np.random.Generator, female: Flags, birth_year: Ints, origin: pa.StringArray) -> pa.StringArray:
    """Given names by gender, year of birth and the origin of the family name.

    A Mildred is born about 1920, a Jennifer about 1975; a García is often a José.
    """
    tradition = _tradition(rng, origin)
    era = (birth_year // ERA).astype(np.int64)
    group = (tradition * 2 + female) * 1_000 + era
    order = np.argsort(group, kind="stable")
    kinds, starts = np.unique(group[order], return_index=True)
    picked = np.empty(len(group), np.int64)
    for kind, rows in zip(kinds, np.split(order, starts[1:]), strict=True):
        which, era_number = divmod(int(kind), 1_000)
        picked[rows] = draw(rng, _popularity(which // 2, bool(which % 2), era_number), len(rows))
    return texts("given_names", "name").take(picked)


@cache
def traditions() -> list[str]:
    """The origins that have given names of their own, everybody's first."""
    return [ANYONE, *sorted(set(table("given_names")["origin"]) - {ANYONE})]


def _tradition(rng: np.random.Generator, origin: pa.StringArray) -> Ints:
    """For each person, the position in `traditions()` of the names to draw from."""
    known = traditions()
    code = pc.fill_null(pc.index_in(origin, pa.array(known)), 0).to_numpy().astype(np.int64)
    faithful = np.array([OWN_TRADITION.get(name, TRADITION) for name in known])[code]
    english = np.asarray(pc.equal(origin, "en"))
    african_american = english & chosen(rng, len(code), AFRICAN_AMERICAN)
    own: Ints = np.where(rng.random(len(code)) < faithful, code, 0)
    return np.where(african_american, known.index("af"), own)


@cache
def _popularity(tradition: int, female: bool, era: int) -> Floats:
    names = table("given_names")
    year = era * ERA + ERA / 2
    bell = np.exp(-(((year - names["peak"]) / names["spread"]) ** 2) / 2)
    eligible = (names["origin"] == traditions()[tradition]) & (names["gender"] == ("F" if female else "M"))
    # A little of every name is given in every year.
    return np.asarray(names["weight"] * (bell + 0.01) * eligible, dtype=np.float64)
