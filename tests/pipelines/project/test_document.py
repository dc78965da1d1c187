"""The project file as a document: what cannot be read is said in one sentence, and lines are kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from domain.errors import ProjectError
from pipelines.project import load_project
from pipelines.project.document import LARGEST_FILE, Document, read_document

Write = Callable[[str | bytes], Path]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1  top level: the file is empty; it needs at least name, attributes and sources"),
        ("# nothing yet\n", "line 1  top level: the file is empty; it needs at least name, attributes and sources"),
        ("- name\n- acme\n", "line 1  top level: a project file is a mapping: name, attributes, sources, ..."),
        ("just words\n", "line 1  top level: a project file is a mapping: name, attributes, sources, ..."),
        ("name: acme\n\twarehouse: x\n", "line 2  YAML, column 1: a tab where YAML wants blanks; indent with blanks"),
        ("a: 1\nb: 'x\n", "line 2  YAML, column 4: a quotation mark is opened here and never closed; close it"),
        ("a: 1\nb: {c: d\n", "line 2  YAML, column 4: a bracket is opened here and never closed; close it"),
        (
            "a: 1\n b: 2\n",
            "line 2  YAML, column 3: a second ':' on the line; put text that holds ': ' in quotes, and begin nested keys on a new line",
        ),
        (
            "a:\n    b: 1\n  c: 2\n",
            "line 3  YAML, column 3: the indentation does not fit the lines above; begin the line below the key that it belongs with",
        ),
        ("connect: {kind: sql, url: ${URL}}\n", 'line 1  YAML, column 27: inside {...} a value with ${NAME} must be in quotes: "${NAME}"'),
        ("a: 1\nb:2\nc: 3\n", "line 2  YAML, column 1: the line is no 'key: value'; a ':' is missing, or the blank after it"),
        ("a: 1\n---\nb: 2\n", "line 2  YAML, column 1: '---' begins a second document; a project file is one, so take the line out"),
        ("a: @home\n", "line 1  YAML, column 4: a value cannot begin with this character; put it in quotes"),
        (
            "a: *nobody\n",
            "line 1  YAML, column 4: '*' names something that '&' has not named before; put the value in quotes if it begins with '*'",
        ),
        ("a: 1\nb: \x07\n", "line 2  YAML, column 4: a character that YAML does not allow (U+0007); remove it"),
        ("a: [" * 3000, "YAML: its brackets are nested too deeply"),
        ("a: &a {b: *a}\n", "line 1  YAML: values nested more than 12 deep; is the indentation right?"),
        ('a: "\\UFFFFFFFF"\n', "YAML: it holds a number that is too large"),
        (b"a: 1\nb: M\xfcller\n", "line 2  file: it is not UTF-8 text; save it in that encoding"),
        ("name: acme".encode("utf-16"), "line 1  file: it is not UTF-8 text; save it in that encoding"),
        (b"#" * (LARGEST_FILE + 1), "file: it has more than 2,000,000 bytes; is it a project file?"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_once(text: str | bytes, says: str, project_with: Write) -> None:
    """One clear error with the line, in the words of somebody who does not know the parser's."""
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(text))
    assert [str(problem) for problem in raised.value.problems] == [says]


BREAKING = (
    "*hunter2", "&hunter2", "!hunter2", "!<hunter2", "!h%unter2 x", "%hunter2", "@hunter2", "`hunter2", "|hunter2", ">0hunter2",
    "? hunter2", "{hunter2: , hunter2 hunter2", "[hunter2: [}", '"hunter2', "'hunter2", '"\\hunter2"', '"\\xhunter2"',
    '"\\Uhunter2"', "hunter2: hunter2", "- hunter2", "*hunter2 hunter2", "&hunter2 &hunter2 x", "*", "&", "}hunter2", "]hunter2",
    ",hunter2", "hunter2\n hunter2: hunter2", "!!int hunter2", "{*hunter2: 1}", "&a hunter2\npass: &a hunter2", "[hunter2\n---\n",
    '"hunter2\n---\n', "!hunter2!x y", "!!binary hunter2", "{? hunter2}", "hunter2: ]", "\thunter2: x",
)  # fmt: skip
"""Unquoted passwords and the like, each with a sign that means something to YAML."""


@pytest.mark.parametrize("line", BREAKING)
def test_a_password_that_breaks_the_yaml_is_not_told(line: str, project_with: Write) -> None:
    """It begins with a sign that means something to YAML; the place is named, the parser's own words are not. (Invariant 11)"""
    with pytest.raises(ProjectError) as raised:
        load_project(project_with(f"name: acme\npassword: {line}\n"))
    said = str(raised.value)
    assert "hunter2" not in said
    assert not re.search(r"found|expected|token|scalar|block|stream|alias(?!es)|anchor|None", said)


@pytest.mark.parametrize(
    "text", ["%YAML 3.0\n---\na: 1", "%YAML x\n---\n", "%TAG ! x\n%TAG ! y\n---\n", "%TAG hunter2\n---\n", "a: !<x\n", "a: !x!y z\n"]
)
def test_a_directive_is_explained(text: str, project_with: Write) -> None:
    """Nobody writes them; who does is told where."""
    with pytest.raises(ProjectError, match=r"line \d  YAML, column \d+: .*; (put|take)") as raised:
        load_project(project_with(text))
    assert "hunter2" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The error says what to do: name another folder, or make the demo."""
    with pytest.raises(ProjectError, match=r"file: there is none; name its folder with --project .* 'onefold demo'"):
        load_project(tmp_path)
    (tmp_path / "onefold.yaml").mkdir()
    with pytest.raises(ProjectError, match="file: it cannot be read: is a directory"):
        load_project(tmp_path)


def test_aliases_cannot_multiply_without_end(project_with: Write) -> None:
    """A few lines that stand for billions of values are refused, not expanded."""
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ProjectError, match="more than 100,000 values; are its aliases meant so"):
        load_project(project_with("\n".join(["l0: &l0 [a, a]", *levels])))
    merges = [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    with pytest.raises(ProjectError, match="more than 100,000 values"):
        load_project(project_with("\n".join(["m0: &m0 {a: 1}", *merges])))


def read(text: str, project_with: Write) -> Document:
    """The document of a text."""
    return read_document(project_with(text) / "onefold.yaml")


def test_only_true_and_false_are_truth_values(project_with: Write) -> None:
    """Norway is a country, `on` can be a column, and a date is text."""
    document = read("{a: NO, b: on, c: yes, d: true, e: 2020-01-31, f: 12:30, g: 007, h: 1_000, i: ~, j: -2.5e3, k: .5}", project_with)
    assert document.data == {
        "a": "NO",
        "b": "on",
        "c": "yes",
        "d": True,
        "e": "2020-01-31",
        "f": "12:30",
        "g": "007",
        "h": "1_000",
        "i": None,
        "j": -2500.0,
        "k": 0.5,
    }


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(project_with: Write) -> None:
    """As Windows editors save it."""
    document = read("\ufeffname: acme\r\ntruth: Müller.csv\r\n", project_with)
    assert document.data == {"name": "acme", "truth": "Müller.csv"}
    assert document.line(("truth",)) == 2


def test_every_value_knows_its_line(project_with: Write) -> None:
    """A value in a mapping has the line of its key; a place that is not there has that of what surrounds it."""
    document = read("a:\n  b: [x,\n    y]\n  c:\n    - d: 1\n", project_with)
    lines = {("a",): 1, ("a", "b"): 2, ("a", "b", 1): 3, ("a", "c", 0, "d"): 5, ("a", "nowhere", "else"): 1, ("z",): 1}
    assert {place: document.line(place) for place in lines} == lines


def test_merge_keys_bring_in_what_is_not_said(project_with: Write) -> None:
    """Eighteen departments need not repeat themselves; what is said where it is merged comes first."""
    text = "a: &a {trust: 0.5, key: id}\nb: &b {<<: *a, key: no}\nc: {<<: [*b, {unique: true}], owner: C}\nd: {<<: 3}\n"
    document = read(text, project_with)
    assert document.data == {
        "a": {"trust": 0.5, "key": "id"},
        "b": {"key": "no", "trust": 0.5},
        "c": {"owner": "C", "key": "no", "trust": 0.5, "unique": True},
        "d": {},
    }
    assert [str(p) for p in document.problems] == ["line 4  d: '<<' takes another mapping (*name) or a list of such"]


def test_what_no_project_file_has_is_noted_and_the_rest_read(project_with: Write) -> None:
    """Keys given twice, keys that are no text, objects of a program, numbers beyond all use."""
    document = read("a: 1\na: 2\n3: x\n? [b]\n: y\nc: !!python/object:os.system z\nd: 1e999\ne: !!int x\n", project_with)
    assert document.data == {"a": 1, "c": None, "d": None, "e": None}
    assert [str(p) for p in document.problems] == [
        "line 2  top level: 'a' is given twice, first on line 1; keep one",
        "line 3  top level: '3' cannot be a key; a key is text (put it in quotes if it is meant so)",
        "line 4  top level: a list or mapping cannot be a key; a key is text (put it in quotes if it is meant so)",
        "line 6  c: '!' begins a tag, which a project file has no use for; put the value in quotes",
        "line 7  d: '1e999' is not a number that can be used here",
        "line 8  e: this is not a number that can be used here",
    ]
