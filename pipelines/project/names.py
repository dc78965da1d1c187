"""Names of attributes and sources: what they may look like, since they become columns, assets and addresses."""

from __future__ import annotations

import re

from pipelines.project.words import quoted

LONGEST = 40
"""Characters; PostgreSQL cuts names at 63, and ours grow by endings such as `_position`."""
RESERVED = (
    "add all alter analyse analyze and any array as asc asymmetric authorization between binary both by case cast check "
    "collate collation column commit concurrently constraint create cross current_catalog current_date current_role "
    "current_schema current_time current_timestamp current_user default deferrable delete desc distinct do drop else end "
    "escape except exists false fetch for foreign freeze from full grant group having ilike in index initially inner insert "
    "intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not nothing notnull null "
    "offset on only or order outer overlaps placing primary references returning right select session_user set similar some "
    "symmetric system_user table tablesample then to trailing transaction true union unique update user using values "
    "variadic verbose when where window with"
)
SQL_WORDS = frozenset(RESERVED.split())
"""Reserved in PostgreSQL or SQLite."""
BESIDE = (
    "golden_id golden_number record_id source source_name record_key key modified from_run to_run member_count source_count sources "
    "first_seen last_seen cohesion completeness"
)
OUR_COLUMNS = frozenset(BESIDE.split())
"""Columns that stand beside the attributes in the warehouse's tables and views."""
OUR_ENDINGS = ("_status", "_from", "_rule", "_position", "_raw", "_form")


def name_problem(name: str, column: bool = True) -> str | None:
    """What is wrong with a name; none where it serves. `column`: it becomes one in the warehouse.

    >>> name_problem("birth_date"), name_problem("order")
    (None, "'order' is a word of SQL; take another name")
    >>> name_problem("Birth Date")
    "'Birth Date' is not a name; a name is lower case letters, digits and _, like 'birth_date'"
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return f"{quoted(name)} is not a name; a name is lower case letters, digits and _, like {quoted(name_like(name))}"
    if len(name) > LONGEST:
        return f"{quoted(name)} has {len(name)} characters; a name has at most {LONGEST}"
    if name in SQL_WORDS:
        return f"{quoted(name)} is a word of SQL; take another name"
    if column and (name in OUR_COLUMNS or name.endswith(OUR_ENDINGS)):
        return f"{quoted(name)} is or looks like a column that Onefold keeps itself; take another name"
    return None


def name_like(name: str) -> str:
    """A name that would serve, as near as it gets.

    >>> name_like("2nd E-Mail")
    'nd_e_mail'
    """
    near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")[:LONGEST].rstrip("_")
    return near if near and near not in SQL_WORDS else "birth_date"
