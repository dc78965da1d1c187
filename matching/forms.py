"""Forms: each attribute of all records as integers, so that everything per pair is integer work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from matching.attribute_types import TYPES, AttributeType
from matching.attribute_types.base import Levels
from matching.attribute_types.names import suffix
from matching.attribute_types.numbers import words_alone
from matching.attribute_types.trigrams import EQUAL_WEIGHTS, TrigramWeights
from matching.parallel import in_parallel
from matching.records import Column, Ints, Records


@dataclass(frozen=True, slots=True)
class Forms:
    """One attribute's forms: entry e says that record `row[e]` has form `distinct[code[e]]`; each once a record."""

    attribute: Attribute
    distinct: pa.StringArray
    row: Ints
    code: Ints
    count: int
    """Number of records."""
    weights: TrigramWeights = field(default_factory=lambda: EQUAL_WEIGHTS)
    """How rare each letter trigram is, for the types that weigh them."""
    worked_out: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What comparing needs to know of each form, once it has been asked for."""

    @property
    def type(self) -> AttributeType:
        """The attribute's semantic type."""
        return TYPES[self.attribute.type]

    @property
    def single(self) -> bool:
        """Whether no record has more than one form."""
        return self.holders == len(self.row)

    @property
    def holders(self) -> int:
        """How many records have any form; entries are sorted by record."""
        return int(np.count_nonzero(np.diff(self.row))) + 1 if len(self.row) else 0

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """The level of each pair of different forms."""
        return self.type.compare_weighed(left, right, self.weights)

    @property
    def prepared(self) -> Any:
        """All distinct forms, as the type wants them to compare them; without the weights of trigrams it is worked out once."""
        if self.type.weighs_trigrams:
            return self.type.prepare_weighed(self.distinct, self.weights)
        if "prepared" not in self.worked_out:
            self.worked_out["prepared"] = self.type.prepare(self.distinct)
        return self.worked_out["prepared"]

    def only(self, kept: npt.NDArray[np.bool_]) -> Forms:
        """Some of the entries; the distinct forms stay, with what is known of them."""
        result = replace(self, row=self.row[kept], code=self.code[kept])
        result.worked_out.update(self.worked_out)
        return result

    def codes(self) -> Ints:
        """The code of each record's first form, -1 where it has none."""
        codes = np.full(self.count, -1, np.int32)
        codes[self.row[::-1]] = self.code[::-1]
        return codes

    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each record's entries begin, and the end of the last: `count + 1` positions."""
        return np.searchsorted(self.row, np.arange(self.count + 1)).astype(np.int64)

    def frequency(self) -> npt.NDArray[np.int64]:
        """How many records have each form."""
        return np.bincount(self.code, minlength=len(self.distinct)).astype(np.int64)


def hash_forms(own: Forms) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of each distinct form: a model holds no customer's data."""
    if "hashes" not in own.worked_out:
        own.worked_out["hashes"] = pd.util.hash_array(own.distinct.to_numpy(zero_copy_only=False), categorize=False)
    return np.asarray(own.worked_out["hashes"], np.uint64)


def forms_of(records: Records) -> dict[str, Forms]:
    """The forms of every attribute, by its name; several texts are one, and the suffixes of names are an attribute of their own.

    Where one text is all there is, so are its words and its numbers.
    """
    made = in_parallel(lambda column: encode_forms(column, len(records)), records.columns.values())
    forms = join_texts(dict(zip(records.columns, made, strict=True)))
    attribute = suffix_attribute([column.attribute for column in records.columns.values()])
    parts = {a.name: part_forms(a, own) for own in forms.values() for a in parts_of([own.attribute])} if len(forms) == 1 else {}
    return forms | parts if attribute is None else forms | {attribute.name: suffix_forms(attribute, records)}


def compared_attributes(attributes: Sequence[Attribute]) -> list[Attribute]:
    """The attributes as matching sees them: several texts are one, names have suffixes, a text that is all there is has words and numbers.

    >>> from domain.attributes import Role, Storage
    >>> texts = [Attribute(name, "text", Role.NEUTRAL, Storage.TEXT) for name in ("title", "description")]
    >>> [a.name for a in compared_attributes(texts)]
    ['title and description', 'words of title and description', 'numbers in title and description']
    """
    seen, suffix = with_one_text(attributes), suffix_attribute(attributes)
    return [*seen, *parts_of(seen)] if suffix is None or suffix in seen else [*seen, suffix]


def with_one_text(attributes: Sequence[Attribute]) -> list[Attribute]:
    """The attributes, several texts as one."""
    texts = [a for a in attributes if a.type == "text"]
    if len(texts) < 2:
        return list(attributes)
    joined = replace(texts[0], name=" and ".join(a.name for a in texts), many=False)
    return [joined if a is texts[0] else a for a in attributes if a is texts[0] or a.type != "text"]


def shown_attributes(attributes: Sequence[Attribute], records: Records) -> list[str]:
    """The attributes that hold, for people, what these are made of: of several texts that are one, each of them."""
    texts = [name for name, column in records.columns.items() if column.attribute.type == "text"]
    return [name for a in attributes for name in (texts if a.type == "text" and a.name not in records.columns else [a.name])]


def join_texts(forms: dict[str, Forms]) -> dict[str, Forms]:
    """Several texts of a record become one: what one department writes into the title, another writes into the description."""
    seen = with_one_text([own.attribute for own in forms.values()])
    if len(seen) == len(forms):
        return forms
    return {
        a.name: forms[a.name] if a.name in forms else joined_forms(a, [f for f in forms.values() if f.attribute.type == "text"])
        for a in seen
    }


def joined_forms(attribute: Attribute, parts: Sequence[Forms]) -> Forms:
    """Each record's forms of several attributes, one after the other."""
    row = np.concatenate([part.row for part in parts])
    text = pa.concat_arrays([part.distinct.take(pa.array(part.code)) for part in parts])
    order = np.argsort(row, kind="stable")
    start = np.flatnonzero(np.concatenate(([True], np.diff(row[order]) > 0))) if len(row) else np.empty(0, np.int64)
    lists = pa.ListArray.from_arrays(pa.array([*start, len(row)], pa.int32()), text.take(pa.array(order)))
    coded = pc.dictionary_encode(pc.binary_join(lists, " "))
    return Forms(attribute, coded.dictionary, row[order][start].astype(np.int32), coded.indices.to_numpy().astype(np.int32), parts[0].count)


PARTED = ("organisation", "text")
"""Types whose values, where they are all there is, are told apart by their words and by their numbers."""
ENOUGH_NUMBERS = 0.5
"""Share of the records that must have words and numbers, for both to be compared."""
DISTINCT_NUMBERS = 0.25
"""Distinct numbers for each record that has any, below which they name nobody: a year, the number of a house without its street."""


def parts_of(attributes: Sequence[Attribute]) -> list[Attribute]:
    """The words and the numbers of a text that is all there is, as attributes; none of anything else.

    >>> from domain.attributes import Role, Storage
    >>> [a.name for a in parts_of([Attribute("title", "text", Role.NEUTRAL, Storage.TEXT)])]
    ['words of title', 'numbers in title']
    """
    if len(attributes) != 1 or attributes[0].type not in PARTED:
        return []
    own, kind = attributes[0], TYPES["numbers"]
    numbers = replace(own, name=f"numbers in {own.name}", type=kind.name, role=kind.role, storage=kind.storage)
    return [replace(own, name=f"words of {own.name}"), numbers]


def part_forms(attribute: Attribute, own: Forms) -> Forms:
    """The forms of a part of a text."""
    part = TYPES["numbers"].form if attribute.type == "numbers" else words_alone
    coded = pc.dictionary_encode(part(own.distinct))
    code = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)[own.code]
    kept = code >= 0
    row, code = own.row[kept], code[kept]
    _, first = np.unique(row.astype(np.int64) * max(len(coded.dictionary), 1) + code, return_index=True)
    first.sort()  # two values of one record may have the same words
    return Forms(attribute, coded.dictionary, row[first], code[first], own.count)


def witnesses(forms: dict[str, Forms]) -> dict[str, Forms]:
    """What is compared: a text that is all there is as a whole, or by its parts where enough records have numbers."""
    whole = next(iter(forms.values())).attribute if forms else None
    parts = [a.name for a in parts_of([whole])] if whole else []
    if not set(parts) & set(forms):
        return forms
    enough = all(forms[name].holders >= ENOUGH_NUMBERS * forms[name].count for name in parts)
    enough &= len(forms[parts[-1]].distinct) >= DISTINCT_NUMBERS * forms[parts[-1]].holders
    return {name: own for name, own in forms.items() if (name in parts) == enough}


NAMES_WITH_SUFFIX = ("family_name", "full_name", "given_name")
"""Types whose values may end with a suffix, in the order in which they are asked."""
SUFFIX = "suffix of the name"
"""What the suffixes are called where the project has no attribute of their own for them."""


def suffix_attribute(attributes: Sequence[Attribute]) -> Attribute | None:
    """The attribute that holds the suffixes of names (`Jr`); none where nobody is named.

    >>> from domain.attributes import Role, Storage
    >>> found = suffix_attribute([Attribute("surname", "family_name", Role.SHARED, Storage.TEXT)])
    >>> found.name, found.type
    ('suffix of the name', 'name_suffix')
    """
    own = next((a for a in attributes if a.type == "name_suffix"), None)
    if own is not None or not any(a.type in NAMES_WITH_SUFFIX for a in attributes):
        return own
    kind = TYPES["name_suffix"]
    return Attribute(SUFFIX, kind.name, kind.role, kind.storage)


def suffix_forms(attribute: Attribute, records: Records) -> Forms:
    """Each record's suffix: from the attribute of its own, or else from the end of its names."""
    columns = sorted(
        (c for c in records.columns.values() if c.attribute.type in (attribute.type, *NAMES_WITH_SUFFIX)),
        key=lambda c: (attribute.type, *NAMES_WITH_SUFFIX).index(c.attribute.type),
    )
    kind = TYPES[attribute.type]
    found = [kind.form(c.values if c.attribute.type == attribute.type else suffix(c.values)) for c in columns]
    start = np.cumsum([0, *(len(values) for values in found)])
    coded = pc.dictionary_encode(pa.concat_arrays(found))
    code_of_value = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    code = np.concatenate([code_of_value[at + c.code] for at, c in zip(start, columns, strict=False)])
    kept = code >= 0
    row, first = np.unique(np.concatenate([c.row for c in columns])[kept], return_index=True)
    return Forms(attribute, coded.dictionary, row.astype(np.int32), code[kept][first], len(records))


def encode_forms(column: Column, count: int) -> Forms:
    """Fold a column's distinct values; values of one record that fold to one form become one entry."""
    attribute = column.attribute
    form = TYPES[attribute.type].form(column.values)
    coded = pc.dictionary_encode(form)
    code_of_value = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    code = code_of_value[column.code] if len(column.code) else np.empty(0, np.int32)
    kept = code >= 0
    row, code = column.row[kept], code[kept]
    if attribute.many and len(row):
        pair = row.astype(np.int64) * len(coded.dictionary) + code
        _, first = np.unique(pair, return_index=True)
        first.sort()
        row, code = row[first], code[first]
    return Forms(attribute, coded.dictionary, row.astype(np.int32), code, count)
