"""The database: opening a warehouse, and the ways to talk to it: write, read, bulk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import adbc_driver_manager
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from domain.errors import WarehouseError
from warehouse.failures import explained
from warehouse.migrate import REVISION, revision, upgrade
from warehouse.turns import Group, turns_of

ADVICE = "Check the line 'warehouse:' of the project file."
CONNECT_SECONDS = 10
SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout = 60000",  # a writer waits for another's short batch
    "PRAGMA synchronous = NORMAL",  # in WAL mode safe against a crash of the process and the machine
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",  # 64 MB
)


class Warehouse:
    """An open warehouse. `begin()` writes, `connect()` reads one consistent state, `bulk()` moves Arrow tables."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url
        self.engine = _file_engine(url) if url.get_backend_name() == "sqlite" else _server_engine(url)
        self._adbc_server = _AdbcServer(url)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @property
    def path(self) -> Path | None:
        """The file of an SQLite warehouse."""
        return Path(str(self.url.database)) if self.dialect == "sqlite" else None

    def __repr__(self) -> str:
        return f"Warehouse({self.url.render_as_string()})"

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction that writes: committed when the block ends well, else rolled back."""
        with explained("the warehouse refused a change"), self.turn(Group.STATEMENTS), self.engine.connect() as connection:
            connection = connection.execution_options(onefold_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """A read-only transaction: every statement in it sees the same state, whatever is published meanwhile."""
        with explained("the warehouse cannot be read"), self.turn(Group.STATEMENTS), self.engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    @contextmanager
    def bulk(self) -> Iterator[Any]:
        """An ADBC connection (PEP 249) with autocommit off; only `warehouse.bulk` uses it.

        Raises `WarehouseError` when this thread has an SQLite connection of the other kinds open.
        """
        with explained("the warehouse refused a bulk transfer"), self.turn(Group.BULK), self._adbc() as connection:
            yield connection

    def close(self) -> None:
        """Give idle connections back."""
        self.engine.dispose()
        self._adbc_server.close()

    def turn(self, group: Group) -> AbstractContextManager[None]:
        """Keep the other group off an SQLite file for a while; see `warehouse.turns`."""
        return nullcontext() if self.path is None else turns_of(self.path).turn(group)

    def _adbc(self) -> AbstractContextManager[Any]:
        return self._adbc_server.connection() if self.path is None else _adbc_file(self.path)


def open_warehouse(url: str, base: Path) -> Warehouse:
    """Open the warehouse, made or migrated up where that is due; a relative SQLite path starts at `base`.

    Raises `WarehouseError`, in one sentence and without the password, when that cannot be.
    """
    warehouse = Warehouse(_resolved(url, base))
    if warehouse.path is not None:
        _check_file(warehouse.path)
    opening = explained(f"the warehouse {warehouse.url.render_as_string()} cannot be opened", ADVICE)
    with opening, warehouse.turn(Group.STATEMENTS), warehouse.engine.connect() as connection:
        found = revision(connection)
    if found != REVISION:
        with warehouse.begin() as connection:
            upgrade(connection)
    return warehouse


def _resolved(text: str, base: Path) -> sa.URL:
    """The URL with the driver we use and an absolute path."""
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise WarehouseError(f"the warehouse's URL cannot be read; write sqlite:///warehouse.db, for example. {ADVICE}") from None
    if url.drivername.partition("+")[0] in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername.partition("+")[0] != "sqlite" or url.database in (None, "", ":memory:"):
        raise WarehouseError(f"the warehouse is kept in an SQLite file or in PostgreSQL, not in {url.render_as_string()}. {ADVICE}")
    return sa.URL.create("sqlite", database=str((base / str(url.database)).resolve()))


def _check_file(path: Path) -> None:
    """The folder must be there and writable too: SQLite keeps its log beside the file."""
    if not os.path.isdir(path.parent):  # a folder that we may not enter is as good as none
        raise WarehouseError(f"the warehouse's folder {path.parent} is not there: make it first. {ADVICE}")
    for place in (path.parent, path):
        if place.exists() and not os.access(place, os.W_OK, effective_ids=True):
            raise WarehouseError(f"{place} is read-only, and the warehouse must be written to: make it writable. {ADVICE}")


def _file_engine(url: sa.URL) -> sa.Engine:
    # Without a pool the file is closed when a block ends, so that turns can change; opening takes a fraction of a millisecond.
    engine = sa.create_engine(url, poolclass=NullPool, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_file_connection)
    sa.event.listen(engine, "begin", _begin_on_file)
    return engine


def _prepare_file_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    for pragma in (*SQLITE_PRAGMAS, "PRAGMA journal_mode = WAL"):
        connection.execute(pragma).close()


def _begin_on_file(connection: sa.Connection) -> None:
    """A writer takes the lock at once: a reader that turns writer could meet a newer state and fail."""
    writes = connection.get_execution_options().get("onefold_writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _server_engine(url: sa.URL) -> sa.Engine:
    defaults = {"connect_timeout": CONNECT_SECONDS, "application_name": "onefold"}
    given = {name: value for name, value in defaults.items() if name not in url.query}
    return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=given)


@contextmanager
def _adbc_file(path: Path) -> Iterator[Any]:
    import adbc_driver_sqlite.dbapi  # each driver is a library of its own: load the one in use

    with adbc_driver_sqlite.dbapi.connect(str(path)) as connection:
        connection.adbc_connection.set_autocommit(True)  # pragmas have no effect within a transaction
        with connection.cursor() as cursor:
            for pragma in SQLITE_PRAGMAS:
                cursor.execute(pragma)
        connection.adbc_connection.set_autocommit(False)
        yield connection


class _AdbcServer:
    """ADBC connections to a server; idle ones are kept, since making one takes longer than most transfers."""

    def __init__(self, url: sa.URL) -> None:
        self._uri = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._idle: list[Any] = []

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection for one block; one whose block failed is not used again."""
        connection = self._living() or self._new()
        try:
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _new(self) -> Any:
        import adbc_driver_postgresql.dbapi

        return adbc_driver_postgresql.dbapi.connect(self._uri)

    def _living(self) -> Any:
        """An idle connection that still answers; none if there is no such."""
        while self._idle:
            connection = self._idle.pop()
            try:
                connection.execute("SELECT 1").close()
            except adbc_driver_manager.Error:
                connection.close()
            else:
                return connection
        return None
