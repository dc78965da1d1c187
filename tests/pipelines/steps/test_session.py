"""Runs as they begin and end, however they end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from domain.errors import WarehouseBusy
from domain.runs import RunStatus
from pipelines.steps import consolidate as steps
from pipelines.steps.session import Session, code_fingerprint, open_session
from tests.stories.organisation import Organisation
from warehouse.runs import last_reports

PEOPLE = "id | given_name | email\n1 | Ann | ann@lee.example\n2 | Bob | bob@ray.example"


@pytest.fixture
def crm(organisation: Organisation) -> Organisation:
    """One department."""
    organisation.department("crm", PEOPLE)
    return organisation


def statuses(organisation: Organisation) -> list[RunStatus]:
    """How each run stands, the last first."""
    with organisation.reading() as connection:
        return [run.status for run in last_reports(connection)]


class Surprise(Exception):
    """Something that nobody foresaw."""


def fail(organisation: Organisation, *parts: str) -> None:
    """A run that takes some steps and then meets a surprise."""
    with pytest.raises(Surprise):
        run_into_surprise(organisation, parts)


def run_into_surprise(organisation: Organisation, parts: Sequence[str]) -> None:
    with open_session(organisation.project()) as session:
        for part in parts:
            take(session, part)
        raise Surprise


def take(session: Session, step: str) -> None:
    """One step by its name."""
    if step == "pull":
        for source in session.project.sources:
            steps.pull(session, source)
    else:
        getattr(steps, step)(session)


def test_a_run_that_meets_a_surprise_has_failed(crm: Organisation) -> None:
    """It frees the lock, keeps what it had noted, and the next run goes on. (Invariant 9)"""
    fail(crm, "pull", "match")
    assert statuses(crm) == [RunStatus.FAILED]
    with crm.reading() as connection:
        assert "match" in (last_reports(connection)[0].report or {})
    assert crm.run()["status"] == "published"
    assert statuses(crm) == [RunStatus.PUBLISHED, RunStatus.FAILED]


def test_a_run_that_published_before_the_surprise_is_not_called_failed(crm: Organisation) -> None:
    """What it published is seen, and the next run finds nothing to do but to look. (Invariants 8, 9)"""
    fail(crm, "pull", "match", "identify", "merge", "ask", "publish")
    assert statuses(crm) == [RunStatus.PUBLISHED]
    assert crm.customers() == "1 crm:1\n2 crm:2"
    assert crm.run()["status"] == "unchanged"


def test_a_second_run_changes_not_even_a_table(crm: Organisation) -> None:
    """Its project has one attribute more; the first run's tables stay as they are while it has the lock. (Invariant 9)"""
    with open_session(crm.project()) as session:
        crm.attributes["phone"] = {"type": "phone"}
        other = crm.project()
        with pytest.raises(WarehouseBusy), open_session(other):
            raise AssertionError("two runs at once")
        assert steps.consolidate(session)["status"] == "published"
    with crm.reading() as connection:
        assert "phone" in connection.exec_driver_sql("SELECT * FROM golden_customer").keys()  # noqa: SIM118


def test_the_code_has_a_fingerprint() -> None:
    """Sixteen figures, the same whenever it is asked."""
    assert len(code_fingerprint()) == 16
    code_fingerprint.cache_clear()
    first = code_fingerprint()
    code_fingerprint.cache_clear()
    assert code_fingerprint() == first


def test_a_process_that_outlives_an_upgrade_notes_the_code_it_began_with():
    """Its files are others by now, what it has loaded is not: else rows made by the old code would pass for made by the new."""
    told = "import pipelines.steps.session as s; s.HOUSE = s.HOUSE / 'upgraded'; print(s.code_fingerprint())"
    noted = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.strip()
    code_fingerprint.cache_clear()
    assert noted == code_fingerprint()
