"""Load a project: read its file, check it as a whole, and make it plain values that the rest of the house works with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain.attributes import Attribute
from domain.checks import Check, Gate
from domain.errors import OnefoldError, ProjectError
from domain.events import Subscriber
from domain.settings import MatchSettings
from domain.sources import Source
from pipelines.project.attributes import attributes
from pipelines.project.document import read_document
from pipelines.project.environment import resolve, resolve_url, variable_problem
from pipelines.project.expectations import checks
from pipelines.project.faults import Faults, shaped
from pipelines.project.find import PROJECT_FILE
from pipelines.project.model import MatchSpec, ProjectFile
from pipelines.project.schedule import schedule_problem, timezone_problem
from pipelines.project.sources import sources
from pipelines.project.subscribers import secret_problem, subscribers

SHORTEST_KEY = 16
"""Bytes of the key for erasures at least."""


@dataclass(frozen=True)
class Project:
    """A project as its file declares it, right as a whole; secrets are still `${NAME}`."""

    folder: Path
    name: str
    warehouse_url: str
    """As written; `warehouse` resolves it."""
    attributes: tuple[Attribute, ...]
    sources: tuple[Source, ...]
    match: MatchSettings
    publication_checks: tuple[Check, ...]
    subscribers: tuple[Subscriber, ...]
    erase_key: str | None
    """As written; `erasure_key` resolves it."""
    schedule: str | None
    """Five fields of cron."""
    timezone: str
    truth: Path | None
    fingerprint: str
    """Changes when something changes that the result depends on."""

    def warehouse(self, environment: Mapping[str, str]) -> str:
        """The warehouse's URL with its variables resolved; an OnefoldError names those that are not set."""
        try:
            return resolve_url(self.warehouse_url, environment)
        except OnefoldError as error:
            raise OnefoldError(f"warehouse: {error}") from None

    def erasure_key(self, environment: Mapping[str, str]) -> bytes:
        """The key of the hashes that are kept of erased customers. Raises OnefoldError where there is none, or one that can be guessed."""
        if self.erase_key is None:
            raise OnefoldError(
                "the project file names no key for erasures: write erase: {key: ${ONEFOLD_ERASURE_KEY}} and set that variable."
            )
        try:
            key = resolve(self.erase_key, environment).encode()
        except OnefoldError as error:
            raise OnefoldError(f"erase.key: {error}.") from None
        if len(key) < SHORTEST_KEY:
            raise OnefoldError(
                f"erase.key: it is shorter than {SHORTEST_KEY} bytes and can be guessed; make one with: openssl rand -hex 32"
            )
        return key


def load_project(folder: Path) -> Project:
    """The project in a folder. A ProjectError lists everything that is wrong with its file."""
    path = folder / PROJECT_FILE
    faults = Faults(read_document(path))
    file = shaped(faults)
    project = built(file, folder, faults) if file else None
    if project is None or faults.problems:
        raise ProjectError(str(path), faults.sorted())
    return project


def built(file: ProjectFile, folder: Path, faults: Faults) -> Project:
    """The project that a file declares; faults say what is wrong with it."""
    known = attributes(file, faults)
    all_sources = sources(file, known, faults)
    publication = checks(file.publish, Gate.PUBLICATION, faults.keys("attributes"), faults, ("publish",))
    match = match_settings(file.match, faults)
    check_schedule(file, faults)
    if problem := warehouse_problem(file.warehouse):
        faults.add(("warehouse",), problem)
    if file.erase and (problem := secret_problem(file.erase.key)):
        faults.add(("erase", "key"), problem)
    return Project(
        folder=folder,
        name=file.name,
        warehouse_url=file.warehouse,
        attributes=tuple(known.values()),
        sources=all_sources,
        match=match,
        publication_checks=publication,
        subscribers=subscribers(file, faults),
        erase_key=file.erase.key if file.erase else None,
        schedule=file.schedule,
        timezone=file.timezone,
        truth=folder / file.truth if file.truth else None,
        fingerprint=fingerprint(tuple(known.values()), all_sources, match, publication),
    )


def match_settings(spec: MatchSpec, faults: Faults) -> MatchSettings:
    """The settings of the match; the thresholds must be in order."""
    low, high = spec.ask
    if low > high:
        faults.add(("match", "ask"), f"its lower edge {low:g} is above its upper edge {high:g}")
    elif not low <= spec.join <= high:
        faults.add(("match",), f"join is {spec.join:g}, which is not within ask, {low:g} to {high:g}", at=("match", "join"))
    return MatchSettings(spec.join, (low, high), spec.hold, spec.max_tasks_per_run, spec.max_cluster, spec.pair_budget)


def check_schedule(file: ProjectFile, faults: Faults) -> None:
    """Note what is wrong with the schedule and its time zone."""
    if file.schedule and (problem := schedule_problem(file.schedule)):
        faults.add(("schedule",), problem)
    if problem := timezone_problem(file.timezone):
        faults.add(("timezone",), problem)


def warehouse_problem(url: str) -> str | None:
    """What is wrong with the warehouse's URL; none where it can be tried. It may hold a password, so it is not repeated.

    >>> warehouse_problem("mysql://db/onefold")
    'it is no URL of SQLite or PostgreSQL; write sqlite:///warehouse.db or postgresql+psycopg://user:${PASSWORD}@host/database'
    """
    scheme = url.partition("://")[0]
    if "${" in scheme or variable_problem(url):
        return variable_problem(url)
    if "://" in url and scheme.partition("+")[0] in ("sqlite", "postgresql", "postgres"):
        return None
    return "it is no URL of SQLite or PostgreSQL; write sqlite:///warehouse.db or postgresql+psycopg://user:${PASSWORD}@host/database"


def fingerprint(attributes: Sequence[Attribute], sources: Sequence[Source], match: MatchSettings, publication: Sequence[Check]) -> str:
    """A short hash of all that a result depends on.

    Where a source lives, who owns it, what a description says and who is told are left out, and so is the order of the sources;
    the order of attributes and of a source's map decides between values, and is kept.
    """
    plain: dict[str, Any] = {
        "attributes": [{key: value for key, value in asdict(a).items() if key != "description"} for a in attributes],
        "sources": sorted(
            ([s.name, s.key, s.modified, s.modified_format, s.trust, s.unique, [asdict(m) for m in s.map]] for s in sources), key=str
        ),
        "match": asdict(match),
        "publish": sorted(json.dumps(asdict(check), sort_keys=True) for check in publication),
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
