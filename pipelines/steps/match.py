"""Match: the live records become scored pairs and clusters, kept for the steps that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError
from domain.records import RecordKey
from domain.settings import MatchSettings
from matching.assemble import assemble
from matching.block import KeyCount, Pairs
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.compare import Patterns
from matching.estimate import Believed, believe
from matching.forms import Forms, forms_of
from matching.labels import record_tickets
from matching.match import Scored, bits_of, find_clusters, find_pairs, score_pairs
from matching.model import Model, load_model
from matching.records import Ints, Records
from matching.relate import KINDS, Related, relate
from matching.score import MICRO
from matching.train import train, unique_sources
from pipelines.project import Project
from pipelines.steps.contradictions import through_the_gone
from pipelines.steps.session import Session
from pipelines.steps.suspend import suspend_decisions
from warehouse.clusters import stage_clusters
from warehouse.decisions import active_decisions
from warehouse.models import adopt_model, adopted_model, save_model
from warehouse.pairs import stage_pairs
from warehouse.records import live_records
from warehouse.related import stage_related
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
    suspended_decisions: int = 0
    """Decisions about a record that has turned into somebody else, which wait to be decided again."""


def match_records(session: Session) -> MatchReport:
    """Block, compare, score and cluster all live records with the adopted model; the first run trains and adopts one."""
    project = session.project
    records = assemble(live_records(session.warehouse, project.attributes), project.attributes)
    if not len(records):
        raise OnefoldError("no source has any live record: nothing can be matched. Look at `onefold status` for why each source is held.")
    forms = forms_of(records)
    unique = unique_sources(records.sources, frozenset(s.name for s in project.sources if s.unique))
    population = Population(records.source, unique, records.sources)
    model, pairs, patterns, trained = compared(session, forms, population)
    waiting = suspend_decisions(session, model)
    with session.warehouse.connect() as connection:
        decisions = active_decisions(connection)
    scored = score_pairs(pairs, patterns, model, population)
    constraints = by_stewards = decided(decisions, records)
    if project.match.hold:
        constraints = held_apart(constraints, scored, project.match)
    clusters = find_clusters(forms, population, model, scored, project.match, constraints)
    related = relate(forms, population, model, scored, clusters, by_stewards)
    keep(session, records, scored, clusters, project.match)
    keep_related(session, records, related)
    ask_stewards(session, records, scored, project.match, constraints)
    believed = believe(forms, model, scored, clusters, by_stewards, record_tickets(records))
    report = report_of(records, scored, clusters, model, trained, project.match, believed)
    last = max((one.id or 0 for one in decisions), default=0)
    return replace(report, last_decision=last, related_clusters=len(related), cut_households=related.cut, suspended_decisions=waiting)


def compared(session: Session, forms: dict[str, Forms], population: Population) -> tuple[Model, Pairs, Patterns, bool]:
    """The adopted model with what it blocks and compares; a model is trained and adopted where none fits."""
    model = fitting_model(session, session.project, len(population))
    settings = session.project.match
    budget, floor = settings.pair_budget, bits_of(settings.ask[0])
    if model is not None:
        return model, *find_pairs(forms, population, model, budget, floor), False
    model, pairs, patterns = train(forms, population, budget, floor)
    with session.warehouse.begin() as connection:
        save_model(connection, session.run, model.fingerprint, model.dump().decode(), BY_ITSELF)
        adopt_model(connection, session.run, model.fingerprint)
    return model, pairs, patterns, True


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


def decided(decisions: Sequence[Decision], records: Records) -> Constraints:
    """The stewards' decisions on records that are live, as positions; what follows from them through records that are gone, too."""
    live = positions_in(decisions, records)
    decisions = [*decisions, *through_the_gone(decisions, live)]
    left, right, kept = pairs_at(decisions, live, len(records))
    verdict = [decisions[at].verdict for at in kept]
    same = np.array([one is Verdict.SAME for one in verdict], bool)
    different = np.array([one is Verdict.DIFFERENT for one in verdict], bool)
    return Constraints((left[same], right[same]), (left[different], right[different]))


def positions_of(decisions: Sequence[Decision], records: Records) -> tuple[Ints, Ints, list[int]]:
    """The pairs of the decisions of which both records are live, by position, the smaller first; and which decisions they are."""
    return pairs_at(decisions, positions_in(decisions, records), len(records))


def pairs_at(decisions: Sequence[Decision], position: Mapping[RecordKey, int], count: int) -> tuple[Ints, Ints, list[int]]:
    """The same, of records whose positions are known."""
    pairs = np.array([(position.get(d.left, -1), position.get(d.right, -1)) for d in decisions], np.int32).reshape(-1, 2)
    live = np.flatnonzero(pairs.min(axis=1, initial=count) >= 0)
    return pairs[live].min(axis=1, initial=count), pairs[live].max(axis=1, initial=-1), live.tolist()


def positions_in(decisions: Sequence[Decision], records: Records) -> dict[RecordKey, int]:
    """The positions of the live records that decisions name."""
    wanted = {key for d in decisions for key in (d.left, d.right)}
    if not wanted:
        return {}
    named = pa.array(sorted({key.key for key in wanted}), records.keys.type)
    at = np.flatnonzero(np.asarray(pc.is_in(records.keys, named)))
    sources, keys = (records.sources[place] for place in records.source[at]), records.keys.take(pa.array(at)).to_pylist()
    found = zip(map(RecordKey, sources, keys), at.tolist(), strict=True)
    return {key: place for key, place in found if key in wanted}


def asked(scored: Scored, settings: MatchSettings) -> npt.NDArray[np.bool_]:
    """Which pairs lie within `ask`."""
    return (scored.probability >= settings.ask[0]) & (scored.probability <= settings.ask[1])


def held_apart(constraints: Constraints, scored: Scored, settings: MatchSettings) -> Constraints:
    """With `hold`, records that are asked about stay apart until a steward has decided."""
    open_ = asked(scored, settings)
    left = np.concatenate((constraints.different[0], scored.pairs.left[open_]))
    right = np.concatenate((constraints.different[1], scored.pairs.right[open_]))
    return Constraints(constraints.same, (left, right))


def keep(session: Session, records: Records, scored: Scored, clusters: Clusters, settings: MatchSettings) -> None:
    """Keep the pairs that link or are asked about, those that would if they had no rivals, and the clusters."""
    kept = np.flatnonzero(worth_keeping(scored, clusters, settings))
    pairs = {
        "left_id": records.ids[scored.pairs.left[kept]],
        "right_id": records.ids[scored.pairs.right[kept]],
        "match_probability": scored.probability[kept],
        "match_weight": scored.weight[kept] / MICRO,
        "related_probability": scored.related[kept],
        "verdict": verdicts(scored.probability[kept], settings),
        "advantage": scored.advantage[kept] if len(scored.advantage) else pa.nulls(len(kept), pa.int64()),
    }
    stage_pairs(session.warehouse, session.run, pa.table(pairs))
    stage_clusters(
        session.warehouse,
        session.run,
        pa.table({"record_id": records.ids, "cluster": clusters.label.astype(np.int64), "linkage": clusters.linkage}),
    )


def worth_keeping(scored: Scored, clusters: Clusters, settings: MatchSettings) -> npt.NDArray[np.bool_]:
    """Which pairs are kept; where there are rivals, also what they changed in the linkage of clusters."""
    likely = np.asarray(scored.probability >= settings.ask[0])
    if not len(scored.advantage):
        return likely
    by_itself = scored.weight - scored.advantage >= bits_of(settings.ask[0])
    together = clusters.component[scored.pairs.left] == clusters.component[scored.pairs.right]
    return np.asarray(likely | by_itself | (together & (scored.advantage != 0)))


def keep_related(session: Session, records: Records, related: Related) -> None:
    """Keep the clusters that belong together."""
    found = {
        "left_id": records.ids[related.left],
        "right_id": records.ids[related.right],
        "kind": pa.array(map(str, KINDS)).take(pa.array(related.kind)),
        "probability": related.probability,
        "shared": related.shared,
    }
    stage_related(session.warehouse, session.run, pa.table(found))


def verdicts(probability: npt.NDArray[np.float64], settings: MatchSettings) -> pa.Array:
    """What the machine says of each pair: same, different, or unsure where it asks."""
    unsure = (probability >= settings.ask[0]) & (probability <= settings.ask[1])
    words = np.where(unsure, 2, np.where(probability > settings.join, 0, 1))
    return pa.array([str(Verdict.SAME), str(Verdict.DIFFERENT), str(Verdict.UNSURE)]).take(pa.array(words))


def ask_stewards(session: Session, records: Records, scored: Scored, settings: MatchSettings, constraints: Constraints) -> None:
    """Open a task for each pair within `ask` that is not decided yet, the most uncertain first."""
    open_ = np.flatnonzero(asked(scored, settings))
    decided_pairs = {tuple(pair) for side in (constraints.same, constraints.different) for pair in zip(*side, strict=True)}
    worth = 1 - np.abs(2 * scored.probability[open_] - 1)
    order = open_[np.lexsort((scored.pairs.right[open_], scored.pairs.left[open_], -worth))]
    tasks: list[Question] = []
    for pair in order[: settings.max_tasks_per_run + len(decided_pairs)].tolist():
        left, right = int(scored.pairs.left[pair]), int(scored.pairs.right[pair])
        if (left, right) not in decided_pairs and len(tasks) < settings.max_tasks_per_run:
            names = [f"{records.sources[records.source[at]]}:{records.keys[at].as_py()}" for at in (left, right)]
            probability = float(scored.probability[pair])
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
) -> MatchReport:
    """The figures of a match."""
    linked = scored.probability > settings.join
    sizes = np.bincount(clusters.label)
    return MatchReport(
        records=len(records),
        candidate_pairs=scored.pairs.candidates,
        linked_pairs=int(linked.sum()),
        asked_pairs=int(asked(scored, settings).sum()),
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
