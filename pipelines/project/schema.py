"""The JSON Schema of the project file, for editors: the shape, with the words that can be chosen from."""

from __future__ import annotations

from typing import Any

import connectors
from domain.checks import Gate
from matching.attribute_types import TYPES
from matching.survive import RULES
from pipelines.project.expectations import ABOUT, kinds
from pipelines.project.model import ProjectFile
from pipelines.project.names import LONGEST
from quality import CHECK_KINDS, CheckKind

Schema = dict[str, Any]


def project_schema() -> Schema:
    """The JSON Schema (2020-12) of `onefold.yaml`; every key has a description."""
    schema = ProjectFile.model_json_schema()
    attribute, source = (schema["$defs"][name]["properties"] for name in ("AttributeSpec", "SourceSpec"))
    attribute["type"]["enum"] = list(TYPES)
    one, several = attribute["survive"]["anyOf"][0]["oneOf"]
    one["enum"] = several["items"]["enum"] = list(RULES)
    source["connect"] |= connect_schema(schema["$defs"])
    source["expect"] |= checks_schema(Gate.ARRIVAL)
    schema["properties"]["publish"] |= checks_schema(Gate.PUBLICATION)
    for part in ("attributes", "sources", "events"):
        schema["properties"][part]["propertyNames"] = {"pattern": "^[a-z][a-z0-9_]*$", "maxLength": LONGEST}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "onefold.yaml"} | schema


def connect_schema(definitions: Schema) -> Schema:
    """The kind of connector, and for each kind its own settings; what these refer to is added to `definitions`."""
    kind = {"type": "string", "description": "The kind of connector.", "enum": list(connectors.KINDS)}
    settings = []
    for name, connector in connectors.KINDS.items():
        own = connector.settings_model.model_json_schema()
        definitions |= own.pop("$defs", {})
        own["properties"] = {"kind": {"const": name, "description": "The kind of connector."}} | own.get("properties", {})
        settings.append({"if": {"properties": {"kind": {"const": name}}}, "then": own})
    return {"properties": {"kind": kind}, "required": ["kind"], "allOf": settings}


EXPECTATION = {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}


def checks_schema(gate: Gate) -> Schema:
    """Checks of one gate: our own kinds, Great Expectations' own, and the same under `warn`."""
    own: Schema = {name: kind_schema(CHECK_KINDS[name]) for name in kinds(gate)}
    plain: Schema = {name: {"description": CHECK_KINDS[name].description} | EXPECTATION for name in kinds(gate, plain=True)}
    named: Schema = {"properties": own | plain, "additionalProperties": False}
    warn = {"description": "Checks that only warn.", "type": "object"} | named
    return {"properties": own | plain | {"warn": warn}, "additionalProperties": False}


def kind_schema(kind: CheckKind) -> Schema:
    """One of our own kinds: a number, or one for each attribute."""
    figure = {"type": "number"}
    shape = {"type": "object", "additionalProperties": figure} if ABOUT in kind.parameters else figure
    return {"description": kind.description} | shape
