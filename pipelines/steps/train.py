"""Train: learn a model from the live records and from what people have said of pairs; ask them; adopt it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np

from domain.decisions import Decision
from domain.runs import RunStatus
from matching.block import Pairs
from matching.cluster import Clusters, Constraints, Longs
from matching.compare import RARITY, Patterns
from matching.estimate import Believed, believe
from matching.match import Scored, find_clusters, find_pairs, score_pairs
from matching.model import Model
from matching.records import Ints
from matching.refine import Refined, refined_by
from matching.score import MICRO, Floats
from matching.train import train
from pipelines.project import Project
from pipelines.steps.population import Live, Said, live_population, model_in_use, said
from pipelines.steps.session import Session
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions
from warehouse.models import StoredModel, adopt_model, adopted_model, save_model
from warehouse.runs import finish_run, last_result

BY_A_PERSON = "trained by a person"
"""The note of a model that a person has trained: no run replaces it by itself."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What is learned without any label."""

    live: Live
    model: Model
    pairs: Pairs
    patterns: Patterns


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with what labels made of it, and what it says of the candidate pairs."""

    fitted: Fitted
    model: Model
    scored: Scored
    refined: Refined
    said: Said


@dataclass(frozen=True, slots=True)
class Levels:
    """How often pairs of each class are equal in one comparison, and how often different, where both records have a value."""

    name: str
    attributes: tuple[str, ...]
    equal: tuple[float, float, float]
    """Among *same*, *related* and *unrelated* pairs."""
    different: tuple[float, float, float]
    strongest: float
    """Bits of the level that speaks most for *same*."""
    weakest: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change if a model took the place of the adopted one."""

    adopted: str
    """The adopted model's fingerprint."""
    records_moved: int
    """Records that would be in a cluster with other records than now."""
    clusters_before: int
    clusters_after: int
    pairs_joined: int
    """Candidate pairs that would be the same and are not now."""
    pairs_parted: int


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a training came to."""

    model: str
    records: int
    comparisons: tuple[Levels, ...]
    rounds: int
    converged: bool
    candidate_pairs: int
    admissible_pairs: float
    fitted_same: float
    """Pairs that are the same customer, as they were estimated without labels."""
    fitted_related: float
    believed: Believed | None
    """What the model believes of the clusters that it makes; None where it joins nothing."""
    decisions: int
    """Decisions that stand about live records."""
    labels: int
    """Those of them that are labels."""
    labels_changed_weights: bool
    label_gain: float
    """Bits a label by which labels held back are told better."""
    preview: Preview | None
    placeholders: Mapping[str, int]
    """By attribute, how many values were found to stand for a missing one."""


def fit_live(warehouse: Warehouse, project: Project) -> Fitted:
    """Learn from the live records, without labels."""
    live = live_population(warehouse, project)
    return Fitted(live, *train(live.forms, live.population, project.match.pair_budget))


def taught(warehouse: Warehouse, project: Project, fitted: Fitted) -> Trained:
    """Let the decisions that stand correct what was fitted."""
    with warehouse.connect() as connection:
        decisions: Sequence[Decision] = active_decisions(connection)
    live, known = fitted.live, said(decisions, fitted.live.records)

    def cluster_by(model: Model) -> Ints:
        scored = score_pairs(fitted.pairs, fitted.patterns, model, live.population)
        return find_clusters(live.forms, live.population, model, scored, project.match, Constraints.none()).label

    model, refined = refined_by(fitted.model, known.labels, live.forms, fitted.patterns, live.tickets, cluster_by)
    return Trained(fitted, model, score_pairs(fitted.pairs, fitted.patterns, model, live.population), refined, known)


def save_training(session: Session, trained: Trained) -> TrainingReport:
    """Keep the model and say what it is."""
    report = report_of(session, trained)
    with session.warehouse.begin() as connection:
        save_model(connection, session.run, report.model, trained.model.dump().decode(), BY_A_PERSON)
    return report


def adopt(session: Session, fingerprint: str, by: str) -> None:
    """Use a kept model from the next run on, as a person wants."""
    with session.warehouse.begin() as connection:
        adopt_model(connection, session.run, fingerprint, BY_A_PERSON)
        record_act(connection, datetime.now(UTC), by, "adopt", f"model {fingerprint}", {"run": session.run.number})


def end_training(session: Session, report: TrainingReport, adopted: bool) -> None:
    """Note what came of it; what is published stands, and so does the fingerprint of what it rests on."""
    with session.warehouse.begin() as connection:
        last = last_result(connection)
        kept = (last.fingerprints.get("input") if last else None) or ""
        told = {"training": asdict(report) | {"adopted": adopted}}
        finish_run(connection, session.run, RunStatus.UNCHANGED, datetime.now(UTC), told, {"input": kept} if kept else {})


def report_of(session: Session, trained: Trained) -> TrainingReport:
    """The figures of a training."""
    fit, live, scored = trained.model.fit, trained.fitted.live, trained.scored
    clusters, decided = clusters_by(session.project, trained, trained.model, scored), trained.said.constraints
    with session.warehouse.connect() as connection:
        kept = adopted_model(connection)
    return TrainingReport(
        model=trained.model.fingerprint,
        records=trained.model.records,
        comparisons=levels_of(trained.model),
        rounds=fit.rounds,
        converged=fit.converged,
        candidate_pairs=len(scored.pairs),
        admissible_pairs=fit.admissible_pairs,
        fitted_same=fit.same_pairs,
        fitted_related=fit.related_pairs,
        believed=believe(live.forms, trained.model, scored, clusters, decided, live.tickets),
        decisions=len(trained.said.answered.left),
        labels=trained.refined.labels,
        labels_changed_weights=trained.refined.accepted,
        label_gain=trained.refined.gain,
        preview=preview_of(session.project, trained, kept, clusters),
        placeholders=trained.model.placeholder_counts,
    )


def levels_of(model: Model) -> tuple[Levels, ...]:
    """What was fitted of each comparison."""
    first = len(RARITY) + 1
    return tuple(
        Levels(
            comparison.name,
            tuple(attribute.name for attribute in comparison.attributes),
            equal_share(m, r, u, slice(1, first)),
            equal_share(m, r, u, slice(-1, None)),
            float(weights.same.max() / MICRO),
            float(weights.same.min() / MICRO),
        )
        for comparison, weights, m, r, u in zip(
            model.comparisons, model.scoring.weights, model.fit.m, model.fit.r, model.fit.u, strict=True
        )
    )


def equal_share(m: Floats, r: Floats, u: Floats, levels: slice) -> tuple[float, float, float]:
    """The probability of some levels in each class."""
    return float(m[levels].sum()), float(r[levels].sum()), float(u[levels].sum())


def preview_of(project: Project, trained: Trained, kept: StoredModel | None, clusters: Clusters) -> Preview | None:
    """What would change against the adopted model, if there is one that fits the project."""
    old = model_in_use(kept, project)
    if kept is None or old is None:
        return None
    live, budget = trained.fitted.live, project.match.pair_budget
    before = score_pairs(*find_pairs(live.forms, live.population, old, budget), old, live.population)
    was, becomes = clusters_by(project, trained, old, before).label.astype(np.int64), clusters.label.astype(np.int64)
    old_links, new_links = (linked(one, project.match.join, len(live.records)) for one in (before, trained.scored))
    return Preview(
        kept.fingerprint,
        moved(was, becomes),
        len(np.unique(was)),
        len(np.unique(becomes)),
        len(np.setdiff1d(new_links, old_links, assume_unique=True)),
        len(np.setdiff1d(old_links, new_links, assume_unique=True)),
    )


def clusters_by(project: Project, trained: Trained, model: Model, scored: Scored) -> Clusters:
    """The clusters by a model, under the decisions that stand."""
    live = trained.fitted.live
    return find_clusters(live.forms, live.population, model, scored, project.match, trained.said.constraints)


def linked(scored: Scored, join: float, count: int) -> Longs:
    """The candidate pairs above `join`, as numbers."""
    chosen = scored.probability > join
    return scored.pairs.left[chosen].astype(np.int64) * count + scored.pairs.right[chosen]


def moved(before: Longs, after: Longs) -> int:
    """How many records are with other records than before.

    >>> moved(np.array([0, 0, 2, 3]), np.array([0, 0, 2, 2]))
    2
    """
    _, back, size = np.unique(before * (after.max(initial=0) + 1) + after, return_inverse=True, return_counts=True)
    whole = size[back]
    return int(((np.bincount(before)[before] != whole) | (np.bincount(after)[after] != whole)).sum())
