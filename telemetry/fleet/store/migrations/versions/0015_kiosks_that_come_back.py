"""A request to be let in may come with a certificate that has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("enrolment", sa.Column("shown", sa.String(length=48), server_default="", nullable=False))
