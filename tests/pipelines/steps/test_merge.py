"""Golden records: their other values, their disagreements, and what they rest on."""

from __future__ import annotations

import pytest

from domain.errors import WarehouseError
from pipelines.steps.consolidate import pull
from pipelines.steps.merge import merge_records
from pipelines.steps.session import open_session
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.contacts import contacts_of
from warehouse.tasks import open_tasks

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})
BILLING = drawn("no", {"1": "Ann", "2": "Bob"}, email=["ann@lee.example", "bobby@ray.example"], birth_date=["1980-04-03", "1975-03-30"])


@pytest.fixture
def disagreeing(organisation: Organisation) -> Organisation:
    """Bob has two e-mails and two birthdays, and the second must not be so."""
    organisation.attributes["birth_date"]["protected"] = True
    organisation.department("crm", CRM, trust=0.9)
    organisation.department("billing", BILLING, trust=0.2)
    organisation.run()
    assert organisation.customers() == "1 billing:1 crm:1\n2 billing:2 crm:2\n3 crm:3"
    return organisation


def tasks(organisation: Organisation) -> list[str]:
    """What stewards are asked about values that disagree."""
    with organisation.reading() as connection:
        return [task.question.subject for task in open_tasks(connection, "contradictory_values")]


def test_other_values_of_a_many_attribute_are_kept_beside_the_golden_one(disagreeing: Organisation) -> None:
    """The trusted e-mail is golden, the other a contact with its source; who has one has no contact. (Invariant 4)"""
    assert disagreeing.values("crm:2")["email"] == "bob@ray.example"
    with disagreeing.reading() as connection:
        found = {number: contacts_of(connection, number) for number in (1, 2, 3)}
    assert [(one.attribute, one.value, one.sources) for one in found[2]] == [("email", "bobby@ray.example", ("billing",))]
    assert (found[1], found[3]) == ([], [])


def test_values_that_disagree_on_a_protected_attribute_are_a_task_until_they_agree(disagreeing: Organisation) -> None:
    """One question, the same in every run; put right at its source, it is closed. (Invariant 8)"""
    assert tasks(disagreeing) == ["birth_date of 2"]
    disagreeing.run(whole=True)
    assert tasks(disagreeing) == ["birth_date of 2"]
    disagreeing.department("billing", BILLING.replace("1975-03-30", "1975-01-30"))
    disagreeing.run()
    assert tasks(disagreeing) == []


def test_a_golden_record_says_how_well_it_hangs_together(disagreeing: Organisation) -> None:
    """Members, sources, completeness, and the weakest linkage: the more agrees, the stronger; who is alone is sure."""
    ann, bob, cleo = (disagreeing.golden(f"crm:{number}") for number in (1, 2, 3))
    assert (ann.member_count, ann.sources, ann.completeness) == (2, ("billing", "crm"), 1.0)
    assert (cleo.member_count, cleo.sources) == (1, ("crm",))
    assert ann.cohesion is not None
    assert bob.cohesion is not None
    assert cleo.cohesion is not None
    assert 0.5 < bob.cohesion < ann.cohesion < cleo.cohesion == 1.0


def test_golden_records_are_made_only_of_records_with_a_golden_id(disagreeing: Organisation) -> None:
    """A record that came after the ids were given is not passed by in silence. (Invariant 1)"""
    disagreeing.department("crm", drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora"}))
    with open_session(disagreeing.project()) as session:
        for source in session.project.sources:
            pull(session, source)
        with pytest.raises(WarehouseError, match=r"1 live records have no golden id in run 2\. Run again\."):
            merge_records(session)
