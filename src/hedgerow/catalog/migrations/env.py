"""Runs migrations on the connection that the catalog hands over."""

from __future__ import annotations

from alembic import context

from hedgerow.catalog._migrate import VERSION_TABLE
from hedgerow.catalog.tables import METADATA


def run() -> None:
    """Run the migrations that Alembic was asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        version_table=VERSION_TABLE,
        render_as_batch=True,  # SQLite changes a table by rebuilding it
    )
    with context.begin_transaction():
        context.run_migrations()


# Who merely imports this file, such as a documentation tool, has no configuration.
if hasattr(context, "config"):
    run()
