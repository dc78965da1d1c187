"""Match: the live records become scored pairs and clusters, kept for the steps that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from domain.errors import OnefoldError
from domain.settings import MatchSettings
from matching.assemble import assemble
from matching.block import KeyCount, Pairs
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.compare import Patterns
from matching.estimate import Believed, believe
from matching.forms import Forms, forms_of
from matching.keys import Mask
from matching.labels import record_tickets
from matching.match import Scored, bits_of, find_clusters, find_pairs, score_pairs
from matching.model import Model, load_model
from matching.records import Longs, Records
from matching.relate import Related, related_clusters, small_enough
from matching.rematch import Found, contended, found_in, held_apart, rematch
from matching.train import train, unique_sources
from pipelines.project import Project
from pipelines.steps.basis import Basis, basis_of
from pipelines.steps.decided import decided
from pipelines.steps.keep import keep_clusters, keep_pairs, keep_related, worth_keeping
from pipelines.steps.session import Session
from pipelines.steps.suspend import suspend_decisions
from warehouse.audit import PROGRAM, record_act
from warehouse.decisions import active_decisions
from warehouse.models import adopt_model, adopted_model, save_model
from warehouse.records import live_records
from warehouse.sources import first_live_runs
from warehouse.tasks import Question, sync_tasks

HISTOGRAM = np.linspace(0.0, 1.0, 21)
BY_ITSELF = "trained without labels"
"""The note of a model that a run has trained by itself."""


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What came of matching, and what it believes of itself."""

    records: int
    candidate_pairs: int
    """Pairs that blocking has brought together in this run."""
    linked_pairs: int
    """Pairs at or above `join`."""
    asked_pairs: int
    """Pairs within `ask`, whichever way they went."""
    clusters: int
    largest_cluster: int
    cut_components: int
    """Components that were too large and were cut at their weakest links."""
    believed: Believed | None
    """What the match believes of its clusters, without any label; None where nothing is joined."""
    converged: bool
    trained: bool
    """Whether a model was trained in this run."""
    model: str
    keys: tuple[KeyCount, ...]
    histogram: tuple[int, ...]
    """Candidate pairs by match probability, in twentieths."""
    last_decision: int = 0
    """Id of the latest decision of a steward that was known; what was decided later waits for the next run."""
    related_clusters: int = 0
    """Pairs of clusters that belong together without being the same."""
    cut_households: int = 0
    """Groups of people that were too large for a household and were cut at their weakest links."""
    matched_again: int | None = None
    """Records that were matched again, for they or what they belong to are other than at the last publication; None: all were."""
    suspended_decisions: int = 0
    """Decisions about a record that has turned into somebody else, which wait to be decided again."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What a match has found."""

    found: Found
    """All pairs that may be the same, also those that are as they were."""
    scored: Scored
    """Those that were scored now."""
    clusters: Clusters
    related: Related
    """Also the links that too large households will lose."""
    believed: Believed | None
    touched: Mask | None = None
    """Records that were matched again; None where all were."""
    gone: Longs | None = None
    """Numbers of records that were matched before and are no longer there; None where all were matched."""


def match_records(session: Session) -> MatchReport:
    """Block, compare, score and cluster the live records with the adopted model; the first run trains and adopts one.

    Where the last publication rests on the same model, only what is other since is matched again.
    """
    project = session.project
    records = assemble(live_records(session.warehouse, project.attributes), project.attributes)
    if not len(records):
        raise OnefoldError("no source has any live record: nothing can be matched. Look at `onefold status` for why each source is held.")
    forms = forms_of(records)
    unique = unique_sources(records.sources, frozenset(s.name for s in project.sources if s.unique))
    population = Population(records.source, unique, records.sources)
    model = fitting_model(session, project, len(population))
    trained = model is None
    basis = basis_of(session, records, model) if model is not None else None
    anew = None
    if model is None or basis is None:
        anew = compared(session, forms, population, model)
        model = anew[0]
    waiting = suspend_decisions(session, model)
    with session.warehouse.connect() as connection:
        decisions = active_decisions(connection)
    by_stewards = decided(decisions, records)
    if basis is not None:
        matched = match_again(forms, population, model, project.match, by_stewards, basis)
    else:
        assert anew is not None
        matched = match_all(records, forms, population, project.match, by_stewards, *anew)
    keep(session, records, population, model, matched)
    ask_stewards(session, records, matched.found, project.match, by_stewards)
    report = report_of(records, matched.scored, matched.clusters, model, trained, project.match, matched.believed, matched.found)
    held, cut = small_enough(matched.related, len(records))
    return replace(
        report,
        last_decision=max((one.id or 0 for one in decisions), default=0),
        related_clusters=int(held.sum()),
        cut_households=cut,
        matched_again=None if matched.touched is None else int(matched.touched.sum()),
        suspended_decisions=waiting,
    )


def match_all(
    records: Records,
    forms: dict[str, Forms],
    population: Population,
    settings: MatchSettings,
    by_stewards: Constraints,
    model: Model,
    pairs: Pairs,
    patterns: Patterns,
) -> Matched:
    """Match all records, of which `pairs` were compared."""
    scored = score_pairs(pairs, patterns, model, population)
    clusters = find_clusters(forms, population, model, scored, settings, held_apart(by_stewards, found_in(scored), settings))
    related = related_clusters(forms, population, model, scored, clusters, by_stewards)
    believed = believe(forms, model, scored, clusters, by_stewards, record_tickets(records))
    return Matched(found_in(scored), scored, clusters, related, believed)


def match_again(
    forms: dict[str, Forms], population: Population, model: Model, settings: MatchSettings, by_stewards: Constraints, basis: Basis
) -> Matched:
    """Match what is other than at the last publication, and what that touches; what was believed then is believed on."""
    again = rematch(forms, population, model, settings, by_stewards, basis.decided, basis.before, basis.changed)
    return Matched(again.all_pairs(basis.before), again.scored, again.clusters, again.related, basis.believed, again.touched, basis.gone)


def keep(session: Session, records: Records, population: Population, model: Model, matched: Matched) -> None:
    """Stage what was found."""
    found, touched = matched.found, matched.touched
    fresh = found_in(matched.scored)
    kept = worth_keeping(fresh, contended(matched.scored, population, model), matched.clusters, session.project.match)
    numbers = None if touched is None or matched.gone is None else np.concatenate((records.ids[touched], matched.gone))
    keep_pairs(session, records, found if touched is None else fresh, kept, numbers)
    keep_clusters(session, records, matched.clusters)
    keep_related(session, records, matched.clusters.label, matched.related)


def compared(session: Session, forms: dict[str, Forms], population: Population, model: Model | None) -> tuple[Model, Pairs, Patterns]:
    """What a model blocks and compares; without one, one is trained and adopted."""
    settings = session.project.match
    budget, floor = settings.pair_budget, bits_of(settings.ask[0])
    if model is not None:
        return model, *find_pairs(forms, population, model, budget, floor)
    model, pairs, patterns = train(forms, population, budget, floor)
    with session.warehouse.begin() as connection:
        save_model(connection, session.run, model.fingerprint, model.dump().decode(), BY_ITSELF)
        adopt_model(connection, session.run, model.fingerprint)
        record_act(connection, datetime.now(UTC), PROGRAM, "adopt", f"model {model.fingerprint}", {"run": session.run.number})
    return model, pairs, patterns


def fitting_model(session: Session, project: Project, records: int) -> Model | None:
    """The adopted model, if there is one and it fits so many records.

    One that a run has trained by itself does not where the project's attributes are others, where a department has come since
    (a model of departments that have nobody in common would find nobody in common with the next) or where there are more than
    twice or less than half the records it was trained on. One that a person has trained is never replaced: where the
    attributes are others, an OnefoldError says to train again.
    """
    with session.warehouse.connect() as connection:
        kept, came = adopted_model(connection), first_live_runs(connection)
    if kept is None or (kept.note == BY_ITSELF and max(came.values(), default=0) > (kept.adopted_run or 0)):
        return None
    try:
        model = load_model(kept.artefact.encode(), project.attributes)
    except OnefoldError:
        if kept.note != BY_ITSELF:
            raise
        return None
    outgrown = kept.note == BY_ITSELF and not model.records / 2 <= records <= model.records * 2
    return None if outgrown else model


def asked(scored: Found | Scored, settings: MatchSettings) -> Mask:
    """Which pairs lie within `ask`."""
    return (scored.probability >= settings.ask[0]) & (scored.probability <= settings.ask[1])


def ask_stewards(session: Session, records: Records, found: Found, settings: MatchSettings, constraints: Constraints) -> None:
    """Open a task for each pair within `ask` that is not decided yet, the most uncertain first."""
    open_ = np.flatnonzero(asked(found, settings))
    decided_pairs = {tuple(pair) for side in (constraints.same, constraints.different) for pair in zip(*side, strict=True)}
    worth = 1 - np.abs(2 * found.probability[open_] - 1)
    order = open_[np.lexsort((found.right[open_], found.left[open_], -worth))]
    tasks: list[Question] = []
    for pair in order[: settings.max_tasks_per_run + len(decided_pairs)].tolist():
        left, right = int(found.left[pair]), int(found.right[pair])
        if (left, right) not in decided_pairs and len(tasks) < settings.max_tasks_per_run:
            names = [f"{records.sources[records.source[at]]}:{records.keys[at].as_py()}" for at in (left, right)]
            probability = float(found.probability[pair])
            tasks.append(
                Question(" · ".join(names), {"left": names[0], "right": names[1], "probability": probability}, 1 - abs(2 * probability - 1))
            )
    with session.warehouse.begin() as connection:
        sync_tasks(connection, session.run, "possible_match", tasks)


def report_of(
    records: Records,
    scored: Scored,
    clusters: Clusters,
    model: Model,
    trained: bool,
    settings: MatchSettings,
    believed: Believed | None,
    found: Found | None = None,
) -> MatchReport:
    """The figures of a match; `found` are all pairs, where not all were scored now."""
    pairs = scored if found is None else found
    linked = pairs.probability > settings.join
    sizes = np.bincount(clusters.label)
    return MatchReport(
        records=len(records),
        candidate_pairs=scored.pairs.candidates,
        linked_pairs=int(linked.sum()),
        asked_pairs=int(asked(pairs, settings).sum()),
        clusters=int((sizes > 0).sum()),
        largest_cluster=int(sizes.max(initial=0)),
        cut_components=clusters.cut_components,
        believed=believed,
        converged=model.fit.converged,
        trained=trained,
        model=model.fingerprint,
        keys=scored.pairs.keys,
        histogram=histogram(scored),
    )


def histogram(scored: Scored) -> tuple[int, ...]:
    """Candidate pairs by match probability, in twentieths; the hopeless ones are in the first."""
    counts = np.histogram(scored.probability, HISTOGRAM)[0].tolist()
    counts[0] += scored.pairs.candidates - len(scored.pairs)
    return tuple(counts)
