"""Explain: sentences that people can use, and keys by which two records meet."""

from __future__ import annotations

import numpy as np
import pytest

from domain.evidence import Evidence, PairClass, Rivalry, ScoredPair
from domain.records import RecordKey
from matching.block import candidate_pairs
from matching.chance import Population
from matching.explain import among_rivals, explain, sentence
from matching.forms import forms_of
from matching.meet import meeting
from matching.model import Model
from matching.records import Records
from matching.relate import Kind
from matching.train import train
from matching.wording import called
from tests.matching.picture import attribute, from_columns

LEFT, RIGHT = RecordKey("crm", "1"), RecordKey("billing", "7")
EQUAL = "exact (1 in 10,000)"


def told(picture: str, same: float, related: float, kind: Kind = Kind.HOUSEHOLD, firms: tuple[bool, bool] = (False, False)) -> str:
    """The sentence of a pair drawn as `comparison=level, ...`, with these probabilities."""
    parts = [part.split("=") for part in picture.split("; ") if part]
    evidence = tuple(Evidence(name, level, -6.0 if level == "different" else 6.0, 0.0) for name, level in parts)
    weights = [float(np.log2(max(p, 1e-9) / max(1 - same - related, 1e-9))) for p in (same, related)]
    prior = [weight - sum(side) for weight, side in zip(weights, ([e.weight for e in evidence], [0.0]), strict=True)]
    pair = ScoredPair(LEFT, RIGHT, evidence, prior[0], prior[1], same, 0.0, related, kind, firms)
    return sentence(pair, {"family_name": "surname", "phone": "telephone", "given_name": "given name", "birth_date": "birth date"})


SENTENCES = [
    (
        "given_name=different; family_name=exact (1 in 10,000); address=same address (rarer than 1 in 100,000); phone=exact (1 in 10,000); "
        "birth_date=different",
        (0.0, 0.99),
        "same surname, address and telephone, but another given name and birth date: one household, two people",
    ),
    (f"given_name={EQUAL}; email=close", (0.95, 0.01), "same given name, email close: one customer"),
    (f"given_name={EQUAL}", (0.6, 0.1), "same given name: probably one customer"),
    (f"phone={EQUAL}; given_name=different", (0.25, 0.74), "same telephone, but another given name: probably one household, two people"),
    ("given_name=different; phone=missing", (0.0, 0.0), "another given name: two customers"),
    ("given_name=nickname; address=same city", (0.3, 0.1), "given name nickname and address of the same city: probably two customers"),
    ("given_name=missing", (0.0, 0.0), "nothing to compare: two customers"),
]


@pytest.mark.parametrize(("picture", "probability", "expected"), SENTENCES)
def test_one_plain_sentence(picture: str, probability: tuple[float, float], expected: str) -> None:
    """What agrees, what does not, what follows."""
    assert told(picture, *probability) == expected


@pytest.mark.parametrize(
    ("kind", "firms", "expected"),
    [
        (Kind.HOUSEHOLD, (False, False), "one household, two people"),
        (Kind.BRANCH, (True, True), "branches of one firm, two customers"),
        (Kind.RELATED, (True, True), "related, two organisations"),
        (Kind.RELATED, (False, False), "related, two people"),
        (Kind.RELATED, (True, False), "related, two customers"),
    ],
)
def test_an_organisation_is_nobodys_household(kind: Kind, firms: tuple[bool, bool], expected: str) -> None:
    """Firms are branches of one; somebody and a firm are two customers."""
    assert told(f"phone={EQUAL}", 0.01, 0.98, kind, firms) == f"same telephone: {expected}"


def test_rivals_move_a_pair_as_they_moved_it_in_the_batch() -> None:
    """What they take goes to the other classes, in the shares those had; the sentence says why."""
    pair = ScoredPair(LEFT, RIGHT, (Evidence("email", EQUAL, 9.0, 3.0),), -8.0, -4.0, 0.5, 0.0, 0.125)
    found = among_rivals(pair, Rivalry(-2.0, "another record of billing fits better", RecordKey("billing", "8")))
    assert (found.match_weight, found.match_probability, found.related_probability) == (-2.0, 0.2, 0.2)
    assert (found.same_weight, pair.same_weight) == (-1.0, 1.0)
    assert sentence(found) == "same email; another record of billing fits better: probably two customers"
    assert among_rivals(pair, Rivalry(0.0, "nobody contends")).match_probability == 0.5


def test_the_winner_is_told_with_its_rival_even_where_probabilities_round() -> None:
    """Bits tell apart what probabilities cannot: same wins by 40 bits before related, not before strangers."""
    pair = ScoredPair(LEFT, RIGHT, (Evidence("email", EQUAL, 90.0, 50.0),), 0.0, 0.0, 1.0, 40.0, 0.0)
    assert (pair.winner, pair.rival, pair.lead) == (PairClass.SAME, PairClass.RELATED, 40.0)
    assert sum(pair.probabilities.values()) == 1.0


def test_comparisons_are_called_as_people_call_them() -> None:
    """By their type; two telephones keep the names the project gave them."""
    from matching.compare import comparisons_for

    chosen = [
        attribute("lname", "family_name"),
        attribute("home_phone", "phone", region="US"),
        attribute("work_phone", "phone", region="US"),
    ]
    assert called(comparisons_for(chosen)) == {"lname": "surname", "home_phone": "home phone", "work_phone": "work phone"}


# --- meeting -------------------------------------------------------------------------------------------------------

NAMED = [attribute("given_name"), attribute("family_name"), attribute("city"), attribute("gender")]


def crowd(count: int) -> Records:
    """People of few names in few towns."""
    rng = np.random.default_rng(5)
    words = [
        ["Ann", "Bob", "Cleo", "Dora", "Egon"],
        ["Lee", "Ray", "Marsh", "Pike", "Frost", "Stone"],
        ["York", "Hull", "Bath"],
        ["f", "m"],
    ]
    columns = {a.name: [str(rng.choice(choice)) for _ in range(count)] for a, choice in zip(NAMED, words, strict=True)}
    return from_columns(NAMED, [f"{'crm' if n % 2 else 'shop'}:{n}" for n in range(count)], columns)


@pytest.fixture(scope="module")
def blocked() -> tuple[Records, Model, set[tuple[str, str]]]:
    """A crowd, a model whose blocks had to be refined, and the pairs that blocking makes."""
    found = crowd(300)
    forms, population = forms_of(found), Population(found.source, np.array([False, True]))
    model = train(forms, population, 3_000)[0]
    made = candidate_pairs(forms, population, model.plan, 30_000)
    keys = found.keys.to_pylist()
    return found, model, {(keys[a], keys[b]) for a, b in zip(made.left.tolist(), made.right.tolist(), strict=True)}


def test_two_records_meet_by_themselves_as_they_met_in_the_batch(blocked: tuple[Records, Model, set[tuple[str, str]]]) -> None:
    """Whoever was a candidate pair has a key, and nobody else: blocks that were too large for the batch are so here."""
    found, model, made = blocked
    assert model.plan.refined
    keys, seen = found.keys.to_pylist(), set()
    for a, b in np.random.default_rng(1).integers(0, len(found), (150, 2)).tolist():
        a, b = min(a, b), max(a, b)
        if a != b:
            two = chosen(found, [a, b])
            met = meeting(forms_of(two), model, Population(two.source, np.array([name == "shop" for name in two.sources])))
            assert met.met == ((keys[a], keys[b]) in made)
            seen.add((met.met, bool(met.too_common), met.admissible))
    assert {(met, admissible) for met, _, admissible in seen} == {(True, True), (False, True), (False, False)}


def chosen(found: Records, places: list[int]) -> Records:
    """Some records, as if there were no others."""
    names = [f"{found.sources[found.source[at]]}:{found.keys[at].as_py()}" for at in places]
    columns = {}
    for name, column in found.columns.items():
        first = column.first(len(found))
        columns[name] = [None if first[at] < 0 else str(column.values[int(first[at])].as_py()) for at in places]
    return from_columns(NAMED, names, columns)


def test_weights_and_values_change_sides_with_the_two(blocked: tuple[Records, Model, set[tuple[str, str]]]) -> None:
    """One with another is the other with the one."""
    found, model, _ = blocked
    forms = forms_of(found)
    one, other = explain(found, forms, model, 3, 8), explain(found, forms, model, 8, 3)
    assert (one.left, one.right, one.match_weight, one.related_as) == (other.right, other.left, other.match_weight, other.related_as)
    assert [(e.weight, e.related_weight, e.left, e.right) for e in one.evidence] == [
        (e.weight, e.related_weight, e.right, e.left) for e in other.evidence
    ]
