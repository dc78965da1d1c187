"""Stewards act: customers are merged and split, values pinned, and everything can be taken back."""

from __future__ import annotations

import threading
from datetime import date

from domain.decisions import Verdict
from domain.errors import ContradictingDecision
from domain.records import RecordKey
from pipelines.steps import decide as acts
from tests.stories.organisation import Organisation, told
from tests.stories.people import drawn
from warehouse.audit import PROGRAM, entries

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
    """The older id stays; two merges are undone, the first one first: all have back exactly what they had. (Invariants 2, 3)"""
    one = begun(organisation_on_each)
    before, ann = seen(one), one.golden("crm:1").golden_id
    first = one.merge("billing:7", ann)
    assert one.customers() == "1 billing:2 crm:2\n2 billing:3 crm:3\n3 billing:7 billing:8 crm:1"
    assert one.answer(ann).golden_number == 3
    merged = one.act(lambda *where: acts.merge(*where[:2], ["crm:2", ann], where[2]))
    second, (note,) = merged.act, merged.notes
    assert note.startswith(f"{ann} was merged into ")
    assert one.customers() == "1 billing:2 billing:7 billing:8 crm:1 crm:2\n2 billing:3 crm:3"
    one.undo(first)
    assert one.number("crm:1") == one.number("crm:2") == 1  # the second merge holds all five
    one.undo(second)
    assert seen(one) == before
    assert one.run()["status"] == "unchanged"


def test_a_smaller_older_customer_gets_its_id_back(organisation: Organisation) -> None:
    """Bob, one record, was merged with Cleo, two; though most records of 1 go to Cleo, undoing gives 1 back to Bob. (Invariant 2)"""
    organisation.department("billing", drawn("no", {"1": "Bob", "3": "Cleo"}))
    organisation.department("crm", drawn("id", {"3": "Cleo"}))
    organisation.run()
    before = seen(organisation)
    act = organisation.merge("billing:1", "billing:3")
    assert organisation.customers() == "1 billing:1 billing:3 crm:3"
    organisation.undo(act)
    assert organisation.customers() == "1 billing:1\n2 billing:3 crm:3"
    assert seen(organisation) == before


def test_a_customer_is_split_and_joined_again(organisation_on_each: Organisation) -> None:
    """The other part has a new id, to which the old one leads too; undone, the new one leads to the old. (Invariants 2, 3)"""
    one = begun(organisation_on_each)
    before = one.customers()
    act = one.split("billing:7", "billing:8")
    assert one.customers() == before.replace("3 billing:7 billing:8", "3 billing:7") + "\n5 billing:8"
    young = one.golden("billing:8").golden_id
    one.undo(act)
    assert one.customers() == before
    assert one.answer(young).golden_number == 3
    one.split("billing:7")
    assert one.answer(young).state == "live"


def test_an_act_against_an_earlier_one_is_refused_by_its_name(organisation: Organisation) -> None:
    """Who, when and which act: so that it can be undone. Nothing is changed. (Invariant 3)"""
    begun(organisation)
    joined = organisation.merge("crm:1", "crm:2", later=True)
    refused = organisation.refused(lambda: decide(organisation, "crm:1", "billing:2", Verdict.DIFFERENT))
    assert f"by ruth on {date.today():%d %B %Y} (act {joined})" in refused
    assert refused.endswith(f"Undo act {joined} first, to separate them.")
    apart = organisation.split("crm:3", "crm:3", later=True)
    told_why = organisation.refused(lambda: decide(organisation, "crm:3", "billing:3", Verdict.SAME))
    assert f"(act {apart})" in told_why
    organisation.undo(apart, later=True)
    decide(organisation, "crm:3", "billing:3", Verdict.SAME)
    assert "was taken back by ruth" in organisation.refused(lambda: organisation.undo(apart, later=True))


def decide(organisation: Organisation, left: str, right: str, verdict: Verdict) -> str:
    """A decision on two records that waits for the next run."""
    keys = RecordKey.parse(left), RecordKey.parse(right)
    return organisation.act(lambda *where: acts.decide(*where[:2], *keys, verdict, where[2]), later=True).act


def test_what_makes_no_sense_is_refused_in_a_sentence(organisation: Organisation) -> None:
    """Nothing is changed by any of it."""
    begun(organisation)
    ann, young = organisation.golden("crm:1").golden_id, organisation.golden("crm:2").golden_id
    merge, split, pin = organisation.merge, organisation.split, organisation.pin
    wrong = [
        (lambda: merge(ann, "crm:1"), f"{ann} and crm:1 are one customer already"),
        (lambda: merge(ann), "a merge needs two golden ids or more"),
        (lambda: merge(ann, "C-99999999-8"), "no golden customer has or had the id"),
        (lambda: split("crm:1"), "cannot be split: it has one record"),
        (lambda: split("crm:2", "crm:2,billing:2"), "all its records would be in one part"),
        (lambda: split(young, "crm:1"), f"crm:1 is no record of {young}"),
        (lambda: split(young, "crm:2", "crm:2"), "crm:2 is named twice"),
        (lambda: decide(organisation, "crm:1", "crm:1", Verdict.SAME), "crm:1 is named twice"),
        (lambda: decide(organisation, "crm:1", "crm:9", Verdict.SAME), "no source record crm:9 is live"),
        (lambda: pin(ann, "shoe_size", "9"), "'shoe_size' is not an attribute"),
        (lambda: pin(ann, "birth_date", "the day before"), "the value for 'birth_date' is no valid date of birth"),
        (lambda: pin(ann, "email", "test@test.com"), "is a placeholder"),
        (lambda: pin(ann, "email", "\ud800"), "is no valid email"),
        (lambda: pin(ann, "city", " "), "is empty"),
        (lambda: pin(ann, "city", "Leeds", date(2020, 1, 1)), "2020-01-01 is past"),
        (lambda: organisation.undo("0000"), "there is no act '0000'"),
    ]
    for work, sentence in wrong:
        assert sentence in organisation.refused(work)


def test_a_retired_customer_is_not_merged(organisation: Organisation) -> None:
    """Nobody answers to the id any more."""
    begun(organisation)
    gone = organisation.golden("crm:1").golden_id
    organisation.department("crm", drawn("id", {"2": "Bob", "3": "Cleo"}))
    organisation.run()
    assert f"{gone} is retired" in organisation.refused(lambda: organisation.merge(gone, "crm:2"))


def test_of_two_stewards_at_once_the_second_sees_what_the_first_said(organisation_on_each: Organisation) -> None:
    """Same and different about one pair, many times at once: one of the two is kept, the other refused. (Invariant 3)"""
    one = begun(organisation_on_each)
    refused: list[str] = []

    def say(verdict: Verdict) -> None:
        try:
            decide(one, "crm:1", "billing:7", verdict)
        except ContradictingDecision as error:
            refused.append(str(error))

    both = [threading.Thread(target=say, args=(verdict,)) for verdict in (Verdict.SAME, Verdict.DIFFERENT)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(refused) == 1
    assert one.kept()["decision"] == 1
    assert acted(one) == ["decide"]


def test_a_merge_outlives_the_record_that_it_was_tied_to(organisation: Organisation) -> None:
    """Whichever of three records is deleted, the other two stay one customer. (Invariant 3)"""
    begun(organisation)
    organisation.merge("billing:7", "crm:1")
    organisation.merge("crm:2", "crm:1")
    organisation.department("billing", drawn("no", {"3": "Cleo", "8": "Annie"}))  # the records the merges began with are gone
    organisation.run()
    assert organisation.number("crm:1") == organisation.number("billing:8") == organisation.number("crm:2")


def test_an_act_is_kept_while_a_run_is_under_way(organisation: Organisation) -> None:
    """It waits for the next run, and says so. (Invariant 3)"""
    from pipelines.steps.effect import take_effect
    from pipelines.steps.session import open_session

    begun(organisation)
    with open_session(organisation.project()):
        organisation.merge("billing:7", "crm:1", later=True)
        assert take_effect(organisation.project()).told == "Another run is under way: the next one applies it."
    assert organisation.number("crm:1") == 4
    assert organisation.run()["status"] == "published"
    assert organisation.number("crm:1") == 3


def acted(organisation: Organisation) -> list[str]:
    """What stewards have done, by the audit log; runs do not count."""
    with organisation.reading() as connection:
        return [entry.action for entry in reversed(entries(connection)) if entry.actor != PROGRAM]
