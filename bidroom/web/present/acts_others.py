"""What tenderee and bidders can do, and who signs the record."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.crypto.slots import BIDDER
from bidroom.facts import Actor, Role
from bidroom.opening.confirmation import SIGNERS
from bidroom.opening.decryption import LAYERS, to_open
from bidroom.opening.holders import holders_missing
from bidroom.opening.state import Bid, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext
from bidroom.web.present.acts_forms import Act, Choice, Field, reason, text, with_lot
from bidroom.web.present.chips import layer

# --- the tenderee


def sign_preflight(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """That one's key opens its stanza of every final bid; once is enough, again is allowed."""
    slots = held_slots(opening, actor)
    if not slots:
        return
    is_new = actor.organization not in opening.preflights
    told = (
        _("在本机用招标人证书逐份试开自己的密钥份额，不会解密任何投标文件。"),
        _("打不开的将作为争议写入记录，相应投标文件不会被解密。"),
    )
    yield Act(
        "SignPreflight", _("签署解密预检") if is_new else _("重新预检"), "zoom-check", by="preflight",
        body={"root": opening.root}, found={"bad": []}, title=_("解密预检"), told=told,
        done=_("解密预检已签署"), is_main=is_new, needs=_certificates(opening, actor, slots), slots=slots,
    )  # fmt: skip


def held_slots(opening: Opening, actor: Actor) -> tuple[str, ...]:
    """The slots in which the actor's organization holds a key, but for the bidder's."""
    slots = (slot for slot in opening.the_terms.slots if slot.name != BIDDER)
    return tuple(slot.name for slot in slots if any(h.organization == actor.organization for h in slot.holders))


def _certificates(opening: Opening, actor: Actor, slots: tuple[str, ...]) -> tuple[str, ...]:
    holders = (holder for slot in opening.the_terms.slots if slot.name in slots for holder in slot.holders)
    return tuple(holder.certificate for holder in holders if holder.organization == actor.organization)


def release_holder_shares(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """All or nothing, for each slot of one's own that still owes its pieces."""
    digests = [bid.digest for bid in to_open(opening)]
    for slot in held_slots(opening, actor):
        if slot in holders_missing(opening):
            told = (
                _("在本机用招标人证书打开 %(n)d 份投标文件的密钥份额，一次全部提交。", n=len(digests)),
                _("提交后系统立即解密，不能撤回；逾期未提交的，以招标人名义记录，相应投标视为撤回。"),
            )
            yield Act(
                "ReleaseHolderShares", _("提交招标人密钥"), "key", key=(slot,), by="releaseHolder",
                body={"command": opening.command, "slot": slot, "digests": digests}, title=_("提交招标人密钥"),
                told=told, done=_("招标人密钥已提交"), is_main=True, needs=_certificates(opening, actor, (slot,)),
            )  # fmt: skip


# --- bidders


def sign_in(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Once, for all lots."""
    if actor.organization not in opening.signed_in:
        is_main = opening.phase is Phase.SIGN_IN
        yield Act("SignIn", pgettext("act", "签到"), "user-check", done=_("签到成功"), is_main=is_main)


def own_finals(opening: Opening, actor: Actor) -> list[Bid]:
    """One's final bids in lots that live."""
    return sorted((b for b in opening.finals() if b.organization == actor.organization), key=lambda bid: bid.lot)


def release_share(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """One for each bid whose key is still to come."""
    for bid in own_finals(opening, actor):
        if bid.released_at is None:
            yield Act(
                "ReleaseShare", with_lot(opening, pgettext("act", "提交密钥"), bid.lot), "lock-open", key=(bid.digest,),
                lot=bid.lot, by="release", body={"command": opening.command, "digest": bid.digest},
                done=_("密钥已提交，请保存回执"), is_main=True, needs=(bid.certificate,),
            )  # fmt: skip


def report_release_failure(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Evidence for the host, who rules on whose fault it is."""
    layers = tuple(Choice(each, layer(each)) for each in LAYERS)
    for bid in own_finals(opening, actor):
        if bid.released_at is None or bid.cause is not None:
            again = bid.reported is not None
            yield Act(
                "ReportReleaseFailure",
                with_lot(opening, _("补充报告解密失败") if again else _("报告解密失败"), bid.lot),
                "alert-triangle",
                key=(bid.digest,),
                lot=bid.lot,
                body={"digest": bid.digest},
                fields=(
                    Field("layer", _("失败环节"), "select", choices=layers),
                    Field("serial", _("所用证书的序列号"), "line", most=100, hint=_("打开证书失败时可查阅证书介质")),
                ),
                title=with_lot(opening, _("报告解密失败"), bid.lot),
                told=(_("报告作为主持人认定责任的证据，招标人和行政监督同时可见。"),),
                done=_("报告已提交"),
            )


def raise_objection(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """About all, or about one lot."""
    if len(opening.lots) == 1:
        yield _objection(opening, None)
        return
    mine = {bid.lot for bid in opening.bids.values() if bid.final and bid.organization == actor.organization}
    for no in (None, *sorted(mine)):
        yield _objection(opening, no)


def _objection(opening: Opening, lot: int | None) -> Act:
    title = with_lot(opening, pgettext("act", "提出异议"), lot)
    return Act(
        "RaiseObjection", title, "message-plus", lot=lot, fields=(text(_("异议内容")),), title=title,
        told=(_("异议经签名后当场公布，由主持人当场答复，全文写入开标记录。"),), done=_("异议已提出"),
    )  # fmt: skip


def confirm_record(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """The minutes as they were laid before everyone; the browser computes their digest anew."""
    if actor.organization not in opening.confirmations:
        yield Act(
            "ConfirmRecord", _("核对并确认开标记录"), "signature", by="confirm", body={"record": opening.record},
            done=_("开标记录已确认"), is_main=True,
        )  # fmt: skip


def refuse_record(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """With a reason, which goes on record."""
    if actor.organization not in opening.confirmations:
        yield Act(
            "RefuseRecord", pgettext("act", "拒绝确认"), "signature-off", body={"record": opening.record}, by="refuse",
            fields=(reason(_("拒绝理由")),), title=_("拒绝确认开标记录"),
            told=(_("拒绝及理由写入开标记录，不影响开标继续进行。"),), done=_("拒绝已记录"),
        )  # fmt: skip


# --- the record's signers


def sign_record(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """In each role that one has and nobody has signed in."""
    said = {Role.HOST: _("主持人"), Role.TENDEREE: _("招标人"), Role.SUPERVISOR: _("行政监督")}
    if role in SIGNERS and role not in opening.signatures:
        yield Act(
            "SignRecord", _("以%(role)s身份签署开标记录", role=said[role]), "writing-sign", key=(str(role),),
            by="signRecord", body={"record": opening.record, "as": str(role)}, done=_("开标记录已签署"), is_main=True,
        )  # fmt: skip
