"""Preview: what a run would publish by the project file as it is now, or by another model, without publishing anything.

The real steps run on a copy of the warehouse, which is then thrown away (docs/decisions/0029-restore.md): what they stage, ask,
quarantine or adopt is seen by nobody.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from domain.errors import OnefoldError, SourceError
from domain.runs import Run
from domain.sources import Source
from pipelines.project import Project
from pipelines.steps import consolidate as steps
from pipelines.steps.difference import LISTED, Difference, difference
from pipelines.steps.kept_rows import is_outdated, standardise_again
from pipelines.steps.match import MatchReport
from pipelines.steps.session import Session, session_on
from pipelines.steps.train import BY_A_PERSON, fit_live, taught
from warehouse.database import Warehouse, open_warehouse
from warehouse.generated import ensure_tables
from warehouse.lock import run_lock
from warehouse.models import StoredModel, adopt_model, save_model, stored_models
from warehouse.publications import Publication, last_publication
from warehouse.runs import last_reports
from warehouse.scratch import scratch_copy
from warehouse.sources import source_states

NEW = "new"
"""Asks for a model that is trained for the preview."""


@dataclass
class Arrivals:
    """What became of the sources of a preview."""

    pulled: list[str] = field(default_factory=list)
    standardised: list[str] = field(default_factory=list)
    """Those of which the kept rows were standardised anew, because their map, the attributes or the code are others."""
    held: dict[str, str] = field(default_factory=dict)
    """Those that would be held, and why."""
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Mapped columns that were never pulled: only a pull brings them."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change against what is published."""

    published: Publication
    difference: Difference
    arrivals: Arrivals
    match: MatchReport
    gate: str
    """Why the publication gate would be closed; empty: it would be open."""


def preview(project: Project, model: str | None = None, pull: bool = False, limit: int = LISTED) -> Preview:
    """What a run would change: with the adopted model, the kept one of a fingerprint, or a `new` one, which is kept and not adopted.

    Sources are pulled where that is asked for and where they never were. Raises an OnefoldError where nothing is published yet, or
    no model has this fingerprint; `WarehouseBusy` while a run is under way.
    """
    with closing(open_warehouse(project.warehouse(os.environ), project.folder)) as warehouse, run_lock(warehouse):
        published = require_publication(warehouse)
        with scratch_copy(warehouse) as copy:
            ensure_tables(copy, project.attributes)
            with session_on(project, copy) as session:
                found = previewed(session, published, model, pull, limit)
                trained = model_named(session, found.match.model) if model == NEW else None
        if trained is not None:
            keep(warehouse, trained)
    return found


def require_publication(warehouse: Warehouse) -> Publication:
    """What is published; an OnefoldError where nothing is."""
    with warehouse.connect() as connection:
        published = last_publication(connection)
    if published is None:
        raise OnefoldError("nothing has been published yet that could change: run `onefold run` first.")
    return published


def previewed(session: Session, published: Publication, model: str | None, pull: bool, limit: int) -> Preview:
    """The steps of a run up to its gate, and what they have staged against what is published."""
    if model not in (None, NEW):
        model_named(session, str(model))
    arrivals = arrive(session, pull)
    if model is not None:
        use(session, model)
    match = steps.match(session)
    steps.identify(session)
    steps.merge(session)
    gate = steps.ask(session)
    found = difference(session.warehouse, session.project.attributes, published.run, session.run.number, limit)
    return Preview(published, found, arrivals, match, gate.reason)


def arrive(session: Session, pull: bool) -> Arrivals:
    """Bring the sources to where the project file wants them."""
    with session.warehouse.connect() as connection:
        live = {state.name for state in source_states(connection) if state.live_run}
    arrivals = Arrivals()
    for source in session.project.sources:
        if pull or source.name not in live:
            pull_one(session, source, arrivals)
        elif is_outdated(session, source):
            arrivals.standardised.append(source.name)
            missing = standardise_again(session, source)
            arrivals.missing |= {source.name: missing} if missing else {}
    return arrivals


def pull_one(session: Session, source: Source, arrivals: Arrivals) -> None:
    """Pull a source; one that would be held keeps its last good data here too."""
    found = steps.pull(session, source)
    arrivals.pulled.append(source.name)
    if found.state == "held":
        arrivals.held[source.name] = found.reason
        if source.required:
            raise SourceError(source.name, f"it is required, and a run would stop: {found.reason}")


def use(session: Session, model: str) -> None:
    """Adopt a kept model, or a new one, in the copy."""
    fingerprint = train_new(session) if model == NEW else model
    with session.warehouse.begin() as connection:
        adopt_model(connection, session.run, fingerprint, BY_A_PERSON)


def train_new(session: Session) -> str:
    """Train a model on the live records and what was decided; its fingerprint."""
    trained = taught(session.warehouse, session.project, fit_live(session.warehouse, session.project)).model
    with session.warehouse.begin() as connection:
        save_model(connection, session.run, trained.fingerprint, trained.dump().decode(), BY_A_PERSON)
    return trained.fingerprint


def model_named(session: Session, fingerprint: str) -> StoredModel:
    """A kept model; an OnefoldError names those that there are."""
    with session.warehouse.connect() as connection:
        kept: Mapping[str, StoredModel] = {one.fingerprint: one for one in stored_models(connection)}
    if fingerprint not in kept:
        raise OnefoldError(f"there is no model '{fingerprint}': kept are {', '.join(kept) or 'none'}; `onefold train` trains another.")
    return kept[fingerprint]


def keep(warehouse: Warehouse, trained: StoredModel) -> None:
    """Keep a model that a preview has trained; it is not adopted."""
    with warehouse.begin() as connection:
        last = last_reports(connection, 1)[0]
        run = Run(last.number, last.id, last.started_at)
        save_model(connection, run, trained.fingerprint, trained.artefact, trained.note)
