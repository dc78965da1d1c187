"""Customers who turn out to be one, and stewards who say otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decisions import Verdict
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.decisions import undo_decisions

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon", "7": "Annie"})
SHOP = """
    nr | given_name | family_name | email                              | birth_date | city
    a  | Ann        | Lee         | ann@lee.example, ann@hart.example  | 1980-04-03 | Wells
    b  | Annie      | Hart        | ann@hart.example                   | 1980-04-03 | Wells
"""
SEVERAL = {name: name for name in ("given_name", "family_name", "birth_date", "city")} | {"email": {"column": "email", "split": ","}}


def marry(organisation: Organisation) -> Organisation:
    """Ann Lee is now Annie Hart: the crm (6) knows her by her old name, billing (5) by her new one."""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING)
    organisation.run()
    assert organisation.customers().endswith("\n5 billing:7\n6 crm:1")
    return organisation


def join(organisation: Organisation) -> Organisation:
    """The shop has her before and after, with both of her addresses, and so the two became one."""
    organisation.department("shop", SHOP, map=SEVERAL)
    organisation.run()
    return organisation


@pytest.fixture
def married(organisation: Organisation) -> Organisation:
    """Two customers, in an SQLite file."""
    return marry(organisation)


@pytest.fixture
def joined(married: Organisation) -> Organisation:
    """One customer."""
    return join(married)


def test_a_new_record_makes_two_customers_one(organisation_on_each: Organisation) -> None:
    """The older id stays, the other leads to it in one hop, and both answered for themselves until then. (Invariants 2, 10)"""
    married = marry(organisation_on_each)
    older, younger = married.golden("billing:7").golden_id, married.golden("crm:1").golden_id
    first = married.answer(younger)
    married.department("shop", SHOP, map=SEVERAL)
    report = married.run()
    assert (report["ids_merged"], report["ids_minted"], report["golden_customers"]) == (1, 0, 5)
    assert married.customers().endswith("\n5 billing:7 crm:1 shop:a shop:b")
    answer = married.answer(younger)
    assert (answer.state, answer.golden_number, answer.successors) == ("redirected", 5, (older,))
    assert (first.state, married.answer(younger, run=1).golden_number) == ("live", 6)


def test_what_a_steward_has_separated_stays_apart(organisation_on_each: Organisation) -> None:
    """They are mother and daughter: each has her own id back, now and after every run. (Invariants 2, 3)"""
    joined = join(marry(organisation_on_each))
    joined.decide("crm:1", Verdict.DIFFERENT, "billing:7")
    joined.decide("shop:a", Verdict.SAME, "billing:7")
    report = joined.run()
    assert (report["ids_minted"], report["ids_revived"], report["ids_split"]) == (0, 1, 1)
    assert joined.customers().endswith("\n5 billing:7 shop:a shop:b\n6 crm:1")
    assert joined.run()["status"] == "unchanged"
    assert joined.run(whole=True)["status"] == "unchanged"
    joined.department("crm", CRM.replace("ann@lee.example ", "ann@hart.example"))  # alike as can be
    joined.run()
    assert joined.customers().endswith("\n5 billing:7 shop:a shop:b\n6 crm:1")


def test_what_a_steward_has_joined_stays_together(married: Organisation) -> None:
    """Nothing but a steward's word joins them: it holds after re-runs, changed records and vanished bridges. (Invariant 3)"""
    married.decide("crm:1", Verdict.SAME, "billing:7")
    married.run()
    assert married.customers().endswith("\n5 billing:7 crm:1")
    married.department("crm", CRM.replace("1 | Ann | Lee ", "1 | Zoe | Moss "))
    married.run(whole=True)
    assert married.customers().endswith("\n5 billing:7 crm:1")


def test_a_decision_taken_back_leaves_everything_as_before(joined: Organisation) -> None:
    """Separated, published, taken back: the same customers under the same ids as before. (Invariants 2, 3)"""
    before = joined.customers()
    joined.decide("crm:1", Verdict.DIFFERENT, "billing:7")
    joined.run()
    assert joined.customers() != before
    with joined.opened() as warehouse, warehouse.begin() as connection:
        undo_decisions(connection, "crm:1 billing:7", "ruth", datetime(2026, 11, 23, tzinfo=UTC), "they are one after all")
    joined.run()
    assert joined.customers() == before


def test_a_decision_about_records_that_are_gone_waits_for_them(joined: Organisation) -> None:
    """Billing loses her, and gets her back: what was decided holds again. (Invariant 3)"""
    joined.decide("crm:1", Verdict.DIFFERENT, "billing:7")
    joined.run()
    joined.department("billing", "\n".join(line for line in BILLING.splitlines() if "Annie" not in line))
    joined.run()
    assert joined.number("shop:b") == joined.number("crm:1")  # nobody is left who speaks against it
    joined.department("billing", BILLING)
    joined.run()
    assert joined.number("billing:7") == joined.number("shop:b") != joined.number("crm:1")


def test_a_decision_that_comes_while_a_run_is_under_way_is_kept_by_the_next(joined: Organisation) -> None:
    """A run publishes what it knew; the short cut of the next does not pass the decision by. (Invariant 3)"""
    from pipelines.steps import consolidate as steps
    from pipelines.steps.session import open_session

    joined.department("crm", CRM.replace("bob@ray", "bobby@ray"))
    with open_session(joined.project()) as session:
        for source in session.project.sources:
            steps.pull(session, source)
        steps.match(session)
        joined.decide("crm:1", Verdict.DIFFERENT, "billing:7")
        steps.identify(session)
        steps.merge(session)
        steps.ask(session)
        assert steps.publish(session).status == "published"
        steps.conclude(session)
    assert joined.run()["status"] == "published"
    assert joined.number("crm:1") != joined.number("billing:7")
