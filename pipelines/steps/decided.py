"""Decided: the stewards' decisions as matching knows them, by the positions of the live records they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from matching.cluster import Constraints
from matching.records import Ints, Records
from pipelines.steps.contradictions import through_the_gone


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
