"""Blocking: candidate pairs within a budget, each once, and never a record silently dropped."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import PairBudgetExceeded
from matching.block import KeyCount, Pairs, Plan, candidate_pairs, check_budget
from matching.chance import Population
from matching.forms import forms_of
from matching.train import train
from tests.matching.picture import attribute, from_columns, records

NAMES = [attribute("given_name"), attribute("family_name"), attribute("date_of_birth")]


def population(found, unique=False):
    return Population(found.source, np.full(len(found.sources), unique))


def planned(found, budget: int) -> Plan:
    return train(forms_of(found), population(found), budget)[0].plan


def named(found, pairs: Pairs) -> set[tuple[str, str]]:
    keys = found.keys.to_pylist()
    return {(keys[left], keys[right]) for left, right in zip(pairs.left, pairs.right, strict=True)}


def people(count: int):
    given = ["Ann", "Bob", "Carol", "Dan", "Eve", "Frank", "Grace"]
    family = ["Lee", "Smith", "Jones", "Garcia", "Okafor"]
    columns = {
        "given_name": [given[i % 7] for i in range(count)],
        "family_name": [family[(i // 7) % 5] + ("son" if i % 3 else "") for i in range(count)],
        "date_of_birth": [f"19{40 + i % 60}-0{1 + i % 9}-1{i % 9}" for i in range(count)],
    }
    return from_columns(NAMES, [f"crm:{i:05d}" for i in range(count)], columns)


def text_of(found, name: str, at: int) -> str | None:
    code = int(found.columns[name].first(len(found))[at])
    return found.columns[name].values[code].as_py() if code >= 0 else None


def test_of_few_records_every_pair_is_a_candidate():
    """Four records make six pairs: there is nothing to save."""
    found = records(NAMES, "a:1 | Ann | Lee | -\n a:2 | Bob | Poe | -\n b:1 | Cy | Roe | -\n b:2 | Di | Doe | -")
    pairs = candidate_pairs(forms_of(found), population(found), Plan(everything=True), 100)
    assert len(pairs) == 6


def test_no_pair_lies_within_a_source_that_is_free_of_duplicates():
    """Two sources of two: only the four pairs between them."""
    found = records(NAMES, "a:1 | Ann | Lee | -\n a:2 | Ann | Lee | -\n b:1 | Ann | Lee | -\n b:2 | Ann | Lee | -")
    pairs = candidate_pairs(forms_of(found), population(found, unique=True), Plan(everything=True), 100)
    assert len(pairs) == 4
    assert population(found, unique=True).pairs == 4


def test_records_that_share_a_rare_key_meet():
    """With a small budget, a rare surname still brings its two records together."""
    common = people(400)
    columns = {name: [text_of(common, name, at) for at in range(400)] for name in ("given_name", "family_name")}
    columns["given_name"] += ["Xaver", "Xavier"]
    columns["family_name"] += ["Zwetschgenbaum"] * 2
    both = from_columns(NAMES[:2], [f"crm:{i:05d}" for i in range(400)] + ["z:1", "z:2"], columns)
    plan = planned(both, 2_000)
    assert not plan.everything
    assert ("1", "2") in named(both, candidate_pairs(forms_of(both), population(both), plan, 2_000))


def test_a_block_that_is_too_large_is_refined_and_counted():
    """Three hundred people share a surname: the block is split by other keys, and the report says so."""
    found = people(600)
    plan = planned(found, 3_000)
    pairs = candidate_pairs(forms_of(found), population(found), plan, 3_000)
    assert any(key.refined_blocks for key in pairs.keys)
    assert any(" + " in key.name and key.pairs for key in pairs.keys)


def test_far_too_many_pairs_are_refused_before_they_are_made():
    """The error names the key that makes most pairs, and what to do."""
    counts = [KeyCount("family_name: exact", 900_000, 0, 0, 1_300), KeyCount("email: exact", 10, 0, 0, 2)]
    with pytest.raises(PairBudgetExceeded, match=r"family_name: exact.*900,000.*1,300 records.*match.pair_budget"):
        check_budget(counts, 1_000)


def test_a_later_run_blocks_as_the_plan_says():
    """The same plan on the same records makes the same pairs, and on more records keeps all of them."""
    found = people(500)
    plan = planned(found, 4_000)
    first = named(found, candidate_pairs(forms_of(found), population(found), plan, 4_000))
    more = people(520)
    assert first <= named(more, candidate_pairs(forms_of(more), population(more), plan, 4_000))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*(st.sampled_from("abc"),) * 3), min_size=2, max_size=25), st.integers(20, 200))
def test_pairs_come_once_in_order_and_each_has_two_records(rows, budget):
    """Whatever the records: left < right, no pair twice, all sorted."""
    columns = {
        "given_name": [f"Jo{a}nna" for a, _, _ in rows],
        "family_name": [f"Mc{b}all" for _, b, _ in rows],
        "date_of_birth": [f"1980-01-0{'abc'.index(c) + 1}" for _, _, c in rows],
    }
    found = from_columns(NAMES, [f"s:{i:03d}" for i in range(len(rows))], columns)
    plan = planned(found, budget)
    pairs = candidate_pairs(forms_of(found), population(found), plan, 10**6)
    codes = pairs.left.astype(np.int64) * len(found) + pairs.right
    assert (pairs.left < pairs.right).all()
    assert (np.diff(codes) > 0).all()
    if plan.everything:
        assert len(pairs) == len(list(combinations(range(len(found)), 2)))
