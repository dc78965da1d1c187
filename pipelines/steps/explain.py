"""Explain: why two source records are, or are not, one customer; the numbers are those of the batch, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.decisions import Decision
from domain.errors import OnefoldError
from domain.evidence import ScoredPair
from domain.records import RecordKey
from matching.assemble import assemble
from matching.chance import Population
from matching.explain import among_rivals, explain, sentence
from matching.forms import forms_of
from matching.meet import Meeting, meeting
from matching.model import Model, load_model
from matching.records import Records
from matching.train import unique_sources
from matching.wording import called
from pipelines.project import Project
from pipelines.steps.explain_customers import Apart, Together, apart, together
from pipelines.steps.explain_rivals import Contest, candidates_advantage, kept_advantage, kept_pairs, rivalry
from pipelines.steps.lookup import Connection, live_record, written
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions
from warehouse.ledger import holder, members
from warehouse.models import adopted_model
from warehouse.records import standard_values


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for and against two records being one customer, and what they are held to be."""

    pair: ScoredPair
    """Scored by the adopted model, as their sources say them now."""
    sentence: str
    golden_ids: tuple[str | None, str | None]
    """The golden customer that each is published in; none where it arrived after the last publication."""
    decision: Decision | None
    """What a steward decided of the two, which outranks every score."""
    join: float
    """Clusters are cut at this match probability."""
    meeting: Meeting | None = None
    """Which blocking keys bring the two together."""
    held_by: Together | None = None
    """What holds the two together, where they are published as one customer."""
    between: Apart | None = None
    """How the two customers stand to one another, where they are published as two."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What each comparison is called for people."""
    unknown: str | None = None
    """That what rivals add or take is not known, where there can be some."""

    @property
    def together(self) -> bool:
        """Whether they are published as one customer."""
        return self.golden_ids[0] is not None and self.golden_ids[0] == self.golden_ids[1]

    @property
    def is_likely(self) -> bool:
        """Whether the two by themselves would be joined."""
        return self.pair.match_probability > self.join

    @property
    def outcome(self) -> str:
        """What they are held to be, in one sentence; where it is not what their own score says, why."""
        left, right = self.golden_ids
        if self.together:
            why = "" if self.is_likely or self.decision else ", held together by other records of the same customer"
            return f"Both belong to {left}{why}."
        if left is None or right is None:
            newer = self.pair.left if left is None else self.pair.right
            return f"{newer} arrived after the last publication and is in no golden record yet."
        why = ", for the other records of the two speak against it" if self.is_likely and not self.barred else ""
        return f"They belong to two golden customers, {left} and {right}{why}."

    @property
    def barred(self) -> bool:
        """Whether a steward or a source that holds nobody twice keeps the two apart, whatever their score."""
        return bool(self.decision or (self.between and self.between.is_barred))


def explain_pair(warehouse: Warehouse, project: Project, left: RecordKey, right: RecordKey) -> Explanation:
    """Why two live records are, or are not, one customer.

    Raises an OnefoldError where one of them is not live, or no model has been adopted yet.
    """
    if left == right:
        raise OnefoldError(f"{left} is named twice; name two records to compare.")
    with warehouse.connect() as connection:
        model = model_in_use(connection, project)
        ids = [live_record(connection, project, key).record_id for key in (left, right)]
        numbers = holder(connection, left), holder(connection, right)
        held = [dict(members(connection, number)) if number is not None else {} for number in numbers]
        table = standard_values(connection, project.attributes, sorted({*ids, *held[0], *held[1]}))
        decisions = active_decisions(connection)
        records = assemble(table, project.attributes)
        two = assemble(table.filter([one in ids for one in table.column("record_id").to_pylist()]), project.attributes)
        pair, words = scored(two, model, ids), called(model.comparisons)
        rows, contest = kept_pairs(connection, sorted({*ids, *held[0], *held[1]})), Contest.of(pair, model, project)
        advantage = kept_advantage(rows, records, model)
        first, second = place_of(records, ids)
        added, known = advantage.between(first, second, len(records))
        if found := rivalry(connection, contest, ids, rows, added):
            pair = among_rivals(pair, found)
    decided = next((one for one in decisions if {one.left, one.right} == {left, right}), None)
    one = numbers[0] is not None and numbers[0] == numbers[1]
    among = candidates_advantage(advantage, records, model, project)
    sides = [place_of(records, [number]) if not held[at] else place_of(records, list(held[at])) for at, number in enumerate(ids)]
    return Explanation(
        pair,
        sentence(pair, words),
        (golden_id(numbers[0]), golden_id(numbers[1])),
        decided,
        project.match.join,
        meeting(forms_of(two), model, population_of(two, project)),
        together(records, model, first, second, sides[0], decisions, advantage) if one else None,
        apart(records, model, project, sides[0], sides[1], decisions, among) if not one and None not in numbers else None,
        words,
        contest.unknown() if contest.places and not known else None,
    )


def scored(records: Records, model: Model, ids: Sequence[int]) -> ScoredPair:
    """The evidence on two records, given by their record numbers; frequencies come from the model, so two records suffice."""
    left, right = place_of(records, ids)
    return explain(records, forms_of(records), model, left, right)


def place_of(records: Records, ids: Sequence[int]) -> list[int]:
    """The positions of record numbers that are live."""
    place = {int(number): at for at, number in enumerate(records.ids)}
    return [place[number] for number in ids if number in place]


def population_of(records: Records, project: Project) -> Population:
    """Some records as the pairs they can form."""
    unique = frozenset(source.name for source in project.sources if source.unique)
    return Population(records.source, unique_sources(records.sources, unique), records.sources)


def model_in_use(connection: Connection, project: Project) -> Model:
    """The adopted model; an OnefoldError where there is none that fits the project."""
    kept = adopted_model(connection)
    if kept is None:
        raise OnefoldError("nothing has been matched yet, so there is nothing to explain: run `onefold run` first.")
    return load_model(kept.artefact.encode(), project.attributes)


def golden_id(number: int | None) -> str | None:
    """A golden number as people read it."""
    return None if number is None else written(number)
