"""Re-key: when a source has given its customers new keys, find out who is who, before anything else is asked of the batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from domain.errors import OnefoldError
from domain.runs import BatchCounts
from domain.sources import Source
from matching.assemble import assemble
from matching.chance import Population
from matching.forms import Forms, forms_of
from matching.model import Model
from matching.records import Longs
from matching.rekey import BEFORE, NOW, Renamed, has_new_keys, renamed
from matching.train import train
from pipelines.steps.population import model_in_use
from pipelines.steps.session import Session
from warehouse.ledger import published_members
from warehouse.models import adopted_model
from warehouse.records import live_records, staged_records
from warehouse.renamed import stage_renames, unstage_renames
from warehouse.staging import vanished_and_new

SURE = 0.99
"""Above this probability a new key is taken for a known customer's; below it, a steward is asked."""


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What came of a source whose customers have new keys."""

    vanished: int
    """Keys that are gone."""
    new: int
    recognised: int = 0
    """New keys that are known to be customers who were there before."""
    asked: int = 0
    """New keys about which stewards are asked."""
    problem: str = ""
    """Why nobody could be recognised; else empty."""


def recognise(session: Session, source: Source, counts: BatchCounts, known: int) -> Rekeyed | None:
    """Find out who is who where a source has new keys, and stage it; None where it has not. `known`: records that are live.

    It counts once the batch is live. A steward is asked by the step that gives ids (`identify.ask_about_keys`).
    """
    unstage_renames(session.warehouse, session.run, source.name)
    if not has_new_keys(known, counts.vanished, counts.new):
        return None
    old, new = vanished_and_new(session.warehouse, session.run, source.name)
    told = Rekeyed(len(old), len(new))
    try:
        found = recognised(session, old, new)
    except OnefoldError as error:
        return Rekeyed(len(old), len(new), problem=str(error))
    stage_renames(session.warehouse, session.run, found)
    sure = int((found.column("probability").to_numpy() > SURE).sum())
    return Rekeyed(told.vanished, told.new, sure, len(found) - sure)


def recognised(session: Session, old: Longs, new: Longs) -> pa.Table:
    """old_id, new_id, probability and state of the records that are, or may be, the same customers."""
    attributes, warehouse = session.project.attributes, session.warehouse
    before = called(live_records(warehouse, attributes, old), BEFORE)
    now = called(staged_records(warehouse, attributes, session.run, new), NOW)
    records = assemble(pa.concat_tables((before, now)), attributes)
    population = Population(records.source, np.ones(2, bool), (BEFORE, NOW))
    forms = forms_of(records)
    settings = session.project.match
    model = fitting_model(session, forms, population)
    found = renamed(forms, population, customers_of(session, records.ids), model, settings.ask[0], settings.pair_budget)
    return table_of(found, records.ids)


def called(records: pa.Table, name: str) -> pa.Table:
    """Records under another source's name."""
    return records.set_column(records.column_names.index("source"), "source", pa.array([name] * len(records), pa.string()))


def fitting_model(session: Session, forms: dict[str, Forms], population: Population) -> Model:
    """The adopted model; where there is none that fits the attributes, one that these records alone teach."""
    with session.warehouse.connect() as connection:
        kept = adopted_model(connection)
    return model_in_use(kept, session.project) or train(forms, population, session.project.match.pair_budget)[0]


def customers_of(session: Session, ids: Longs) -> Longs:
    """A number of the customer of each record: the same for records of one published customer, else its own."""
    held = published_members(session.warehouse, ids)
    customer = np.arange(len(ids), dtype=np.int64)
    order = np.argsort(ids)
    place = order[np.searchsorted(ids[order], held.column("record_id").to_numpy())]
    customer[place] = len(ids) + np.unique(held.column("golden_number").to_numpy(), return_inverse=True)[1]
    return customer


def table_of(found: Renamed, ids: Longs) -> pa.Table:
    """What was found, as the warehouse keeps it."""
    state = pa.array(np.where(found.probability > SURE, "applied", "asked"), pa.string())
    return pa.table({"old_id": ids[found.old], "new_id": ids[found.new], "probability": found.probability, "state": state})
