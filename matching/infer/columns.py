"""Columns: a sample of what stands in one, and how much of it each attribute type can read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Status
from matching.attribute_types import TYPES
from matching.attribute_types.text_tools import fold, matches, missing_mask, tidy
from matching.attribute_types.text_tools import valid_mask as known

LOOKED_AT = 2_000
"""Distinct values of a column that are read by the attribute types."""
CUT = 1_000
"""Characters of a cell that are looked at."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was inferred of one column."""

    column: str
    attribute: str | None
    """The attribute, or the label of a whole name or address; none: the column is left out."""
    type: str | None
    """Its attribute type, or `full_name` or `address` where it is parsed into parts; `key` and `source` for those."""
    why: str
    """A few words: why it is held to be that, or why it is left out."""


class Column:
    """A column of one or several inputs that call it the same."""

    def __init__(self, name: str, values: pa.StringArray, filled: int, rows: int, inputs: Collection[int] = (0,)) -> None:
        """`values` are the column's filled cells or a sample of them; `filled` and `rows` count all there are."""
        self.name, self.filled, self.rows, self.inputs = name, filled, rows, frozenset(inputs)
        coded = pc.value_counts(pc.utf8_slice_codeunits(values, 0, CUT))
        self.sampled, self.distinct = len(values), len(coded)
        self.values, self.weight = chosen(coded.field("values"), np.asarray(coded.field("counts"), np.float64))
        self._shares: dict[str, float] = {}

    @cached_property
    def text(self) -> pa.StringArray:
        """The values looked at, tidied."""
        return tidy(self.values)

    @cached_property
    def _empty(self) -> Mask:
        return missing_mask(self.text) | TYPES["text"].is_placeholder(self.text)

    @property
    def told(self) -> int:
        """How many cells hold anything but a placeholder, as far as the sample tells."""
        return round(self.filled * (1 - self._part(self._empty, np.ones(len(self.values), bool))))

    @property
    def different(self) -> float:
        """Distinct values as a share of the cells sampled."""
        return self.distinct / max(self.sampled, 1)

    @property
    def constant(self) -> bool:
        """Whether every record that has a value has the same."""
        return self.distinct <= 1

    def valid(self, kind: str) -> float:
        """Share of the cells that a type can read, its own placeholders left out."""
        if kind not in self._shares:
            status = TYPES[kind].standardise(self.values).status
            self._shares[kind] = self._part(status == Status.VALID, (status == Status.VALID) | (status == Status.INVALID))
        return self._shares[kind]

    def hollow(self, kind: str) -> bool:
        """Whether a type finds nothing but placeholders."""
        return set(TYPES[kind].standardise(self.values).status.tolist()) <= {Status.PLACEHOLDER, Status.MISSING}

    def share(self, which: Mask) -> float:
        """Share of the cells whose value is one of those, placeholders left out."""
        return self._part(which, ~self._empty)

    def _part(self, which: Mask, among: Mask) -> float:
        total = float(self.weight[among].sum())
        return float(self.weight[which & among].sum()) / total if total else 0.0

    def like(self, pattern: str) -> float:
        """Share of the cells that contain a regular expression (RE2)."""
        return self.share(matches(self.text, pattern))

    @cached_property
    def words(self) -> float:
        """Words of a value, on average."""
        return self._mean(np.asarray(pc.fill_null(pc.count_substring(self.text, " "), 0), np.float64) + 1)

    @cached_property
    def length(self) -> float:
        """Characters of a value, on average."""
        return self._mean(np.asarray(pc.fill_null(pc.utf8_length(self.text), 0), np.float64))

    def _mean(self, figure: npt.NDArray[np.float64]) -> float:
        weight = np.where(self._empty, 0.0, self.weight)
        return float((figure * weight).sum() / max(weight.sum(), 1e-9))

    @cached_property
    def folded(self) -> pa.StringArray:
        """The values looked at, folded."""
        return fold(self.text)

    def known_share(self, values: pa.Array) -> float:
        """Share of the cells for which something was found."""
        return self.share(known(values))


def chosen(values: pa.StringArray, counts: npt.NDArray[np.float64]) -> tuple[pa.StringArray, npt.NDArray[np.float64]]:
    """At most `LOOKED_AT` of the values, the same whatever their order, in the order of the alphabet."""
    if len(values) > LOOKED_AT:
        # By hash, not by count: the commonest values of a column are often its placeholders.
        hashed = pd.util.hash_array(values.to_numpy(zero_copy_only=False), categorize=False)
        kept = pa.array(np.argsort(hashed, kind="stable")[:LOOKED_AT])
        values, counts = values.take(kept), counts[np.asarray(kept)]
    order = pc.array_sort_indices(values)
    return values.take(order), counts[np.asarray(order)]


def percent(share: float) -> str:
    """A share as people read it.

    >>> percent(0.974), percent(0.9999), percent(0.001)
    ('97 %', '99 %', '1 %')
    """
    return "100 %" if share >= 1 else f"{min(max(round(share * 100), 1), 99)} %" if share > 0 else "0 %"


def listed(names: Sequence[str]) -> str:
    """
    >>> listed(["a", "b"])
    "'a', 'b'"
    """
    return ", ".join(f"'{name}'" for name in names)
