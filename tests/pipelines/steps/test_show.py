"""Show: every golden value leads back to the cell it was read from, and says what it won against."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from domain.attributes import Attribute, Role, Storage
from domain.errors import OnefoldError, UnknownGoldenId, UnknownRecord
from domain.records import RecordKey
from domain.sources import ColumnMap, Source
from matching.assemble import assemble
from matching.attribute_types import TYPES, Options
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.lookup import example, followed, written
from pipelines.steps.session import open_project_warehouse, open_session
from pipelines.steps.show import Cells, Contest, newest_change, show
from warehouse.ledger import published_crosswalk
from warehouse.records import RawRecord, live_records
from warehouse.resolution import Resolution

SAMPLE = 25
"""Golden records of the demo that are looked at one by one."""
ATTRIBUTES = (
    Attribute("given_name", "given_name", Role.PERSONAL, Storage.TEXT),
    Attribute("family_name", "family_name", Role.SHARED, Storage.TEXT),
    Attribute("email", "email", Role.PERSONAL, Storage.TEXT, many=True),
    Attribute("phone", "phone", Role.SHARED, Storage.TEXT, many=True, region="US"),
    Attribute("birth_date", "date_of_birth", Role.PERSONAL, Storage.DATE),
    Attribute("consent", "consent", Role.NEUTRAL, Storage.BOOLEAN),
    Attribute("street", "street", Role.SHARED, Storage.TEXT),
    Attribute("city", "city", Role.SHARED, Storage.TEXT),
)
BY_NAME = {attribute.name: attribute for attribute in ATTRIBUTES}


def cells(raw: dict[str, str | None], *maps: ColumnMap) -> Cells:
    """One raw record of a source that maps its columns so."""
    source = Source("crm", "Sales", {"kind": "csv"}, ("id",), maps)
    return Cells(source, RawRecord(RecordKey("crm", "1"), 1, 1, None, {"id": "1", **raw}), ATTRIBUTES)


CASES = [
    # map, raw record, attribute, golden value, column, raw text
    (ColumnMap("given_name", (("fname",),)), {"fname": " ANN "}, "given_name", "Ann", "fname", " ANN "),
    (ColumnMap("given_name", (("n1", "n2"),)), {"n1": "ann", "n2": "mary"}, "given_name", "Ann Mary", "n1 + n2", "ann mary"),
    (ColumnMap("birth_date", (("dob",),), format="%d/%m/%Y"), {"dob": "03/04/1980"}, "birth_date", date(1980, 4, 3), "dob", "03/04/1980"),
    (ColumnMap("name", (("cust",),), read_as="full_name"), {"cust": "SMITH, ANN"}, "family_name", "Smith", "cust", "SMITH, ANN"),
    (ColumnMap("email", (("mails",),), split=";"), {"mails": "x@a.org;Ann@b.org"}, "email", "ann@b.org", "mails", "x@a.org;Ann@b.org"),
    (ColumnMap("phone", (("home",), ("cell",))), {"home": None, "cell": "206-5550100"}, "phone", "+12065550100", "cell", "206-5550100"),
    (ColumnMap("consent", (("news",),)), {"news": "opt-in"}, "consent", True, "news", "opt-in"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("map_", "raw", "name", "value", "column", "text"), CASES, ids=lambda given: given if isinstance(given, str) else ""
)
def test_a_value_leads_back_to_its_cell(map_, raw, name, value, column, text):
    """Trimmed, joined, dated, parsed, split or mapped from several columns: the cell as the department wrote it."""
    origin = cells(raw, map_).origin(BY_NAME[name], value)
    assert (str(origin.record), origin.column, origin.raw) == ("crm:1", column, text)


def test_of_two_cells_with_one_value_the_first_of_the_map_is_meant():
    """It is the one that standardising keeps."""
    both = ColumnMap("email", (("work",), ("private",)))
    origin = cells({"work": "ann@b.org", "private": "ANN@b.org"}, both).origin(BY_NAME["email"], "ann@b.org")
    assert (origin.column, origin.raw) == ("work", "ann@b.org")


def test_a_value_that_the_map_no_longer_leads_to_has_no_column():
    """After the project's map was changed the record is still named."""
    origin = cells({"fname": "Bob"}, ColumnMap("given_name", (("fname",),))).origin(BY_NAME["given_name"], "Ann")
    assert (str(origin.record), origin.column, origin.raw) == ("crm:1", None, None)
    gone = Cells(None, RawRecord(RecordKey("old", "1"), 1, 1, None, {}), ATTRIBUTES).origin(BY_NAME["given_name"], "Ann")
    assert gone.column is None


def golden_ids(warehouse) -> list[str]:
    """Some golden ids, those of large customers among them."""
    of_customers = published_crosswalk(warehouse).group_by("golden_id").aggregate([("record_key", "count")])
    by_size = of_customers.sort_by([("record_key_count", "descending"), ("golden_id", "ascending")]).column("golden_id").to_pylist()
    return by_size[:: max(len(by_size) // SAMPLE, 1)]


def test_every_golden_value_is_that_of_a_cell_of_one_of_its_records(published_warehouse, published_project):
    """The raw text, standardised as its attribute's type, is the golden value; the record is a member. (Invariant 4)"""
    looked_at = 0
    for golden_id in golden_ids(published_warehouse):
        shown = show(published_warehouse, published_project, golden_id)
        keys = [member.record for member in shown.members]
        assert keys == sorted(keys)
        for value in shown.values:
            assert value.origin is not None
            assert value.origin.column is not None, f"{golden_id} {value.attribute}"
            assert value.origin.record in keys
            assert set(value.agreeing) | {key for other in value.others for key in other.records} <= set(keys)
            looked_at += reads_as(published_project, value)
    assert looked_at > 3 * SAMPLE


def reads_as(project, value) -> bool:
    """Whether the cell holds the value alone, and then it must standardise to it."""
    source = next(source for source in project.sources if source.name == value.origin.record.source)
    attribute = next(attribute for attribute in project.attributes if attribute.name == value.attribute)
    column = next((column for column in source.map if column.target == value.attribute), None)
    if column is None or column.split:
        return False
    result = TYPES[attribute.type].standardise(pa.array([value.origin.raw]), Options(attribute.region, column.format))
    assert result.value.to_pylist() == [value.value]
    return True


def test_winner_and_losers_are_all_that_the_records_say(published_warehouse, published_project):
    """Each record that has a value of an attribute is the winner, agrees with it, or is told among the others."""
    for golden_id in golden_ids(published_warehouse)[:10]:
        shown = show(published_warehouse, published_project, golden_id)
        for value in shown.values:
            told = {value.origin.record, *value.agreeing, *(key for other in value.others for key in other.records)}
            held = {member.record for member in shown.members if value.attribute in member.values}
            assert told == held
            assert all(other.reason for other in value.others)


def test_a_record_key_shows_the_customer_it_belongs_to(published_warehouse, published_project):
    """The same as asking for the golden id."""
    golden_id, keys = example(published_warehouse)
    assert len(keys) > 2
    assert show(published_warehouse, published_project, str(keys[1])) == show(published_warehouse, published_project, golden_id)


def test_an_id_as_somebody_typed_it(published_warehouse, published_project):
    """Small letters and blanks around it do not matter."""
    assert show(published_warehouse, published_project, " c-00000001-8 ").golden_id == "C-00000001-8"


def test_a_refused_row_says_that_it_waits_in_quarantine(published_copy):
    """Whoever looks for a record that is in no golden record learns why."""
    file = published_copy / "call_centre.csv"
    content = file.read_bytes()
    header = content.split(b"\n")[0].strip().replace(b'"', b"").split(b";")
    project = load_project(published_copy)
    key = next(source for source in project.sources if source.name == "call_centre").key[0].encode()
    # A row with a key and nothing else tells nobody apart.
    file.write_bytes(content.rstrip(b"\n") + b"\n" + b";".join(b"987654" if name == key else b"" for name in header) + b"\n")
    with open_session(project) as session:
        consolidate(session)
    with open_project_warehouse(project) as warehouse, pytest.raises(UnknownRecord, match="call_centre:987654 is in quarantine: no attr"):
        show(warehouse, project, "call_centre:987654")


def test_a_merged_id_is_followed_and_it_is_said():
    """Asking for 7, which was merged into 2, shows 2. (Invariant 2)"""
    number, note = followed(Resolution(written(7), "redirected", 2, (written(2),)))
    assert number == 2
    assert note == f"{written(7)} was merged into {written(2)}, which answers for it."


def test_a_split_id_names_all_its_successors():
    """Asking for 7, some records of which are 9 now, shows 7 and names 9. (Invariant 2)"""
    number, note = followed(Resolution(written(7), "live", 7, (written(7), written(9))))
    assert (number, note) == (7, f"{written(7)} was split: some of its records went to {written(9)}.")


def test_a_retired_id_shows_nobody():
    """No live record belongs to it; an error says so."""
    with pytest.raises(UnknownGoldenId, match=f"{written(7)} is retired: no live record belongs to it."):
        followed(Resolution(written(7), "retired", None, ()))


def test_a_live_id_needs_no_note():
    """There is nothing to say."""
    assert followed(Resolution(written(7), "live", 7, (written(7),))) == (7, "")


@pytest.mark.parametrize("asked", ["", "Ann", "C", "42", "--"])
def test_what_is_neither_an_id_nor_a_key_is_an_error(published_warehouse, published_project, asked):
    """The sentence shows what either looks like."""
    with pytest.raises(OnefoldError, match=r"C-00001234-4"):
        show(published_warehouse, published_project, asked)


def test_ageing_trust_needs_the_newest_time_of_all_data():
    """
    trust 0.9   changed 101 half-lives before the newest change of all data   F   wins: both are too old to be told apart by age
    trust 0.8   changed 100 half-lives before it                              M   would win if these two were all the data
    """
    gender = Attribute("gender", "gender", Role.NEUTRAL, Storage.TEXT, survive=("most_trusted",), half_life=1.0)
    day = 86_400_000_000
    table = pa.table(
        {
            "record_id": [1, 2],
            "source": ["trusted", "newer"],
            "key": ["1", "1"],
            "modified": [1_000 * day, 1_001 * day],
            "gender": ["female", "male"],
        }
    )
    trust = {"trusted": 0.9, "newer": 0.8}
    for newest, winner in ((1_101 * day, "trusted:1"), (None, "newer:1")):
        ranked = Contest(trust, assemble(table, [gender]), 7, newest).of(gender, pinned=False)
        assert str(ranked[0][0]) == winner


def test_the_newest_change_is_that_of_all_sources(published_warehouse, published_project):
    """Asked for only where some attribute's trust ages: it reads every source."""
    with published_warehouse.connect() as connection:
        assert newest_change(connection, published_project, 1) is None
    ageing = replace(published_project, attributes=tuple(replace(a, half_life=100.0) for a in published_project.attributes))
    live = live_records(published_warehouse, published_project.attributes)
    with published_warehouse.connect() as connection:
        newest = newest_change(connection, ageing, 1)
    assert newest == pc.max(live.column("modified")).as_py()


def test_everything_shown_can_be_told_as_json(published_warehouse, published_project):
    """No value is of a kind that JSON does not know."""
    from pipelines.cli.console import plain

    golden_id, _ = example(published_warehouse)
    told = json.loads(json.dumps(plain(show(published_warehouse, published_project, golden_id)), allow_nan=False))
    assert told["golden_id"] == golden_id
    assert isinstance(told["values"][0]["origin"]["record"], str)
    assert np.all([":" in member["record"] for member in told["members"]])
