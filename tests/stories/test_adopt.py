"""Ids and decisions from before the project are brought in, and kept like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain.decisions import Verdict
from domain.errors import ContradictingDecision, OnefoldError, UnknownGoldenId
from pipelines.steps import adopt as steps
from pipelines.steps import adopt_decisions as decision_steps
from pipelines.steps.adopt import AdoptedIds
from pipelines.steps.adopt_decisions import AdoptedDecisions
from pipelines.steps.export import export
from pipelines.steps.formats import Format, What
from pipelines.steps.show import show
from tests.stories.organisation import Organisation, rows_of
from tests.stories.people import drawn
from warehouse.audit import entries, verify
from warehouse.decisions import active_decisions

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon"})
BILLING = drawn("no", {"2": "Bob", "3": "Cleo", "4": "Dora", "5": "Egon", "7": "Annie"})


@pytest.fixture
def young(organisation_on_each: Organisation) -> Organisation:
    """Two departments, and no run yet."""
    organisation_on_each.department("crm", CRM)
    organisation_on_each.department("billing", BILLING)
    return organisation_on_each


def written(organisation: Organisation, picture: str, separator: str = ",") -> Path:
    """A picture as a CSV file."""
    rows = rows_of(picture)
    lines = [separator.join(rows[0]), *(separator.join(str(cell) for cell in row.values()) for row in rows)]
    path = organisation.folder / "before.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def adopt(organisation: Organisation, picture: str) -> AdoptedIds:
    """Bring in ids."""
    with organisation.opened() as warehouse:
        return steps.adopt_ids(warehouse, organisation.project(), written(organisation, picture), "ruth", "the old hub ends")


def adopt_decisions(organisation: Organisation, picture: str) -> AdoptedDecisions:
    """Bring in decisions."""
    with organisation.opened() as warehouse:
        return decision_steps.adopt_decisions(warehouse, organisation.project(), written(organisation, picture), "ruth", "the old hub ends")


def mapping(organisation: Organisation) -> dict[str, tuple[str | None, str]]:
    """The exported golden id and state of each adopted id."""
    file = BytesIO()
    with organisation.opened() as warehouse:
        export(warehouse, organisation.project(), What.ADOPTED, Format.PARQUET, file)
    return {row["external_id"]: (row["golden_id"], row["state"]) for row in pq.read_table(pa.BufferReader(file.getvalue())).to_pylist()}


OLD_IDS = """
    source  | key | id
    crm     | 1   | OLD-ANN
    billing | 7   | OLD-ANNIE
    billing | 3   | OLD-CLEO
    crm     | 2   | OLD-BOB
    billing | 2   | OLD-ROBERT
    crm     | 4   | OLD-BOTH
    crm     | 5   | OLD-BOTH
    billing | 99  | OLD-LATE
"""


def test_ids_from_before_the_first_run_are_given_to_whom_they_belong(young: Organisation) -> None:
    """Each customer has the id that was adopted; one with two has the older; one id of two customers stays with one. (Invariant 2)"""
    assert adopt(young, OLD_IDS) == AdoptedIds(7, 8, 7, 0, 0, (), ())
    with young.opened() as warehouse, pytest.raises(UnknownGoldenId, match="none of its records has been published yet"):
        show(warehouse, young.project(), "OLD-ANN")
    report = young.run()
    assert report["identity"]["adopted"] == {"given": 5, "joined": 1, "split": 1}
    assert report["ids_minted"] == 1
    found = mapping(young)
    assert found["OLD-ANN"] == (young.golden("crm:1").golden_id, "live")
    assert found["OLD-ANNIE"] == (young.golden("billing:7").golden_id, "live")
    bob = young.golden("crm:2").golden_id
    assert {found["OLD-BOB"][0], found["OLD-ROBERT"][0]} == {bob}
    assert {found["OLD-BOB"][1], found["OLD-ROBERT"][1]} == {"live", "redirected"}
    assert found["OLD-BOTH"] == (young.golden("crm:4").golden_id, "live")
    assert found["OLD-LATE"] == (None, "waiting")
    with young.opened() as warehouse:
        shown = show(warehouse, young.project(), "OLD-CLEO")
    assert shown.golden_id == young.golden("crm:3").golden_id
    assert shown.note == f"It was adopted as {shown.golden_id}."
    assert young.run()["status"] == "unchanged"
    assert young.run(whole=True)["status"] == "unchanged"


def test_an_adopted_id_waits_for_its_record(young: Organisation) -> None:
    """The record of OLD-LATE comes months later, with its id; nobody else has had it meanwhile. (Invariant 2)"""
    adopt(young, OLD_IDS)
    young.run()
    young.department("billing", BILLING + "\n99 | Fay | Webb | fay@webb.example | 1950-05-05 | Derby")
    report = young.run()
    assert report["identity"]["adopted"] == {"given": 1, "joined": 0, "split": 0}
    assert mapping(young)["OLD-LATE"] == (young.golden("billing:99").golden_id, "live")
    assert report["ids_minted"] == 0


def test_ids_of_customers_who_are_published_lead_to_their_golden_ids(young: Organisation) -> None:
    """Nothing published changes: ids lead there, and what is split or shared is told."""
    young.run()
    before = young.customers()
    told = adopt(young, OLD_IDS)
    assert (told.minted, told.given, told.split, told.shared) == (1, 6, ("OLD-BOTH",), ("OLD-BOB", "OLD-ROBERT"))
    assert mapping(young)["OLD-BOB"] == mapping(young)["OLD-ROBERT"] == (young.golden("crm:2").golden_id, "live")
    assert young.run()["status"] == "unchanged"
    assert young.run(whole=True)["status"] == "unchanged"
    assert young.customers() == before
    assert adopt(young, OLD_IDS).known == 7
    with young.reading() as connection:
        assert verify(connection).faults == ()
        assert [entry.actor for entry in entries(connection, "ids")] == ["ruth", "ruth"]


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        ("source | key | id\ncrm | 1 | A\ncrm | 1 | B", "crm:1 has several ids"),
        ("source | key | id\ncmr | 1 | A", "'cmr' is not a source"),
        ("source | key\ncrm | 1", "has no column id"),
        ("source | key | id\ncrm | 1 |\ncrm | 2 | A", "row 1: a value is missing"),
        ("source | key | id\ncrm | 1 | C", "crm:1 was adopted with another id before"),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(organisation: Organisation, picture: str, why: str) -> None:
    """One sentence says what is wrong; no id is adopted."""
    organisation.department("crm", CRM)
    adopt(organisation, "source | key | id\ncrm | 1 | Z\ncrm | 5 | Y")
    before = mapping_kept(organisation)
    with pytest.raises(OnefoldError, match=why):
        adopt(organisation, picture)
    assert mapping_kept(organisation) == before


def mapping_kept(organisation: Organisation) -> int:
    """How many ids were adopted."""
    with organisation.opened() as warehouse:
        return len(steps.book.known_ids(warehouse))


def test_hostile_ids_are_only_texts(young: Organisation) -> None:
    """Quotes, scripts and formulas come back as they went in."""
    ids = ["'; DROP TABLE record; --", "<script>alert(1)</script>", "=1+1", "crm:2", "C-00000001-8"]
    table = pa.table({"source": ["crm"] * 5, "key": ["1", "2", "3", "4", "5"], "id": ids})
    pq.write_table(table, young.folder / "ids.parquet")
    with young.opened() as warehouse:
        steps.adopt_ids(warehouse, young.project(), young.folder / "ids.parquet", "ruth", "as they are")
    young.run()
    found = mapping(young)
    assert {name: found[name][0] for name in ids} == {name: young.golden(f"crm:{at}").golden_id for at, name in enumerate(ids, 1)}


def test_decisions_come_in_under_their_names_and_dates(young: Organisation) -> None:
    """Ann is Annie, as Otto found in 2019; what he found holds from the first run on, and is his. (Invariant 3)"""
    told = """
        left  | right     | verdict   | by   | at                        | reason
        crm:1 | billing:7 | same      | otto | 2019-05-01T10:00:00+02:00 | she married
        crm:2 | billing:2 | different | olga | 2020-01-02                | father and son
    """
    assert adopt_decisions(young, told) == AdoptedDecisions(2, 0)
    assert adopt_decisions(young, told) == AdoptedDecisions(0, 2)
    young.run()
    assert young.number("crm:1") == young.number("billing:7")
    assert young.number("crm:2") != young.number("billing:2")
    with young.reading() as connection:
        found = [(one.steward, one.decided_at, one.verdict) for one in active_decisions(connection)]
    assert found == [
        ("otto", datetime(2019, 5, 1, 8, tzinfo=UTC), Verdict.SAME),
        ("olga", datetime(2020, 1, 2, tzinfo=UTC), Verdict.DIFFERENT),
    ]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            """crm:1 | billing:7 | same | o | 2019-05-01 | r
billing:7 | crm:3 | same | o | 2019-05-01 | r
crm:3 | crm:1 | different | o | 2019-05-01 | r""",
            "row 3 holds crm:1 and crm:3 apart, and row 1, row 2 together",
        ),
        ("crm:4 | billing:4 | same | o | 2019-05-01 | r", "decision 1 holds billing:4 and crm:4 apart, and row 1 together"),
        ("crm:1 | crm:1 | same | o | 2019-05-01 | r", "row 1: left and right are the same record"),
        ("crm:1 | billing:7 | perhaps | o | 2019-05-01 | r", "row 1: the verdict is one of same, different, unsure"),
        ("crm:1 | billing:7 | same | o | yesterday | r", "row 1: 'at' is a date or a time"),
        ("Ann | billing:7 | same | o | 2019-05-01 | r", "row 1: left and right are record keys"),
    ],
)
def test_decisions_that_cannot_all_be_kept_are_all_refused(organisation: Organisation, rows: str, why: str) -> None:
    """All or nothing, and the sentence names the rows and decisions that contradict each other. (Invariant 3)"""
    organisation.department("crm", CRM)
    organisation.department("billing", BILLING)
    head = "left | right | verdict | by | at | reason\n"
    adopt_decisions(organisation, head + "billing:4 | crm:4 | different | o | 2018-05-01 | r")
    with pytest.raises(OnefoldError) as error:
        adopt_decisions(organisation, head + rows)
    assert why in str(error.value)
    assert isinstance(error.value, ContradictingDecision) == ("apart" in why)
    with organisation.reading() as connection:
        assert len(active_decisions(connection)) == 1
