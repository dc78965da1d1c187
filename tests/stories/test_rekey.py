"""A department gives its customers new keys, and they are the same customers. (Invariant 2)"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from domain.decisions import Verdict
from matching.golden_ids import golden_id_text
from tests.stories.organisation import Organisation, Rows
from tests.stories.people import person
from warehouse.tasks import open_tasks


def people(keys: Sequence[str], first: int = 0) -> Rows:
    """A department's customers under some keys, the first being number `first` of all the people there are."""
    return [{"no": key, **person(at)} for at, key in enumerate(keys, first)]


def keys(letter: str, count: int) -> list[str]:
    """`a01`, `a02`, ..."""
    return [f"{letter}{at:02}" for at in range(count)]


def told(organisation: Organisation, letter: str, count: int) -> list[int | None]:
    """The golden numbers of a department's customers, by their keys."""
    return [organisation.number(f"billing:{key}") for key in keys(letter, count)]


def opened(organisation: Organisation) -> Organisation:
    """Billing has sixty customers, a00 to a59; the shop has the first ten of them and twenty of its own."""
    organisation.department("billing", people(keys("a", 60)))
    organisation.department("shop", [*people(keys("s", 10)), *people(keys("t", 20), first=60)])
    organisation.run()
    assert len(set(told(organisation, "a", 60))) == 60
    return organisation


@pytest.fixture
def before(organisation: Organisation) -> Organisation:
    """In an SQLite file."""
    return opened(organisation)


@pytest.fixture
def before_on_each(organisation_on_each: Organisation) -> Organisation:
    """On each kind of database."""
    return opened(organisation_on_each)


def test_new_keys_keep_all_golden_ids(before_on_each: Organisation) -> None:
    """a00 is b00 now, and so on: every golden id stays, also of those whom nobody else knows; none is minted. (Invariant 2)"""
    was = told(before_on_each, "a", 60)
    before_on_each.department("billing", people(keys("b", 60)))
    report = before_on_each.run()
    assert told(before_on_each, "b", 60) == was
    assert (report["ids_minted"], report["ids_retired"]) == (0, 0)
    assert report["sources"]["billing"]["rekeyed"] == {"vanished": 60, "new": 60, "recognised": 60, "asked": 0, "problem": ""}
    assert before_on_each.run()["status"] == "unchanged"
    assert before_on_each.run(whole=True)["status"] == "unchanged"


def test_new_keys_and_new_data_at_once(before: Organisation) -> None:
    """A tenth has changed the e-mail or moved meanwhile, five have left and four are new: the old keep theirs, the new get new ones."""
    was = told(before, "a", 60)
    rows = people(keys("b", 60))
    for at in (3, 31, 47):
        rows[at]["email"] = f"new.{at * 7919}@mail.example"
    for at in (13, 23, 53):
        rows[at]["city"] = "Truro"
    before.department("billing", [*rows[:55], *people(keys("n", 4), first=100)])
    report = before.run()
    assert told(before, "b", 55) == was[:55]
    assert not set(told(before, "n", 4)) & set(was)
    assert (report["ids_minted"], report["ids_retired"]) == (4, 5)


def test_few_new_keys_are_new_customers(before: Organisation) -> None:
    """Eighteen of sixty (30 %) leave and as many come: that is business as usual, and nobody is taken for anybody else."""
    before.department("billing", [*people(keys("a", 42)), *people(keys("b", 18), first=42)])
    report = before.run()
    assert "rekeyed" not in report["sources"]["billing"]
    assert (report["ids_minted"], report["ids_retired"]) == (18, 18)


def test_new_keys_in_a_batch_that_is_held_are_nothing_yet(before: Organisation) -> None:
    """The gate is closed: the old keys stay; when it opens, the customers are recognised all the same. (Invariant 9)"""
    was = told(before, "a", 60)
    before.department("billing", people(keys("b", 60)), expect={"min_rows": 70})
    before.run()
    assert told(before, "a", 60) == was
    before.sources["billing"].pop("expect")
    before.run()
    assert told(before, "b", 60) == was


def test_keys_that_change_again_and_back(before: Organisation) -> None:
    """a, then b, then a again, then c: the same golden ids throughout."""
    was = told(before, "a", 60)
    for letter in "bac":
        before.department("billing", people(keys(letter, 60)))
        before.run()
        assert told(before, letter, 60) == was


def test_decisions_follow_the_records(before_on_each: Organisation) -> None:
    """What a steward has said of a01 holds for b01: kept together with one, apart from the other. (Invariant 3)"""
    before_on_each.decide("billing:a01", Verdict.DIFFERENT, "shop:s01")
    before_on_each.decide("billing:a40", Verdict.SAME, "shop:t03")
    before_on_each.run()
    apart, together = before_on_each.number("billing:a01"), before_on_each.number("billing:a40")
    assert apart != before_on_each.number("shop:s01")
    before_on_each.department("billing", people(keys("b", 60)))
    before_on_each.run()
    assert before_on_each.number("billing:b01") == apart != before_on_each.number("shop:s01")
    assert before_on_each.number("billing:b40") == together == before_on_each.number("shop:t03")
    assert before_on_each.run(whole=True)["status"] == "unchanged"


def thin(count: int) -> Rows:
    """People of whom little is known, so that one who has changed is hard to recognise."""
    return [{name: row[name] for name in ("no", "given_name", "family_name", "city")} for row in people(keys("a", count))]


def test_a_steward_is_asked_about_who_is_not_sure(organisation: Organisation) -> None:
    """Two called alike cannot be told apart: two tasks; by the steward's word the old golden ids lead to the new."""
    rows = thin(30)
    rows[7] = {**rows[6], "no": rows[7]["no"]}
    organisation.sources["billing"] = {"unique": True}
    organisation.department("billing", rows)
    organisation.department("shop", people(keys("t", 20), first=60))
    organisation.run()
    was = told(organisation, "a", 30)
    assert was[6] != was[7]
    organisation.department("billing", [{**row, "no": f"b{str(row['no'])[1:]}"} for row in rows])
    report = organisation.run()
    now = told(organisation, "b", 30)
    assert [a == b for a, b in zip(was, now, strict=True)] == [at not in (6, 7) for at in range(30)]
    assert report["sources"]["billing"]["rekeyed"]["asked"] == 2
    with organisation.reading() as connection:
        asked = open_tasks(connection, "rekeyed_source")
    assert len(asked) == 2
    organisation.decide("billing:a06", Verdict.SAME, "billing:b06")
    organisation.decide("billing:a07", Verdict.SAME, "billing:b07")
    organisation.run()
    answers = [organisation.answer(str(golden_id_text(np.array([was[at]]))[0])) for at in (6, 7)]
    assert [(answer.state, answer.golden_number) for answer in answers] == [("redirected", now[6]), ("redirected", now[7])]
    with organisation.reading() as connection:
        assert open_tasks(connection, "rekeyed_source") == []
