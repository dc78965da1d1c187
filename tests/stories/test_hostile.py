"""Values that were meant to break something are values like others."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from tests.stories.organisation import Organisation, Rows

HOSTILE = {
    "quotes": 'O\'Brien "the" `Bold`',
    "a statement": "'; DROP TABLE golden_customer; --",
    "a script": "<script>alert(1)</script>",
    "a formula": '=HYPERLINK("http://evil.example","x")',
    "another formula": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a template": "{{7*7}} ${7*7} %(x)s %s {0}",
    "right to left": "\u202egnirts \u05d3\u05d5\u05d3\u200f",
    "emoji": "Zoë 👩‍👩‍👧 \U0001f3f4\U000e0067",
    "separators": "a\x1fb\x1ec|d,e;f\tg",
    "lines": "first\r\nsecond\u2028third",
    "a path": "../../etc/passwd\\..\\..",
    "combining": "Z̷̢̛a̸l̵g̶o",
    "a word of SQL": "NULL",
    "a number": "1e308",
    "an escape": "\\x00\\u0000\\",
}
CHANGED = ("separators", "right to left", "emoji", "a word of SQL")
"""Those of which a text does not keep every sign, or that are a placeholder."""


def rows() -> Rows:
    """Somebody whose text is hostile, for each; and one more with the text as his name and key."""
    found: Rows = []
    for number, text in enumerate(HOSTILE.values()):
        usual: dict[str, str | None] = {"family_name": f"Lee{chr(97 + number)}", "email": f"ann{number}@lee.example"}
        found.append({"id": f"t{number}", "given_name": "Ann", **usual, "notes": text, "city": "York"})
        found.append({"id": text, "given_name": text, **usual, "email": f"bob{number}@lee.example", "notes": None, "city": text})
    return found


def test_hostile_values_go_through_as_they_are(organisation_on_each: Organisation) -> None:
    """As a free text each is published as it came, but for what no text can hold; nothing breaks, and nothing is lost. (Invariants 4, 7)"""
    organisation = organisation_on_each
    organisation.attributes["notes"] = {"type": "text"}
    organisation.department("files", rows())
    organisation.department("database", rows(), kind="sql")
    (organisation.folder / "lines.jsonl").write_text("\n".join(json.dumps(row) for row in rows()))
    organisation.department("json", rows(), connect={"kind": "json", "path": "lines.jsonl"})
    report = organisation.run()
    assert (report["status"], report["sources_held"], report["read"]) == ("published", [], 6 * len(HOSTILE))
    with organisation.reading() as connection:
        published = {row.notes for row in connection.execute(sa.text("SELECT notes FROM golden_customer")) if row.notes}
    assert {"".join(text.split()) for text in published} >= {"".join(text.split()) for name, text in HOSTILE.items() if name not in CHANGED}
    assert organisation.run(whole=True)["status"] == "unchanged"


def test_halves_of_surrogate_pairs_are_refused_or_left_out(organisation_on_each: Organisation) -> None:
    """JSON can spell what is no character: that row waits, its neighbour lives. (Invariant 7)"""
    organisation = organisation_on_each
    (organisation.folder / "lines.jsonl").write_text(
        '{"id": "1", "given_name": "Ann\\ud800", "family_name": "Lee", "email": "ann@lee.example"}\n'
        '{"id": "2", "given_name": "Bob", "family_name": "Ray", "email": "bob@ray.example"}\n'
        '{"id": "3\\udfff", "given_name": "Cleo", "family_name": "Marsh", "email": "cleo@far.example"}\n'
    )
    found: Rows = [{"id": "2", "given_name": "Bob", "family_name": "Ray", "email": "bob@ray.example"}]
    organisation.department("json", found, connect={"kind": "json", "path": "lines.jsonl"})
    report = organisation.run()
    assert [report[name] for name in ("read", "accepted", "quarantined")] == [3, 1, 2]
    assert sorted(row.raw[:12] for row in organisation.quarantined("json")) == ['{"id": "1", ', '{"id": "3\\\\x']


def test_columns_may_be_called_anything(organisation_on_each: Organisation) -> None:
    """Words of SQL, quotes, blanks and braces as columns of a department: they are mapped and kept like others. (Invariant 7)"""
    organisation = organisation_on_each
    names = {"given_name": 'na"me', "family_name": "Robert'); DROP TABLE students; --", "email": "e mail {0} %s", "city": "select"}
    found: Rows = [{"the id": str(n), **{c: f"x{n}@y.example" if a == "email" else "Ann" for a, c in names.items()}} for n in range(3)]
    organisation.department("files", found, map=names)
    assert organisation.run()["accepted"] == 3
    assert organisation.values("files:1")["email"] == "x1@y.example"


@pytest.mark.parametrize("separator", ["\x1f", "|", "\x1e"])
def test_a_value_cannot_make_itself_two(organisation: Organisation, separator: str) -> None:
    """The sign that joins several values inside the warehouse, written by a customer, does not part one value into two. (Invariant 4)"""
    organisation.attributes["notes"] = {"type": "text", "many": True}
    found: Rows = [{"id": "1", "given_name": "Ann", "family_name": "Lee", "email": "ann@lee.example", "notes": f"one{separator}two"}]
    organisation.department("files", found, kind="sql")
    organisation.run()
    value = organisation.golden("files:1").values["notes"]
    assert "one" in str(value.value)
    assert "two" in str(value.value)
