"""What the publication gate is shown of a run."""

from __future__ import annotations

import pyarrow as pa
import pytest

from domain.decisions import Verdict
from pipelines.steps.publish import churn, decisions_kept
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation

PEOPLE = "id | given_name | email\n1 | Ann | ann@lee.example\n2 | Bob | bob@ray.example\n3 | Cleo | cleo@far.example"


def crosswalk(picture: str) -> pa.Table:
    """Records and their golden numbers: `10:1 11:1`."""
    pairs = [tuple(map(int, pair.split(":"))) for pair in picture.split()]
    return pa.table(
        {"record_id": pa.array([r for r, _ in pairs], pa.int64()), "golden_number": pa.array([n for _, n in pairs], pa.int64())}
    )


def redirects(picture: str) -> pa.Table:
    """Golden numbers and where they lead: `2>1`."""
    pairs = [tuple(map(int, pair.split(">"))) for pair in picture.split()]
    return pa.table({"golden_number": pa.array([n for n, _ in pairs], pa.int64()), "target": pa.array([t for _, t in pairs], pa.int64())})


@pytest.mark.parametrize(
    ("before", "after", "leads", "share"),
    [
        ("10:1 11:1 12:2 13:3", "13:3 12:2 11:1 10:1", "", 0.0),
        ("10:1 11:1 12:2 13:3", "10:1 11:1 12:1 13:3", "2>1", 0.0),
        ("10:1 11:1 12:2 13:3", "10:1 11:4 12:2 13:3", "", 0.25),
        ("10:1 11:1 12:2 13:3", "10:1 14:5", "", 0.0),
        ("10:1 11:1 12:2 13:3", "10:2 11:2 12:1 13:3", "", 0.75),
        ("10:1", "11:2", "", 0.0),
        ("", "10:1", "", 0.0),
    ],
    ids=["the same", "a merger is none", "one of four was split off", "those who left count not", "two swapped", "nobody stayed", "first"],
)
def test_churn_is_the_share_of_records_whose_golden_id_is_another(before: str, after: str, leads: str, share: float) -> None:
    """Of the records published before and now, other than by a redirect."""
    assert churn(crosswalk(before), crosswalk(after), redirects(leads)) == share


def test_the_gate_is_told_how_many_decisions_are_not_kept(organisation: Organisation) -> None:
    """Records 1 and 2 are decided to be the same, 1 and 3 to be different, 2 and 3 unsure, and 9 is not there. (Invariant 3)"""
    organisation.department("crm", PEOPLE)
    organisation.run()
    organisation.decide("crm:1", Verdict.SAME, "crm:2")
    organisation.decide("crm:1", Verdict.DIFFERENT, "crm:3")
    organisation.decide("crm:2", Verdict.UNSURE, "crm:3")
    organisation.decide("crm:1", Verdict.SAME, "crm:9")
    with open_session(organisation.project()) as session:
        assert decisions_kept(session, crosswalk("1:1 2:1 3:2")) == (2, 0)
        assert decisions_kept(session, crosswalk("1:1 2:2 3:1")) == (2, 2)
        assert decisions_kept(session, crosswalk("1:1 2:2 3:3")) == (2, 1)
        assert decisions_kept(session, crosswalk("2:2 3:3")) == (0, 0)
