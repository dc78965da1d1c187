"""Forms: each attribute of all records as integers, so that everything per pair is integer work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from matching.attribute_types import TYPES, AttributeType
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


def forms_of(records: Records) -> dict[str, Forms]:
    """The forms of every attribute, by its name."""
    return {name: encode_forms(column, len(records)) for name, column in records.columns.items()}


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
