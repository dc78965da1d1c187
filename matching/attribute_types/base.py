"""What every attribute type says of itself: how its values are standardised, compared and blocked on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role, Status, Storage
from matching.attribute_types.text_tools import fold, keep, missing_mask, one_of, tidy, true_mask, valid_mask
from matching.attribute_types.trigrams import TrigramWeights
from matching.attribute_types.word_tables import words

Levels = npt.NDArray[np.uint8]

AGREEMENT = 0.75
"""Share of one customer's values that is expected to be equal before any is seen, where the type knows no better."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the project file says about how an attribute's raw text is to be read."""

    region: str | None = None
    """Two-letter country in which a telephone without a prefix is read."""
    format: str | None = None
    """A strptime format for dates."""


@dataclass(frozen=True, slots=True)
class Standardised:
    """Raw values made comparable; all three arrays run along the raw values given."""

    value: pa.Array
    """For people, in the type's storage; null unless the status is valid."""
    form: pa.StringArray
    """For comparing and blocking; null unless the status is valid."""
    status: npt.NDArray[np.uint8]
    """`domain.attributes.Status` of each."""


class AttributeType(ABC):
    """A semantic type. The class docstring is what a steward reads of it.

    A type works on *distinct* values: the caller dictionary-encodes a column first, so a type may spend
    microseconds on a value, but never loops in Python where a vectorised way exists.
    """

    name: ClassVar[str]
    role: ClassVar[Role]
    storage: ClassVar[Storage] = Storage.TEXT
    levels: ClassVar[tuple[str, ...]]
    """Labels of the comparison levels, strongest first: level 0 is equal forms, the last is `different`."""
    placeholders: ClassVar[frozenset[str]] = frozenset()
    """Folded texts that stand for a missing value in this type, beyond those of every type."""

    agreement: ClassVar[float] = AGREEMENT
    """Share of one customer's values that is expected to be equal before any is seen; the nearer to 1, the more a different one says."""

    refine_by: ClassVar[tuple[str, ...]] = ("exact",)
    """Labels of the blocking atoms that are joined with other attributes' where a block alone is too large."""

    learns_placeholders: ClassVar[bool] = False
    """Whether a value is one customer's, or one household's, so that one on far more unlike records stands for a missing value."""

    never_placeholders: ClassVar[frozenset[str]] = frozenset()
    """Folded texts that mean something in this type, though they stand for a missing value in others."""

    def standardise(self, raw: pa.StringArray, options: Options = Options()) -> Standardised:
        """Make raw texts comparable: value, form and status of each.

        `raw` holds distinct texts (null: missing). The same text always comes to the same result, and
        standardising a value's own text again changes nothing.
        """
        text = tidy(raw)
        missing = missing_mask(text)
        placeholder = self.is_placeholder(text) & ~missing
        value = self.parse(keep(text, ~(missing | placeholder)), options)
        hollow = self.stands_for_nothing(value)
        placeholder |= hollow
        value = keep(value, ~hollow)
        form = self.form(value)
        valid = valid_mask(form)
        status = np.select([missing, placeholder, valid], [Status.MISSING, Status.PLACEHOLDER, Status.VALID], Status.INVALID)
        return Standardised(keep(value, valid), form, status.astype(np.uint8))

    def is_placeholder(self, text: pa.StringArray) -> npt.NDArray[np.bool_]:
        """Which tidied texts stand for a missing value: `n/a` for every type, and the type's own."""
        brief = keep(text, ~true_mask(pc.greater(pc.utf8_length(text), LONGEST_PLACEHOLDER)))
        return one_of(fold(brief), (COMMON_PLACEHOLDERS | self.placeholders) - self.never_placeholders)

    def stands_for_nothing(self, value: pa.Array) -> npt.NDArray[np.bool_]:
        """Which values, once read, turn out to be placeholders: `Mr Unknown` without its title, 1 January 1900."""
        return self.is_placeholder(value) if self.storage is Storage.TEXT else np.zeros(len(value), bool)

    @abstractmethod
    def parse(self, text: pa.StringArray, options: Options) -> pa.Array:
        """The value of each tidied text in the type's storage; null where it is null or no such value."""

    def form(self, value: pa.Array) -> pa.StringArray:
        """The folded shape of each value, a function of the value alone; null where the value is."""
        return fold(value)

    weighs_trigrams: ClassVar[bool] = False
    """Whether likeness depends on how rare each letter trigram is among the records."""

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """The level of each pair of *different*, non-null forms: an index into `levels`; symmetric."""
        return np.full(len(left), len(self.levels) - 1, np.uint8)

    def compare_weighed(self, left: pa.StringArray, right: pa.StringArray, weights: TrigramWeights) -> Levels:
        """The same where it is known how rare each letter trigram is; for types that weigh them."""
        return self.compare(left, right)

    def prepare(self, form: pa.StringArray) -> Any:
        """What comparing needs to know of each form, worked out once; `between` is told of it."""
        return form

    def prepare_weighed(self, form: pa.StringArray, weights: TrigramWeights) -> Any:
        """The same where it is known how rare each letter trigram is."""
        return self.prepare(form)

    def between(self, prepared: Any, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Levels:
        """What `compare` says of pairs of forms given by their positions among the prepared ones."""
        return self.compare(prepared.take(left), prepared.take(right))

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """Short keys of each form, by label: what candidate pairs may share, alone or joined with other attributes' keys.

        A null atom blocks nothing. `exact` is the form itself.
        """
        return {"exact": form}

    def tokens(self, form: pa.StringArray) -> pa.ListArray | None:
        """The distinct words of each form, for blocking on rare ones; none where the type's words say little alone."""
        return None


LONGEST_PLACEHOLDER = 60
"""Characters of a text that may be a placeholder; longer ones are not folded to find out."""

COMMON_PLACEHOLDERS = words("placeholders", "text", type="any")
"""Folded texts that stand for a missing value whatever the type."""
