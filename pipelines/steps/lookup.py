"""Lookup: what an operator means by a golden id or a record key, and one sentence where it means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from domain.errors import OnefoldError, UnknownGoldenId, UnknownRecord
from domain.records import RecordKey
from matching.golden_ids import golden_id_text, golden_number
from pipelines.project import Project
from pipelines.project.words import unknown
from warehouse.adopted import AdoptedId, adopted
from warehouse.database import Warehouse
from warehouse.ledger import holder, members
from warehouse.quarantine import quarantined
from warehouse.records import RawRecord, raw_record
from warehouse.resolution import Resolution, resolve

Connection: TypeAlias = Any
"""An open connection of the warehouse; what it is is known to the warehouse alone."""
EXAMPLES = 30
"""Golden numbers among which an example is looked for."""
LOOKS_GOLDEN = re.compile(r"\s*[cC]-")


def found(connection: Connection, project: Project, asked: str, run: int | None = None) -> tuple[int, str]:
    """The golden number that is meant, and what there is to say about what was asked; as of a run, if one is given."""
    if (known := adopted(connection, asked)) is not None and not is_ours(connection, asked):
        return adopted_as(connection, known)
    if LOOKS_GOLDEN.match(asked):
        return followed(resolved(connection, written(golden_number(asked)), run))
    key = key_of(asked)
    number = holder(connection, key, run)
    if number is None and run is not None:
        raise UnknownRecord(f"{key} was in no golden record as of run {run}: ask for a later run, or see `onefold show {key} --versions`.")
    if number is None:
        live_record(connection, project, key)
        raise UnknownRecord(f"{key} arrived after the last publication and is in no golden record yet: see `onefold status`.")
    return number, ""


def key_of(asked: str) -> RecordKey:
    """The record key that is meant."""
    if ":" not in asked:
        raise OnefoldError(f"'{asked}' is neither a golden id such as C-00001234-4 nor a record key such as billing:1042.")
    return RecordKey.parse(asked)


def resolved(connection: Connection, golden_id: str, run: int | None) -> Resolution:
    """What became of a golden id, or had as of a run: one that was given later did not exist then."""
    try:
        return resolve(connection, golden_id, run)
    except UnknownGoldenId:
        if run is None:
            raise
        resolve(connection, golden_id)
        raise UnknownGoldenId(f"{golden_id} had not been given yet as of run {run}: ask for a later run.") from None


def is_ours(connection: Connection, asked: str) -> bool:
    """Whether a text is a golden id that was given or the key of a published record: these mean the same whatever was adopted."""
    try:
        if LOOKS_GOLDEN.match(asked):
            return bool(resolve(connection, written(golden_number(asked))))
        return ":" in asked and holder(connection, RecordKey.parse(asked)) is not None
    except OnefoldError:
        return False


def adopted_as(connection: Connection, known: AdoptedId) -> tuple[int, str]:
    """The golden number that an id of another system leads to, and how."""
    if not known.lives:
        raise UnknownGoldenId(f"this id was adopted as {known.golden_id}, and none of its records has been published yet.")
    number, note = followed(resolve(connection, known.golden_id))
    return number, f"It was adopted as {known.golden_id}. {note}".rstrip()


def followed(resolution: Resolution) -> tuple[int, str]:
    """Where a golden id leads, and how; an UnknownGoldenId where nobody answers to it any more."""
    asked, others = resolution.golden_id, list(resolution.successors)
    if resolution.state == "erased":
        raise UnknownGoldenId(f"{asked} is gone: the customer was erased, and nothing of them is kept.")
    if resolution.golden_number is None:
        went = f" Its records went to {', '.join(others)}." if others else ""
        raise UnknownGoldenId(f"{asked} is {resolution.state}: no live record belongs to it.{went}")
    now = written(resolution.golden_number)
    rest = [one for one in others if one not in (now, asked)]
    notes = [f"{asked} was merged into {now}, which answers for it."] if now != asked else []
    notes += [f"{asked} was split: some of its records went to {', '.join(rest)}."] if rest else []
    return resolution.golden_number, " ".join(notes)


def live_record(connection: Connection, project: Project, key: RecordKey) -> RawRecord:
    """The live source record of a key; an UnknownRecord says what to do where there is none."""
    names = [source.name for source in project.sources]
    if key.source not in names:
        raise UnknownRecord(unknown(key.source, "a source", names))
    try:
        return raw_record(connection, key)
    except UnknownRecord:
        for refused in waiting(connection, key):
            raise UnknownRecord(f"{key} is in quarantine: {refused}. Mend it in the source and run again.") from None
        raise


def waiting(connection: Connection, key: RecordKey) -> Iterator[str]:
    """Why the rows of a key are in quarantine, if they are."""
    part, start = 1_000, 0
    while rows := quarantined(connection, key.source, part, start):
        yield from (row.reason for row in rows if row.key == key.key and row.attribute is None)
        start += part


def example(warehouse: Warehouse) -> tuple[str, list[RecordKey]] | None:
    """A published golden customer with several records, if one of the first has, to show what can be asked: its id and records."""
    with warehouse.connect() as connection:
        first = {number: list(members(connection, number).values()) for number in range(1, EXAMPLES + 1)}
    number = max(first, key=lambda one: len(first[one]))
    return (written(number), first[number]) if first[number] else None


def written(number: int) -> str:
    """A golden number as people read it."""
    return str(golden_id_text(np.array([number]))[0].as_py())
