"""Explain: one pair is explained with exactly the numbers that the batch gave it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations, pairwise

import numpy as np
import pyarrow.compute as pc
import pytest

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError, UnknownRecord
from domain.evidence import ScoredPair
from domain.records import RecordKey
from matching.assemble import assemble
from matching.chance import Population
from matching.compare import level_matrix
from matching.explain import explain
from matching.forms import forms_of
from matching.score import MICRO, sums
from matching.train import train
from pipelines.project import load_project
from pipelines.steps.explain import Explanation, explain_pair, model_in_use
from pipelines.steps.explain_customers import linkage_between
from pipelines.steps.lookup import example
from pipelines.steps.session import open_project_warehouse
from tests.matching.picture import attribute, records
from warehouse.decisions import append_decisions
from warehouse.ledger import published_crosswalk
from warehouse.pairs import published_pairs
from warehouse.records import live_records, record_keys

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
        same += found.rivalry.weight if found.rivalry else 0.0
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


# --- all pairs of a demo -------------------------------------------------------------------------------------------


def numbers(records, model, left, right) -> np.ndarray:
    """Summed weights and match weight of pairs of some records, as the batch works them out: a row for each pair."""
    forms = forms_of(records)
    levels = level_matrix(model.comparisons, forms, model.classes(forms), left, right)
    same, related = sums(levels, model.scoring.weights)
    return np.stack([same, related, model.scoring.weight(same, related)], axis=1)


def test_every_pair_of_the_demo_has_the_same_numbers_among_few_records_and_the_other_way_round(published_warehouse, published_project):
    """All 180,000 pairs among all records, and again among 150 at a time, and with the two changed: equal to the last bit. (Invariant 6)"""
    attributes = published_project.attributes
    with published_warehouse.connect() as connection:
        model = model_in_use(connection, published_project)
    table = live_records(published_warehouse, attributes)
    whole = assemble(table, attributes)
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(whole), 1))
    batch = numbers(whole, model, left, right)
    at = np.full((len(whole), len(whole)), -1)
    at[left, right] = at[right, left] = np.arange(len(left))
    row_of = {number: row for row, number in enumerate(table.column("record_id").to_pylist())}
    groups = np.array_split(np.arange(len(whole)), len(whole) // 75)
    met = np.zeros(len(left), bool)
    for number, one in enumerate(groups):
        for other in groups[number:]:
            places = np.unique(np.concatenate((one, other)))
            few = assemble(table.take([row_of[int(whole.ids[place])] for place in places]), attributes)
            a, b = (side.astype(np.int32) for side in np.triu_indices(len(few), 1))
            position = {int(record): place for place, record in enumerate(whole.ids)}
            where = np.array([position[int(record)] for record in few.ids])
            pair = at[where[a], where[b]]
            assert (numbers(few, model, a, b) == batch[pair]).all()
            assert (numbers(few, model, b, a) == batch[pair]).all()
            met[pair] = True
    assert met.all()


# --- keys, chains, linkage -----------------------------------------------------------------------------------------


def test_a_small_batch_compares_every_pair(published_warehouse, published_project):
    """Few records need no blocking."""
    _, keys = example(published_warehouse)
    found = explain_pair(published_warehouse, published_project, keys[0], keys[-1])
    assert (found.meeting.keys, found.meeting.met) == (("every pair",), True)


def unlike_members(warehouse, project) -> tuple[Explanation, list[RecordKey]]:
    """Two records of one golden customer that would not be joined by themselves, and all its records."""
    for keys in sorted(golden_customers(warehouse), key=len, reverse=True):
        for left, right in combinations(keys, 2):
            found = explain_pair(warehouse, project, left, right)
            if not found.is_likely:
                return found, keys
    raise AssertionError("all members of all golden customers are alike")


def test_a_chain_leads_from_one_to_the_other_over_members_by_links_that_hold(published_warehouse, published_project):
    """Each link begins where the last one ended, is between members, and is what explaining its two records says."""
    found, keys = unlike_members(published_warehouse, published_project)
    chain = found.held_by.chain
    assert (chain[0].left, chain[-1].right) == (found.pair.left, found.pair.right)
    assert all(one.right == other.left for one, other in pairwise(chain))
    assert {end for link in chain for end in (link.left, link.right)} <= set(keys)
    assert min(link.match_weight for link in chain) >= found.pair.match_weight
    for link in chain:
        assert explain_pair(published_warehouse, published_project, link.left, link.right).pair.match_weight == link.match_weight


def test_what_keeps_two_likely_records_apart_is_told(published_warehouse, published_project):
    """The linkage over all their records is below the threshold, and the comparisons that speak against it are named."""
    for pair in some_pairs(published_warehouse):
        found = explain_pair(published_warehouse, published_project, pair["left"], pair["right"])
        if found.between and found.is_likely:
            assert found.between.match_probability <= found.join
            assert found.outcome.endswith(", for the other records of the two speak against it.")
            assert "the probability that they are the same is" in found.between.against
            break
    else:
        raise AssertionError("every likely pair is together")


def test_single_records_are_linked_as_the_pair_they_are():
    """The linkage of two customers of one record each is the pair's own evidence."""
    chosen = [attribute("given_name"), attribute("family_name")]
    few = records(chosen, "crm:1 | Ann | Lee\ncrm:2 | Anna | Lea\ncrm:3 | Bob | Ray")
    model, _, _ = train(forms_of(few), Population(few.source, np.array([False])))
    pair = explain(few, forms_of(few), model, 0, 1)
    linkage = linkage_between(few, model, frozenset(), [0], [1])
    assert linkage.weight(model.scoring)[0] / MICRO == pair.match_weight
    assert float(linkage.probabilities(model.scoring)[0][0]) == pair.match_probability


def test_decisions_and_unique_sources_that_keep_customers_apart_are_named(published_copy):
    """A decision about other records of the two customers, and a source that holds nobody twice, outrank the evidence. (Invariant 3)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        _, keys = example(warehouse)
        others = next(found for found in golden_customers(warehouse) if keys[0] not in found and len(found) > 1)
        decided = Decision(keys[-1], others[-1], Verdict.DIFFERENT, "ruth", datetime(2026, 3, 1, tzinfo=UTC), "they are brothers.", "g1")
        with warehouse.begin() as connection:
            append_decisions(connection, [decided])
        found = explain_pair(warehouse, project, keys[0], others[0])
    assert found.barred
    assert found.decision is None
    told = f"ruth decided on 01 March 2026 that {keys[-1]} and {others[-1]} are different: they are brothers."
    assert told in found.between.against
    unique = replace(project, sources=tuple(replace(source, unique=True) for source in project.sources))
    shared = {key.source for key in keys} & {key.source for key in others}
    with open_project_warehouse(unique) as warehouse:
        assert explain_pair(warehouse, unique, keys[0], others[0]).between.unique == tuple(sorted(shared))


def golden_customers(warehouse) -> list[list[RecordKey]]:
    """The records of each golden customer."""
    held: dict[str, list[RecordKey]] = {}
    for row in published_crosswalk(warehouse).to_pylist():
        held.setdefault(row["golden_id"], []).append(RecordKey(row["source"], row["record_key"]))
    return [sorted(keys) for _, keys in sorted(held.items())]


def test_a_stewards_decision_is_the_strongest_link(published_copy):
    """Two unlike members whom a steward has joined hang together by that, and not by way of others. (Invariant 3)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        found, _ = unlike_members(warehouse, project)
        left, right = found.pair.left, found.pair.right
        decided = Decision(right, left, Verdict.SAME, "ruth", datetime(2026, 3, 1, tzinfo=UTC), "she married", "g1")
        with warehouse.begin() as connection:
            append_decisions(connection, [decided])
        (link,) = explain_pair(warehouse, project, left, right).held_by.chain
    assert (link.left, link.right, link.decision.steward) == (left, right, "ruth")
    assert link.match_weight == found.pair.match_weight
