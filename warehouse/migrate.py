"""Migrate: bring the fixed tables to the version that this code knows (Alembic; the scripts are in `migrations/`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from domain.errors import WarehouseError

if TYPE_CHECKING:
    from alembic.config import Config

REVISION = "0005"
"""The version this code works with: the newest script in `migrations/versions`."""
MIGRATION_LOCK = 7_036_801
"""Number of the PostgreSQL advisory lock that lets one process migrate at a time."""


def revision(connection: sa.Connection) -> str | None:
    """The version of the warehouse; none while it is empty."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(sa.select(sa.column("version_num", sa.String)).select_from(sa.table("alembic_version")))


def upgrade(connection: sa.Connection) -> None:
    """Migrate up to `REVISION`; a warehouse that is there already stays as it is.

    Raises `WarehouseError` for a warehouse that newer code has made.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    found = revision(connection)
    if found is not None and found not in _known_revisions():
        raise WarehouseError(f"the warehouse has version {found}, and this Onefold knows {REVISION} at most: install the newer Onefold.")
    if found != REVISION:
        _move(connection, REVISION)


def downgrade(connection: sa.Connection, to: str = "base") -> None:
    """Migrate down to an older version; `base` removes every fixed table."""
    _move(connection, to, down=True)


def _known_revisions() -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _move(connection: sa.Connection, to: str, down: bool = False) -> None:
    from alembic import command  # imported when it is needed: it costs the command line a third of a second

    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, to)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
