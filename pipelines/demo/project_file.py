"""The demo's `onefold.yaml`, written so that a newcomer can read it and change it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any, Final

from pipelines.demo.departments import Department

MARK: Final = "# The demo organisation of Onefold: made by `onefold demo`, which replaces it when asked again."
"""First line of a project file that may be overwritten, because it was made here."""

HEAD: Final = """\
# Fifteen employees, eighteen departments, eighteen ideas of a customer. This file says how they become one.
# `onefold check` tries it, `onefold run` runs it, `onefold show` and `onefold explain` say what came of it.

name: demo
warehouse: sqlite:///warehouse.db        # in production postgresql+psycopg://...; the path is relative to this folder
truth: truth.csv                         # which rows are the same customer: known here because the customers are made up

# What is known of a customer. Every source below fills some of it. `survive` says which value is published when sources
# differ; attributes of one `group` survive together, from one record; where values of a `protected` one differ, a steward is asked.
attributes:
  given_name: {type: given_name}
  family_name: {type: family_name}
  organisation: {type: organisation}
  email: {type: email, many: true, survive: most_recent}
  phone: {type: phone, many: true, region: US}
  birth_date: {type: date_of_birth, survive: most_agreed, protected: true}
  street: {type: street, group: address}
  city: {type: city, group: address}
  region: {type: region, group: address}
  postcode: {type: postcode, group: address}
  gender: {type: gender}
  marketing_consent: {type: consent, survive: most_restrictive}
  customer_since: {type: date}

# The departments' databases, largest first. `connect` says where a source is, `key` what names a row in it, `modified` when a
# row was last changed (where the department notes it), `map` which column fills which attribute, `trust` how far it is believed
# when sources differ, `expect` what a batch must hold to be taken over.
sources:
"""

TAIL: Final = """
# Pairs at least this likely to be the same customer are joined; pairs in between are put to a steward as well.
match: {join: 0.5, ask: [0.2, 0.9]}

# What the golden table must hold to be published.
publish: {max_cluster: 60}

# Every night at two.
schedule: "0 2 * * *"
"""

NOT_PLAIN: Final = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
"""Words that some readers of YAML take for truth values."""

NOTES: Final[Mapping[str, str]] = {
    "web_shop": "Two tables: accounts, and the addresses of those who ever ordered.",
    "billing": "Names like SMITH, JOHN; e-mail addresses and telephones one a row in a table of their own.",
    "newsletter": "A packed CSV file; when a subscriber was changed is written the American way.",
    "loyalty": "The whole address stands in one column.",
    "support": "One JSON object a line; several e-mail addresses in a list.",
    "mobile_app": "Parquet with typed columns. An account belongs to one telephone, so nobody has two.",
    "call_centre": "CSV from a contractor in Germany: semicolons, not UTF-8, dates like 31.12.1980.",
    "legacy_crm": "Upper case, no accents, names cut after 24 characters; nobody has changed anything since 2018.",
    "warranty": "XML: columns are paths below a record.",
    "events": "An Excel workbook.",
    "field_service": "A depot and a number name a row together.",
    "receivables": "Years of two digits.",
    "partners": "Many organisations, with somebody to talk to.",
    "leasing": "Nobody leases twice.",
}
"""What is peculiar about a department."""


def project_file(departments: Sequence[Department], rows: Mapping[str, int]) -> str:
    """The text of the project file; `rows` are the rows of each department, by name."""
    blocks = [_source(department, rows[department.name]) for department in departments]
    return f"{MARK}\n{HEAD}" + "\n".join(blocks) + TAIL


def _source(department: Department, rows: int) -> str:
    """One department's block."""
    note = NOTES.get(department.name)
    lines = [f"  # {note}" if note else None, f"  {department.name}:", f"    owner: {department.owner}"]
    lines += _connect(department.store.connect)
    lines.append(f"    key: {_flow(list(department.key) if len(department.key) > 1 else next(iter(department.key)))}")
    if department.modified:
        lines.append(f"    modified: {_flow(department.modified)}")
    lines.append("    map:")
    lines += [f"      {name}: {_flow(entry)}" for name, entry in department.map.items()]
    lines.append(f"    trust: {department.trust}")
    lines.append("    unique: true" if department.unique else None)
    lines.append(f"    expect: {_flow({'min_rows': max(rows // 2, 1), 'max_drop': 0.2, **department.expect})}")
    return "\n".join([*(line for line in lines if line is not None), ""])


def _connect(connect: Mapping[str, Any]) -> list[str]:
    """How to connect, on one line unless there is a query to read."""
    query = connect.get("query")
    if not query:
        return [f"    connect: {_flow(connect)}"]
    rest = [f"      {name}: {_flow(value)}" for name, value in connect.items() if name != "query"]
    return ["    connect:", *rest, "      query: |", *(f"        {line}" for line in dedent(query).strip().splitlines())]


def _flow(value: Any) -> str:
    """A value on one line of YAML; text is quoted unless it is plain words.

    >>> _flow({"column": "dob", "format": "%d/%m/%Y", "parts": ["a", "no"]})
    '{column: dob, format: "%d/%m/%Y", parts: [a, "no"]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    plain = isinstance(value, str) and re.fullmatch(r"[^\W\d][\w. /-]*", value) and value.lower() not in NOT_PLAIN
    return value if plain else json.dumps(value, ensure_ascii=False)
