"""Every fact that the room is told, as a sentence: an icon, a tone, and words from what the audience may see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext
from bidroom.web.present.banners import holders
from bidroom.web.present.chips import deposit, layer
from bidroom.web.present.instants import clock, length, local
from bidroom.web.present.labels import listed, lot_words, told
from bidroom.web.present.talk import ruling
from bidroom.web.present.timer import signers

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a sentence is made from: the event as it was told, and the names that everyone may know.

    `relabel` puts today's names in place of the numbers that were told before names were shown.
    """

    body: Body
    role: str
    several: bool
    names: Mapping[str, str]
    relabel: Callable[[Any], Any]

    @property
    def who(self) -> str:
        """The bidder that it is about."""
        label = self.body["bidder"]
        with_lot = {"lot": self.body.get("lot"), **label} if isinstance(label, Mapping) else label
        return told(self.relabel(with_lot), self.several)

    @property
    def lot(self) -> str:
        """第 2 标段：, where there are several."""
        return _("%(lot)s：", lot=lot_words(self.body["lot"])) if self.several else ""

    @property
    def by(self) -> str:
        """The role that acted."""
        return roles().get(self.role, self.role)

    @property
    def reason(self) -> str:
        """Why, as it was given."""
        return str(self.body["reason"])


def roles() -> Mapping[str, str]:
    """Who acts in the room, in words."""
    return {
        "host": _("主持人"),
        "deputy": _("备任主持人"),
        "tenderee": _("招标人"),
        "agent": _("招标代理机构"),
        "supervisor": _("行政监督"),
        "auditor": pgettext("role", "审计"),
        "clerk": _("交易中心"),
        "bidder": _("投标人"),
        "clock": _("系统"),
    }


# --- before the command


def _checked(t: Telling) -> str:
    words = _("核查完成，投标文件 %(counted)d 份，已核验保证金 %(deposits)d 份", **_numbers(t, "counted", "deposits"))
    damaged = len(t.body["damaged"])
    return words + (_("，%(n)d 份密文损坏", n=damaged) if damaged else "")


def _numbers(t: Telling, *keys: str) -> dict[str, int]:
    return {key: t.body[key] for key in keys}


def _decided(t: Telling) -> str:
    if t.body["decision"] == "end":
        return _("主持人决定终止：%(reason)s", reason=t.reason)
    return _("主持人决定继续开标：%(reason)s", reason=t.reason)


def _preflight(t: Telling) -> str:
    bad = len(t.body["bad"])
    return _("密钥持有人预检完成，%(n)d 份存在争议", n=bad) if bad else _("密钥持有人预检完成，全部正常")


# --- keys and forms


def _commanded(t: Telling) -> str:
    return _("主持人下达解密指令，%(at)s 前提交密钥", at=clock(t.body["until"]))


def _failure(t: Telling) -> str:
    told = {"who": t.who, "layer": layer(t.body["layer"]), "serial": t.body["serial"]}
    return _("%(who)s 报告提交失败：%(layer)s（证书序列号 %(serial)s）", **told)


def _extended(t: Telling) -> str:
    added = length(timedelta(seconds=t.body["seconds"]))
    return _("时限延长 %(time)s，至 %(at)s：%(reason)s", time=added, at=clock(t.body["until"]), reason=t.reason)


def _release_closed(t: Telling) -> str:
    counts = {"released": len(t.body["released"]), "missing": len(t.body["missing"])}
    return _("投标人解密结束，%(released)d 份已提交密钥，%(missing)d 份未提交", **counts)


def _lapsed(t: Telling) -> str:
    who = listed(holders().get(each["slot"], each["slot"]) for each in t.body["missing"])
    return _("%(who)s 未在时限内提交密钥，所涉投标文件视为撤回", who=who)


def _opened(t: Telling) -> str:
    words = _("%(n)d 份开标一览表已解密", n=len(t.body["opened"]))
    failed = len(t.body["failures"])
    return words + (_("，%(n)d 份解密失败", n=failed) if failed else "")


def _ruled(t: Telling) -> str:
    if t.body["fault"] == "bidder":
        return _("认定 %(who)s 视为撤销投标文件：%(reason)s", who=t.who, reason=t.reason)
    return _("认定 %(who)s 视为撤回投标文件：%(reason)s", who=t.who, reason=t.reason)


def _revised(t: Telling) -> str:
    return _("异议成立，重新认定。%(ruling)s", ruling=_ruled(t))


# --- objections, the record


def _answered(t: Telling) -> str:
    return _("主持人答复异议：%(ruling)s", ruling=ruling(t.body["ruling"]).text)


def _corrected(t: Telling) -> str:
    told = {"who": t.who, "state": deposit(t.body["state"]).text, "reason": t.reason}
    return _("更正 %(who)s 的保证金状态为“%(state)s”：%(reason)s", **told)


def _closed(t: Telling) -> str:
    words = [_("开标结束，记录归档")]
    if t.body["silent"]:
        words.append(_("，%(n)d 家未答复", n=len(t.body["silent"])))
    if t.body["unsigned"]:
        words.append(_("，未签：%(who)s", who=listed(signers()[each] for each in t.body["unsigned"])))
    return "".join(words)


# --- interruptions


def _resumption(t: Telling) -> str:
    return _("宣布 %(at)s 恢复开标", at=local(t.body["at"]))


def _resumed(t: Telling) -> str:
    until = t.body["until"]
    return _("开标恢复，时限至 %(at)s", at=clock(until)) if until else _("开标恢复")


def ends() -> Mapping[str, str]:
    """Why a lot ended, in words."""
    return {
        "under_minimum": _("不足法定数量"),
        "none_opened": _("无一份投标文件解密"),
        "ordered": _("行政监督责令"),
        "host": _("主持人决定"),
    }


def _lot_ended(t: Telling) -> str:
    why = ends().get(t.body["reason"], t.body["reason"])
    because = t.body["because"]
    if because:
        return _("%(lot)s终止（%(why)s）：%(reason)s", lot=lot_words(t.body["lot"]), why=why, reason=because)
    return _("%(lot)s终止（%(why)s）", lot=lot_words(t.body["lot"]), why=why)


def _terminated(t: Telling) -> str:
    return _("开标终止：%(reason)s", reason=t.reason) if t.body["reason"] else _("全部标段终止，开标终止")


def _outage(t: Telling) -> str:
    return _("系统中断 %(start)s 至 %(end)s，时限待顺延", start=clock(t.body["from"]), end=clock(t.body["to"]))


def _recovered(t: Telling) -> str:
    if t.body["deadline"]:
        return _("系统恢复，投标截止顺延至 %(at)s：%(reason)s", at=local(t.body["deadline"]), reason=t.reason)
    if t.body["until"]:
        return _("系统恢复，时限顺延至 %(at)s：%(reason)s", at=local(t.body["until"]), reason=t.reason)
    return _("系统恢复：%(reason)s", reason=t.reason)


def _replaced(t: Telling) -> str:
    name = t.names.get(t.body["organization"], "")
    return _("%(name)s 接任主持人：%(reason)s", name=name, reason=t.reason)


@dataclass(frozen=True, slots=True)
class Sentence:
    """How a fact looks in the chronicle; `tone` is ok, bad, warn, run or nothing."""

    icon: str
    tone: str
    words: Callable[[Telling], str]
    of_a_lot: bool = False


SENTENCES: Mapping[str, Sentence] = {
    "NoticePublished": Sentence("news", "", lambda t: _("招标公告发布")),
    "TimelineAmended": Sentence("calendar-event", "warn", lambda t: _("时间安排变更：%(reason)s", reason=t.reason)),
    "SignInOpened": Sentence("login-2", "run", lambda t: pgettext("event", "签到开始")),
    "BidderSignedIn": Sentence("user-check", "ok", lambda t: _("%(who)s 签到", who=t.who)),
    "BidsExtracted": Sentence(
        "package-export", "run", lambda t: _("提取并锁定投标文件 %(n)d 份", n=len(t.body["digests"])), of_a_lot=True
    ),
    "BidsChecked": Sentence("list-check", "run", _checked, of_a_lot=True),
    "UnderMinimumDecided": Sentence("gavel", "warn", _decided, of_a_lot=True),
    "PreflightSigned": Sentence("file-check", "ok", _preflight),
    "DecryptionCommanded": Sentence("gavel", "run", _commanded),
    "ShareReleased": Sentence("key", "ok", lambda t: _("%(who)s 已提交密钥", who=t.who)),
    "ReleaseFailureReported": Sentence("alert-triangle", "bad", _failure),
    "WindowExtended": Sentence("clock-plus", "warn", _extended),
    "ReleaseClosed": Sentence("lock", "run", _release_closed),
    "HolderSharesReleased": Sentence(
        "key", "ok", lambda t: _("%(who)s 已提交密钥", who=holders().get(t.body["slot"], t.body["slot"]))
    ),
    "HoldersLapsed": Sentence("key-off", "bad", _lapsed),
    "BidFormsOpened": Sentence("lock-open", "ok", _opened, of_a_lot=True),
    "FailureAttributed": Sentence("scale", "warn", _ruled),
    "AttributionRevised": Sentence("scale", "warn", _revised),
    "BidsAnnounced": Sentence("speakerphone", "run", lambda t: _("唱标，开标一览表全部公布")),
    "LastCallOpened": Sentence("messages", "run", lambda t: _("异议环节开始，至 %(at)s", at=clock(t.body["until"]))),
    "ObjectionRaised": Sentence("message-report", "warn", lambda t: _("%(who)s 提出异议", who=t.who)),
    "ObjectionAnswered": Sentence("message-2", "ok", _answered),
    "DepositCorrected": Sentence("report-money", "warn", _corrected),
    "ConfirmationOpened": Sentence(
        "writing-sign", "run", lambda t: _("开标记录提请确认，至 %(at)s", at=clock(t.body["until"]))
    ),
    "RecordConfirmed": Sentence("signature", "ok", lambda t: _("%(who)s 确认开标记录", who=t.who)),
    "RecordRefused": Sentence(
        "signature-off", "bad", lambda t: _("%(who)s 拒绝确认：%(reason)s", who=t.who, reason=t.reason)
    ),
    "RecordSigned": Sentence(
        "rubber-stamp", "ok", lambda t: _("%(who)s 签署开标记录", who=roles().get(t.body["as"], t.body["as"]))
    ),
    "OpeningClosed": Sentence("archive", "ok", _closed),
    "OpeningSuspended": Sentence(
        "player-pause", "bad", lambda t: _("%(who)s 中止开标：%(reason)s", who=t.by, reason=t.reason)
    ),
    "ResumptionAnnounced": Sentence("calendar-time", "warn", _resumption),
    "OpeningResumed": Sentence("player-play", "ok", _resumed),
    "LotEnded": Sentence("ban", "bad", _lot_ended),
    "OpeningTerminated": Sentence("ban", "bad", _terminated),
    "OutageHeld": Sentence("plug-connected-x", "warn", _outage),
    "RecoveryAnnounced": Sentence("server", "ok", _recovered),
    "HostReplaced": Sentence("users-group", "warn", _replaced),
    "DeputyAppointed": Sentence(
        "user-plus", "", lambda t: _("%(name)s 受委任为备任主持人", name=t.names.get(t.body["organization"], ""))
    ),
    "Reminded": Sentence("bell-ringing", "warn", lambda t: _("行政监督提醒：%(text)s", text=t.body["text"])),
}
"""All that any audience is told of."""
