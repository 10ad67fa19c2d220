"""Every table of the database, the same for SQLite and PostgreSQL.

No text has a length: a name that is too long is refused by a rule, not by one of the two databases.
Times are RFC 3339 text in UTC with microseconds, which sorts as time does and loses no zone in any database.
The truth is `entries`; what is kept beside it says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the log ---------------------------------------------------------------------------------------------------------

STREAMS = Table(
    "streams",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("root", LargeBinary, nullable=False, comment="RFC 6962 root over all entries"),
    Column("due_at", String, index=True, comment="when the clock must look at it; null: never"),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("stream", String, ForeignKey("streams.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("type", String, nullable=False),
    Column("time", String, nullable=False),
    Column("leaf", LargeBinary, nullable=False, comment="H(0x00 || data)"),
    Column("data", LargeBinary, nullable=False, comment="the entry's exact canonical JSON"),
)

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("stream", String, ForeignKey("streams.id"), primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False, comment="the signed note of this size"),
)

CLAIMS = Table(
    "claims",
    METADATA,
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("stream", String, nullable=False),
)

# --- what became of each command -------------------------------------------------------------------------------------

COMMANDS = Table(
    "commands",
    METADATA,
    Column("id", String, primary_key=True),
    Column("actor", String, primary_key=True, comment="organization/user, or clock"),
    Column("stream", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("count", Integer, nullable=False),
)

REFUSALS = Table(
    "refusals",
    METADATA,
    Column("id", String, primary_key=True),
    Column("actor", String, primary_key=True),
    Column("stream", String, nullable=False),
    Column("type", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("at", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("field", Text),
    Column("details", Text, nullable=False, comment="JSON"),
    Column("seq", Integer, comment="the entry, where the refusal is a fact"),
)

ARRIVALS = Table(
    "arrivals",
    METADATA,
    Column("id", String, primary_key=True),
    Column("actor", String, primary_key=True),
    Column("stream", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("received_at", String, nullable=False),
    Column("decided", Boolean, nullable=False),
    Column("payload", Text, comment="the whole command until it is decided; it may hold pieces"),
)
Index(
    "ix_arrivals_undecided",
    ARRIVALS.c.stream,
    ARRIVALS.c.received_at,
    sqlite_where=sa.text("decided = 0"),
    postgresql_where=sa.text("NOT decided"),
)

# --- released pieces, never in the log -------------------------------------------------------------------------------

PIECES = Table(
    "pieces",
    METADATA,
    Column("stream", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("j", Integer, primary_key=True, autoincrement=False),
    Column("piece", LargeBinary, nullable=False),
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("stream", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("message", String, primary_key=True, comment="SHA-256 of the signed input"),
)

RELEASE_MESSAGES = Table(
    "release_messages",
    METADATA,
    Column("stream", String, primary_key=True),
    Column("message", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("cms", LargeBinary, nullable=False),
)

AUDITOR_ONLY = Table(
    "auditor_only",
    METADATA,
    Column("stream", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# --- ordinary rows ---------------------------------------------------------------------------------------------------

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String, primary_key=True),
    Column("username", String, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("organization", String, index=True),
    Column("user", String, comment="the user in the organization's stream"),
    Column("password_hash", Text, comment="Argon2; null where only a certificate logs in"),
    Column("staff", String, nullable=False, comment="roles, separated by spaces"),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token", String, primary_key=True, comment="SHA-256 of what the client holds"),
    Column("account", String, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("certificate", String, comment="the one that logged in"),
    Column("created", String, nullable=False),
    Column("expires", String, nullable=False),
)

LOGIN_NONCES = Table(
    "login_nonces",
    METADATA,
    Column("nonce", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("expires", String, nullable=False),
    Column("used", Boolean, nullable=False),
)

CERTIFICATES = Table(
    "certificates",
    METADATA,
    Column("digest", String, primary_key=True, comment="SHA-256 of the DER"),
    Column("der", LargeBinary, nullable=False),
)

SEGMENTS = Table(
    "segments",
    METADATA,
    Column("tender", String, primary_key=True),
    Column("organization", String, primary_key=True),
    Column("bid", String, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)

PREPARED = Table(
    "prepared",
    METADATA,
    Column("tender", String, primary_key=True),
    Column("tenderee", String, nullable=False, index=True, comment="the organization that is to sign"),
    Column("kind", String, nullable=False, comment="notice or amendment"),
    Column("digest", String, nullable=False, comment="SHA-256 of the timeline, which names H(terms)"),
    Column("terms", LargeBinary, comment="exact bytes; null with an amendment"),
    Column("timeline", LargeBinary, nullable=False),
    Column("reason", Text, comment="of an amendment"),
    Column("terms_cms", LargeBinary),
    Column("timeline_cms", LargeBinary),
    Column("prepared_at", String, nullable=False),
    Column("signed_at", String),
)

META = Table(
    "meta",
    METADATA,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)
