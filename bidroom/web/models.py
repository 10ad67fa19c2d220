"""What requests hold, as pydantic models: checked where they enter, and written into the OpenAPI document."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MIB = 1 << 20


def _is_base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return text


def _encoded(limit: int) -> int:
    return (limit + 2) // 3 * 4


Document = Annotated[str, Field(min_length=1, max_length=_encoded(MIB)), AfterValidator(_is_base64)]
Signature = Annotated[str, Field(min_length=1, max_length=_encoded(1 << 14)), AfterValidator(_is_base64)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UserName = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Request(BaseModel):
    """Nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ChallengeAsked(Request):
    """Who wants to log in."""

    account: UserName


class SignedLogin(Request):
    """The challenge's exact bytes, signed (kind "login") by a certificate that is bound to the account."""

    bytes: Document
    cms: Signature
    certificate: Digest


class PasswordLogin(Request):
    """Staff log in by password."""

    account: UserName
    password: Annotated[str, Field(min_length=1, max_length=1024)]


class CommandGiven(Request):
    """A command's canonical JSON {v, id, stream, type, lot, checkpoint, body}, signed (kind "command") if need be."""

    bytes: Document
    cms: Signature | None = None
    certificate: Digest | None = None


class BidGiven(Request):
    """A sealed bid's exact header, signed (kind "header") by the bidder's bound certificate; its parts are here."""

    header: Document
    cms: Signature
    certificate: Digest


class StaffMember(Request):
    """One of a demo centre's staff; `certificate` (base64 DER) lets a supervisor or clerk sign."""

    account: UserName
    password: Annotated[str, Field(min_length=8, max_length=1024)]
    role: Annotated[str, Field(pattern=r"^(clerk|supervisor|auditor)$")]
    name: Text
    certificate: Annotated[str, Field(max_length=_encoded(8192)), AfterValidator(_is_base64)] | None = None


class CentreGiven(Request):
    """A demo's trading centre: authorities (PEM), revocation lists (base64 DER or PEM), staff."""

    ca: Annotated[list[Annotated[str, Field(max_length=MIB)]], Field(max_length=20)] = []
    crl: Annotated[list[Document], Field(max_length=20)] = []
    staff: Annotated[list[StaffMember], Field(max_length=100)] = []


class ClockAsked(Request):
    """Where a demo's clock is to jump, RFC 3339."""

    to: Annotated[str, Field(max_length=40)]


class EventsAsked(BaseModel):
    """Which channel, and the last number that the client holds."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(pattern=r"^(room|own)$")] = "room"
    after: Annotated[int, Field(ge=0)] = 0


class WatchAsked(BaseModel):
    """Which room's page, in which language, and the digests of the two views that the client holds."""

    model_config = ConfigDict(extra="forbid")

    tender: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    language: Literal["zh-CN", "en"] = "zh-CN"
    seat: Literal["", "board"] = ""
    room: Annotated[str, Field(max_length=32)] | None = None
    own: Annotated[str, Field(max_length=32)] | None = None
