"""A notice as people read it: its dates as a line, its lots, its papers, its amendments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bidroom.crypto.policy import FormItem, Lot, Terms
from bidroom.crypto.timeline import Timeline, Windows
from bidroom.web.i18n import gettext as _
from bidroom.web.present.instants import length

NOTICE = "notice"
PAST, NEXT, COMING = "done", "now", "todo"


@dataclass(frozen=True, slots=True)
class Moment:
    """One date of the line: `state` is done, now (the next one) or todo."""

    key: str
    name: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """One value of the timeline that an amendment changed; dates, or text where it is none."""

    name: str
    before: datetime | str
    after: datetime | str


@dataclass(frozen=True, slots=True)
class Amendment:
    """One amendment with its reason, and what it changed."""

    version: int
    at: str
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Announced:
    """One item of the bid form: its label, and what is filled in."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class LotView:
    """One lot; amounts are decimal strings, a control price may be missing."""

    no: int
    name: str
    control_price: str | None
    currency: str
    deposit: str
    items: tuple[Announced, ...]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """Terms and timeline as people read them."""

    terms: Terms
    timeline: Timeline
    pack: str
    deputies: str
    method: tuple[str, str]
    moments: tuple[Moment, ...]
    spans: tuple[tuple[str, str], ...]
    lots: tuple[LotView, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """One signed document: what it is called, SHA-256 of its bytes, its file and that of its signature."""

    key: str
    name: str
    digest: str
    file: str
    signature: str


# --- reading one


def notice_view(terms: Terms, timeline: Timeline, deadline: datetime, now: datetime, lang: str) -> NoticeView:
    """The whole notice; `deadline` as it is in force (an outage may have moved it)."""
    return NoticeView(
        terms=terms,
        timeline=timeline,
        pack=pack_name(terms.rule_pack),
        deputies="、".join(host.name for host in timeline.deputies),
        method=decryption_words(terms.decryption),
        moments=moments(timeline, deadline, now),
        spans=tuple((name, length(span)) for name, span in windows(timeline.windows)),
        lots=tuple(lot_view(lot, lang) for lot in terms.lots),
    )


def lot_view(lot: Lot, lang: str) -> LotView:
    """One lot in this language."""
    items = tuple(Announced(label(item, lang), says(item)) for item in lot.form)
    return LotView(lot.no, lot.name, lot.control_price, lot.currency, lot.deposit, items)


def says(item: FormItem) -> str:
    """What is filled in: a whole number, a decimal or text; and its unit."""
    kind = {"integer": _("整数"), "decimal": _("小数"), "text": _("文字")}[item.type]
    return f"{kind} · {unit(item)}" if item.unit else kind


def moments(timeline: Timeline, deadline: datetime, now: datetime) -> tuple[Moment, ...]:
    """The dates in the order in which they come; the deadline as it is in force (an outage may have moved it)."""
    dates = (
        ("documents_from", _("招标文件发出"), timeline.documents_from),
        ("documents_to", _("发售截止"), timeline.documents_to),
        ("clarifications", _("澄清截止"), timeline.clarifications),
        ("sign_in", _("开放签到"), timeline.sign_in),
        ("deadline", _("投标截止 · 开标"), deadline),
    )
    ordered = sorted(dates, key=lambda each: each[2])
    coming = [key for key, _name, at in ordered if at > now]
    states = {key: NEXT if key == coming[0] else COMING for key in coming}
    return tuple(Moment(key, name, at, states.get(key, PAST)) for key, name, at in ordered)


def windows(of: Windows) -> tuple[tuple[str, timedelta], ...]:
    """How long each step of the opening lasts, in its order."""
    return (
        (_("投标人解密"), of.release),
        (_("招标人解密"), of.closing),
        (_("提出异议"), of.last_call),
        (_("确认记录"), of.confirming),
    )


def pack_name(name: str) -> str:
    """A rule pack in words."""
    names: dict[str, str] = {"cn-mandatory": _("依法必须招标项目"), "cn-small": _("小额公共资源交易")}
    return names.get(name, name)


def label(item: FormItem, lang: str) -> str:
    """What an announced item is called in this language."""
    return item.label["zh" if lang == "zh-CN" else "en"]


def unit(item: FormItem) -> str:
    """Its unit in words; a unit that we do not know as it stands."""
    known: dict[str, str] = {"d": _("日历天"), "month": _("个月"), "year": _("年"), "CNY": _("元")}
    return known.get(item.unit or "", item.unit or "")


def papers(terms: Terms, timeline: Timeline) -> tuple[Paper, Paper]:
    """The two signed parts of the notice."""
    return (
        Paper("terms", _("招标条款"), terms.digest.hex(), "terms.json", "terms.p7s"),
        Paper("timeline", _("时间安排"), timeline.digest, "timeline.json", "timeline.p7s"),
    )


def amendments(first: Timeline, told: Sequence[tuple[str, str, Timeline]]) -> tuple[Amendment, ...]:
    """Every amendment (time, reason, timeline) with what it changed, the latest first."""
    before, found = first, []
    for at, reason, timeline in told:
        found.append(Amendment(timeline.version, at, reason, tuple(changes(before, timeline))))
        before = timeline
    return tuple(reversed(found))


def changes(before: Timeline, after: Timeline) -> Iterator[Change]:
    """What the later one says otherwise."""
    for field, name in date_names().items():
        if getattr(before, field) != getattr(after, field):
            yield Change(name, getattr(before, field), getattr(after, field))
    for (name, old), (_name, new) in zip(windows(before.windows), windows(after.windows), strict=True):
        if old != new:
            yield Change(name, length(old), length(new))
    if before.hosts != after.hosts:
        yield Change(_("主持人"), _hosts(before), _hosts(after))


def date_names() -> Mapping[str, str]:
    """The dates of a timeline in words, by field."""
    return {
        "documents_from": _("招标文件发出"),
        "documents_to": _("发售截止"),
        "clarifications": _("澄清截止"),
        "sign_in": _("开放签到"),
        "deadline": _("投标截止 · 开标"),
    }


def _hosts(timeline: Timeline) -> str:
    return "、".join(host.name for host in timeline.hosts)


def stages(kind: str, at: str) -> list[tuple[str, str]]:
    """The way of a notice (or of an amendment) from its draft on; `at` names the step that is now."""
    keys = ["draft", "sign", "submit", *(["publish"] if kind == NOTICE else [])]
    names = {"draft": _("编制"), "sign": _("招标人签署"), "submit": _("提交"), "publish": _("窗口审核发布")}
    here = keys.index(at) if at in keys else len(keys)
    return [(names[key], PAST if n < here else NEXT if n == here else COMING) for n, key in enumerate(keys)]


def decryption_words(method: str) -> tuple[str, str]:
    """The decryption method: its name, and what it means for a reader who has never heard of it."""
    return {
        "joint": (
            _("联合解密"),
            _(
                "每份投标文件都要投标人和招标人各自的密钥才能打开，缺一不可。平台不持有密钥，在双方提交密钥之前，任何人都看不到报价。"
            ),
        ),
        "joint-gated": (
            _("联合解密（第三方把关）"),
            _("除投标人和招标人的密钥外，还须中立的第三方最后提交密钥才能打开投标文件。平台不持有密钥。"),
        ),
        "committee": (
            _("多方解密"),
            _("除投标人的密钥外，还须若干成员中的规定人数共同提交密钥才能打开投标文件。平台不持有密钥。"),
        ),
        "central": (
            _("集中解密"),
            _("投标文件由招标人与第三方两把密钥打开，投标人无须解密。请注意：这两方合起来可以在任何时候打开投标文件。"),
        ),
    }[method]
