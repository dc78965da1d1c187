"""The project file changes, and the customers follow."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.stories.organisation import Organisation
from tests.stories.people import drawn

CRM = drawn(
    "id",
    {"1": "Ann", "2": "Bob"},
    birth_date=["03/04/1980", "07/01/1975"],
    phone=["0161 4960123", "0161 4960124"],
    joined=["2019-05-01", "2020-02-29"],
)


def publish(organisation: Organisation) -> Organisation:
    """One department whose dates are the British way; published."""
    column = {"birth_date": {"column": "birth_date", "format": "%d/%m/%Y"}}
    mapped = {name: name for name in ("given_name", "family_name", "email", "city")} | column
    organisation.department("crm", CRM, kind="sql", map=mapped)
    organisation.run()
    assert organisation.values("crm:1")["birth_date"] == "1980-04-03"
    return organisation


@pytest.fixture
def crm(organisation: Organisation) -> Organisation:
    """In an SQLite file."""
    return publish(organisation)


@pytest.fixture
def crm_on_each(organisation_on_each: Organisation) -> Organisation:
    """On each kind of database."""
    return publish(organisation_on_each)


def test_an_attribute_that_is_added_gets_its_column_and_is_filled(crm_on_each: Organisation) -> None:
    """No row has changed, and the next run knows every telephone; golden ids and history stay. (Invariants 2, 10)"""
    crm = crm_on_each
    before = crm.customers()
    crm.attributes["phone"] = {"type": "phone", "region": "GB", "many": True}
    crm.attributes["joined"] = {"type": "date"}
    crm.sources["crm"]["map"] |= {"phone": "phone", "joined": "joined"}
    report = crm.run()
    assert (report["status"], report["values_changed"], report["sources"]["crm"]["new"]) == ("published", 4, 0)  # more of each row is read
    assert crm.values("crm:1") | {"phone": "+441614960123", "joined": "2019-05-01"} == crm.values("crm:1")
    assert crm.customers() == before
    assert crm.run()["status"] == "unchanged"
    with crm.reading() as connection:
        row = connection.execute(sa.text("SELECT phone, joined FROM golden_customer WHERE given_name = 'Bob'")).one()
    assert (row.phone, str(row.joined)) == ("+441614960124", "2020-02-29")


def test_a_format_that_is_corrected_standardises_unchanged_rows_anew(crm: Organisation) -> None:
    """They were the American way, and 03/04 was the fourth of March; the past still says what was published then. (Invariant 10)"""
    first = 1
    crm.sources["crm"]["map"]["birth_date"]["format"] = "%m/%d/%Y"
    report = crm.run()
    assert (report["status"], report["sources"]["crm"]["unchanged"]) == ("published", 2)
    assert crm.values("crm:1")["birth_date"] == "1980-03-04"
    assert crm.values("crm:1", run=first)["birth_date"] == "1980-04-03"


def test_a_source_that_was_away_when_the_project_changed_is_standardised_when_it_is_back(crm: Organisation) -> None:
    """It is held on the day its format is corrected; its rows are as they were when it returns, and become right. (Invariant 6)"""
    crm.department("other", "id | given_name | email\n9 | Zoe | zoe@far.example")
    crm.run()
    crm.sources["crm"]["map"]["birth_date"]["format"] = "%m/%d/%Y"
    file = crm.folder / "crm.db"
    file.rename(file.with_suffix(".away"))
    assert crm.run()["sources_held"] == ["crm"]
    assert crm.values("crm:1")["birth_date"] == "1980-04-03"
    file.with_suffix(".away").rename(file)
    assert crm.run()["status"] == "published"
    assert crm.values("crm:1")["birth_date"] == "1980-03-04"


def test_a_row_that_could_not_be_standardised_anew_is_when_it_can(crm: Organisation) -> None:
    """Bob's row is repeated on the day the format is corrected; once it is single again, his date becomes right. (Invariant 6)"""
    crm.sources["crm"]["map"]["birth_date"]["format"] = "%m/%d/%Y"
    crm.department("crm", f"{CRM}\n{CRM.splitlines()[-1].replace('Bob', 'Rob')}", kind="sql")
    assert crm.run()["quarantined"] == 2
    assert crm.values("crm:2")["birth_date"] == "1975-01-07"
    crm.department("crm", CRM, kind="sql")
    crm.run()
    assert crm.values("crm:2")["birth_date"] == "1975-07-01"


def test_an_attribute_that_is_taken_out_is_no_longer_published(crm: Organisation) -> None:
    """Its column goes from what consumers see; taken in again, it is filled again. (Invariant 10)"""
    spec, column = crm.attributes.pop("city"), crm.sources["crm"]["map"].pop("city")
    crm.run()
    with crm.reading() as connection:
        columns = list(connection.execute(sa.text("SELECT * FROM golden_customer")).keys())
    assert "given_name" in columns
    assert "city" not in columns
    crm.attributes["city"], crm.sources["crm"]["map"]["city"] = spec, column
    crm.run()
    assert crm.values("crm:1")["city"] == "Leeds"


def test_a_retyped_attribute_is_filled_anew(crm_on_each: Organisation) -> None:
    """A text that becomes a date is one, for unchanged rows too; the texts of before are kept beside it. (Invariant 10)"""
    crm = crm_on_each
    crm.attributes["joined"] = {"type": "text"}
    crm.sources["crm"]["map"]["joined"] = "joined"
    crm.run()
    assert crm.golden("crm:1").values["joined"].value == "2019-05-01"
    crm.attributes["joined"] = {"type": "date"}
    crm.run()
    assert str(crm.golden("crm:1").values["joined"].value) == "2019-05-01"
    assert not isinstance(crm.golden("crm:1").values["joined"].value, str)


def test_a_survivorship_rule_that_changes_chooses_anew(organisation: Organisation) -> None:
    """The same records, another rule: the golden value and its reason follow. (Invariant 4)"""
    organisation.attributes["city"]["survive"] = ["most_trusted"]
    organisation.department("crm", CRM, trust=0.8)
    organisation.department("billing", CRM.replace("York", "Stockton-on-Tees"), trust=0.4)
    organisation.run()
    assert organisation.customers() == "1 billing:1 crm:1\n2 billing:2 crm:2"
    assert organisation.values("crm:2")["city"] == "York"
    organisation.attributes["city"]["survive"] = ["longest"]
    assert organisation.run()["values_changed"] == 1
    city = organisation.golden("crm:2").values["city"]
    assert (city.value, city.rule, str(city.record)) == ("Stockton-on-Tees", "longest", "billing:2")
