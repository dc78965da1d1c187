"""Show: one golden record on reading: each value, where it came from down to the cell, why it won, and what lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from domain.errors import UnknownGoldenId
from domain.records import RecordKey
from domain.sources import Source
from matching.assemble import assemble
from matching.records import NO_TIME, Records
from matching.standardise import Piece, join_columns, pieces, standardise_piece
from matching.survivorship.alike import form_codes
from matching.survivorship.losers import SAME_VALUE, Contender, losers
from pipelines.project import Project
from pipelines.steps.lookup import Connection, found, written
from pipelines.steps.relatives import ShownRelative, shown_relatives
from warehouse.as_of import publication_as_of
from warehouse.database import Warehouse
from warehouse.golden import GoldenRecord, GoldenValue, golden_record
from warehouse.ledger import members
from warehouse.pins import StoredPin, pins_of
from warehouse.publications import Publication, rests_on
from warehouse.records import RawRecord, newest_modification, raw_record, standard_values
from warehouse.runs import published_run, run_report

Value: TypeAlias = str | date | float | bool
TRUST_OF_STRANGERS = 0.5
"""Trust of a source that the project no longer declares: what a source has that says nothing of it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The cell that a golden value was read from."""

    record: RecordKey
    column: str | None
    """The source's column, several joined by ` + `; none where the project's map no longer leads to the value."""
    raw: str | None
    """What stands in it, as the department wrote it."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another value that records of the customer hold."""

    value: str
    records: tuple[RecordKey, ...]
    reason: str | None
    """The rule by which it lost; none where the project's rules have changed since."""


@dataclass(frozen=True, slots=True)
class ShownValue:
    """One golden value and the contest it won."""

    attribute: str
    value: Value
    rule: str
    """Why it won: a survivorship rule, `only value`, `all agree`, `tie-break` or `pin`."""
    origin: Origin | None
    """None for a steward's pin."""
    agreeing: tuple[RecordKey, ...]
    """Other records that say the same."""
    others: tuple[Other, ...]
    """The best first."""
    many: bool
    """The customer may have several: the others are kept as contacts."""
    pin: StoredPin | None = None
    """By whom, why and until when it is pinned, if it is; none also where that pin was undone since."""


@dataclass(frozen=True, slots=True)
class Member:
    """One source record of the customer."""

    record: RecordKey
    owner: str
    modified: datetime | None
    """When it was last changed, as far as its source knows."""
    values: Mapping[str, str]
    """What it says, standardised, by attribute; several values joined by ` · `."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A golden record with all that explains it."""

    golden_id: str
    note: str
    """What became of the id that was asked for, where it is another or was split; else empty."""
    from_run: int
    """The run that published this version."""
    values: tuple[ShownValue, ...]
    without: tuple[str, ...]
    """Attributes that no record has a value for."""
    members: tuple[Member, ...]
    """In the order of their record keys."""
    source_count: int
    first_seen: datetime | None
    last_seen: datetime | None
    cohesion: float | None
    """Probability that its least certain record belongs to it."""
    completeness: float | None
    """Share of the attributes that have a value."""
    relatives: tuple[ShownRelative, ...] = ()
    """Who lives in the same household first, then branches of the same firm, then others."""
    pins: tuple[StoredPin, ...] = ()
    """The pins that stand for this customer and for those merged into it, expired or not, the oldest first."""
    as_of: Publication | None = None
    """The publication that was in use when it is asked about; none for the last one."""


def show(warehouse: Warehouse, project: Project, asked: str, as_of: str | None = None) -> Shown:
    """The golden record of a golden id (redirects are followed) or of a record key, as published now or then. (Invariants 4, 10)

    `as_of` is a run, a date or a moment. Raises an OnefoldError that says why where there is none.
    """
    with warehouse.connect() as connection:
        then = publication_as_of(connection, as_of) if as_of else None
        run = then.run if then else None
        number, note = found(connection, project, asked, run)
        golden = golden_record(connection, project.attributes, number, run)
        if golden is None:
            raise UnknownGoldenId(f"golden customer {written(number)} has no published record: run `onefold run` again.")
        held, data = members(connection, number, run), rests_on(connection, published_run(connection, run))
        table = standard_values(connection, project.attributes, list(held), data)
        origins = {value.record for value in golden.values.values() if value.record is not None}
        raw = {key: raw_record(connection, key, data) for key in origins}
        belonging = shown_relatives(connection, project, number, run)
        pinned = pins_of(connection, number) if then is None else []
        newest = newest_change(connection, project, data)
    told = described(project, golden, note, assemble(table, project.attributes), raw, newest)
    latest = {pin.attribute: pin for pin in pinned}
    values = tuple(replace(value, pin=latest.get(value.attribute)) if value.origin is None else value for value in told.values)
    return replace(told, values=values, relatives=belonging, pins=tuple(pinned), as_of=then)


def described(
    project: Project, golden: GoldenRecord, note: str, records: Records, raw: Mapping[RecordKey, RawRecord], newest: int | None
) -> Shown:
    """Everything about a golden record, from what the warehouse keeps of it."""
    contest = Contest({source.name: source.trust for source in project.sources}, records, golden.golden_number, newest)
    cells = {key: Cells(source_named(project, key.source), row, project.attributes) for key, row in raw.items()}
    values = [shown_value(a, golden.values[a.name], contest, cells) for a in project.attributes if a.name in golden.values]
    return Shown(
        golden_id=golden.golden_id,
        note=note,
        from_run=golden.from_run,
        values=tuple(values),
        without=tuple(a.name for a in project.attributes if a.name not in golden.values),
        members=tuple(member(project, records, place) for place in range(len(records))),
        source_count=golden.source_count,
        first_seen=moment(golden.first_seen),
        last_seen=moment(golden.last_seen),
        cohesion=golden.cohesion,
        completeness=golden.completeness,
    )


def newest_change(connection: Connection, project: Project, run: int) -> int | None:
    """The newest modification time in all data of a run (microseconds), if any attribute's trust ages; else none is needed.

    The run has noted it; one of an earlier release has not, and all records are asked.
    """
    if not any(attribute.half_life for attribute in project.attributes):
        return None
    made = run_report(connection, run)
    merged = ((made.report if made else None) or {}).get("merge", {})
    return merged["newest"] if "newest" in merged else newest_modification(connection, run)


class Contest:
    """What the records of one customer put up for each attribute."""

    def __init__(self, trust: Mapping[str, float], records: Records, number: int, newest: int | None) -> None:
        self.records, self.number, self.newest = records, number, newest
        self.golden = np.full(len(records), number, np.int64)
        self.trust = np.array([trust.get(name, TRUST_OF_STRANGERS) for name in records.sources], np.float64)
        self.alike = form_codes(records)

    def of(self, attribute: Attribute, pinned: bool) -> list[tuple[RecordKey, Contender]]:
        """Every value that was put up, the best first."""
        names = (self.records, self.golden, self.number, attribute.name, self.trust)
        ranked = losers(*names, pinned=pinned, alike=self.alike, newest=self.newest)
        return [(key_at(self.records, contender.record), contender) for contender in ranked]


def shown_value(attribute: Attribute, golden: GoldenValue, contest: Contest, cells: Mapping[RecordKey, Cells]) -> ShownValue:
    """One golden value beside what else there was."""
    ranked = contest.of(attribute, golden.record is None)
    # Where the project's rules or trust were changed since, another would win now: by which rule the rest lost is not known.
    settled = golden.record is None or bool(ranked and ranked[0][0] == golden.record)
    origin = None if golden.record is None else cells[golden.record].origin(attribute, golden.value)
    agreeing, others = told_apart(ranked, golden, settled)
    return ShownValue(attribute.name, golden.value, golden.rule, origin, agreeing, others, attribute.many)


def told_apart(
    ranked: Sequence[tuple[RecordKey, Contender]], golden: GoldenValue, settled: bool
) -> tuple[tuple[RecordKey, ...], tuple[Other, ...]]:
    """The records that say what the golden value says, and the other values with the records that hold each."""
    agreeing: list[RecordKey] = []
    others: dict[str, tuple[list[RecordKey], str | None]] = {}
    for key, contender in ranked:
        if contender.value is None:
            continue
        if contender.value == text_of(golden.value) or (settled and contender.lost_to == SAME_VALUE):
            agreeing.append(key)
        else:
            others.setdefault(contender.value, ([], contender.lost_to if settled else None))[0].append(key)
    unique = dict.fromkeys(key for key in agreeing if key != golden.record)
    return tuple(unique), tuple(Other(value, tuple(dict.fromkeys(keys)), reason) for value, (keys, reason) in others.items())


class Cells:
    """One raw record, standardised once more to see which cell each of its values stands in."""

    def __init__(self, source: Source | None, row: RawRecord, attributes: Sequence[Attribute]) -> None:
        self.key = row.key
        self.pieces: list[Piece] = []
        self.whole: dict[str, str | None] = {}
        if source is None:
            return
        rows = pa.table({name: pa.array([row.raw.get(name)], pa.string()) for name in source.columns})
        self.pieces = list(pieces(rows, source, attributes))
        self.whole = {" + ".join(columns): join_columns(rows, columns)[0].as_py() for column in source.map for columns in column.columns}

    def origin(self, attribute: Attribute, value: Value) -> Origin:
        """The first cell, in the order of the map, that gives a value: where it was taken from when it was standardised."""
        for piece in self.pieces:
            if piece.attribute == attribute.name and text_of(value) in texts_of(standardise_piece(attribute, piece)[0]):
                return Origin(self.key, piece.column, self.whole[piece.column])
        return Origin(self.key, None, None)


def member(project: Project, records: Records, place: int) -> Member:
    """One record of the customer and what it says."""
    key = key_at(records, place)
    source = source_named(project, key.source)
    time = int(records.modified[place])
    held = {name: values_at(records, name, place) for name in records.columns}
    values = {name: " · ".join(texts) for name, texts in held.items() if texts}
    return Member(key, source.owner if source else key.source, moment(None if time == NO_TIME else time), values)


def values_at(records: Records, name: str, place: int) -> list[str]:
    """The values that a record has of an attribute."""
    column = records.columns[name]
    return [text_of(column.values[int(code)].as_py()) for code in column.code[column.row == place]]


def key_at(records: Records, place: int) -> RecordKey:
    """The record key at a place."""
    return RecordKey(records.sources[records.source[place]], records.keys[place].as_py())


def source_named(project: Project, name: str) -> Source | None:
    """A source of the project, if it still declares it."""
    return next((source for source in project.sources if source.name == name), None)


def text_of(value: Value) -> str:
    """A value as Arrow writes it.

    >>> text_of(date(1980, 4, 3)), text_of(True), text_of(2.0)
    ('1980-04-03', 'true', '2')
    """
    return str(texts_of(pa.array([value]))[0])


def texts_of(values: pa.Array) -> list[str | None]:
    """Values as Arrow writes them."""
    texts: list[str | None] = pc.cast(values, pa.string()).to_pylist()
    return texts


def moment(microseconds: int | None) -> datetime | None:
    """A time from microseconds since 1970 (UTC)."""
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1e6, UTC)
