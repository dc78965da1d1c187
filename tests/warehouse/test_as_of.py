"""Reading the past: by run, date or moment, through one rule; and the views in which consumers do it themselves."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import OnefoldError
from domain.runs import Run, RunStatus
from pipelines.steps.restore import staged
from pipelines.steps.session import Session
from tests.warehouse.conftest import FIRST_RUN, Story
from warehouse import ledger, runs
from warehouse.as_of import publication_as_of
from warehouse.contacts import contacts_of
from warehouse.database import open_warehouse
from warehouse.golden import golden_record, published_golden
from warehouse.history import record_memberships, record_versions
from warehouse.publications import PUBLISHED, Publication, publications, rests_on
from warehouse.relationships import relatives, stage_relationships
from warehouse.views import customer_select

NAMES = ("Ann", "Bob", "Cy", "Dot")
MAILS = ("-", "a@a.org", "a@a.org;b@b.org", "c@c.org")
KEYS = ("1", "2", "3", "4", "5")


def three_runs(story: Story) -> None:
    """Runs 1 and 3 publish, run 2 does not; they begin a day apart."""
    story.whole_run({"crm": "1 Ann ann@a.org -"}, "1 crm:1")
    story.begin("crm")
    story.whole_run({"crm": "1 Annabel ann@a.org -\n2 Bob - -"}, "1 crm:1\n2 crm:2")


DAY = FIRST_RUN + timedelta(days=1)


LEADS = {
    "1": 1,
    "2": 1,
    "3": 3,
    f"{DAY:%Y-%m-%d}": 1,
    f"{DAY:%Y-%m-%dT%H:%MZ}": 1,
    f"{DAY + timedelta(days=1):%Y-%m-%d}": 1,
    f"{DAY + timedelta(days=2):%Y-%m-%d}": 3,
    f"{DAY + timedelta(days=2, minutes=-1):%Y-%m-%d %H:%M}": 1,
    f"{DAY + timedelta(days=2):%Y-%m-%dT%H:%M}+00:00": 3,
    "2999-01-01": 3,
}
REFUSED = {
    "4": "there is no run 4: the last is run 3",
    "0": "there is no run 0",
    f"{FIRST_RUN:%Y-%m-%d}": "nothing was published as of 2026-11-22: the first publication is that of run 1, 2026-11-23 02:00:00 UTC",
    "yesterday": "'yesterday' is no point in time: give a run number, a date",
    "2026-02-30": "is no point in time",
    "9999-12-31": "is no point in time",
}


def test_a_point_in_time_is_a_run_a_date_or_a_moment(story):
    """A run that published nothing, a day at its end and a moment all lead to the publication that was in use then. (Invariant 10)"""
    three_runs(story)
    with story.warehouse.connect() as connection:
        assert {asked: publication_as_of(connection, asked).run for asked in LEADS} == LEADS


def test_a_point_in_time_that_leads_nowhere_is_refused(story):
    """No such run, nothing published yet, no date at all: each is one sentence."""
    three_runs(story)
    with story.warehouse.connect() as connection:
        for asked, told in REFUSED.items():
            with pytest.raises(OnefoldError, match=told):
                publication_as_of(connection, asked)


def test_moments_of_publications_go_on_whatever_the_clock_says(story):
    """A clock that was set back does not make two publications claim the same moment."""
    first = story.whole_run({"crm": "1 Ann - -"}, "1 crm:1")
    late = story.begin("crm")
    with story.warehouse.begin() as connection:
        runs.publish(connection, late, at=first.started_at - timedelta(days=9))
    with story.warehouse.connect() as connection:
        one, two = publications(connection)
        assert two.published_at == one.published_at + timedelta(microseconds=1)
        assert publication_as_of(connection, one.published_at.isoformat()).run == one.run


def test_what_a_run_has_staged_is_no_publication(story):
    """A run under way changes neither view of the past, and a version it ends still holds. (Invariants 5, 10)"""
    three_runs(story)
    before = as_of_views(story, None)
    story.merge(story.begin("crm"), "1 crm:1 crm:2")
    assert as_of_views(story, None) == before
    assert {row[-1] for row in before[0]} == {3, 2147483647}


def test_a_source_record_tells_every_version(story):
    """Changed, unchanged, gone and back: what it said, from which run to which, and who it was."""
    story.whole_run({"crm": "1 Ann - -\n2 Bob - -"}, "1 crm:1\n2 crm:2")
    story.whole_run({"crm": "1 Ann - -\n2 Rob - -"}, "1 crm:1 crm:2")
    story.whole_run({"crm": "1 Ann - -"}, "1 crm:1")
    story.whole_run({"crm": "1 Ann - -\n2 Rob - -"}, "1 crm:1\n2 crm:2")
    story.stage(story.begin("crm"), "crm", "2 Zed - -")
    key = ledger.RecordKey("crm", "2")
    with story.warehouse.connect() as connection:
        told = [(one.from_run, one.until_run, one.raw[0]) for one in record_versions(connection, key)]
        who = [(one.golden_id, one.from_run, one.until_run) for one in record_memberships(connection, key)]
    assert told == [(1, 2, "Bob"), (2, 3, "Rob"), (4, None, "Rob")]
    assert who == [("G2", 1, 2), ("G1", 2, 3), ("G2", 4, None)]


pulled = st.fixed_dictionaries(
    {key: st.none() | st.tuples(st.sampled_from(NAMES), st.sampled_from(MAILS), st.integers(1, 3)) for key in KEYS}
).filter(lambda step: any(step.values()))
steps = st.lists(pulled | st.integers(0, 4), min_size=2, max_size=6).filter(lambda found: isinstance(found[0], dict))
"""What crm pulls in a run: of each key the name, the e-mails and the golden number; or which past publication is restored."""


@settings(max_examples=12)
@given(steps=steps)
def test_the_past_is_read_as_it_was_published(steps):
    """Whatever came, changed, moved, went and was restored: as of every run all is as it was published then. (Invariants 2, 10)"""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = open_warehouse("sqlite:///w.db", Path(folder))
        story = Story(warehouse)
        published, moments = {}, {}
        for step in steps:
            with warehouse.connect() as connection:
                earlier = publications(connection)
            if isinstance(step, dict):
                run = pull_and_publish(story, step)
            else:
                run = bring_back(story, earlier[step % len(earlier)])
                assert without_runs(state(story, None)) == without_runs(published[earlier[step % len(earlier)].run][0])
            assert story.violations() == []
            published[run.number] = (state(story, None), as_of_views(story, None, now=True))
            with warehouse.connect() as connection:
                moments[run.number] = publications(connection, 1)[0].published_at
        for run_number, (kept, views) in published.items():
            assert state(story, run_number) == kept
            assert as_of_views(story, moments[run_number]) == views
        warehouse.close()


def pull_and_publish(story: Story, step) -> Run:
    """A run on what crm has now; customers with numbers next to each other are a household."""
    crm = {key: one for key, one in step.items() if one}
    members: dict[int, list[str]] = {}
    for key, (_, _, number) in crm.items():
        members.setdefault(number, []).append(f"crm:{key}")
    run = story.begin("crm")
    story.pull(run, "crm", "\n".join(f"{key} {name} {mails} -" for key, (name, mails, _) in crm.items()))
    story.merge(run, "\n".join(" ".join([str(n), *keys]) for n, keys in members.items()))
    pairs = list(pairwise(sorted(members)))
    stage_relationships(story.warehouse, run, households(pairs, probability=len(crm) / 10))
    story.publish(run)
    return run


def households(pairs: list[tuple[int, int]], probability: float) -> pa.Table:
    """Relationships between some golden customers."""
    sides = {name: pa.array([pair[at] for pair in pairs], pa.int64()) for at, name in enumerate(("left_number", "right_number"))}
    told = {"kind": ["household"] * len(pairs), "probability": [probability] * len(pairs), "shared": ["phone"] * len(pairs)}
    types = {"kind": pa.string(), "probability": pa.float64(), "shared": pa.string()}
    return pa.table(sides | {name: pa.array(values, types[name]) for name, values in told.items()})


def bring_back(story: Story, wanted: Publication) -> Run:
    """A run that publishes the state of a past publication again."""
    run = story.begin("crm")
    with story.warehouse.connect() as connection:
        data = rests_on(connection, wanted.run)
    staged(Session(SimpleNamespace(attributes=story.attributes), story.warehouse, run), wanted)
    with story.warehouse.begin() as connection:
        runs.publish(connection, run, restored=data, by="ruth")
        runs.finish_run(connection, run, RunStatus.PUBLISHED, run.started_at, {})
    return run


def without_runs(state: list) -> list:
    """The same without the runs that versions are from."""
    return [*state[:3], [replace(one, from_run=0) for one in state[3]], state[4]]


def state(story: Story, run: int | None) -> list:
    """All that is kept of the published customers, now or as of a run."""
    golden = sorted(published_golden(story.warehouse, story.attributes, run).to_pylist(), key=lambda row: row["golden_number"])
    numbers = [row["golden_number"] for row in golden]
    with story.warehouse.connect() as connection:
        members = [ledger.members(connection, number, run) for number in numbers]
        contacts = [contacts_of(connection, number, run) for number in numbers]
        records = [golden_record(connection, story.attributes, number, run) for number in numbers]
        related = [relatives(connection, number, run) for number in numbers]
    return [golden, members, contacts, records, related]


def as_of_views(story: Story, moment: datetime | None, now: bool = False) -> list[list[tuple]]:
    """Customers and crosswalk through the views: every version, those of a moment, or (`now`) those of the views of the present."""
    with story.warehouse.connect() as connection:
        if now:
            return [rows(connection, view, None) for view in ("golden_customer", "golden_crosswalk")]
        return [rows(connection, f"{view}_as_of", moment) for view in ("golden_customer", "golden_crosswalk")]


def rows(connection: sa.Connection, view: str, moment: datetime | None) -> list[tuple]:
    """The rows of a view, in order; of one moment without the columns that say when they hold."""
    where, bound = "", {}
    if moment is not None:
        where = " WHERE published_from <= :t AND published_until > :t"
        bound = {"t": moment if connection.dialect.name == "postgresql" else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"}
    found = connection.execute(sa.text(f"SELECT * FROM {view}{where}"), bound).all()
    return sorted((tuple(row[:-4]) if moment is not None else tuple(row) for row in found), key=str)


def test_the_views_of_the_past_on_each_database(story):
    """The views say of every moment what was published then, and for how long. (Invariant 10)"""
    three_runs(story)
    assert as_of_views(story, DAY + timedelta(hours=1))[1] == [("crm", "1", "G1")]
    assert as_of_views(story, DAY - timedelta(hours=1)) == [[], []]
    names = [row[1] for row in as_of_views(story, DAY + timedelta(days=2))[0]]
    assert names == ["Annabel", "Bob"]
    with story.warehouse.connect() as connection:
        spans = connection.execute(sa.text("SELECT record_key, from_run, until_run FROM golden_crosswalk_as_of ORDER BY record_key")).all()
        customers = connection.execute(customer_select(story.attributes, PUBLISHED)).all()
    assert [tuple(row) for row in spans] == [("1", 1, 2147483647), ("2", 3, 2147483647)]
    assert sorted(row.golden_id for row in customers) == ["G1", "G2"]
