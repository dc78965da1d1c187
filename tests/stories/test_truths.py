"""Every record is somebody's, and every golden value is some record's: read from what consumers see, not from our own tables."""

from __future__ import annotations

from collections import Counter, defaultdict

import sqlalchemy as sa

from domain.records import RecordKey
from tests.stories.organisation import Organisation, Rows
from warehouse.records import raw_record

KNOWN = {
    "crm": ["Ann Lee 1980-04-03 Leeds", "Bob Ray 1975-01-30 York", "Cleo Marsh 1991-12-12 Hull", "Dora Pike 1966-06-06 Bath"],
    "billing": ["Ann Lee 1980-04-03 Wells", "Bob Ray 1975-01-03 York", "Egon Frost 1958-09-21 Dover"],
    "shop": ["Ann Leigh 1980-04-03 Wells", "Dora Pike 1966-06-06 Ripon", "Egon Frost 1958-09-21 Dover", "Fay Stone 1949-02-11 Truro"],
}


def rows(name: str) -> Rows:
    """What a department knows."""
    found: Rows = []
    for number, person in enumerate(KNOWN[name]):
        given, family, born, city = person.split()
        email = f"{given}@{family}.example".lower()
        found.append({"id": str(number), "given_name": given, "family_name": family, "email": email, "birth_date": born, "city": city})
    return found


def test_every_record_is_in_one_golden_record_and_every_golden_value_is_a_records(organisation_on_each: Organisation) -> None:
    """The crosswalk has each record once; each value is, letter by letter, that of the member its provenance names. (Invariants 1, 4)"""
    organisation = organisation_on_each
    for name in KNOWN:
        organisation.department(name, rows(name))
    organisation.run()
    with organisation.reading() as connection:
        crosswalk = connection.execute(sa.text("SELECT source, record_key, golden_id FROM golden_crosswalk")).all()
        assert Counter((row.source, row.record_key) for row in crosswalk) == {(s, str(n)): 1 for s in KNOWN for n in range(len(KNOWN[s]))}
        members = defaultdict(set)
        for row in crosswalk:
            members[row.golden_id].add((row.source, row.record_key))
        golden = {row["golden_id"]: row for row in connection.execute(sa.text("SELECT * FROM golden_customer")).mappings()}
        assert golden.keys() == members.keys()
        told = connection.execute(sa.text("SELECT * FROM golden_provenance")).all()
        for one in told:
            assert (one.source, one.record_key) in members[one.golden_id]
            raw = raw_record(connection, RecordKey(one.source, one.record_key)).raw
            assert str(golden[one.golden_id][one.attribute]) == raw[one.attribute]
            assert one.rule
    values = sum(row[name] is not None for row in golden.values() for name in organisation.attributes)
    assert len(told) == len({(one.golden_id, one.attribute) for one in told}) == values == 5 * len(golden)
