"""A bidder's desk: of every lot what became of one's own bids, out of what one's own channel was told.

Nothing of anybody else enters here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bidroom.crypto.policy import FormItem, Lot, Terms
from bidroom.facts import Refused, instant
from bidroom.opening.visibility import Seen
from bidroom.registry.tenders import Tender
from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import translate
from bidroom.web.present import notices
from bidroom.web.present.chips import Chip

SUBMITTED, WITHDRAWN, REFUSED = "BidSubmitted", "BidWithdrawn", "UploadRefused"
ACTS = (SUBMITTED, WITHDRAWN, REFUSED)
PRICE = "price"
MANY_LOTS = 3


@dataclass(frozen=True, slots=True)
class Act:
    """One own act at one lot (`lot` is None where an upload did not say). `paper` names its signed receipt or refusal,
    empty where there is none; `reason` is why it was refused, in words; `fate` is that of a submitted bid that counts
    no more: replaced or withdrawn."""

    type: str
    at: str
    lot: int | None
    digest: str
    paper: str
    reason: str = ""
    field: str = ""
    fate: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the bid form: what is typed into it and how."""

    key: str
    label: str
    type: str
    unit: str
    hint: str


@dataclass(frozen=True, slots=True)
class LotDesk:
    """One lot. `live` is the bid that counts now; `last` the last submitted one, live or withdrawn, which the next one
    supersedes."""

    no: int
    name: str
    control_price: str | None
    currency: str
    deposit: str
    fields: tuple[Field, ...]
    acts: tuple[Act, ...]
    live: Act | None
    last: Act | None
    chip: Chip

    @property
    def state(self) -> str:
        """none, submitted or withdrawn: by receipts alone."""
        return "submitted" if self.live else "withdrawn" if self.last else "none"

    @property
    def has_replaced(self) -> bool:
        """Whether the live bid took another's place."""
        return any(act.fate == "replaced" for act in self.acts)

    @property
    def withdrawal(self) -> Act | None:
        """The withdrawal in force."""
        return None if self.live or not self.last else next(act for act in self.acts if act.type == WITHDRAWN)


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The whole desk; `open` is whether bids are taken, `held` that an outage holds the deadline."""

    tender: str
    number: str
    title: str
    tenderee: str
    deadline: datetime
    published_at: datetime
    open: bool
    held: bool
    lots: tuple[LotDesk, ...]
    strays: tuple[Act, ...]

    @property
    def is_long(self) -> bool:
        """Whether there are so many lots that each one's form waits until it is asked for."""
        return len(self.lots) > MANY_LOTS


def desk_page(tender: Tender, events: Iterable[Seen], now: datetime, lang: str) -> DeskPage:
    """The desk of one organization, `events` being its own channel."""
    terms, acts = tender.the_terms, acts_of(events, lang)
    assert tender.deadline is not None, "a published tender has its deadline"
    assert tender.published_at is not None, "and the time of its publication"
    return DeskPage(
        tender=tender.id,
        number=terms.number,
        title=terms.title,
        tenderee=terms.tenderee.name,
        deadline=tender.deadline,
        published_at=tender.published_at,
        open=is_open(tender, now),
        held=tender.outage,
        lots=tuple(_lot(lot, [act for act in acts if act.lot == lot.no], lang) for lot in terms.lots),
        strays=tuple(act for act in acts if act.lot not in {lot.no for lot in terms.lots}),
    )


def is_open(tender: Tender, now: datetime) -> bool:
    """Whether bids are taken: until the deadline, or as long as an outage holds it."""
    in_time = tender.deadline is not None and (now <= tender.deadline or tender.outage)
    return tender.phase == "published" and in_time


def acts_of(events: Iterable[Seen], lang: str) -> tuple[Act, ...]:
    """Uploads and withdrawals, the newest first."""
    found = [_act(event, lang) for event in events if event["type"] in ACTS]
    return tuple(_marked(found))[::-1]


def _act(event: Seen, lang: str) -> Act:
    body = event["body"]
    named = (event["type"], event["time"], body.get("lot"), body.get("digest") or "", body.get("nonce") or "")
    reason = body.get("reason")
    return Act(*named, translate(reason, lang) if reason else "", body.get("field") or "")


def _marked(acts: Sequence[Act]) -> Iterable[Act]:
    """Each submitted bid with what became of it."""
    last = {act.lot: act.digest for act in acts if act.type == SUBMITTED}
    gone = {act.digest for act in acts if act.type == WITHDRAWN}
    for act in acts:
        fate = "withdrawn" if act.digest in gone else "replaced" if last.get(act.lot) != act.digest else ""
        yield replace(act, fate=fate) if act.type == SUBMITTED else act


def _lot(lot: Lot, acts: Sequence[Act], lang: str) -> LotDesk:
    last = next((act for act in acts if act.type == SUBMITTED), None)
    gone = {act.digest for act in acts if act.type == WITHDRAWN}
    live = None if last is None or last.digest in gone else last
    fields = (price_field(lot), *(_field(item, lang) for item in lot.form))
    given = (lot.no, lot.name, lot.control_price, lot.currency, lot.deposit)
    return LotDesk(*given, fields, tuple(acts), live, last, _chip(live, last))


def _chip(live: Act | None, last: Act | None) -> Chip:
    if live is not None:
        return Chip("ok", "circle-check", _("已递交"), live.at)
    if last is not None:
        return Chip("warn", "arrow-back-up", _("已撤回"))
    return Chip("mute", "circle-dashed", _("尚未递交"))


def price_field(lot: Lot) -> Field:
    """The price, which every form has."""
    unit = _("元") if lot.currency == "CNY" else lot.currency
    return Field(PRICE, _("投标总报价"), PRICE, unit, _("最多两位小数；可以带千分位"))


def _field(item: FormItem, lang: str) -> Field:
    hints = {"integer": _("整数，不为负"), "decimal": _("数字，最多九位小数"), "text": ""}
    return Field(item.key, notices.label(item, lang), item.type, notices.unit(item), hints[item.type])


# --- who may not have one


def barred(terms: Terms, organization: str | None) -> str:
    """Why somebody who is no bidder here has no desk: staff, tenderee, agent."""
    if organization is None:
        return "staff"
    return "tenderee" if organization == terms.tenderee.organization else "agent"


# --- one's own papers


def paper_among(events: Iterable[Seen], paper: str) -> Seen:
    """The own act behind a receipt's or refusal's nonce; Refused("page_unknown")."""
    found = [event for event in events if event["type"] in ACTS and event["body"].get("nonce") == paper]
    if not found or not paper:
        raise Refused("page_unknown")
    return found[0]


def paper_name(tender: Tender, event: Seen) -> str:
    """What its file is called, in ASCII: the kind, the tender's number, the lot and the time."""
    kind = {SUBMITTED: "receipt", WITHDRAWN: "withdrawal", REFUSED: "refusal"}[event["type"]]
    number = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in tender.the_terms.number)
    return f"{kind}-{number}-{event['body'].get('lot') or 0}-{instant(event['time']):%Y%m%dT%H%M%SZ}.json"
