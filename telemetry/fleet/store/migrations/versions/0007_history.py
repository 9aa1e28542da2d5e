"""Conditions as spans, and days counted together."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SO_FAR = sa.text(
    "INSERT INTO condition_span (county, kiosk, begins_at, condition, offered, total)"
    " SELECT county, kiosk, condition_since, condition, services_offered, services_total FROM kiosk"
)
"""Every kiosk already known is in some condition; without a span of now its history would begin with its next change."""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "condition_span",
        *_kiosk(),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "begins_at", name=op.f("pk_condition_span")),
    )
    op.create_index("ix_condition_span_ends", "condition_span", ["ends_at"], unique=False)
    op.execute(SO_FAR)
    op.create_table(
        "watch_gap",
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("begins_at", name=op.f("pk_watch_gap")),
    )
    op.create_table(
        "health_day",
        *_kiosk(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open_s", sa.Float(), nullable=False),
        sa.Column("full_s", sa.Float(), nullable=False),
        sa.Column("part_s", sa.Float(), nullable=False),
        sa.Column("none_s", sa.Float(), nullable=False),
        sa.Column("unknown_s", sa.Float(), nullable=False),
        sa.Column("planned_s", sa.Float(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "day", name=op.f("pk_health_day")),
    )
    op.create_index("ix_health_day_day", "health_day", ["day"], unique=False)
    op.create_table(
        "visit_day",
        *_kiosk(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "day", "hour", "service", "outcome", name=op.f("pk_visit_day")),
    )
    op.create_index("ix_visit_day_day", "visit_day", ["day"], unique=False)
    op.create_table(
        "healing_day",
        *_kiosk(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "day", "device", "code", "rung", "outcome", name=op.f("pk_healing_day")),
    )
    op.create_index("ix_healing_day_day", "healing_day", ["day"], unique=False)
    op.create_table(
        "roll_up",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("county", sa.String(length=32), server_default="", nullable=False),
        sa.Column("kiosk", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roll_up")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("roll_up")
    op.drop_index("ix_healing_day_day", table_name="healing_day")
    op.drop_table("healing_day")
    op.drop_index("ix_visit_day_day", table_name="visit_day")
    op.drop_table("visit_day")
    op.drop_index("ix_health_day_day", table_name="health_day")
    op.drop_table("health_day")
    op.drop_table("watch_gap")
    op.drop_index("ix_condition_span_ends", table_name="condition_span")
    op.drop_table("condition_span")


def _kiosk() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
    )
