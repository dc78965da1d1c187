"""Schedules, held against the scheduler that will read them."""

from __future__ import annotations

import pytest
from dagster._utils.schedules import is_valid_cron_schedule
from hypothesis import given
from hypothesis import strategies as st

from pipelines.project.schedule import schedule_problem

SMALL = st.integers(0, 70).map(str)
WORDS = st.sampled_from(["*", "mon", "sun", "jan", "dec", "L", "?", "-1", ""])
RANGE = st.builds("{}-{}".format, SMALL | WORDS, SMALL | WORDS)
STEP = st.builds("{}/{}".format, RANGE | WORDS | SMALL, SMALL)
FIELD = st.lists(SMALL | WORDS | RANGE | STEP, min_size=1, max_size=3).map(",".join)


@given(st.lists(st.just("*") | FIELD, min_size=4, max_size=6).map(" ".join))
def test_what_we_accept_dagster_can_run(schedule: str) -> None:
    """No schedule passes here and fails when Dagster starts."""
    if schedule_problem(schedule) is None:
        assert is_valid_cron_schedule(schedule)


@pytest.mark.parametrize(
    "schedule", ["0 2 * * *", "*/15 8-18 * * mon-fri", "0 0 1,15 * *", "30 3 29 2 *", "0 6 1-31/2 jan,jul sun", "0 0 * * 7"]
)
def test_what_people_write_is_accepted(schedule: str) -> None:
    """Lists, ranges, steps and names."""
    assert schedule_problem(schedule) is None
    assert is_valid_cron_schedule(schedule)


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    """Anything else is a sentence, never an exception."""
    problem = schedule_problem(text)
    assert problem is None or problem
