"""A customer asks what is held on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.errors import OnefoldError, UnknownGoldenId
from pipelines.reports.subject import SECTIONS
from pipelines.steps.lookup import written
from pipelines.steps.subject import SubjectFiles, export_subject
from tests.stories.organisation import Organisation
from tests.stories.test_erasure import CRM, KEY, peopled

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def people(organisation_on_each: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """Zoe and the others."""
    monkeypatch.setenv("ERASURE_KEY", KEY)
    return peopled(organisation_on_each)


def export(organisation: Organisation, key: str, folder: Path) -> SubjectFiles:
    """The export of who holds a record."""
    golden_id = organisation.golden(key).golden_id
    with organisation.opened() as warehouse:
        return export_subject(warehouse, organisation.project(), golden_id, folder, "ruth")


def test_all_that_is_held_on_a_customer_is_exported_and_nothing_of_others(people: Organisation, tmp_path: Path) -> None:
    """Zoe: her e-mail of before too, what was decided, pinned and asked; of her husband and Bob not a value. (Invariant 10)"""
    files = export(people, "billing:77", tmp_path / "out")
    held = json.loads(files.json.read_text())
    assert held["golden"]["email"] == "zoe@quill.net"
    raw = [row["raw"]["email"] for row in held["source_records"] if row["record"] == "crm:zoe@quill.net"]
    assert raw == ["zquill@old.example", "zoe@quill.net"]
    assert {row["record"] for row in held["memberships"]} == {"billing:77", "crm:zoe@quill.net"}
    assert [row["verdict"] for row in held["decisions"]] == ["same", "different"]
    assert [row["left"] for row in held["decisions"]] == ["crm:zoe@quill.net", "(another customer's)"]
    assert held["pins"][0]["value"] == "Zoe's town"
    assert "note" in {row["kind"] for row in held["tasks"]}
    assert {"created", "changed"} <= {row["kind"] for row in held["events"]}
    assert {row["action"] for row in held["audit"]} >= {"pin"}
    assert all(held["golden_records"][-1]["values"][name]["record"] for name in ("email", "birth_date"))
    page = files.html.read_text()
    for text in (files.json.read_text(), page):
        assert "zquill@old.example" in text
        assert not any(other in text for other in ("max@quill.net", "Max", "crm:2", "crm:3", "bob@ray", "Bob"))
    assert all(title in page for title in SECTIONS.values())


def test_hostile_values_are_only_text_and_the_files_are_private(people: Organisation, tmp_path: Path) -> None:
    """A script, a formula and a quarter of an emoji in Zoe's town; the files are for their owner alone, and replaced whole."""
    people.department(
        "billing",
        [
            {
                "no": "77",
                "given_name": "Zoe",
                "family_name": "Quillfeather",
                "email": "zoe@quill.net",
                "phone": "=cmd|'/c calc'!A1",
                "birth_date": "1980-04-03",
                "city": HOSTILE,
            }
        ],
        kind="sql",
    )
    people.run()
    first = export(people, "billing:77", tmp_path / "out")
    files = export(people, "billing:77", tmp_path / "out")
    assert first.json == files.json
    page = files.html.read_text()
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert [path.stat().st_mode & 0o777 for path in (files.json, files.html)] == [0o600, 0o600]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([files.json.name, files.html.name])
    assert any(row["action"] == "export subject" for row in json.loads(files.json.read_text())["audit"])


def test_an_export_that_cannot_be_written_leaves_nothing(people: Organisation, tmp_path: Path) -> None:
    """The folder is a file, or the id was never given: one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OnefoldError, match=r"the export cannot be written to .*file: "):
        export(people, "billing:77", tmp_path / "file")
    with people.opened() as warehouse, pytest.raises(UnknownGoldenId):
        export_subject(warehouse, people.project(), written(99_999), tmp_path / "out", "ruth")
    assert not (tmp_path / "out").exists()


def test_who_is_retired_can_ask_too(people: Organisation, tmp_path: Path) -> None:
    """Cleo has left every department; what was held of her is in the past, and hers to see."""
    golden_id = people.golden("crm:4").golden_id
    people.department("crm", "\n".join(line.strip() for line in CRM.strip().splitlines()[:-1]))
    people.run()
    assert people.answer(golden_id).state == "retired"
    with people.opened() as warehouse:
        files = export_subject(warehouse, people.project(), golden_id, tmp_path / "out", "ruth")
    held = json.loads(files.json.read_text())
    assert (held["golden"], [row["record"] for row in held["source_records"]]) == ({}, ["crm:4"])
