"""Who somebody is: accounts by user name, sessions by token, and the actor that both give, fresh for every command."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bidroom.dispatch import Door
from bidroom.facts import CENTRE, Actor, Refused, Role, instant, rfc3339
from bidroom.storage.database import reading, writing
from bidroom.storage.tables import ACCOUNTS, CLAIMS, SESSIONS

HASHER = PasswordHasher()
NOBODY = HASHER.hash(secrets.token_hex(16))
"""What the password of an unknown account is compared with, so that it takes as long."""
LONGEST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class Person:
    """One account: whose stream it lies in, what it is called there, and its staff roles."""

    user: str
    name: str
    stream: str
    organization: str | None
    staff: frozenset[Role]
    bindings: Any

    def actor(self, certificate: str | None = None) -> Actor:
        """This person acting, with a certificate that must be bound to it now.

        Refused: certificate_unbound, certificate_not_the_bound_one.
        """
        binding = None if certificate is None else self.binding(certificate).entry
        return Actor(self.organization, self.user, Role.ANYONE, certificate, binding, self.staff)

    def binding(self, certificate: str) -> Any:
        """The binding in force of this certificate to this person; Refused as `actor` is."""
        found = self.bindings.get(certificate)
        if found is not None and found.state == "bound" and found.user == self.user:
            return found
        if any(each.state == "bound" and each.user == self.user for each in self.bindings.values()):
            raise Refused("certificate_not_the_bound_one", field="certificate")
        raise Refused("certificate_unbound", field="certificate")


@dataclass(frozen=True, slots=True)
class Session:
    """One login: its token, whose it is, the certificate that logged in, and until when it holds if it is not used."""

    token: str
    user: str
    certificate: str | None
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts at most, and how long unused."""

    longest: timedelta
    idle: timedelta

    def until(self, created: datetime, used: datetime) -> datetime:
        """When a session ends that is not used again."""
        return min(created + self.longest, used + self.idle)

    def is_to_be_kept(self, session: Session, now: datetime) -> bool:
        """Whether a use now is worth writing down: a tenth of the idle time has gone."""
        return self.until(session.created, now) - session.expires > self.idle / 10


class People:
    """Accounts and sessions. What writes belongs off the hub."""

    def __init__(self, engine: sa.Engine, door: Door, secret: bytes, lifetime: Lifetime) -> None:
        self._engine = engine
        self._door = door
        self._secret = secret
        self.lifetime = lifetime

    # --- accounts

    def person(self, user: str) -> Person | None:
        """The person of this user name, as the streams have it now."""
        stream = self.stream_of("account", user)
        if stream is None:
            return None
        state = self._door.state(stream)
        if stream == CENTRE:
            member = state["centre"].staff[user]
            return Person(user, member.name, stream, None, frozenset({member.role}), state["centre"].bindings)
        organization = state["organization"]
        return Person(user, organization.name, stream, stream, frozenset(), organization.bindings)

    def stream_of(self, kind: str, key: str) -> str | None:
        """The stream that claimed this key."""
        found = sa.select(CLAIMS.c.stream).where(CLAIMS.c.kind == kind, CLAIMS.c.key == key)
        with reading(self._engine) as connection:
            stream: str | None = connection.execute(found).scalar_one_or_none()
        return stream

    def set_password(self, user: str, name: str, roles: frozenset[Role], password: str) -> None:
        """Let a member of the staff log in with this password."""
        values = {"name": name, "staff": " ".join(sorted(roles)), "password_hash": HASHER.hash(password)}
        self._account(user, values, renew=True)

    def check_password(self, user: str, password: str) -> bool:
        """Whether it is this account's; as slow for an unknown account. CPU and memory heavy."""
        with reading(self._engine) as connection:
            asked = sa.select(ACCOUNTS.c.password_hash).where(ACCOUNTS.c.username == user)
            kept = connection.execute(asked).scalar_one_or_none()
        try:
            return HASHER.verify(kept or NOBODY, password[:LONGEST_PASSWORD]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def _account(self, user: str, values: dict[str, str], renew: bool = False) -> str:
        with writing(self._engine) as connection:
            found = sa.select(ACCOUNTS.c.id).where(ACCOUNTS.c.username == user)
            account: str | None = connection.execute(found).scalar_one_or_none()
            if account is None:
                account = secrets.token_hex(16)
                connection.execute(sa.insert(ACCOUNTS).values(id=account, username=user, **values))
            elif renew:
                connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == account).values(**values))
        return account

    # --- sessions

    def log_in(self, person: Person, certificate: str | None, now: datetime) -> str:
        """A new session; its token, which only the client keeps."""
        roles = " ".join(sorted(person.staff))
        account = self._account(person.user, {"name": person.name, "staff": roles})
        token = secrets.token_urlsafe(32)
        row = {
            "token": _hashed(token),
            "account": account,
            "certificate": certificate,
            "created": rfc3339(now),
            "expires": rfc3339(self.lifetime.until(now, now)),
        }
        with writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.expires < rfc3339(now)))
            connection.execute(sa.insert(SESSIONS).values(row))
        return token

    def session(self, token: str, now: datetime) -> Session | None:
        """The session of this token, None where it is over or never was."""
        asked = (
            sa.select(ACCOUNTS.c.username, SESSIONS.c.certificate, SESSIONS.c.created, SESSIONS.c.expires)
            .join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.account)
            .where(SESSIONS.c.token == _hashed(token), SESSIONS.c.expires > rfc3339(now))
        )
        with reading(self._engine) as connection:
            row = connection.execute(asked).one_or_none()
        if row is None:
            return None
        return Session(token, row.username, row.certificate, instant(row.created), instant(row.expires))

    def keep(self, session: Session, now: datetime) -> None:
        """It is used: it lasts on."""
        until = rfc3339(self.lifetime.until(session.created, now))
        asked = sa.update(SESSIONS).where(SESSIONS.c.token == _hashed(session.token)).values(expires=until)
        with writing(self._engine) as connection:
            connection.execute(asked)

    def log_out(self, token: str) -> None:
        """End the session of this token."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.token == _hashed(token)))

    def csrf(self, token: str) -> str:
        """What a state-changing request of this session must bring in a header."""
        return hmac.new(self._secret, b"csrf\0" + token.encode(), "sha256").hexdigest()

    def csrf_is(self, token: str, given: str) -> bool:
        """Whether the header is this session's."""
        return hmac.compare_digest(self.csrf(token).encode(), given.encode())


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
