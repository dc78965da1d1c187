"""Coded texts: parts of forms as integers, for types that look at the same parts of a form in many pairs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.attribute_types.base import AttributeType, Levels
from matching.attribute_types.text_tools import Mask

Places = npt.NDArray[np.int64]
"""Positions of forms among those that have been prepared."""


class Coded:
    """One part of each form: equality is integer work, and a measure is taken once of each distinct pair of texts.

    >>> part = Coded(pa.array(["gmail.com", "gmail.con", None, "gmail.com"]))
    >>> left, right = np.array([0, 0, 2]), np.array([3, 1, 2])
    >>> part.equal(left, right).tolist(), part.differ(left, right).tolist()
    ([True, False, False], [False, True, False])
    """

    def __init__(self, texts: pa.StringArray) -> None:
        coded: Any = texts.dictionary_encode()
        self.codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        self.texts: pa.StringArray = coded.dictionary

    @property
    def known(self) -> Mask:
        """Which forms have the part."""
        return np.asarray(self.codes >= 0)

    def equal(self, left: Places, right: Places) -> Mask:
        """Which pairs of forms both have the part, and the same."""
        one = self.codes[left]
        return np.asarray((one == self.codes[right]) & (one >= 0))

    def differ(self, left: Places, right: Places) -> Mask:
        """Which pairs of forms both have the part, and not the same."""
        one, other = self.codes[left], self.codes[right]
        return np.asarray((one != other) & (one >= 0) & (other >= 0))

    def holds(self, among: Mask, left: Places, right: Places, condition: Callable[[pa.StringArray, pa.StringArray], Mask]) -> Mask:
        """Which pairs among some have parts of which a symmetrical condition holds."""
        held = np.zeros(len(among), bool)
        at = np.flatnonzero(among)
        one, other = self.codes[left[at]], self.codes[right[at]]
        known = (one >= 0) & (other >= 0)
        at, one, other = at[known], one[known], other[known]
        if len(at):
            pairs, back = np.unique(np.minimum(one, other).astype(np.int64) * len(self.texts) + np.maximum(one, other), return_inverse=True)
            held[at] = condition(self.texts.take(pairs // len(self.texts)), self.texts.take(pairs % len(self.texts)))[back]
        return held


class PreparedType(AttributeType):
    """A type that takes forms apart before it compares them: once for each form, not once for each pair."""

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """The level of each pair of different forms."""
        count = np.arange(len(left))
        return self.between(self.prepare(pa.concat_arrays([left, right])), count, count + len(left))

    @abstractmethod
    def prepare(self, form: pa.StringArray) -> Any:
        """What comparing needs to know of each form."""

    @abstractmethod
    def between(self, prepared: Any, left: Places, right: Places) -> Levels:
        """The level of each pair of different forms, given by their positions among the prepared ones."""
