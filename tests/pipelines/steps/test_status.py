"""Status: what is published, how the sources are, and what the latest run came to."""

from __future__ import annotations

import pytest

from domain.runs import RunStatus
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_project_warehouse, open_session
from pipelines.steps.status import standing, steps_done, told_by_publisher
from warehouse.golden import golden_count


def test_a_project_that_never_ran(unrun_copy):
    """Nothing is published, and no source was ever pulled."""
    project = load_project(unrun_copy)
    with open_project_warehouse(project) as warehouse:
        found = standing(warehouse, project)
        assert told_by_publisher(warehouse) == {}
    assert (found.publication, found.last_run, dict(found.open_tasks)) == (None, None, {})
    assert {source.state for source in found.sources} == {"never"}
    assert [source.name for source in found.sources] == [source.name for source in project.sources]


def test_after_a_run(published_warehouse, published_project):
    """The publication's figures, every source live with its counts, and the duplication report."""
    found = standing(published_warehouse, published_project)
    with published_warehouse.connect() as connection:
        assert found.publication.golden_customers == golden_count(connection)
    assert found.publication.duplication.customers == found.publication.golden_customers
    assert found.last_run.status is RunStatus.PUBLISHED
    assert found.last_run.run == found.publication.run == 1
    assert {source.state for source in found.sources} == {"live"}
    assert all(source.counts.read == source.counts.accepted + source.counts.quarantined for source in found.sources)
    assert sum(source.counts.accepted for source in found.sources) == found.publication.duplication.records
    assert set(found.open_tasks) <= {"possible_match", "contradictory_values"}


def test_what_the_match_believes_is_told_beside_the_truth(published_warehouse, published_project):
    """The figures that the run has kept, each within its interval, and the accuracy where the project names a truth."""
    belief = standing(published_warehouse, published_project).publication.match
    for figure in (belief.believed.precision, belief.believed.recall, belief.believed.missed):
        assert 0.0 <= figure.low <= figure.estimate <= figure.high <= 1.0
    assert belief.accuracy == told_by_publisher(published_warehouse)["accuracy"]
    assert belief.believed.precision.estimate == pytest.approx(belief.accuracy["precision"], abs=0.05)


def test_a_source_that_is_held_says_why_and_how_old_its_data_are(published_copy):
    """The publication stays, the source is held, and its data are those of the first run. (Invariant 5)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        before = standing(warehouse, project)
    (published_copy / "leasing.db").unlink()
    with open_session(project) as session:
        consolidate(session)
    with open_project_warehouse(project) as warehouse:
        after = standing(warehouse, project)
    first, then = (next(source for source in found.sources if source.name == "leasing") for found in (before, after))
    assert (then.state, then.data_as_of, then.counts) == ("held", first.data_as_of, None)
    assert "leasing" in then.reason
    assert after.publication.run == before.publication.run
    assert after.last_run.run == 2


def test_a_run_under_way_says_which_steps_it_has_done(published_copy):
    """And once it has ended, none is under way."""
    project = load_project(published_copy)
    with open_session(project) as session:
        assert steps_done(session.warehouse) == ()
        consolidate_one(session)
        assert steps_done(session.warehouse) == ("source web_shop",)
    with open_project_warehouse(project) as warehouse:
        assert steps_done(warehouse) == ()
        assert "match" in told_by_publisher(warehouse)["seconds_by_step"]


def consolidate_one(session) -> None:
    from pipelines.steps.consolidate import pull

    pull(session, session.project.sources[0])
