"""A bidder's own bids in the room: what became of each, and what the bidder must have at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bidroom.opening.record import outcome
from bidroom.opening.state import Bid, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present import chips
from bidroom.web.present.chips import Chip, told_at
from bidroom.web.present.labels import lot_words


@dataclass(frozen=True, slots=True)
class OwnBid:
    """One bid of one's own; `serial` of the certificate that sealed it, empty where nobody said. Times RFC 3339."""

    lot: int
    name: str
    digest: str
    received_at: str
    state: Chip
    said: tuple[str, ...]
    serial: str
    released_at: str
    message: str


def bids_of(opening: Opening, organization: str | None, serials: Mapping[str, str]) -> tuple[OwnBid, ...]:
    """Those that count: live before the extraction, final after it."""
    return tuple(_own(opening, bid, serials) for bid in _counted(opening, organization))


def certificates_of(opening: Opening, organization: str | None) -> tuple[str, ...]:
    """Digests of the certificates whose serial numbers the panel of this organization names."""
    mine = {bid.certificate for bid in _counted(opening, organization)}
    slots = opening.terms.slots if opening.terms else ()
    held = {h.certificate for slot in slots for h in slot.holders if h.organization == organization}
    return tuple(sorted(mine | held))


def _counted(opening: Opening, organization: str | None) -> list[Bid]:
    is_final = opening.root is not None
    mine = (bid for bid in opening.bids.values() if bid.organization == organization)
    return sorted((bid for bid in mine if (bid.final if is_final else bid.live)), key=lambda bid: bid.lot)


def _own(opening: Opening, bid: Bid, serials: Mapping[str, str]) -> OwnBid:
    return OwnBid(
        bid.lot,
        lot_words(bid.lot) if len(opening.lots) > 1 else "",
        bid.digest,
        told_at(bid.received_at),
        state_of(opening, bid),
        tuple(filter(None, (_result(opening, bid), _evidence(bid), _help(opening, bid, serials)))),
        serials.get(bid.certificate, ""),
        told_at(bid.released_at),
        bid.message or "",
    )


def state_of(opening: Opening, bid: Bid) -> Chip:
    """One word for where it stands."""
    became = outcome(opening, bid)
    if became is not None:
        return {
            "opened": Chip("ok", "file-check", _("已开标")),
            "revoked": Chip("bad", "ban", _("视为撤销")),
            "withdrawn": Chip("warn", "arrow-back-up", _("视为撤回")),
            "sealed": Chip("mute", "lock", _("保持加密")),
        }[became]
    if bid.cause is not None:
        return Chip("bad", "alert-triangle", _("未解密，待认定"))
    if bid.released_at is not None:
        return Chip("ok", "lock-open", _("已提交密钥"), told_at(bid.released_at))
    if opening.phase is Phase.DECRYPTING:
        return Chip("wait", "clock", _("待提交密钥"))
    return Chip("ok", "lock-check", _("已加密递交"), told_at(bid.received_at))


def _result(opening: Opening, bid: Bid) -> str:
    """What the law says of it, where it was not opened (办法 31)."""
    said: dict[str, str] = {
        "revoked": _(
            "因投标人原因未解密，视为撤销投标文件，保证金可以不予退还（电子招标投标办法第三十一条）。"
            "对认定有异议的，可以当场提出。"
        ),
        "withdrawn": _(
            "因投标人之外的原因未解密，视为撤回投标文件，退还保证金，"
            "有权要求责任方赔偿因此遭受的直接损失（电子招标投标办法第三十一条）。"
        ),
        "sealed": _("标段已终止，投标文件未解密，永久保持加密。"),
    }
    return said.get(outcome(opening, bid) or "", "")


def _evidence(bid: Bid) -> str:
    told = [chips.layer(bid.failed_layer)] if bid.failed_layer else []
    if bid.damaged:
        told.append(_("平台存储的密文与回执不符"))
    if bid.reported:
        told.append(_("已报告解密失败：%(layer)s", layer=chips.layer(bid.reported["layer"])))
    return "；".join(told)


def _help(opening: Opening, bid: Bid, serials: Mapping[str, str]) -> str:
    if opening.phase is not Phase.DECRYPTING or bid.released_at is not None:
        return ""
    serial = serials.get(bid.certificate)
    lost: str = _("证书已更换的，可用加密时指定的其他证书或打印的恢复码。")
    return str(_("请用序列号为 %(serial)s 的证书。", serial=serial)) + lost if serial else lost


def confirmation_of(opening: Opening, organization: str | None) -> Chip | None:
    """What this bidder said to the record; None before it is laid out, and for those without a final bid."""
    if opening.record is None or organization not in opening.bidders():
        return None
    state, why = opening.confirmations.get(organization or "", ("", None))
    return {
        "signed": Chip("ok", "signature", _("已确认开标记录")),
        "refused": Chip("bad", "signature-off", _("已拒绝确认"), more=why or ""),
        "silent": Chip("mute", "minus", _("未答复开标记录")),
    }.get(state, Chip("wait", "clock", _("待确认开标记录")))
