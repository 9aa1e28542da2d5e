"""Who belongs to the bureau: serials, codes, certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "machine_serial",
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), server_default="", nullable=False),
        sa.Column("village", sa.String(length=64), server_default="", nullable=False),
        sa.Column("model", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_machine_serial")),
    )
    op.create_index("ix_machine_serial_kiosk", "machine_serial", ["county", "kiosk"], unique=False)
    op.create_index("ix_machine_serial_state", "machine_serial", ["state", "county"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by_key", sa.String(length=64), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contested_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_one_time_code")),
        sa.UniqueConstraint("hint", name=op.f("uq_one_time_code_hint")),
    )
    op.create_index("ix_one_time_code_serial", "one_time_code", ["serial", "made_at"], unique=False)
    op.create_index("ix_one_time_code_expires", "one_time_code", ["expires_at"], unique=False)
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("key_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("csr", sa.Text(), nullable=False),
        sa.Column("hardware", sa.String(length=64), server_default="", nullable=False),
        sa.Column("release", sa.String(length=64), server_default="", nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=32), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("certificate", sa.String(length=48), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_code_hash")),
    )
    op.create_index(
        "ix_enrolment_pending", "enrolment", ["asked_at"], unique=False, sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_index("ix_enrolment_kiosk", "enrolment", ["county", "kiosk"], unique=False)
    op.create_table(
        "kiosk_identity",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("hardware", sa.String(length=64), server_default="", nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_kiosk_identity")),
    )
    op.create_index(op.f("ix_kiosk_identity_serial"), "kiosk_identity", ["serial"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("number", sa.String(length=48), nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("serial", sa.String(length=48), nullable=False),
        sa.Column("key_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("followed_by", sa.String(length=48), server_default="", nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_why", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate")),
    )
    op.create_index("ix_certificate_kiosk", "certificate", ["county", "kiosk", "issued_at"], unique=False)
    op.create_index("ix_certificate_valid", "certificate", ["valid_until"], unique=False)


def downgrade() -> None:
    """Take back."""
    for table in ("certificate", "kiosk_identity", "enrolment", "one_time_code", "machine_serial"):
        op.drop_table(table)
