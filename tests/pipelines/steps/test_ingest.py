"""One source: what its gate is shown, and what is said of it."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from domain.attributes import Attribute, Role, Storage
from domain.runs import BatchCounts
from domain.sources import ColumnMap, Source
from pipelines.steps.ingest import IngestReport, first_values, retyped
from pipelines.steps.pull import Pulled

COUNTS = BatchCounts("crm", 3, 3, 0, 0, 0, 0, 3, 0)


def test_a_mapped_column_of_another_type_than_before_is_told() -> None:
    """`born` was text; `note` is not mapped, `mail` is new, `gone` is not there any more."""
    source = Source("crm", "crm", {}, ("id",), tuple(ColumnMap(name, ((name,),)) for name in ("born", "mail", "gone")))
    now, before = (
        {"id": "integer", "born": "integer", "mail": "text", "note": "date"},
        {"id": "integer", "born": "text", "gone": "text", "note": "text"},
    )
    assert retyped(source, Pulled(COUNTS, now, before, 3, None)) == {"born": ("text", "integer")}


def test_of_several_values_the_gate_sees_the_first_in_its_own_type() -> None:
    """Joined by a control character inside the warehouse; a plain expectation is about one value a record."""
    attributes = [
        Attribute("email", "email", Role.PERSONAL, Storage.TEXT, many=True),
        Attribute("joined", "date", Role.NEUTRAL, Storage.DATE, many=True),
        Attribute("city", "city", Role.SHARED, Storage.TEXT),
    ]
    standard = pa.table(
        {"email": ["a\x1fb", None, "c"], "joined": ["2026-01-02\x1f2026-01-03", None, "2026-01-04"], "city": ["York", "x", None]}
    )
    assert first_values(standard, attributes).to_pydict() == {
        "email": ["a", None, "c"],
        "joined": [date(2026, 1, 2), None, date(2026, 1, 4)],
        "city": ["York", "x", None],
    }


def test_a_source_has_changed_if_it_is_live_and_a_count_says_so() -> None:
    """Held or unchanged, it has not."""
    vanished = BatchCounts("crm", 3, 3, 0, 0, 0, 0, 3, 1)
    assert IngestReport("crm", "live", vanished).changed
    assert not IngestReport("crm", "live", COUNTS).changed
    assert not IngestReport("crm", "held", vanished).changed
    assert not IngestReport("crm", "held", None).changed
