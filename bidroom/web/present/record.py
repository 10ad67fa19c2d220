"""The opening record (开标记录表) as a document: the one account of what it says, for the page and the PDF alike.

`document` takes record.json and leaves nothing out; `bidroom.opening.record` says what is in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from bidroom.web.present.record_cells import (
    Cell,
    Document,
    Json,
    Pair,
    Part,
    Section,
    Signature,
    at,
    cell,
    code,
    plain,
    visible,
)
from bidroom.web.present.record_events import happened
from bidroom.web.present.record_lots import Items, lot_sections
from bidroom.web.present.record_words import Say, Words, say_in

GAP = "\x1f"


def document(record: Json, items: Items, note: str, language: str, demo: bool = False) -> Document:
    """The record in zh-CN or en. `items`: the announced items of each lot; `note`: the signed checkpoint.

    A `demo`'s record says that it is one.
    """
    _ = say_in(language)
    words, ended = Words(_, language), record["state"] != "open"
    return Document(
        language=language,
        heading=_("开标记录表"),
        title=visible(record["tender"]["title"]),
        number=visible(record["tender"]["number"]),
        mark=_("演示：单位与证书均为虚构，本记录不具法律效力") if demo else "",
        state=words.states.get(record["state"]) or plain(record["state"]),
        zone=_("本记录中的时间均为北京时间（UTC+8）。"),
        facts=tuple(_facts(record, words)),
        sections=(*lot_sections(record, items, words, ended), *happened(record, words)),
        signatures=Section("signatures", _("签署")),
        signers=tuple(_signers(record, words, ended)),
        proof=Section("proof", _("检查点与核验"), tuple(_proof(record, _))),
        verify=_how_to_verify(_),
        note=note,
        note_label=_("二维码：平台日志密钥签名的检查点，日志共 %(size)s 条。", size=record["checkpoint"]["size"]),
        page_words=tuple(_("第 %(page)s 页，共 %(pages)s 页", page=GAP, pages=GAP).split(GAP)),
    )


# --- the head


def _facts(record: Json, words: Words) -> Iterator[Pair]:
    _, tender = words.say, record["tender"]
    yield Pair(_("招标项目名称"), cell(plain(tender["title"], "strong")))
    yield Pair(_("项目编号"), cell(plain(tender["number"], "strong")))
    yield Pair(_("招标人"), _party(tender["tenderee"]))
    yield Pair(_("招标代理机构"), _party(tender["agent"]) if tender["agent"] else cell())
    yield Pair(_("主持人"), cell(plain(record["hosts"]["host"])))
    yield Pair(_("开标地点"), cell(Part(_("网上，不见面开标大厅"))))
    yield Pair(_("开标时间（投标截止）"), cell(at(tender["deadline"])))
    yield Pair(_("适用规则"), cell(plain(words.name("pack", tender["rule_pack"])), code(tender["rule_pack"])))
    yield Pair(_("解密方式"), cell(plain(words.name("method", tender["decryption"])), code(tender["decryption"])))
    yield Pair(_("最少投标人数"), cell(plain(tender["minimum"])))
    yield Pair(_("下达解密命令"), cell(at(tender["commanded_at"])))
    yield Pair(_("唱标"), cell(at(tender["announced_at"])))
    yield Pair(_("结束"), cell(at(record["ended_at"])))
    yield Pair(_("状态"), cell(*_state(record, words)))
    yield Pair(_("项目标识"), cell(code(tender["id"])))
    yield Pair(_("最终投标文件总根"), cell(code(tender["final_root"])))


def _party(party: Json) -> Cell:
    return cell(plain(party["name"]), code(party["uscc"]))


def _state(record: Json, words: Words) -> Iterator[Part]:
    yield words.states.get(record["state"]) or plain(record["state"])
    if record["reason"] is not None:
        yield plain(record["reason"])


# --- signatures, and how to check it all


def _signers(record: Json, words: Words, ended: bool) -> Iterator[Signature]:
    _ = words.say
    roles = {"host": _("主持人"), "tenderee": _("招标人"), "supervisor": _("行政监督")}
    names = {"host": record["hosts"]["host"], "tenderee": record["tender"]["tenderee"]["name"]}
    for each in record["signatures"]:
        unsigned = Part(_("未签"), "bad") if ended else Part(_("待签"), "wait")
        state = cell(Part(_("已电子签名"), "ok"), at(each["at"])) if each["signed"] else cell(unsigned)
        role = each["as"]
        yield Signature(roles.get(role, visible(role)), visible(names.get(role, "")), state)


def _proof(record: Json, _: Say) -> Iterator[Pair]:
    root = record["checkpoint"]["root"]
    yield Pair(_("各方确认的记录摘要（SHA-256）"), cell(code(record["record"])))
    yield Pair(_("日志条数"), cell(plain(record["checkpoint"]["size"])))
    yield Pair(_("日志根（Base64）"), cell(code(root)))
    yield Pair(_("日志根（十六进制）"), cell(code(base64.b64decode(root).hex())))


def _how_to_verify(_: Say) -> tuple[str, ...]:
    return (
        _("扫描二维码得到检查点，与本页日志条数和日志根比对；其签名用平台公布的日志公钥核验。"),
        _("下载本项目的公开审计包，用 bidroom audit verify 离线核验：由审计包算出的记录应与本记录逐项一致。"),
        _("本文件由记录数据自动生成，同一记录生成的文件逐字节相同。"),
    )
