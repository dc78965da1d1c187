"""The outbox: what each publication tells consumers, staged by the run and visible exactly when its publication is.

Events could be written in the publishing transaction itself; at a million of them that would keep every other writer
waiting for as long. Instead the run stages them in short transactions, as it stages everything else, and the one row that
the publishing transaction writes makes them visible: readers ask only for events of runs in `publication`. To whoever
reads, that is the same. There is no moment at which a publication is seen without its events or an event without its
publication, for both hang on that row; and a run that was killed, held or failed has no such row, so its events were
never seen: the next run removes them and gives their numbers anew. One run at a time holds the warehouse, so numbers that
begin after the last published one leave no gap, in the order of the publications. (Invariants 5, 9)

An event is what differs between two publications: it is read from the states of golden ids, the crosswalk, the golden
records and the contacts that the run has staged, whoever staged them, and a run that staged nothing has none (Invariant 8).
It holds ids only: how a customer was before and after is read from the golden records of both runs (`warehouse.events`), so
that an erasure reaches it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from domain.attributes import Attribute
from domain.runs import Run
from warehouse.attribute_tables import golden_version
from warehouse.bulk import append, read
from warehouse.contacts import KEYS
from warehouse.database import Warehouse
from warehouse.ids import first_free
from warehouse.leftovers import LIVES_ON, remove_events
from warehouse.publications import published_run
from warehouse.tables import crosswalk, golden_contact, identity_state, outbox
from warehouse.versions import differences, match, with_number

Numbers = npt.NDArray[np.int64]
Pairs = tuple[Numbers, Numbers]
"""Golden numbers and, of each event, the other one; -1 where it has none."""
ORDER = ("created", "revived", "split", "merged", "changed", "retired", "erased")
"""Within a publication: an id lives before others are told to lead to it, and its own change comes after what changed it."""


def stage_events(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute]) -> dict[str, int]:
    """Stage what publishing this run will tell, once all else is staged; returns how many events of each kind.

    Staging again replaces what was staged before.
    """
    with warehouse.connect() as connection:
        published = published_run(connection)
    remove_events(warehouse, after=published)
    found = _happened(warehouse, run, attributes, anew=published > 0)
    with warehouse.connect() as connection:
        first = first_free(connection, outbox.c.event_id)
    events = _in_order(found)
    numbered = events.append_column("event_id", pa.array(np.arange(first, first + len(events), dtype=np.int64)))
    append(warehouse, outbox, with_number(numbered, "run", run.number))
    return {kind: len(number) for kind, (number, _) in found.items() if len(number)}


def _happened(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute], anew: bool) -> dict[str, Pairs]:
    """What the run would change, by kind; where nothing was published before (not `anew`), every id is created."""
    happened = identity_changes(*_ended_and_begun(warehouse, run, identity_state, ("golden_number", "state", "target")))
    if not anew:
        return happened
    ended, begun = _ended_and_begun(warehouse, run, crosswalk, ("record_id", "golden_number"))
    happened["split"] = _split(ended, begun, happened)
    holding = (_numbers(ended), _numbers(begun), _golden_changes(warehouse, run, attributes), _contact_changes(warehouse, run))
    told = [number for kind in ("created", "revived", "merged", "retired", "erased") for number in happened[kind][:1]]
    happened["changed"] = _alone(np.setdiff1d(np.concatenate(holding), np.concatenate(told)))
    return happened


def _ended_and_begun(warehouse: Warehouse, run: Run, table: sa.Table, columns: Sequence[str]) -> tuple[pa.Table, pa.Table]:
    """The rows of a versioned table that the run has ended, and those that it has begun."""
    rows = sa.select(*(table.c[name] for name in columns))
    ended = rows.where(table.c.to_run == run.number, table.c.to_run < LIVES_ON)
    return read(warehouse, ended), read(warehouse, rows.where(table.c.from_run == run.number))


def identity_changes(before: pa.Table, after: pa.Table) -> dict[str, Pairs]:
    """What became of golden ids whose state differs: both tables have golden_number, state and target.

    A redirect that leads elsewhere is told as merged again, unless it only follows the id that it led to.

    >>> before = pa.table({"golden_number": [2], "state": ["live"], "target": pa.array([None], pa.int64())})
    >>> after = pa.table({"golden_number": [2, 3], "state": ["redirected", "live"], "target": [1, None]})
    >>> {kind: [ids.tolist() for ids in pair] for kind, pair in identity_changes(before, after).items() if len(pair[0])}
    {'created': [[3], [-1]], 'merged': [[2], [1]]}
    """
    living, redirected = _numbers(_in_state(after, "live")), _in_state(after, "redirected")
    known = np.isin(living, _numbers(before))
    found = {
        "created": _alone(living[~known]),
        "revived": _alone(living[known]),
        "merged": _merged(_in_state(before, "redirected"), redirected),
    }
    return found | {state: _alone(_numbers(_in_state(after, state))) for state in ("retired", "erased")}


def _in_state(states: pa.Table, state: str) -> pa.Table:
    return states.filter(pc.equal(states.column("state"), state))


def _merged(before: pa.Table, after: pa.Table) -> Pairs:
    """Ids that lead to another now; of those that did before only where the new target is not what became of the old one."""
    number, target = _numbers(after), after.column("target").to_numpy().astype(np.int64)
    led = match(before, after, ["golden_number"])
    fresh = np.ones(len(number), bool)
    fresh[led.new] = False
    leads_to = dict(zip(number[fresh].tolist(), target[fresh].tolist(), strict=True))
    old = before.column("target").take(pa.array(led.old)).to_pylist()
    fresh[led.new] = [leads_to.get(one) != now for one, now in zip(old, target[led.new].tolist(), strict=True)]
    return number[fresh], target[fresh]


def _split(ended: pa.Table, begun: pa.Table, happened: dict[str, Pairs]) -> Pairs:
    """Ids that lost records to one that was not there before."""
    both = match(ended, begun, ["record_id"])
    lost, gained = _numbers(ended)[both.old], _numbers(begun)[both.new]
    arrived = np.concatenate([happened["created"][0], happened["revived"][0]])
    pairs = np.unique(np.stack([lost, gained], axis=1)[np.isin(gained, arrived) & (lost != gained)], axis=0)
    merged = set(zip(*(ids.tolist() for ids in happened["merged"]), strict=True))
    parted = np.array([pair for pair in map(tuple, pairs.tolist()) if pair not in merged], np.int64).reshape(-1, 2)
    return parted[:, 0], parted[:, 1]


def _golden_changes(warehouse: Warehouse, run: Run, attributes: Sequence[Attribute]) -> Numbers:
    """Ids of which a golden value, the number of records or the sources differ: not cohesion, dates seen and provenance alone."""
    table = golden_version(attributes)
    telling = [*(attribute.name for attribute in attributes), "member_count", "sources"]
    before, after = _ended_and_begun(warehouse, run, table, ["golden_number", *telling])
    both = match(before, after, ["golden_number"])
    differing = differences(before.take(both.old), after.take(both.new), telling)
    return _numbers(after)[both.new][np.logical_or.reduce([np.zeros(len(both.new), bool), *differing.values()])]


def _contact_changes(warehouse: Warehouse, run: Run) -> Numbers:
    """Ids that have another value more or less beside the golden one; not those whose sources or dates seen differ alone."""
    before, after = _ended_and_begun(warehouse, run, golden_contact, KEYS)
    both = match(before, after, KEYS)
    return np.concatenate([_numbers(before)[both.only_old], _numbers(after)[both.only_new]])


def _numbers(rows: pa.Table) -> Numbers:
    return np.asarray(rows.column("golden_number").to_numpy(), np.int64)


def _alone(numbers: Numbers) -> Pairs:
    return numbers, np.full(len(numbers), -1, np.int64)


def _in_order(found: dict[str, Pairs]) -> pa.Table:
    """kind, golden_number and other, in the order in which they are told."""
    kinds = [kind for kind in ORDER if kind in found]
    rank = np.repeat(np.arange(len(kinds), dtype=np.int32), [len(found[kind][0]) for kind in kinds])
    number, other = (np.concatenate([found[kind][side] for kind in kinds]) for side in (0, 1))
    order = np.lexsort((other, number, rank))
    other = other[order]
    named = pa.array(kinds, pa.string()).take(pa.array(rank[order]))
    return pa.table({"kind": named, "golden_number": number[order], "other": pa.array(other, mask=other < 0)})
