"""Numbers: an amount, a size, a count."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role, Storage
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.comparing import levels_of
from matching.attribute_types.text_tools import keep, matches, true_mask, where

LONGEST = 60
PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
# `1,234` and `1.234.567` are thousands; `1.234` is a decimal, as computers write them; the last of both kinds is the decimal.
COMMA_THOUSANDS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
POINT_THOUSANDS = r"^[+-]?\d{1,3}(?:(?:\.\d{3})+,\d*|(?:\.\d{3}){2,})$"
CURRENCY = r"(?i)^(?P<sign>[-+]?) ?(?:[\p{Sc}]|us\$|usd|eur|gbp|chf|cad|aud|jpy) ?| ?(?:[\p{Sc}]|usd|eur|gbp|chf|cad|aud|jpy|%)$"


class Number(AttributeType):
    """A number: the same, within one per cent, within ten per cent, or different."""

    name = "number"
    role = Role.NEUTRAL
    storage = Storage.NUMBER
    levels = ("exact", "within 1 %", "within 10 %", "different")

    def parse(self, text: pa.StringArray, options: Options) -> pa.DoubleArray:
        """The number, without currency, per cent sign and thousands separators.

        >>> Number().parse(pa.array(["$1,234.50", "1.234,50 €", "1'234.5", "(12)", "1e3", "1.234", "ten"]), Options()).to_pylist()
        [1234.5, 1234.5, 1234.5, -12.0, 1000.0, 1.234, None]
        """
        short = keep(text, true_mask(pc.less_equal(pc.binary_length(text), LONGEST)))
        plain = where(~matches(short, PLAIN), short, _plain)
        number = keep(plain, matches(plain, PLAIN)).cast(pa.float64())
        return pc.add(keep(number, true_mask(pc.is_finite(number))), 0.0)  # -0 and 0 are one number

    def form(self, value: pa.DoubleArray) -> pa.StringArray:
        """The shortest text that reads back as the number.

        >>> Number().form(pa.array([12.0, 0.5])).to_pylist()
        ['12', '0.5']
        """
        return value.cast(pa.string())

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """By the difference as a share of the larger."""
        one, other = _numbers(left), _numbers(right)
        difference, larger = np.abs(one - other), np.maximum(np.abs(one), np.abs(other))
        return levels_of(difference <= larger * 0.01, difference <= larger * 0.1)


def _plain(text: pa.StringArray) -> pa.StringArray:
    """Numbers as people write them, as computers do."""
    bare = pc.replace_substring_regex(pc.replace_substring_regex(text, r"^\((.*)\)$", r"-\1"), "−", "-")
    bare = pc.replace_substring_regex(pc.replace_substring_regex(bare, CURRENCY, r"\1"), r"[ '’]", "")
    bare = where(matches(bare, COMMA_THOUSANDS), bare, lambda few: pc.replace_substring(few, ",", ""))
    bare = where(matches(bare, POINT_THOUSANDS), bare, lambda few: pc.replace_substring(few, ".", ""))
    return where(~matches(bare, ",.*,"), bare, lambda few: pc.replace_substring(few, ",", "."))


def _numbers(form: pa.StringArray) -> npt.NDArray[np.float64]:
    return np.asarray(form.cast(pa.float64()))
