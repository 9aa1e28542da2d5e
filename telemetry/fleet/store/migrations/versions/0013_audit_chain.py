"""The audit as a chain, with signed anchors; how the key that signs them was turned."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from telemetry.fleet.accounts.audit_chain import GENESIS, sealed  # a form that never changes, which is why it may be used here
from telemetry.fleet.store.schema.columns import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1_000


def upgrade() -> None:
    """Apply."""
    op.add_column("audit", sa.Column("place", sa.BigInteger(), nullable=True))
    op.add_column("audit", sa.Column("hash", sa.String(length=64), nullable=False, server_default=""))
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("pruned_place", sa.BigInteger(), nullable=False),
        sa.Column("pruned_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.create_table(
        "key_document",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("old_key", sa.String(length=64), nullable=False),
        sa.Column("new_key", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_document")),
        sa.UniqueConstraint("old_key", name=op.f("uq_key_document_old_key")),
    )
    op.create_table(
        "kiosk_key",
        sa.Column("county", sa.String(length=32), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("county", "kiosk", name=op.f("pk_kiosk_key")),
    )
    op.create_index("ix_kiosk_key_key", "kiosk_key", ["key"], unique=False)
    _chain(op.get_bind())
    op.create_index("ix_audit_place", "audit", ["place"], unique=True)


def _chain(connection: sa.Connection) -> None:
    """Seal what was written before there was a chain, in the order it was written."""
    texts = [
        sa.column(name, sa.String) for name in ("by", "role", "address", "act", "result", "county", "kiosk", "about", "detail")
    ]
    number, place = sa.column("id", sa.Integer), sa.column("place", sa.BigInteger)
    audit = sa.table("audit", number, sa.column("at", UtcDateTime), place, sa.column("hash", sa.String), *texts)
    last, before, count = 0, GENESIS, 0
    while True:
        some = sa.select(audit).where(number > last).order_by(number).limit(ROWS_AT_ONCE)
        found = connection.execute(some).mappings().all()
        changes: list[dict[str, Any]] = []
        for row in found:
            count += 1
            before = sealed(before, count, dict(row))
            changes.append({"its": row["id"], "its_place": count, "its_hash": before})
        if changes:
            sealing = sa.update(audit).where(number == sa.bindparam("its"))
            connection.execute(sealing.values(place=sa.bindparam("its_place"), hash=sa.bindparam("its_hash")), changes)
            last = found[-1]["id"]
        if len(found) < ROWS_AT_ONCE:
            break
    if count:
        chain = sa.table("audit_chain", *(sa.column(name) for name in ("id", "place", "hash", "pruned_place", "pruned_hash")))
        connection.execute(sa.insert(chain).values(id=1, place=count, hash=before, pruned_place=0, pruned_hash=GENESIS))
