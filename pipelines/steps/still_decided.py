"""Still decided: what stewards have decided since a past publication must hold in it before it is restored. (Invariant 3)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.decisions import Decision, Verdict
from domain.errors import ContradictingDecision
from pipelines.steps.lookup import written
from pipelines.steps.places import Places
from pipelines.steps.session import Session
from pipelines.steps.show import text_of
from warehouse.database import Warehouse
from warehouse.decisions import active_decisions, active_pairs
from warehouse.past import Pinned, standing_pins
from warehouse.records import record_keys

NAMED = 3
"""Broken decisions that are named; the rest are counted."""


def refuse_broken_decisions(warehouse: Warehouse, members: pa.Table, run: int) -> None:
    """Raise ContradictingDecision where records that were decided to be the same, or different, are not so among these members."""
    broken = broken_pairs(warehouse, members)
    if not len(broken):
        return
    with warehouse.connect() as connection:
        keys = record_keys(connection, pc.unique(pa.concat_arrays(broken.columns)).to_pylist())
        decisions = active_decisions(connection)
    pairs = {(keys[left], keys[right]) for left, right in zip(*(column.to_pylist() for column in broken.columns), strict=True)}
    refuse([told(one) for one in decisions if (one.left, one.right) in pairs], run)


def broken_pairs(warehouse: Warehouse, members: pa.Table) -> pa.RecordBatch:
    """left_id and right_id of the decisions about members that these do not keep."""
    pairs = active_pairs(warehouse)
    pairs = pairs.filter(pc.not_equal(pairs.column("verdict"), str(Verdict.UNSURE)))
    places, number = Places(members.column("record_id").to_numpy()), members.column("golden_number").to_numpy()
    left, right = (places.of(pairs.column(side).to_numpy()) for side in ("left_id", "right_id"))
    held = np.flatnonzero((left >= 0) & (right >= 0))
    together = number[left[held]] == number[right[held]]
    same = np.asarray(pc.equal(pairs.column("verdict"), str(Verdict.SAME)), bool)[held]
    chosen = pairs.select(["left_id", "right_id"]).take(held[together != same]).combine_chunks()
    return pa.record_batch([pa.array(column.to_pylist(), pa.int64()) for column in chosen.columns], names=chosen.column_names)


def told(one: Decision) -> str:
    """A decision, in a few words."""
    return f"{one.left} and {one.right} are {one.verdict} ({one.steward}, {one.decided_at:%-d %B %Y})"


def refuse_broken_pins(session: Session, golden: pa.Table, states: pa.Table, run: int) -> None:
    """Raise ContradictingDecision where a value that a steward has pinned is another in these golden records."""
    with session.warehouse.connect() as connection:
        pins = standing_pins(connection, session.run.started_at)
    if pins:
        refuse(list(broken_pins(pins, golden, leading(states))), run)


def leading(states: pa.Table) -> Mapping[int, int]:
    """The live id that each golden id answers as."""
    live = pc.if_else(pc.equal(states.column("state"), "live"), states.column("golden_number"), states.column("target"))
    return {number: leads for number, leads in zip(states.column("golden_number").to_pylist(), live.to_pylist(), strict=True) if leads}


def broken_pins(pins: Sequence[Pinned], golden: pa.Table, leads: Mapping[int, int]) -> Iterator[str]:
    """Pins that the golden records do not hold, in words; of several for one value the latest counts. Values are not named."""
    latest = {(leads[one.golden_number], one.attribute): one for one in pins if one.golden_number in leads}
    numbers = golden.column("golden_number").to_numpy()
    for (number, attribute), one in latest.items():
        at = np.flatnonzero(numbers == number)
        if not len(at) or attribute not in golden.column_names:
            continue
        held = golden.column(attribute)[int(at[0])].as_py()
        if (None if held is None else text_of(held)) != (None if one.value is None else text_of(one.value)):
            yield f"{attribute} of {written(number)} is pinned ({one.steward}, {one.decided_at:%-d %B %Y})"


def refuse(broken: Sequence[str], run: int) -> None:
    """Raise ContradictingDecision, naming what would be broken, if anything would."""
    if not broken:
        return
    rest = f"; and {len(broken) - NAMED:,} more" if len(broken) > NAMED else ""
    count = "a decision" if len(broken) == 1 else f"{len(broken):,} decisions"
    named = "; ".join(broken[:NAMED])
    raise ContradictingDecision(
        f"the publication of run {run} does not keep {count}: {named}{rest}. Undo {'it' if len(broken) == 1 else 'them'} first, "
        "or restore a later publication."
    )
