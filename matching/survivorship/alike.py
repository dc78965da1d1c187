"""Alike: which values say the same, by the forms that their attribute types give them."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from matching.attribute_types import TYPES
from matching.records import Ints, Records


def form_codes(records: Records) -> dict[str, Ints]:
    """For each attribute, which of its values have one form: `O'Brien` and `OBRIEN` say the same."""
    codes = {}
    for name, column in records.columns.items():
        form = pc.dictionary_encode(TYPES[column.attribute.type].form(column.values))
        own = np.arange(len(column.values)) + len(form.dictionary)  # a value without a form says only what itself says
        codes[name] = np.where(form.is_valid(), form.indices.fill_null(0), own).astype(np.int32)
    return codes
