"""Runs whose process was killed."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines.definitions.build import JOB, definitions
from pipelines.definitions.dead_runs import end_dead_runs_if_idle
from pipelines.steps.session import open_session


@pytest.fixture
def started(published):
    """The id of a run that has begun, as Dagster sees it."""
    with published.instance() as instance:
        job = definitions(published.project).resolve_job_def(JOB)
        return instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id


def test_a_run_that_holds_the_lock_is_alive(published, started):
    """As long as its process has the warehouse's lock nobody calls it dead; when the lock is free, it is."""
    with published.instance() as instance:
        with open_session(published.project, started):
            assert end_dead_runs_if_idle(instance, published.project) == []
        assert end_dead_runs_if_idle(instance, published.project) == [started]
    assert published.dagster_status() == "FAILURE"


def test_a_run_that_has_not_yet_asked_for_the_lock_is_left_alone(published, started):
    """It is about to: while another is looking, it is between its start and its lock."""
    with published.instance() as instance:
        assert end_dead_runs_if_idle(instance, published.project) == []
    assert published.dagster_status() == "STARTED"


def test_the_nightly_tick_clears_the_way(published, started):
    """
    before   a run was killed last night, and holds up the queue
    when     the schedule ticks
    then     the dead run has failed, and the tick's own run can start
    """
    with open_session(published.project, started):
        pass
    schedule = definitions(published.project).resolve_schedule_def("nightly")
    with published.instance() as instance, dg.build_schedule_context(instance) as context:
        assert len(schedule.evaluate_tick(context).run_requests) == 1
    assert published.dagster_status() == "FAILURE"
