"""An answer that contradicts earlier decisions is refused, naming them. (Invariant 3)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision
from domain.records import RecordKey
from pipelines.steps.contradictions import refuse_contradictions

SAME, DIFFERENT, UNSURE = Verdict


def decided(left: str, verdict: Verdict, right: str, number: int = 1) -> Decision:
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
        (decided("a:1", DIFFERENT, "c:1"), "a:1 and c:1"),
        (decided("a:1", SAME, "e:1"), "Undo act act 3 first"),
        (decided("e:1", SAME, "b:1"), "ruth on 22 November 2026"),
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
