"""Explain: why two source records are, or are not, one customer; the numbers are those of the batch, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass

from domain.decisions import Decision
from domain.errors import OnefoldError
from domain.evidence import ScoredPair
from domain.records import RecordKey
from matching.assemble import assemble
from matching.explain import explain, sentence
from matching.forms import forms_of
from matching.model import Model, load_model
from matching.records import Records
from pipelines.project import Project
from pipelines.steps.lookup import Connection, live_record, written
from warehouse.database import Warehouse
from warehouse.decisions import decisions_about
from warehouse.ledger import holder
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

    @property
    def together(self) -> bool:
        """Whether they are published as one customer."""
        return self.golden_ids[0] is not None and self.golden_ids[0] == self.golden_ids[1]

    @property
    def outcome(self) -> str:
        """What they are held to be, in one sentence; where it is not what their own score says, why."""
        left, right = self.golden_ids
        likely = self.pair.match_probability > self.join
        if self.together:
            why = "" if likely or self.decision else ", held together by other records of the same customer"
            return f"Both belong to {left}{why}."
        if left is None or right is None:
            newer = self.pair.left if left is None else self.pair.right
            return f"{newer} arrived after the last publication and is in no golden record yet."
        why = ", for the other records of the two speak against it" if likely and not self.decision else ""
        return f"They belong to two golden customers, {left} and {right}{why}."


def explain_pair(warehouse: Warehouse, project: Project, left: RecordKey, right: RecordKey) -> Explanation:
    """Why two live records are, or are not, one customer.

    Raises an OnefoldError where one of them is not live, or no model has been adopted yet.
    """
    if left == right:
        raise OnefoldError(f"{left} is named twice; name two records to compare.")
    with warehouse.connect() as connection:
        model = model_in_use(connection, project)
        ids = [live_record(connection, project, key).record_id for key in (left, right)]
        table = standard_values(connection, project.attributes, ids)
        golden = published_in(connection, left), published_in(connection, right)
        decided = next((one for one in decisions_about(connection, left) if {one.left, one.right} == {left, right}), None)
    pair = scored(assemble(table, project.attributes), model, ids)
    return Explanation(pair, sentence(pair), golden, decided, project.match.join)


def scored(records: Records, model: Model, ids: list[int]) -> ScoredPair:
    """The evidence on two records, given by their record numbers; frequencies come from the model, so two records suffice."""
    place = {int(number): at for at, number in enumerate(records.ids)}
    return explain(records, forms_of(records), model, place[ids[0]], place[ids[1]])


def model_in_use(connection: Connection, project: Project) -> Model:
    """The adopted model; an OnefoldError where there is none that fits the project."""
    kept = adopted_model(connection)
    if kept is None:
        raise OnefoldError("nothing has been matched yet, so there is nothing to explain: run `onefold run` first.")
    return load_model(kept.artefact.encode(), project.attributes)


def published_in(connection: Connection, key: RecordKey) -> str | None:
    """The golden id that a record is published in."""
    number = holder(connection, key)
    return None if number is None else written(number)
