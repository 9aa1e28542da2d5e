"""Conditions as spans, and days counted together."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "condition_span",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "begins_at", name=op.f("pk_condition_span")),
    )
    op.create_index("ix_condition_span_ends", "condition_span", ["ends_at"], unique=False)
    op.create_table(
        "health_day",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open_s", sa.Float(), nullable=False),
        sa.Column("full_s", sa.Float(), nullable=False),
        sa.Column("part_s", sa.Float(), nullable=False),
        sa.Column("none_s", sa.Float(), nullable=False),
        sa.Column("unknown_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "day", name=op.f("pk_health_day")),
    )
    op.create_table(
        "visit_day",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "day", "service", "outcome", name=op.f("pk_visit_day")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("visit_day")
    op.drop_table("health_day")
    op.drop_index("ix_condition_span_ends", table_name="condition_span")
    op.drop_table("condition_span")
