"""The log, what became of each command, pieces, and the ordinary rows beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organization", sa.String(), nullable=True),
        sa.Column("user", sa.String(), nullable=True, comment="the user in the organization's stream"),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="Argon2; null where only a certificate logs in"),
        sa.Column("staff", sa.String(), nullable=False, comment="roles, separated by spaces"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("username", name=op.f("uq_accounts_username")),
    )
    op.create_index(op.f("ix_accounts_organization"), "accounts", ["organization"], unique=False)
    op.create_table(
        "arrivals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("received_at", sa.String(), nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.Column(
            "payload", sa.Text(), nullable=True, comment="the whole command until it is decided; it may hold pieces"
        ),
        sa.PrimaryKeyConstraint("id", "actor", name=op.f("pk_arrivals")),
    )
    op.create_index(
        "ix_arrivals_undecided",
        "arrivals",
        ["stream", "received_at"],
        unique=False,
        sqlite_where=sa.text("decided = 0"),
        postgresql_where=sa.text("NOT decided"),
    )
    op.create_table(
        "auditor_only",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "name", name=op.f("pk_auditor_only")),
    )
    op.create_table(
        "certificates",
        sa.Column("digest", sa.String(), nullable=False, comment="SHA-256 of the DER"),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_certificates")),
    )
    op.create_table(
        "claims",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_claims")),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False, comment="organization/user, or clock"),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "actor", name=op.f("pk_commands")),
    )
    op.create_table(
        "login_nonces",
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_login_nonces")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "pieces",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("j", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("piece", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "digest", "j", name=op.f("pk_pieces")),
    )
    op.create_table(
        "refusals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("seq", sa.Integer(), nullable=True, comment="the entry, where the refusal is a fact"),
        sa.PrimaryKeyConstraint("id", "actor", name=op.f("pk_refusals")),
    )
    op.create_table(
        "release_messages",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("cms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "message", name=op.f("pk_release_messages")),
    )
    op.create_table(
        "releases",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False, comment="SHA-256 of the signed input"),
        sa.PrimaryKeyConstraint("stream", "digest", "message", name=op.f("pk_releases")),
    )
    op.create_table(
        "segments",
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("bid", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "organization", "bid", "part", "number", name=op.f("pk_segments")),
    )
    op.create_table(
        "streams",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False, comment="RFC 6962 root over all entries"),
        sa.Column("due_at", sa.String(), nullable=True, comment="when the clock must look at it; null: never"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_streams")),
    )
    op.create_index(op.f("ix_streams_due_at"), "streams", ["due_at"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False, comment="the signed note of this size"),
        sa.ForeignKeyConstraint(["stream"], ["streams.id"], name=op.f("fk_checkpoints_stream")),
        sa.PrimaryKeyConstraint("stream", "size", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "entries",
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("time", sa.String(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False, comment="H(0x00 || data)"),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="the entry's exact canonical JSON"),
        sa.ForeignKeyConstraint(["stream"], ["streams.id"], name=op.f("fk_entries_stream")),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_entries")),
    )
    op.create_table(
        "sessions",
        sa.Column("token", sa.String(), nullable=False, comment="SHA-256 of what the client holds"),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("certificate", sa.String(), nullable=True, comment="the one that logged in"),
        sa.Column("created", sa.String(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_account"), "sessions", ["account"], unique=False)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_sessions_account"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_table("entries")
    op.drop_table("checkpoints")
    op.drop_index(op.f("ix_streams_due_at"), table_name="streams")
    op.drop_table("streams")
    op.drop_table("segments")
    op.drop_table("releases")
    op.drop_table("release_messages")
    op.drop_table("refusals")
    op.drop_table("pieces")
    op.drop_table("meta")
    op.drop_table("login_nonces")
    op.drop_table("commands")
    op.drop_table("claims")
    op.drop_table("certificates")
    op.drop_table("auditor_only")
    op.drop_index(
        "ix_arrivals_undecided",
        table_name="arrivals",
        sqlite_where=sa.text("decided = 0"),
        postgresql_where=sa.text("NOT decided"),
    )
    op.drop_table("arrivals")
    op.drop_index(op.f("ix_accounts_organization"), table_name="accounts")
    op.drop_table("accounts")
