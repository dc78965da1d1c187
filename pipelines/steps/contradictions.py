"""Contradictions: what a new act would say against earlier decisions, directly or through other records. Pure rules. (Invariant 3)"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision
from domain.records import RecordKey

MOST_NAMED = 3
"""Acts that an error names; the others are counted."""


class Parts:
    """Records that decisions hold together, as a forest of record keys."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self.parent: dict[RecordKey, RecordKey] = {}
        for one in decisions:
            if one.verdict is Verdict.SAME:
                self.join(one.left, one.right)

    def of(self, key: RecordKey) -> RecordKey:
        """The record that stands for a key's part."""
        while (above := self.parent.get(key, key)) != key:
            self.parent[key] = self.parent.get(above, above)  # halves the way for the next who asks
            key = above
        return key

    def join(self, left: RecordKey, right: RecordKey) -> None:
        """Hold two parts together."""
        self.parent[self.of(left)] = self.of(right)


def refuse_contradictions(standing: Sequence[Decision], new: Sequence[Decision]) -> None:
    """Raise ContradictingDecision, naming them, where earlier decisions that stand say the opposite of what one act decides."""
    if against := separating(standing, new):
        raise ContradictingDecision(told(against, "separated", "all of these acts first, to join them"))
    if against := joining(standing, new):
        raise ContradictingDecision(told(against, "held to be one customer", "one of these acts first, to separate them"))


def separating(standing: Sequence[Decision], new: Sequence[Decision]) -> list[Decision]:
    """The standing decisions *different* about records that the new ones would join."""
    if all(one.verdict is not Verdict.SAME for one in new):
        return []
    part = Parts([*standing, *new])
    return [one for one in standing if one.verdict is Verdict.DIFFERENT and part.of(one.left) == part.of(one.right)]


def joining(standing: Sequence[Decision], new: Sequence[Decision]) -> list[Decision]:
    """The standing decisions *same* that together join records which the new ones would separate."""
    apart = [one for one in new if one.verdict is Verdict.DIFFERENT]
    part = Parts([*standing, *new]) if apart else Parts()
    wrong = [one for one in apart if part.of(one.left) == part.of(one.right)]
    found: dict[int | None, Decision] = {}
    for one in wrong[:MOST_NAMED]:
        found |= {link.id: link for link in way([*standing, *new], one.left, one.right) if link.id is not None}
    return list(found.values())


def way(decisions: Iterable[Decision], left: RecordKey, right: RecordKey) -> list[Decision]:
    """The shortest way from one record to another over decisions *same*; nothing where there is none."""
    near: dict[RecordKey, list[tuple[RecordKey, Decision]]] = {}
    for one in decisions:
        if one.verdict is Verdict.SAME:
            near.setdefault(one.left, []).append((one.right, one))
            near.setdefault(one.right, []).append((one.left, one))
    reached: dict[RecordKey, tuple[RecordKey, Decision] | None] = {left: None}
    waiting = deque([left])
    while waiting and right not in reached:
        for other, one in near.get(key := waiting.popleft(), []):
            if other not in reached:
                reached[other] = (key, one)
                waiting.append(other)
    links: list[Decision] = []
    while step := reached.get(right):
        right = step[0]
        links.append(step[1])
    return links[::-1]


def through_the_gone(decisions: Sequence[Decision], live: Container[RecordKey]) -> list[Decision]:
    """What decisions say of live records through records that are gone: who was the same as one that is gone is still the same.

    A merge and a split name each of their records but once or twice, so it must not matter which of them is deleted first.
    """
    gone = {key for one in decisions for key in (one.left, one.right) if key not in live}
    if not gone:
        return []
    part, alive = Parts(decisions), dict[RecordKey, list[RecordKey]]()
    for key in sorted({key for one in decisions for key in (one.left, one.right)} - gone):
        alive.setdefault(part.of(key), []).append(key)
    followed: dict[tuple[RecordKey, RecordKey], Decision] = {}
    for one in decisions:
        left, right = alive.get(part.of(one.left), []), alive.get(part.of(one.right), [])
        if not gone.isdisjoint((one.left, one.right)):
            if one.verdict is Verdict.DIFFERENT and left and right:
                followed[left[0], right[0]] = replace(one, left=left[0], right=right[0])
            elif one.verdict is Verdict.SAME:
                followed |= {(a, b): replace(one, left=a, right=b) for a, b in pairwise(left)}
    return list(followed.values())


def told(against: Sequence[Decision], what: str, advice: str) -> str:
    """The sentence that names the acts in the way: who, when, and by which id each can be undone."""
    acts = list({one.group: one for one in against}.values())
    named = [f"{one.left} and {one.right} were {what} by {signature(one)}" for one in acts[:MOST_NAMED]]
    more = [f"and {len(acts) - MOST_NAMED:,} more acts"] if len(acts) > MOST_NAMED else []
    undo = f"act {acts[0].group} first, to {advice.partition(', to ')[2]}" if len(acts) == 1 else advice
    return f"{'; '.join([*named, *more])}. Undo {undo}."


def signature(one: Decision) -> str:
    """Who decided, when, and the id of the act."""
    return f"{one.steward} on {one.decided_at:%d %B %Y} (act {one.group})"
