"""The page that a person gets of everything that is held on them: self-contained, nothing in it runs, nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.reports.templates import templates

SECTIONS = {
    "golden_records": "The golden record, in every version, with where each value came from",
    "contacts": "Other values",
    "source_records": "What the departments sent, in every version",
    "standard_records": "The same, made comparable",
    "memberships": "Which records were held to be you, and when",
    "golden_ids": "Your golden ids over time",
    "identity_events": "What happened to them",
    "relationships": "That you belong together with other customers",
    "decisions": "What people decided",
    "pins": "Values that people fixed",
    "tasks": "Questions that were put to people",
    "events": "What other systems were told",
    "audit": "Who did what",
    "quarantine": "Rows that were refused",
}


def subject_page(held: Mapping[str, Any]) -> str:
    """All that is held on a person as HTML. Whatever stands in a value is escaped."""
    sections = [(title, columns_of(held[name]), held[name]) for name, title in SECTIONS.items()]
    return templates().get_template("subject.html").render(held=held, sections=sections, written=written)


def columns_of(rows: list[dict[str, Any]]) -> list[str]:
    """The names of all that rows hold, in the order in which they come.

    >>> columns_of([{"a": 1}, {"a": 2, "b": 3}])
    ['a', 'b']
    """
    return list(dict.fromkeys(name for row in rows for name in row))


def written(value: Any) -> str:
    """A value as text.

    >>> written(None), written({"email": ["a", "b"]}), written(True)
    ('', 'email: a, b', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name}: {written(own)}" for name, own in value.items())
    if isinstance(value, list):
        return ", ".join(map(written, value))
    return value if isinstance(value, str) else json.dumps(value)
