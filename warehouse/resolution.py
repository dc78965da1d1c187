"""Resolution: what an id that somebody noted down once answers today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from domain.errors import UnknownGoldenId
from warehouse.publications import published_run
from warehouse.tables import golden_identity, identity_event, identity_state
from warehouse.visibility import visible


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a golden id."""

    golden_id: str
    """The one that was asked for."""
    state: str
    """`live`, `redirected`, `retired` or `erased`."""
    golden_number: int | None
    """The live golden customer it answers as; none when it is retired or erased."""
    successors: tuple[str, ...]
    """Golden ids of all live customers that its records went to, the keeper first: more than one after a split."""


def resolve(connection: sa.Connection, golden_id: str, run: int | None = None) -> Resolution:
    """Follow a golden id to who it is now, or was as of a run: a redirect leads there in one hop. (Invariant 2)

    Raises `UnknownGoldenId` when it was never given.
    """
    published = published_run(connection, run)
    number = connection.scalar(sa.select(golden_identity.c.golden_number).where(golden_identity.c.golden_id == golden_id))
    found = None if number is None else _state(connection, number, published)
    if number is None or found is None:
        raise UnknownGoldenId(f"no golden customer has or had the id '{golden_id}': check it for typing errors.")
    if _is_erased(connection, number):  # the past does not bring back who was erased
        return Resolution(golden_id, "erased", None, ())
    current = _lives_as(connection, number, published)
    successors = _successors(connection, number, published)
    return Resolution(golden_id, found.state, current, _golden_ids(connection, successors))


def _is_erased(connection: sa.Connection, number: int) -> bool:
    state = _state(connection, number, published_run(connection))
    return state is not None and state.state == "erased"


def _state(connection: sa.Connection, number: int, published: int) -> sa.Row[Any] | None:
    of_number = sa.and_(identity_state.c.golden_number == number, visible(identity_state, published))
    return connection.execute(sa.select(identity_state).where(of_number)).one_or_none()


def _lives_as(connection: sa.Connection, number: int, published: int) -> int | None:
    state = _state(connection, number, published)
    if state is None or state.state in ("retired", "erased"):
        return None
    return int(state.golden_number if state.target is None else state.target)


def _successors(connection: sa.Connection, number: int, published: int) -> list[int]:
    """The live ids that its records can be with now: followed from event to event, through what it was merged with and split into."""
    reached: dict[int, int] = {number: 0}
    waiting = [number]
    while waiting:
        asked = waiting.pop(0)
        for event in _partings(connection, asked, reached[asked], published):
            if event.other not in reached:
                reached[event.other] = event.run
                waiting.append(event.other)
    living = (_lives_as(connection, one, published) for one in reached)
    return list(dict.fromkeys(one for one in living if one is not None))


def _partings(connection: sa.Connection, number: int, since: int, published: int) -> Sequence[sa.Row[Any]]:
    """Splits and mergers of an id after a run, in order."""
    event = identity_event.c
    between = sa.and_(event.golden_number == number, event.kind.in_(["split", "merged"]), event.run > since, event.run <= published)
    return connection.execute(sa.select(event.run, event.other).where(between).order_by(event.run, event.sequence)).all()


def _golden_ids(connection: sa.Connection, numbers: list[int]) -> tuple[str, ...]:
    chosen = golden_identity.c.golden_number.in_(numbers)
    rows = connection.execute(sa.select(golden_identity.c.golden_number, golden_identity.c.golden_id).where(chosen))
    texts = {row.golden_number: row.golden_id for row in rows}
    return tuple(texts[number] for number in numbers)
