"""Erase: a person is removed from all that is kept, in a run of its own, and known when they come again.

The run stages what becomes of the person's golden ids and what consumers are told; the transaction that publishes it also
removes the person from every table. Who is killed before it has erased nobody, who is killed after it has; the next run
then does what is left, which is to write the database's file anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from domain.errors import OnefoldError, UnknownGoldenId
from domain.runs import RunStatus
from matching.assemble import assemble
from matching.golden_ids import golden_number
from matching.standardise import SEPARATOR
from matching.survivorship.alike import form_codes
from pipelines.project import Project
from pipelines.reports.duplication import DuplicationReport, duplication
from pipelines.reports.renewed import renewed
from pipelines.steps.basis import ERASED, neighbours_of_erased, rested_on
from pipelines.steps.consolidate import input_fingerprint, is_settled, tell_subscribers
from pipelines.steps.hashes import KINDS, erasure_key, identity_hashes, marker, people_in, record_hash, trait_hashes, traits_of
from pipelines.steps.lookup import Connection, followed, written
from pipelines.steps.relationships import households_of
from pipelines.steps.session import Session
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.erasing import Touch, erase_person, note_erasure, publish_erasure, touch_of
from warehouse.ledger import holder, members, stage_identities
from warehouse.outbox import stage_events
from warehouse.person import Person, person_of, refused_of, standard_versions
from warehouse.records import record_keys, records_as_of, records_with
from warehouse.relationships import published_links
from warehouse.resolution import resolve
from warehouse.runs import RunRow, finish_run, published_run, run_report
from warehouse.scrub import finish_erasures
from warehouse.suppressions import lift, suppress, suppressed
from warehouse.tasks import close_about

TELLING = ("email", "phone", "national_id")
"""Attribute types whose values name one person or household, so that what holds one is about them."""
ALIVE = ("live", "retired")


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held on a person, in counts; nothing of what it says."""

    golden_id: str
    """The one that answers, or answered last."""
    golden_ids: tuple[str, ...]
    """It, and all that were merged into it."""
    records: Mapping[str, int]
    """Source records, by source."""
    versions: int
    """Versions of these."""
    quarantined: int
    identities: int
    """Ways in which the person would be known by name, birth date and a contact; 0: only their record keys tell them."""
    look_alikes: tuple[str, ...]
    """Golden ids, or record keys that have none yet, of live records with the same whole identity: they are not erased with this one."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What came of an erasure."""

    run: int
    holding: Holding
    hashes: int
    """Hashes by which the person is known when they come again."""
    finished: bool
    """Whether the database's file was written anew; if not, the next run does it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A person and what has to be known of them to erase them."""

    person: Person
    versions: pa.Table
    values: tuple[str, ...]
    """Every value that they had, as text."""
    telling: tuple[str, ...]
    """Those of the types `TELLING`."""
    refused: tuple[int, ...]
    """Their rows in quarantine."""


def who_is_asked(connection: Connection, asked: str) -> Person:
    """The person of a golden id; redirects are followed, and who is retired is still held. Raises UnknownGoldenId."""
    number = golden_number(asked)
    resolution = resolve(connection, written(number))
    if resolution.state == "erased":
        followed(resolution)
    if resolution.state not in (*ALIVE, "redirected"):
        raise UnknownGoldenId(f"{written(number)} is {resolution.state}.")
    return person_of(connection, resolution.golden_number or number)


def find(warehouse: Warehouse, project: Project, asked: str) -> Found:
    """All that is known of who is asked for."""
    with warehouse.connect() as connection:
        person = who_is_asked(connection, asked)
        versions = standard_versions(connection, project.attributes, person.ids)
    values = {a.name: texts_of(versions, a.name, a.many) for a in project.attributes}
    telling = [text for a in project.attributes if a.type in TELLING for text in values[a.name]]
    refused = refused_of(warehouse, person, told_apart(project, values))
    every = {text for texts in values.values() for text in texts}
    return Found(person, versions, tuple(sorted(every)), tuple(sorted(set(telling))), tuple(refused))


def texts_of(rows: pa.Table, name: str, many: bool) -> list[str]:
    """The different values of one column, as text."""
    values = {str(value) for value in rows.column(name).to_pylist() if value is not None}
    return sorted({one for value in values for one in (value.split(SEPARATOR) if many else [value])})


def told_apart(project: Project, values: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Given names, family names and contacts, as a row in quarantine may hold them; of a telephone the last figures."""

    def of(kind: str) -> list[str]:
        return [text.lower() for a in project.attributes if a.type in KINDS[kind] for text in values[a.name]]

    contacts = [text if "@" in text else text.lstrip("+")[-7:] for text in of("contact")]
    return [of("given"), of("family"), contacts]


def held_on(warehouse: Warehouse, project: Project, asked: str) -> Holding:
    """What an erasure would remove. Raises UnknownGoldenId, or an OnefoldError where no key is set."""
    with warehouse.connect() as connection:
        erasure_key(project, suppressed(connection))
    return holding_of(warehouse, project, find(warehouse, project, asked))


def holding_of(warehouse: Warehouse, project: Project, found: Found) -> Holding:
    """The counts of what is held."""
    person = found.person
    own = identity_hashes(b"", found.versions, project.attributes)["identity"]
    return Holding(
        person.golden_ids[0],
        person.golden_ids,
        dict(sorted(Counter(key.source for key in person.records.values()).items())),
        len(found.versions),
        len(found.refused),
        len(own),
        look_alikes(warehouse, project, found, own),
    )


def look_alikes(warehouse: Warehouse, project: Project, found: Found, own: set[bytes]) -> tuple[str, ...]:
    """Whose live records have the same whole identity, though they are another golden customer's."""
    born = next((a for a in project.attributes if a.type in KINDS["born"] and not a.many), None)
    if born is None or not own:
        return ()
    dates = sorted(set(found.versions.column(born.name).drop_null().to_pylist()))
    rows = records_with(warehouse, project.attributes, born.name, dates)
    others = rows.filter(pa.array(~np.isin(rows.column("record_id").to_numpy(), found.person.ids)))
    alike = [at for at in people_in(others, project.attributes)["row"].unique().tolist() if same(others.slice(at, 1), project, own)]
    ids = others.column("record_id").take(pa.array(alike, pa.int64())).to_pylist()
    with warehouse.connect() as connection:
        keys = record_keys(connection, ids)
        numbers = {one: holder(connection, keys[one]) for one in ids}
    return tuple(sorted({str(keys[one]) if number is None else written(number) for one, number in numbers.items()}))


def same(row: pa.Table, project: Project, own: set[bytes]) -> bool:
    """Whether a record has one of these whole identities."""
    return bool(identity_hashes(b"", row, project.attributes)["identity"] & own)


def erase(session: Session, asked: str, by: str, reason: str) -> Erased:
    """Erase the person of a golden id, now and for good. Raises UnknownGoldenId, or an OnefoldError where no key is set."""
    warehouse, project, run = session.warehouse, session.project, session.run
    with warehouse.connect() as connection:
        key = erasure_key(project, suppressed(connection))
    found = find(warehouse, project, asked)
    person, settled = found.person, is_settled(session)
    holding, hashes = holding_of(warehouse, project, found), hashes_of(key, project, found)
    with warehouse.connect() as connection:
        before, touch = rested_on(connection, run_report(connection, published_run(connection))), touch_of(connection, person)
    counted = counted_without(session, person, before)
    stage(session, person)
    with warehouse.begin() as connection:
        publish_erasure(connection, run, "erasure")
        erase_person(connection, run, person, found.values, found.telling, found.refused)
        note_erasure(connection, run, person, by, reason)
        suppress(connection, person.number, hashes)
        told = {"run": run.number, "records": len(person.records), "reason": reason}
        record_act(connection, datetime.now(UTC), by, "erase", " ".join(person.golden_ids), told)
    end(session, before, touch, counted, settled)
    finished = finish_erasures(warehouse)
    tell_subscribers(session)
    return Erased(run.number, holding, sum(map(len, hashes.values())), finished)


def hashes_of(key: bytes, project: Project, found: Found) -> dict[str, set[bytes]]:
    """By what the person is known when they come again."""
    hashes = identity_hashes(key, found.versions, project.attributes) | {"key": {marker(key)}}
    hashes["record"] = {record_hash(key, one.source, one.key) for one in found.person.records.values()}
    traits = traits_of(found.versions, project.attributes)
    hashes["trait"] = {one for name in found.person.records.values() for one in trait_hashes(key, name.source, name.key, traits)}
    return hashes


def stage(session: Session, person: Person) -> None:
    """Stage that the person's golden ids are erased, and what consumers are told of it."""
    numbers, nobody = pa.array(person.numbers, pa.int64()), pa.nulls(len(person.numbers), pa.int64())
    erased = pa.array(["erased"] * len(person.numbers))
    minted = pa.table({"golden_number": pa.array([], pa.int64()), "golden_id": pa.array([], pa.string())})
    states = pa.table({"golden_number": numbers, "state": erased, "target": nobody})
    events = pa.table({"kind": erased, "golden_number": numbers, "other": nobody})
    stage_identities(session.warehouse, session.run, minted, states, events)
    stage_events(session.warehouse, session.run, session.project.attributes)


def counted_without(session: Session, person: Person, before: RunRow | None) -> dict[str, Any]:
    """The duplication report of the last publication, without the person."""
    report = (before.report or {}).get("duplication") if before else None
    if before is None or report is None:
        return {}
    attributes = session.project.attributes
    with session.warehouse.connect() as connection:
        live = np.array(list(members(connection, person.number)), np.int64)
    rows = records_as_of(session.warehouse, attributes, before.number, live)
    theirs, nobody = (assemble(some, attributes) for some in (rows, rows.slice(0, 0)))
    own, none = (duplication(some, np.full(len(some), person.number), alike=form_codes(some)) for some in (theirs, nobody))
    links = published_links(session.warehouse, "household")
    kept = links.filter(
        pa.array(~np.isin(links.column("left_number"), person.numbers) & ~np.isin(links.column("right_number"), person.numbers))
    )
    households, people = households_of(kept)
    counted = renewed(DuplicationReport.from_dict(report), own, none) if len(theirs) else DuplicationReport.from_dict(report)
    return {"duplication": replace(counted, households=households, people_in_households=people).to_dict()}


def end(session: Session, before: RunRow | None, touch: Touch, counted: Mapping[str, Any], settled: bool) -> None:
    """End the run. What it has published rests on the last match but for those who are left with fewer to be held against."""
    told = dict(counted)
    if before is not None:
        earlier = set(neighbours_of_erased(before).tolist())
        told[ERASED] = {"rests_on": before.number, "neighbours": sorted(earlier | set(touch.neighbours))}
    quiet = settled and not (touch.neighbours or touch.related)
    fingerprints = {"input": input_fingerprint(session)} if quiet else {}
    with session.warehouse.begin() as connection:
        finish_run(connection, session.run, RunStatus.PUBLISHED, datetime.now(UTC), told, fingerprints)


def lift_suppression(warehouse: Warehouse, asked: str, by: str, reason: str) -> int:
    """Let an erased person come back of their own will: forget by what they are known; returns how many hashes there were."""
    number = golden_number(asked)
    with warehouse.begin() as connection:
        resolution = resolve(connection, written(number))
        if resolution.state != "erased":
            raise OnefoldError(f"{written(number)} is not erased: there is nothing to lift.")
        count = lift(connection, number)
        if not count:
            raise OnefoldError(f"{written(number)} is not suppressed (any more), or was merged into another that is: ask for that one.")
        close_about(connection, "perhaps_erased", "erased", written(number))
        record_act(connection, datetime.now(UTC), by, "lift", written(number), {"hashes": count, "reason": reason})
    return count
