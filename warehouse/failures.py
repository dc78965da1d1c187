"""Failures: a driver's error as one sentence, without statements, values or passwords in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import adbc_driver_manager
import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import WarehouseError


@contextmanager
def explained(what: str, advice: str = "") -> Iterator[None]:
    """Turn errors of the database's drivers into a `WarehouseError`: what failed, why, and what to do.

    The original is not chained: its text may hold values of a customer. Errors that are not the database's pass.
    """
    try:
        yield
    except (DBAPIError, PoolTimeout, adbc_driver_manager.Error) as error:
        raise WarehouseError(f"{what}: {reason(error)}. {advice}".rstrip()) from None


def reason(error: Exception) -> str:
    """What the database says happened, on one line.

    >>> import sqlite3
    >>> reason(sqlite3.OperationalError("database is locked"))
    'database is locked'
    """
    cause: Any = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if isinstance(cause, psycopg.Error) and cause.sqlstate is not None:
        return _server_reason(cause)
    # ADBC adds rows and statements from the second line on.
    text = str(cause).split("\nCONTEXT")[0].split("\nDETAIL")[0].split("\nquery")[0]
    return " ".join(text.split()).rstrip(".")


def _server_reason(error: psycopg.Error) -> str:
    """PostgreSQL's message; of data errors the name alone, since their message quotes the datum."""
    if isinstance(error, psycopg.DataError):
        return f"{type(error).__name__} ({error.sqlstate})"
    return error.diag.message_primary or type(error).__name__
