"""The demo organisation: its eighteen departments."""

from __future__ import annotations

from typing import Final

from pipelines.demo.databases import LARGER
from pipelines.demo.departments import Department
from pipelines.demo.exports import FILES
from pipelines.demo.further_databases import SMALLER

DEPARTMENTS: Final[tuple[Department, ...]] = tuple(sorted((*LARGER, *SMALLER, *FILES), key=lambda d: (-d.share, d.name)))
"""Largest first."""
