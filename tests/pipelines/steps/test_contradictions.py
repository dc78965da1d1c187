"""An act that contradicts earlier decisions is refused, naming them; and they hold through records that are gone. (Invariant 3)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision
from domain.records import RecordKey
from pipelines.steps.contradictions import refuse_contradictions, through_the_gone

SAME, DIFFERENT, UNSURE = Verdict


def decided(left: str, verdict: Verdict, right: str, number: int | None = 1) -> Decision:
    sides = RecordKey.parse(left), RecordKey.parse(right)
    return Decision(*sides, verdict, "ruth", datetime(2026, 11, 22, tzinfo=UTC), "she asked them", f"act {number}", number)


STANDING = [
    decided("a:1", SAME, "b:1", 1),
    decided("b:1", SAME, "c:1", 2),
    decided("c:1", DIFFERENT, "d:1", 3),
    decided("d:1", SAME, "e:1", 4),
]


@pytest.mark.parametrize(
    ("new", "named"),
    [
        (
            decided("a:1", DIFFERENT, "c:1", None),
            "b:1 and c:1 were held to be one customer .* Undo one of these acts first, to separate them",
        ),
        (decided("a:1", SAME, "e:1", None), "Undo act act 3 first, to join them"),
        (decided("e:1", SAME, "b:1", None), "separated by ruth on 22 November 2026 .act act 3."),
    ],
)
def test_what_decisions_say_through_others_is_not_contradicted(new: Decision, named: str):
    """a, b, c are one; d and e are one; c and d are two."""
    with pytest.raises(ContradictingDecision, match=named):
        refuse_contradictions(STANDING, [new])


@pytest.mark.parametrize(
    "new",
    [decided("a:1", SAME, "c:1"), decided("a:1", DIFFERENT, "e:1"), decided("a:1", UNSURE, "e:1"), decided("a:1", SAME, "f:1")],
)
def test_what_agrees_or_is_new_is_taken(new: Decision):
    """Also unsure, which binds nobody."""
    refuse_contradictions(STANDING, [new])


def said(live: str) -> set[str]:
    """What the decisions that stand say of live records through those that are gone."""
    keys = {RecordKey.parse(name) for name in live.split()}
    return {f"{one.left} {one.verdict} {one.right}" for one in through_the_gone(STANDING, keys)}


def test_decisions_hold_through_records_that_are_gone():
    """a = b = c ≠ d = e: without b, a and c are still one; without c, b and d are still two; alone, nobody is held."""
    assert said("a:1 b:1 c:1 d:1 e:1") == set()
    assert said("a:1 c:1 d:1 e:1") == {"a:1 same c:1"}
    assert said("a:1 b:1 e:1") == {"a:1 different e:1", "a:1 same b:1"}
    assert said("a:1 d:1") == {"a:1 different d:1"}
    assert said("a:1 b:1 c:1") == set()
    assert said("b:1") == said("") == set()


def test_an_act_as_a_whole_is_held_against_what_stands():
    """Two pairs that are harmless each by itself join two who were separated."""
    joined = [decided("c:1", SAME, "x:1", None), decided("x:1", SAME, "e:1", None)]
    for one in joined:
        refuse_contradictions(STANDING, [one])
    with pytest.raises(ContradictingDecision, match="c:1 and d:1 were separated"):
        refuse_contradictions(STANDING, joined)
