"""A decided record turns into somebody else: the decision is suspended, and becomes a task. (Invariant 3)"""

from __future__ import annotations

from domain.decisions import Verdict
from domain.records import RecordKey
from pipelines.steps import decide as acts
from pipelines.steps.suspend import KIND
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.tasks import open_tasks

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon", "7": "Annie"})
ANN = "1 | Ann | Lee | ann@lee.example | 1980-04-03 | Leeds"
ZOE = "1 | Zoe | Moss | zoe@moss.example | 1999-09-09 | Ely"


def tasks(organisation: Organisation) -> list[str]:
    """What stewards are asked to decide again."""
    with organisation.reading() as connection:
        return [task.question.subject for task in open_tasks(connection, KIND)]


def test_a_decision_about_somebody_else_waits_until_it_is_made_again(organisation_on_each: Organisation) -> None:
    """The crm gives Ann's key to Zoe: who was merged with Ann is not Zoe, until a steward says so. (Invariant 3)"""
    one = organisation_on_each
    one.department("crm", CRM)
    one.department("billing", BILLING)
    one.run()
    one.merge("crm:1", "billing:7")
    one.department("crm", CRM.replace(ANN, ANN.replace("Leeds", "Bath")))
    one.run()
    assert (one.number("crm:1") == one.number("billing:7"), tasks(one)) == (True, [])  # she has only moved
    one.department("crm", CRM.replace(ANN, "1 | Ann | - | - | - | -"))
    one.run()
    assert (one.number("crm:1") == one.number("billing:7"), tasks(one)) == (True, [])  # little is left, and nothing speaks against her
    one.department("crm", CRM.replace(ANN, ZOE))
    report = one.run()
    assert report["match"]["suspended_decisions"] == 1
    assert one.number("crm:1") != one.number("billing:7")
    assert len(tasks(one)) == 1
    assert one.run()["status"] == "unchanged"
    one.department("crm", CRM)
    one.run()
    assert (one.number("crm:1") == one.number("billing:7"), tasks(one)) == (True, [])  # it was a slip
    one.department("crm", CRM.replace(ANN, ZOE))
    one.run()
    keys = RecordKey("crm", "1"), RecordKey("billing", "7")
    one.act(lambda *where: acts.decide(*where[:2], *keys, Verdict.DIFFERENT, where[2]))
    assert (one.number("crm:1") == one.number("billing:7"), tasks(one)) == (False, [])
    one.department("crm", CRM)
    one.run()
    assert one.number("crm:1") == one.number("billing:7")  # of Ann it was said that she is; of Zoe, that she is not
