"""Counting what standardising made of the live records."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from domain.attributes import Attribute, Role, Status, Storage
from pipelines.project import load_project
from pipelines.steps.consolidate import pull
from pipelines.steps.session import open_session
from pipelines.steps.survey import AttributeSurvey, counted, survey

EMAIL = Attribute("email", "email", Role.PERSONAL, Storage.TEXT)


@given(st.lists(st.lists(st.sampled_from(Status)), max_size=4))
def test_every_record_is_counted_once(parts):
    """The four counts of an attribute add up to the records, however they are spread over sources."""
    found = counted([pa.table({"email_status": pa.array(part, pa.int64())}) for part in parts], [EMAIL])
    one = found.attributes[0]
    statuses = [status for part in parts for status in part]
    assert one == AttributeSurvey("email", *(statuses.count(status) for status in Status))
    assert found.records == one.missing + one.valid + one.invalid + one.placeholder == len(statuses)


def test_no_records_are_counted_as_none():
    """Before any source is live there is nothing to count, and nothing is complete."""
    assert counted([], [EMAIL]).attributes[0].complete == 0


def test_a_held_batch_is_not_counted(published_copy):
    """
    before   the newsletter is live
    when     it loses nearly all its rows and is held
    then     the survey counts the rows that are in use, as before
    """
    project = load_project(published_copy)
    newsletter = next(source for source in project.sources if source.name == "newsletter")
    with open_session(project) as session:
        before = survey(session)
        cut_short(published_copy / str(newsletter.connect["path"]))
        assert pull(session, newsletter).state == "held"
        assert survey(session) == before


def cut_short(path):
    """Leave a packed CSV file its header and one row."""
    import gzip

    rows = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(rows[:2])))
