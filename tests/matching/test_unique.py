"""Unique: sources without duplicates are told by what pairs between sources look like."""

from __future__ import annotations

import numpy as np

from matching.chance import Population
from matching.forms import forms_of
from matching.match import score_pairs
from matching.records import Records
from matching.train import train
from matching.unique import Duplicates, duplicates_within
from tests.matching.picture import attribute, from_columns

PEOPLE = [attribute("given_name"), attribute("family_name"), attribute("date_of_birth")]
FIRST = ["ann", "bob", "cy", "dora", "eve", "finn", "gus", "hal", "ida", "joe", "kim", "lea", "max"]
LAST = ["lee", "ray", "orr", "fox", "may", "kay", "dean", "hill", "wood", "lake", "stone"]


def person(number: int) -> tuple[str, str, str]:
    return (
        FIRST[number % 13],
        f"{LAST[number % 11]}{'abcdefg'[number % 7]}er",
        f"19{20 + number % 71}-{number % 12 + 1:02}-{number % 27 + 1:02}",
    )


def registers(inner: dict[str, int], shared: int, apart: int = 0) -> Records:
    """Sources of 150 people each, of whom the first `shared` are the same people in all, with so many of them twice.

    Each source has others twice than the one before: those that come `apart` later.
    """
    keys, people = [], []
    for place, (source, repeated) in enumerate(inner.items()):
        own = [at if at < shared else 1000 * (place + 1) + at for at in range(150)]
        for at, number in enumerate([*own, *own[apart * place : apart * place + repeated]]):
            keys.append(f"{source}:{at}")
            people.append(person(number))
    columns = {a.name: [one[at] for one in people] for at, a in enumerate(PEOPLE)}
    return from_columns(PEOPLE, keys, columns)


def found(records: Records) -> dict[str, Duplicates]:
    forms = forms_of(records)
    population = Population(records.source, np.ones(len(records.sources), bool), records.sources)
    model, pairs, patterns = train(forms, population, one_to_one=False)
    scored = score_pairs(pairs, patterns, model, population)
    return {one.source: one for one in duplicates_within(forms, records.source, records.sources, model, scored)}


def test_a_register_without_duplicates_is_told_from_one_with_them():
    """crm has everybody once, shop has every third person twice."""
    told = found(registers({"crm": 0, "shop": 50}, shared=120))
    assert told["crm"].negligible
    assert not told["shop"].negligible
    assert 35 <= told["shop"].within <= 65
    assert told["crm"].within < 3


def test_sources_with_nobody_in_common_are_never_held_to_be_unique():
    """Nothing teaches what the same customer looks like."""
    told = found(registers({"crm": 0, "shop": 50}, shared=0))
    assert not any(one.negligible for one in told.values())


def test_many_sources_do_not_hide_the_duplicates_of_each():
    """Six registers share their people, and each has every twentieth twice: hardly any beside the pairs between them."""
    told = found(registers(dict.fromkeys("abcdef", 7), shared=150, apart=20))
    assert all(one.between > 30 * one.within for one in told.values())
    assert not any(one.negligible for one in told.values())


def test_records_that_look_the_same_but_have_a_counterpart_each_are_no_repeats():
    """Both libraries have both editions of seven books: each copy has its like, so nothing says that one is there twice."""
    told = found(registers({"crm": 7, "shop": 7}, shared=120))
    assert all(one.negligible and one.within < 0.5 for one in told.values())


def test_of_few_records_nothing_is_said():
    """Forty-nine records are too few, whatever they hold."""
    assert not Duplicates("crm", 49, 0.0, 40.0).negligible
    assert not Duplicates("crm", 500, 0.0, 19.0).negligible
    assert Duplicates("crm", 500, 2.0, 40.0).negligible
