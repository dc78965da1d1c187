"""Learned placeholders: values far too frequent among records that have nothing else in common."""

from __future__ import annotations

import numpy as np
import pytest

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import accuracy
from matching.explain import explain
from matching.forms import Forms, forms_of, hash_forms
from matching.match import find_clusters, find_pairs, score_pairs
from matching.model import load_model
from matching.placeholders import learn_placeholders, suspects, without_placeholders
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns

ATTRIBUTES = [
    attribute("given_name"),
    attribute("family_name"),
    attribute("birth_date", "date_of_birth"),
    attribute("email", many=True),
    attribute("phone", many=True, region="US"),
    attribute("street", group="address"),
    attribute("city", group="address"),
]
GIVEN = ["James", "Mary", "Robert", "Linda", "Michael", "Susan", "David", "Karen", "Peter", "Nancy", "Omar", "Ingrid", "Wei", "Luis"]
FAMILY = ["Smith"] * 8 + ["Garcia", "Brown", "Nguyen", "Miller", "Okafor", "Rossi", "Kowalski", "Haddad", "Tanaka", "Novak", "Weber"]
CITIES = ["Springfield"] * 6 + ["Denver", "Austin", "Salem", "Boise", "Tampa"]
PEOPLE = 500


def rows(copies: int = 2) -> list[dict[str, str | None]]:
    """Customers, each held so many times, none of them with a placeholder; the copies follow one another."""
    generator = np.random.default_rng(11)
    found: list[dict[str, str | None]] = []
    for person in range(PEOPLE):
        one = {
            "given_name": GIVEN[generator.integers(len(GIVEN))],
            "family_name": FAMILY[generator.integers(len(FAMILY))],
            "birth_date": f"{generator.integers(1940, 2003)}-{generator.integers(1, 13):02d}-{generator.integers(2, 28):02d}",
            "email": f"p{person}@mail{person % 7}.example",
            "phone": f"206{generator.integers(2_000_000, 9_999_999)}",
            "street": f"{generator.integers(1, 900)} {FAMILY[person % len(FAMILY)]} Street",
            "city": CITIES[generator.integers(len(CITIES))],
        }
        found += [dict(one) for _ in range(copies)]
    return found


def records_of(of: list[dict[str, str | None]]) -> Records:
    """Records of such rows, in the order of their keys."""
    return from_columns(ATTRIBUTES, [f"crm:{at:05d}" for at in range(len(of))], {a.name: [row[a.name] for row in of] for a in ATTRIBUTES})


def planted(name: str, value: str, share: float = 0.1, seed: int = 1, copies: int = 2) -> Records:
    """The same customers, so many of the records with one value in an attribute."""
    found = rows(copies)
    for at in np.flatnonzero(np.random.default_rng(seed).random(len(found)) < share):
        found[at][name] = value
    return records_of(found)


def learned(of: Records) -> dict[str, list[str]]:
    """The learned placeholders as forms."""
    forms = forms_of(of)
    found = learn_placeholders(forms)
    return {name: forms[name].distinct.filter(np.isin(hash_forms(forms[name]), hashes)).to_pylist() for name, hashes in found.items()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "info@company.example"),
        ("phone", "206 555 0188"),
        ("birth_date", "1980-01-01"),
        ("street", "7 Nowhere Street"),
    ],
)
def test_a_departments_default_is_found(name: str, value: str):
    """One value on a tenth of the records, who are alike in nothing else: that, and nothing besides."""
    found = learned(planted(name, value))
    assert list(found) == [name]
    assert len(found[name]) == 1


def test_a_population_without_defaults_has_none():
    """Every third is called Smith, every second lives in Springfield: that is common, but it is theirs."""
    assert learned(records_of(rows())) == {}


def test_one_customer_held_eighteen_times_has_no_placeholder():
    """A hundred records of one customer share everything, so what they share is the customer's."""
    found = rows()
    assert learned(records_of([*found, *(dict(found[0]) for _ in range(100))])) == {}
    assert learned(records_of(rows(copies=18)[: 18 * 60])) == {}


def test_a_large_house_and_its_telephone_stay():
    """Sixty people with other names and birth dates live at one address with one telephone: they share both."""
    found = rows()
    for row in found[:120:2]:
        row.update(street="1 Home Lane", city="Salem", phone="2065550188")
    assert learned(records_of(found)) == {}


def test_a_departments_default_is_found_though_it_serves_one_region():
    """The default telephone is on people of whom two thirds live in one town."""
    found = rows()
    for at, row in enumerate(found[:200:2]):
        row["phone"] = "2065550188"
        row["city"] = "Salem" if at % 3 else row["city"]
    assert list(learned(records_of(found))) == ["phone"]


def test_a_house_without_a_town_is_not_judged():
    """A street can only be held against its town; where no town is known, nothing is said."""
    found = [row | {"city": None} for row in rows()]
    for row in found[:120:2]:
        row["street"] = "1 Home Lane"
    assert "street" not in learned(records_of(found))


def test_a_value_must_stand_out_from_all_others():
    """Values that follow one another closely are no placeholders, however frequent; nor is the only value there is."""
    found = rows()
    at = 0
    for rank in range(12):
        for row in found[at : at + int(150 * 0.7**rank)]:
            row["email"] = f"desk{rank}@company.example"
        at += int(150 * 0.7**rank)
    assert not len(suspects(forms_of(records_of(found))["email"]))
    constant = forms_of(records_of([row | {"email": "info@company.example"} for row in rows()]))["email"]
    assert not len(suspects(constant))


def test_leaving_out_a_placeholder_leaves_the_rest():
    """Other values of the same record stay, and so do the distinct forms and their codes."""
    found = rows()
    found[0]["email"] = "info@company.example;ann@x.example"
    own = forms_of(records_of(found))["email"]
    code = own.distinct.to_pylist().index("info@company.example")
    left = without_placeholders(own, np.sort(hash_forms(own)[[code]]))
    assert left.distinct is own.distinct
    assert len(left.row) == len(own.row) - int((own.code == code).sum())
    assert (left.row == 0).sum() == 1


@pytest.fixture(scope="module")
def defaulted() -> tuple[Records, dict[str, Forms], Population]:
    """Customers of whom many have a default birth date."""
    found = planted("birth_date", "1980-01-01", share=0.3)
    return found, forms_of(found), Population(found.source, np.zeros(1, bool))


def test_a_learned_placeholder_is_missing_from_then_on(defaulted):
    """In batch and in explain, by the model as it was kept; the value itself is not in the model. (Invariant 11)"""
    found, forms, population = defaulted
    model, pairs, patterns = train(forms, population)
    assert model.placeholder_counts == {"birth_date": 1}
    assert b"1980" not in b"".join(model.dump().split(b'"placeholders"')[1:])
    again = load_model(model.dump(), ATTRIBUTES)
    assert again.fingerprint == model.fingerprint
    born = [str(found.columns["birth_date"].values[c]) for c in found.columns["birth_date"].code]
    left, right = np.flatnonzero(np.array(born) == "1980-01-01")[:2].tolist()
    told = explain(found, forms, again, left, right)
    assert next(e for e in told.evidence if e.comparison == "birth_date").level == "missing"
    scored = score_pairs(pairs, patterns, model, population)
    at = int(np.argmax(scored.weight))
    shown = explain(found, forms, again, int(pairs.left[at]), int(pairs.right[at]))
    assert shown.match_weight == scored.weight[at] / 1_000_000


def test_a_later_run_takes_them_as_missing_too(defaulted):
    """The adopted model finds in the same records the pairs that training found, in any part of them too. (Invariant 6)"""
    _, forms, population = defaulted
    model, pairs, patterns = train(forms, population)
    again = load_model(model.dump(), ATTRIBUTES)
    later, their_patterns = find_pairs(forms, population, again)
    assert (later.left == pairs.left).all()
    assert (later.right == pairs.right).all()
    assert (their_patterns.levels[their_patterns.index] == patterns.levels[patterns.index]).all()


def test_it_is_as_if_the_default_had_never_been_given(defaulted):
    """The clusters are those of the same records with nothing where the default was."""
    found, forms, population = defaulted
    own = forms["birth_date"]
    gone = own.distinct.to_pylist().index("19800101")
    never = forms | {"birth_date": own.only(own.code != gone)}

    def clusters(of: dict[str, Forms]) -> np.ndarray:
        model, pairs, patterns = train(of, population)
        scored = score_pairs(pairs, patterns, model, population)
        return find_clusters(of, population, model, scored, MatchSettings(), Constraints.none()).label

    assert clusters(forms).tolist() == clusters(never).tolist()
    assert accuracy(clusters(forms), np.arange(len(found)) // 2).f1 > 0.95
