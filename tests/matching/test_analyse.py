"""What blocking brings, and what it misses."""

from __future__ import annotations

import numpy as np
import pytest

from matching import analyse as module
from matching.analyse import Catch, analyse, catch_of, estimated_recall, missed_pairs
from matching.block import Plan
from matching.chance import Population
from matching.forms import forms_of
from matching.labels import record_tickets
from matching.match import score_pairs
from matching.score import MICRO
from matching.train import train
from tests.matching.picture import attribute, from_columns

ATTRIBUTES = [attribute("given_name"), attribute("family_name"), attribute("city"), attribute("email", many=True)]
BUDGET = 3_000


@pytest.fixture(scope="module")
def matched():
    """400 records blocked on a small budget, so that there are refined blocks."""
    generator = np.random.default_rng(3)
    words = [f"{a}{b}{c}" for a in ("ba", "ko", "mi", "tu") for b in ("ra", "len", "so") for c in ("n", "ck", "ta", "vi")]
    columns: dict[str, list[str | None]] = {
        "given_name": [words[i] for i in generator.integers(0, 20, 400)],
        "family_name": [words[i] for i in generator.integers(0, 48, 400)],
        "city": [None if i == 9 else words[i] for i in generator.integers(0, 10, 400)],
        "email": [None if i % 3 == 0 else f"{words[i % 48]}{i % 150}@x.example; y{i}@z.example" for i in range(400)],
    }
    found = from_columns(ATTRIBUTES, [f"s:{i:03d}" for i in range(400)], columns)
    forms, population = forms_of(found), Population(found.source, np.zeros(1, bool))
    model, pairs, patterns = train(forms, population, BUDGET, floor=-400 * MICRO)
    return forms, population, model, score_pairs(pairs, patterns, model, population), record_tickets(found)


def test_the_keys_that_catch_a_pair_are_those_that_made_it(matched):
    """Every candidate pair is caught by a key; of all other pairs none is."""
    forms, population, model, scored, _ = matched
    assert not model.plan.everything
    assert any(len(values) for values in model.plan.refined.values())
    caught = catch_of(forms, model.plan, scored.pairs.left, scored.pairs.right, np.ones(len(scored.pairs)))
    assert caught.caught.any(axis=1).all()
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(population), 1))
    everywhere = catch_of(forms, model.plan, left, right, np.ones(len(left)))
    assert int(everywhere.caught.any(axis=1).sum()) == len(scored.pairs)
    counted = {key.name: key.pairs for key in scored.pairs.keys}
    for name, attributes, pairs in zip(everywhere.names, everywhere.attributes, everywhere.caught.sum(axis=0).tolist(), strict=True):
        # Two records may share several of their e-mail addresses; blocking counts the pair for each.
        assert pairs == counted[name] or ("email" in attributes and pairs < counted[name])


def test_what_only_one_key_brings_is_what_falls_away_without_it(matched):
    """The share of a key is that of the pairs that no other catches."""
    forms, _, model, scored, tickets = matched
    found = analyse(forms, model.plan, scored, scored.pairs, tickets, BUDGET)
    caught = catch_of(forms, model.plan, scored.pairs.left, scored.pairs.right, np.ones(len(scored.pairs)))
    for key in found.keys:
        own = caught.caught[:, caught.names.index(key.name)]
        lone = own & (caught.caught.sum(axis=1) == 1)
        assert key.only_share == pytest.approx(lone.mean())
        assert key.only_same <= scored.probability[lone].sum() + 1e-9
    assert found.candidate_pairs == len(scored.pairs)
    assert found.counted_pairs == sum(key.pairs for key in found.keys)


@pytest.mark.parametrize("ways", [3, 5])
@pytest.mark.parametrize("chance", [0.3, 0.6])
def test_pairs_that_no_key_catches_are_estimated(ways: int, chance: float):
    """10,000 pairs, each caught in every way with the same chance: the number missed lies within the interval, or nearly so."""
    caught = np.random.default_rng(ways).random((10_000, ways)) < chance
    seen = caught.any(axis=1)
    ways_ = tuple(frozenset({f"a{i}"}) for i in range(ways))
    found = missed_pairs(Catch(tuple(f"a{i}: exact" for i in range(ways)), ways_, caught[seen], np.ones(int(seen.sum()))))
    missed = int((~seen).sum())
    assert found.low * 0.85 <= missed <= found.high * 1.15
    assert found.low <= found.estimate <= found.high


def test_hard_pairs_make_the_estimate_a_lower_bound():
    """Half of the pairs are hard to catch: fewer are thought missed than are."""
    generator = np.random.default_rng(1)
    hard = generator.random(20_000) < 0.5
    caught = generator.random((20_000, 4)) < np.where(hard, 0.1, 0.7)[:, None]
    seen = caught.any(axis=1)
    names = tuple("abcd")
    found = missed_pairs(Catch(names, tuple(frozenset({name}) for name in names), caught[seen], np.ones(int(seen.sum()))))
    assert found.estimate < (~seen).sum()


def test_keys_of_one_attribute_are_one_way():
    """Two keys of the name always catch together: they say nothing of what is missed."""
    caught = np.ones((50, 2), bool)
    same_way = Catch(("name: exact", "name: sound"), (frozenset({"name"}),) * 2, caught, np.ones(50))
    assert same_way.by_way() == [[0, 1]]


def test_a_sample_tells_nearly_what_all_pairs_tell(matched, monkeypatch):
    """A third of the pairs, drawn by hash, in place of all."""
    forms, _, model, scored, tickets = matched
    whole = estimated_recall(forms, model.plan, scored, tickets)
    monkeypatch.setattr(module, "SAMPLE", len(scored.pairs) // 3)
    some = estimated_recall(forms, model.plan, scored, tickets)
    assert some.estimate == pytest.approx(whole.estimate, abs=0.1)


def test_where_every_pair_is_a_candidate_none_is_missed(matched):
    """Few records: recall 1."""
    forms, _, _, scored, tickets = matched
    assert tuple(estimated_recall(forms, Plan(everything=True), scored, tickets)) == (1.0, 1.0, 1.0)
