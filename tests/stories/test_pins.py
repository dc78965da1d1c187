"""Stewards fix values: what is pinned is golden, until it is undone or expires."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from pipelines.steps.session import open_project_warehouse
from pipelines.steps.show import show
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.tables import pin

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "7": "Annie"})


def begun(organisation: Organisation) -> Organisation:
    """1 Bob, 2 Cleo, 3 Annie, 4 Ann."""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING)
    organisation.run()
    assert organisation.customers() == "1 billing:2 crm:2\n2 billing:3 crm:3\n3 billing:7\n4 crm:1"
    return organisation


def test_a_pinned_value_is_golden_and_says_so(organisation_on_each: Organisation) -> None:
    """It is read as the type reads it, wins over every record, and says by whom and why; undone, all is as before. (Invariant 4)"""
    one = begun(organisation_on_each)
    before = one.golden("crm:2")
    earlier = one.pin("crm:2", "city", "bath")
    later = one.pin("billing:2", "city", "  hull ")
    day = one.pin("crm:2", "birth_date", "30 January 1976")
    found = one.golden("crm:2")
    assert (found.values["city"].value, found.values["city"].rule, found.values["city"].record) == ("Hull", "pin", None)
    assert found.values["birth_date"].value == date(1976, 1, 30)
    with open_project_warehouse(one.project()) as warehouse:
        shown = {value.attribute: value.pin for value in show(warehouse, one.project(), "crm:2").values}
    assert shown["city"] is not None
    assert (shown["city"].steward, shown["city"].reason, shown["city"].group, shown["email"]) == ("ruth", "she asked them", later, None)
    one.undo(later)
    assert one.values("crm:2")["city"] == "Bath"
    one.undo(day)
    one.undo(earlier)
    assert one.golden("crm:2").values == before.values
    assert one.run()["status"] == "unchanged"


def test_a_customer_can_be_pinned_to_have_no_value(organisation: Organisation) -> None:
    """The address of the sources is not hers."""
    begun(organisation).pin("crm:2", "email", None)
    assert "email" not in organisation.values("crm:2")
    with open_project_warehouse(organisation.project()) as warehouse:
        found = show(warehouse, organisation.project(), "crm:2")
    assert found.without == ("email",)
    assert [(one.attribute, one.value) for one in found.pins] == [("email", None)]


def test_a_pin_goes_with_its_customer(organisation: Organisation) -> None:
    """Merged away it is the survivor's; the later of two wins; taken apart, each has its own again."""
    begun(organisation)
    organisation.pin("crm:1", "city", "Dover")
    organisation.pin("billing:7", "city", "Bath")
    act = organisation.merge("crm:1", "billing:7")
    assert organisation.values("crm:1")["city"] == "Bath"
    organisation.pin("crm:1", "given_name", "Anne")
    organisation.undo(act)
    assert (organisation.values("crm:1")["city"], organisation.values("billing:7")["city"]) == ("Dover", "Bath")
    assert (organisation.values("crm:1")["given_name"], organisation.values("billing:7")["given_name"]) == ("Ann", "Anne")


def test_a_pin_expires_by_the_clock_of_the_run(organisation_on_each: Organisation) -> None:
    """A run after the last day is not taken for one that has nothing to do. (Invariant 8)"""
    one = begun(organisation_on_each)
    one.pin("crm:2", "city", "Hull", expires=datetime.now(UTC).date() + timedelta(days=2))
    assert one.run()["status"] == "unchanged"
    with one.opened() as warehouse, warehouse.begin() as connection:
        connection.execute(sa.update(pin).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert one.run()["status"] == "published"
    assert one.values("crm:2")["city"] == "York"


def test_a_pin_that_no_longer_fits_is_passed_over(organisation: Organisation) -> None:
    """An attribute that left the project, and one of another type: the run says so and goes on."""
    begun(organisation)
    city = organisation.pin("crm:2", "city", "Hull")
    name = organisation.pin("crm:2", "given_name", "Rob")
    del organisation.attributes["city"]
    organisation.attributes["given_name"] = {"type": "email"}
    for block in organisation.sources.values():
        del block["map"]["city"]
        block["map"]["given_name"] = "email"
    report = organisation.run()
    assert [(one["act"], one["attribute"]) for one in report["merge"]["pins_passed_over"]] == [(city, "city"), (name, "given_name")]
    assert report["merge"]["pins"] == 0
