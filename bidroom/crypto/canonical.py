"""Exact bytes: canonical JSON (RFC 8785) without floats, and the digests that are taken over it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

import rfc8785

from bidroom.facts import Refused

PREFIX = b"bidroom/v1/"


class _Float:
    """Stands for a number that is no integer, until its place in the document is known."""

    cause = "float"


class _Repeated(dict[str, Any]):
    """Stands for an object that names one key twice."""

    cause = "duplicate_key"


def canonical(value: Any) -> bytes:
    """The RFC 8785 form of `value`; floats, unsafe integers and lone surrogates raise Refused("json_malformed")."""
    try:
        if (fault := _fault(value)) is not None:
            raise Refused("json_malformed", field=fault[0] or None, cause=fault[1])
        return rfc8785.dumps(value)
    except RecursionError:
        raise Refused("json_malformed", cause="too_deep") from None


def parse_canonical(data: bytes, limit: int, reason: str) -> Any:
    """The value of canonical JSON of at most `limit` bytes.

    Anything else raises Refused(reason), with the field where there is one and a `cause`:
    oversize, not_utf8, not_json, too_deep, duplicate_key, float, number, surrogate, not_canonical.
    """
    if len(data) > limit:
        raise Refused(reason, cause="oversize", limit=limit)
    value = _load(data, reason)
    try:
        if (fault := _fault(value)) is not None:
            raise Refused(reason, field=fault[0] or None, cause=fault[1])
        same = rfc8785.dumps(value) == data
    except RecursionError:
        raise Refused(reason, cause="too_deep") from None
    if not same:
        raise Refused(reason, cause="not_canonical")
    return value


def _load(data: bytes, reason: str) -> Any:
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_float=_a_float, parse_constant=_a_float
        )
    except UnicodeDecodeError:
        raise Refused(reason, cause="not_utf8") from None
    except RecursionError:
        raise Refused(reason, cause="too_deep") from None
    except ValueError:
        raise Refused(reason, cause="not_json") from None


def _a_float(_: str) -> _Float:
    return _Float()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return _Repeated({twice: members[twice]})


def _fault(value: Any, path: str = "") -> tuple[str, str] | None:
    """The first place that RFC 8785 or our own stricter rules do not allow, and why; None when there is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if _is_unicode(value) else (path, "surrogate")
    if isinstance(value, int):
        return None if abs(value) < 2**53 else (path, "number")
    if isinstance(value, (list, tuple)):
        return next((f for i, item in enumerate(value) if (f := _fault(item, f"{path}[{i}]"))), None)
    if isinstance(value, _Repeated):
        key = next(iter(value))
        return (_join(path, key), _Repeated.cause) if _is_unicode(key) else (path, "surrogate")
    if isinstance(value, dict):
        return next((f for key, item in value.items() if (f := _member_fault(key, item, path))), None)
    return (path, "float" if isinstance(value, (float, _Float)) else "not_json")


def _member_fault(key: Any, item: Any, path: str) -> tuple[str, str] | None:
    if not isinstance(key, str) or not _is_unicode(key):
        return (path, "not_json" if not isinstance(key, str) else "surrogate")
    return _fault(item, _join(path, key))


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def signed_input(kind: str, data: bytes) -> bytes:
    """What is hashed and signed everywhere: "bidroom/v1/" ‖ kind ‖ "\\0" ‖ data."""
    return PREFIX + kind.encode("ascii") + b"\0" + data


def digest_of(kind: str, data: bytes) -> str:
    """SHA-256 in hex over the tagged bytes: a bid's name (kind "bid"), H(command) (kind "command")."""
    return sha256_hex(signed_input(kind, data))


def sha256_hex(data: bytes) -> str:
    """SHA-256 in lowercase hex."""
    return hashlib.sha256(data).hexdigest()
