"""Chance where only one attribute is compared: how crossed values, that nobody has, compare with those of the records.

With a single comparison, *same* pairs cannot be told from chance by what else agrees. But a value of several words
("Acme Packaging, 12 Mill Road, Leeds") is put together anew: the beginning of one record's with the end of another's.
Such a value belongs to nobody, so whatever it is like, it is like by chance; but for the duplicates of the two records,
each of which has half of it. These are told by being more like their own. What is so taken away of chance is put back by
the share of weakly alike pairs that the records themselves have.
(docs/decisions/0018-chance-from-crossed-values.md, 0024-records-in-one-text.md)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types import trigrams
from matching.attribute_types.trigrams import Vectors, learn_weights
from matching.comparisons import RARITY, Comparison
from matching.forms import Forms
from matching.records import Longs

Shares = npt.NDArray[np.float64]
Class = npt.NDArray[np.uint8]

COMPARED = 20_000_000
"""Pairs of a crossed value and a record that are looked at; of these, all that are at all alike are compared."""
AT_ONCE = 4
"""Parts in which they are looked at."""
MOST, FEWEST = 4_000, 20
"""Crossed values made."""
ALIKE = 0.3
"""Cosine of trigrams from which on two values are at all alike."""
MARGIN = 0.1
"""A record that is by more than this more like a record that the value was made of may be its duplicate, and then is like it for that."""
STEP = 0.1
"""Width of the range above it in which pairs of records are counted as well: few of them are *same*."""
SAMPLE = 100_000
"""Pairs compared of those that are not alike."""
MIDDLE = (0.35, 0.65)
"""Where a value is cut: a part of its words, so that neither half is nearly the whole."""


def crossed_levels(comparison: Comparison, own: Forms, classes: Class) -> Shares:
    """The share of each level among pairs of a crossed value and a record; index 0, `missing`, is 0."""
    crossed = Crossed(own)
    size, pairs = len(comparison.labels), len(crossed.form) * len(own.row)
    one, other = crossed.alike()
    counts = np.bincount(crossed.levels(one, other, classes), minlength=size) * crossed.left_out()
    some = crossed.unlike()
    rest = np.bincount(crossed.levels(*some, classes), minlength=size)
    counts += rest * ((pairs - len(one)) / max(len(some[0]), 1)) + 0.5
    counts[0] = 0.0
    return np.asarray(counts / counts.sum())


class Crossed:
    """Crossed values beside the records' own; pairs are positions of a crossed value and of an entry."""

    def __init__(self, own: Forms) -> None:
        # Of longer texts no more is compared: crossed further on, they would be the first one's alone.
        self.own = own = replace(own, distinct=pc.utf8_slice_codeunits(own.distinct, 0, trigrams.COMPARED))
        self.generator = np.random.default_rng(0)
        count = int(np.clip(COMPARED // max(len(own.row), 1), FEWEST, MOST))
        self.first, self.second = (self.generator.integers(0, len(own.row), count) for _ in range(2))
        places = self.generator.uniform(*MIDDLE, count)
        halves = [own.distinct.take(pa.array(own.code[side])).to_pylist() for side in (self.first, self.second)]
        self.form = pa.array([cross(a, b, place) for a, b, place in zip(*halves, places, strict=True)], pa.string())
        self.as_own = pc.fill_null(pc.index_in(self.form, value_set=own.distinct), -1).to_numpy(zero_copy_only=False)
        """The code that each crossed value has among the forms; -1 where nobody has it."""
        weights = learn_weights(own.distinct, own.frequency())
        self.vectors, self.crossed = Vectors(own.distinct, weights), Vectors(self.form, weights).rows
        self.entries = self.vectors.rows[own.code].T.tocsc()

    def alike(self) -> tuple[Longs, Longs]:
        """All pairs that are alike by chance, but those with a record that the value was made of."""
        one, other, alike = self.pairs(self.crossed)
        by_chance, code = np.ones(len(one), bool), self.own.code.astype(np.int64)
        # Names of firms are families: brands and their branches. These agree in one half with what was crossed, and are chance.
        for side in () if self.own.attribute.type == "organisation" else (self.first, self.second):
            by_chance &= self.vectors.cosine(code[side[one]], code[other]) <= alike + MARGIN
        self.all_alike = one * len(self.own.row) + other
        self.by_chance = self.share(alike[by_chance], len(self.form))
        return self.not_made_of(one[by_chance], other[by_chance])

    def pairs(self, rows: Any) -> tuple[Longs, Longs, Shares]:
        """The pairs of some vectors and an entry that are at all alike, and how much; a block of vectors at a time."""
        step = max(COMPARED // AT_ONCE // max(len(self.own.row), 1), 1)
        found = [pairs_alike(rows[at : at + step], self.entries, at) for at in range(0, rows.shape[0], step)]
        one, other, alike = (np.concatenate(side) for side in zip(*found, strict=True))
        return one, other, alike

    def share(self, alike: Shares, count: int) -> float:
        """The share of weakly alike pairs among all those of so many vectors and an entry."""
        return float((alike < ALIKE + STEP).sum() + 0.5) / (count * len(self.own.row))

    def left_out(self) -> float:
        """How many pairs of records are weakly alike for each pair with a crossed value that is held to be so by chance; 1 or more."""
        some = self.generator.integers(0, len(self.own.row), len(self.form))
        one, other, alike = self.pairs(self.vectors.rows[self.own.code[some]])
        others = self.own.row[some[one]] != self.own.row[other]
        return max(self.share(alike[others], len(some)) / self.by_chance, 1.0)

    def not_made_of(self, one: Longs, other: Longs) -> tuple[Longs, Longs]:
        row = self.own.row
        kept = (row[other] != row[self.first[one]]) & (row[other] != row[self.second[one]])
        return one[kept], other[kept]

    def unlike(self) -> tuple[Longs, Longs]:
        """Random pairs without the alike ones."""
        a, b = self.generator.integers(0, len(self.form), SAMPLE), self.generator.integers(0, len(self.own.row), SAMPLE)
        known = np.isin(a * len(self.own.row) + b, self.all_alike)
        return self.not_made_of(a[~known], b[~known])

    def levels(self, one: Longs, other: Longs, classes: Class) -> Class:
        """Levels of pairs, as comparisons count them: each distinct pair of values is compared once."""
        code = self.own.code[other]
        pair, back = np.unique(one * len(self.own.distinct) + code, return_inverse=True)
        crossed, form = np.divmod(pair, len(self.own.distinct))
        levels = self.own.compare(self.form.take(pa.array(crossed)), self.own.distinct.take(pa.array(form))) + np.uint8(len(RARITY))
        equal = self.as_own[crossed] == form
        levels[equal] = classes[form[equal]] + 1
        return np.asarray(levels[back], np.uint8)


def pairs_alike(rows: Any, entries: Any, start: int) -> tuple[Longs, Longs, Shares]:
    """The pairs of a block of vectors, the first being number `start`, and an entry that are at all alike; and how much."""
    cosine = (rows @ entries).tocoo()
    found = cosine.data >= ALIKE
    return cosine.row[found].astype(np.int64) + start, cosine.col[found].astype(np.int64), cosine.data[found].astype(np.float64)


def cross(one: str, other: str, place: float) -> str:
    """The beginning of one text and the end of another, both cut at that part of their words; of single words, the other.

    >>> cross("acme packaging", "bolt and sons leeds", 0.5), cross("acme", "bolt", 0.5)
    ('acme sons leeds', 'bolt')
    """
    head, tail = one.split(" "), other.split(" ")
    if len(head) == 1:
        return tail[-1]
    cut = min(max(round(len(head) * place), 1), len(head) - 1)
    return " ".join([*head[:cut], *tail[min(max(round(len(tail) * cut / len(head)), 1), len(tail) - 1) :]])
