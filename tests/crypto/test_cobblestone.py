"""The public vectors of Cobblestone-256, read from where they are kept; in CI they must be there."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor
from cryptography.exceptions import InvalidTag

from tests.vectors import reference

SHARED = Path(os.environ.get("BIDROOM_SHARED", Path(__file__).parents[3] / "shared"))
FILE = SHARED / "vectors" / "chunked-encryption-aes-256-gcm.json"


def cases() -> list[Any]:
    if not FILE.exists():
        reason = f"the public Cobblestone-256 vectors are not at {FILE} (set BIDROOM_SHARED)"
        return [pytest.param(None, id="missing", marks=pytest.mark.skip(reason=reason))]
    groups = json.loads(FILE.read_text("utf-8"))["testGroups"]
    return [pytest.param(case, id=f"{case['tcId']}: {case['comment']}") for group in groups for case in group["tests"]]


def decrypted(case: dict[str, Any]) -> bytes:
    cipher = zlib.decompress(bytes.fromhex(case["ct"]))
    decryptor = Cobblestone256Decryptor(bytes.fromhex(case["key"]), bytes.fromhex(case["ctx"]))
    plain = [decryptor.update(cipher[start : start + 1048576]) for start in range(0, len(cipher), 1048576)]
    return b"".join(plain) + decryptor.finalize()


@pytest.mark.parametrize("case", cases())
def test_public_vector(case: dict[str, Any]) -> None:
    if case["result"] == "invalid":
        with pytest.raises((InvalidTag, ValueError)):
            decrypted(case)
        return
    plain = decrypted(case)
    assert (len(plain), hashlib.sha512(plain).hexdigest()) == (case["msgLength"], case["msgSha512"])
    cipher = zlib.decompress(bytes.fromhex(case["ct"]))
    key, context = bytes.fromhex(case["key"]), bytes.fromhex(case["ctx"])
    assert reference.cobblestone(key, context, cipher[:24], plain) == cipher
