"""Golden ids over time, as they are kept."""

from __future__ import annotations

import pyarrow as pa
import pytest

from domain.errors import UnknownGoldenId, WarehouseError
from warehouse.ledger import ledger, stage_crosswalk
from warehouse.relationships import relatives, stage_relationships
from warehouse.resolution import resolve

CRM = "a - - -\nb - - -\nc - - -\nd - - -"


def run(story, golden: str):
    return story.whole_run({"crm": CRM}, golden)


def answer(story, golden_id: str, run: int | None = None) -> tuple:
    with story.warehouse.connect() as connection:
        found = resolve(connection, golden_id, run)
    return found.state, found.golden_number, found.successors


def test_an_id_that_was_never_given_is_unknown(story):
    """An id that nobody has or had is an error, also when a run has only staged it. (Invariant 2)"""
    run(story, "1 crm:a crm:b crm:c crm:d")
    staged = story.begin("crm")
    story.merge(staged, "1 crm:a crm:b\n2 crm:c crm:d")
    for golden_id in ("G2", "G9", "'; DROP TABLE run; --"):
        with pytest.raises(UnknownGoldenId, match="no golden customer has or had the id"):
            answer(story, golden_id)


def test_a_redirect_leads_to_the_living_in_one_hop(story):
    """Merged twice, an old id answers as whoever lives now, and as of then as who lived then. (Invariants 2, 10)"""
    run(story, "1 crm:a\n2 crm:b\n3 crm:c crm:d")
    second = run(story, "1 crm:a\n2 crm:b crm:c crm:d")
    assert answer(story, "G3") == ("redirected", 2, ("G2",))
    run(story, "1 crm:a crm:b crm:c crm:d")
    assert answer(story, "G3") == ("redirected", 1, ("G1",))
    assert answer(story, "G2") == ("redirected", 1, ("G1",))
    assert answer(story, "G3", second.number) == ("redirected", 2, ("G2",))


def test_a_split_id_answers_with_all_successors(story):
    """The keeper first; a successor that was merged or split since answers as what it is now. (Invariant 2)"""
    run(story, "1 crm:a crm:b crm:c crm:d")
    run(story, "1 crm:a\n2 crm:b crm:c\n3 crm:d")
    assert answer(story, "G1") == ("live", 1, ("G1", "G2", "G3"))
    run(story, "1 crm:a crm:d\n2 crm:b\n4 crm:c")
    assert answer(story, "G1") == ("live", 1, ("G1", "G2", "G4"))
    assert answer(story, "G3") == ("redirected", 1, ("G1",))
    assert answer(story, "G4") == ("live", 4, ("G4",))


def test_a_retired_id_answers_that_it_is_gone(story):
    """Nobody is left: no number, no successor."""
    run(story, "1 crm:a\n2 crm:b crm:c crm:d")
    story.whole_run({"crm": "b - - -"}, "2 crm:b")
    assert answer(story, "G1") == ("retired", None, ())


def test_the_ledger_remembers_who_an_id_held_at_its_end(story):
    """What a redirected or retired id held last, whatever left it before; live ids are not among them."""
    run(story, "1 crm:a crm:b crm:c\n2 crm:d")
    run(story, "1 crm:a crm:b\n2 crm:c crm:d")
    run(story, "2 crm:a crm:b crm:c crm:d")
    found = ledger(story.warehouse)
    retired = sorted(tuple(row.values()) for row in found.retired.to_pylist())
    assert retired == [(1, 1), (2, 1)]
    assert sorted(set(found.crosswalk.column("golden_number").to_pylist())) == [2]
    assert found.next_number == 3


def test_a_number_is_given_once(story):
    """The next number is beyond all that were ever published, also of ids that are gone. (Invariant 2)"""
    assert ledger(story.warehouse).next_number == 1
    run(story, "1 crm:a\n7 crm:b crm:c crm:d")
    run(story, "1 crm:a crm:b crm:c crm:d")
    assert ledger(story.warehouse).next_number == 8


def test_a_membership_of_nobody_is_refused(story):
    """A golden number that was never minted cannot hold a record."""
    begun = story.begin("crm")
    story.pull(begun, "crm", CRM)
    with pytest.raises(WarehouseError, match=r"(foreign key|FOREIGN KEY) constraint"):
        stage_crosswalk(story.warehouse, begun, pa.table({"record_id": [1], "golden_number": [99]}))


def test_relationships_are_kept_like_all_else(story):
    """A household is staged, published, seen from both sides, ended, and readable as of then. (Invariant 10)"""
    first = story.begin("crm")
    story.pull(first, "crm", CRM)
    story.merge(first, "1 crm:a\n2 crm:b\n3 crm:c crm:d")
    homes = {"left_number": [1, 1], "right_number": [2, 3], "kind": ["household"] * 2, "probability": [0.7, 0.9], "shared": ["phone", ""]}
    assert stage_relationships(story.warehouse, first, pa.table(homes)).new == 2
    story.publish(first)
    second = story.begin("crm")
    changes = stage_relationships(story.warehouse, second, pa.table(homes).slice(0, 1))
    assert (changes.removed, changes.unchanged) == (1, 1)
    story.publish(second)
    with story.warehouse.connect() as connection:
        assert [(r.golden_id, r.kind, r.probability, r.shared) for r in relatives(connection, 1)] == [("G2", "household", 0.7, ("phone",))]
        assert [r.golden_id for r in relatives(connection, 2)] == ["G1"]
        assert [r.golden_id for r in relatives(connection, 1, first.number)] == ["G3", "G2"]
