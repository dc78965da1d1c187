"""Labels: what the Dagster UI calls and says of sources; nothing in them is secret or personal."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

import dagster as dg

from domain.attributes import Attribute
from domain.sources import ColumnMap, Source

SOURCES = "sources"
"""First part of the asset key of a source, so that a source can be called like a later asset."""
LONGEST = 60
DIALECTS = {
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mariadb",
    "mssql": "sqlserver",
}
"""Dagster's names for databases, by the beginning of their URLs."""


def source_key(source: Source) -> dg.AssetKey:
    """The asset of a source."""
    return dg.AssetKey([SOURCES, source.name])


def group_of(source: Source) -> str:
    """The group of a source's department, within that of all departments.

    >>> [group_of(Source("x", owner, {}, (), ())) for owner in ("Web shop", "Kundenbüro (Süd)", "Продажи", "!?")]
    ['departments/web_shop', 'departments/kundenburo_sud', 'departments/prodazhi', 'departments/x']
    """
    from anyascii import anyascii

    department = re.sub(r"[^a-z0-9]+", "_", anyascii(source.owner).lower())[:LONGEST].strip("_")
    return f"departments/{department or source.name}"


def owner_of(source: Source) -> str:
    """The department, as Dagster writes owners.

    >>> owner_of(Source("x", " Web shop\\n", {}, (), ()))
    'team:Web shop'
    """
    return f"team:{' '.join(readable(source.owner).split()) or source.name}"


def readable(text: str) -> str:
    """Text without anything that a database or a page cannot take.

    >>> readable("a\\x00b\\ud800c\\n")
    'a b c '
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def database_kind(url: str) -> str:
    """What kind of database a URL is of; a URL that comes from the environment does not say.

    >>> database_kind("sqlite:///shop.db"), database_kind("postgresql+psycopg://db/shop"), database_kind("${SHOP_URL}")
    ('sqlite', 'postgres', 'sql')
    """
    return DIALECTS.get(re.split(r"[+:]", url, maxsplit=1)[0].lower(), "sql")


def kind_of(source: Source) -> str:
    """What kind of thing a source is: `sqlite`, `postgres`, `csv`, `excel`, ..."""
    kind = str(source.connect.get("kind", "python"))
    return database_kind(str(source.connect.get("url", ""))) if kind == "sql" else kind


def tags_of(source: Source) -> dict[str, str]:
    """What the project file says of a source, for filtering."""
    said = {"required": source.required, "unique": source.unique, "incremental": source.modified is not None}
    return {"onefold/trust": f"{source.trust:g}"} | {f"onefold/{name}": "true" for name, holds in said.items() if holds}


def description_of(source: Source) -> str:
    """One paragraph on a source. Of its address only a file's or table's name is shown: the rest may hold a password.

    >>> print(description_of(Source("shop", "Web shop", {"kind": "csv", "path": "in/shop.csv"}, ("no",), ())))
    The customers that Web shop keeps, from `shop.csv`.
    A pull keeps what is new, changed or gone since the last, and takes over a batch only if its arrival gate is open;
    until then the last good data stay in use.
    """
    held = "a run stops" if source.required else "the last good data stay in use"
    return (
        f"The customers that {owner_of(source).removeprefix('team:')} keeps, from {place_of(source)}.\n"
        f"A pull keeps what is new, changed or gone since the last, and takes over a batch only if its arrival gate is open;\n"
        f"until then {held}."
    )


def place_of(source: Source) -> str:
    """The file or table, without the way there."""
    connect = source.connect
    if named := connect.get("table") or PurePath(str(connect.get("path", ""))).name:
        return f"`{readable(str(named)).replace('`', ' ')}`"
    return "a query of its database" if "query" in connect else "its system"


def schema_of(source: Source) -> dg.TableSchema:
    """The columns that are read of a source, and what each fills; as declared, for names found in a file may be anybody's."""
    fills = {name: filled_by(column) for column in reversed(source.map) for name in column.names}
    fills |= {source.modified: "time of the last change"} if source.modified else {}
    fills |= dict.fromkeys(source.key, "key")
    return dg.TableSchema([dg.TableColumn(name, type="text", description=fills[name]) for name in source.columns])


def filled_by(column: ColumnMap) -> str:
    """What a mapped column fills.

    >>> filled_by(ColumnMap("name", (("cust_nm",),), read_as="full_name")), filled_by(ColumnMap("email", (("mail",),)))
    ('read as full name', 'fills email')
    """
    return f"read as {column.read_as.replace('_', ' ')}" if column.read_as else f"fills {column.target}"


def golden_schema(attributes: tuple[Attribute, ...]) -> dg.TableSchema:
    """The columns of the golden table, with the rules that choose each value."""
    return dg.TableSchema(
        [dg.TableColumn("golden_id", type="text", description="The customer's permanent id"), *map(golden_column, attributes)]
    )


def golden_column(attribute: Attribute) -> dg.TableColumn:
    """One attribute of the golden table."""
    group = f", together with its group {attribute.group}" if attribute.group else ""
    said: dict[str, Any] = {"type": str(attribute.storage), "description": f"{attribute.type}: {', then '.join(attribute.survive)}{group}"}
    return dg.TableColumn(attribute.name, **said)
