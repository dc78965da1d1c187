"""What a linkage is taken for when questions are chosen, as answers have shown it."""

from __future__ import annotations

import numpy as np
import pytest

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.doubt import Between, Doubt, View, learn_doubt, records_between
from matching.forms import forms_of
from matching.match import score_pairs
from matching.train import train
from tests.matching.picture import attribute, from_columns

NO_CHANGE = Doubt(np.zeros(3))


def between(odds: list[float], pairs: list[int]) -> Between:
    none, no = np.empty(0, np.int32), np.zeros(len(odds), bool)
    return Between(np.array(odds), np.array(pairs), no, np.empty(0, np.int64), none, none, np.empty(0, np.int64))


def test_without_answers_two_records_are_taken_at_their_word():
    """One pair of records: log-odds of 0 and 2 bits are one in two and four in five."""
    assert NO_CHANGE.probability(between([0.0, 2.0], [1, 1])) == pytest.approx([0.5, 0.8])


def test_the_same_linkage_means_more_over_more_pairs():
    """A mean over twenty pairs says too little of what twenty pairs know."""
    few, many = NO_CHANGE.probability(between([0.0, 0.0], [1, 20]))
    assert few == 0.5
    assert many > 0.6


def test_records_between_groups_are_all_pairs_across_them():
    """Groups {0, 2} and {1}: two pairs, the smaller record first."""
    edge, low, high = records_between(np.array([0, 1, 0]), np.array([0]), np.array([1]))
    assert list(zip(edge.tolist(), low.tolist(), high.tolist(), strict=True)) == [(0, 0, 1), (0, 1, 2)]


@pytest.fixture(scope="module")
def view() -> View:
    """80 people twice, some of the second copies with another birth date and no e-mail: in doubt."""
    attributes = [attribute("given_name"), attribute("family_name"), attribute("birth_date", "date_of_birth"), attribute("email")]
    generator = np.random.default_rng(3)
    keys, rows = [], []
    for person in range(80):
        names = ["Ann", "Bob", "Cleo", "Dora"][generator.integers(4)], ["Lee", "Ray", "Marsh", "Pike"][generator.integers(4)]
        birth = f"19{generator.integers(40, 99)}-0{generator.integers(1, 9)}-1{generator.integers(0, 9)}"
        doubtful = person % 2 == 0
        rows += [
            [*names, birth, f"p{person}@x.example"],
            [*names, None if doubtful else birth, None if doubtful else f"p{person}@x.example"],
        ]
        keys += [f"a:{person:03d}", f"b:{person:03d}"]
    found = from_columns(attributes, keys, {a.name: [row[at] for row in rows] for at, a in enumerate(attributes)})
    forms, population = forms_of(found), Population(found.source, np.zeros(2, bool))
    model, pairs, patterns = train(forms, population)
    return View(forms, population, model, score_pairs(pairs, patterns, model, population), MatchSettings())


def test_answers_move_what_linkages_are_taken_for(view: View):
    """Told *same* of groups in doubt, others like them are taken for the same more readily; told *different*, less."""
    group = view.sure_groups(Constraints.none())
    near = np.flatnonzero((view.scored.weight > -8_000_000) & (group[view.scored.pairs.left] != group[view.scored.pairs.right]))
    pairs = view.scored.pairs.left[near[:20]], view.scored.pairs.right[near[:20]]
    assert len(near) >= 20
    none = Constraints.none()
    doubtful = between([0.0], [1])
    told_same, told_different = (learn_doubt(view, Constraints(*both)) for both in ((pairs, none.different), (none.same, pairs)))
    assert told_different.probability(doubtful) < NO_CHANGE.probability(doubtful) < told_same.probability(doubtful)


def test_without_decisions_nothing_is_learned(view: View):
    """No answer, no change."""
    assert not learn_doubt(view, Constraints.none()).change.any()
