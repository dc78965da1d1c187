"""Events: deliver what publications tell to each subscriber, in order, at least once.

A delivery is noted after it was taken, so who is killed between the two delivers again: `event_id` tells a consumer what it
has had already. One that fails is tried again after a pause that doubles, kept in the warehouse. After a failure the next
attempt holds one event only, so that an event which a subscriber cannot take does not cost the others of its batch; after
`attempts` failures it is a dead letter and the next one's turn comes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from domain.attributes import Attribute
from domain.errors import OnefoldError, WarehouseBusy
from domain.events import Event, Subscriber
from pipelines.project import Project
from pipelines.steps.webhook import Address, address, send
from warehouse.database import Warehouse
from warehouse.events import event as read_event
from warehouse.events import events as read_events
from warehouse.events import last_event
from warehouse.subscribers import (
    DeadLetter,
    Standing,
    dead_letters,
    delivery_lock,
    give_up,
    note_standing,
    standing,
    take_back,
)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
"""Seconds after the first failure, and at most; 12 attempts take about an hour and a half."""
SECONDS_IN_A_RUN = 60.0
"""A run that has published delivers for so long at most; the rest is left to the next one or to `onefold events deliver`."""
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of delivering to one subscriber."""

    subscriber: str
    delivered: int = 0
    dead: int = 0
    """Events given up."""
    waiting: int = 0
    """Events it has not been told yet."""
    next_attempt: datetime | None = None
    """When the next is tried again; none: nothing has failed last."""
    problem: str = ""
    """Why the last attempt failed; empty: it did not."""


def pages(warehouse: Warehouse, attributes: Sequence[Attribute], after: int, limit: int | None) -> Iterator[list[Event]]:
    """The published events after one, in order, a page at a time; `limit` at most."""
    left = limit
    while left is None or left > 0:
        with warehouse.connect() as connection:
            page = read_events(connection, attributes, after, PAGE if left is None else min(PAGE, left))
        if not page:
            return
        yield page
        after, left = page[-1].event_id, None if left is None else left - len(page)


def deliver(warehouse: Warehouse, project: Project, environment: Mapping[str, str], seconds: float | None = None) -> list[Delivered]:
    """Deliver to every subscriber all that is due, a batch each in turn, for so many `seconds` at most.

    Raises `WarehouseBusy` while another process delivers. A subscriber that cannot be told is a `problem` of its own.
    """
    with delivery_lock(warehouse):
        return deliver_due(warehouse, project, environment, seconds)


def deliver_due(warehouse: Warehouse, project: Project, environment: Mapping[str, str], seconds: float | None = None) -> list[Delivered]:
    """Like `deliver`, for who holds the lock already."""
    until = None if seconds is None else time.monotonic() + seconds
    found = {one.name: Delivered(one.name) for one in project.subscribers}
    waiting = list(project.subscribers)
    while waiting and (until is None or time.monotonic() < until):
        waiting = [one for one in waiting if _deliver_batch(warehouse, project, environment, one, found)]
    return [_left(warehouse, one) for one in found.values()]


def _deliver_batch(
    warehouse: Warehouse, project: Project, environment: Mapping[str, str], one: Subscriber, found: dict[str, Delivered]
) -> bool:
    """Make one delivery, if one is due; whether another may be."""
    with warehouse.connect() as connection:
        now = standing(connection, one.name)
        due = now.next_attempt is None or now.next_attempt <= datetime.now(UTC)
        batch = read_events(connection, project.attributes, now.last_event, 1 if now.failures else one.batch) if due else []
    if not batch:
        return False
    so_far = found[one.name]
    try:
        to = address(one, environment)
    except OnefoldError as error:  # the subscriber has not refused anything
        found[one.name] = replace(so_far, problem=str(error))
        return False
    problem = send(to, batch)
    dead = _note(warehouse, one, now, batch, problem)
    taken = 0 if problem else len(batch)
    found[one.name] = replace(so_far, delivered=so_far.delivered + taken, dead=so_far.dead + dead, problem=problem)
    return not problem or bool(dead)


def _note(warehouse: Warehouse, one: Subscriber, before: Standing, batch: Sequence[Event], problem: str) -> int:
    """Keep what came of a delivery; how many events were given up."""
    at = datetime.now(UTC)
    failures = before.failures + 1 if problem else 0
    dead = bool(problem) and failures >= one.attempts
    with warehouse.begin() as connection:
        if not problem:
            note_standing(connection, one.name, Standing(batch[-1].event_id, 0, None))
        elif dead:
            note_standing(connection, one.name, Standing(batch[0].event_id, 0, None))
            give_up(connection, DeadLetter(one.name, batch[0].event_id, failures, problem, at))
        else:
            note_standing(connection, one.name, Standing(before.last_event, failures, at + pause(failures)))
    return int(dead)


def pause(failures: int, chance: Callable[[], float] = random.random) -> timedelta:
    """How long to wait after so many failures in a row: doubled each time, and by chance up to half of it less.

    Many that wait for the same subscriber then do not come back all at once.

    >>> [pause(failures, lambda: 0.0).total_seconds() for failures in (1, 2, 3, 20)]
    [2.0, 4.0, 8.0, 3600.0]
    """
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 30))
    return timedelta(seconds=whole * (1 - chance() / 2))


def _left(warehouse: Warehouse, told: Delivered) -> Delivered:
    """With what is still to be told."""
    with warehouse.connect() as connection:
        now, last = standing(connection, told.subscriber), last_event(connection)
    return replace(told, waiting=max(0, last - now.last_event), next_attempt=now.next_attempt)


def deliver_after_publishing(warehouse: Warehouse, project: Project, environment: Mapping[str, str]) -> list[Delivered]:
    """What a run delivers, which never fails the run: whatever goes wrong is a problem that is told, and tried again."""
    try:
        return deliver(warehouse, project, environment, SECONDS_IN_A_RUN)
    except WarehouseBusy:
        return []
    except OnefoldError as error:
        return [Delivered(one.name, problem=str(error)) for one in project.subscribers]
    except Exception as error:  # its text may hold customers' data
        return [Delivered(one.name, problem=f"a fault of Onefold: {type(error).__name__}") for one in project.subscribers]


def redeliver(warehouse: Warehouse, project: Project, environment: Mapping[str, str], event_id: int | None) -> list[DeadLetter]:
    """Send dead letters again, one event's or all (none), in order; returns those that were refused again.

    Raises OnefoldError where the event is no dead letter, or the project no longer declares its subscriber.
    """
    with warehouse.connect() as connection:
        letters = dead_letters(connection, None if event_id is None else [event_id])
    if not letters and event_id is not None:
        raise OnefoldError(f"event {event_id} is no dead letter: `onefold events dead` lists them.")
    places = _addresses(project, environment, {letter.subscriber for letter in letters})
    return [again for letter in letters if (again := _sent_again(warehouse, project, places[letter.subscriber], letter))]


def _addresses(project: Project, environment: Mapping[str, str], names: set[str]) -> dict[str, Address]:
    declared = {one.name: one for one in project.subscribers}
    if strange := sorted(names - declared.keys()):
        raise OnefoldError(f"'{strange[0]}' is no longer under events: in onefold.yaml, so nothing can be sent there: declare it again.")
    return {name: address(declared[name], environment) for name in names}


def _sent_again(warehouse: Warehouse, project: Project, to: Address, letter: DeadLetter) -> DeadLetter | None:
    """Send a dead letter; none where it was taken, else what is kept of it now."""
    with warehouse.connect() as connection:
        found = read_event(connection, project.attributes, letter.event_id)
    problem = "" if found is None else send(to, [found])
    again = replace(letter, attempts=letter.attempts + 1, reason=problem, given_up_at=datetime.now(UTC))
    with warehouse.begin() as connection:
        if problem:
            give_up(connection, again)
        else:
            take_back(connection, letter.subscriber, letter.event_id)
    return again if problem else None


def deliver_for_ever(
    warehouse: Warehouse, project: Project, environment: Mapping[str, str], tell: Callable[[list[Delivered]], None], every: float
) -> None:
    """Deliver as events come, looking every so many seconds, until interrupted; `tell` hears of each round in which something was done."""
    with suppress(KeyboardInterrupt), delivery_lock(warehouse):
        while True:
            found = deliver_due(warehouse, project, environment)
            if any(one.delivered or one.dead or one.problem for one in found):
                tell(found)
            time.sleep(every)
