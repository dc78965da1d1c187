"""Population: the live records as matching sees them, with the stewards' decisions about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError
from matching.assemble import assemble
from matching.chance import Population
from matching.cluster import Constraints
from matching.forms import Forms, forms_of
from matching.labels import Flags, Labels, Tickets, record_tickets
from matching.model import Model, load_model
from matching.records import Records
from matching.teach import Answered
from matching.train import unique_sources
from pipelines.project import Project
from pipelines.steps.decided import decided, positions_of
from warehouse.database import Warehouse
from warehouse.models import StoredModel
from warehouse.records import live_records

ASKED_FOR_PATTERN = "training"
"""The reason of a decision that answers a question of training which was drawn for what was compared of the two records."""
ASKED_FOR_CLUSTERS = "training: are two clusters one?"
"""The reason of one that settles two clusters: it binds, but is no label."""


@dataclass(frozen=True, slots=True)
class Live:
    """All live records, ready to be matched."""

    records: Records
    forms: dict[str, Forms]
    population: Population
    tickets: Tickets


def live_population(warehouse: Warehouse, project: Project) -> Live:
    """The live records; an OnefoldError where there are none."""
    records = assemble(live_records(warehouse, project.attributes), project.attributes)
    if not len(records):
        raise OnefoldError("no source has any live record: there is nothing to match. Run `onefold run` first, or see `onefold status`.")
    unique = frozenset(source.name for source in project.sources if source.unique)
    population = Population(records.source, unique_sources(records.sources, unique), records.sources)
    return Live(records, forms_of(records), population, record_tickets(records))


@dataclass(frozen=True, slots=True)
class Said:
    """The stewards' decisions about live records: as constraints, as labels, and as pairs not to ask about again."""

    constraints: Constraints
    labels: Labels
    answered: Answered


def said(decisions: Sequence[Decision], records: Records) -> Said:
    """Decisions as matching knows them. A pair decided by itself is a label, unless it was asked about for two clusters' sake."""
    acts: dict[str, int] = {}
    for one in decisions:
        acts[one.group] = acts.get(one.group, 0) + 1
    alone = [d for d in decisions if acts[d.group] == 1 and d.reason != ASKED_FOR_CLUSTERS and d.verdict is not Verdict.UNSURE]
    left, right, kept = positions_of(alone, records)
    labels = Labels(left, right, kept_same(alone, kept))
    left, right, _ = positions_of(decisions, records)
    return Said(decided(decisions, records), labels, Answered(left, right))


def kept_same(decisions: Sequence[Decision], kept: Sequence[int]) -> Flags:
    """Whether each of the kept decisions says *same*."""
    return np.array([decisions[at].verdict is Verdict.SAME for at in kept], bool)


def model_in_use(kept: StoredModel | None, project: Project) -> Model | None:
    """The adopted model, if there is one and it fits the project's attributes."""
    try:
        return None if kept is None else load_model(kept.artefact.encode(), project.attributes)
    except OnefoldError:
        return None
