"""The doctor finds what it is there to find."""

from __future__ import annotations

import sqlalchemy as sa

from warehouse.doctor import violations
from warehouse.tables import outbox

DAMAGE = {
    "DELETE FROM crosswalk WHERE record_id = 1": ["1 live source records belong to no golden id", "1 live golden ids hold no record"],
    "INSERT INTO crosswalk (record_id, golden_number, from_run, to_run) VALUES (2, 1, 0, 9)": [
        "1 source records belong to several golden ids"
    ],
    "UPDATE source_record SET to_run = 1, from_run = 0 WHERE record_id = 2": ["1 records in the crosswalk are not live"],
    "UPDATE identity_state SET state = 'retired' WHERE golden_number = 2": [
        "1 records in the crosswalk belong to a golden id that is not live",
        "1 golden records belong to a golden id that is not live",
        "2 contacts belong to a golden id that is not live",
    ],
    "UPDATE identity_state SET state = 'redirected', target = 2 WHERE golden_number = 2": [
        "1 redirects lead to another redirect, or to no golden id"
    ],
    "DELETE FROM identity_state WHERE golden_number = 1": ["1 golden ids have no state"],
    "INSERT INTO identity_state (golden_number, state, from_run, to_run) VALUES (1, 'live', 0, 9)": ["1 golden ids have several states"],
    "DELETE FROM golden_version WHERE golden_number = 1": ["1 live golden ids have no golden record"],
    "UPDATE golden_version SET given_name_from = NULL WHERE golden_number = 1": [
        "1 golden values of 'given_name' do not say where they came from"
    ],
    "UPDATE golden_version SET email_rule = NULL WHERE golden_number = 2": ["1 golden values of 'email' do not say where they came from"],
    "UPDATE golden_version SET given_name_from = 2 WHERE golden_number = 1": [
        "1 golden values of 'given_name' come from a record of another customer",
        "1 golden values of 'given_name' are not what their record holds",
    ],
    "UPDATE golden_version SET birth_date = '1980-04-04' WHERE golden_number = 1": [
        "1 golden values of 'birth_date' are not what their record holds"
    ],
    "UPDATE golden_version SET email = 'ob@a.or' WHERE golden_number = 2": ["1 golden values of 'email' are not what their record holds"],
    "INSERT INTO quality_result VALUES (1, 'publication', 'golden', 0, 'churn', 'stop', :no, '', '', 1, '2026-01-01 00:00:00')": [
        "1 publications were made through a closed gate"
    ],
}


def test_damage_is_found(story):
    """Each invariant that is broken by hand is told in a sentence with a count. (Invariants 1, 2, 4, 5)"""
    story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03\n2 Bob bob@a.org;rob@a.org -"}, "1 crm:1\n2 crm:2")
    assert story.violations() == []
    missed = {damage: set(expected) - set(damaged(story, damage)) for damage, expected in DAMAGE.items()}
    assert {damage: left for damage, left in missed.items() if left} == {}
    assert story.violations() == []


def damaged(story, damage: str) -> list[str]:
    """What the doctor finds after the damage, which is taken back."""
    with story.warehouse.begin() as connection:
        connection.execute(sa.text(damage).bindparams(**({"no": False} if ":no" in damage else {})))
        found = violations(connection, story.attributes)
        connection.rollback()
    return found


def test_an_empty_warehouse_is_healthy(story):
    """Before the first publication there is nothing to be wrong."""
    story.begin("crm")
    assert story.violations() == []


def test_an_event_that_is_missing_is_found(story):
    """Consumers count on numbers without gaps. (Invariant 5)"""
    run = story.whole_run({"crm": "1 Ann ann@x 1980-04-03"}, "1 crm:1")
    told = [{"event_id": number, "run": run.number, "kind": "changed", "golden_number": 1} for number in (1, 2, 4)]
    with story.warehouse.begin() as connection:
        connection.execute(outbox.insert(), told)
    assert "1 events do not follow the event before them" in story.violations()
