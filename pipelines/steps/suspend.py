"""Suspend: a decision about a record that has turned into somebody else does not bind it, and becomes a task. (Invariant 3)

See docs/decisions/0028-stewards-acts.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from domain.decisions import Decision
from domain.records import RecordKey
from matching.assemble import assemble
from matching.model import Model
from matching.standardise import standardise
from matching.turned import turned
from pipelines.project import Project
from pipelines.steps.contradictions import joining, separating
from pipelines.steps.session import Session
from warehouse.decisions import active_decisions, decisions_as_made
from warehouse.suspensions import OtherVersion, other_versions, resume, suspend, suspended
from warehouse.tasks import Question, sync_tasks

KIND = "suspended_decision"
WORTH = 5.0
"""What an answer is worth: more than any possible match, less than a gate that is closed."""


def suspend_decisions(session: Session, model: Model) -> int:
    """Find anew which decisions are suspended, and ask for those; returns how many wait.

    One whose record is again who it was binds again, unless what was decided meanwhile speaks against it.
    """
    sides = sides_turned(session, model, other_versions(session.warehouse))
    with session.warehouse.begin() as connection:
        made, before = decisions_as_made(connection), suspended(connection)
        back = [one for one in made if one.id in before.keys() - sides.keys()]
        suspend(connection, session.run, {number: which for number, which in sides.items() if before.get(number) != which})
        resume(connection, [one.id or 0 for one in agreeing(active_decisions(connection), back)])
        open_ = unanswered(made, sides)
        sync_tasks(connection, session.run, KIND, [question(one, sides[one.id or 0]) for one in open_])
    return len(open_)


def sides_turned(session: Session, model: Model, changed: Sequence[OtherVersion]) -> dict[int, str]:
    """By decision, which of its records have turned into somebody else since."""
    versions = {(one.key, one.content): one for one in changed}
    other = dict(zip(versions, others(session.project, model, list(versions.values())), strict=True))
    sides: dict[int, str] = {}
    for one in changed:
        if other[one.key, one.content]:
            sides[one.decision] = "both" if one.decision in sides else one.side
    return sides


def others(project: Project, model: Model, versions: Sequence[OtherVersion]) -> list[bool]:
    """Whether each version that a steward saw and the live one are different people, read by the present map."""
    count = len(versions)
    if not count:
        return []
    values = standard(project, [(one.key, one.seen) for one in versions] + [(one.key, one.live) for one in versions])
    # Named in the order in which they stand, so that a record's position is its line.
    named = {"record_id": np.arange(2 * count), "source": ["-"] * (2 * count), "key": [f"{at:012}" for at in range(2 * count)]}
    table = pa.table({**named, "modified": pa.nulls(2 * count, pa.int64()), **values})
    place = np.arange(count, dtype=np.int32)
    found: list[bool] = turned(assemble(table, project.attributes), model, place, place + np.int32(count), project.match.ask[0]).tolist()
    return found


def standard(project: Project, rows: Sequence[tuple[RecordKey, Mapping[str, str]]]) -> dict[str, pa.ChunkedArray]:
    """Raw rows of the project's sources as standard values, by attribute, in their order."""
    made: list[pa.Table] = []
    places: list[int] = []
    for source in project.sources:
        own = [at for at, (key, _) in enumerate(rows) if key.source == source.name]
        if own:
            raw = pa.table({name: pa.array([rows[at][1].get(name) for at in own], pa.string()) for name in source.columns})
            made.append(pa.table(standardise(raw, source, project.attributes).values))
            places += own
    table = pa.concat_tables(made).take(np.argsort(places))
    return {name: table.column(name) for name in table.column_names}


def agreeing(standing: Sequence[Decision], back: Sequence[Decision]) -> list[Decision]:
    """Of decisions that could bind again, those that contradict nothing, the latest first."""
    bound = [one for one in standing if one.id not in {other.id for other in back}]
    kept: list[Decision] = []
    for one in reversed(back):
        if not separating([*bound, *kept], [one]) and not joining([*bound, *kept], [one]):
            kept.append(one)
    return kept


def unanswered(made: Sequence[Decision], sides: Mapping[int, str]) -> list[Decision]:
    """The suspended decisions of which the pair has not been decided again since."""
    latest = {frozenset((one.left, one.right)): one.id for one in made}
    return [one for one in made if one.id in sides and latest[frozenset((one.left, one.right))] == one.id]


def question(one: Decision, side: str) -> Question:
    """The task: is what was decided still so?"""
    changed = {"left": [one.left], "right": [one.right], "both": [one.left, one.right]}[side]
    told = {"left": str(one.left), "right": str(one.right), "verdict": str(one.verdict), "decision": one.id, "act": one.group}
    return Question(f"{one.left} · {one.right}", {**told, "steward": one.steward, "turned": [str(key) for key in changed]}, WORTH)
