"""Identify: the clusters of a run and the ledger become golden ids; staged, not yet visible."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.golden_ids import golden_id_text
from matching.identify import KINDS, EventKind, Identities, Ledger, Redirects, identify
from matching.records import Longs
from pipelines.steps.places import Places
from pipelines.steps.session import Session
from pipelines.steps.taken_back import claimants
from warehouse import adopted
from warehouse import ledger as book
from warehouse.renamed import Renames, asked_renames, renames
from warehouse.staged import staged_clusters
from warehouse.tasks import Question, sync_tasks

NONE: Longs = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class AdoptedReport:
    """What became of adopted ids whose first records have come in a run."""

    given: int
    """Ids that customers have now."""
    joined: int
    """Ids that lead to a customer with another one."""
    split: int
    """Ids whose records belong to several customers."""


@dataclass(frozen=True, slots=True)
class IdentityReport:
    """What became of golden ids."""

    golden_customers: int
    minted: int
    merged: int
    split: int
    revived: int
    retired: int
    moved: int
    """Records whose golden id is new or another than before, and records that are gone."""

    adopted: AdoptedReport | None = None
    """What became of adopted ids whose first records have come; None where none have."""

    @property
    def changed(self) -> bool:
        """Whether any id came, went or split."""
        return bool(self.minted or self.merged or self.split or self.revived or self.retired or self.moved)


def identify_records(session: Session) -> IdentityReport:
    """Give every cluster of the run its golden id, and stage the crosswalk and what happened to ids."""
    members = staged_clusters(session.warehouse, session.run)
    ids, labels = members.column("record_id").to_numpy(), members.column("cluster").to_numpy()
    before = under_new_keys(book.ledger(session.warehouse), renames(session.warehouse), ids)
    claims = claims_within(adopted.claims(session.warehouse), ids)
    before, unborn = with_claims(before, claims)
    known = ledger_of(before, ids)
    known = replace(known, live=np.union1d(known.live, unborn))
    erased = numbers_in(before.states, "erased")
    known = replace(known, claimant=claimants(session.warehouse, ids, known.owner, erased))
    found = identify(labels, known, erased)
    born = np.intersect1d(unborn, found.numbers)
    book.stage_identities(session.warehouse, session.run, *changes_of(found, born))
    changes = book.stage_crosswalk(session.warehouse, session.run, pa.table({"record_id": ids, "golden_number": found.golden}))
    count = {kind: len(found.events.of(kind)) for kind in EventKind}
    ask_about_keys(session)
    return IdentityReport(
        len(found.numbers),
        count[EventKind.MINTED],
        count[EventKind.MERGED],
        count[EventKind.SPLIT],
        count[EventKind.REVIVED],
        count[EventKind.RETIRED],
        changes.new + changes.changed + changes.removed,
        adopted_report(claims, unborn, found, ids),
    )


def under_new_keys(before: book.Ledger, renamed: Renames, live: Longs) -> book.Ledger:
    """The ledger with each record that its source has given another key as what it is now."""

    def followed(rows: pa.Table) -> pa.Table:
        ids = rows.column("record_id").to_numpy().astype(np.int64)
        return pa.table({"record_id": renamed.followed(ids, live), "golden_number": rows.column("golden_number")})

    held = followed(before.crosswalk)
    moved = held.column("record_id").to_numpy() != before.crosswalk.column("record_id").to_numpy()
    # Who holds a golden id under the new key already, keeps it.
    taken = moved & np.isin(held.column("record_id").to_numpy(), held.column("record_id").to_numpy()[~moved])
    retired = followed(before.retired).group_by(["record_id", "golden_number"]).aggregate([])
    return replace(before, crosswalk=held.filter(pa.array(~taken)), retired=retired)


def claims_within(claims: pa.Table, live: Longs) -> pa.Table:
    """The claims of records that are live."""
    return claims.filter(pc.is_in(claims.column("record_id"), value_set=pa.array(live, pa.int64())))


def with_claims(before: book.Ledger, claims: pa.Table) -> tuple[book.Ledger, Longs]:
    """The ledger as if the records had held their adopted ids all along; and which of these have never lived.

    An id that was adopted for a record is claimed as what it is now: merged, as the id it leads to; retired, as a retired one.
    """
    number = claims.column("golden_number").to_numpy()
    place = Places(before.states.column("golden_number").to_numpy())
    at = place.of(number)
    known = pa.array(at, mask=at < 0)
    state = before.states.column("state").take(known).fill_null("unborn")
    number = pc.coalesce(before.states.column("target").take(known), pa.chunked_array([number]))
    held = pa.table({"record_id": claims.column("record_id"), "golden_number": number})
    own = before.crosswalk.column("record_id")
    fresh = pc.invert(pc.is_in(held.column("record_id"), value_set=own))  # a record that has got a new key holds its customer's id
    lives = pc.and_(fresh, pc.is_in(state, value_set=pa.array(["live", "redirected", "unborn"])))
    crosswalk = pa.concat_tables([before.crosswalk, held.filter(lives).cast(before.crosswalk.schema)])
    retired = held.filter(pc.and_(fresh, pc.equal(state, "retired")))
    unborn = np.unique(number.filter(pc.and_(fresh, pc.equal(state, "unborn"))).to_numpy().astype(np.int64))
    retired = pa.concat_tables([before.retired.cast(before.crosswalk.schema), retired.cast(before.crosswalk.schema)])
    return replace(before, crosswalk=crosswalk, retired=retired), unborn


def adopted_report(claims: pa.Table, unborn: Longs, found: Identities, ids: Longs) -> AdoptedReport | None:
    """What became of adopted ids that have never lived before."""
    if not len(unborn):
        return None
    given = int(np.isin(unborn, found.numbers).sum())
    golden = found.golden[Places(ids).of(claims.column("record_id").to_numpy())]
    first = claims.append_column("golden", pa.array(golden)).group_by("golden_number").aggregate([("golden", "count_distinct")])
    spread = first.column("golden_number").to_numpy()[first.column("golden_count_distinct").to_numpy() > 1]
    return AdoptedReport(given, len(unborn) - given, int(np.isin(unborn, spread).sum()))


def ledger_of(before: book.Ledger, ids: Longs) -> Ledger:
    """The published ledger, seen from the records at hand."""
    place = Places(ids)
    owner = np.full(len(ids), -1, np.int64)
    at = place.of(before.crosswalk.column("record_id").to_numpy())
    owner[at[at >= 0]] = before.crosswalk.column("golden_number").to_numpy()[at >= 0]
    retired = place.of(before.retired.column("record_id").to_numpy())
    redirected = before.states.filter(pc.equal(before.states.column("state"), "redirected"))
    return Ledger(
        owner=owner,
        live=numbers_in(before.states, "live"),
        retired_record=retired[retired >= 0],
        retired_number=before.retired.column("golden_number").to_numpy()[retired >= 0],
        redirects=Redirects(redirected.column("golden_number").to_numpy(), redirected.column("target").to_numpy()),
        next_number=before.next_number,
    )


def numbers_in(states: pa.Table, state: str) -> Longs:
    """The golden numbers in one state, in order."""
    return np.sort(states.column("golden_number").filter(pc.equal(states.column("state"), state)).to_numpy().astype(np.int64))


def changes_of(found: Identities, born: Longs = NONE) -> tuple[pa.Table, pa.Table, pa.Table]:
    """What the ledger is to keep: ids minted, states that differ, and events; `born` are adopted ids that begin to live."""
    minted = pa.table({"golden_number": found.minted, "golden_id": golden_id_text(found.minted)})
    lively = np.concatenate((found.minted, found.revived, born))
    number = np.concatenate((lively, found.redirects.number, found.retired))
    state = ["live"] * len(lively) + ["redirected"] * len(found.redirects) + ["retired"] * len(found.retired)
    target = np.concatenate((np.zeros(len(lively), np.int64), found.redirects.target, np.zeros(len(found.retired), np.int64)))
    states = pa.table({"golden_number": number, "state": pa.array(state, pa.string()), "target": pa.array(target, mask=target == 0)})
    kinds = pa.array([str(kind) for kind in KINDS])
    other = np.concatenate((found.events.other, np.full(len(born), -1, np.int64)))
    events = pa.table(
        {
            "kind": pa.concat_arrays(
                [kinds.take(pa.array(found.events.kind.astype(np.int32))), pa.array(["minted"] * len(born), pa.string())]
            ),
            "golden_number": np.concatenate((found.events.number, born)),
            "other": pa.array(other, mask=other < 0),
        }
    )
    return minted, states, events


def ask_about_keys(session: Session) -> None:
    """One steward task for each new key of which it is not sure whose it is."""
    with session.warehouse.begin() as connection:
        asked = sorted(asked_renames(connection), key=lambda one: (-one.probability, one.source, one.old))
        tasks = [
            Question(
                f"{one.source}:{one.old} · {one.source}:{one.new}",
                {"left": f"{one.source}:{one.old}", "right": f"{one.source}:{one.new}", "probability": one.probability},
                1 + one.probability,  # an id depends on it, so it comes before any other pair
            )
            for one in asked[: session.project.match.max_tasks_per_run]
        ]
        sync_tasks(connection, session.run, "rekeyed_source", tasks)
