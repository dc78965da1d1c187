"""Settings of the match: where it cuts, when it asks a steward, and how much work it may make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What the project file says under `match:`; probabilities run from 0 to 1, with 0 <= ask[0] <= join <= ask[1] <= 1."""

    join: float = 0.5
    """Clusters are cut at this match probability: above it, more likely the same than not."""
    ask: tuple[float, float] = (0.2, 0.9)
    """A link or a non-link whose match probability lies within it (both edges included) becomes a steward task."""
    hold: bool = False
    """Records that are asked about stay apart until a steward has decided."""
    max_tasks_per_run: int = 1000
    """The most valuable tasks a run opens; the rest are counted."""
    max_cluster: int = 50
    """Records in a cluster at most; a larger one is cut at its weakest links first, and reported."""
    pair_budget: int | None = None
    """Candidate pairs at most; none: as many as blocking allows for the number of records."""
