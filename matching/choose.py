"""Choose: which of the keys that probes were run through pay for their work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.block import Pairs, distinct, sides
from matching.chance import Population
from matching.keys import Longs, Path

Floats = npt.NDArray[np.float64]

WORK_OF_A_RECORD = 0.1
"""Making a key costs, for each record, as much as comparing so many pairs."""
LEAST_GAIN = 0.0002
"""A key is left out if it finds, beyond the others, less than this share of the pairs that are probably the same."""
DEAREST = 50
"""And it is left out if such a pair costs so many times the work that one has cost by the keys before it."""
MANY = 500_000
"""Records from which on that is asked for; of fewer records a key costs less, and less is asked of it."""


@dataclass(frozen=True, slots=True)
class ProbedKey:
    """What the probes met in one key."""

    path: Path
    pairs: Longs
    """Codes of the pairs, each once, in order."""
    sizes: Longs
    """How many probes are in blocks of each size, up to the largest that may be taken whole."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The pairs that probes met, each once, and in which keys."""

    codes: Longs
    keys: tuple[ProbedKey, ...]
    places: tuple[Longs, ...]
    """Of each key: positions in `codes`."""

    @classmethod
    def of(cls, keys: Sequence[ProbedKey]) -> Sample:
        """The pairs of some keys together."""
        codes = distinct([np.empty(0, np.int64), *(key.pairs for key in keys)])
        return cls(codes, tuple(keys), tuple(np.searchsorted(codes, key.pairs) for key in keys))

    def pairs(self, population: Population) -> Pairs:
        """The pairs of records."""
        return Pairs(*sides(self.codes, len(population)))


def choose(sample: Sample, probability: Floats, share: float, records: int, budget: int) -> list[int]:
    """The keys to keep, best first: each finds the most pairs that are probably the same, beyond those before it, for its work.

    `probability` is that of each pair of the sample, which holds `share` of all pairs of `records` records;
    once the chosen keys make `budget` pairs, no more are taken.
    """
    missed, least = probability.copy(), LEAST_GAIN * min(records / MANY, 1.0) * float(probability.sum())
    dearest = DEAREST * max(MANY / max(records, 1), 1.0) ** 2
    covered, enough = np.zeros(len(sample.codes), bool), share * budget
    made, gained, paid = 0, 0.0, 1.0
    gain = np.array([np.inf] * len(sample.keys))
    chosen: list[int] = []
    while gain.max(initial=0.0) > 0 and made < enough:
        best = int(gain.argmax())
        places = sample.places[best]
        found, new = float(missed[places].sum()), len(places) - int(np.count_nonzero(covered[places]))
        work = WORK_OF_A_RECORD * records + new / share
        value = found / work if found > least and found / work * dearest >= gained / paid else 0.0
        worse = value < gain[best]
        gain[best] = value
        if value <= 0 or (worse and value < gain.max()):
            continue
        chosen.append(best)
        made, gained, paid = made + new, gained + found, paid + work
        missed[places], covered[places], gain[best] = 0.0, True, 0.0
    return needed(sample, probability, chosen, least)


def needed(sample: Sample, probability: Floats, chosen: Sequence[int], least: float) -> list[int]:
    """The chosen keys without those that the ones chosen after them have made superfluous."""
    times = np.zeros(len(sample.codes), np.int32)
    for k in chosen:
        times[sample.places[k]] += 1
    kept = []
    for k in chosen:
        places = sample.places[k]
        if probability[places[times[places] == 1]].sum() > least:
            kept.append(k)
        else:
            times[places] -= 1
    return kept
