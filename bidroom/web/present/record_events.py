"""What happened besides the bids: absences, refused uploads, objections, interruptions, draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bidroom.web.present.record_cells import (
    Cell,
    Column,
    Json,
    Part,
    Section,
    Table,
    at,
    cell,
    code,
    plain,
    rows,
)
from bidroom.web.present.record_words import Say, Words


def happened(record: Json, words: Words) -> Iterator[Section]:
    """A section for each kind of event, also where none happened."""
    yield _absent(record, words)
    yield _refused(record, words)
    yield _objections(record, words)
    yield _interruptions(record, words)
    yield _draws(record, words)


def _absent(record: Json, words: Words) -> Section:
    _ = words.say
    found = {each["organization"]: each for lot in record["lots"] for each in lot["bidders"] if not each["signed_in"]}
    columns = (Column(_("投标人"), 120), Column(_("统一社会信用代码"), 80))
    told = [(cell(plain(each["name"], "strong")), cell(code(each["uscc"]))) for each in found.values()]
    tables = (Table(_("未签到的投标人"), columns, rows(told)),) if told else ()
    return Section("absent", _("未签到的投标人"), tables=tables, empty=_("无。"))


def _refused(record: Json, words: Words) -> Section:
    _ = words.say
    columns = (
        Column(_("时间"), 26), Column(_("投标人"), 46), Column(_("标段"), 12, "center"), Column(_("拒收原因"), 75),
        Column(_("投标文件摘要（SHA-256）"), 122),
    )  # fmt: skip
    told = [
        (
            cell(at(each["at"])),
            cell(_text(each["by"])),
            cell(_text(each["lot"])),
            cell(plain(words.reason(each["reason"])), code(each["reason"]), code(each["field"])),
            cell(code(each["digest"])),
        )
        for each in record["refused_uploads"]
    ]
    return _table("refused", _("被拒收的投标文件"), columns, told, _)


def _objections(record: Json, words: Words) -> Section:
    _ = words.say
    columns = (
        Column(_("提出时间"), 26), Column(_("提出人"), 46), Column(_("标段"), 12, "center"), Column(_("异议"), 72),
        Column(_("答复"), 72), Column(_("答复时间"), 26),
    )  # fmt: skip
    told = [
        (
            cell(at(each["at"])),
            cell(plain(each["by"], "strong")),
            cell(_text(each["lot"]) or Part(_("全部"))),
            cell(plain(each["text"])),
            cell(*_answer(each, words)),
            cell(at(each["answered_at"])),
        )
        for each in record["objections"]
    ]
    return _table("objections", _("异议与答复"), columns, told, _)


def _answer(objection: Json, words: Words) -> Iterator[Part | None]:
    _ = words.say
    if objection["answered_at"] is None:
        yield Part(_("待答复"), "wait")
        return
    yield words.rulings.get(objection["ruling"]) or plain(objection["ruling"])
    yield plain(objection["answer"])


def _interruptions(record: Json, words: Words) -> Section:
    """Extensions, suspensions, outages and changes of host, in the order in which they came."""
    _ = words.say
    columns = (Column(_("时间"), 26), Column(_("事项"), 50), Column(_("说明"), 90), Column(_("结果"), 60))
    of_the_clock = (*_extensions(record, words), *_suspensions(record, words), *_outages(record, _))
    found = sorted((*of_the_clock, *_hosts(record, _)), key=lambda each: each[0])
    told = [(cell(at(time)), *cells) for time, *cells in found]
    return _table("interruptions", _("延长、中止、故障与主持人变更"), columns, told, _)


Happened = tuple[str, Cell, Cell, Cell]


def _extensions(record: Json, words: Words) -> Iterator[Happened]:
    _ = words.say
    for each in record["extensions"]:
        told = _("%(phase)s阶段延长 %(seconds)s 秒", phase=words.name("phase", each["phase"]), seconds=each["seconds"])
        yield each["at"], cell(Part(told, "strong")), cell(plain(each["reason"])), _until(_("延长至"), each["until"])


def _suspensions(record: Json, words: Words) -> Iterator[Happened]:
    _ = words.say
    for each in record["suspensions"]:
        phase, by = words.name("phase", each["phase"]), words.name("by", each["by"])
        told = Part(_("%(by)s在%(phase)s阶段中止开标", by=by, phase=phase), "strong")
        resumed = _until(_("恢复于"), each["resumed_at"]) if each["resumed_at"] else cell(Part(_("未恢复"), "warn"))
        yield each["at"], cell(told), cell(plain(each["reason"])), resumed


def _outages(record: Json, _: Say) -> Iterator[Happened]:
    for each in record["outages"]:
        moved = [
            *_until(_("宣布恢复于"), each["recovered"]),
            *(_until(_("投标截止时间改为"), each["deadline"]) if each["deadline"] else ()),
            *(_until(_("时限改为"), each["until"]) if each["until"] else ()),
        ]
        began = each["from"] or each["recovered"]
        yield began, cell(Part(_("系统故障"), "strong")), cell(plain(each["reason"])), cell(*moved)


def _hosts(record: Json, _: Say) -> Iterator[Happened]:
    for each in record["hosts"]["takeovers"]:
        who = cell(plain(each["name"]), code(each["organization"]))
        yield each["at"], cell(Part(_("接任主持人"), "strong")), cell(plain(each["reason"])), who


def _until(label: str, time: str) -> Cell:
    return cell(Part(label, "quiet"), at(time))


def _draws(record: Json, words: Words) -> Section:
    _ = words.say
    columns = (Column(_("抽取事项"), 60), Column(_("结果"), 140))
    told = [
        (cell(plain(each.get("name", "—"), "strong")), cell(*_members(each)))
        for each in record["draws"]
    ]  # fmt: skip
    return _table("draws", _("抽取"), columns, told, _)


def _members(draw: Json) -> Iterator[Part]:
    for name, value in sorted(draw.items()):
        if name != "name":
            yield plain(f"{name}: {value}")


def _text(value: object) -> Part | None:
    return None if value is None else plain(value)


def _table(id: str, title: str, columns: tuple[Column, ...], told: Iterable[tuple[Cell, ...]], _: Say) -> Section:
    found = rows(told)
    return Section(id, title, tables=(Table(title, columns, found),) if found else (), empty=_("无。"))
