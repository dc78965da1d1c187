"""Dates of any kind: a contract's start, a last visit."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Role, Storage
from matching.attribute_types.base import AttributeType, Levels, Options
from matching.attribute_types.comparing import levels_of
from matching.attribute_types.date_reading import days_since_1970, read_dates
from matching.attribute_types.digit_tools import Characters, characters
from matching.attribute_types.text_tools import Mask, keep, matches, true_mask

WIDTH = 8
"""Digits of a form: year, month, day."""

PLACES = np.array([1000, 100, 10, 1], np.int64)

# 00/00/0000, 99.99.9999, xx-xx-xxxx; but 09/09/99 is a day.
FILLED_IN = r"(?i)^(?:0{1,4}(?:[-/. ]?0{1,4}){0,2}(?:[ T]00:00(?::00)?)?|9{2,4}[-/. ]?99[-/. ]?9{2,4}|x{1,4}[-/. ]?x{1,4}[-/. ]?x{1,4})$"


class Date(AttributeType):
    """A date: the same, within a week, within a month, in the same year, or different."""

    name = "date"
    role = Role.NEUTRAL
    storage = Storage.DATE
    levels: ClassVar[tuple[str, ...]] = ("exact", "within a week", "within a month", "same year", "different")

    pivot: ClassVar[int] = 29
    """The last year of this century that two digits can mean: 29 is 2029, 30 is 1930."""
    years: ClassVar[tuple[int, int]] = (1, 9999)
    """The first and the last year that can be meant."""
    stand_ins: ClassVar[frozenset[date]] = frozenset({date(1, 1, 1), date(1900, 1, 1), date(9999, 12, 31)})
    """Days that stand for a missing one."""

    def is_placeholder(self, text: pa.StringArray) -> Mask:
        """`n/a` and the like, and dates of nothing but 0, 9 or x."""
        return super().is_placeholder(keep(text, ~matches(text, r"\d"))) | matches(text, FILLED_IN)

    def stands_for_nothing(self, value: pa.Date32Array) -> Mask:
        """Which days are stand-ins, such as 1 January 1900."""
        return true_mask(pc.is_in(value, value_set=pa.array(sorted(self.stand_ins), pa.date32())))

    def parse(self, text: pa.StringArray, options: Options) -> pa.Date32Array:
        """The day of each text, by `options.format` or by the shape it has; a year alone is no date.

        >>> Date().parse(pa.array(["2024-02-29 10:15:00", "29.2.2024", "2/29/24", "2024"]), Options()).to_pylist()
        [datetime.date(2024, 2, 29), datetime.date(2024, 2, 29), datetime.date(2024, 2, 29), None]
        """
        value = read_dates(text, options.format, self.pivot)
        first, last = self.years
        in_range = true_mask(pc.and_(pc.greater_equal(value, date(first, 1, 1)), pc.less_equal(value, date(last, 12, 31))))
        return keep(value, in_range | self.stands_for_nothing(value))

    def form(self, value: pa.Date32Array) -> pa.StringArray:
        """Eight digits: year, month, day.

        >>> Date().form(pa.array([date(1980, 4, 3)])).to_pylist()
        ['19800403']
        """
        return pc.replace_substring(value.cast(pa.string()), "-", "")

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """By the days between the two, then by the year."""
        one, other = characters(left, WIDTH), characters(right, WIDTH)
        apart = np.abs(_day_numbers(one) - _day_numbers(other))
        return levels_of(apart <= 7, apart <= 31, (one[:, :4] == other[:, :4]).all(axis=1))


def _day_numbers(form: Characters) -> npt.NDArray[np.int64]:
    digits = form.astype(np.int64) - ord("0")
    year, month, day = (digits[:, part] @ PLACES[-width:] for part, width in ((slice(0, 4), 4), (slice(4, 6), 2), (slice(6, 8), 2)))
    days, _ = days_since_1970(year, month, day)
    return days
