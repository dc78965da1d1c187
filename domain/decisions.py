"""Verdicts and decisions: what was found of a pair, and what a steward settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.records import RecordKey


class Verdict(StrEnum):
    """What was found or decided of two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Decision:
    """A steward's verdict on two records: signed, dated, appended, never edited."""

    left: RecordKey
    right: RecordKey
    verdict: Verdict
    steward: str
    decided_at: datetime
    reason: str
    group: str
    """Pairs decided in one act (a merge, a split) share it; one undo takes all back."""
    id: int | None = None
