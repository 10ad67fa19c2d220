"""Notices and amendments that wait for the tenderee's signature."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "prepared",
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("tenderee", sa.String(), nullable=False, comment="the organization that is to sign"),
        sa.Column("kind", sa.String(), nullable=False, comment="notice or amendment"),
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of the timeline, which names H(terms)"),
        sa.Column("terms", sa.LargeBinary(), nullable=True, comment="exact bytes; null with an amendment"),
        sa.Column("timeline", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="of an amendment"),
        sa.Column("terms_cms", sa.LargeBinary(), nullable=True),
        sa.Column("timeline_cms", sa.LargeBinary(), nullable=True),
        sa.Column("prepared_at", sa.String(), nullable=False),
        sa.Column("signed_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tender", name=op.f("pk_prepared")),
    )
    op.create_index(op.f("ix_prepared_tenderee"), "prepared", ["tenderee"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_prepared_tenderee"), table_name="prepared")
    op.drop_table("prepared")
