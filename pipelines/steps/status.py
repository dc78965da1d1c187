"""Status: how a project stands: what is published, how each source is, what waits for a steward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from domain.attributes import Storage
from domain.checks import Gate, GateReport, Severity
from domain.runs import BatchCounts, RunStatus
from matching.estimate import Believed
from pipelines.project import Project
from pipelines.reports.duplication import DuplicationReport
from pipelines.steps.basis import published_report
from warehouse import quality
from warehouse.database import Warehouse
from warehouse.golden import golden_count
from warehouse.publications import last_publication
from warehouse.quarantine import RefusedRows, refused_rows
from warehouse.runs import RunRow, last_reports, run_report
from warehouse.sources import Batch, SourceState, batch_history, source_states
from warehouse.tasks import task_counts

OFTEN = 0.2
"""Share of a source's values of an attribute that are invalid, from which on it is told."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What consumers see."""

    run: int
    run_id: str
    published_at: datetime
    golden_customers: int
    duplication: DuplicationReport | None
    match: MatchBelief | None = None
    """None where a release made it that kept none."""
    kept: str = ""
    """Which publication it has restored, by whom and when, while no run may take its place; else empty."""


@dataclass(frozen=True, slots=True)
class MatchBelief:
    """What the match of a publication believes of itself, and the truth beside it where that is known."""

    believed: Believed | None
    """None where nothing is joined."""
    converged: bool
    accuracy: Mapping[str, float] | None
    """`precision`, `recall` and `f1`, over pairs."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run, whatever came of it."""

    run: int
    run_id: str
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    reason: str
    """Why it failed or was held; else empty."""


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """How one source of the project is."""

    name: str
    owner: str
    required: bool
    state: str
    """`live`, `held` or `never` (pulled)."""
    data_as_of: datetime | None
    """When the data in use were pulled."""
    reason: str
    """Why it is held; else empty."""
    counts: BatchCounts | None
    """Of the latest pull; none where it could not be read, or there was none."""


@dataclass(frozen=True, slots=True)
class FailedWarning:
    """A check that failed and holds nothing back."""

    source: str
    """Or the table that was to be published."""
    check: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class InvalidValues:
    """An attribute of a source whose values are often not what its type expects."""

    source: str
    attribute: str
    invalid: int
    values: int
    """Invalid and valid ones."""
    is_date: bool
    """The map may then say in which format it is written."""


@dataclass(frozen=True, slots=True)
class NewKeys:
    """A source that has given its customers new keys."""

    source: str
    vanished: int
    new: int
    recognised: int
    asked: int
    problem: str
    """Why nobody could be recognised; else empty."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands."""

    project: str
    publication: Publication | None
    last_run: LastRun | None
    sources: tuple[SourceStanding, ...]
    """In the order of the project file."""
    open_tasks: Mapping[str, int]
    """By kind."""
    quarantined_rows: tuple[RefusedRows, ...] = ()
    """Of the latest pull of each source."""
    warnings: tuple[FailedWarning, ...] = ()
    """Of the latest pull of each source, and of the latest publication gate."""
    invalid_values: tuple[InvalidValues, ...] = ()
    """Of the latest pull of each source."""
    new_keys: tuple[NewKeys, ...] = ()
    """Found in the latest pull of each source."""


def standing(warehouse: Warehouse, project: Project) -> Standing:
    """How the project stands now, seen in one moment."""
    with warehouse.connect() as connection:
        published = published_report(connection)
        customers = golden_count(connection)
        restored = last_publication(connection)
        latest = last_reports(connection, 1)
        states = {state.name: state for state in source_states(connection)}
        pulls = {source.name: batch_history(connection, source.name, 1) for source in project.sources}
        tasks = task_counts(connection)
        runs = {name: batch[0].run for name, batch in pulls.items() if batch}
        refused = tuple(rows for name, run in runs.items() for rows in refused_rows(connection, run, name))
        last = latest[0].number if latest else 0
        gates = {run: quality.reports(connection, run) for run in {*runs.values(), last}}
        told = {run: run_report(connection, run) for run in set(runs.values())}
    kept = restored.told if restored and restored.kept else ""
    sources = (source_standing(s.name, s.owner, s.required, states.get(s.name), pulls[s.name]) for s in project.sources)
    return Standing(
        project.name,
        replace(publication_of(published, customers), kept=kept) if published else None,
        last_run_of(latest[0]) if latest else None,
        tuple(sources),
        tasks,
        refused,
        tuple(warnings_of(gates, runs, last)),
        tuple(found for name, run in runs.items() for found in invalid_values(project, name, told[run])),
        tuple(found for name, run in runs.items() for found in new_keys(name, told[run])),
    )


def warnings_of(gates: Mapping[int, list[GateReport]], runs: Mapping[str, int], last: int) -> Iterator[FailedWarning]:
    """The warnings of each source in the run that pulled it last, and those of the run `last` on publishing."""
    for name, run in runs.items():
        yield from failed_warnings(gates[run], Gate.ARRIVAL, name)
    for report in gates[last]:
        if report.gate is Gate.PUBLICATION:
            yield from failed_warnings([report], Gate.PUBLICATION, report.subject)


def failed_warnings(reports: list[GateReport], gate: Gate, subject: str) -> Iterator[FailedWarning]:
    """The checks of a gate on one subject that failed and stop nothing."""
    failed = (result for report in reports if (report.gate, report.subject) == (gate, subject) for result in report.failed)
    return (FailedWarning(subject, r.check, r.expected, r.observed) for r in failed if r.severity is Severity.WARN)


def new_keys(name: str, row: RunRow | None) -> Iterator[NewKeys]:
    """What a run has found where a source has given its customers new keys."""
    found = ((row.report if row else None) or {}).get("sources", {}).get(name, {}).get("rekeyed")
    if found:
        yield NewKeys(name, **found)


def invalid_values(project: Project, name: str, row: RunRow | None) -> Iterator[InvalidValues]:
    """Attributes of a source that were often invalid in a run, most often first."""
    counted = ((row.report if row else None) or {}).get("sources", {}).get(name, {}).get("invalid", {})
    dates = {a.name for a in project.attributes if a.storage is Storage.DATE}
    often = {a: (bad, bad + good) for a, (bad, good) in counted.items() if bad >= OFTEN * (bad + good)}
    for attribute, (bad, values) in sorted(often.items(), key=lambda item: (-item[1][0], item[0])):
        yield InvalidValues(name, attribute, bad, values, attribute in dates)


def publication_of(row: RunRow, customers: int) -> Publication:
    """The publication that a run made."""
    report: Mapping[str, Any] = row.report or {}
    found = report.get("duplication")
    told = DuplicationReport.from_dict(found) if found else None
    return Publication(row.number, row.id, row.started_at, customers, told, match_belief(report))


def match_belief(report: Mapping[str, Any]) -> MatchBelief | None:
    """What a run's match has kept of what it believes."""
    match: Mapping[str, Any] = report.get("match") or {}
    if "believed" not in match:
        return None
    believed = Believed.from_dict(match["believed"]) if match["believed"] else None
    return MatchBelief(believed, match["converged"], report.get("accuracy"))


def last_run_of(row: RunRow) -> LastRun:
    """A run, and why it went wrong if it did."""
    report: Mapping[str, Any] = row.report or {}
    reason = report.get("error") or (report.get("publication", {}).get("reason", "") if row.status is RunStatus.HELD else "")
    return LastRun(row.number, row.id, row.status, row.started_at, row.finished_at, reason)


def source_standing(name: str, owner: str, required: bool, state: SourceState | None, pulls: list[Batch]) -> SourceStanding:
    """One source, whether or not the warehouse knows it yet."""
    counts = pulls[0].counts if pulls else None
    if state is None:
        return SourceStanding(name, owner, required, "never", None, "", None)
    return SourceStanding(name, owner, required, state.state, state.data_as_of, state.held_reason or "", counts)


def told_by_publisher(warehouse: Warehouse) -> Mapping[str, Any]:
    """What the run that made the last publication told of itself; empty where there is none."""
    with warehouse.connect() as connection:
        row = published_report(connection)
    return (row.report if row else None) or {}


def steps_done(warehouse: Warehouse) -> tuple[str, ...]:
    """The steps that the run under way has done; none when there is no such run."""
    with warehouse.connect() as connection:
        latest = last_reports(connection, 1)
    if not latest or latest[0].status is not RunStatus.RUNNING:
        return ()
    return tuple((latest[0].report or {}).get("seconds_by_step", {}))
