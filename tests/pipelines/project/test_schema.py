"""The JSON Schema for editors, and the page that documents every key of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import connectors
from domain.errors import ProjectError
from matching.attribute_types import TYPES
from matching.survive import RULES
from pipelines.project import load_project, project_schema

PAGE = (Path(__file__).parents[3] / "docs" / "project-file.md").read_text("utf-8")
SCHEMA = project_schema()


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that the schema knows, at any depth."""
    if isinstance(schema, dict):
        for name, value in schema.get("properties", {}).items():
            yield name, value
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def follow(schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to."""
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_it_is_a_right_schema_and_the_example_fits_it(example: str) -> None:
    """The commented example is valid as it stands."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(yaml.safe_load(example), SCHEMA)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("name: acme", "nam: acme"),
        ("{type: given_name}", "{type: given_nam}"),
        ("{type: given_name}", "{}"),
        ("survive: most_recent", "survive: newest"),
        ("[most_agreed, most_trusted]", "[most_agreed, newest]"),
        ("role: shared", "role: private"),
        ("many: true, region", "many: often, region"),
        ("kind: csv", "kind: cvs"),
        ("table: clients", "tabel: clients"),
        ("path: exports/loyalty.csv", "pth: exports/loyalty.csv"),
        ("key: client_no", "key: 1"),
        ("as: full_name", "as: fullname"),
        ("{column: dob,", "{colum: dob,"),
        ("trust: 0.8", "trust: 8"),
        ("min_rows: 100", "min_row: 100"),
        ("min_rows: 100", "min_rows: {email: 3}"),
        ("{email: 0.5}", "0.5"),
        ("fresh_days: 7", "fresh_day: 7"),
        ("ExpectColumnValueLengthsToBeBetween", "ExpectColumnValueLengths"),
        ("max_id_churn: 0.02", "min_rows: 100"),
        ("ask: [0.2, 0.9]", "ask: [0.2]"),
        ("  loyalty:\n", "  Loyalty:\n"),
        ("attempts: 10", "attempt: 10"),
        ("batch: 50", "batch: 0"),
        ("  crm_system:\n", "  CRM:\n"),
    ],
)
def test_an_editor_marks_what_loading_refuses(good: str, bad: str, example: str, project_with: Callable[[str], Path]) -> None:
    """Schema and loader agree that it is wrong."""
    assert good in example
    text = example.replace(good, bad, 1)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), SCHEMA)
    with pytest.raises(ProjectError):
        load_project(project_with(text))


def test_every_key_says_what_it_is() -> None:
    """An editor shows the description of a key beside it."""
    silent = {
        name for name, value in properties(SCHEMA) if not (value.get("description") or follow(value).get("description") or "const" in value)
    }
    assert silent == set()


def test_every_key_is_documented() -> None:
    """A key, type, rule, connector or check that `docs/project-file.md` does not name fails the build."""
    named = {name for name, _ in properties(SCHEMA) if not name.startswith("Expect")} | set(TYPES) | set(RULES) | set(connectors.KINDS)
    assert {name for name in named if f"`{name}`" not in PAGE} == set()


def test_the_defaults_on_the_page_are_the_defaults() -> None:
    """A table row that gives a default gives the one that holds."""
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| `([^`|]*)` \|$", PAGE, re.MULTILINE))
    known = {name: value["default"] for name, value in properties(SCHEMA) if "default" in value}
    documented = {name: yaml.safe_load(text) for name, text in rows.items() if name not in ("expect", "max_cluster")}
    assert {name: known[name] for name in documented} == documented
    assert set(documented) >= {
        "warehouse",
        "timezone",
        "many",
        "protected",
        "trust",
        "unique",
        "required",
        "join",
        "ask",
        "hold",
        "max_tasks_per_run",
    }


def merged(base: Any, other: Any) -> Any:
    """A mapping with another's values, at any depth."""
    if isinstance(base, dict) and isinstance(other, dict):
        return base | {name: merged(base.get(name), value) for name, value in other.items()}
    return other


def test_the_examples_on_the_page_load(project_with: Callable[[str], Path]) -> None:
    """The first is a project; each of the others adds to it."""
    first, *others = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
    assert len(others) == 7
    for part in ({}, *others):
        load_project(project_with(yaml.safe_dump(merged(first, part), sort_keys=False)))
