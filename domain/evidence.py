"""Evidence: what speaks for and against two records being one customer."""

from __future__ import annotations

from dataclasses import dataclass

from domain.records import RecordKey


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison of a pair: its level, and what that level is worth."""

    comparison: str
    """For example `given_name`, or `address` for a group."""
    level: str
    """The level's label, for example `nickname`; `missing` is neutral."""
    weight: float
    """Bits for *same* against *unrelated*."""
    related_weight: float
    """Bits for *related* against *unrelated*."""
    left: str | None = None
    """The value of the left record, for people to read; several are joined by ` · `."""
    right: str | None = None


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records with all that was compared of them."""

    left: RecordKey
    right: RecordKey
    evidence: tuple[Evidence, ...]
    prior_weight: float
    """Bits for *same* before anything is compared."""
    related_prior_weight: float
    match_probability: float
    """Probability of *same* among the three classes."""
    match_weight: float
    """Bits of *same* against everything else."""
    related_probability: float
