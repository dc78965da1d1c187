"""Pull: one file per kind of source; a department's rows as batches of text columns.

A new kind is one file with a Connector and its Settings, and one line in `KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from connectors.batches import Batch, Refused
from connectors.connector import Connector, Settings, Since
from connectors.csv import Csv
from connectors.excel import Excel
from connectors.json import Json
from connectors.parquet import Parquet
from connectors.sql import Sql
from connectors.wording import hint, listed
from connectors.xml import Xml
from domain.errors import SourceError
from domain.sources import Source

__all__ = ["KINDS", "Batch", "Connector", "Refused", "Settings", "Since", "open_source", "settings_problems"]

KINDS: Mapping[str, type[Connector]] = {connector.kind: connector for connector in (Sql, Csv, Excel, Json, Xml, Parquet)}

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def open_source(source: Source, base: Path, environment: Mapping[str, str]) -> Connector:
    """The connector of a source, its `${VARIABLES}` resolved now; nothing is read yet. Paths are relative to `base`.

    SourceError where a variable is not set or a setting is wrong; no value of a variable is ever named.
    """
    connect = {name: _resolved(source.name, f"connect.{name}", value, environment) for name, value in source.connect.items()}
    if problems := settings_problems(connect):
        place, message = problems[0]
        raise SourceError(source.name, f"connect{place and f'.{place}'}: {message}")
    kind = KINDS[connect.pop("kind")]
    return kind(source.name, kind.settings_model.model_validate(connect), base, _places(source))


def settings_problems(connect: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a `connect` block, without opening anything: the setting (dotted; empty for the block itself) and what to do.

    >>> settings_problems({"kind": "sql", "url": "${BILLING_DB_URL}", "tabel": "clients"})
    [('tabel', "'tabel' is not a setting of sql; did you mean 'table'?")]
    >>> settings_problems({"kind": "slq"})
    [('kind', "'slq' is not a kind of source; did you mean 'sql'? The kinds are 'csv', 'excel', 'json', 'parquet', 'sql', 'xml'.")]
    """
    if "kind" not in connect:
        return [("kind", f"is missing; the kinds are {listed(sorted(KINDS))}.")]
    name = str(connect["kind"])
    if name not in KINDS:
        sign = hint(name, KINDS) or "."
        return [("kind", f"'{name}' is not a kind of source{sign} The kinds are {listed(sorted(KINDS))}.")]
    try:
        KINDS[name].settings_model.model_validate({key: value for key, value in connect.items() if key != "kind"})
    except ValidationError as error:
        # Without the input: it may hold a password.
        return [_problem(name, KINDS[name].settings_model, each) for each in error.errors(include_input=False, include_url=False)]
    return []


def _problem(kind: str, model: type[Settings], error: Any) -> tuple[str, str]:
    """One of pydantic's errors in our words."""
    place = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        names = [field.alias or name for name, field in model.model_fields.items()]
        return place, f"'{place}' is not a setting of {kind}{hint(place, names) or f'; the settings are {listed(sorted(names))}'}"
    if error["type"] == "missing":
        return place, "is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    return place, message[:1].lower() + message[1:]


def _resolved(source: str, place: str, value: Any, environment: Mapping[str, str]) -> Any:
    """The value with its variables replaced, in lists too."""

    def of(text: str, written: Callable[[str], str] = str) -> str:
        return _VARIABLE.sub(lambda found: written(_variable(source, place, found[1], environment)), text)

    if isinstance(value, (list, tuple)):
        return [_resolved(source, place, each, environment) for each in value]
    if not isinstance(value, str):
        return value
    # What stands before the host of an address, a password for one, may hold the very signs that divide the address.
    before, at, after = value.rpartition("@") if "://" in value else ("", "", value)
    return of(before, lambda text: quote(text, safe="")) + at + of(after)


def _variable(source: str, place: str, name: str, environment: Mapping[str, str]) -> str:
    if name not in environment:
        raise SourceError(source, f"{place}: the environment variable {name} is not set. Set it, or change {place}.")
    return environment[name]


def _places(source: Source) -> dict[str, str]:
    """The setting that names each column, the first where several do."""
    places = {name: f"map.{column.target}" for column in reversed(source.map) for name in column.names}
    modified = {source.modified: "modified"} if source.modified else {}
    return places | modified | dict.fromkeys(source.key, "key")
