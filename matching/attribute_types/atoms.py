"""Parts of a form that serve as blocking keys; null where a form has no such part."""

from __future__ import annotations

from typing import Any

import jellyfish
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.text_tools import keep, none_if_empty, per_distinct

LONGEST_HEARD = 40
"""Letters of a form that its sound is taken from."""


def letters(form: pa.StringArray) -> pa.StringArray:
    """The form without blanks.

    >>> letters(pa.array(["de la cruz"])).to_pylist()
    ['delacruz']
    """
    return pc.replace_substring(form, " ", "")


def first_letters(form: pa.StringArray, count: int) -> pa.StringArray:
    """The first letters; null where there are fewer.

    >>> first_letters(pa.array(["john", "j"]), 3).to_pylist()
    ['joh', None]
    """
    return keep(pc.utf8_slice_codeunits(form, 0, count), _at_least(form, count))


def last_letters(form: pa.StringArray, count: int) -> pa.StringArray:
    """The last letters; null where there are fewer.

    >>> last_letters(pa.array(["john", "j"]), 3).to_pylist()
    ['ohn', None]
    """
    return keep(pc.utf8_slice_codeunits(form, -count), _at_least(form, count))


def first_word(form: pa.StringArray) -> pa.StringArray:
    """The first word.

    >>> first_word(pa.array(["mary ann", "john", None])).to_pylist()
    ['mary', 'john', None]
    """
    return pc.replace_substring_regex(form, " .*$", "")


def last_word(form: pa.StringArray) -> pa.StringArray:
    """The last word.

    >>> last_word(pa.array(["mary ann smith"])).to_pylist()
    ['smith']
    """
    return pc.replace_substring_regex(form, "^.* ", "")


def longest_word(form: pa.StringArray) -> pa.StringArray:
    """The longest word; of several, the first in the alphabet.

    >>> longest_word(pa.array(["john a smithson", "beta alfa", None])).to_pylist()
    ['smithson', 'alfa', None]
    """
    lists = pc.split_pattern(form, " ")
    return _first_of_each(lists, len(form), lambda flat: -np.asarray(pc.binary_length(flat)))


def sorted_words(form: pa.StringArray) -> pa.StringArray:
    """The words in alphabetical order.

    >>> sorted_words(pa.array(["john smith", "smith john"])).to_pylist()
    ['john smith', 'john smith']
    """
    lists = pc.split_pattern(form, " ")
    flat, parent = lists.flatten(), np.asarray(pc.list_parent_indices(lists))
    order = np.lexsort((_rank(flat), parent))
    ordered = pa.ListArray.from_arrays(_offsets(lists), flat.take(pa.array(order)))
    return keep(pc.binary_join(ordered, " "), np.asarray(form.is_valid()))


def acronym(form: pa.StringArray, least: int) -> pa.StringArray:
    """The first letters of the words; null where there are fewer than `least`.

    >>> acronym(pa.array(["international business machines", "ford"]), 3).to_pylist()
    ['ibm', None]
    """
    initials = pc.replace_substring_regex(form, r"([a-z0-9])[a-z0-9]* ?", r"\1")
    return keep(initials, _at_least(initials, least))


def sorted_characters(form: pa.StringArray) -> pa.StringArray:
    """The characters in order, so that swapped ones make no difference.

    >>> sorted_characters(pa.array(["321", "213"])).to_pylist()
    ['123', '123']
    """
    return per_distinct(form, lambda text: "".join(sorted(text)))


def sound(form: pa.StringArray) -> pa.StringArray:
    """How the form sounds in English (Metaphone, Philips 1990).

    >>> sound(pa.array(["smith", "smyth", "12"])).to_pylist()
    ['SM0', 'SM0', None]
    """
    return none_if_empty(per_distinct(form, lambda text: jellyfish.metaphone(text[:LONGEST_HEARD])))


def distinct_words(form: pa.StringArray, shortest: int = 3, most: int = 20) -> pa.ListArray:
    """The first distinct words of each form, those of at least `shortest` letters; null where the form is.

    >>> distinct_words(pa.array(["the old mill of the hill", None])).to_pylist()
    [['the', 'old', 'mill', 'hill'], None]
    """
    lists = pc.split_pattern(form, " ")
    flat, parent = lists.flatten(), np.asarray(pc.list_parent_indices(lists))
    long_enough = np.asarray(pc.greater_equal(pc.binary_length(flat), shortest), dtype=bool)
    flat, parent = flat.filter(pa.array(long_enough)), parent[long_enough]
    kept = _first_occurrences(flat, parent)
    flat, parent = flat.take(pa.array(kept)), parent[kept]
    place = np.arange(len(parent)) - np.searchsorted(parent, parent)
    flat, parent = flat.filter(pa.array(place < most)), parent[place < most]
    ends = np.searchsorted(parent, np.arange(len(form) + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), flat, mask=form.is_null())


def _first_occurrences(flat: pa.StringArray, parent: Any) -> Any:
    """Positions, in order, at which a parent has a word for the first time."""
    codes = np.asarray(flat.dictionary_encode().indices, dtype=np.int64)
    _, first = np.unique(parent * np.int64(len(flat) + 1) + codes, return_index=True)
    return np.sort(first)


def _first_of_each(lists: pa.ListArray, count: int, importance: Any) -> pa.StringArray:
    flat, parent = lists.flatten(), np.asarray(pc.list_parent_indices(lists))
    order = np.lexsort((_rank(flat), importance(flat), parent))
    parents, first = np.unique(parent[order], return_index=True)
    position = np.full(count, -1, np.int64)
    position[parents] = order[first]
    return flat.take(pa.array(position, mask=position < 0))


def _rank(flat: pa.StringArray) -> Any:
    """The place of each word in the alphabet of all."""
    coded: Any = flat.dictionary_encode()
    rank = np.empty(len(coded.dictionary), np.int64)
    rank[np.asarray(pc.array_sort_indices(coded.dictionary))] = np.arange(len(rank))
    return rank[np.asarray(coded.indices)]


def _offsets(lists: pa.ListArray) -> pa.Int32Array:
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0))
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))


def _at_least(form: pa.StringArray, count: int) -> Any:
    return np.asarray(pc.fill_null(pc.greater_equal(pc.binary_length(form), count), False), dtype=bool)
