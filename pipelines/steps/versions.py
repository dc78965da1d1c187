"""Versions: a source record or a golden customer over time, each version with what changed in it. (Invariant 10)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from domain.errors import UnknownGoldenId
from domain.records import RecordKey
from matching.golden_ids import golden_number
from pipelines.project import Project
from pipelines.steps.lookup import LOOKS_GOLDEN, Connection, key_of, written
from pipelines.steps.show import text_of
from warehouse.database import Warehouse
from warehouse.golden import golden_record
from warehouse.history import Membership, RecordVersion, changing_publications, record_memberships, record_versions
from warehouse.ledger import members
from warehouse.publications import Publication
from warehouse.resolution import Resolution, resolve


@dataclass(frozen=True, slots=True)
class Change:
    """One column or attribute, before and after."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShownRecordVersion:
    """What a source record said from one pull to another, and what had changed."""

    version: RecordVersion
    changes: tuple[Change, ...]
    """Against the version before; nothing for the first."""


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """A source record over time."""

    record: RecordKey
    versions: tuple[ShownRecordVersion, ...]
    golden_ids: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class GoldenVersion:
    """A golden customer as one publication made it, and what had changed."""

    run: int
    published_at: datetime
    state: str
    """`live`, `redirected`, `retired` or `erased`."""
    leads_to: str | None
    """The golden id that answers for it, where it is a redirect."""
    values: Mapping[str, str]
    records: tuple[RecordKey, ...]
    changes: tuple[Change, ...]
    joined: tuple[RecordKey, ...]
    left: tuple[RecordKey, ...]


@dataclass(frozen=True, slots=True)
class GoldenHistory:
    """A golden id over time."""

    golden_id: str
    versions: tuple[GoldenVersion, ...]


def versions(warehouse: Warehouse, project: Project, asked: str) -> RecordHistory | GoldenHistory:
    """Every version of a golden id or of a source record, oldest first; an OnefoldError where there never was one."""
    with warehouse.connect() as connection:
        if LOOKS_GOLDEN.match(asked):
            return golden_history(connection, project, golden_number(asked))
        return record_history(connection, key_of(asked))


def record_history(connection: Connection, key: RecordKey) -> RecordHistory:
    """A source record over time."""
    found = record_versions(connection, key)
    changes = [(), *(changed(before.raw, after.raw) for before, after in pairwise(found))]
    told = tuple(ShownRecordVersion(version, change) for version, change in zip(found, changes, strict=True))
    return RecordHistory(key, told, tuple(record_memberships(connection, key)))


def golden_history(connection: Connection, project: Project, number: int) -> GoldenHistory:
    """A golden id over time."""
    golden_id = written(number)
    resolve(connection, golden_id)
    found: list[GoldenVersion] = []
    for one in changing_publications(connection, number):
        found.append(golden_version(connection, project, number, one, found))
    return GoldenHistory(golden_id, tuple(found))


def golden_version(
    connection: Connection, project: Project, number: int, publication: Publication, earlier: Sequence[GoldenVersion]
) -> GoldenVersion:
    """A golden id as one publication made it."""
    before = earlier[-1] if earlier else None
    golden = golden_record(connection, project.attributes, number, publication.run)
    values = {name: text_of(value.value) for name, value in golden.values.items()} if golden else {}
    held = tuple(members(connection, number, publication.run).values())
    had = before.records if before else ()
    stands = standing(connection, number, publication.run)
    return GoldenVersion(
        publication.run,
        publication.published_at,
        stands.state,
        written(stands.golden_number) if stands.state == "redirected" and stands.golden_number else None,
        values,
        held,
        changed(before.values, values) if before else (),
        tuple(key for key in held if key not in had),
        tuple(key for key in had if key not in held),
    )


def standing(connection: Connection, number: int, run: int) -> Resolution:
    """How a golden id stood as of a run."""
    try:
        return resolve(connection, written(number), run)
    except UnknownGoldenId:
        return Resolution(written(number), "retired", None, ())


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """What differs, in the order of the names.

    >>> changed({"city": "York", "no": "7"}, {"city": "Bath", "no": "7", "tel": "12"})
    (Change(name='city', before='York', after='Bath'), Change(name='tel', before=None, after='12'))
    """
    names = dict.fromkeys([*before, *after])
    return tuple(Change(name, told(before.get(name)), told(after.get(name))) for name in names if before.get(name) != after.get(name))


def told(value: object) -> str | None:
    """A value as text; nothing is nothing."""
    return None if value is None else str(value)
