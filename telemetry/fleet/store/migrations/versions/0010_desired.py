"""What each kiosk should be: layers, documents, what it reported."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "config_layer",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("locked", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_config_layer")),
    )
    op.create_table(
        "config_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settings_before", sa.JSON(), nullable=False),
        sa.Column("locked_before", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("locked", sa.JSON(), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kiosks", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_change")),
    )
    op.create_index("ix_config_change_state", "config_change", ["state"], unique=False)
    op.create_table(
        "config_city",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("city", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("county", name=op.f("pk_config_city")),
    )
    op.create_table(
        "desired",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("release", sa.String(length=64), server_default="", nullable=False),
        sa.Column("release_not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("said_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("said_state", sa.String(length=16), server_default="", nullable=False),
        sa.Column("said_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_desired")),
    )
    op.create_index("ix_desired_tell_at", "desired", ["tell_at"], unique=False)
    op.create_index("ix_desired_change", "desired", ["change_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_desired_change", table_name="desired")
    op.drop_index("ix_desired_tell_at", table_name="desired")
    op.drop_table("desired")
    op.drop_table("config_city")
    op.drop_index("ix_config_change_state", table_name="config_change")
    op.drop_table("config_change")
    op.drop_table("config_layer")
