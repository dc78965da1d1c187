"""Databases, through SQLAlchemy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import sqlalchemy as sa
from pydantic import AfterValidator, Field, model_validator
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from connectors.batches import Batch, batch_of
from connectors.connector import Connector, Settings, Since, check_unique
from connectors.database import connected, engine, explained_by_database, name_of, parsed
from connectors.files import Unreadable
from connectors.text import cells, word_of_cells
from connectors.wording import listed

FETCH = 2_000
"""Rows fetched at once; more are slower, for Python's garbage collector looks through them."""
SAMPLE_ROWS = 1_000

_WORDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.Integer, "integer"),
    (sa.Numeric, "number"),
    (sa.DateTime, "timestamp"),
    (sa.Date, "date"),
    (sa.Time, "time"),
    (sa.LargeBinary, "binary"),
    (sa.BINARY, "binary"),
    (sa.VARBINARY, "binary"),
)


def _checked_url(url: str) -> str:
    if "${" not in url:
        parsed(url)
    return url


class SqlSettings(Settings):
    """A table, a view or a query of a database."""

    url: Annotated[str, AfterValidator(_checked_url)] = Field(
        min_length=1, description="SQLAlchemy's address of the database; a SQLite file is relative to the project folder."
    )
    table: str | None = Field(None, min_length=1, description="The table or view; else give a query.")
    schema_name: str | None = Field(None, alias="schema", min_length=1, description="The schema of the table, where it is not the default.")
    query: str | None = Field(None, min_length=1, description="A SELECT statement, instead of a table.")
    wait: float = Field(5.0, gt=0, le=600, description="Seconds to wait for a connection or a lock.")

    @model_validator(mode="after")
    def _one_of_two(self) -> SqlSettings:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either a table or a query")
        return self


class Sql(Connector):
    """Rows of a table, a view or a query, numbered as the database returns them. NULL is null, bytes are read as UTF-8.

    The database is only read. With `since`, it leaves out rows whose modification time, a date or a timestamp or ISO text, is
    earlier; it keeps those where that time is missing or is anything else. A transaction that was still open at that moment
    writes earlier times later: ask from a while before.
    """

    kind = "sql"
    settings_model: ClassVar[type[Settings]] = SqlSettings
    incremental = True
    settings: SqlSettings

    @property
    def place(self) -> str:
        return f"table '{self.settings.table}'" if self.settings.table else "the query"

    @cached_property
    def _url(self) -> URL:
        return parsed(self.settings.url)

    @property
    def _engine(self) -> Engine:
        return engine(self._url, self.base, self.settings.wait)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with connected(self._engine, self.settings.wait) as connection:
            yield connection

    def _found(self) -> dict[str, str]:
        with self._connected() as connection:
            return self._of_table(connection, self.settings.table) if self.settings.table else self._of_query(connection)

    def _of_table(self, connection: Connection, table: str) -> dict[str, str]:
        inspector, schema = sa.inspect(connection), self.settings.schema_name
        try:
            columns = inspector.get_columns(table, schema)
        except NoSuchTableError:
            names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            where = f" in schema '{schema}'" if schema else ""
            has = listed(names, near=table) or "no tables"
            raise Unreadable(f"{name_of(self._url)} has no table '{table}'{where}; it has {has}. Set connect.table.") from None
        return {column["name"]: _word_of(column["type"]) for column in columns}

    def _of_query(self, connection: Connection) -> dict[str, str]:
        _texts(connection, lambda text: text.decode("utf-8", "replace"))
        result = connection.execution_options(stream_results=True).execute(self._query)
        names = list(result.keys())
        check_unique(names, "the query")
        rows = result.fetchmany(SAMPLE_ROWS)
        return {name: word_of_cells([row[at] for row in rows]) for at, name in enumerate(names)}

    @property
    def _query(self) -> sa.TextClause:
        # A colon is SQLAlchemy's mark of a parameter; in a statement of somebody else's it is only a colon.
        # The line break ends a comment on its last line.
        return sa.text((self.settings.query or "").strip().rstrip(";").replace(":", "\\:") + "\n")

    def _rows_of(self, columns: Sequence[str], since: Since | None, dialect: str) -> sa.Select[Any]:
        if self.settings.table:
            rows: sa.FromClause = sa.table(self.settings.table, *map(sa.column, self.columns()), schema=self.settings.schema_name)
        else:
            rows = self._query.columns(*map(sa.column, self.columns())).subquery("pulled")
        statement = sa.select(*(rows.c[column] for column in columns))
        if since is None:
            return statement
        changed = _changed_since(rows.c[since.column], self.columns()[since.column], since, dialect)
        return statement if changed is None else statement.where(changed)

    def _read(self, columns: Sequence[str], since: Since | None) -> Iterator[Batch]:
        start = 1
        with self._connected() as connection:
            # Whether a text is UTF-8 is a question of one row; and bytes are faster.
            _texts(connection, bytes)
            statement = self._rows_of(columns, since, connection.dialect.name)
            for rows in _fetched(connection, statement):
                yield batch_of(columns, list(map(cells, zip(*rows, strict=True))), np.arange(start, start + len(rows)))
                start += len(rows)

    def _explain(self, error: Exception) -> str | None:
        # Every driver has errors of this name (PEP 249); those raised by its own cursor are not wrapped.
        drivers = any(kind.__name__ in {"DatabaseError", "InterfaceError"} for kind in type(error).__mro__)
        if drivers or isinstance(error, SQLAlchemyError):
            return explained_by_database(error, self._url)
        return super()._explain(error)


def _fetched(connection: Connection, statement: sa.Select[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows of a statement, `FETCH` at a time."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):  # its own rows: SQLAlchemy's take as long again
        cursor = driver.execute(str(statement.compile(connection, compile_kwargs={"literal_binds": True})))
        yield from iter(lambda: cursor.fetchmany(FETCH), [])
    else:
        yield from connection.execution_options(stream_results=True, max_row_buffer=FETCH).execute(statement).partitions(FETCH)


def _texts(connection: Connection, made_by: Callable[[bytes], Any]) -> None:
    """What SQLite makes of the bytes of a text; by itself it fails on the first that is not UTF-8."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.text_factory = made_by


def _word_of(kind: Any) -> str:
    return next((word for base, word in _WORDS if isinstance(kind, base)), "text")


def _changed_since(column: Any, word: str, since: Since, dialect: str) -> sa.ColumnElement[bool] | None:
    """The condition that holds of every row that may have changed; none where that cannot be said."""
    after = since.after.astimezone(UTC).replace(tzinfo=None) if since.after.tzinfo else since.after
    if dialect == "sqlite":  # whatever a column is declared as, it holds texts
        return _unless_iso(column, ~_sqlite_iso(column), after)
    if word == "timestamp":
        return sa.or_(column.is_(None), column >= after)
    if word == "date":
        return sa.or_(column.is_(None), column >= after.date())
    if word == "text" and dialect == "postgresql":
        text = sa.cast(column, sa.Text)
        return _unless_iso(sa.collate(text, "C"), ~text.regexp_match(r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?$"), after)
    return None


def _unless_iso(column: Any, no_iso: sa.ColumnElement[bool], after: datetime) -> sa.ColumnElement[bool]:
    # ISO texts sort as the times they mean, to the day: a zone or the sign between day and hour can shift less than that.
    bound = (after - timedelta(days=1)).date().isoformat()
    return sa.or_(column.is_(None), no_iso, column >= bound)


def _sqlite_iso(column: Any) -> sa.ColumnElement[bool]:
    day = "-".join("[0-9]" * digits for digits in (4, 2, 2))
    return sa.or_(column.op("GLOB")(day), column.op("GLOB")(f"{day}[T ][0-9][0-9]:[0-9][0-9]*"))
