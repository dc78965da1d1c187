"""Organisations among the customers: their names, and the ways in which departments write them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo.names import family_names
from pipelines.demo.tables import Ints, chosen, draw, exactly, join, pick, present, table, texts, weights, where

ATTACKS = 0.015
"""Share of organisations whose name carries what looks like an attack: quotes, formulas, scripts."""


def organisation_names(rng: np.random.Generator, town: pa.StringArray) -> pa.StringArray:
    """Names of organisations without their legal form: `Miller & Sons Plumbing`, `Springfield Credit Union`."""
    size = len(town)
    family, partner = family_names(rng, size)[0], family_names(rng, size)[0]
    trade, lead, civic = (_words(rng, kind, size) for kind in ("trade", "lead", "civic"))
    options = [
        join(family, trade),
        join(lead, trade),
        join(town, trade),
        join(join(family, " & Sons", between=""), trade),
        join(join(family, partner, between=" & "), trade),
        join(town, civic),
        join(lead, family, trade),
    ]
    names = pick(rng, options, [30.0, 28.0, 10.0, 6.0, 6.0, 12.0, 8.0])
    hostile = exactly(rng, np.ones(size), max(round(ATTACKS * size), min(size, len(texts("attacks", "text")))))
    attack = texts("attacks", "text").take(np.arange(size) % len(texts("attacks", "text")))
    return where(hostile, pick(rng, [join(names, attack), attack], [3.0, 1.0]), names)


def legal_forms(rng: np.random.Generator, size: int) -> Ints:
    """The row in the table `legal_forms` of each organisation."""
    return draw(rng, weights("legal_forms"), size)


def written(rng: np.random.Generator, name: pa.StringArray, form: Ints) -> pa.StringArray:
    """Organisations as departments write them: with the legal form in full, short or not at all, `&` or `and`, `The`.

    A missing name stays missing.
    """
    size = len(name)
    full, short = texts("legal_forms", "full").take(form), texts("legal_forms", "short").take(form)
    bare = pc.replace_substring(short, ".", "")
    spelled = pick(
        rng,
        [join(name, short), join(name, full), join(name, short, between=", "), name, join(name, bare), join("The", name)],
        [34.0, 14.0, 14.0, 24.0, 11.0, 3.0],
    )
    and_written = where(chosen(rng, size, 0.3), pc.replace_substring(spelled, " & ", " and "), spelled)
    abbreviated = where(chosen(rng, size, 0.12), _abbreviated(and_written), and_written)
    return where(present(name), abbreviated, None)


def _abbreviated(name: pa.StringArray) -> pa.StringArray:
    short = {"Services": "Svcs", "Management": "Mgmt", "Construction": "Constr.", "Engineering": "Engrg", "International": "Intl"}
    short |= {"Associated": "Assoc.", "National": "Natl", "Technologies": "Tech", "Insurance": "Ins.", "Brothers": "Bros."}
    for word, abbreviation in short.items():
        name = pc.replace_substring(name, word, abbreviation)
    return name


def _words(rng: np.random.Generator, kind: str, size: int) -> pa.StringArray:
    rows = table("organisation_words")
    weight = np.where(rows["kind"] == kind, weights("organisation_words"), 0.0)
    return texts("organisation_words", "text").take(draw(rng, weight, size))
