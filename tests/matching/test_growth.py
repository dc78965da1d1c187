"""One threshold means the same in a village and in a city."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from domain.settings import MatchSettings
from matching.chance import Population
from matching.cluster import Constraints
from matching.evaluate import accuracy
from matching.forms import forms_of
from matching.match import find_clusters, score_pairs
from matching.train import train
from tests.matching.picture import attribute, from_columns

GIVEN = [
    f"{start}{end}" for start in ("Al", "Be", "Cor", "Da", "El", "Fran", "Ga", "Hel", "Is", "Jo") for end in ("an", "ena", "ko", "mir")
]
FAMILY = [
    f"{start}{end}" for start in ("Ab", "Bur", "Car", "Dow", "Ell", "Fish", "Gra", "Holt") for end in ("er", "ley", "man", "son", "ton")
]
ATTRIBUTES = [attribute("given_name"), attribute("family_name"), attribute("date_of_birth"), attribute("phone", region="US")]
MOST = 3
"""Records of one person."""


def of_size(people: int) -> tuple[float, int]:
    """F1 at the default threshold, and the largest cluster, among so many people with one to three records each.

    Names are drawn from one stock, so that namesakes grow with the square of the people. Of the records of a person after the first,
    every second has lost its telephone and every third has another family name, as after a marriage.
    """
    random = np.random.default_rng(3)
    person = np.repeat(np.arange(people), random.integers(1, MOST + 1, people))
    born = [str(date(1940, 1, 2) + timedelta(days=int(days))) for days in random.integers(0, 20_000, people)]
    given, family = random.integers(len(GIVEN), size=people), random.integers(len(FAMILY), size=people)
    again = np.concatenate(([False], person[1:] == person[:-1]))
    at = np.arange(len(person))
    columns: dict[str, list[str | None]] = {
        "given_name": [GIVEN[given[p]] for p in person],
        "family_name": [FAMILY[(family[p] + (again[i] and i % 3 == 0) * 7) % len(FAMILY)] for i, p in enumerate(person)],
        "date_of_birth": [born[p] for p in person],
        "phone": [None if again[i] and i % 2 == 0 else f"206{2_000_000 + p * 37:07}" for i, p in enumerate(person)],
    }
    found = from_columns(ATTRIBUTES, [f"all:{i:07}" for i in at], columns)
    forms, population = forms_of(found), Population(found.source, np.zeros(1, bool), found.sources)
    model, pairs, patterns = train(forms, population)
    clusters = find_clusters(forms, population, model, score_pairs(pairs, patterns, model, population), MatchSettings(), Constraints.none())
    return accuracy(clusters.label, person.tolist()).f1, int(np.bincount(clusters.label).max())


def test_accuracy_and_clusters_do_not_change_with_the_size_of_the_population() -> None:
    """From 500 to 16,000 people F1 stays high and within 0.03, and no cluster grows beyond the records of two people."""
    sizes = [of_size(people) for people in (500, 4_000, 16_000)]
    assert max(f1 for f1, _ in sizes) - min(f1 for f1, _ in sizes) <= 0.03, sizes
    assert max(largest for _, largest in sizes) <= 2 * MOST, sizes
    assert min(f1 for f1, _ in sizes) >= 0.97, sizes
