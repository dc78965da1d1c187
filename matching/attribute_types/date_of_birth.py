"""Dates of birth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from domain.attributes import Role
from matching.attribute_types.base import Levels
from matching.attribute_types.comparing import levels_of
from matching.attribute_types.date import WIDTH, Date
from matching.attribute_types.digit_tools import Characters, characters, rearranged
from matching.attribute_types.text_tools import Mask

YEAR, MONTH, DAY = slice(0, 4), slice(4, 6), slice(6, 8)


class DateOfBirth(Date):
    """A date of birth: the same, day and month swapped, one digit off, the same but for the year, the same but for the
    day, the same year, or different.
    """

    name = "date_of_birth"
    role = Role.PERSONAL
    learns_placeholders = True
    refine_by = ("month and day", "year and month", "year and day")
    levels = ("exact", "day and month swapped", "one digit off", "same day and month", "same month and year", "same year", "different")
    pivot = 20
    years = (1000, 2100)
    stand_ins = Date.stand_ins | {date(1111, 11, 11), date(1800, 1, 1), date(1901, 1, 1), date(1970, 1, 1)}

    def compare(self, left: pa.StringArray, right: pa.StringArray) -> Levels:
        """Place by place: how a date is mistyped, misread and misremembered."""
        one, other = characters(left, WIDTH), characters(right, WIDTH)
        year, month, day = (_same(one, other, part) for part in (YEAR, MONTH, DAY))
        crossed = (one[:, MONTH] == other[:, DAY]).all(axis=1) & (one[:, DAY] == other[:, MONTH]).all(axis=1)
        return levels_of(year & crossed, _one_slip(one, other), month & day, month & year, year)

    def blocking_atoms(self, form: pa.StringArray) -> Mapping[str, pa.StringArray]:
        """The date; its digits in order, which no swap changes; and any two of its three parts."""
        return {
            "exact": form,
            "digits sorted": rearranged(form, WIDTH, lambda date: np.sort(date, axis=1)),
            "month and day": rearranged(form, WIDTH, lambda date: date[:, 4:]),
            "year and month": rearranged(form, WIDTH, lambda date: date[:, :6]),
            "year and day": rearranged(form, WIDTH, lambda date: date[:, [0, 1, 2, 3, 6, 7]]),
        }


def _same(one: Characters, other: Characters, part: slice) -> Mask:
    return np.asarray((one[:, part] == other[:, part]).all(axis=1))


def _one_slip(one: Characters, other: Characters) -> Mask:
    """Which pairs differ in one digit, or in two neighbours that have changed places."""
    off = one != other
    count = off.sum(axis=1)
    exchanged = off[:, :-1] & off[:, 1:] & (one[:, :-1] == other[:, 1:]) & (one[:, 1:] == other[:, :-1])
    return np.asarray((count == 1) | ((count == 2) & exchanged.any(axis=1)))
