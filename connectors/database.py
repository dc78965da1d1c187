"""Opening other people's databases: only to read, waiting a bounded time, and saying in one sentence what went wrong."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from connectors.files import Unreadable, found

EXAMPLES = "sqlite:///clients.db or postgresql+psycopg://user:password@host/database"
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
"""The driver that an address without one means."""

# What a driver says can hold a password or a row, so it is only searched for these codes and words, and said in ours.
_CAUSES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED", "55P03"),
        ("lock wait timeout",),
        "is locked by another program. Run again when that is done, or set connect.wait to more seconds.",
    ),
    (("28",), ("password", "access denied", "login failed"), "refuses the user name or the password. Correct connect.url."),
    (("SQLITE_NOTADB", "SQLITE_CORRUPT"), (), "is damaged, or is not a database. Restore it, or correct connect.url."),
    (("42501", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_AUTH"), (), "may not be read by this user. Grant the right."),
    (("42", "SQLITE_ERROR"), (), "does not accept the query{detail}. Correct connect.query."),
    (("3D",), ("does not exist", "unknown database"), "is not there, or has no such user. Correct connect.url."),
    (("08", "57P"), ("closed", "terminat", "lost", "gone away"), "ended the connection while it was read. Run again."),
    (
        (),
        ("refused", "timeout", "timed out", "translate", "not known", "resolve", "unreachable", "no route", "connect"),
        "cannot be reached. Check connect.url and that the server is up.",
    ),
)


def parsed(url: str) -> URL:
    """The address of a database; ValueError, without the address, where it is none.

    >>> parsed("postgresql://ann@db/crm").drivername
    'postgresql+psycopg'
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"this is not the address of a database; write it like {EXAMPLES}") from None
    return address.set(drivername=DRIVERS.get(address.drivername, address.drivername))


def name_of(url: URL) -> str:
    """A database as an error calls it: without its user, and without its password.

    >>> name_of(parsed("postgresql://ann:secret@db.example:5433/crm")), name_of(parsed("sqlite:///crm.db"))
    ("database 'crm' at db.example:5433", "database 'crm.db'")
    """
    port = f":{url.port}" if url.port else ""
    return f"database '{url.database or ''}'" + (f" at {url.host}{port}" if url.host else "")


def engine(url: URL, base: Path, wait: float) -> Engine:
    """An engine that opens a new connection each time; a SQLite file is relative to `base`, and never made."""
    if url.get_backend_name() == "sqlite":
        file = _sqlite_file(url, base)
        address = f"file:{quote(str(file))}?mode=ro"
        return sa.create_engine(
            "sqlite://", creator=lambda: sqlite3.connect(address, uri=True, timeout=wait, check_same_thread=False), poolclass=NullPool
        )
    try:
        return sa.create_engine(url, poolclass=NullPool, connect_args=_bounded(url, wait))
    except (NoSuchModuleError, ModuleNotFoundError):
        raise Unreadable(f"no driver for '{url.drivername}' is installed. Install it, or name another in connect.url.") from None


@contextmanager
def connected(database: Engine, wait: float) -> Iterator[Connection]:
    """A connection that only reads, by a clock in UTC, and waits `wait` seconds at most for a lock."""
    with database.connect() as connection:
        if database.dialect.name == "postgresql":
            connection = connection.execution_options(postgresql_readonly=True)
            connection.exec_driver_sql(f"SET lock_timeout = {math.ceil(wait * 1000)}")
            connection.exec_driver_sql("SET timezone = 'UTC'")
            connection.exec_driver_sql("SET datestyle = 'ISO'")
        if database.dialect.driver == "psycopg":
            _load_any_date(connection)
        yield connection


def explained_by_database(error: Exception, url: URL) -> str | None:
    """One sentence for an error of a driver; none for anything else."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")
    words = str(original).casefold()
    for codes, phrases, sentence in _CAUSES:
        if (code and code.startswith(codes)) or (not code and any(phrase in words for phrase in phrases)):
            return f"{name_of(url)} {sentence.format(detail=_about_query(original))}"
    return f"{name_of(url)} cannot be read ({type(original).__name__} {code}).".replace(" )", ")")


def _sqlite_file(url: URL, base: Path) -> Path:
    if not url.database or url.database == ":memory:":
        raise Unreadable("connect.url names no file. Write it like sqlite:///clients.db.")
    return found(url.database, base, setting="connect.url")


def _bounded(url: URL, wait: float) -> dict[str, Any]:
    """How this kind of database is told to give up connecting."""
    known = url.get_backend_name() in {"postgresql", "mysql", "mariadb"} and "connect_timeout" not in url.query
    return {"connect_timeout": max(2, math.ceil(wait))} if known else {}


def _about_query(error: BaseException) -> str:
    """What is wrong with a query, as the database says it: it has not looked at a row yet."""
    diagnosis = getattr(getattr(error, "diag", None), "message_primary", None)
    message = diagnosis or (str(error) if isinstance(error, sqlite3.Error) else "")
    return f" ({message})" if message else ""


def _load_any_date(connection: Connection) -> None:
    """Have PostgreSQL's dates that Python has none for (`infinity`, years before Christ) loaded as text, not raised as errors."""
    from psycopg import DataError
    from psycopg.types import datetime as loaders

    def forgiving(loader: Any) -> Any:
        class Forgiving(loader):  # type: ignore[misc]
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except DataError:
                    return bytes(data).decode()

        return Forgiving

    adapters = connection.connection.driver_connection.adapters  # type: ignore[union-attr]
    for name, loader in (("date", loaders.DateLoader), ("timestamp", loaders.TimestampLoader), ("timestamptz", loaders.TimestamptzLoader)):
        adapters.register_loader(name, forgiving(loader))
