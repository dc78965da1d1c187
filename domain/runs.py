"""Runs: one execution and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RunStatus(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: its number orders all that is kept, its clock is the only time a run knows."""

    number: int
    id: str
    started_at: datetime
    """UTC. Pins expire against it; nothing else reads a clock."""


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What one pull of one source came to: read = accepted + quarantined + suppressed."""

    source: str
    read: int
    accepted: int
    quarantined: int
    suppressed: int
    new: int
    changed: int
    unchanged: int
    vanished: int
