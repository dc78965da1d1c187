"""What a match believes of itself, beside the truth."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from domain.settings import MatchSettings
from matching.analyse import Estimate
from matching.block import Pairs
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.estimate import Believed, Inside, Outside, believe, figures, spread
from matching.evaluate import accuracy
from matching.forms import forms_of
from matching.labels import record_tickets
from matching.match import Scored, find_clusters, score_pairs
from matching.patterns import Patterns
from matching.records import Records
from matching.train import train
from tests.matching.picture import attribute, from_columns

ATTRIBUTES = [attribute("given_name"), attribute("family_name"), attribute("birth_date", "date_of_birth"), attribute("phone", region="US")]
SEEDS = 20


def names(count: int, seed: int) -> np.ndarray:
    """Made-up names, as many."""
    syllables = ["ba", "ko", "mi", "tu", "ren", "sol", "dar", "vek", "lun", "pho", "gri", "nas"]
    chosen = np.random.default_rng(seed).integers(0, len(syllables), (count, 3))
    return np.array(["".join(syllables[at] for at in row).title() for row in chosen])


def drawn(seed: int, people: int = 300) -> tuple[Records, np.ndarray]:
    """Records as the model supposes them: each of a person's records repeats each value, or has another, or none, whatever the rest."""
    generator = np.random.default_rng(seed)
    entity = np.repeat(np.arange(people), generator.integers(1, 4, people))
    days = np.datetime64("1930-01-01") + np.arange(25_000)
    pools = [names(40, 1), names(150, 2), days.astype(str), np.array([f"206{n}" for n in generator.integers(2_000_000, 9_999_999, people)])]
    columns: dict[str, list[str | None]] = {}
    for of, pool in zip(ATTRIBUTES, pools, strict=True):
        own = pool[generator.integers(0, len(pool), people)][entity]
        value = np.where(generator.random(len(entity)) < 0.12, pool[generator.integers(0, len(pool), len(entity))], own)
        columns[of.name] = np.where(generator.random(len(entity)) < 0.25, None, value).tolist()
    return from_columns(ATTRIBUTES, [f"s:{i:04d}" for i in range(len(entity))], columns), entity


def judged(found: Records, budget: int | None = None) -> tuple[Believed | None, Clusters]:
    """What is believed of records matched without labels."""
    forms, population = forms_of(found), Population(found.source, np.zeros(len(found.sources), bool), found.sources)
    model, pairs, patterns = train(forms, population, budget)
    scored = score_pairs(pairs, patterns, model, population)
    clusters = find_clusters(forms, population, model, scored, MatchSettings(), Constraints.none())
    return believe(forms, model, scored, clusters, Constraints.none(), record_tickets(found)), clusters


@pytest.mark.parametrize("budget", [None, 20_000], ids=["every pair", "blocked"])
def test_the_truth_is_within_the_intervals_of_most_populations(budget: int | None):
    """Twenty populations that are as the model supposes: both intervals hold the truth in 16 of them.

    Their values are often wrong, and as often missing: a third of the pairs cannot be found, and the recall is known to 0.2 either way.
    """
    covered = np.zeros(2, int)
    for seed in range(SEEDS):
        found, entity = drawn(seed)
        believed, clusters = judged(found, budget)
        assert believed is not None
        true = accuracy(clusters.label, entity)
        covered += [
            believed.precision.low <= true.precision <= believed.precision.high,
            believed.recall.low <= true.recall <= believed.recall.high,
        ]
        assert believed.precision.high - believed.precision.low < 0.2
        assert believed.recall.high - believed.recall.low < 0.4
    assert covered.min() >= 16


def test_records_that_are_identical_leave_nothing_to_doubt():
    """Each person twice, every value alike: precision and recall are all but certain."""
    texts = {a.name: names(300, at + 3).tolist() for at, a in enumerate(ATTRIBUTES[:2])}
    texts["birth_date"] = (np.datetime64("1950-01-01") + 37 * np.arange(300)).astype(str).tolist()
    texts["phone"] = [f"206{2_000_000 + 9_973 * at}" for at in range(300)]
    twice = from_columns(ATTRIBUTES, [f"s:{i:04d}" for i in range(600)], {name: column * 2 for name, column in texts.items()})
    believed, _ = judged(twice)
    assert believed is not None
    for figure in (believed.precision, believed.recall):
        assert 0.999 < figure.low <= figure.estimate <= figure.high <= 1.0
    assert believed.missed == Estimate(0.0, 0.0, 0.0)


def test_of_records_that_are_all_alone_nothing_is_believed():
    """No pair at all: there is nothing to say, and nothing is divided by zero."""
    assert judged(from_columns(ATTRIBUTES, ["s:1"], {a.name: ["Ann"] for a in ATTRIBUTES}))[0] is None


def scored_pairs(*pairs: tuple[int, int, float]) -> Scored:
    """Candidate pairs with their match probabilities."""
    left, right = (np.array([pair[side] for pair in pairs], np.int32) for side in (0, 1))
    patterns = Patterns(np.empty((0, 0), np.uint8), np.empty(0, np.int64), np.empty(0, np.int32))
    none = np.zeros(len(pairs), np.int64)
    return Scored(Pairs(left, right), np.array([pair[2] for pair in pairs]), np.zeros(len(pairs)), none, patterns, none[:0])


def parts(
    label: list[int], linkage: list[float], pairs: list[tuple[int, int, float]], decided: Constraints | None = None
) -> tuple[Inside, Outside]:
    """The pairs inside and outside of clusters."""
    clusters, decided = (
        Clusters(np.array(label, np.int32), np.array(linkage), 0, 0, np.zeros(len(label), np.int32)),
        decided or Constraints.none(),
    )
    inside = Inside.of(clusters, decided)
    return inside, Outside.of(scored_pairs(*pairs), clusters, inside, decided)


NO_KEYS = Estimate(0.0, 0.0, 0.0)


def test_a_pair_inside_is_believed_by_its_cluster_and_one_outside_by_itself():
    """Three records in one cluster, of which one pair was no candidate; a fourth that is the same with 0.3."""
    inside, outside = parts([0, 0, 0, 3], [0.9, 0.9, 0.9, 1.0], [(0, 1, 0.95), (1, 2, 0.85), (2, 3, 0.3)])
    found = figures(inside, outside, NO_KEYS, 0.0)
    assert found.precision.estimate == pytest.approx(0.9)
    assert found.recall.estimate == pytest.approx(2.7 / 3.0)
    assert found.true_pairs.estimate == pytest.approx(3.0)


def test_what_clusters_settle_inside_is_less_outside():
    """A cluster believes 0.4 more of its pair than the pair did: half of that is taken from the pairs outside, all is in the interval."""
    _, outside = parts([0, 0, 2], [0.9, 0.9, 1.0], [(0, 1, 0.5), (1, 2, 0.6)])
    found = outside.left_out()
    assert found.estimate == pytest.approx(0.4)
    assert found.low <= 0.2
    assert found.high >= 0.6


def test_what_stewards_have_decided_is_certain():
    """Two records that are the same by decision; a pair outside that is different by decision."""
    same, different = (np.array([0]), np.array([1])), (np.array([2]), np.array([1]))
    inside, outside = parts([0, 0, 2], [0.5, 0.5, 1.0], [(0, 1, 0.5), (1, 2, 0.4)], Constraints(same, different))
    found = figures(inside, outside, NO_KEYS, 0.0)
    assert tuple(found.precision) == tuple(found.recall) == (1.0, 1.0, 1.0)


def test_pairs_that_no_key_catches_lower_the_recall():
    """Ten pairs found, one left over for certain and nine unseen: half are found, and 45 % are missed for want of a key."""
    pairs = [(at, at + 1, 1.0) for at in range(0, 20, 2)] + [(1, 2, 1.0)]
    inside, outside = parts([at // 2 * 2 for at in range(20)], [1.0] * 20, pairs)
    found = figures(inside, outside, Estimate(9.0, 7.0, 11.0), 0.0)
    assert tuple(found.recall) == pytest.approx((10 / 20, 10 / 22, 10 / 18))
    assert tuple(found.missed) == pytest.approx((9 / 20, 7 / 18, 11 / 22))


def test_pairs_of_one_cluster_stand_or_fall_together():
    """Ten pairs in one cluster are known less surely than ten clusters of two, each believed alike."""
    one, _ = parts([0] * 5, [0.9] * 5, [])
    ten, _ = parts([at // 2 * 2 for at in range(20)], [0.9] * 20, [])
    assert one.right().estimate == pytest.approx(9.0)
    assert ten.right().estimate == pytest.approx(9.0)
    assert one.right().low < ten.right().low


def test_a_kept_belief_is_the_same_again():
    """What a run keeps is what the next command reads."""
    one = Estimate(0.9, 0.8, 1.0)
    believed = Believed(one, replace(one, low=0.7), NO_KEYS, spread(5.0, [1.0], [2.0]))
    assert Believed.from_dict(asdict(believed)) == believed
