"""What streets, towns and whole addresses have in common: casing, short words, look-ups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.attribute_types.names import recase
from matching.attribute_types.text_tools import Mask, keep, rewrite, true_mask, valid_mask, where
from matching.attribute_types.word_tables import rows

SHORT_STREET_WORDS = {row["word"]: row["short"] for row in rows("street_words") if row["short"]}
"""Street words to their one short form: `avenue` to `ave`, `north` to `n`, `flat` to `apt`."""


def place_case(text: pa.StringArray) -> pa.StringArray:
    """Places all in capitals or all in small letters as they are usually written; mixed case stays as it is.

    >>> place_case(pa.array(["12 NW MAIN ST", "po box 5", "ST JOHN'S", "1250 24TH ST", "McLean"])).to_pylist()
    ['12 NW Main St', 'PO Box 5', "St John's", '1250 24th St', 'McLean']
    """
    one_case = true_mask(pc.utf8_is_upper(text)) | true_mask(pc.utf8_is_lower(text))
    return where(one_case, text, lambda few: _capital_words(recase(few)))


def _capital_words(text: pa.StringArray) -> pa.StringArray:
    for word, capitals in (("Po Box", "PO Box"), ("Nw", "NW"), ("Ne", "NE"), ("Sw", "SW"), ("Se", "SE")):
        text = rewrite(text, rf"\b{word}\b", capitals)
    return text


def replace_words(form: pa.StringArray, table: Mapping[str, str]) -> pa.StringArray:
    """Each word of a form by what the table has for it, else the word itself.

    >>> replace_words(pa.array(["12 north main street", None]), {"north": "n", "street": "st"}).to_pylist()
    ['12 n main st', None]
    """
    lists = pc.split_pattern(form, " ")
    words = lists.flatten()
    instead = look_up(words, table)
    replaced = pa.ListArray.from_arrays(lists.offsets, pc.coalesce(instead, words))
    return keep(pc.binary_join(replaced, " "), valid_mask(form))


def look_up(text: pa.StringArray, table: Mapping[str, str]) -> pa.StringArray:
    """What the table has for each text; null where it has nothing.

    >>> look_up(pa.array(["calif", "nowhere", None]), {"calif": "CA"}).to_pylist()
    ['CA', None, None]
    """
    position = pc.index_in(text, value_set=pa.array(list(table), pa.string()), skip_nulls=True)
    return pa.array(list(table.values()), pa.string()).take(position)


def not_longer_than(text: pa.StringArray, most: int) -> Mask:
    """Which texts have at most so many characters; null has not."""
    return np.asarray(true_mask(pc.less_equal(pc.utf8_length(text), most)))
