"""Vectors of documents: canonical JSON, terms, timelines, bid forms, headers; accepted and refused with the place."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from typing import Any

from tests.vectors import actors
from tests.vectors import reference as ref
from tests.vectors.actors import BID, COMMITTEE_BID, RIVAL_CERTIFICATE, RIVALS_BID

Cases = list[dict[str, Any]]
Change = Callable[[Any], object]


def refuse(reason: str, field: str | None = None, **more: Any) -> dict[str, Any]:
    return {"reason": reason, "field": field, **more}


def canonical() -> Cases:
    bad = {
        "a float": ('{"a":[1,2.5]}', "a[1]", "float"),
        "a float that is whole": ('{"a":1.0}', "a", "float"),
        "an exponent": ('{"a":1e3}', "a", "float"),
        "not a number": ('{"a":NaN}', "a", "float"),
        "a number too large": ('{"a":9007199254740992}', "a", "number"),
        "minus zero": ('{"a":-0}', None, "not_canonical"),
        "a key twice": ('{"a":1,"a":1}', "a", "duplicate_key"),
        "a key twice, deeper": ('{"b":[{"c":1,"c":2}]}', "b[0].c", "duplicate_key"),
        "a blank": ('{"a": 1}', None, "not_canonical"),
        "keys out of order": ('{"b":1,"a":1}', None, "not_canonical"),
        "an escape not needed": ('{"a":"\\u0041"}', None, "not_canonical"),
        "a solidus escaped": ('{"a":"\\/"}', None, "not_canonical"),
        "half a pair": ('{"a":"\\ud800"}', "a", "surrogate"),
        "bytes after it": ('{"a":1}\n', None, "not_canonical"),
        "two documents": ("{}{}", None, "not_json"),
        "nothing": ("", None, "not_json"),
        "a byte order mark": ("\ufeff{}", None, "not_json"),
        "too deep": ("[" * 100_000, None, "too_deep"),
    }
    good = {
        "empty": "{}",
        "sorted by UTF-16": '{"\U0001f600":1,"ﬀ":2}',
        "Chinese": '{"名":"工期"}',
        "escapes": '{"a":"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u001f\u007f"}',
        "largest": '{"a":9007199254740991,"b":-9007199254740991}',
    }
    return [
        *({"name": name, "text": text, "accept": {}} for name, text in good.items()),
        *(
            {"name": name, **_text(text), "refuse": refuse("vector_malformed", field, cause=cause)}
            for name, (text, field, cause) in bad.items()
        ),
        {
            "name": "not UTF-8",
            "base64": base64.b64encode(b'{"a":"\xff"}').decode(),
            "refuse": refuse("vector_malformed", cause="not_utf8"),
        },
        {
            "name": "oversize",
            "text": '"',
            "then": {"text": "a", "times": 1_048_576},
            "refuse": refuse("vector_malformed", cause="oversize"),
        },
    ]


def _text(text: str) -> dict[str, Any]:
    return {"text": "", "then": {"text": text[0], "times": len(text)}} if len(text) > 10_000 else {"text": text}


def _changed(document: Any, change: Change) -> str:
    copied = copy.deepcopy(document)
    change(copied)
    return ref.json_bytes(copied).decode()


def _put(*path: Any) -> Change:
    """Put the last argument where the others lead to."""

    def change(document: Any) -> None:
        for step in path[:-2]:
            document = document[step]
        document[path[-2]] = path[-1]

    return change


def _drop(*path: Any) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


def terms() -> Cases:
    base, bid = actors.terms(), "terms_malformed"
    key, second = base["slots"][1]["holders"][0]["key"], base["slots"][1]["holders"][1]["key"]
    form = base["lots"][0]["form"]
    bad: dict[str, tuple[Change, str]] = {
        "unknown member": (_put("more", 1), "more"),
        "missing member": (_drop("agent"), "agent"),
        "another version": (_put("v", 2), "v"),
        "true for one": (_put("v", True), "v"),
        "unknown suite": (_put("suite", 2), "suite"),
        "an id too short": (_put("tender", "00"), "tender"),
        "an id in capitals": (_put("tender", "AB" * 16), "tender"),
        "no title": (_put("title", ""), "title"),
        "a title of two lines": (_put("title", "a\nb"), "title"),
        "unknown method": (_put("decryption", "none"), "decryption"),
        "no minimum": (_put("minimum", 0), "minimum"),
        "a rule pack with a path": (_put("rule_pack", "../x"), "rule_pack"),
        "slots of another method": (_put("decryption", "joint-gated"), "slots"),
        "a slot renamed": (_put("slots", 1, "name", "gate"), "slots[1].name"),
        "the bidder's keys in the terms": (
            _put("slots", 0, "holders", [base["slots"][1]["holders"][0]]),
            "slots[0].holders",
        ),
        "two of the tenderee's keys needed": (_put("slots", 1, "needed", 2), "slots[1].needed"),
        "nobody in a slot": (_put("slots", 1, "holders", []), "slots[1].holders"),
        "a key that is none": (_put("slots", 1, "holders", 0, "key", key[:-2]), "slots[1].holders[0].key"),
        "a key beside the curve": (_put("slots", 1, "holders", 0, "key", key[:-2] + "00"), "slots[1].holders[0].key"),
        "a key held twice": (_put("slots", 1, "holders", 0, "key", second), "slots"),
        "no lots": (_put("lots", []), "lots"),
        "lots out of order": (_put("lots", 0, "no", 2), "lots[0].no"),
        "money as a number": (_put("lots", 0, "deposit", 800000), "lots[0].deposit"),
        "money with three decimals": (_put("lots", 0, "control_price", "1.000"), "lots[0].control_price"),
        "negative money": (_put("lots", 0, "control_price", "-1"), "lots[0].control_price"),
        "price defined again": (_put("lots", 0, "form", 0, "key", "price"), "lots[0].form[0]"),
        "an item twice": (_put("lots", 0, "form", [form[0], form[0]]), "lots[0].form[1]"),
        "an item of no type": (_put("lots", 0, "form", 0, "type", "date"), "lots[0].form[0].type"),
        "a label in one language": (_drop("lots", 0, "form", 0, "label", "en"), "lots[0].form[0].label.en"),
        "a draw of a lot that is not there": (
            _put("draws", [{"name": "下浮率", "options": ["5%", "6%"], "lot": 3}]),
            "draws[0].lot",
        ),
        "a draw of one": (_put("draws", [{"name": "下浮率", "options": ["5%"], "lot": 1}]), "draws[0].options"),
        "the tenderee without a certificate": (_drop("tenderee", "certificate"), "tenderee.certificate"),
    }
    good = {
        "joint": base,
        "committee": actors.committee_terms(),
        "no agent": base | {"agent": None},
        "a draw": base | {"draws": [{"name": "下浮率", "options": ["5.0%", "5.5%"], "lot": 1}]},
    }
    return [
        *(
            {
                "name": name,
                "text": ref.json_bytes(document).decode(),
                "accept": {"digest": ref.sha256(ref.json_bytes(document)).hex()},
            }
            for name, document in good.items()
        ),
        *(
            {"name": name, "text": _changed(base, change), "refuse": refuse(bid, field)}
            for name, (change, field) in bad.items()
        ),
    ]


def timelines() -> Cases:
    base: dict[str, Any] = {
        "v": 1,
        "tender": actors.TENDER,
        "terms": ref.sha256(ref.json_bytes(actors.terms())).hex(),
        "version": 1,
        "previous": None,
        "hosts": [{"organization": "11" * 16, "name": "代理"}, {"organization": "22" * 16, "name": "副"}],
        "documents": {"from": "2026-08-28T09:00:00+08:00", "to": "2026-09-04T17:00:00+08:00"},
        "clarifications": "2026-09-03T09:00:00+08:00",
        "sign_in": "2026-09-18T08:00:00+08:00",
        "deadline": "2026-09-18T09:00:00+08:00",
        "witnesses": [],
        "quorum": 0,
        "windows": {"release": 1800, "closing": 1800, "last_call": 600, "confirming": 900},
    }
    bad: dict[str, tuple[Change, str]] = {
        "unknown member": (_put("more", 1), "more"),
        "missing member": (_drop("quorum"), "quorum"),
        "a time without zone": (_put("deadline", "2026-09-18T09:00:00"), "deadline"),
        "a time that is none": (_put("deadline", "tomorrow"), "deadline"),
        "a time as a number": (_put("deadline", 1), "deadline"),
        "sign-in after the deadline": (_put("sign_in", "2026-09-18T09:00:01+08:00"), "sign_in"),
        "clarifications after the deadline": (_put("clarifications", "2026-09-19T09:00:00+08:00"), "clarifications"),
        "documents end before they begin": (_put("documents", "to", "2026-08-27T09:00:00+08:00"), "documents.to"),
        "no host": (_put("hosts", []), "hosts"),
        "a host twice": (_put("hosts", 1, "organization", "11" * 16), "hosts"),
        "a window of no length": (_put("windows", "release", 0), "windows.release"),
        "a window in words": (_put("windows", "release", "30m"), "windows.release"),
        "version two without the one before": (_put("version", 2), "previous"),
        "version one after another": (_put("previous", "00" * 32), "previous"),
        "a quorum of witnesses that are not there": (_put("quorum", 1), "quorum"),
    }
    amended = base | {"version": 2, "previous": ref.sha256(ref.json_bytes(base)).hex()}
    return [
        *(
            {
                "name": name,
                "text": ref.json_bytes(document).decode(),
                "accept": {
                    "digest": ref.sha256(ref.json_bytes(document)).hex(),
                    "deadline": "2026-09-18T01:00:00.000000Z",
                },
            }
            for name, document in {"the first": base, "amended": amended}.items()
        ),
        *(
            {"name": name, "text": _changed(base, change), "refuse": refuse("timeline_malformed", field)}
            for name, (change, field) in bad.items()
        ),
    ]


def forms() -> Cases:
    base = {"price": "126480000.00", "duration": 540, "manager": "周启明"}
    bad: dict[str, tuple[Change, str]] = {
        "no price": (_drop("price"), "price"),
        "a price of nothing": (_put("price", "0.00"), "price"),
        "a negative price": (_put("price", "-1"), "price"),
        "a price as a number": (_put("price", 1), "price"),
        "three decimals": (_put("price", "1.000"), "price"),
        "a grouped price": (_put("price", "1,000"), "price"),
        "leading zeros": (_put("price", "01"), "price"),
        "full-width figures": (_put("price", "１"), "price"),
        "an item more": (_put("quality", "合格"), "quality"),
        "an item less": (_drop("manager"), "manager"),
        "an integer as text": (_put("duration", "540"), "duration"),
        "a truth for an integer": (_put("duration", True), "duration"),
        "a negative integer": (_put("duration", -1), "duration"),
        "an empty text": (_put("manager", ""), "manager"),
        "a control character": (_put("manager", "a\u202eb"), "manager"),
        "a text as null": (_put("manager", None), "manager"),
    }
    return [
        {"name": "all items", "lot": 1, "text": ref.json_bytes(base).decode(), "accept": {"form": base}},
        {"name": "a price alone", "lot": 2, "text": '{"price":"0.01"}', "accept": {"form": {"price": "0.01"}}},
        *(
            {"name": name, "lot": 1, "text": _changed(base, change), "refuse": refuse("form_malformed", field)}
            for name, (change, field) in bad.items()
        ),
        {
            "name": "a float",
            "lot": 1,
            "text": '{"duration":5.5,"manager":"a","price":"1"}',
            "refuse": refuse("form_malformed", "duration"),
        },
        {"name": "a list", "lot": 2, "text": "[]", "refuse": refuse("form_malformed")},
    ]


def headers() -> Cases:
    return [*_accepted(), *_malformed(), *_not_canonical(), *_other_terms()]


def _accepted() -> Cases:
    bids = {"joint": BID, "another bidder": RIVALS_BID, "committee": COMMITTEE_BID}
    return [
        {
            "name": name,
            "terms": "committee" if bid is COMMITTEE_BID else "joint",
            "text": bid.data().decode(),
            "certificate": base64.b64encode(bid.certificate).decode(),
            "accept": {"digest": ref.sha256(b"bidroom/v1/bid\0" + bid.data()).hex(), "B": bid.B.hex()},
        }
        for name, bid in bids.items()
    ]


def _case(name: str, text: str, reason: dict[str, Any], must_fail: str | None = None, **more: Any) -> dict[str, Any]:
    certificate = base64.b64encode(BID.certificate).decode()
    case = {"name": name, "terms": "joint", "text": text, "certificate": certificate, **more, "refuse": reason}
    return case | ({"must_fail": must_fail} if must_fail else {})


def _malformed() -> Cases:
    base = BID.header
    ct = base["stanzas"][0]["ct"]
    raw = base64.b64decode(ct)
    bad: dict[str, tuple[Change, str]] = {
        "unknown member": (_put("more", 1), "more"),
        "missing member": (_drop("kc"), "kc"),
        "a later version": (_put("v", 2), "v"),
        "terms too short": (_put("terms", "00"), "terms"),
        "a digest in capitals": (_put("terms", base["terms"].upper()), "terms"),
        "lot zero": (_put("lot", 0), "lot"),
        "lot as text": (_put("lot", "1"), "lot"),
        "a lot that is not there": (_put("lot", 3), "lot"),
        "supersedes no digest": (_put("supersedes", ""), "supersedes"),
        "no pieces": (_put("pieces", []), "pieces"),
        "a piece too many": (_put("pieces", [*base["pieces"], base["pieces"][0]]), "pieces"),
        "a commitment too short": (_put("pieces", 1, "00"), "pieces[1]"),
        "a wrong slot": (_put("stanzas", 3, "slot", "host"), "stanzas[3].slot"),
        "an index twice": (_put("stanzas", 1, "index", 0), "stanzas[1]"),
        "an index left out": (_put("stanzas", 1, "index", 2), "stanzas[1]"),
        "stanzas out of order": (_put("stanzas", base["stanzas"][::-1]), "stanzas[1]"),
        "a stanza's member unknown": (_put("stanzas", 0, "more", 1), "stanzas[0].more"),
        "ct without padding": (_put("stanzas", 0, "ct", ct.rstrip("=")), "stanzas[0].ct"),
        "ct in the other alphabet": (_put("stanzas", 0, "ct", ct[:-4] + "-_=="), "stanzas[0].ct"),
        "ct with bits left over": (
            _put("stanzas", 0, "ct", base64.b64encode(raw[:-2]).decode()[:-2] + "9="),
            "stanzas[0].ct",
        ),
        "ct one byte short": (_put("stanzas", 0, "ct", base64.b64encode(raw[:-1]).decode()), "stanzas[0].ct"),
        "ct of no point": (_put("stanzas", 0, "ct", base64.b64encode(b"\2" + raw[1:]).decode()), "stanzas[0].ct"),
        "ct of two pieces": (_put("stanzas", 0, "ct", base64.b64encode(raw + bytes(34)).decode()), "stanzas[0].ct"),
        "a part too many": (_put("parts", [*base["parts"], base["parts"][0]]), "parts"),
        "parts in the other order": (_put("parts", base["parts"][::-1]), "parts[0].length"),
        "a part's id twice": (_put("parts", 1, "id", 0), "parts[1].id"),
        "a part not padded": (_put("parts", 0, "length", base["parts"][0]["length"] + 1), "parts[0].length"),
        "a root too short": (_put("parts", 0, "root", "00"), "parts[0].root"),
        "the bidder's key twice": (_put("stanzas", 1, "key", base["stanzas"][0]["key"]), "stanzas"),
    }
    own, theirs = base["stanzas"][:2], base["stanzas"][2:]
    nine = [own[0] | {"index": n, "key": ref.chance(f"key {n}").hex()} for n in range(9)]
    bad |= {
        "the bidder's slot missing": (_put("stanzas", theirs), "stanzas"),
        "nine keys": (_put("stanzas", nine + theirs), "stanzas"),
    }
    cases = [
        _case(name, _changed(base, change), refuse("header_malformed", field)) for name, (change, field) in bad.items()
    ]
    missing = {"a key of the tenderee missing": base["stanzas"][:3], "the tenderee's slot missing": own}
    cases += [
        _case(name, _changed(base, _put("stanzas", stanzas)), refuse("header_malformed", "stanzas"), "slot missing")
        for name, stanzas in missing.items()
    ]
    return [
        *cases,
        _case("unknown suite", BID.data(suite=2).decode(), refuse("header_malformed", "suite"), "unknown suite"),
    ]


def _not_canonical() -> Cases:
    text = BID.data().decode()
    own_key = text.replace('{"bid":', '{"bid":"00","bid":', 1)
    return [
        _case("duplicate key", own_key, refuse("header_malformed", "bid"), "duplicate key"),
        _case(
            "duplicate key in a stanza",
            text.replace('"index":0,', '"index":0,"index":0,', 1),
            refuse("header_malformed", "stanzas[0].index"),
            "duplicate key",
        ),
        _case(
            "blank", text.replace(",", ", ", 1), refuse("header_malformed", cause="not_canonical"), "non-canonical form"
        ),
        _case(
            "newline at the end", text + "\n", refuse("header_malformed", cause="not_canonical"), "non-canonical form"
        ),
        _case("float", text.replace('"lot":1', '"lot":1.0'), refuse("header_malformed", "lot", cause="float")),
        _case(
            "oversize",
            text,
            refuse("header_malformed", cause="oversize"),
            "oversize",
            then={"text": " ", "times": 1_048_576},
        ),
        _case("not an object", "[]", refuse("header_malformed")),
    ]


def _other_terms() -> Cases:
    other = ref.sha256(b"other terms").hex()
    rival = base64.b64encode(RIVAL_CERTIFICATE).decode()
    keys = actors.terms()
    keys["slots"][1]["holders"].reverse()
    stranger = BID.header["stanzas"][2] | {"key": ref.sha256(ref.spki(actors.RIVAL)).hex()}
    stanzas = [*BID.header["stanzas"][:2], stranger, BID.header["stanzas"][3]]
    return [
        _case("other terms", BID.data(terms=other).decode(), refuse("sealed_to_other_terms", "terms"), "other terms"),
        _case("another tender", BID.data(tender="00" * 16).decode(), refuse("sealed_to_other_tender", "tender")),
        _case("other keys", BID.data(stanzas=stanzas).decode(), refuse("sealed_to_other_keys", "stanzas[2].key")),
        _case(
            "another policy",
            COMMITTEE_BID.data(terms=BID.header["terms"]).decode(),
            refuse("header_malformed", "pieces"),
        ),
        _case(
            "signer's certificate not the named one",
            BID.data().decode(),
            refuse("signed_by_another_certificate", "bidder"),
            "signer's certificate not the named one",
            certificate=rival,
        ),
    ]
