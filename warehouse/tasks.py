"""Tasks: questions put to stewards. The same question is one task, in however many runs it comes up. (Invariant 8)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from domain.runs import Run
from warehouse.ids import among, batches, first_free
from warehouse.tables import steward_task


@dataclass(frozen=True, slots=True)
class Question:
    """What a run wants to know of a steward."""

    subject: str
    """The same for the same question in every run; `crm:1 billing:7`, for example."""
    payload: Mapping[str, Any]
    """What the page needs to show it: record keys and numbers, kept as JSON."""
    value: float
    """What an answer is worth."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question as it is kept."""

    task_id: int
    kind: str
    question: Question
    created_run: int
    closed_run: int | None


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """What came of a run's questions."""

    opened: int
    kept: int
    closed: int


def sync_tasks(
    connection: sa.Connection,
    run: Run,
    kind: str,
    questions: Sequence[Question],
    asked_of: Callable[[Mapping[str, Any]], bool] | None = None,
) -> TaskCounts:
    """Make the open tasks of a kind those that the run asks: opens new ones, keeps open ones, closes those no longer asked.

    `asked_of` tells by their payload the tasks that the run has looked into; the others stay open.
    """
    wanted = {question.subject: question for question in questions}
    of_kind = sa.and_(steward_task.c.kind == kind, steward_task.c.state == "open")
    known = {row.subject: row for row in connection.execute(sa.select(steward_task).where(of_kind))}
    fresh = [question for subject, question in wanted.items() if subject not in known]
    _open(connection, run, kind, fresh)
    _renew(connection, [(known[subject], question) for subject, question in wanted.items() if subject in known])
    gone = [row.task_id for subject, row in known.items() if subject not in wanted and (asked_of is None or asked_of(row.payload))]
    _close(connection, run, gone)
    return TaskCounts(len(fresh), len(known) - len(gone), len(gone))


def _open(connection: sa.Connection, run: Run, kind: str, questions: Sequence[Question]) -> None:
    first = first_free(connection, steward_task.c.task_id)
    rows = [
        {"task_id": first + place, "kind": kind, "state": "open", "created_run": run.number, **_asked(question)}
        for place, question in enumerate(questions)
    ]
    if rows:
        connection.execute(steward_task.insert(), rows)


def _asked(question: Question) -> dict[str, Any]:
    return {"subject": question.subject, "payload": dict(question.payload), "value": question.value}


def _renew(connection: sa.Connection, known: Sequence[tuple[sa.Row[Any], Question]]) -> None:
    """Rewrite the open tasks whose payload or value is another now."""
    differing = [(row, asked) for row, asked in known if (row.payload, row.value) != (dict(asked.payload), asked.value)]
    rows = [{"task": row.task_id, "payload": dict(asked.payload), "value": asked.value} for row, asked in differing]
    if rows:
        connection.execute(steward_task.update().where(steward_task.c.task_id == sa.bindparam("task")), rows)


def _close(connection: sa.Connection, run: Run, task_ids: Sequence[int]) -> None:
    for part in batches(task_ids):
        these = among(connection.dialect.name, steward_task.c.task_id, part)
        connection.execute(steward_task.update().where(these).values(state="done", closed_run=run.number))


def close_about(connection: sa.Connection, kind: str, name: str, value: Any) -> None:
    """Close the open tasks of a kind whose payload has a value under a name."""
    open_ = sa.select(steward_task.c.task_id, steward_task.c.payload).where(steward_task.c.kind == kind, steward_task.c.state == "open")
    done = [row.task_id for row in connection.execute(open_) if row.payload.get(name) == value]
    connection.execute(steward_task.update().where(among(connection.dialect.name, steward_task.c.task_id, done)).values(state="done"))


def open_tasks(connection: sa.Connection, kind: str | None = None, limit: int = 100, offset: int = 0) -> list[Task]:
    """Open tasks of a kind or of all, the most valuable first."""
    waiting = sa.select(steward_task).where(steward_task.c.state == "open")
    if kind is not None:
        waiting = waiting.where(steward_task.c.kind == kind)
    rows = connection.execute(waiting.order_by(steward_task.c.value.desc(), steward_task.c.task_id).limit(limit).offset(offset))
    return [_task(row) for row in rows]


def task(connection: sa.Connection, task_id: int) -> Task | None:
    """One task, open or done."""
    row = connection.execute(sa.select(steward_task).where(steward_task.c.task_id == task_id)).one_or_none()
    return None if row is None else _task(row)


def task_counts(connection: sa.Connection) -> dict[str, int]:
    """How many tasks of each kind are open."""
    counted = sa.select(steward_task.c.kind, sa.func.count()).where(steward_task.c.state == "open").group_by(steward_task.c.kind)
    return dict(connection.execute(counted.order_by(steward_task.c.kind)).tuples().all())


def _task(row: sa.Row[Any]) -> Task:
    return Task(row.task_id, row.kind, Question(row.subject, row.payload, row.value), row.created_run, row.closed_run)
