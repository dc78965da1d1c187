"""Progress: how far a run is and how long it will still take, by a clock that the test turns."""

from __future__ import annotations

import time
from itertools import count

import pytest
from rich.console import Console
from rich.progress import Progress

from pipelines.cli.progress import NEARLY, STAGES, Bars, Course, looking

LAST = {
    "seconds_by_step": {
        "source crm": 10.0,
        "source billing": 20.0,
        "match": 50.0,
        "identify": 5.0,
        "merge": 10.0,
        "gate": 3.0,
        "publish": 2.0,
    },
    "sources": {"crm": {"read": 1_000}, "billing": {"read": 2_000}},
}


class Clock:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_run_that_went_before_tells_how_long_each_step_takes(clock):
    """
    crm 10 s   billing 20 s   match 50 s   the rest 20 s
    """
    course = Course.of(["crm", "billing"], LAST, clock)
    assert course.total == 100.0
    course.read("crm", 500)
    assert course.behind == pytest.approx(5.0)
    course.read("billing", 2_000)
    assert course.behind == pytest.approx(30.0)


def test_sources_come_in_any_order(clock):
    """What is read next tells that what was read before is done."""
    course = Course.of(["crm", "billing"], LAST, clock)
    course.read("billing", 100)
    course.read("crm", 100)
    assert course.done == {"source billing"}
    assert course.step.label == "reading crm"
    course.read("billing", 200)
    assert course.step.label == "reading crm"


def test_after_the_sources_the_stages_follow(clock):
    """The first that is not done is under way; it nears its end as time goes by, and waits there."""
    course = Course.of(["crm", "billing"], LAST, clock)
    course.finished(["source crm"])
    assert course.step is None
    course.finished(["source crm", "source billing"])
    assert course.step.name == "match"
    clock.now = 25.0
    assert course.share == pytest.approx(0.5)
    clock.now = 500.0
    assert course.share == NEARLY
    course.finished(["source crm", "source billing", "match"])
    assert course.step.name == "identify"
    course.finished(course.steps)
    assert course.step is None
    assert course.behind == course.total


def test_the_time_left_goes_by_the_pace_so_far(clock):
    """A third of the work took 60 s: the other two thirds will take 120 s; before anything is known nothing is said."""
    course = Course.of(["crm", "billing"], {**LAST, "seconds_by_step": {**LAST["seconds_by_step"], "source billing": 23.0}}, clock)
    clock.now = 1_000.0
    assert course.left is None
    course.read("crm", 1)
    assert course.left is None
    clock.now = 1_060.0
    course.read("billing", 2_000)
    assert course.left == pytest.approx(60.0 / 33.0 * (103.0 - 33.0))


def test_a_first_run_counts_its_steps(clock):
    """Nothing is known of how long they take: each source counts the same."""
    course = Course.of(["a", "b"], {}, clock)
    assert course.total == 2.0 + sum(usual for _, usual in STAGES.values())
    course.read("a", 10)
    course.read("b", 10)
    assert course.behind == 1.0


def test_a_name_that_is_not_known_changes_nothing(clock):
    """A source that is not the project's."""
    course = Course.of(["crm"], LAST, clock)
    course.read("strange", 10)
    course.finished(["strange"])
    assert (course.step, course.done) == (None, set())


def test_the_bars_say_what_is_under_way(clock):
    """The source with its rows, the run with its steps and the time left."""
    screen = Console(width=100, record=True, force_terminal=True)
    with Progress("{task.description}", "{task.fields[told]}", console=screen) as progress:
        bars = Bars(progress, Course.of(["crm", "billing"], LAST, clock))
        bars.read("crm", 1)
        clock.now = 10.0
        bars.read("crm", 1_000)
        progress.refresh()
        assert [task.fields["told"] for task in progress.tasks] == ["0 of 7 steps, 1:30 left", "rows: 1,000"]
        assert progress.tasks[1].description == "reading crm"
        bars.finished(["source crm", "source billing"])
        assert progress.tasks[1].description == "matching records"


def test_looking_goes_on_until_the_run_ends_and_never_stops_it():
    """A look that fails is the last one, and nobody hears of it."""
    seen = count()

    def look() -> None:
        if next(seen) == 1:
            raise OSError("gone")

    with looking(look, every=0.01):
        time.sleep(0.1)
    assert next(seen) == 2
