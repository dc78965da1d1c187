"""Adopt decisions: what people have decided before this project is brought in, under their names. (Invariant 3)"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision, OnefoldError
from domain.records import RecordKey
from pipelines.project import Project
from pipelines.steps.adopt import DECISION_COLUMNS, MOST_TOLD, check_sources, listed, refuse_rows, rows_of
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions, append_decisions


@dataclass(frozen=True, slots=True)
class AdoptedDecisions:
    """What came of bringing in decisions."""

    adopted: int
    known: int
    """Decisions that stand already."""


def adopt_decisions(warehouse: Warehouse, project: Project, path: Path, by: str, reason: str) -> AdoptedDecisions:
    """Bring in decisions of before, each under the name and the date of who took it; all of them or none. (Invariant 3)

    Raises OnefoldError where the file cannot be used, ContradictingDecision where decisions contradict each other or what stands.
    """
    found = decisions_of(project, path, rows_of(path, DECISION_COLUMNS))
    with warehouse.begin() as connection:
        standing = active_decisions(connection)
        known = {said(one) for one in standing}
        fresh = [(name, one) for name, one in found if said(one) not in known]
        refuse_contradictions(path, [*((f"decision {one.id}", one) for one in standing), *fresh])
        append_decisions(connection, [one for _, one in fresh])
        payload = {"file": path.name, "decisions": len(fresh), "reason": reason}
        record_act(connection, datetime.now(UTC), by, "adopt", "decisions", payload)
    return AdoptedDecisions(len(fresh), len(found) - len(fresh))


def said(one: Decision) -> tuple[frozenset[RecordKey], Verdict, str, datetime]:
    """What makes two decisions the same one."""
    return frozenset((one.left, one.right)), one.verdict, one.steward, one.decided_at


def decisions_of(project: Project, path: Path, rows: pa.Table) -> list[tuple[str, Decision]]:
    """The decisions of a file, each with the name of its row."""
    found, wrong = [], dict[str, list[int]]()
    for at, row in enumerate(rows.to_pylist(), 1):
        try:
            found.append((f"row {at}", decision_of(row)))
        except ValueError as error:
            wrong.setdefault(str(error), []).append(at)
    for why, places in sorted(wrong.items(), key=lambda item: item[1]):
        refuse_rows(path, np.isin(np.arange(len(rows)) + 1, places), why)
    check_sources(project, path, pa.chunked_array([[key.source for _, one in found for key in (one.left, one.right)]], pa.string()))
    return list({said(one): (name, one) for name, one in reversed(found)}.values())[::-1]


def decision_of(row: dict[str, str]) -> Decision:
    """The decision of one row; a ValueError says what is wrong with it."""
    try:
        left, right = sorted((RecordKey.parse(row["left"]), RecordKey.parse(row["right"])))
    except OnefoldError:
        raise ValueError("left and right are record keys, written as source:key") from None
    if left == right:
        raise ValueError("left and right are the same record")
    if row["verdict"] not in list(Verdict):
        raise ValueError(f"the verdict is one of {listed(list(Verdict))}")
    try:
        at = datetime.fromisoformat(row["at"])
    except ValueError:
        raise ValueError("'at' is a date or a time as ISO 8601 writes it, such as 2025-03-01 or 2025-03-01T10:00:00+01:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Decision(left, right, Verdict(row["verdict"]), row["by"], at.astimezone(UTC), row["reason"], uuid4().hex)


def refuse_contradictions(path: Path, named: Sequence[tuple[str, Decision]]) -> None:
    """Raise ContradictingDecision where records are held to be different that others hold together, naming all that do. (Invariant 3)"""
    joined: dict[RecordKey, list[tuple[RecordKey, str]]] = {}
    for name, one in named:
        if one.verdict is Verdict.SAME:
            joined.setdefault(one.left, []).append((one.right, name))
            joined.setdefault(one.right, []).append((one.left, name))
    parted = ((name, one, chain(joined, one.left, one.right)) for name, one in named if one.verdict is Verdict.DIFFERENT)
    found = [f"{name} holds {one.left} and {one.right} apart, and {listed(held)} together" for name, one, held in parted if held]
    if found:
        more = f"; and {len(found) - MOST_TOLD:,} more" if len(found) > MOST_TOLD else ""
        raise ContradictingDecision(f"'{path}': {'; '.join(found[:MOST_TOLD])}{more}. Nothing was adopted: settle which is right.")


def chain(joined: dict[RecordKey, list[tuple[RecordKey, str]]], left: RecordKey, right: RecordKey) -> list[str]:
    """The names of the fewest decisions that hold two records together; none where nothing does."""
    came: dict[RecordKey, tuple[RecordKey, str] | None] = {left: None}
    waiting = deque([left])
    while waiting and right not in came:
        key = waiting.popleft()
        for other, name in joined.get(key, ()):
            if other not in came:
                came[other] = (key, name)
                waiting.append(other)
    return list(back(came, right))[::-1] if right in came else []


def back(came: dict[RecordKey, tuple[RecordKey, str] | None], key: RecordKey) -> Iterator[str]:
    """The names of the decisions by which a record was reached, the last first."""
    while (step := came[key]) is not None:
        key, name = step
        yield name
