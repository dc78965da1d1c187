"""Models: what training has learned, and which of them is in use. Adopted models are input, never rebuilt."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from domain.errors import WarehouseError
from domain.runs import Run
from warehouse.tables import model


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A trained model as it is kept."""

    fingerprint: str
    created_run: int
    adopted_run: int | None
    """The run from which on it is used."""
    artefact: str
    """JSON text; the matching package reads and writes it."""
    note: str


def save_model(connection: sa.Connection, run: Run, fingerprint: str, artefact: str, note: str = "") -> None:
    """Keep a model; one that is kept already, by its fingerprint, stays as it is."""
    if connection.scalar(sa.select(model.c.fingerprint).where(model.c.fingerprint == fingerprint)) is None:
        row = {"fingerprint": fingerprint, "created_run": run.number, "artefact": artefact, "note": note}
        connection.execute(model.insert().values(**row))


def adopt_model(connection: sa.Connection, run: Run, fingerprint: str, note: str | None = None) -> None:
    """Use a kept model from this run on, with a new `note` if given. Raises `WarehouseError` when there is none of this fingerprint."""
    values = {"adopted_run": run.number} | ({} if note is None else {"note": note})
    chosen = model.update().where(model.c.fingerprint == fingerprint).values(values)
    if connection.execute(chosen).rowcount == 0:
        raise WarehouseError(f"there is no model {fingerprint}: train one first.")


def adopted_model(connection: sa.Connection) -> StoredModel | None:
    """The model in use: the one adopted last."""
    latest = sa.select(model).where(model.c.adopted_run.is_not(None)).order_by(model.c.adopted_run.desc(), model.c.fingerprint).limit(1)
    row = connection.execute(latest).one_or_none()
    return None if row is None else StoredModel(*row)


def stored_models(connection: sa.Connection) -> list[StoredModel]:
    """All models, newest first."""
    rows = connection.execute(sa.select(model).order_by(model.c.created_run.desc(), model.c.fingerprint))
    return [StoredModel(*row) for row in rows]
