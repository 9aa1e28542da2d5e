"""What alembic runs for every command: the connection is handed in by ``telemetry.fleet.store.upgrade``."""

from alembic import context
from sqlalchemy import Connection

from telemetry.fleet.store.schema import metadata

UPGRADE_LOCK = 0x7A68_697A_6875
"""PostgreSQL's advisory lock for upgrades: "zhizhu" in ASCII."""
PATIENCE_MS = 300_000
"""How long one server waits for the other's upgrade; a large table takes minutes."""


def _alone(connection: Connection) -> None:
    """Let nobody else upgrade meanwhile, and let nothing cut the upgrade off. It ends with the transaction."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # otherwise each statement of an upgrade would be a transaction of its own


with context.config.attributes["connection"].begin():
    _alone(context.config.attributes["connection"])
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
