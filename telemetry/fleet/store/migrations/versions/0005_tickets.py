"""Tickets, complaints and notices."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "complaint",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("about", sa.String(length=64), server_default="", nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("was_first", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("county", "kiosk", "seq", name=op.f("uq_complaint_county_kiosk_seq")),
    )
    op.create_index("ix_complaint_at", "complaint", ["county", "at"], unique=False)
    op.create_index("ix_complaint_ticket", "complaint", ["ticket_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(length=4000), nullable=False),
        sa.Column("merged", sa.Integer(), server_default="1", nullable=False),
        sa.Column("composed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_channel", "notice", ["channel", "composed_at"], unique=False)
    op.create_index("ix_notice_waiting", "notice", ["sent_at", "not_before"], unique=False)
    op.create_table(
        "notice_told",
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_notice_told")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("area", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=16), nullable=False),
        sa.Column("is_blocking", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("assignee", sa.String(length=64), server_default="", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times_reopened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("parts", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_index("ix_ticket_look_at", "ticket", ["look_at"], unique=False)
    op.create_index("ix_ticket_kiosk", "ticket", ["county", "kiosk", "id"], unique=False)
    op.create_index("ix_ticket_open", "ticket", ["closed_at", "county", "kiosk"], unique=False)
    op.create_index(
        "ix_ticket_untold",
        "ticket",
        ["id"],
        unique=False,
        sqlite_where=sa.text("told_version < version"),
        postgresql_where=sa.text("told_version < version"),
    )
    op.create_index(
        "uq_ticket_open",
        "ticket",
        ["county", "kiosk"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "ticket_act",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("note", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "version", name=op.f("pk_ticket_act")),
    )
    op.create_index("ix_ticket_act_at", "ticket_act", ["at"], unique=False)
    op.create_table(
        "ticket_cause",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("remedy", sa.String(length=16), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "device", "code", name=op.f("pk_ticket_cause")),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("ticket_cause", "ticket_act", "ticket", "notice_told", "notice", "complaint"):
        op.drop_table(table)
