"""JSON and XML that is broken, or not what it is taken for: one sentence in a run, the same from `onefold check`, and the others go on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from tests.stories.organisation import Organisation

GOOD = """
    id | given_name | family_name | email
    1  | Ann        | Lee         | ann@lee.example
"""
ANN = '{"id": "1", "given_name": "Ann"}'
ANN_XML = "<p><id>1</id><given_name>Ann</given_name></p>"
LINES = "does not hold one object a line: line 1"
AGAIN = "Export it again."
AFTER_ROOT = "is not well-formed XML at line 2: it goes on after the end of its outermost element. "

BROKEN: list[tuple[str, str, str]] = [
    ("array_cut.json", f'[{ANN},\n{{"id": "2", "given', f"ends too early at line 2. {AGAIN}"),
    ("array_cut.jsonl", "[1,2", f"ends too early at line 1. {AGAIN}"),
    ("array_cut_within_a_word.jsonl", f'[{ANN},\n{{"id": "2", "given', f"ends too early at line 2. {AGAIN}"),
    ("object_cut.json", ANN[:-4], f"ends too early at line 1. {AGAIN}"),
    ("object_cut.jsonl", ANN[:-4], f"{LINES} is not valid JSON at character 27. {AGAIN[:-1]}, or set connect.lines."),
    ("numbers.json", "[1, 2]", "holds a list, but not of objects: its element 1 is a number. Export it as a list of objects."),
    ("numbers.jsonl", "[1, 2]\n[3]", f"{LINES} is a list. {AGAIN[:-1]}, or set connect.lines."),
    ("number.json", "42", "holds a number at its top, not a list of records. Export it as a list of objects."),
    ("number.jsonl", "42\n43", f"{LINES} is a number. {AGAIN[:-1]}, or set connect.lines."),
    ("text.json", '"Ann Lee"', "holds a text at its top, not a list of records. Export it as a list of objects."),
    ("null.json", "null", "holds null at its top, not a list of records. Export it as a list of objects."),
    ("nan.json", "NaN", "holds a number at its top, not a list of records. Export it as a list of objects."),
    ("nan.jsonl", "NaN", f"{LINES} is a number. {AGAIN[:-1]}, or set connect.lines."),
    ("nans.json", "[NaN, NaN]", "holds a list, but not of objects: its element 1 is a number. Export it as a list of objects."),
    ("two_objects.json", ANN + ANN, "holds an object and goes on after it, at line 1. Export it as a list, or as one object a line."),
    ("two_objects.jsonl", ANN + ANN, f"{LINES} is not valid JSON at character 33. {AGAIN[:-1]}, or set connect.lines."),
    ("objects_drawn_out.json", '{\n"id": 1}\n{\n"id": 2}', "holds an object and goes on after it, at line 3. Export it as a list, "),
    ("two_arrays.json", f"[{ANN}]\n[{ANN}]", f"goes on after the end of its list, at line 2. {AGAIN}"),
    ("rubbish_after.json", f"[{ANN}] Lee", f"goes on after the end of its list, at line 1. {AGAIN}"),
    ("rubbish_after.jsonl", f"{ANN} Lee", f"{LINES} is not valid JSON at character 34. {AGAIN[:-1]}, or set connect.lines."),
    ("comma_after.json", f"[{ANN},\n]", f"is not valid JSON at line 2. {AGAIN}"),
    ("comments.json", "// nothing\n", f"is not valid JSON at line 1. {AGAIN}"),
    ("comments.jsonl", "# nothing\n", f"{LINES} is not valid JSON at character 1. {AGAIN[:-1]}, or set connect.lines."),
    ("python.json", "[{'id': '1'}]", f"is not valid JSON at line 1. {AGAIN}"),
    ("login.json", "<html><body>Log in</body></html>", f"is not valid JSON at line 1. {AGAIN}"),
    ("list_within.json", f'{{"data": {{"people": [{ANN}]}}}}', "is one object, with 'id' within its 'data.people'. Set connect."),
    ("list_within_lines.json", f'{{"data":\n{{"people": [{ANN}]}}}}', "holds an object at its top, not a list of records. Set "),
    ("only_a_mark.json", "\ufeff", f"is empty. {AGAIN}"),
    ("only_a_mark.jsonl", "\ufeff\n", f"is empty. {AGAIN}"),
    ("empty.json", "", f"is empty. {AGAIN}"),
    ("empty.jsonl", "", f"is empty. {AGAIN}"),
    ("blank.json", " \n\n", f"is empty. {AGAIN}"),
    ("blank.jsonl", "\n \t\n", f"is empty. {AGAIN}"),
    ("empty.xml", "", f"is empty. {AGAIN}"),
    ("blank.xml", "\n  \n", f"is empty. {AGAIN}"),
    ("only_a_mark.xml", "\ufeff \n", f"is empty. {AGAIN}"),
    ("comments.xml", "<!-- Ann Lee -->\n", f"holds no element. {AGAIN}"),
    ("declaration.xml", '<?xml version="1.0"?>\n<!-- Ann Lee -->', f"holds no element. {AGAIN}"),
    ("text.xml", "Ann Lee", f"is not XML. {AGAIN}"),
    ("json.xml", f"[{ANN}]", f"is not XML. {AGAIN}"),
    ("cut.xml", f"<r>\n{ANN_XML}\n<p><id>2</id>", "is not well-formed XML at line 3: it ends before its elements do. "),
    ("unclosed.xml", f"<r>\n{ANN_XML}\n<p><id>2</p></r>", "is not well-formed XML at line 3: an element ends that has not begun. "),
    ("rubbish_after.xml", f"<r>{ANN_XML}</r>\nLee", AFTER_ROOT),
    ("two_roots.xml", f"<r>{ANN_XML}</r>\n<r/>", AFTER_ROOT),
    ("late_declaration.xml", '\n<?xml version="1.0"?><r/>', "is not well-formed XML at line 2: the XML declaration is not at its very "),
    ("other_record.xml", f"<r>{ANN_XML.replace('p>', 'q>')}</r>", "does not occur; there are 'given_name', 'id', 'q', 'r'. Set "),
]  # fmt: skip
"""File, what it holds, and how the sentence about it goes on."""

WHOLE: list[tuple[str, str]] = [
    ("with_a_mark.json", f"\ufeff[{ANN}]"),
    ("with_a_mark.jsonl", f"\ufeff{ANN}"),
    ("with_a_mark.xml", f"\ufeff<r>{ANN_XML}</r>"),
    ("one_object.json", ANN),
    ("an_array.jsonl", f"[{ANN}]"),
    ("an_array_drawn_out.jsonl", f"[\n{ANN}\n]\n"),
    ("not_a_number.jsonl", '{"id": "1", "given_name": "Ann", "age": NaN}'),
]
"""What looks broken and is not: each holds Ann."""


@dataclass(frozen=True)
class Told:
    """What a run says of all of it, and what `onefold check` says."""

    held: dict[str, str]
    """By source, why it is held."""
    report: dict[str, Any]
    check: dict[str, Any]
    check_code: int


def name_of(file: str) -> str:
    return file.replace(".", "_")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Every file is a department of one organisation, beside one that is good."""
    organisation = Organisation(tmp_path_factory.mktemp("broken"))
    organisation.department("good", GOOD)
    for file, content, *_ in (*BROKEN, *WHOLE):
        (organisation.folder / file).write_text(content, encoding="utf-8")
        connect = {"kind": "xml", "record": "p"} if file.endswith("xml") else {"kind": "json"}
        block = {"key": "id", "map": {"given_name": "given_name"}}
        organisation.sources[name_of(file)] = {**block, "connect": {**connect, "path": file}}
    report = organisation.run()
    found = CliRunner().invoke(app, ["check", "--project", str(organisation.folder), "--json"])
    held = {name: source["reason"] for name, source in report["sources"].items() if source["state"] == "held"}
    return Told(held, report, json.loads(found.stdout), found.exit_code)


@pytest.mark.parametrize(("file", "content", "said"), BROKEN, ids=[file for file, *_ in BROKEN])
def test_a_broken_file_is_one_sentence_in_a_run_and_in_a_check(told: Told, file: str, content: str, said: str) -> None:
    """What is wrong, where, what to do; the same words by both, and nobody's name. (Invariants 5, 11)"""
    reason = told.held[name_of(file)]
    assert reason.startswith(f"source '{name_of(file)}': ")
    assert f"'{file}' {said}" in reason
    assert reason.endswith(".")
    assert not {"Ann", "Lee"} & set(reason.replace(".", " ").split())
    assert reason in told.check["problems"]


@pytest.mark.parametrize("file", [file for file, _ in WHOLE])
def test_what_only_looks_broken_is_read(told: Told, file: str) -> None:
    """A byte order mark, an array that is called lines, a number that is none."""
    assert told.report["sources"][name_of(file)]["accepted"] == 1


def test_the_others_are_published_and_the_check_counts_the_problems(told: Told) -> None:
    """Every broken file is one problem, and the check fails with the exit code for it. (Invariant 5)"""
    assert (told.report["status"], told.report["accepted"]) == ("published", 1 + len(WHOLE))
    assert len(told.held) == len(told.check["problems"]) == len(BROKEN)
    assert (told.check["status"], told.check_code) == ("failed", 1)
