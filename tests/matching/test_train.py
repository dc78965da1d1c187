"""Training, matching and explaining: one engine, the same numbers everywhere."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from domain.errors import NothingToMatch, OnefoldError
from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import accuracy
from matching.explain import explain, sentence
from matching.forms import forms_of
from matching.match import find_clusters, find_pairs, score_pairs
from matching.model import load_model
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns, records

ATTRIBUTES = [
    attribute("given_name"),
    attribute("family_name"),
    attribute("birth_date", "date_of_birth"),
    attribute("email", many=True),
    attribute("phone", many=True, region="US"),
    attribute("street", group="address"),
    attribute("city", group="address"),
]
GIVEN = [
    "James",
    "Mary",
    "Robert",
    "Linda",
    "Michael",
    "Susan",
    "David",
    "Karen",
    "Peter",
    "Nancy",
    "Omar",
    "Ingrid",
    "Wei",
    "Fatima",
    "Luis",
    "Anna",
]
FAMILY = [
    "Smith",
    "Johnson",
    "Garcia",
    "Brown",
    "Nguyen",
    "Miller",
    "Okafor",
    "Rossi",
    "Kowalski",
    "Haddad",
    "Lindqvist",
    "Tanaka",
    "Novak",
    "Silva",
    "Moreau",
    "Weber",
]
CITIES = ["Springfield", "Denver", "Austin", "Salem", "Boise", "Tampa"]


@pytest.fixture(scope="module")
def town() -> tuple[Records, np.ndarray]:
    """400 people, each held by two or three departments, with gaps, slips and households; and who is who."""
    generator = np.random.default_rng(7)
    rows, keys, entity = [], [], []
    for person in range(400):
        household = person - person % 3 if person % 4 == 0 else person
        given = GIVEN[generator.integers(len(GIVEN))]
        home = np.random.default_rng(household)
        family = FAMILY[home.integers(len(FAMILY))]
        phone, street = f"206{home.integers(2_000_000, 9_999_999)}", f"{home.integers(1, 999)} {FAMILY[home.integers(16)]} St"
        birth = f"{generator.integers(1940, 2000)}-{generator.integers(1, 13):02d}-{generator.integers(1, 28):02d}"
        city = CITIES[home.integers(6)]
        for copy in range(2 + person % 2):
            slip = generator.random(7)
            rows.append(
                [
                    given[0] if slip[0] < 0.1 else given,
                    family[:-1] + family[-2:] if slip[1] < 0.08 else family,
                    None if slip[2] < 0.3 else birth,
                    None if slip[3] < 0.4 else f"{given}.{family}{person}@mail.example".lower(),
                    None if slip[4] < 0.3 else phone,
                    None if slip[5] < 0.2 else street,
                    city,
                ]
            )
            keys.append(f"{('crm', 'web', 'bill')[copy]}:{person:04d}")
            entity.append(person)
    columns = {a.name: [row[at] for row in rows] for at, a in enumerate(ATTRIBUTES)}
    found = from_columns(ATTRIBUTES, keys, columns)
    place = {key: at for at, key in enumerate(keys)}
    order = [place[f"{found.sources[s]}:{k}"] for s, k in zip(found.source, found.keys.to_pylist(), strict=True)]
    return found, np.array(entity)[order]


def matched(found: Records):
    forms, population = forms_of(found), Population(found.source, np.zeros(len(found.sources), bool), found.sources)
    model, pairs, patterns = train(forms, population)
    scored = score_pairs(pairs, patterns, model, population)
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    return forms, population, model, scored, clusters


def test_a_town_is_told_apart(town):
    """Households share surname, street and telephone, and are still different people."""
    found, entity = town
    clusters = matched(found)[4]
    assert accuracy(clusters.label, entity).f1 > 0.95


def test_the_order_in_which_records_arrive_changes_nothing(town):
    """Shuffled rows come to the same clusters and the same model. (Invariant 6)"""
    found, _ = town
    texts = {name: texts_of(found, name) for name in found.columns}
    keys = [f"{found.sources[s]}:{k}" for s, k in zip(found.source, found.keys.to_pylist(), strict=True)]
    order = np.random.default_rng(3).permutation(len(keys))
    shuffled = from_columns(ATTRIBUTES, [keys[i] for i in order], {name: [column[i] for i in order] for name, column in texts.items()})
    first, second = matched(found), matched(shuffled)
    assert (first[4].label == second[4].label).all()
    assert first[2].fingerprint == second[2].fingerprint


def texts_of(found: Records, name: str) -> list[str | None]:
    column = found.columns[name]
    texts: list[list[str]] = [[] for _ in range(len(found))]
    for row, code in zip(column.row, column.code, strict=True):
        texts[row].append(str(column.values[int(code)].as_py()))
    return ["; ".join(several) or None for several in texts]


def test_a_kept_model_scores_like_the_one_that_was_trained(town):
    """Dumped, loaded and used on the same records: the same pairs, the same weights, bit for bit. (Invariant 6)"""
    found, _ = town
    forms, population, model, scored, _ = matched(found)
    again = load_model(model.dump(), ATTRIBUTES)
    assert again.fingerprint == model.fingerprint
    pairs, patterns = find_pairs(forms, population, again)
    rescored = score_pairs(pairs, patterns, again, population)
    assert (pairs.left == scored.pairs.left).all()
    assert (rescored.weight == scored.weight).all()


def test_a_model_of_other_attributes_is_not_used(town):
    """The project has lost its telephone: the model does not fit, and says what to do."""
    model = matched(town[0])[2]
    with pytest.raises(OnefoldError, match="onefold train"):
        load_model(model.dump(), [a for a in ATTRIBUTES if a.name != "phone"])


def test_a_model_holds_no_customers_data(town):
    """No name, address or telephone of the town is in the artefact. (Invariant 11)"""
    artefact = matched(town[0])[2].dump().decode().lower()
    assert not [word for word in (*GIVEN, *FAMILY, *CITIES) if f'"{word.lower()}"' in artefact]


def test_explaining_a_pair_gives_the_batchs_numbers(town):
    """Every hundredth candidate pair: the same weight and probability as in the batch."""
    found, _ = town
    forms, _, model, scored, _ = matched(found)
    for at in range(0, len(scored.pairs), max(len(scored.pairs) // 100, 1)):
        pair = explain(found, forms, model, int(scored.pairs.left[at]), int(scored.pairs.right[at]))
        assert pair.match_weight * 1_000_000 == pytest.approx(float(scored.weight[at]), abs=0.5)
        assert pair.match_probability == pytest.approx(float(scored.probability[at]), abs=1e-12)


def test_a_household_is_explained_in_one_sentence(town):
    """Same surname, address and telephone, another given name and birth date."""
    model = matched(town[0])[2]
    picture = """
        a:1 | Robert | Lindqvist | 1950-02-03 | - | 206 555 9911 | 7 Elm St | Boise
        b:1 | Ingrid | Lindqvist | 1955-11-28 | - | 206 555 9911 | 7 Elm St | Boise
    """
    found = records(ATTRIBUTES, picture)
    said = sentence(explain(found, forms_of(found), model, 0, 1))
    assert said == "same family name, phone and address, but another given name and birth date: one household, two people"


def test_nothing_to_compare_is_said_to_be_nothing():
    """Attributes without a single value cannot be matched on."""
    found = records(ATTRIBUTES[:2], "a:1 | - | -\n b:1 | - | -")
    with pytest.raises(NothingToMatch, match="Map at least one"):
        train(forms_of(found), Population(found.source, np.zeros(2, bool)))


@pytest.mark.parametrize("picture", ["a:1 | Ann | Lee", "\n".join(f"a:{i} | Ann | Lee" for i in range(50))])
def test_one_record_and_equal_records_are_matched_like_any_others(picture: str):
    """A single record is a cluster of its own; fifty equal ones do not break anything."""
    found = records(ATTRIBUTES[:2], picture)
    clusters = matched(found)[4]
    assert len(clusters.label) == len(found)


def test_a_source_known_to_be_free_of_duplicates_keeps_its_records_apart(town):
    """Two Ann Lees of one such source are two customers."""
    found, _ = town
    forms, population = forms_of(found), Population(found.source, np.ones(len(found.sources), bool), found.sources)
    model, pairs, patterns = train(forms, population)
    scored = score_pairs(pairs, patterns, model, population)
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    held = np.unique(clusters.label.astype(np.int64) * 10 + found.source, return_counts=True)[1]
    assert held.max() == 1
    assert dataclasses.is_dataclass(clusters)
