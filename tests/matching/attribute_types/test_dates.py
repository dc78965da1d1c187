"""Dates and dates of birth: read as Python reads them, compared place by place."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OnefoldError
from matching.attribute_types.base import Options
from matching.attribute_types.date import Date
from matching.attribute_types.date_of_birth import DateOfBirth
from matching.attribute_types.date_reading import days_since_1970

BIRTHDAYS = st.dates(date(1930, 1, 2), date(1999, 12, 31)).filter(lambda day: (day.month, day.day) != (1, 1))
"""None of them a placeholder."""
DAYS = st.dates(date(1801, 1, 2), date(2100, 12, 31))
FORMATS = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y%m%d",
    "%d%m%Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%Y.%m.%d %H:%M",
    "%a %d %b %Y",
    "%F",
    "%d.%m.%Y %I:%M:%S %p",
    "%Y %j",
    "%G-W%V-%u",
]
UNAMBIGUOUS = [
    "%Y-%m-%d",
    "%Y%m%d",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%B %d, %Y",
    "%A, %d %B %Y",
    "%Y-%m-%dT%H:%M:%SZ",
    "%b %d %Y %I:%M%p",
]


def read(texts: list[str], format: str | None = None) -> list[date | None]:
    return Date().parse(pa.array(texts, pa.string()), Options(format=format)).to_pylist()


@pytest.mark.parametrize("format", FORMATS)
@given(days=st.lists(DAYS, min_size=1, max_size=8))
def test_a_date_written_in_a_format_is_read_by_it(format: str, days: list[date]) -> None:
    """What strftime writes, the same format reads."""
    assert read([day.strftime(format) for day in days], format) == days


@pytest.mark.parametrize("shape", UNAMBIGUOUS)
@given(days=st.lists(DAYS, min_size=1, max_size=8))
def test_a_date_that_can_be_only_one_day_needs_no_format(shape: str, days: list[date]) -> None:
    """Years first, points, and months by name leave no doubt."""
    assert read([day.strftime(shape) for day in days]) == days


@given(DAYS)
def test_a_slashed_date_is_month_first_if_it_can_be(day: date) -> None:
    """Each by itself, whatever its neighbours are: a source's batches must agree. (Invariant 6)"""
    written = f"{day.day:02}/{day.month:02}/{day.year}"
    expected = day if day.day > 12 else date(day.year, day.day, day.month)
    assert read([written, "25/12/1980", "12/25/1980"])[0] == expected


@given(st.lists(st.tuples(st.integers(-5, 9999), st.integers(-1, 14), st.integers(-1, 33)), max_size=8))
def test_only_days_of_the_calendar_exist(parts: list[tuple[int, int, int]]) -> None:
    """Year, month and day make a date exactly where Python makes one, and the same."""

    def by_python(year: int, month: int, day: int) -> int | None:
        try:
            return (date(year, month, day) - date(1970, 1, 1)).days
        except ValueError:
            return None

    year, month, day = np.array(parts, np.int64).reshape(-1, 3).T
    days, exists = days_since_1970(year, month, day)
    assert [int(d) if there else None for d, there in zip(days, exists, strict=True)] == [by_python(*part) for part in parts]


@pytest.mark.parametrize("format", ["dd/mm/yyyy", "%d/%m", "%d/%m/%d", "%Y"])
def test_a_format_that_tells_no_date_is_refused(format: str) -> None:
    """With the format in the message, and what to write instead."""
    with pytest.raises(OnefoldError, match=r"does not tell year, month and day once each; write it like %d/%m/%Y"):
        read(["01/02/1980"], format)


@given(DAYS, st.integers(1, 1000))
def test_dates_are_compared_by_the_days_between_them(day: date, apart: int) -> None:
    """Seven days, a month, a year: on both sides."""
    kind, later = Date(), day + timedelta(days=apart)
    left, right = (kind.form(pa.array([one])) for one in (day, later))
    expected = 1 if apart <= 7 else 2 if apart <= 31 else 3 if later.year == day.year else 4
    assert kind.compare(left, right).tolist() == kind.compare(right, left).tolist() == [expected]


def test_a_date_of_birth_blocks_on_what_a_slip_leaves_standing() -> None:
    """
    1980-04-03 and 1980-03-04   the same digits
    1980-04-03 and 1981-04-03   the same day and month
    """
    atoms = DateOfBirth().blocking_atoms(pa.array(["19800403", None, "19810403"]))
    assert {label: atom.to_pylist() for label, atom in atoms.items()} == {
        "exact": ["19800403", None, "19810403"],
        "digits sorted": ["00013489", None, "00113489"],
        "month and day": ["0403", None, "0403"],
        "year and month": ["198004", None, "198104"],
        "year and day": ["198003", None, "198103"],
    }


@pytest.mark.filterwarnings("ignore:Setting an item of incompatible dtype:FutureWarning")  # within recordlinkage
@given(st.lists(st.tuples(BIRTHDAYS, BIRTHDAYS | st.none()), min_size=1, max_size=20))
def test_day_and_month_are_swapped_where_recordlinkage_finds_them_so(pairs: list[tuple[date, date | None]]) -> None:
    """Any two dates, and dates whose day can be a month beside those with the two exchanged."""
    days = [(one, other or (one.replace(month=one.day, day=one.month) if one.day <= 12 else one)) for one, other in pairs]
    index = pd.MultiIndex.from_arrays([range(len(days)), range(len(days))])
    left, right = (pd.DataFrame({"day": pd.to_datetime([pair[side] for pair in days])}) for side in (0, 1))
    compare = recordlinkage.Compare()
    compare.date("day", "day", swap_month_day=0.5, swap_months=[])
    reference = compare.compute(index, left, right)[0].to_numpy()
    kind = DateOfBirth()
    one, other = (kind.standardise(pa.array([str(pair[side]) for pair in days]), Options()).form for side in (0, 1))
    unlike = reference < 1
    assert ((np.array(one.to_pylist()) == np.array(other.to_pylist())) == ~unlike).all()
    found = kind.compare(one, other)[unlike] == kind.levels.index("day and month swapped")
    assert found.tolist() == (reference[unlike] == 0.5).tolist()
