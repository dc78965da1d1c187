"""Check: try every source of a project without changing anything: open it, find its columns, read and standardise some rows."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa

from connectors import Batch, open_source
from domain.attributes import Attribute, Status
from domain.errors import OnefoldError, SourceError
from domain.sources import Source
from matching.records import NO_TIME
from matching.standardise import Statuses, modified_times, pieces, standardise
from pipelines.project import Project
from pipelines.steps.rows import SeenKeys, record_keys

MOSTLY = 0.5
"""Share of unreadable values from which a remark is made: then it is probably the map that is wrong, not the values."""
FEWEST = 5
"""Values below which a share says nothing."""
Progress = Callable[[str], None]
"""Is told the source that is tried next."""


@dataclass(frozen=True, slots=True)
class AttributeSample:
    """What became of one attribute in a sample of rows: how many were what."""

    attribute: str
    valid: int
    invalid: int
    placeholder: int
    missing: int

    @property
    def given(self) -> int:
        """Rows with something that was meant as a value."""
        return self.valid + self.invalid

    def share(self, count: int) -> float:
        """A count as a share of the sample."""
        return count / max(self.given + self.placeholder + self.missing, 1)


@dataclass(frozen=True, slots=True)
class SourceCheck:
    """What came of trying one source."""

    source: str
    owner: str
    kind: str
    columns: int
    """Columns that it has."""
    rows: int
    """Rows of the sample: the first it gives."""
    attributes: tuple[AttributeSample, ...]
    """Those that the source maps."""
    problem: str
    """Why it cannot be pulled; else empty."""
    remarks: tuple[str, ...]
    """What an operator should look at; the source can be pulled all the same."""


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """What came of trying a project."""

    project: str
    sources: tuple[SourceCheck, ...]
    problems: tuple[str, ...]
    """Of the project as a whole and of all sources."""
    remarks: tuple[str, ...]

    @property
    def attributes(self) -> tuple[AttributeSample, ...]:
        """The samples of all sources together."""
        total: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        for sample in (sample for source in self.sources for sample in source.attributes):
            counts = np.array([sample.valid, sample.invalid, sample.placeholder, sample.missing])
            total[sample.attribute] = total.get(sample.attribute, np.zeros(4, np.int64)) + counts
        return tuple(AttributeSample(name, *counts.tolist()) for name, counts in total.items())


def check(
    project: Project, environment: Mapping[str, str], sources: Sequence[Source], rows: int, progress: Progress | None = None
) -> ProjectCheck:
    """Try some sources of a project on at most `rows` rows of each; problems of all of them are gathered."""
    tried = []
    for source in sources:
        if progress:
            progress(source.name)
        tried.append(check_source(project, environment, source, rows))
    problems = [*warehouse_problems(project, environment), *(one.problem for one in tried if one.problem)]
    remarks = [f"source '{one.source}': {remark}" for one in tried for remark in one.remarks]
    if project.truth and not project.truth.exists():
        remarks.append(f"the truth file {project.truth} is not there, so no accuracy will be told")
    return ProjectCheck(project.name, tuple(tried), tuple(problems), tuple(remarks))


def warehouse_problems(project: Project, environment: Mapping[str, str]) -> Iterator[str]:
    """Whether the warehouse's address is complete; it is not opened, for opening would make it."""
    try:
        project.warehouse(environment)
    except OnefoldError as error:
        yield str(error)


def check_source(project: Project, environment: Mapping[str, str], source: Source, rows: int) -> SourceCheck:
    """Try one source."""
    kind = str(source.connect.get("kind", ""))
    try:
        connector = open_source(source, project.folder, environment)
        columns = connector.columns()
        # Closing the generator half way gives a file or connection back at once.
        with closing(cast(Generator[Batch], connector.batches(source.columns, size=rows))) as batches:
            batch = next(batches, None)
    except SourceError as error:
        return SourceCheck(source.name, source.owner, kind, 0, 0, (), str(error), ())
    if batch is None:
        return SourceCheck(source.name, source.owner, kind, len(columns), 0, (), "", ("it has no rows",))
    count = batch.rows.num_rows + len(batch.refused)
    if not batch.rows.num_rows:
        problem = f"source '{source.name}': {unreadable_rows(batch)}. Correct the source, or sources.{source.name}.connect."
        return SourceCheck(source.name, source.owner, kind, len(columns), count, (), problem, ())
    samples = tuple(sampled(batch.rows, source, project.attributes))
    return SourceCheck(source.name, source.owner, kind, len(columns), count, samples, "", tuple(remarks(batch, source, samples)))


def unreadable_rows(batch: Batch) -> str:
    """How many rows cannot be read, and why not the first of them."""
    first, some = batch.refused[0], len(batch.refused)
    count = batch.rows.num_rows + some
    share = "none" if some == count else f"{some:,}"
    return f"{share} of the first {count:,} rows can{'not' * (some < count)} be read; row {first.row}: {first.reason}"


def sampled(rows: pa.RecordBatch, source: Source, attributes: Sequence[Attribute]) -> Iterator[AttributeSample]:
    """What standardising makes of some rows, for each attribute that the source maps."""
    mapped = {piece.attribute for piece in pieces(rows.slice(0, 1), source, attributes)}
    statuses = standardise(rows, source, attributes).statuses
    for attribute in attributes:
        if attribute.name in mapped:
            yield counted(attribute.name, statuses[attribute.name])


def counted(name: str, statuses: Statuses) -> AttributeSample:
    """How many values were what.

    >>> counted("email", np.array([1, 1, 0, 2, 3], np.uint8))
    AttributeSample(attribute='email', valid=2, invalid=1, placeholder=1, missing=1)
    """
    count = np.bincount(statuses, minlength=len(Status)).tolist()
    return AttributeSample(name, count[Status.VALID], count[Status.INVALID], count[Status.PLACEHOLDER], count[Status.MISSING])


def remarks(batch: Batch, source: Source, samples: Sequence[AttributeSample]) -> Iterator[str]:
    """What an operator should look at, in the sample's rows."""
    rows = batch.rows
    if batch.refused:
        yield unreadable_rows(batch)
    keys = record_keys(rows, source.key)
    named = ", ".join(source.key)
    if keys.null_count:
        yield f"{keys.null_count:,} of {len(keys):,} rows have no key ({named})"
    if again := int(SeenKeys().repeated(keys.drop_null()).sum()):
        yield f"{again:,} of {len(keys):,} rows repeat an earlier key ({named}); is it the right column?"
    if source.modified and (unread := unreadable_times(rows, source)):
        yield f"{unread:,} times of change in '{source.modified}' cannot be read; set modified: {{column: ..., format: ...}}"
    yield from about_values(source, samples)


def unreadable_times(rows: pa.RecordBatch, source: Source) -> int:
    """Rows whose time of the last change cannot be read, where they are most."""
    text = rows.column(source.modified)
    given = len(text) - text.null_count
    unread = given - int((modified_times(text, source.modified_format) != NO_TIME).sum())
    return unread if given >= FEWEST and unread >= MOSTLY * given else 0


def about_values(source: Source, samples: Sequence[AttributeSample]) -> Iterator[str]:
    """Attributes whose values are mostly not what their type expects, or never there."""
    direct = {column.target: " + ".join(column.names) for column in source.map}
    for sample in samples:
        where = f"map.{sample.attribute} ({direct[sample.attribute]})" if sample.attribute in direct else sample.attribute
        rows = sample.missing + sample.placeholder
        if sample.given >= FEWEST and sample.invalid >= MOSTLY * sample.given:
            yield f"{where}: {sample.invalid:,} of {sample.given:,} values cannot be read as such; is it the right column and format?"
        elif sample.placeholder >= FEWEST and sample.placeholder >= MOSTLY * (sample.given + sample.placeholder):
            stand_ins = f"{sample.placeholder:,} of {sample.given + sample.placeholder:,} values stand for nothing (n/a, 99/99/9999)"
            yield f"{where}: {stand_ins}; is it the right column?"
        # A part of a whole name or address may well be absent throughout.
        elif sample.attribute in direct and not sample.given and rows >= FEWEST:
            yield f"{where}: there is no value in the first {rows:,} rows"
