"""Runs, what their gates found, and the publications they made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, Table, Text, UniqueConstraint

from domain.checks import Gate, Severity
from domain.runs import RunStatus
from warehouse.columns import Json, UtcTime, key, metadata, one_of, optional, required

run = Table(
    "run",
    metadata,
    key("number", Integer, comment="Orders all that is kept"),
    required("id", Text, comment="Names the run outside, in Dagster for example"),
    required("status", Text),
    required("started_at", UtcTime, comment="The only clock the run knows"),
    optional("finished_at", UtcTime),
    optional("code_fingerprint", Text),
    optional("project_fingerprint", Text),
    optional("model_fingerprint", Text),
    optional("input_fingerprint", Text),
    optional("report", Json, comment="Counts; never a customer's data"),
    UniqueConstraint("id"),
    one_of("status", RunStatus),
    comment="One execution, with the fingerprints of all it is a function of",
)

quality_result = Table(
    "quality_result",
    metadata,
    key("run", Integer, ForeignKey("run.number")),
    key("gate", Text),
    key("subject", Text, comment="The source, or the golden table"),
    key("position", Integer, comment="Order within the gate's report"),
    required("name", Text, comment="The check as a sentence"),
    required("severity", Text),
    required("passed", Boolean),
    required("observed", Text),
    required("expected", Text),
    required("failing", BigInteger, comment="Rows that fail it"),
    required("recorded_at", UtcTime),
    one_of("gate", Gate),
    one_of("severity", Severity),
    comment="What came of each check of each gate",
)

publication = Table(
    "publication",
    metadata,
    key("run", Integer, ForeignKey("run.number")),
    required("published_at", UtcTime),
    required("note", Text),
    optional("restored_run", Integer, comment="The publication whose state this one brought back"),
    optional("published_by", Text, comment="Who asked for it, where a person did"),
    optional("resumed_at", UtcTime, comment="Of a restored one: when runs were let publish again"),
    optional("resumed_by", Text, comment="Who let them"),
    optional("rests_on", Integer, comment="The run whose source records it shows, where it is another's publication without somebody"),
    comment="The pointer of the golden tables: they show the state of the highest run in here",
)
