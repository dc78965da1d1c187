"""Whatever a project file holds, loading it gives a project or a ProjectError, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Problem, ProjectError
from pipelines.project import load_project

EXAMPLE = (Path(__file__).parent / "onefold.yaml").read_text("utf-8")
LINES = EXAMPLE.splitlines(keepends=True)
WORDS = st.sampled_from(
    sorted({word.strip(",:{}[]\"'") for word in EXAMPLE.split()} | {"ExpectCompoundColumnsToBeUnique", "column_list", "warn", "<<"})
)
PARTS = ("name", "attributes", "sources", "match", "publish", "schedule", "timezone", "warehouse", "truth")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | WORDS
TREES = st.recursive(
    SCALARS, lambda t: st.lists(t, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), t, max_size=5), max_leaves=25
)


def loads_or_explains(content: bytes) -> None:
    """A project, or a ProjectError whose problems each stand on one line, at a line that there can be."""
    for problem in problems(content):
        assert problem.message.isprintable()
        assert problem.where.isprintable()
        assert problem.line is None or problem.line >= 1


def problems(content: bytes) -> tuple[Problem, ...]:
    """What is wrong with a project file; nothing where it is a project."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "onefold.yaml").write_bytes(content)
        try:
            load_project(Path(folder))
        except ProjectError as error:
            return error.problems or (Problem("nothing", "an error without a reason", -1),)
    return ()


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))
def test_any_bytes(content: bytes) -> None:
    """Random bytes and random text."""
    loads_or_explains(content)


@given(
    st.lists(
        st.sampled_from(
            [
                ":",
                "- ",
                "{",
                "}",
                "[",
                "]",
                ",",
                "&a ",
                "*a",
                "!!map ",
                "? ",
                "\n",
                "  ",
                "'",
                '"',
                "|",
                ">",
                "#",
                "%",
                "<<: ",
                "a",
                "1",
                "\t",
            ]
        ),
        max_size=40,
    )
)
def test_any_signs_of_yaml(signs: list[str]) -> None:
    """The signs that mean something to YAML, in any order."""
    loads_or_explains("".join(signs).encode())


@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(PARTS, TREES),
    )
)
def test_any_values_under_right_keys(data: dict[str, Any]) -> None:
    """The right words in wrong places."""
    loads_or_explains(yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "surrogatepass"))


@st.composite
def replaced(draw: st.DrawFn) -> dict[str, Any]:
    """The example with any one of its values replaced by anything."""
    data = yaml.safe_load(EXAMPLE)
    node: Any = data
    while True:
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or draw(st.booleans()):
            node[key] = draw(TREES)
            return dict(data)
        node = node[key]


@settings(max_examples=200)
@given(replaced())
def test_the_example_with_any_value_replaced(data: dict[str, Any]) -> None:
    """Each value in turn becomes a number, a list, a mapping, nothing."""
    loads_or_explains(yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "surrogatepass"))


@given(st.lists(st.tuples(st.sampled_from(["drop", "twice", "swap", "indent"]), st.integers(0, len(LINES) - 2)), min_size=1, max_size=4))
def test_the_example_with_its_lines_disturbed(slips: list[tuple[str, int]]) -> None:
    """Lines lost, repeated, exchanged and shifted, as happens in an editor."""
    lines = list(LINES)
    for slip, at in slips:
        if slip == "swap":
            lines[at], lines[at + 1] = lines[at + 1], lines[at]
        else:
            lines[at] = {"drop": "", "twice": lines[at] * 2, "indent": " " + lines[at]}[slip]
    loads_or_explains("".join(lines).encode())
