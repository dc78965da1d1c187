"""Turns: Python's copy of SQLite and ADBC's never have one file open at the same time within a process.

POSIX gives file locks to a process, not to a library: when one of two copies closes the file, it drops the locks of
the other, and neither sees the other's (https://www.sqlite.org/howtocorrupt.html, section 2.2.1). Both are needed,
one for statements, one for Arrow; so within a process they take turns. Other processes are kept apart by the locks.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from domain.errors import WarehouseError

PATIENCE_SECONDS = 600
"""How long one waits for the other group before it is called an error."""


class Group(StrEnum):
    """Who uses the file."""

    STATEMENTS = "statements"
    BULK = "bulk"


class Turns:
    """Any number of one group at once, never both groups; first come, first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: list[Group] = []
        self._holders: Counter[int] = Counter()
        self._group: Group | None = None

    @contextmanager
    def turn(self, group: Group) -> Iterator[None]:
        """Wait for the other group to end, and keep it out until the block ends."""
        thread = threading.get_ident()
        self._enter(group, thread)
        try:
            yield
        finally:
            self._leave(thread)

    def _enter(self, group: Group, thread: int) -> None:
        with self._changed:
            if self._holders[thread]:
                self._enter_again(group, thread)
                return
            # Whoever waits longer goes first, lest a stream of short statements keep a bulk copy out for ever.
            self._queue.append(group)
            free = self._changed.wait_for(lambda: self._group in (None, group) and self._queue[0] == group, PATIENCE_SECONDS)
            self._queue.remove(group)
            if not free:
                self._changed.notify_all()
                raise WarehouseError(f"the warehouse's file is in use by {self._group} of this process for too long: try again later.")
            self._group = group
            self._holders[thread] += 1
            self._changed.notify_all()

    def _enter_again(self, group: Group, thread: int) -> None:
        if group != self._group:
            raise WarehouseError(f"the warehouse has {self._group} of this thread open: close them before using {group}.")
        self._holders[thread] += 1

    def _leave(self, thread: int) -> None:
        with self._changed:
            self._holders[thread] -= 1
            self._holders += Counter()  # forgets threads that hold nothing
            if not self._holders:
                self._group = None
            self._changed.notify_all()


_turns: dict[tuple[int, Path], Turns] = {}


def turns_of(path: Path) -> Turns:
    """The turns at one file, shared by every warehouse that this process opens on it; a forked child starts anew."""
    return _turns.setdefault((os.getpid(), path), Turns())
