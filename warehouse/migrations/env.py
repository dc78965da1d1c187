"""Alembic's environment: the connection comes from `warehouse.migrate`, inside its transaction."""

from alembic import context

from warehouse.tables import metadata

config = getattr(context, "config", None)
if config is not None:  # none where this file is only imported, to look for examples in it
    context.configure(connection=config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
    context.run_migrations()
