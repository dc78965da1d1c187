"""Explain rivals: what other records take from a pair or leave to it, where sources hold each customer once.

The number is the batch's: it is kept with the pair, for it rests on all candidates of both records, and theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain.evidence import Rivalry, ScoredPair
from domain.records import RecordKey
from matching.chance import Population
from matching.cluster import Advantage, pair_code
from matching.compare import level_matrix
from matching.forms import forms_of
from matching.match import bits_of, find_pairs
from matching.model import Model
from matching.records import Ints, Records
from matching.score import MICRO, sums
from matching.train import unique_sources
from pipelines.project import Project
from pipelines.steps.lookup import Connection
from warehouse.pairs import pairs_of
from warehouse.records import record_keys

Rows = Sequence[Mapping[str, Any]]
NEAR = -2 * MICRO
"""A rival whose log-odds are below this does not come near: it is not so likely as one in five."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The places in sources without duplicates that the two records of a pair contend for with others."""

    pair: ScoredPair
    places: tuple[str, ...]
    """Sources of the two in which the other one has at most one counterpart; none where there can be no rivals."""
    counterparts: Mapping[str, float]
    """By place: share of the other source's records that have a counterpart there."""

    @classmethod
    def of(cls, pair: ScoredPair, model: Model, project: Project) -> Contest:
        """What two records contend for."""
        unique = {source.name for source in project.sources if source.unique} if model.matched else set()
        left, right = pair.left.source, pair.right.source
        both = {} if left == right else {right: model.matched.get((left, right), 0.0), left: model.matched.get((right, left), 0.0)}
        places = tuple(name for name in both if name in unique)
        return cls(pair, places, both)

    def told(self, advantage: int, weight: int, rival: Rival | None) -> str:
        """What rivals do to the pair, whose weight among them is `weight`."""
        if rival is not None:
            place = rival.key.source
            if rival.weight > weight:
                return f"another record of {place} fits better"
            if rival.weight == weight:
                return f"another record of {place} fits as well"
            return f"another record of {place} contends" if advantage < 0 else f"it fits better than any other record of {place}"
        if advantage < 0:
            return f"other records of {' or '.join(self.places)} contend"
        place = max(self.places, key=lambda name: self.counterparts[name])
        other = next(name for name in self.counterparts if name != place)
        return f"no other record of {place} comes near, and {widespread(self.counterparts[place])} of {other} has a counterpart there"

    def unknown(self) -> str:
        """That the numbers are those of the pair by itself."""
        return (
            f"These are the numbers of the two by themselves: as they are now, the last run did not keep the pair, "
            f"so what other records of {' or '.join(self.places)} take from it or leave to it is not known."
        )


@dataclass(frozen=True, slots=True)
class Rival:
    """Another candidate of one of the two records, in the source of the other."""

    weight: int
    """Match weight among its own rivals, in millionths of a bit."""
    key: RecordKey


def widespread(share: float) -> str:
    """How many a share is, for people.

    >>> widespread(0.95), widespread(0.7), widespread(0.3)
    ('nearly everyone', 'more than every second', 'one in 3')
    """
    if share >= 0.9:
        return "nearly everyone"
    return "more than every second" if share > 0.5 else f"one in {round(1 / max(share, 1e-6)):,}"


def kept_pairs(connection: Connection, ids: Sequence[int]) -> Rows:
    """The pairs with one of these records that the published run has kept with what rivals add or take."""
    return [row for row in pairs_of(connection, ids).to_pylist() if row["advantage"] is not None]


def kept_advantage(rows: Rows, records: Records, model: Model) -> Advantage:
    """What rivals add to pairs of these records that were kept.

    Left out is what another model has scored: its own weight and its advantage do not come to the weight that was kept.
    """
    place = {int(number): at for at, number in enumerate(records.ids)}
    among = [row for row in rows if row["left_id"] in place and row["right_id"] in place]
    left, right = (np.array([place[row[side]] for row in among], np.int32) for side in ("left_id", "right_id"))
    bits = np.array([row["advantage"] for row in among], np.int64)
    kept = np.array([round(row["match_weight"] * MICRO) for row in among], np.int64)
    current = own_weight(records, model, left, right) + bits == kept
    return Advantage.among(left[current], right[current], bits[current], len(records))


def candidates_advantage(kept: Advantage, records: Records, model: Model, project: Project) -> Advantage | None:
    """The same for all candidate pairs among these records, which have a part in the mean over two customers.

    Which pairs are candidates rests on their own records alone; those that were not kept had no rivals.
    """
    if not kept.bits.any():
        return None
    unique = frozenset(source.name for source in project.sources if source.unique)
    population = Population(records.source, unique_sources(records.sources, unique), records.sources)
    pairs, _ = find_pairs(forms_of(records), population, model, None, bits_of(project.match.ask[0]))
    code = pair_code(pairs.left, pairs.right, len(records))
    return Advantage(code, kept.of(code)[0])


def own_weight(records: Records, model: Model, left: Ints, right: Ints) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Match weight of pairs by themselves, in millionths of a bit."""
    forms = model.weighed(forms_of(records))
    return model.scoring.weight(*sums(level_matrix(model.comparisons, forms, model.classes(forms), left, right), model.scoring.weights))


def rivalry(connection: Connection, contest: Contest, ids: Sequence[int], rows: Rows, advantage: int) -> Rivalry | None:
    """What rivals add to the pair of two records (`ids`) or take from it; none where that is nothing."""
    if not contest.places or not advantage:
        return None
    rival = strongest(connection, contest, ids, rows)
    if rival is not None and advantage > 0 and rival.weight < NEAR:
        rival = None
    weight = round(contest.pair.match_weight * MICRO) + advantage
    return Rivalry(advantage / MICRO, contest.told(advantage, weight, rival), rival.key if rival else None)


def strongest(connection: Connection, contest: Contest, ids: Sequence[int], rows: Rows) -> Rival | None:
    """The strongest other candidate of one of the two, in the source of the other; of equal ones that of the smaller key."""
    left, right = ids
    candidates: list[tuple[int, int, str]] = []
    for row in rows:
        pair = {row["left_id"], row["right_id"]}
        weight = round(row["match_weight"] * MICRO)
        candidates += [
            (weight, next(iter(pair - {own})), place)
            for own, other, place in ((left, right, contest.pair.right.source), (right, left, contest.pair.left.source))
            if own in pair and other not in pair and place in contest.places
        ]
    keys = record_keys(connection, sorted({number for _, number, _ in candidates})) if candidates else {}
    found = [Rival(weight, keys[number]) for weight, number, place in candidates if keys[number].source == place]
    return min(found, key=lambda rival: (-rival.weight, str(rival.key)), default=None)
