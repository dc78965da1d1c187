"""Formats: what can be exported, and how it is written."""

from __future__ import annotations

from enum import StrEnum


class What(StrEnum):
    """What can be exported."""

    GOLDEN = "golden"
    """The golden customers, one row each: the consumers' view `golden_customer`."""
    CROSSWALK = "crosswalk"
    """The golden id of every source record: the consumers' view `golden_crosswalk`."""
    RELATIONSHIPS = "relationships"
    """Golden customers that belong together, such as a household: the consumers' view `golden_relationship`."""

    ADOPTED = "adopted"
    """Ids of other systems that were adopted, and the golden id that each leads to."""


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"
