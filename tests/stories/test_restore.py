"""A publication that should not have been is taken back, and the ids of customers live through it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from domain.decisions import Verdict
from domain.errors import ContradictingDecision, OnefoldError
from pipelines.steps.diff import diff
from pipelines.steps.restore import restore_publication, resume
from pipelines.steps.show import show
from tests.stories.organisation import Organisation, check_sound
from tests.stories.people import drawn
from warehouse.audit import entries
from warehouse.contacts import contacts_of
from warehouse.decisions import undo_decisions
from warehouse.golden import golden_record
from warehouse.ledger import members
from warehouse.past import memberships_at
from warehouse.publications import publications
from warehouse.relationships import relatives
from warehouse.tables import pin

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"}, email=["ann@lee.example", "bob@ray.example", "cleo@far.example"])
BILLING = drawn("no", {"7": "Ann", "8": "Dora"}, email=["ann@work.example", "dora@pike.example"])
WRONG = drawn("id", {"1": "Ann", "2": "Bob", "4": "Egon"}, city=["Leeds", "Nowhere", "Dover"])
"""Somebody's mistake: Bob has moved to nowhere, Cleo is gone, and Egon is new."""


def spoiled(organisation: Organisation) -> Organisation:
    """Run 1 publishes four customers; before run 2 Ann's two records are told apart, and the crm is wrong."""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING, kind="sql")
    organisation.run()
    organisation.department("crm", WRONG)
    organisation.decide("crm:1", Verdict.DIFFERENT, "billing:7")
    organisation.run()
    assert organisation.customers() == "1 billing:7\n2 billing:8\n3 crm:2\n5 crm:1\n6 crm:4"
    return organisation


def undo(organisation: Organisation) -> None:
    """The decision is taken back."""
    with organisation.opened() as warehouse, warehouse.begin() as connection:
        undo_decisions(connection, "crm:1 billing:7", "ruth", datetime.now(UTC), "it was she after all")


def state(organisation: Organisation, run: int | None = None) -> list[Any]:
    """Customers with their values, provenance, members, contacts and relatives, now or as of a run."""
    attributes = organisation.project().attributes
    with organisation.opened() as warehouse:
        with warehouse.connect() as connection:
            pointer = run or publications(connection)[-1].run
        numbers = sorted(set(memberships_at(warehouse, pointer).column("golden_number").to_pylist()))
        with warehouse.connect() as connection:
            golden = [golden_record(connection, attributes, number, run) for number in numbers]
            return [
                [(one.golden_id, one.values, one.member_count, one.completeness, one.cohesion) for one in golden if one],
                [members(connection, number, run) for number in numbers],
                [contacts_of(connection, number, run) for number in numbers],
                [relatives(connection, number, run) for number in numbers],
            ]


def test_a_past_publication_comes_back_and_is_kept(organisation_on_each: Organisation) -> None:
    """What was published is published again, every id answers, and no run takes its place until it may. (Invariants 1, 2, 5, 10)

    Egon (6) came since, so his id is retired; crm:1 had an id of its own since (5), which leads to Ann (1); Cleo (4) is back.
    """
    organisation = spoiled(organisation_on_each)
    undo(organisation)
    kept, spoilt = state(organisation, 1), state(organisation, 2)
    report = restore_publication(organisation.project(), "1", "ruth", "the crm sent the wrong file")
    assert (report.run, report.customers, report.ids_revived, report.ids_redirected, report.ids_retired) == (3, 4, 1, 1, 1)
    assert organisation.customers() == "1 billing:7 crm:1\n2 billing:8\n3 crm:2\n4 crm:3"
    assert state(organisation) == kept == state(organisation, 1)
    assert state(organisation, 2) == spoilt
    told = {one: organisation.answer(one) for one in ("C-00000005-9", "C-00000006-7", "C-00000004-2")}
    assert [(one.state, one.golden_number) for one in told.values()] == [("redirected", 1), ("retired", None), ("live", 4)]
    with organisation.opened() as warehouse:
        check_sound(warehouse, organisation.project())
        shown = show(warehouse, organisation.project(), "crm:2")
        city = next(value for value in shown.values if value.attribute == "city")
        assert (city.value, city.origin.raw if city.origin else None) == ("York", "York")
        found = diff(warehouse, organisation.project())
        assert (found.before.run, found.after.restored_run, found.after.published_by) == (2, 1, "ruth")
        with warehouse.connect() as connection:
            acts = [(one.actor, one.action, one.subject) for one in entries(connection) if one.action in ("restore", "resume")]
    assert acts == [("ruth", "restore", "run 1")]

    held = organisation.run()
    assert held["status"] == "held"
    assert "run 1 restored by ruth on" in held["publication"]["reason"]
    assert state(organisation) == kept

    with organisation.opened() as warehouse:
        assert resume(warehouse, "ruth", "the crm was mended") == 3
        with pytest.raises(OnefoldError, match="no restored publication is kept"):
            resume(warehouse, "ruth", "once more")
    assert organisation.run()["status"] == "published"
    assert organisation.customers() == "1 billing:7 crm:1\n2 billing:8\n3 crm:2\n6 crm:4"
    assert organisation.answer("C-00000004-2").state == "retired"


def test_what_was_decided_since_is_not_undone_by_the_way(organisation: Organisation) -> None:
    """A publication that would break a decision or a pin is refused, naming it; so is what makes no sense. (Invariant 3)"""
    spoiled(organisation)
    before, project = organisation.kept(), organisation.project()
    with pytest.raises(ContradictingDecision, match=r"run 1 does not keep a decision: crm:1 and billing:7 are different \(ruth, 22 Nov"):
        restore_publication(project, "1", "max", "wrong file")
    undo(organisation)
    with organisation.opened() as warehouse, warehouse.begin() as connection:
        signed = {"steward": "ruth", "decided_at": datetime(2026, 11, 22, tzinfo=UTC), "reason": "she called", "group_id": "p"}
        connection.execute(sa.insert(pin).values(pin_id=1, golden_number=3, attribute="city", value="Bath", **signed))
    with pytest.raises(ContradictingDecision, match=r"city of C-00000003-4 is pinned \(ruth, 22 November 2026\). Undo it first"):
        restore_publication(project, "1", "max", "wrong file")
    for asked, told in {"2": "run 2 is what is published", "99": "there is no run 99", "2020-01-01": "nothing was published as of"}.items():
        with pytest.raises(OnefoldError, match=told):
            restore_publication(project, asked, "max", "wrong file")
    assert organisation.customers() == "1 billing:7\n2 billing:8\n3 crm:2\n5 crm:1\n6 crm:4"
    with pytest.raises(OnefoldError, match="give --by NAME and --reason TEXT"):
        restore_publication(project, "1", "max", "  ")
    assert organisation.kept() == {**before, "pin": 1}
