"""Names that are short for others: they speak for them, and give way to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attributes import Attribute, Role, Storage
from matching.records import NO_TIME, Column, Records
from matching.survive import survive
from matching.survivorship.abbreviations import is_short_for

TRUST = {"billing": 0.9, "crm": 0.8, "shop": 0.2}
GIVEN_NAME = Attribute("given_name", "given_name", Role.PERSONAL, Storage.TEXT, survive=("most_agreed",))


def surviving(said: list[tuple[str, str]], attribute: Attribute = GIVEN_NAME) -> str:
    """The given name of one customer, of whom these sources say these names."""
    names, sources = sorted({name for _, name in said}), tuple(TRUST)
    places = np.arange(len(said), dtype=np.int32)
    code = np.array([names.index(name) for _, name in said], np.int32)
    records = Records(
        ids=places.astype(np.int64),
        sources=sources,
        source=np.array([sources.index(source) for source, _ in said], np.int32),
        keys=pa.array([str(place) for place in places]),
        modified=np.full(len(said), NO_TIME, np.int64),
        columns={attribute.name: Column(attribute, pa.array(names), places, code, np.zeros(len(said), np.int32))},
    )
    found = survive(records, np.ones(len(said), np.int64), [attribute], np.array(list(TRUST.values())))
    return str(found.choices[attribute.name].value[0])


@pytest.mark.parametrize(
    ("said", "survives"),
    [
        ("billing R, crm R., shop Ronald", "Ronald"),
        ("billing Ron, crm R, shop Ronald", "Ronald"),
        ("billing R, billing Ronald", "Ronald"),
        ("billing R, crm Rita, shop Ronald", "Rita"),
        ("billing R J, shop Ronald James", "Ronald James"),
        ("billing Ann, shop Anna", "Ann"),
        ("billing John, crm John, shop Johnn", "John"),
        ("billing Mary, shop Mary Ann", "Mary"),
        ("billing B, crm B, shop Ronald", "B"),
        ("billing R, crm R", "R"),
    ],
)
def test_a_short_name_speaks_for_the_whole_one(said: str, survives: str) -> None:
    """An initial, or a word that lacks three letters; not another name, not a slip, not a second name."""
    pairs = [one.partition(" ") for one in said.split(", ")]
    assert surviving([(source, name) for source, _, name in pairs]) == survives


def test_only_peoples_names_are_shortened() -> None:
    """An R that is a city stays one voice of its own."""
    city = replace(GIVEN_NAME, name="city", type="city")
    assert surviving([("billing", "R"), ("crm", "R"), ("shop", "Ronda")], city) == "R"


NAMES = st.sampled_from(["R", "Ron", "Ronald", "Rona", "Rita", "B", "Bo", "Bob", "Roberta", "R B", "Ronald Bob", "Ronald B"])


def voices(name: str, said: list[tuple[str, str]]) -> tuple[float, bool]:
    """The trust of the sources that say a name or are short for it, and whether any is."""
    short = [source for source, other in said if is_short_for(other.lower(), name.lower())]
    return round(sum(TRUST[source] for source in {*short, *(source for source, other in said if other == name)}), 6), bool(short)


@given(said=st.lists(st.tuples(st.sampled_from(sorted(TRUST)), NAMES), min_size=1, max_size=7))
def test_the_survivor_has_the_most_voices(said: list[tuple[str, str]]) -> None:
    """Counted one by one, each source once; of equal voices those of a whole name count more."""
    most = max(voices(name, said) for _, name in said)
    assert voices(surviving(said), said) == most
