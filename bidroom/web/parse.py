"""What comes in over HTTP or a socket, read strictly: a command's exact bytes become a Command, or a named refusal."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from bidroom.crypto.canonical import digest_of, parse_canonical
from bidroom.crypto.shape import Place
from bidroom.facts import Command, Refused, Signed
from bidroom.machine import shape_of
from bidroom.rules import TABLES

COMMAND_LIMIT = 1 << 20
MALFORMED = "command_malformed"
REQUEST = "request_malformed"
ONE_BID, ALL_BIDS, DEPOSIT = "ReleaseShare", "ReleaseHolderShares", "RegisterDeposit"
SECRETS = {ONE_BID: "pieces", ALL_BIDS: "pieces", DEPOSIT: "account"}
"""The member of a body that is taken out of it where it comes in."""
LONGEST_ACCOUNT = 64
MOST_PIECES = 200


def parse_command(data: bytes, cms: bytes | None) -> Command:
    """The command in these canonical bytes; pieces and account numbers lie in `secret` alone.

    Refused: command_malformed with the field, command_unknown.
    """
    at = Place(parse_canonical(data, COMMAND_LIMIT, MALFORMED), MALFORMED).members(
        "v", "id", "stream", "type", "lot", "checkpoint", "body"
    )
    at["v"].one_of(1)
    kind = at["type"].matching("[A-Z][A-Za-z]{2,47}")
    body, secret = split_secret(kind, at["body"])
    shape_of(TABLES, kind).check_body(Place(body, MALFORMED, "body"))
    return Command(
        id=at["id"].hexed(16),
        stream=at["stream"].hexed(16),
        type=kind,
        body=body,
        lot=None if at["lot"].value is None else at["lot"].integer(1, 0xFFFF),
        checkpoint=None if at["checkpoint"].value is None else _checkpoint(at["checkpoint"]),
        digest=digest_of("command", data),
        signed=None if cms is None else Signed("command", data, cms),
        secret=secret,
    )


def _checkpoint(at: Place) -> dict[str, Any]:
    has = at.members("size", "root")
    return {"size": has["size"].integer(), "root": has["root"].hexed(32)}


def split_secret(kind: str, at: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    """A body without what must not reach the log, and that: a release's pieces by digest and j, a payer's account."""
    if not isinstance(at.value, dict):
        raise at.refused("not_an_object")
    name = SECRETS.get(kind)
    if name is None or (name not in at.value and kind == DEPOSIT):
        return at.value, {}
    if name not in at.value:
        raise Place(None, MALFORMED, f"body.{name}").refused("missing")
    place = Place(at.value[name], MALFORMED, f"body.{name}")
    rest = {key: value for key, value in at.value.items() if key != name}
    if kind == DEPOSIT:
        return rest, {name: place.text(LONGEST_ACCOUNT)}
    return rest, {name: {str(rest.get("digest")): _pieces(place)} if kind == ONE_BID else _pieces_by_bid(place)}


def _pieces_by_bid(at: Place) -> dict[str, dict[int, bytes]]:
    if not isinstance(at.value, dict):
        raise at.refused("not_an_object")
    each = {digest: Place(value, MALFORMED, f"body.pieces.{digest}") for digest, value in at.value.items()}
    return {Place(digest, MALFORMED, "body.pieces").hexed(32): _pieces(place) for digest, place in each.items()}


def _pieces(at: Place) -> dict[int, bytes]:
    """[{"j", "piece"}, …], ascending."""
    found: dict[int, bytes] = {}
    for place in at.items(1, MOST_PIECES):
        has = place.members("j", "piece")
        j = has["j"].integer(max(found, default=-1) + 1, 0xFFFF)
        found[j] = bytes.fromhex(has["piece"].hexed(32))
    return found


def members(document: object, *names: str, optional: tuple[str, ...] = ()) -> dict[str, Place]:
    """The members of a JSON request, every one of `names` and no unknown; Refused("request_malformed")."""
    return Place(document, REQUEST).members(*names, optional=optional)


def unbase64(at: Place, limit: int) -> bytes:
    """The bytes of a base64 text, at most `limit` of them."""
    if not isinstance(at.value, str) or len(at.value) > (limit + 2) // 3 * 4:
        raise at.refused("not_base64", limit=limit)
    try:
        return base64.b64decode(at.value, validate=True)
    except (binascii.Error, ValueError):
        raise at.refused("not_base64") from None


def optional_hex(at: Mapping[str, Place], name: str, size: int) -> str | None:
    """Hex of `size` bytes, or None where the member is missing or null."""
    return None if name not in at or at[name].value is None else at[name].hexed(size)


def hex_id(value: str, size: int, field: str) -> str:
    """An id out of a path; Refused("page_unknown") for what can be none."""
    try:
        return Place(value, REQUEST, field).hexed(size)
    except Refused:
        raise Refused("page_unknown", field=field) from None
