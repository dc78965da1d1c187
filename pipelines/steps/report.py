"""Report: what a run has come to, gathered step by step and kept with it."""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from domain.runs import RunStatus
from matching.evaluate import accuracy
from pipelines.steps.events import Delivered
from pipelines.steps.identify import IdentityReport
from pipelines.steps.ingest import IngestReport
from pipelines.steps.match import MatchReport
from pipelines.steps.merge import MergeReport
from pipelines.steps.publish import PublishReport
from pipelines.steps.session import Session
from warehouse.golden import golden_count
from warehouse.ledger import published_crosswalk
from warehouse.records import live_record_count
from warehouse.relationships import relationship_counts
from warehouse.runs import finish_run, last_result, note, published_run, run_report
from warehouse.tasks import task_counts

Report = dict[str, Any]
TRUTH = ("source", "record_id", "entity_id")
"""Columns of a file that says which records are the same customer."""


def note_ingest(session: Session, found: IngestReport) -> None:
    """Add what came of one source."""
    told = {
        "state": found.state,
        "reason": found.reason,
        "data_as_of": found.data_as_of.isoformat() if found.data_as_of else None,
        "checks_failed": len(found.gate.failed) if found.gate else 0,
        **(asdict(found.counts) if found.counts else {}),
        **({"invalid": dict(found.invalid)} if found.invalid else {}),
        **({"rekeyed": asdict(found.rekeyed)} if found.rekeyed else {}),
    }
    with session.warehouse.begin() as connection:
        row = run_report(connection, session.run.number)
        sources = {**((row.report if row else None) or {}).get("sources", {}), found.source: told}
        note(connection, session.run, sources=sources)


def note_step(session: Session, found: MatchReport | IdentityReport | MergeReport | PublishReport) -> None:
    """Add what came of a step after the sources."""
    if isinstance(found, MergeReport):
        told = {**{k: v for k, v in asdict(found).items() if k != "duplication"}}
        parts: dict[str, Any] = {"merge": told, "duplication": found.duplication.to_dict()}
    elif isinstance(found, PublishReport):
        parts = {"publication": {"status": found.status, "reason": found.gate.reason, "checks_failed": len(found.gate.failed)}}
    else:
        parts = {"match" if isinstance(found, MatchReport) else "identity": asdict(found)}
    with session.warehouse.begin() as connection:
        note(connection, session.run, **parts)


def note_deliveries(session: Session, found: Sequence[Delivered]) -> None:
    """Add what subscribers were told, where there are any."""
    if found:
        with session.warehouse.begin() as connection:
            note(
                connection,
                session.run,
                deliveries={one.subscriber: {**asdict(one), "next_attempt": when(one.next_attempt)} for one in found},
            )


def when(moment: datetime | None) -> str | None:
    """A moment as the report keeps it."""
    return None if moment is None else moment.isoformat()


def note_seconds(session: Session, step: str, seconds: float) -> None:
    """Add how long a step took."""
    with session.warehouse.begin() as connection:
        row = run_report(connection, session.run.number)
        note(
            connection,
            session.run,
            seconds_by_step={**((row.report if row else None) or {}).get("seconds_by_step", {}), step: round(seconds, 3)},
        )


def finish(session: Session, error: str = "", fingerprint: str | None = None) -> Report:
    """End the run: its status, its figures, and what it left open; `fingerprint` is that of its input."""
    with session.warehouse.begin() as connection:
        row = run_report(connection, session.run.number)
        parts = dict((row.report if row else None) or {})
        status = status_of(parts, error)
        now = {
            "records": parts["match"]["records"] if "match" in parts else live_record_count(connection),
            "golden_customers": golden_count(connection),
            "relationships": dict(relationship_counts(connection)),
            "open_tasks": sum(task_counts(connection).values()),
        }
    report = {**figures(session, parts, status), **now, "error": error, **measured(session)}
    report |= (accuracy_before(session) or accuracy_of(session)) | parts
    with session.warehouse.begin() as connection:
        fingerprints = {"input": fingerprint} if fingerprint else {}
        fingerprints |= {"model": parts["match"]["model"]} if "match" in parts else {}
        finish_run(connection, session.run, status, datetime.now(UTC), report, fingerprints)
    return report


def status_of(parts: Mapping[str, Any], error: str) -> RunStatus:
    """How the run ended."""
    if error:
        return RunStatus.HELD if "held_by" in parts else RunStatus.FAILED
    return RunStatus(parts.get("publication", {}).get("status", RunStatus.UNCHANGED))


def figures(session: Session, parts: Mapping[str, Any], status: RunStatus) -> Report:
    """The figures of a run that scripts read."""
    sources = list(parts.get("sources", {}).values())
    identity, merge = parts.get("identity", {}), parts.get("merge", {})
    total = {name: sum(source.get(name, 0) for source in sources) for name in ("read", "accepted", "quarantined", "suppressed")}
    return {
        "run_id": session.run.id,
        "run": session.run.number,
        "status": str(status),
        **total,
        "ids_minted": identity.get("minted", 0),
        "ids_merged": identity.get("merged", 0),
        "ids_split": identity.get("split", 0),
        "ids_revived": identity.get("revived", 0),
        "ids_retired": identity.get("retired", 0),
        "values_changed": merge.get("values_changed", 0),
        "sources_held": sorted(name for name, source in parts.get("sources", {}).items() if source["state"] == "held"),
    }


def measured(session: Session) -> Report:
    """Seconds since the run began, and the peak of memory of this process and its children."""
    unit = 1 if sys.platform == "darwin" else 1024
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) * unit
    seconds = (datetime.now(UTC) - session.run.started_at).total_seconds()
    return {"seconds": round(seconds, 2), "peak_mb": round(peak / 2**20, 1)}


def truth_stamp(session: Session) -> Report:
    """What the accuracy depends on: the publication and the file of the truth, as far as its size and time tell."""
    path = session.project.truth
    with session.warehouse.connect() as connection:
        published = published_run(connection)
    if path is None or not path.exists():
        return {}
    known = path.stat()
    return {"truth_seen": [published, path.name, known.st_size, known.st_mtime_ns]}


def accuracy_before(session: Session) -> Report:
    """The accuracy that an earlier run has measured of the same publication; empty where it has to be measured."""
    stamp = truth_stamp(session)
    with session.warehouse.connect() as connection:
        last = last_result(connection)
    report = (last.report if last else None) or {}
    if not stamp or report.get("truth_seen") != stamp["truth_seen"] or "accuracy" not in report:
        return {}
    return {name: report[name] for name in ("accuracy", "truth_seen")}


def accuracy_of(session: Session) -> Report:
    """`accuracy`: pairwise precision, recall and F1 of the publication against the project's truth, where it has one.

    A truth that cannot be read stops no run: then there is a `truth_problem` instead.
    """
    path = session.project.truth
    if path is None or not path.exists():
        return {}
    try:
        truth = pd.read_csv(path, dtype=str, keep_default_na=False, na_filter=False, usecols=list(TRUTH))
    except (ValueError, OSError):  # what pandas says may quote a row
        return {"truth_problem": f"the truth file '{path.name}' cannot be read: it is CSV in UTF-8 with the columns {', '.join(TRUTH)}."}
    published = published_crosswalk(session.warehouse)
    if not len(published):
        return {}
    found = published.to_pandas().rename(columns={"record_key": "record_id"})
    both = truth.merge(found, on=["source", "record_id"], how="left")
    lone = both["golden_id"].isna().to_numpy()
    cluster = pd.factorize(both["golden_id"])[0]
    cluster[lone] = cluster.max(initial=0) + 1 + np.arange(int(lone.sum()))
    score = accuracy(cluster, pd.factorize(both["entity_id"])[0])
    return {"accuracy": {name: round(getattr(score, name), 4) for name in ("precision", "recall", "f1")}, **truth_stamp(session)}
