"""Ask: the questions of training, put to a person; every answer is a signed decision. (Invariant 3)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision
from domain.evidence import ScoredPair
from domain.records import RecordKey
from matching.assemble import assemble
from matching.explain import explain
from matching.forms import forms_of
from matching.teach import Questions, alternate, cluster_questions, pattern_questions, share_of_patterns
from pipelines.project import Project
from pipelines.steps.population import ASKED_FOR_CLUSTERS, ASKED_FOR_PATTERN
from pipelines.steps.train import Trained
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions, append_decisions, undo_decisions
from warehouse.records import standard_values

BATCH = 50
"""Questions that are chosen together; what was answered decides which come next."""


@dataclass(frozen=True, slots=True)
class Question:
    """Two records to be told apart or held to be one."""

    pair: ScoredPair
    reason: str
    """The reason that the decision will give."""


def questions(warehouse: Warehouse, project: Project, trained: Trained, wanted: int) -> list[Question]:
    """The next questions, at most `wanted`, in the order to ask them; fewer where there is nothing more to learn."""
    chosen = chosen_pairs(project, trained, wanted)
    records = trained.fitted.live.records
    numbers = [(int(records.ids[a]), int(records.ids[b])) for a, b in zip(chosen.left, chosen.right, strict=True)]
    with warehouse.connect() as connection:
        table = standard_values(connection, project.attributes, sorted({number for pair in numbers for number in pair}))
    shown = assemble(table, project.attributes)
    forms, place = forms_of(shown), {int(number): at for at, number in enumerate(shown.ids)}
    return [
        Question(explain(shown, forms, trained.model, place[left], place[right]), ASKED_FOR_PATTERN if for_pattern else ASKED_FOR_CLUSTERS)
        for (left, right), for_pattern in zip(numbers, chosen.for_pattern.tolist(), strict=True)
        if left in place and right in place
    ]


def chosen_pairs(project: Project, trained: Trained, wanted: int) -> Questions:
    """Which pairs to ask about: some for their patterns, the others to settle clusters."""
    live, scored, known = trained.fitted.live, trained.scored, trained.said
    for_clusters = wanted - round(wanted * share_of_patterns(trained.refined))
    clusters = cluster_questions(
        live.forms, live.population, trained.model, scored, project.match, known.constraints, known.answered, live.tickets, for_clusters
    )
    patterns = pattern_questions(scored, trained.fitted.patterns.index, live.tickets, known.answered, wanted - len(clusters))
    return alternate(patterns, clusters)


def answer(warehouse: Warehouse, question: Question, verdict: Verdict, steward: str) -> Decision:
    """Keep an answer as a decision. Raises ContradictingDecision where earlier decisions have settled the two otherwise."""
    left, right = sorted((question.pair.left, question.pair.right), key=lambda key: (key.source, key.key))
    decision = Decision(left, right, verdict, steward, datetime.now(UTC), question.reason, uuid4().hex)
    with warehouse.begin() as connection:
        refuse_contradiction(active_decisions(connection), decision)
        kept = append_decisions(connection, [decision])[0]
        record_act(connection, kept.decided_at, steward, "decide", f"decision {kept.id}", told(kept))
    return kept


def take_back(warehouse: Warehouse, decision: Decision) -> None:
    """Undo an answer; it stays readable, as undone."""
    with warehouse.begin() as connection:
        at, reason = datetime.now(UTC), "taken back while training"
        undo_decisions(connection, decision.group, decision.steward, at, reason)
        record_act(connection, at, decision.steward, "undo", f"decision {decision.id}", {"reason": reason})


def told(decision: Decision) -> dict[str, str]:
    """A decision as the audit log keeps it."""
    return {"left": str(decision.left), "right": str(decision.right), "verdict": str(decision.verdict), "reason": decision.reason}


def refuse_contradiction(standing: Sequence[Decision], new: Decision) -> None:
    """Raise ContradictingDecision if what stands says the opposite of a new decision, directly or through others. (Invariant 3)"""
    if new.verdict is Verdict.UNSURE:
        return
    part = Parts()
    for one in standing:
        if one.verdict is Verdict.SAME:
            part.join(one.left, one.right)
    ends = {part.of(new.left), part.of(new.right)}
    if new.verdict is Verdict.DIFFERENT and len(ends) == 1:
        raise ContradictingDecision(f"{new.left} and {new.right} were decided to be the same customer, directly or through other records.")
    for one in standing:
        if new.verdict is Verdict.SAME and one.verdict is Verdict.DIFFERENT and {part.of(one.left), part.of(one.right)} == ends:
            raise ContradictingDecision(
                f"{one.left} and {one.right} were separated by {one.steward} on {one.decided_at:%d %B %Y}, "
                f"so {new.left} and {new.right} cannot be the same customer. Undo decision {one.id} first to join them."
            )


class Parts:
    """Records that decisions hold together, as a forest of record keys."""

    def __init__(self) -> None:
        self.parent: dict[RecordKey, RecordKey] = {}

    def of(self, key: RecordKey) -> RecordKey:
        """The record that stands for a key's part."""
        while (above := self.parent.get(key, key)) != key:
            key = above
        return key

    def join(self, left: RecordKey, right: RecordKey) -> None:
        """Hold two parts together."""
        self.parent[self.of(left)] = self.of(right)
