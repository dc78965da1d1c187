"""Explain: one pair is explained with exactly the numbers that the batch gave it."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow.compute as pc
import pytest

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError, UnknownRecord
from domain.evidence import ScoredPair
from domain.records import RecordKey
from pipelines.project import load_project
from pipelines.steps.explain import Explanation, explain_pair
from pipelines.steps.lookup import example
from pipelines.steps.session import open_project_warehouse
from warehouse.decisions import append_decisions
from warehouse.pairs import published_pairs
from warehouse.records import record_keys

SAMPLE = 60
CRM, BILLING = RecordKey("crm", "1"), RecordKey("billing", "7")


def some_pairs(warehouse) -> list[dict]:
    """Pairs of the batch from all over the scale, with their record keys."""
    pairs = published_pairs(warehouse)
    order = pc.sort_indices(pairs, sort_keys=[("match_probability", "ascending"), ("left_id", "ascending"), ("right_id", "ascending")])
    chosen = pairs.take(order).take(list(range(0, len(pairs), max(len(pairs) // SAMPLE, 1)))).to_pylist()
    with warehouse.connect() as connection:
        keys = record_keys(connection, sorted({pair[side] for pair in chosen for side in ("left_id", "right_id")}))
    return [{**pair, "left": keys[pair["left_id"]], "right": keys[pair["right_id"]]} for pair in chosen]


def test_the_numbers_are_those_of_the_batch_bit_for_bit(published_warehouse, published_project):
    """Two records alone come to the same probabilities and weight as among all. (One engine, three doors)"""
    for pair in some_pairs(published_warehouse):
        found = explain_pair(published_warehouse, published_project, pair["left"], pair["right"]).pair
        assert found.match_probability == pair["match_probability"]
        assert found.related_probability == pair["related_probability"]
        assert found.match_weight == pair["match_weight"]


def test_the_order_of_the_two_does_not_matter(published_warehouse, published_project):
    """A with B has the numbers of B with A, and their values change sides."""
    for pair in some_pairs(published_warehouse)[::10]:
        one = explain_pair(published_warehouse, published_project, pair["left"], pair["right"]).pair
        other = explain_pair(published_warehouse, published_project, pair["right"], pair["left"]).pair
        assert (one.match_probability, one.match_weight) == (other.match_probability, other.match_weight)
        assert [(e.level, e.left, e.right) for e in one.evidence] == [(e.level, e.right, e.left) for e in other.evidence]


def test_prior_and_weights_add_up(published_warehouse, published_project):
    """What the table shows comes to the weight it tells: same and related against strangers, in bits."""
    import math

    for pair in some_pairs(published_warehouse)[::10]:
        found = explain_pair(published_warehouse, published_project, pair["left"], pair["right"]).pair
        same = found.prior_weight + sum(e.weight for e in found.evidence)
        related = found.related_prior_weight + sum(e.related_weight for e in found.evidence)
        assert found.match_weight == pytest.approx(same - math.log2(1 + 2**related), abs=1e-5)
        assert found.match_probability == pytest.approx(2**same / (1 + 2**same + 2**related), rel=1e-6)


def test_two_records_of_one_customer_are_said_to_be(published_warehouse, published_project):
    """The outcome names the golden customer they are published in."""
    golden_id, keys = example(published_warehouse)
    found = explain_pair(published_warehouse, published_project, keys[0], keys[-1])
    assert found.together
    assert found.outcome.startswith(f"Both belong to {golden_id}")


def test_records_that_are_not_live_cannot_be_explained(published_warehouse, published_project):
    """A key that is not there, a source that is not there, one record twice."""
    _, keys = example(published_warehouse)
    with pytest.raises(UnknownRecord, match="billing:nobody"):
        explain_pair(published_warehouse, published_project, keys[0], RecordKey("billing", "nobody"))
    with pytest.raises(UnknownRecord, match="did you mean 'billing'"):
        explain_pair(published_warehouse, published_project, keys[0], RecordKey("biling", "1"))
    with pytest.raises(OnefoldError, match="named twice"):
        explain_pair(published_warehouse, published_project, keys[0], keys[0])


def test_before_anything_was_matched_there_is_nothing_to_explain(unrun_copy):
    """There is no model yet."""
    project = load_project(unrun_copy)
    with open_project_warehouse(project) as warehouse, pytest.raises(OnefoldError, match="run `onefold run` first"):
        explain_pair(warehouse, project, CRM, BILLING)


def test_a_stewards_decision_is_told(published_copy):
    """Whoever decided, when and why stands beside the score. (Invariant 3)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        _, keys = example(warehouse)
        decided = Decision(keys[-1], keys[0], Verdict.DIFFERENT, "ruth", datetime(2026, 3, 1, tzinfo=UTC), "they are brothers", "g1")
        with warehouse.begin() as connection:
            append_decisions(connection, [decided])
        assert explain_pair(warehouse, project, keys[0], keys[-1]).decision.reason == "they are brothers"
        assert explain_pair(warehouse, project, keys[0], keys[1]).decision is None


def explained(probability: float, left: str | None, right: str | None, decision: Decision | None = None) -> str:
    """What is said of a pair with this probability that is published in these customers."""
    pair = ScoredPair(CRM, BILLING, (), -10.0, -12.0, probability, 0.0, 0.0)
    return Explanation(pair, "", (left, right), decision, 0.5).outcome


def test_what_became_of_a_pair_is_said_where_its_score_says_otherwise():
    """Linkage looks at all records of a customer, a pair at two."""
    assert explained(0.9, "C-1", "C-1") == "Both belong to C-1."
    assert explained(0.1, "C-1", "C-1") == "Both belong to C-1, held together by other records of the same customer."
    assert explained(0.1, "C-1", "C-2") == "They belong to two golden customers, C-1 and C-2."
    assert explained(0.9, "C-1", "C-2").endswith(", for the other records of the two speak against it.")
    assert explained(0.9, "C-1", None) == "billing:7 arrived after the last publication and is in no golden record yet."
