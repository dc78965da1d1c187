"""Great Expectations' own expectations by their names, for a project file that needs more than our kinds.

Names, arguments and descriptions are read from the schemas that Great Expectations ships, without importing it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from domain.checks import Gate
from quality.engine import Answer, Expectation
from quality.kinds import CheckKind, Parameter, Question
from quality.tables import VALUES
from quality.words import failing

# Set by the gate, or about where results go; `row_condition` is code in a project file that is otherwise data.
OURS = frozenset({"id", "meta", "notes", "description", "rendered_content", "metadata", "severity", "result_format"})
OURS |= {"catch_exceptions", "windows", "batch_id", "row_condition", "condition_parser"}
NEEDS_A_DATABASE = frozenset({"ExpectQueryResultsToMatchComparison", "UnexpectedRowsExpectation"})
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str, date),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}
READABLE = {"string": "a text", "number": "a number", "integer": "a whole number", "boolean": "true or false", "array": "a list"}


def plain_kinds() -> dict[str, CheckKind]:
    """Every expectation that Great Expectations can put to a pandas frame, by class name."""
    found = find_spec("great_expectations")
    assert found is not None
    assert found.submodule_search_locations is not None
    folder = Path(found.submodule_search_locations[0]) / "expectations" / "core" / "schemas"
    index = json.loads((folder / "index.json").read_text("utf-8"))["expectations"].values()
    entries = [entry for entry in index if "Pandas" in entry["supported_data_sources"]]
    kinds = [_kind(folder / entry["schema_file"], entry["short_description"]) for entry in entries]
    return {kind.name: kind for kind in kinds if kind.name not in NEEDS_A_DATABASE}


def _kind(schema_file: Path, description: str) -> CheckKind:
    schema, name = json.loads(schema_file.read_text("utf-8")), schema_file.stem
    required = set(schema.get("required", ()))
    parameters = {n: _parameter(n, s, n in required) for n, s in schema["properties"].items() if n not in OURS}
    askers = dict.fromkeys(Gate, partial(_questions, name))
    return CheckKind(name, description, parameters, askers, plain=True)


def _parameter(name: str, schema: Mapping[str, Any], required: bool) -> Parameter:
    if name == "regex":
        return Parameter("a regular expression", _is_regex, required)
    types = [READABLE[one["type"]] for one in schema.get("anyOf", [schema]) if one.get("type") in READABLE]
    limits = " between 0 and 1" if name == "mostly" else ""
    return Parameter((" or ".join(dict.fromkeys(types)) or "of another kind") + limits, partial(_fits, schema), required)


def _is_regex(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(re.compile(value))
    except re.error:
        return False


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is of a schema's type and within its limits; what is beyond this is left to the gate itself."""
    if "anyOf" in schema:
        return any(_fits(one, value) for one in schema["anyOf"])
    types = JSON_TYPES.get(schema.get("type", ""))
    if types is None:
        return True
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return False
    return not isinstance(value, int | float) or schema.get("minimum", value) <= value <= schema.get("maximum", value)


def _questions(name: str, data: object, **arguments: Any) -> Iterator[Question]:
    """One expectation as it is, of the standardised values or the golden table."""
    expectation = Expectation(name, {key: _times(key, value) for key, value in arguments.items()})
    about = ", ".join(sorted(expectation.columns or {"all columns"}))
    expected = ", ".join(f"{key} {_short(value)}" for key, value in arguments.items() if not key.startswith("column")) or "it holds"
    yield Question(VALUES, expectation, f"{name}: {about}", expected, _observed)


def _observed(answer: Answer) -> str:
    """Counts, or just whether it holds: what else was observed may be somebody's value."""
    if answer.figure is not None:
        return f"{answer.figure:,g}"
    if answer.rows:
        return failing(answer)
    return "it holds" if answer.passed else "it does not hold"


def _short(value: Any) -> str:
    """An argument for people to read, cut where it grows long."""
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _times(name: str, value: Any) -> Any:
    """Dates in arguments as times, which is what a date is in a pandas frame."""
    if isinstance(value, list | tuple):
        return [_times(name, one) for one in value]
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if name in {"min_value", "max_value"} and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return datetime.fromisoformat(value)
    return value
