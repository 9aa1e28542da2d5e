"""The first tables: kiosks, their devices, alarms, and every numbered message."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("remedy", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint(
            "county", "kiosk", "device", "code", "raised_at", name=op.f("uq_alarm_county_kiosk_device_code_raised_at")
        ),
    )
    op.create_index("ix_alarm_open", "alarm", ["cleared_at", "county", "kiosk"])

    op.create_table(
        "device",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplies", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.String(length=400), nullable=False),
        sa.Column("model", sa.String(length=400), nullable=False),
        sa.Column("port", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "device", name=op.f("pk_device")),
    )
    op.create_table(
        "kiosk",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("town", sa.String(length=400), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("model", sa.String(length=400), nullable=False),
        sa.Column("release", sa.String(length=400), nullable=False),
        sa.Column("life", sa.BigInteger(), nullable=False),
        sa.Column("birth_seq", sa.BigInteger(), nullable=False),
        sa.Column("stored_seq", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_s", sa.Float(), nullable=False),
        sa.Column("born_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("condition", sa.String(length=16), nullable=False),
        sa.Column("condition_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("services_offered", sa.Integer(), nullable=False),
        sa.Column("services_total", sa.Integer(), nullable=False),
        sa.Column("screen", sa.JSON(), nullable=False),
        sa.Column("screen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_trusted", sa.Boolean(), nullable=False),
        sa.Column("clock_skew_s", sa.Float(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("shed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_kiosk")),
    )
    op.create_table(
        "message",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("life", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hist", sa.Boolean(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", "seq", name=op.f("pk_message")),
    )
    op.create_index("ix_message_recent", "message", ["county", "kiosk", "received_at"])


def downgrade() -> None:
    """Take back."""
    for table in ("message", "kiosk", "device", "alarm"):
        op.drop_table(table)
