"""Basis: what the last publication's match found, as far as it still holds, so that only what is other need be matched again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from domain.runs import RunStatus
from matching.estimate import Believed
from matching.keys import Mask
from matching.model import Model
from matching.records import Ints, Longs, Records
from matching.relate import KINDS, Related, strength_of
from matching.rematch import Before, Found
from matching.score import MICRO, Floats
from pipelines.steps.lookup import Connection
from pipelines.steps.places import Places
from pipelines.steps.session import Session, code_fingerprint
from warehouse.clusters import published_clusters
from warehouse.decisions import ever_decided
from warehouse.pairs import published_pairs
from warehouse.publications import published_run
from warehouse.records import changed_since
from warehouse.related import published_related
from warehouse.runs import RunRow, run_report


@dataclass(frozen=True, slots=True)
class Basis:
    """What a match can start from. Positions are those that the records have now."""

    before: Before
    changed: Mask
    """Records that are new or other than then."""
    gone: Longs
    """Numbers of records that were matched then and are no longer there."""
    decided: Longs
    """Records that stewards have ever decided about."""
    believed: Believed | None
    """What the last match of everything believed of itself."""


ERASED = "erasure"
"""The part of a run's report that says what an erasure has left to look at again."""


def publication_to_build_on(session: Session, model: str | None = None) -> RunRow | None:
    """The publication, if all that it was made of but records and decisions is as it is now: code, project, model (by fingerprint).

    None as well where it was not made by matching and merging (one that was restored).
    """
    with session.warehouse.connect() as connection:
        row = rested_on(connection, run_report(connection, published_run(connection)))
    if row is None or row.status is not RunStatus.PUBLISHED:
        return None
    report, made_by = row.report or {}, row.fingerprints
    same = made_by["code"] == code_fingerprint() and made_by["project"] == session.project.fingerprint
    same = same and (model is None or report.get("match", {}).get("model") == model)
    return row if same and {"match", "identity", "merge"} <= set(report) else None


def rested_on(connection: Connection, row: RunRow | None) -> RunRow | None:
    """The publication, or the one that it is but for customers who were erased since: with what is other of its report for that."""
    erasure = (row.report or {}).get(ERASED) if row is not None else None
    rested = run_report(connection, erasure["rests_on"]) if erasure else None
    if row is None or erasure is None:
        return row
    return None if rested is None else replace(rested, report={**(rested.report or {}), **(row.report or {})})


def published_report(connection: Connection) -> RunRow | None:
    """The run that made the publication, its report complete also where it has only erased somebody; none before the first."""
    row = run_report(connection, published_run(connection))
    rested = rested_on(connection, row)
    return row if row is None or rested is None else replace(row, report=rested.report)


def neighbours_of_erased(row: RunRow) -> Longs:
    """The numbers of records that had a pair with one that was erased since the publication was matched."""
    return np.array(((row.report or {}).get(ERASED) or {}).get("neighbours", []), np.int64)


def basis_of(session: Session, records: Records, model: Model) -> Basis | None:
    """What the last match found; None where everything has to be matched."""
    row = publication_to_build_on(session, model.fingerprint)
    if row is None:
        return None
    place = Places(records.ids)
    changed = np.zeros(len(records), bool)
    changed[known(place.of(changed_since(session.warehouse, row.number)))] = True
    members = published_clusters(session.warehouse)
    clustered = changed.copy()
    clustered[known(place.of(members.column("record_id").to_numpy()))] = True
    if not clustered.all():
        return None  # What the match had found was lost, in a migration down and up again for example.
    pairs, neighbours = pairs_before(session, place, changed)
    bereft = known(place.of(neighbours_of_erased(row))).astype(np.int32)
    neighbours = np.concatenate((neighbours, bereft))
    gone = members.column("record_id").to_numpy()[place.of(members.column("record_id").to_numpy()) < 0]
    label, linkage, named = clusters_before(members, place, len(records))
    before = Before(pairs, neighbours, label, linkage, related_before(session, named))
    believed = (row.report or {})["match"].get("believed")
    decided = known(place.of(ever_decided(session.warehouse)))
    return Basis(before, changed, gone, decided, Believed.from_dict(believed) if believed else None)


def known(places: Longs) -> Longs:
    """The places that there are."""
    return places[places >= 0]


def pairs_before(session: Session, place: Places, changed: Mask) -> tuple[Found, Ints]:
    """The pairs that were kept of records that are as they were, in order; and the records that had one with another record."""
    rows = published_pairs(session.warehouse)
    left, right = (place.of(rows.column(side).to_numpy()) for side in ("left_id", "right_id"))
    as_it_was = [(side >= 0) & ~changed[np.maximum(side, 0)] if len(changed) else side >= 0 for side in (left, right)]
    kept = np.flatnonzero(as_it_was[0] & as_it_was[1])
    kept = kept[np.lexsort((right[kept], left[kept]))]
    neighbours = np.concatenate((left[as_it_was[0] & ~as_it_was[1]], right[as_it_was[1] & ~as_it_was[0]]))
    weight = np.rint(rows.column("match_weight").to_numpy()[kept] * MICRO).astype(np.int64)
    advantage = rows.column("advantage").fill_null(0).to_numpy()[kept]
    probability, related = (rows.column(name).to_numpy()[kept] for name in ("match_probability", "related_probability"))
    return Found(left[kept].astype(np.int32), right[kept].astype(np.int32), probability, related, weight, advantage), neighbours.astype(
        np.int32
    )


def clusters_before(rows: pa.Table, place: Places, count: int) -> tuple[Ints, Floats, dict[str, Longs]]:
    """The label and linkage of each record, and by `cluster` what each cluster is named, the position of its `first` record."""
    at = place.of(rows.column("record_id").to_numpy())
    here = np.flatnonzero(at >= 0)
    at = at[here]
    names, group = np.unique(rows.column("cluster").to_numpy()[here], return_inverse=True)
    first = np.full(len(names), count, np.int64)
    np.minimum.at(first, group, at)
    label, linkage = np.arange(count, dtype=np.int32), np.ones(count)
    label[at], linkage[at] = first[group], rows.column("linkage").to_numpy()[here]
    return label, linkage, {"cluster": names, "first": first}


def related_before(session: Session, named: dict[str, Longs]) -> Related:
    """The clusters that belonged together, of those of which some record is still there."""
    rows = published_related(session.warehouse)
    places = Places(named["cluster"])
    sides = [places.of(rows.column(side).to_numpy()) for side in ("left_id", "right_id")]
    here = np.flatnonzero((sides[0] >= 0) & (sides[1] >= 0))
    a, b = (named["first"][side[here]].astype(np.int32) for side in sides)
    left, right = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((right, left))
    rows = rows.take(pa.array(here[order])).combine_chunks()
    probability = rows.column("probability").to_numpy()
    kind = np.array([KINDS.index(name) for name in rows.column("kind").to_pylist()], np.int8)
    shared = pa.concat_arrays([*rows.column("shared").chunks, pa.array([], pa.string())])
    return Related(left[order], right[order], kind, probability, strength_of(probability), shared)
