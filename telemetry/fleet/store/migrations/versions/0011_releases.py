"""Releases and rollouts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "release",
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("python", sa.String(length=8), nullable=False),
        sa.Column("wheels", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("unpacked_bytes", sa.BigInteger(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("launcher", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False, server_default=""),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_release")),
    )
    op.create_table(
        "kiosk_release",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("running", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_kiosk_release")),
    )
    op.create_index("ix_kiosk_release_version", "kiosk_release", ["version", "state"])
    _add_rollouts()


def _add_rollouts() -> None:
    op.create_table(
        "rollout",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("ring_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rings", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("started_by", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wish", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("wished_by", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=400), nullable=False, server_default=""),
        sa.Column("health_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollout")),
    )
    op.create_index("ix_rollout_county", "rollout", ["county", "started_at"])
    is_open = sa.text("over_at IS NULL")
    op.create_index("uq_rollout_open", "rollout", ["county"], unique=True, sqlite_where=is_open, postgresql_where=is_open)
    op.create_table(
        "rollout_kiosk",
        sa.Column("rollout_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("likeness", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("rollout_id", "county", "kiosk", name=op.f("pk_rollout_kiosk")),
    )
    op.create_index("ix_rollout_kiosk_kiosk", "rollout_kiosk", ["county", "kiosk"])
    op.create_table(
        "rollout_line",
        sa.Column("rollout_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("detail", sa.String(length=400), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("rollout_id", "number", name=op.f("pk_rollout_line")),
    )
    op.create_table(
        "wanted_release",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rollout_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_wanted_release")),
    )
    op.create_index("ix_wanted_release_decided", "wanted_release", ["decided_at"])
