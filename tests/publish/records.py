"""A record in which nothing is missing: every state, cause, answer and event that one can have."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from bidroom.crypto.forms import FormItem
from bidroom.opening.record import in_capitals

HOSTILE = (
    "#let x = 1 $a^2$ *粗* _斜_ \\ \"引\" '单' `码` <标签> @引用 // 注释 [括号] ~ -- \u202e反向\u2066 😀 \x07 𠮷 שלום"
)
LABELS = {
    "duration": "工期",
    "quality": "质量标准",
    "manager": "项目经理",
    "safety": "安全文明施工费",
    "margin": "下浮率",
}
ENGLISH = {"duration": "Duration", "quality": "Quality", "manager": "Manager", "safety": "Safety", "margin": "Discount"}
TYPES = {"duration": "integer", "quality": "text", "manager": "text", "safety": "decimal", "margin": "decimal"}
UNITS = {"duration": "d", "safety": "元", "margin": "%"}
ITEMS = {
    no: tuple(FormItem(key, {"zh": LABELS[key], "en": ENGLISH[key]}, TYPES[key], UNITS.get(key)) for key in LABELS)
    for no in (1, 2, 3)
}


def hexed(label: str, size: int = 32) -> str:
    """`size` bytes of hex that only the label decides."""
    return hashlib.sha256(label.encode()).hexdigest()[: 2 * size]


def at(clock: str) -> str:
    """A time of the opening's day (Beijing), as the record has it."""
    hour, rest = clock.split(":", 1)
    return f"2026-11-20T{int(hour) - 8:02d}:{rest}Z"


ROOT = bytes.fromhex(hexed("root"))
NOTE = (
    f"bidroom.test/{hexed('tender', 16)}\n148\n{base64.b64encode(ROOT).decode()}\n\n"
    f"— bidroom.test/{hexed('tender', 16)} {base64.b64encode(bytes(68)).decode()}\n"
)


def bidder(no: int, name: str, **changes: Any) -> dict[str, Any]:
    """One bidder whose bid was opened, with these differences."""
    price = changes.pop("price", f"{126480000 - no * 1234567}.{no:02d}")
    form = {
        "price": price,
        "duration": 540 - no,
        "quality": "合格",
        "manager": f"周启明{no}",
        "safety": f"{no}234567.80",
        "margin": f"{no}.35",
    }
    return {
        "no": no,
        "organization": hexed(name, 16),
        "name": name,
        "uscc": f"91330100MA9X{no:05d}Q",
        "digest": hexed(f"bid {name}"),
        "received_at": at(f"08:{no:02d}:07.{123456 + no}"),
        "damaged": False,
        "deposit": "paid",
        "signed_in": True,
        "released_at": at(f"09:{no:02d}:31.5{no:05d}"),
        "outcome": "opened",
        "cause": None,
        "layer": None,
        "reported": None,
        "form": form,
        "price_in_capitals": in_capitals(price),
        "flags": [],
        "confirmation": {"state": "signed", "reason": None},
    } | changes


def sealed(no: int, name: str, **changes: Any) -> dict[str, Any]:
    """One bidder whose bid was not opened."""
    return bidder(no, name, **{"form": None, "price_in_capitals": None, "released_at": None, **changes})


def first_lot() -> list[dict[str, Any]]:
    """Announced, and everything happened in it."""
    return [
        bidder(1, "华东云岭建设集团有限公司"),
        bidder(2, "浙北筑城建工有限责任公司", deposit="guarantee", flags=["shared_account"]),
        bidder(
            3,
            "钱湾市政工程集团有限公司",
            price="138600000.50",
            flags=["over_control_price", "capitals_differ"],
            confirmation={"state": "refused", "reason": "唱标价格与我方投标文件不一致，" + HOSTILE},
        ),
        bidder(
            4,
            "申浦水务工程有限公司（联合体）",
            flags=["not_basic_account"],
            deposit="short",
            confirmation={"state": "silent", "reason": None},
        ),
        sealed(
            5,
            "甬川工程集团有限公司",
            outcome="revoked",
            cause="not_released",
            deposit="late",
            signed_in=False,
            reported={"layer": "key", "serial": "5f00a1", "at": at("09:20:01.000001")},
            confirmation={"state": "silent", "reason": None},
        ),
        sealed(
            6,
            "皖江路桥市政工程有限公司",
            outcome="withdrawn",
            cause="not_decrypted",
            layer="payload",
            released_at=at("09:21:00.250000"),
            damaged=True,
            flags=["damaged"],
            deposit="none",
        ),
        sealed(7, "苕溪水利水电建设有限公司", outcome="withdrawn", cause="holder_lapsed", layer="holder"),
        sealed(8, "苏澄环境工程有限公司", outcome="withdrawn", cause="disputed", layer="stanza"),
    ]


def the_record(**changes: Any) -> dict[str, Any]:
    """record.json of an opening that has closed, with these differences."""
    return {
        "tender": {
            "id": hexed("tender", 16),
            "number": "A3301-2026-0918-001",
            "title": "城东污水处理厂二期扩建工程施工总承包",
            "rule_pack": "cn-mandatory",
            "decryption": "joint-gated",
            "minimum": 3,
            "tenderee": {"name": "城东水务集团有限公司", "uscc": "91330100MA9XTEND0Q"},
            "agent": {"name": "浙江信诚工程咨询有限公司", "uscc": "91330100MA9XAGEN0Q"},
            "deadline": at("09:00:00.000000"),
            "final_root": hexed("final"),
            "commanded_at": at("09:04:11.100200"),
            "announced_at": at("09:40:12.300400"),
        },
        "lots": [
            {
                "no": 1,
                "name": "土建工程",
                "control_price": "128600000.00",
                "currency": "CNY",
                "state": "announced",
                "reason": None,
                "because": None,
                "counted": 8,
                "deposits": 5,
                "decision": None,
                "bidders": first_lot(),
            },
            {
                "no": 2,
                "name": "设备采购",
                "control_price": None,
                "currency": "EUR",
                "state": "ended",
                "reason": "under_minimum",
                "because": "仅两家投标，" + HOSTILE,
                "counted": 2,
                "deposits": 1,
                "decision": {"decision": "end", "reason": "依法应当重新招标"},
                "bidders": [
                    sealed(no, f"第二标段投标人{no}有限公司", outcome="sealed", released_at=None) for no in (1, 2)
                ],
            },
            {
                "no": 3,
                "name": "园林绿化",
                "control_price": "9000000.00",
                "currency": "CNY",
                "state": "ended",
                "reason": "host",
                "because": "工程内容重大变更",
                "counted": 0,
                "deposits": 0,
                "decision": None,
                "bidders": [],
            },
        ],
        "objections": [
            {
                "by": "华东云岭建设集团有限公司",
                "at": at("09:45:01.000700"),
                "lot": 1,
                "text": "第三名资质等级与公告不符\n请核对第 5.2.3 款",
                "ruling": "rejected",
                "answer": "已核对，资质等级与公告一致。" + HOSTILE,
                "answered_at": at("09:47:02.000800"),
            },
            {
                "by": "钱湾市政工程集团有限公司",
                "at": at("09:48:01.000701"),
                "lot": None,
                "text": "开标时间有异议",
                "ruling": "referred",
                "answer": "转监督部门",
                "answered_at": at("09:50:02.000801"),
            },
        ],
        "extensions": [
            {
                "phase": "decrypting",
                "seconds": 300,
                "reason": "网络拥堵",
                "at": at("09:12:00.000010"),
                "until": at("09:20:00.000020"),
            }
        ],
        "suspensions": [
            {
                "by": "supervisor",
                "phase": "decrypting",
                "reason": "核查" + HOSTILE,
                "at": at("09:13:00.000030"),
                "resumed_at": at("09:16:00.000040"),
            },
            {"by": "host", "phase": "announcing", "reason": "停电", "at": at("09:41:00.000050"), "resumed_at": None},
        ],
        "outages": [
            {
                "from": at("09:22:00.000060"),
                "recovered": at("09:35:00.000070"),
                "deadline": at("09:36:00.000080"),
                "until": at("09:37:00.000090"),
                "reason": "机房断电",
            }
        ],
        "hosts": {
            "host": "浙江信诚工程咨询有限公司",
            "takeovers": [
                {
                    "organization": hexed("deputy", 16),
                    "reason": "主持人掉线",
                    "at": at("09:38:00.000100"),
                    "name": "城东水务集团有限公司",
                }
            ],
        },
        "draws": [],
        "refused_uploads": [
            {
                "by": "迟到建设有限公司",
                "at": at("09:00:00.000001"),
                "lot": 1,
                "digest": hexed("late"),
                "reason": "deadline_is_not_past",
                "field": "header",
            },
            {
                "by": None,
                "at": at("09:00:01.000002"),
                "lot": None,
                "digest": None,
                "reason": "certificate_unbound",
                "field": None,
            },
        ],
        "state": "closed",
        "reason": None,
        "ended_at": at("10:10:00.654321"),
        "record": hexed("minutes"),
        "signatures": [
            {"as": "host", "signed": True, "at": at("10:05:00.000200")},
            {"as": "tenderee", "signed": True, "at": at("10:06:00.000300")},
            {"as": "supervisor", "signed": False, "at": None},
        ],
        "checkpoint": {"size": 148, "root": base64.b64encode(ROOT).decode()},
    } | changes
