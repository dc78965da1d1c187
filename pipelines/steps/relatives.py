"""Relatives: who belongs to a golden customer without being the same, by name and by what they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from domain.attributes import Attribute
from matching.compare import comparisons_for
from matching.relate import Kind
from matching.wording import called
from pipelines.project import Project
from pipelines.steps.lookup import Connection, written
from warehouse.golden import golden_record
from warehouse.relationships import Relative, relatives

NAMED_BY = ("given_name", "family_name"), ("full_name",), ("organisation",)
"""Attribute types that a customer is called by; the first that have a value."""


@dataclass(frozen=True, slots=True)
class ShownRelative:
    """Another golden customer who belongs to one without being the same."""

    golden_id: str
    name: str
    """Empty where no record names them."""
    kind: str
    """`household`, `branch` or `related`."""
    shared: tuple[str, ...]
    """What some of their records have in common, in words; nothing where they belong together only through another."""
    probability: float | None
    through: str | None = None
    """The golden customer who links the two, where nothing does so directly."""


def shown_relatives(connection: Connection, project: Project, number: int, run: int | None = None) -> tuple[ShownRelative, ...]:
    """Who belongs to a golden customer, published or as of a run: the household first, whole, then branches, then others."""
    words = called(comparisons_for(project.attributes))
    found = [shown_relative(connection, project, one, via, words, run) for one, via in household_first(connection, number, run)]
    return tuple(found)


def shown_relative(
    connection: Connection, project: Project, one: Relative, via: int | None, words: Mapping[str, str], run: int | None = None
) -> ShownRelative:
    """One relative in words."""
    golden = golden_record(connection, project.attributes, one.golden_number, run)
    name = named(project.attributes, {name: str(value.value) for name, value in golden.values.items()}) if golden else ""
    if via is not None:
        return ShownRelative(one.golden_id, name, one.kind, (), None, written(via))
    return ShownRelative(one.golden_id, name, one.kind, tuple(words.get(part, part) for part in one.shared), one.probability)


def household_first(connection: Connection, number: int, run: int | None = None) -> Iterator[tuple[Relative, int | None]]:
    """Relatives, each once, with the member of the household who links the two where nothing does so directly."""
    direct = relatives(connection, number, run)
    home = [one for one in direct if one.kind == Kind.HOUSEHOLD]
    yield from ((one, None) for one in home)
    met = {number, *(one.golden_number for one in home)}
    waiting = [one.golden_number for one in home]
    while waiting:
        via = waiting.pop(0)
        for one in relatives(connection, via, run):
            if one.kind == Kind.HOUSEHOLD and one.golden_number not in met:
                met.add(one.golden_number)
                waiting.append(one.golden_number)
                yield one, via
    rest = [one for one in direct if one.kind != Kind.HOUSEHOLD]
    yield from ((one, None) for one in sorted(rest, key=lambda one: one.kind))


def named(attributes: Sequence[Attribute], values: Mapping[str, str]) -> str:
    """What a customer is called, from the values of a golden record.

    >>> from domain.attributes import Role, Storage
    >>> names = [Attribute(n, n, Role.PERSONAL, Storage.TEXT) for n in ("given_name", "family_name", "organisation")]
    >>> named(names, {"given_name": "Mary", "family_name": "Smith", "organisation": "Acme"}), named(names, {"organisation": "Acme"})
    ('Mary Smith', 'Acme')
    """
    for types in NAMED_BY:
        parts = [values[a.name] for kind in types for a in attributes if a.type == kind and a.name in values]
        if parts:
            return " ".join(parts)
    return ""
