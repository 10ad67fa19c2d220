"""What the host can do to move the opening on, phase by phase."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.facts import Actor, Command, Role
from bidroom.opening.attribution import unattributed
from bidroom.opening.extraction import going_on_is_allowed, needs_decision
from bidroom.opening.state import Bid, LotState, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present import chips
from bidroom.web.present.acts_forms import Act, Choice, Field, reason, who_bids, with_lot
from bidroom.web.present.labels import lot_words

NO_NONCE = "00" * 16
NO_DIGEST = "00" * 32
EXTENSIONS = (5, 10, 15, 30, 60)
"""Minutes that a window may be extended by, at a click."""


# --- before the command


def decide_under_minimum(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """One for each lot with too few bids or deposits; going on only where the pack allows it."""
    for lot in opening.live_lots:
        if needs_decision(opening, lot):
            is_open = lot.decision is None
            yield Act(
                "DecideUnderMinimum",
                with_lot(opening, _("决定是否继续") if is_open else _("更改是否继续的决定"), lot.no),
                "scale",
                lot=lot.no,
                fields=(_decision(opening, actor, lot), reason()),
                title=with_lot(opening, _("投标人不足时的决定"), lot.no),
                told=tuple(_shortfall(opening, lot)),
                done=_("决定已记录"),
                is_main=is_open,
            )


def _decision(opening: Opening, actor: Actor, lot: LotState) -> Field:
    allowed = [each for each in ("end", "go_on") if _is_allowed(opening, actor, lot.no, each)]
    said = {
        "end": Choice("end", _("终止本标段"), _("投标文件保持加密，退还保证金，重新招标")),
        "go_on": Choice("go_on", _("继续开标"), _("理由与决定写入开标记录")),
    }
    return Field("decision", _("决定"), "radio", choices=tuple(said[each] for each in allowed))


def _is_allowed(opening: Opening, actor: Actor, lot: int, decision: str) -> bool:
    asked = Command("", opening.tender, "DecideUnderMinimum", {"decision": decision}, lot)
    assert opening.deadline is not None
    return going_on_is_allowed(opening, asked, actor, opening.deadline)


def _shortfall(opening: Opening, lot: LotState) -> Iterator[str]:
    minimum = opening.the_terms.minimum
    counts = {"bids": lot.counted, "deposits": lot.deposits, "minimum": minimum}
    yield _("投标文件 %(bids)d 份，已核验保证金 %(deposits)d 份，不得少于 %(minimum)d。", **counts)
    if lot.counted < minimum and not opening.pack.may_go_on_under_minimum:
        yield _("投标人少于三个的，不得开标（招标投标法实施条例第四十四条）。")


def command_decryption(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """The command, over the final root and the log as it stands."""
    seconds = int(opening.the_timeline.windows.release.total_seconds())
    if not somewhere_to_go(opening):
        return
    yield Act(
        "CommandDecryption",
        _("下达解密指令"),
        "lock-open",
        by="commandDecryption",
        body={"root": opening.root, "window": seconds},
        found={"nonce": NO_NONCE},
        title=_("下达解密指令"),
        told=tuple(_command_told(opening, seconds)),
        done=_("解密指令已下达"),
        is_main=True,
    )


def somewhere_to_go(opening: Opening) -> bool:
    """Whether some lot is left to be opened, as the host has decided so far."""
    return any(lot.decision != "end" or not needs_decision(opening, lot) for lot in opening.live_lots)


def _command_told(opening: Opening, seconds: int) -> Iterator[str]:
    yield _("各投标人须在 %(minutes)d 分钟内提交密钥，倒计时立即开始。", minutes=seconds // 60)
    yield _("指令下达后不能撤回，投标人不足的决定也不能再更改。")
    ending = [lot.no for lot in opening.live_lots if needs_decision(opening, lot) and lot.decision == "end"]
    for no in ending:
        yield _("%(lot)s 将随指令终止，其投标文件永久保持加密。", lot=lot_words(no))


# --- windows


def extend_window(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """More time for bidders, or for the holders."""
    choices = tuple(Choice(str(60 * n), _("%(n)d 分钟", n=n)) for n in EXTENSIONS)
    yield Act(
        "ExtendWindow",
        _("延长时间"),
        "clock-plus",
        body={"command": opening.command},
        fields=(Field("seconds", _("延长"), "select", "int", choices, value="600"), reason()),
        title=_("延长解密时间") if opening.phase is Phase.DECRYPTING else _("延长招标人解密时间"),
        done=_("时间已延长"),
    )


# --- attribution and announcement


def rule_attribution(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """One for each bid that was not opened, with what the system found out about it; a ruling can be given anew."""
    for bid in opening.finals():
        if not bid.opened and bid.cause != "holder_lapsed":
            yield _ruling(opening, bid, role)


def _ruling(opening: Opening, bid: Bid, role: Role) -> Act:
    who = who_bids(opening, bid.lot, bid.organization, role)
    verb = _("认定原因：%(who)s", who=who) if bid.fault is None else _("更改认定：%(who)s", who=who)
    return Act(
        "RuleAttribution",
        with_lot(opening, verb, bid.lot),
        "gavel",
        key=(bid.digest,),
        body={"digest": bid.digest},
        fields=(fault(), reason(_("认定理由"))),
        title=_("认定解密失败原因：%(who)s", who=who),
        told=tuple(evidence(opening, bid)),
        done=_("认定已记录"),
        is_main=bid.fault is None,
    )


def fault() -> Field:
    """Whose it is."""
    return Field(
        "fault", _("责任"), "radio",
        choices=(
            Choice("bidder", _("投标人原因：视为撤销投标文件"), _("保证金可以不予退还")),
            Choice("other", _("其他原因：视为撤回投标文件"), _("退还保证金，投标人有权要求赔偿直接损失")),
        ),
    )  # fmt: skip


def evidence(opening: Opening, bid: Bid) -> Iterator[str]:
    """What is known of a bid that did not open."""
    yield causes().get(bid.cause or "", _("尚无系统认定的原因"))
    if bid.failed_layer and bid.cause == "not_decrypted":
        yield _("失败环节：%(layer)s", layer=chips.layer(bid.failed_layer))
    if bid.damaged:
        yield _("提取时重新计算的摘要与回执不符：存储的密文已损坏")
    if bid.reported:
        told = {"layer": chips.layer(bid.reported["layer"]), "serial": bid.reported["serial"]}
        yield _("投标人报告：在“%(layer)s”环节失败，所用证书序列号 %(serial)s", **told)
    yield _("投标文件摘要 %(digest)s", digest=bid.digest)


def causes() -> dict[str, str]:
    """What the system says of a bid that was not opened."""
    return {
        "not_released": _("规定时间内未收到投标人的密钥"),
        "not_decrypted": _("密钥已提交，投标文件未能解密"),
        "disputed": _("招标人预检时发现自己的密钥份额打不开，存在争议"),
        "holder_lapsed": _("招标人未在规定时间内提交密钥"),
    }


def announce_bids(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """All opened forms at once."""
    opened = [bid for bid in opening.finals() if bid.opened]
    if not opened and not unattributed(opening):
        return
    empty = [lot.no for lot in opening.live_lots if not any(bid.lot == lot.no for bid in opened)]
    told = [
        _("%(n)d 份开标一览表将同时向所有人公布。", n=len(opened)),
        _("公布后不能撤回，失败原因只能因异议成立而更正。"),
    ]
    told += [_("%(lot)s 没有投标文件解密成功，将随之终止。", lot=lot_words(no)) for no in empty]
    yield Act(
        "AnnounceBids", _("公布开标一览表，开始唱标"), "speakerphone", title=_("开始唱标"),
        told=tuple(told), done=_("开标一览表已公布"), is_main=True,
    )  # fmt: skip


def call_last(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Whether anybody objects."""
    minutes = int(opening.the_timeline.windows.last_call.total_seconds()) // 60
    told = (_("投标人对开标有异议的，须在 %(minutes)d 分钟内当场提出。", minutes=minutes),)
    yield Act("CallLast", _("唱标完毕，询问异议"), "message-2", title=_("询问异议"), told=told,
              done=_("已询问异议"), is_main=True)  # fmt: skip


# --- the record


def open_confirmation(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """The minutes as they stand, before everyone; their digest is looked up when the button is pressed."""
    minutes = int(opening.the_timeline.windows.confirming.total_seconds()) // 60
    told = (_("各投标人须在 %(minutes)d 分钟内确认或拒绝，逾期未答复的如实记录。", minutes=minutes),)
    yield Act(
        "OpenConfirmation", _("提交开标记录确认"), "clipboard-check", by="openConfirmation",
        found={"record": NO_DIGEST}, title=_("提交开标记录确认"), told=told, done=_("开标记录已提交确认"), is_main=True,
    )  # fmt: skip
