"""An incident has a ticket of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

IS_OPEN = sa.text("closed_at IS NULL")
IS_OPEN_OF_ONE_KIOSK = sa.text("closed_at IS NULL AND incident_id IS NULL")


def upgrade() -> None:
    """Apply."""
    op.add_column("ticket", sa.Column("incident_id", sa.Integer(), nullable=True))
    op.add_column("ticket", sa.Column("level", sa.String(length=16), server_default="", nullable=False))
    op.add_column("ticket", sa.Column("scope", sa.String(length=160), server_default="", nullable=False))
    op.add_column("ticket", sa.Column("kiosks", sa.Integer(), server_default="0", nullable=False))
    op.add_column("ticket", sa.Column("addressee", sa.String(length=128), server_default="", nullable=False))
    op.drop_index("uq_ticket_open", table_name="ticket")
    op.create_index(
        "uq_ticket_open",
        "ticket",
        ["county", "kiosk"],
        unique=True,
        sqlite_where=IS_OPEN_OF_ONE_KIOSK,
        postgresql_where=IS_OPEN_OF_ONE_KIOSK,
    )
    op.create_index("uq_ticket_incident", "ticket", ["incident_id"], unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)
