"""Golden ids: how a golden number is written for people, with a check digit that shows mistyping."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.errors import OnefoldError
from matching.records import Longs

DIGITS = 8
"""Figures of a golden id at least; longer numbers are written in full."""


def golden_id_text(numbers: Longs) -> pa.StringArray:
    """Golden ids as people read them; null where the number is -1.

    >>> golden_id_text(np.array([1234, 123456789, -1])).to_pylist()
    ['C-00001234-4', 'C-123456789-7', None]
    """
    numbers = np.asarray(numbers, np.int64)
    figures = pc.utf8_lpad(pc.cast(pa.array(numbers, mask=numbers < 0), pa.string()), DIGITS, "0")
    return pc.binary_join_element_wise("C", figures, pc.cast(pa.array(_check_digits(numbers)), pa.string()), "-")


def golden_number(text: str) -> int:
    """The number of a golden id as written; raises OnefoldError where it is none or was mistyped.

    >>> golden_number(" c-00001234-4")
    1234
    >>> golden_number("C-00002134-4")
    Traceback (most recent call last):
    domain.errors.OnefoldError: The check digit of 'C-00002134-4' is wrong: look for a figure mistyped or two swapped.
    """
    text = text.strip().upper()
    parts = re.fullmatch(r"C-([0-9]{8,18})-([0-9])", text)
    if parts is None or not int(parts[1]):
        raise OnefoldError("This is not a golden id; one looks like C-00001234-4.")
    number = int(parts[1])
    if _check_digits(np.array([number]))[0] != int(parts[2]):
        raise OnefoldError(f"The check digit of '{text}' is wrong: look for a figure mistyped or two swapped.")
    return number


def _check_digits(numbers: Longs) -> npt.NDArray[np.int64]:
    """Luhn's check digit (ISO/IEC 7812-1, annex B): any one wrong figure shows, and nearly any two neighbours swapped."""
    total = np.zeros(len(numbers), np.int64)
    rest = np.maximum(numbers, 0)
    while rest.any():
        rest, four = np.divmod(rest, 10_000)
        total += _LUHN_OF_FOUR[four]
    return -total % 10


def _luhn_of_four() -> npt.NDArray[np.int64]:
    """Luhn's sum of every four figures, the last and the second doubled."""
    a, b, c, d = (np.arange(10_000) // 10**place % 10 for place in (3, 2, 1, 0))
    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
    return np.asarray(a + doubled[b] + c + doubled[d], np.int64)


_LUHN_OF_FOUR = _luhn_of_four()
