"""Chance where only one attribute is compared."""

from __future__ import annotations

import numpy as np
import pytest

from domain.settings import MatchSettings
from matching.chance import Population, chance_levels, classes_of
from matching.cluster import Constraints
from matching.compare import comparisons_for
from matching.crossed import cross, crossed_levels
from matching.evaluate import accuracy
from matching.forms import forms_of
from matching.match import find_clusters, score_pairs
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns

BRANDS = [
    a + b
    for a in ("Oak", "Zen", "Bright", "Kings", "Marl", "Thorn", "Red", "Pine", "Quarr", "Holl")
    for b in ("wood", "ham", "field", "ington")
]
TRADES = ("Packaging", "Textiles", "Catering", "Plumbing", "Logistics", "Bakery", "Engineering")
STREETS = ("Mill Road", "Station Road", "Victoria Street", "Church Lane", "High Street")
TOWNS = ("Leeds", "York", "Cardiff", "Hull", "Derby", "Bath")


def firms(doubled: bool) -> tuple[Records, list[int]]:
    """Firms in one string each, name and address; if doubled, a second time with slips."""
    texts, firm = [], []
    for number, brand in enumerate(BRANDS * 3):
        trade, street, town = TRADES[number % 7], STREETS[number % 5], TOWNS[number % 6]
        texts.append(f"{brand} {trade} Ltd, {number * 7 % 90 + 3} {street}, {town}")
        firm.append(number)
        if doubled:
            texts.append(f"{brand[:-2]}{brand[-1]} {trade}, {number * 7 % 90 + 3} {street}, {town} UK")
            firm.append(number)
    own = attribute("firm", "organisation")
    return from_columns([own], [f"crm:{at:04}" for at in range(len(texts))], {"firm": texts}), firm


def matched(found: Records) -> tuple[float, np.ndarray]:
    forms, population = forms_of(found), Population(found.source, np.zeros(len(found.sources), bool), found.sources)
    model, pairs, patterns = train(forms, population)
    clusters = find_clusters(forms, population, model, score_pairs(pairs, patterns, model, population), MatchSettings(), Constraints.none())
    return model.fit.same_pairs, clusters.label


def test_organisations_in_one_string_are_matched_though_nothing_else_is_known():
    """Name and address in one cell, no two alike: what is more alike than crossed values ever are is the same."""
    found, firm = firms(doubled=True)
    _, label = matched(found)
    assert accuracy(label, firm).f1 > 0.95


def test_a_list_without_duplicates_stays_as_it_is():
    """Where no value is more alike than crossed ones are, nothing is joined."""
    found, firm = firms(doubled=False)
    _, label = matched(found)
    assert len(np.unique(label)) >= 0.95 * len(firm)


@pytest.mark.parametrize("doubled", [True, False])
def test_chance_is_the_same_with_and_without_duplicates(doubled: bool):
    """What is like by chance does not hang on how often customers are held twice."""
    forms = forms_of(firms(doubled)[0])
    comparison = comparisons_for([forms["firm"].attribute])
    population = Population(np.zeros(forms["firm"].count, np.int32), np.zeros(1, bool))
    (chance,) = chance_levels(comparison, forms, classes_of(forms), population)
    assert chance.crossed
    assert chance.levels.sum() == pytest.approx(1)
    strong = [level for level, label in enumerate(comparison[0].labels) if label.startswith(("exact", "same words"))]
    assert chance.levels[strong].sum() < 1e-3


def test_crossing_takes_the_beginning_of_one_and_the_end_of_another():
    """Single words are not torn."""
    assert cross("a b c d", "v w x y", 0.5) == "a b x y"
    assert cross("a", "v w", 0.5) == "w"
    assert cross("a b", "v", 0.5) == "a v"


def people(times: int) -> tuple[Records, list[int]]:
    """People in one string each, name, street and town; every one so many times, each time with slips elsewhere."""
    texts, person = [], []
    for number, (given, brand) in enumerate((g, b) for g in ("Maria", "Jonas", "Helen", "Peter", "Agnes") for b in BRANDS):
        words = [given, brand, str(number * 13 % 97 + 2), BRANDS[number * 7 % 40].lower(), *STREETS[number % 5].split(), TOWNS[number % 6]]
        for time in range(times):
            slip = (number + 2 * time) % 4
            texts.append(" ".join(word[:2] + word[3:] if at in (slip, slip + 3) and time else word for at, word in enumerate(words)))
            person.append(number)
    own = attribute("row", "text")
    return from_columns([own], [f"crm:{at:04}" for at in range(len(texts))], {"row": texts}), person


def test_duplicates_of_what_was_crossed_are_no_chance():
    """Four records of each person: half of a crossed value is that of three others, and they are like it for that alone."""
    once, often = (forms_of(people(times)[0])["row"] for times in (1, 4))
    comparison = comparisons_for([once.attribute])[0]
    half = [at for at, label in enumerate(comparison.labels) if label in ("alike 70%", "alike 60%")]
    alone, among = (crossed_levels(comparison, own, classes_of({"row": own})["row"])[half].sum() for own in (once, often))
    assert among < 5 * alone + 1e-4


def test_people_with_many_records_in_one_text_are_found():
    """Customers of whom there are four records each, slips in every one."""
    found, person = people(4)
    _, label = matched(found)
    assert accuracy(label, person).f1 > 0.95


def test_texts_far_longer_than_what_is_compared_are_crossed_where_they_are_compared():
    """A novel in a cell: what lies behind the part that is compared is neither read nor crossed."""
    texts = [f"{brand} {trade} " * 3 + "x " * 600_000 * (brand == BRANDS[0]) for brand in BRANDS for trade in TRADES]
    own = forms_of(from_columns([attribute("t", "text")], [f"crm:{at:04}" for at in range(len(texts))], {"t": texts}))["t"]
    levels = crossed_levels(comparisons_for([own.attribute])[0], own, classes_of({"t": own})["t"])
    assert levels.sum() == pytest.approx(1)
