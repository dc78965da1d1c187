"""Which given names are short or pet forms of one another."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from nicknames import NickNamer

from matching.attribute_types.text_tools import Mask, one_of
from matching.attribute_types.word_tables import rows

Places = npt.NDArray[np.int64]


def are_nicknames(left: pa.StringArray, right: pa.StringArray) -> Mask:
    """Which pairs of given names are known to be forms of one name, whichever way round.

    >>> are_nicknames(pa.array(["bob", "mary", "rob"]), pa.array(["robert", "john", "bobby"])).tolist()
    [True, False, True]
    """
    return related_places(nickname_places(left), nickname_places(right))


def nickname_places(name: pa.StringArray) -> Places:
    """The place of each given name among those that have nicknames or are some; -1 where it is neither."""
    return np.asarray(pc.fill_null(pc.index_in(name, value_set=_related()[0]), -1), dtype=np.int64)


def related_places(one: Places, other: Places) -> Mask:
    """Which pairs of such places are of forms of one name."""
    names, pairs = _related()
    known = np.flatnonzero((one >= 0) & (other >= 0))
    code = one[known] * len(names) + other[known]
    related = np.zeros(len(one), bool)
    related[known] = pairs[np.minimum(np.searchsorted(pairs, code), len(pairs) - 1)] == code
    return related


def canonical(name: pa.StringArray) -> pa.StringArray:
    """The name that stands for all forms of a given name; null where none is known.

    >>> canonical(pa.array(["bob", "robert", "Zaphod"])).to_pylist()
    ['robert', 'robert', None]
    """
    names, standing = _canonical()
    return standing.take(pc.index_in(name, value_set=names))


def is_given_name(name: pa.StringArray) -> Mask:
    """Which folded words are given names of our own table: enough to tell `Mary J` from `Smith J`.

    >>> is_given_name(pa.array(["mary", "smith", None])).tolist()
    [True, False, False]
    """
    return one_of(name, {name for family in _families() for name in family})


@cache
def _families() -> tuple[tuple[str, ...], ...]:
    """Our own table: the names of a row are all forms of one."""
    return tuple((row["name"], *row["nicknames"].split()) for row in rows("nicknames"))


@cache
def _listed() -> tuple[tuple[str, str], ...]:
    """Name and nickname from the `nicknames` package, where one can be heard in the other.

    It lists what anyone was ever called (Robert as `bill`, Aaron as `erin`); pairs without any likeness are
    believed only if our own table has them.
    """
    lookup = NickNamer.default_lookup()
    pairs = ((name, nickname) for name, known in sorted(lookup.items()) for nickname in sorted(known))
    return tuple((name, nickname) for name, nickname in pairs if (name + nickname).isalpha() and _alike(name, nickname))


def _alike(name: str, nickname: str) -> bool:
    return name[0] == nickname[0] or name[-3:] == nickname[-3:] or (len(nickname) > 2 and nickname in name)


@cache
def _related() -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    """All names that are in some relation, and the related pairs as `place of one * number of names + place of other`."""
    related = {(a, b) for family in _families() for a in family for b in family if a != b}
    related |= {pair for name, nickname in _listed() for pair in ((name, nickname), (nickname, name))}
    names = sorted({name for name, _ in related})
    place = {name: position for position, name in enumerate(names)}
    return pa.array(names), np.array(sorted(place[a] * len(names) + place[b] for a, b in related), np.int64)


@cache
def _canonical() -> tuple[pa.StringArray, pa.StringArray]:
    """Each name, and the one that stands for it."""
    heads = _joined_heads()
    standing = dict(heads)
    for family in _families():
        for name in family:
            standing.setdefault(name, heads[family[0]])
    for name, nickname in _listed():
        standing.setdefault(nickname, standing.setdefault(name, name))
    return pa.array(list(standing)), pa.array(list(standing.values()))


def _joined_heads() -> dict[str, str]:
    """The name that stands for each family's first: families are joined where one lists the other's first name.

    Joining them wherever they share any name would make one family of Eleanor, Elizabeth, Margaret and Magdalena.
    """
    standing = {family[0]: family[0] for family in _families()}
    for family in _families():
        for name in family[1:]:
            if name in standing and standing[name] != standing[family[0]]:
                old, new = standing[name], standing[family[0]]
                standing = {head: new if stands == old else stands for head, stands in standing.items()}
    return standing
