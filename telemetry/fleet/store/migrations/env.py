"""What alembic runs for every command: the connection is handed in by ``telemetry.fleet.store.upgrade``."""

from alembic import context

from telemetry.fleet.store.schema import metadata

with context.config.attributes["connection"].begin():
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
