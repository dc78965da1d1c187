"""Which pairs are asked about: by pattern, drawn by chance; by cluster, where much hangs on the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.settings import MatchSettings
from matching.block import Pairs
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import accuracy
from matching.forms import forms_of
from matching.labels import Labels, record_tickets
from matching.match import Scored, find_clusters, find_pairs, score_pairs
from matching.model import Model
from matching.patterns import Patterns
from matching.refine import Refined, refined_by
from matching.score import MICRO
from matching.teach import Answered, alternate, cluster_questions, one_a_group, pattern_questions, share_of_patterns
from matching.train import train
from tests.matching.picture import attribute, from_columns

NOBODY = Answered(np.empty(0, np.int32), np.empty(0, np.int32))

NO_PATTERNS = Patterns(np.empty((0, 0), np.uint8), np.empty(0, np.int64), np.empty(0, np.int32))


def pairs_of(patterns: dict[float, list[int]]) -> tuple[Scored, np.ndarray]:
    """Candidate pairs: for each match weight (bits) the sizes of its patterns; and the pattern of each pair."""
    weight = np.repeat([bits for bits, sizes in patterns.items() for _ in sizes], [n for sizes in patterns.values() for n in sizes])
    index = np.repeat(np.arange(sum(map(len, patterns.values()))), [n for sizes in patterns.values() for n in sizes]).astype(np.int32)
    left, right = (side[: len(index)].astype(np.int32) for side in np.triu_indices(200, 1))
    probability = 1 / (1 + np.exp2(-weight))
    scored = Scored(
        Pairs(left, right), probability, np.zeros(len(index)), (weight * MICRO).astype(np.int64), NO_PATTERNS, np.empty(0, np.int64)
    )
    return scored, index


def tickets(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(1e-9, 1, 200)


def patterns_asked(scored: Scored, index: np.ndarray, chosen) -> list[int]:
    place = {pair: at for at, pair in enumerate(zip(scored.pairs.left.tolist(), scored.pairs.right.tolist(), strict=True))}
    return [int(index[place[pair]]) for pair in zip(chosen.left.tolist(), chosen.right.tolist(), strict=True)]


def test_every_stratum_is_asked_about():
    """Sure links, sure strangers and what lies between: twelve questions, two of each weight."""
    scored, index = pairs_of({bits: [3, 3, 3] for bits in (-20.0, -10.0, -1.0, 1.0, 6.0, 20.0)})
    asked = pattern_questions(scored, index, tickets(1), NOBODY, 12)
    weights = [float(scored.weight[np.flatnonzero(index == one)[0]]) for one in patterns_asked(scored, index, asked)]
    assert sorted(weights) == sorted([bits * MICRO for bits in (-20.0, -10.0, -1.0, 1.0, 6.0, 20.0)] * 2)
    assert asked.for_pattern.all()


def test_no_pattern_is_asked_about_twice_before_the_others_had_their_turn():
    """Five patterns; after two questions the next three are about the other three, and then the first come again."""
    scored, index = pairs_of({0.5: [2, 2, 2, 2, 2]})
    first = pattern_questions(scored, index, tickets(2), NOBODY, 2)
    answered = Answered(first.left, first.right)
    then = pattern_questions(scored, index, tickets(2), answered, 3)
    assert sorted(patterns_asked(scored, index, first) + patterns_asked(scored, index, then)) == [0, 1, 2, 3, 4]
    both = Answered(np.concatenate((first.left, then.left)), np.concatenate((first.right, then.right)))
    again = pattern_questions(scored, index, tickets(2), both, 9)
    assert len(again) == 5
    pairs = {(int(a), int(b)) for one in (first, then, again) for a, b in zip(one.left, one.right, strict=True)}
    assert len(pairs) == 10


def test_a_pair_comes_with_the_probability_that_is_told():
    """Over many draws, the mean of one over the inclusion probability is the number of pairs there are (Horvitz and Thompson 1952)."""
    sizes = [1, 2, 5, 20, 60, 3, 9]
    scored, index = pairs_of({0.5: sizes})
    estimates = [float((1 / pattern_questions(scored, index, tickets(seed), NOBODY, 4).inclusion).sum()) for seed in range(400)]
    assert np.mean(estimates) == pytest.approx(sum(sizes), rel=0.1)


def test_the_same_records_are_asked_about_in_the_same_order():
    """Questions are drawn by hash of the record keys. (Invariant 6)"""
    scored, index = pairs_of({-4.0: [5, 9, 2], 0.5: [3, 3]})
    one, two = (pattern_questions(scored, index, tickets(3), NOBODY, 4) for _ in range(2))
    assert (one.left == two.left).all()
    assert (one.right == two.right).all()


ATTRIBUTES = [attribute("given_name"), attribute("family_name"), attribute("birth_date", "date_of_birth"), attribute("email")]


@pytest.fixture(scope="module")
def village():
    """150 people, each held two to four times; some copies have only a name."""
    generator = np.random.default_rng(5)
    rows, keys, entity = [], [], []
    given = ["Ann", "Bob", "Cleo", "Dora", "Egon", "Fay", "Gus", "Hope", "Ivo", "June"]
    family = ["Lee", "Ray", "Marsh", "Pike", "Frost", "Hart", "Stone", "Wells", "Brook", "Dale"]
    for person in range(150):
        names = given[generator.integers(10)], family[generator.integers(10)]
        birth = f"19{generator.integers(40, 99)}-0{generator.integers(1, 9)}-1{generator.integers(0, 9)}"
        for copy in range(2 + person % 3):
            poor = generator.random() < 0.3
            rows.append([*names, None if poor else birth, None if poor or copy == 0 else f"{names[0]}{person}@x.example"])
            keys.append(f"{'abcd'[copy]}:{person:03d}")
            entity.append(person)
    found = from_columns(ATTRIBUTES, keys, {a.name: [row[at] for row in rows] for at, a in enumerate(ATTRIBUTES)})
    place = {key: at for at, key in enumerate(keys)}
    order = [place[f"{found.sources[s]}:{k}"] for s, k in zip(found.source, found.keys.to_pylist(), strict=True)]
    forms, population = forms_of(found), Population(found.source, np.zeros(4, bool))
    model, pairs, patterns = train(forms, population)
    return found, np.array(entity)[order], forms, population, model, score_pairs(pairs, patterns, model, population)


def asked(village, constraints: Constraints, answered: Answered, wanted: int = 20):
    found, _, forms, population, model, scored = village
    return cluster_questions(forms, population, model, scored, MatchSettings(), constraints, answered, record_tickets(found), wanted)


def test_clusters_are_asked_about_once_each_and_never_again(village):
    """No record's group is in two questions of a batch, and what was answered, even with unsure, is not asked again."""
    first = asked(village, Constraints.none(), NOBODY)
    assert len(first) == 20
    assert not first.for_pattern.any()
    records = [*first.left.tolist(), *first.right.tolist()]
    assert len(set(records)) == len(records)
    then = asked(village, Constraints.none(), Answered(first.left, first.right))
    pairs = [set(zip(one.left.tolist(), one.right.tolist(), strict=True)) for one in (first, then)]
    assert not pairs[0] & pairs[1]


def test_what_decisions_settled_is_not_asked(village):
    """After *same* the two are one group; after *different* they must not be joined."""
    first = asked(village, Constraints.none(), NOBODY)
    for constraints in (
        Constraints((first.left, first.right), Constraints.none().different),
        Constraints(Constraints.none().same, (first.left, first.right)),
    ):
        then = asked(village, constraints, NOBODY)
        now = set(zip(then.left.tolist(), then.right.tolist(), strict=True))
        assert not now & set(zip(first.left.tolist(), first.right.tolist(), strict=True))


def test_nothing_in_doubt_is_nothing_to_ask():
    """No candidate pair at all."""
    found = from_columns(
        ATTRIBUTES,
        ["a:1", "a:2"],
        {"given_name": ["Ann", "Bob"], "family_name": ["Lee", "Ray"], "birth_date": [None] * 2, "email": [None] * 2},
    )
    forms, population = forms_of(found), Population(found.source, np.zeros(1, bool))
    model, pairs, patterns = train(forms, population)
    scored = score_pairs(Pairs(pairs.left[:0], pairs.right[:0]), patterns, model, population)
    none = Scored(scored.pairs, np.empty(0), np.empty(0), np.empty(0, np.int64), patterns, np.empty(0, np.int64))
    tickets_ = record_tickets(found)
    assert not len(cluster_questions(forms, population, model, none, MatchSettings(), Constraints.none(), NOBODY, tickets_, 5))
    assert not len(pattern_questions(none, patterns.index[:0], tickets_, NOBODY, 5))


def test_the_most_valuable_groups_come_first_and_none_twice():
    """1-2 is worth most; 2-3 shares a group with it; 4-5 is next; 6-7 is worth nothing."""
    left, right = np.array([1, 2, 4, 6]), np.array([2, 3, 5, 7])
    assert one_a_group(left, right, np.array([9.0, 8.0, 7.0, 0.0]), 5) == [0, 2]


def test_whoever_stops_early_has_answered_some_of_each_sort(village):
    """Of the first half of the questions, half are about clusters."""
    clusters = asked(village, Constraints.none(), NOBODY, 6)
    scored = village[5]
    patterns = pattern_questions(scored, np.arange(len(scored.pairs), dtype=np.int32), record_tickets(village[0]), NOBODY, 6)
    assert alternate(patterns, clusters).for_pattern[:6].sum() == 3


def test_patterns_are_asked_about_much_while_there_is_something_to_learn():
    """Until there are labels enough, and as long as they change the model."""
    scoring = None
    shares = [share_of_patterns(Refined(scoring, labels, accepted, 0.0, 0.0)) for labels, accepted in ((5, False), (90, True), (90, False))]  # type: ignore[arg-type]
    assert shares == [0.4, 0.4, 0.1]


def test_a_correction_is_taken_only_if_the_clusters_agree_better(village):
    """The prior is fifteen bits too high, and labels say so; it is corrected, unless no cluster changes by it."""
    found, entity, forms, population, model, _ = village
    wrong = replace(model, scoring=replace(model.scoring, prior_same=model.scoring.prior_same + 15 * MICRO))
    pairs, patterns = find_pairs(forms, population, wrong)
    scored, tickets_ = score_pairs(pairs, patterns, wrong, population), record_tickets(found)
    answered = NOBODY
    for _ in range(4):
        chosen = pattern_questions(scored, patterns.index, tickets_, answered, 50)
        answered = Answered(np.concatenate((answered.left, chosen.left)), np.concatenate((answered.right, chosen.right)))
    labels = Labels(answered.left, answered.right, entity[answered.left] == entity[answered.right])

    def clusters(by: Model) -> np.ndarray:
        return find_clusters(forms, population, by, score_pairs(pairs, patterns, by, population), MatchSettings(), Constraints.none()).label

    corrected, how = refined_by(wrong, labels, forms, patterns, tickets_, clusters)
    assert how.accepted
    assert accuracy(clusters(corrected), entity).f1 > accuracy(clusters(wrong), entity).f1
    kept, how = refined_by(wrong, labels, forms, patterns, tickets_, lambda _: clusters(wrong))
    assert kept is wrong
    assert not how.accepted
