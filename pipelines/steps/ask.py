"""Ask: the questions of training, put to a person; every answer is a signed decision. (Invariant 3)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from domain.decisions import Decision, Verdict
from domain.evidence import ScoredPair
from matching.assemble import assemble
from matching.explain import explain
from matching.forms import forms_of
from matching.teach import Questions, alternate, cluster_questions, pattern_questions, share_of_patterns
from pipelines.project import Project
from pipelines.steps.contradictions import refuse_contradictions
from pipelines.steps.population import ASKED_FOR_CLUSTERS, ASKED_FOR_PATTERN
from pipelines.steps.train import Trained
from warehouse.acts import lock_acts, moment
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions, append_decisions, live_contents, undo_decisions
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
        lock_acts(connection)
        refuse_contradictions(active_decisions(connection), [decision])
        told = {"act": decision.group, "reason": decision.reason, "records": [str(left), str(right)], "verdict": str(verdict)}
        record_act(connection, decision.decided_at, steward, "decide", f"act {decision.group}", told)
        return append_decisions(connection, [decision], live_contents(connection, [left, right]))[0]


def take_back(warehouse: Warehouse, decision: Decision) -> None:
    """Undo an answer; it stays readable, as undone."""
    with warehouse.begin() as connection:
        at, reason = moment(connection, datetime.now(UTC)), "taken back while training"
        undo_decisions(connection, decision.group, decision.steward, at, reason)
        told = {"act": decision.group, "reason": reason}
        record_act(connection, at, decision.steward, "undo", f"act {decision.group}", told)
