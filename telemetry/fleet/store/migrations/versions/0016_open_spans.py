"""The span that is now is found by its kiosk, not among all that have not ended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OPEN = sa.text("ends_at IS NULL")


def upgrade() -> None:
    """Apply."""
    columns = ["county", "kiosk"]
    op.create_index("ix_condition_span_open", "condition_span", columns, postgresql_where=OPEN, sqlite_where=OPEN)
