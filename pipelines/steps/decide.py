"""Decide: what a steward says of customers and records, kept as signed decisions; all or nothing. (Invariant 3)

Every act is checked and written in one transaction that no other act can come between, so that of two stewards who act at once
the second sees what the first has said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from domain.decisions import Decision, Verdict
from domain.errors import OnefoldError
from domain.records import RecordKey
from pipelines.project import Project
from pipelines.steps.contradictions import refuse_contradictions
from pipelines.steps.lookup import Connection, found, live_record, written
from pipelines.steps.signing import Signature
from warehouse.acts import act_named, lock_acts, moment, new_act, standing_acts, undo_act
from warehouse.audit import record_act
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions, append_decisions, live_contents
from warehouse.ledger import holder, members

MOST_PARTS = 300
"""Parts that are kept apart in one act: every two of them are a decision."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was done and kept."""

    act: str
    """Its id, by which it can be undone."""
    action: str
    """`merge`, `split`, `decide`, `pin` or `undo`."""
    golden_ids: tuple[str, ...]
    """The customers it is about, as they are published."""
    notes: tuple[str, ...] = ()
    """What there is to say about ids that were asked for: redirects that were followed."""
    decisions: int = 0
    """Pairs of records that were decided."""


@dataclass(slots=True)
class Acting:
    """An act while it is done: its transaction, its time and its id."""

    connection: Connection
    project: Project
    signature: Signature
    at: datetime
    act: str
    notes: list[str] = field(default_factory=list)

    def customer(self, asked: str) -> int:
        """The golden number that is meant by a golden id or a record key; a redirect that was followed is noted."""
        number, note = found(self.connection, self.project, asked)
        self.notes += [note] if note else []
        return number

    def pair(self, left: RecordKey, right: RecordKey, verdict: Verdict) -> Decision:
        """A decision of this act."""
        return Decision(left, right, verdict, self.signature.steward, self.at, self.signature.reason, self.act)

    def keep(self, pairs: Sequence[Decision]) -> None:
        """Keep the act's decisions with the contents they were made on. Raises ContradictingDecision."""
        refuse_contradictions(active_decisions(self.connection), pairs)
        keys = sorted({key for one in pairs for key in (one.left, one.right)})
        append_decisions(self.connection, pairs, live_contents(self.connection, keys))

    def done(self, action: str, numbers: Sequence[int], payload: Mapping[str, Any], decisions: int = 0) -> Act:
        """Write the act into the audit log, and say what was done."""
        ids = tuple(map(written, numbers))
        told = {"act": self.act, "reason": self.signature.reason, **payload}
        record_act(self.connection, self.at, self.signature.steward, action, " ".join(ids) or f"act {self.act}", told)
        return Act(self.act, action, ids, tuple(self.notes), decisions)


@contextmanager
def acting(warehouse: Warehouse, project: Project, signature: Signature) -> Iterator[Acting]:
    """One act: nobody else acts until it is kept whole, or nothing of it is."""
    with warehouse.begin() as connection:
        lock_acts(connection)
        yield Acting(connection, project, signature, moment(connection, datetime.now(UTC)), new_act(connection))


def merge(warehouse: Warehouse, project: Project, asked: Sequence[str], signature: Signature) -> Act:
    """Golden customers, given by golden ids or record keys, are one: *same* along a tree over all their records."""
    with acting(warehouse, project, signature) as this:
        numbers = [this.customer(one) for one in asked]
        if len(numbers) < 2:
            raise OnefoldError("a merge needs two golden ids or more.")
        for (one, first), (other, second) in combinations(zip(asked, numbers, strict=True), 2):
            if first == second:
                raise OnefoldError(f"{one} and {other} are one customer already, {written(first)}: there is nothing to merge.")
        keys = [key for number in numbers for key in members(this.connection, number).values()]
        pairs = [this.pair(keys[0], key, Verdict.SAME) for key in keys[1:]]
        this.keep(pairs)
        return this.done("merge", numbers, {"records": [str(key) for key in keys]}, len(pairs))


def split(warehouse: Warehouse, project: Project, asked: str, apart: Sequence[str], explode: bool, signature: Signature) -> Act:
    """A golden customer is several: *different* between every two parts, *same* within each.

    Each of `apart` lists the record keys of one part, joined by commas; what none of them names is one more part. With
    `explode` every record is a part.
    """
    with acting(warehouse, project, signature) as this:
        number = this.customer(asked)
        keys = list(members(this.connection, number).values())
        parts = [[key] for key in keys] if explode else parts_of(keys, apart, written(number))
        if len(parts) < 2:
            why = "it has one record" if len(keys) < 2 else "all its records would be in one part"
            raise OnefoldError(f"{written(number)} cannot be split: {why}.")
        if len(parts) > MOST_PARTS:
            raise OnefoldError(
                f"{written(number)} would fall into {len(parts):,} parts, and {MOST_PARTS} are the most: name some with --apart."
            )
        within = [this.pair(part[0], key, Verdict.SAME) for part in parts for key in part[1:]]
        between = [this.pair(one[0], other[0], Verdict.DIFFERENT) for one, other in combinations(parts, 2)]
        this.keep([*within, *between])
        return this.done("split", [number], {"parts": [[str(key) for key in part] for part in parts]}, len(within) + len(between))


def parts_of(keys: Sequence[RecordKey], apart: Sequence[str], golden_id: str) -> list[list[RecordKey]]:
    """The parts of a customer: those that are listed, and the rest. An OnefoldError where a key is not the customer's, or named twice.

    >>> keys = [RecordKey("a", "1"), RecordKey("a", "2"), RecordKey("b", "x,y")]
    >>> [[str(key) for key in part] for part in parts_of(keys, ["b:x,y,a:1"], "C-00000001-8")]
    [['b:x,y', 'a:1'], ['a:2']]
    """
    known = {str(key): key for key in keys}
    parts = [[known[name] for name in names_in(listed, known, golden_id)] for listed in apart]
    named = [key for part in parts for key in part]
    for key in named:
        if named.count(key) > 1:
            raise OnefoldError(f"{key} is named twice: each record belongs to one part.")
    rest = [key for key in keys if key not in named]
    return [*parts, rest] if rest else parts


def names_in(listed: str, known: Mapping[str, RecordKey], golden_id: str) -> Iterator[str]:
    """The known names in a list with commas, which may also be part of a name: the longest that is known counts."""
    pieces = listed.split(",")
    while pieces:
        lengths = (n for n in range(len(pieces), 0, -1) if ",".join(pieces[:n]) in known)
        length = next(lengths, None)
        if length is None:
            key = RecordKey.parse(pieces[0])
            raise OnefoldError(f"{key} is no record of {golden_id}: `onefold show {golden_id}` lists them.")
        yield ",".join(pieces[:length])
        pieces = pieces[length:]


def decide(warehouse: Warehouse, project: Project, left: RecordKey, right: RecordKey, verdict: Verdict, signature: Signature) -> Act:
    """Two live records are the same customer, are different ones, or nobody can tell (which binds nothing)."""
    with acting(warehouse, project, signature) as this:
        if left == right:
            raise OnefoldError(f"{left} is named twice; name two records.")
        for key in (left, right):
            live_record(this.connection, project, key)
        this.keep([this.pair(left, right, verdict)])
        numbers = dict.fromkeys(holder(this.connection, key) for key in (left, right))
        payload = {"records": [str(left), str(right)], "verdict": str(verdict)}
        return this.done("decide", [number for number in numbers if number is not None], payload, 1)


def undo(warehouse: Warehouse, project: Project, asked: str, signature: Signature) -> Act:
    """Take back all that was decided in one act, given by its id or the first letters of it."""
    with acting(warehouse, project, signature) as this:
        act = act_named(this.connection, asked)
        count = undo_act(this.connection, act, signature.steward, this.at, signature.reason)
        record_act(this.connection, this.at, signature.steward, "undo", f"act {act}", {"act": act, "reason": signature.reason})
        return Act(act, "undo", (), (), count)


@dataclass(frozen=True, slots=True)
class ListedAct:
    """An act that stands, for people."""

    act: str
    kind: str
    """`merge`, `split`, `decide` or `pin`."""
    steward: str
    decided_at: datetime
    reason: str
    golden_ids: tuple[str, ...]
    """Whom it is about, as they are published now."""
    records: tuple[str, ...]
    """Some of the records that it names."""
    suspended: bool
    """Whether one of its records has turned into somebody else, so that some of it waits to be decided again."""


def latest_acts(warehouse: Warehouse, limit: int) -> list[ListedAct]:
    """The latest acts that stand, newest first."""
    with warehouse.connect() as connection:
        acts = standing_acts(connection, limit)
    return [
        ListedAct(
            one.act,
            one.kind,
            one.steward,
            one.decided_at,
            one.reason,
            tuple(map(written, one.golden_numbers)),
            tuple(map(str, one.records)),
            one.suspended,
        )
        for one in acts
    ]
