"""What kiosks say becomes occurrences; alarms, incidents, planned maintenance and the register of equipment."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "equipment",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("village", sa.String(length=64), server_default="", nullable=False),
        sa.Column("link", sa.String(length=64), server_default="", nullable=False),
        sa.Column("feeder", sa.String(length=64), server_default="", nullable=False),
        sa.Column("area", sa.String(length=64), server_default="", nullable=False),
        sa.Column("vendor", sa.String(length=64), server_default="", nullable=False),
        sa.Column("batch", sa.String(length=64), server_default="", nullable=False),
        sa.Column("hours", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_equipment")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kiosks", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=400), server_default="", nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("acknowledgement", sa.String(length=400), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_open", "incident", ["ended_at", "county"], unique=False)
    op.create_table(
        "maintenance",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance")),
    )
    op.create_index("ix_maintenance_county", "maintenance", ["county", "ends_at"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
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
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrence")),
        sa.UniqueConstraint(
            "county", "kiosk", "device", "code", "raised_at", name=op.f("uq_occurrence_county_kiosk_device_code_raised_at")
        ),
    )
    op.create_index("ix_occurrence_open", "occurrence", ["cleared_at", "county", "kiosk"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE alarm ALTER COLUMN id TYPE bigint")
        op.execute("ALTER SEQUENCE alarm_id_seq AS bigint")
    op.add_column("alarm", sa.Column("phase", sa.String(length=16), server_default="open", nullable=False))
    op.add_column("alarm", sa.Column("occurrences", sa.Integer(), server_default="1", nullable=False))
    op.add_column("alarm", sa.Column("last_raised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("opens_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("clears_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("is_flapping", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("alarm", sa.Column("flap_score", sa.Float(), server_default="0", nullable=False))
    op.add_column("alarm", sa.Column("flap_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("hushed_by", sa.String(length=16), server_default="", nullable=False))
    op.add_column("alarm", sa.Column("incident_id", sa.Integer(), nullable=True))
    op.add_column("alarm", sa.Column("needs_person", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("alarm", sa.Column("needed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("acknowledged_by", sa.String(length=64), server_default="", nullable=False))
    op.add_column("alarm", sa.Column("acknowledgement", sa.String(length=400), server_default="", nullable=False))
    op.add_column("alarm", sa.Column("shelved_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("shelved_by", sa.String(length=64), server_default="", nullable=False))
    op.add_column("alarm", sa.Column("escalation", sa.Integer(), server_default="0", nullable=False))
    op.add_column("alarm", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_alarm_due_at"), "alarm", ["due_at"], unique=False)
    op.create_index("ix_alarm_phase", "alarm", ["phase", "county", "kiosk"], unique=False)
    op.create_index("ix_alarm_incident", "alarm", ["incident_id"], unique=False)
    op.execute(
        "INSERT INTO occurrence (county, kiosk, device, code, severity, remedy, detail, raised_at, received_at, cleared_at,"
        " cleared_by, cause) SELECT county, kiosk, device, code, severity, remedy, detail, raised_at, received_at, cleared_at,"
        " cleared_by, cause FROM alarm"
    )
    op.execute("UPDATE alarm SET phase = 'cleared' WHERE cleared_at IS NOT NULL")
    op.execute("UPDATE alarm SET last_raised_at = raised_at, opened_at = received_at, gone_at = cleared_at")
    op.execute("UPDATE alarm SET due_at = received_at WHERE cleared_at IS NULL")


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_alarm_incident", table_name="alarm")
    op.drop_index("ix_alarm_phase", table_name="alarm")
    op.drop_index(op.f("ix_alarm_due_at"), table_name="alarm")
    op.drop_column("alarm", "due_at")
    op.drop_column("alarm", "escalation")
    op.drop_column("alarm", "shelved_by")
    op.drop_column("alarm", "shelved_until")
    op.drop_column("alarm", "acknowledgement")
    op.drop_column("alarm", "acknowledged_by")
    op.drop_column("alarm", "acknowledged_at")
    op.drop_column("alarm", "needed_at")
    op.drop_column("alarm", "needs_person")
    op.drop_column("alarm", "incident_id")
    op.drop_column("alarm", "hushed_by")
    op.drop_column("alarm", "flap_at")
    op.drop_column("alarm", "flap_score")
    op.drop_column("alarm", "is_flapping")
    op.drop_column("alarm", "clears_at")
    op.drop_column("alarm", "gone_at")
    op.drop_column("alarm", "opened_at")
    op.drop_column("alarm", "opens_at")
    op.drop_column("alarm", "last_raised_at")
    op.drop_column("alarm", "occurrences")
    op.drop_column("alarm", "phase")
    op.drop_index("ix_occurrence_open", table_name="occurrence")
    op.drop_table("occurrence")
    op.drop_index("ix_maintenance_county", table_name="maintenance")
    op.drop_table("maintenance")
    op.drop_index("ix_incident_open", table_name="incident")
    op.drop_table("incident")
    op.drop_table("equipment")
