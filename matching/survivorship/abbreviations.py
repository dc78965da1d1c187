"""Abbreviations: within a cluster, which names are short for which others, so that `R` speaks for `Ronald`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.names import fold_name
from matching.records import Longs
from matching.roles import NAMES_OF_PEOPLE
from matching.survivorship.candidates import Candidates
from matching.survivorship.clusters import runs

LEAST_CUT = 3
"""Letters that a shortened word must lack: `Ron` is short for `Ronald`, but `Ann` is not for `Anna`, nor `John` for the slip `Johnn`."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Statements:
    """The different things that candidates say, cluster by cluster."""

    order: Places
    """The candidates by statement."""
    start: Places
    """Where each statement begins in `order`."""
    size: Places
    cluster: Longs
    said: Longs
    code: Longs
    """The value that stands for each, of the column."""


def spoken_for(candidates: Candidates) -> tuple[Places, Longs]:
    """Candidates that speak for another value of their cluster, which theirs is short for, and what that value says.

    None where the attribute is no person's name. A candidate occurs once for each value that it speaks for.
    """
    nothing = np.empty(0, np.intp), np.empty(0, np.int64)
    if len(candidates.columns) > 1 or candidates.columns[0].attribute.type not in NAMES_OF_PEOPLE or not len(candidates):
        return nothing
    found = statements(candidates)
    short, long = pairs_within(found.cluster)
    kept = are_short_for(candidates.columns[0].values, found.code[short], found.code[long])
    short, long = short[kept], long[kept]
    at = np.repeat(found.start[short], found.size[short]) + counted_up(found.size[short])
    return found.order[at], np.repeat(found.said[long], found.size[short])


def statements(candidates: Candidates) -> Statements:
    """What the candidates say, each thing once for a cluster."""
    order = np.lexsort((candidates.said, candidates.cluster))
    cluster, said = candidates.cluster[order].astype(np.int64), candidates.said[order]
    new = (np.diff(cluster, prepend=-1) != 0) | (np.diff(said, prepend=-2) != 0)
    start = np.flatnonzero(new)
    code = candidates.columns[0].code[candidates.entries[0][order[start]]].astype(np.int64)
    return Statements(order, start, np.diff(start, append=len(order)), cluster[start], said[start], code)


def pairs_within(cluster: Longs) -> tuple[Places, Places]:
    """All ordered pairs of different places that have one cluster; `cluster` is ascending.

    >>> [side.tolist() for side in pairs_within(np.array([4, 7, 7, 7]))]
    [[1, 1, 2, 2, 3, 3], [2, 3, 1, 3, 1, 2]]
    """
    first, sizes = runs(cluster)
    each = np.repeat(sizes, sizes)
    left = np.repeat(np.arange(len(cluster)), each)
    right = np.repeat(np.repeat(first, sizes), each) + counted_up(each)
    return left[left != right], right[left != right]


def counted_up(sizes: Places) -> Places:
    """0, 1, ... for each size in turn.

    >>> counted_up(np.array([2, 0, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def are_short_for(values: pa.Array, short: Longs, long: Longs) -> npt.NDArray[np.bool_]:
    """For each pair of values, given by their codes, whether the first is short for the second; every different pair is looked at once."""
    used, place = np.unique(np.concatenate((short, long)), return_inverse=True)
    form = fold_name(pc.cast(values.take(pa.array(used)), pa.string()))
    length = np.asarray(pc.fill_null(pc.utf8_length(form), 0))
    letter = np.asarray(pc.fill_null(pc.utf8_slice_codeunits(form, 0, 1), "").dictionary_encode().indices)
    left, right = place[: len(short)], place[len(short) :]
    fit = np.flatnonzero((letter[left] == letter[right]) & (length[left] < length[right]) & (length[left] > 0))
    pair, back = np.unique(left[fit] * len(used) + right[fit], return_inverse=True)
    text = form.to_pylist() if len(pair) else []
    right_ones = np.array([is_short_for(text[one // len(used)], text[one % len(used)]) for one in pair.tolist()], bool)
    kept = np.zeros(len(short), bool)
    kept[fit] = right_ones[back]
    return kept


def is_short_for(short: str, long: str) -> bool:
    """Whether each word of a folded name begins the word in its place, one of them as an initial or at least `LEAST_CUT` letters shorter.

    >>> [is_short_for("r", long) for long in ("ronald", "ronald james", "r", "bob")]
    [True, True, False, False]
    >>> is_short_for("ron j", "ronald james"), is_short_for("john", "johnn"), is_short_for("mary", "mary ann")
    (True, False, False)
    """
    words, whole = short.split(), long.split()
    if len(words) > len(whole):
        return False
    together = list(zip(words, whole, strict=False))
    cut = [word != full for word, full in together]
    fits = [word == full or (full.startswith(word) and (len(word) == 1 or len(full) - len(word) >= LEAST_CUT)) for word, full in together]
    return any(cut) and all(fits)
