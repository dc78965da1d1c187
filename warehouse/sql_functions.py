"""SQL functions that the two databases spell differently."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class position_of(GenericFunction[int]):
    """`position_of(text, part)`: where a part begins in a text, from 1; 0 when it is not in it."""

    type = sa.Integer()
    inherit_cache = True


@compiles(position_of)
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(position_of, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


class moment(GenericFunction[Any]):
    """`moment(microseconds)`: microseconds since 1970 (UTC) as a time: a timestamp, in SQLite its ISO text."""

    type = sa.DateTime(timezone=True)
    inherit_cache = True


@compiles(moment)
def _to_timestamp(element: Any, compiler: Any, **options: Any) -> str:
    return f"to_timestamp({compiler.process(element.clauses, **options)} / 1000000.0)"


@compiles(moment, "sqlite")
def _iso_text(element: Any, compiler: Any, **options: Any) -> str:
    return f"strftime('%Y-%m-%d %H:%M:%f', {compiler.process(element.clauses, **options)} / 1000000.0, 'unixepoch')"
