"""The lots of the opening record: how each ended, and a row for each bidder as 开标记录表 has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bidroom.crypto.forms import PRICE, FormItem
from bidroom.web.present.record_cells import (
    Cell,
    Column,
    Json,
    Pair,
    Part,
    Section,
    Table,
    at,
    cell,
    code,
    money,
    plain,
    rows,
    visible,
)
from bidroom.web.present.record_words import Say, Words

Items = Mapping[int, Sequence[FormItem]]
"""A lot's number to the items that its bids announce beside the price."""

BESIDE = 3
"""Items that stand in a bidder's first row; further ones have tables of their own."""
MOST_IN_A_TABLE = 7


def lot_sections(record: Json, items: Items, words: Words, ended: bool) -> Iterator[Section]:
    """One section a lot, after one that has them all at a glance."""
    yield _overview(record, words)
    for lot in record["lots"]:
        yield _lot(lot, items.get(lot["no"], ()), words, ended)


def _overview(record: Json, words: Words) -> Section:
    _ = words.say
    columns = (
        Column(_("标段"), 10, "center"), Column(_("标段名称"), 48), Column(_("控制价"), 36, "end"),
        Column(_("投标人数"), 18, "center"), Column(_("保证金有效"), 20, "center"),
        Column(_("投标人不足时的决定"), 50), Column(_("结果"), 50),
    )  # fmt: skip
    table = Table(_("各标段"), columns, rows(_overview_row(lot, words) for lot in record["lots"]))
    return Section("lots", _("标段概况"), tables=(table,))


def _overview_row(lot: Json, words: Words) -> tuple[Cell, ...]:
    decision = lot["decision"]
    decided = decision and plain(words.name("decision", decision["decision"]), "strong")
    return (
        cell(plain(lot["no"])),
        cell(plain(lot["name"], "strong")),
        cell(money(lot["control_price"]), lot["control_price"] and plain(lot["currency"], "quiet")),
        cell(plain(lot["counted"])),
        cell(plain(lot["deposits"])),
        cell(decided, decision and _said(decision["reason"])),
        cell(*_result(lot, words)),
    )


def _result(lot: Json, words: Words) -> Iterator[Part | None]:
    yield Part(words.name("lot", lot["state"]), {"announced": "ok", "ended": "bad"}.get(lot["state"], "wait"))
    yield lot["reason"] and plain(words.name("ended", lot["reason"]))
    yield _said(lot["because"])


def _said(text: str | None) -> Part | None:
    """Somebody's own words."""
    return None if text is None else plain(text)


def _lot(lot: Json, items: Sequence[FormItem], words: Words, ended: bool) -> Section:
    _, bidders = words.say, lot["bidders"]
    title = _("第 %(no)s 标段　%(name)s", no=lot["no"], name=visible(lot["name"]))
    pairs = (
        Pair(_("控制价"), cell(money(lot["control_price"]))),
        Pair(_("币种"), cell(plain(lot["currency"]))),
        Pair(_("投标人数"), cell(plain(lot["counted"]))),
        Pair(_("保证金有效"), cell(plain(lot["deposits"]))),
    )
    tables = tuple(_tables(lot, items, words, ended)) if bidders else ()
    return Section(f"lot-{lot['no']}", title, pairs, tables, _("本标段没有投标文件。"), level=3)


def _tables(lot: Json, items: Sequence[FormItem], words: Words, ended: bool) -> Iterator[Table]:
    _, bidders = words.say, lot["bidders"]
    items = (*items, *_unlisted(bidders, items))
    first, more = items[:BESIDE], items[BESIDE:]
    columns = (*_columns(lot, words), *(_column(item, words) for item in first), Column(_("投标人确认"), 24))
    yield Table(_("开标记录"), columns, rows(_row(each, first, words, ended) for each in bidders))
    for start in range(0, len(more), MOST_IN_A_TABLE):
        part = more[start : start + MOST_IN_A_TABLE]
        columns = (*_who(words), *(_column(item, words, 30) for item in part))
        yield Table(_("开标一览表其他内容"), columns, rows(_more(each, part) for each in bidders))
    columns = (*_who(words), Column(_("市场主体标识"), 60), Column(_("投标文件摘要（SHA-256）"), 124))
    yield Table(_("投标文件摘要"), columns, rows(_digests(each) for each in bidders))


def _unlisted(bidders: Sequence[Json], items: Sequence[FormItem]) -> Iterator[FormItem]:
    """Items of the opened forms that the notice does not name: shown by their keys rather than not at all."""
    listed = {PRICE, *(item.key for item in items)}
    for key in dict.fromkeys(key for each in bidders for key in each["form"] or ()):
        if key not in listed:
            yield FormItem(key, {"zh": key, "en": key}, "text")


def _who(words: Words) -> tuple[Column, Column]:
    _ = words.say
    return Column(_("序号"), 9, "center"), Column(_("投标人"), 42)


def _columns(lot: Json, words: Words) -> tuple[Column, ...]:
    _ = words.say
    priced = _("投标报价（%(currency)s）", currency=visible(lot["currency"]))
    return (
        *_who(words), Column(_("递交时间"), 25), Column(_("密封"), 15, "center"), Column(_("保证金"), 18),
        Column(_("签到"), 16, "center"), Column(_("解密"), 31), Column(priced, 42, "end"),
    )  # fmt: skip


def _column(item: FormItem, words: Words, width: int = 23) -> Column:
    english = words.language == "en"
    label, unit = visible(item.label["en" if english else "zh"]), item.unit and words.name("unit", item.unit)
    in_brackets = "" if not unit else f" ({unit})" if english else f"（{unit}）"
    return Column(label + in_brackets, width, "start" if item.type == "text" else "end")


# --- a bidder's rows


def _row(bidder: Json, items: Sequence[FormItem], words: Words, ended: bool) -> tuple[Cell, ...]:
    _ = words.say
    return (
        *_name(bidder),
        cell(at(bidder["received_at"])),
        cell(_sealed(bidder, _), *_flagged(bidder, words, "damaged")),
        cell(_state(words.deposits, bidder["deposit"]), *_flagged(bidder, words, *OF_DEPOSITS)),
        cell(Part(_("已签到"), "ok") if bidder["signed_in"] else Part(_("未签到"), "warn")),
        cell(*_opened(bidder, words)),
        cell(*_price(bidder, words)),
        *_announced(bidder, items),
        cell(*_confirmed(bidder, words, ended)),
    )


def _name(bidder: Json) -> tuple[Cell, Cell]:
    return cell(plain(bidder["no"])), cell(plain(bidder["name"], "strong"), code(bidder["uscc"]))


def _state(states: Mapping[str, Part], value: str) -> Part:
    return states.get(value) or plain(value)


def _sealed(bidder: Json, _: Say) -> Part:
    return Part(_("损坏"), "bad") if bidder["damaged"] else Part(_("完好"), "ok")


OF_DEPOSITS = ("shared_account", "not_basic_account")
AT_ITS_PLACE = ("damaged", *OF_DEPOSITS)
"""Flags that stand where what they flag does; all others stand beside the price."""


def _flagged(bidder: Json, words: Words, *flags: str) -> Iterator[Part]:
    yield from (_state(words.flags, flag) for flag in bidder["flags"] if flag in flags)


def _opened(bidder: Json, words: Words) -> Iterator[Part | None]:
    _ = words.say
    yield _state(words.outcomes, bidder["outcome"]) if bidder["outcome"] else Part(_("待认定"), "wait")
    if bidder["cause"]:
        yield Part(words.name("cause", bidder["cause"]))
    if bidder["layer"]:
        yield Part(_("失败环节：%(layer)s", layer=words.name("layer", bidder["layer"])))
    if bidder["released_at"]:
        yield Part(_("提交密钥"), "quiet")
        yield at(bidder["released_at"])
    if reported := bidder["reported"]:
        yield Part(_("投标人报告无法提交密钥：%(layer)s", layer=words.name("layer", reported["layer"])), "warn")
        yield Part(_("证书序列号 %(serial)s", serial=visible(reported["serial"])), "quiet")
        yield at(reported["at"])


def _price(bidder: Json, words: Words) -> Iterator[Part | None]:
    if form := bidder["form"]:
        yield money(form[PRICE])
        yield Part(bidder["price_in_capitals"], "capitals")
    for flag in bidder["flags"]:
        if flag not in AT_ITS_PLACE:
            yield _state(words.flags, flag)


def _announced(bidder: Json, items: Sequence[FormItem]) -> tuple[Cell, ...]:
    form: Mapping[str, Any] = bidder["form"] or {}
    return tuple(cell(plain(form[item.key]) if item.key in form else None) for item in items)


def _more(bidder: Json, items: Sequence[FormItem]) -> tuple[Cell, ...]:
    return (*_name(bidder), *_announced(bidder, items))


def _digests(bidder: Json) -> tuple[Cell, ...]:
    return (*_name(bidder), cell(code(bidder["organization"])), cell(code(bidder["digest"])))


def _confirmed(bidder: Json, words: Words, ended: bool) -> Iterator[Part | None]:
    _, answer = words.say, bidder["confirmation"]
    if answer["state"] == "silent" and not ended:
        yield Part(_("待确认"), "wait")
        return
    yield _state(words.answers, answer["state"])
    yield _said(answer["reason"])
