"""What the opening is about: who asks, who runs it, by which rules; and once that is no secret, how many bid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bidroom.opening.state import Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.present.chips import told_at


@dataclass(frozen=True, slots=True)
class Head:
    """What the opening is about. `tags` in words, times RFC 3339."""

    number: str
    title: str
    tenderee: str
    agent: str
    host: str
    deadline: str
    tags: tuple[str, ...]
    lots: int
    stats: tuple[tuple[str, str], ...]


def head_of(state: Opening) -> Head:
    """Who, what, when; and once the bids are extracted, how many."""
    terms = state.the_terms
    return Head(
        number=terms.number,
        title=terms.title,
        tenderee=terms.tenderee.name,
        agent=terms.agent.name if terms.agent else "",
        host=name_of_host(state),
        deadline=told_at(state.deadline),
        tags=(packs().get(terms.rule_pack, terms.rule_pack), methods().get(terms.decryption, terms.decryption)),
        lots=len(terms.lots),
        stats=tuple(_stats(state)),
    )


def name_of_host(state: Opening) -> str:
    """Who hosts now: of the timeline's hosts, or appointed since."""
    return host_names(state)[state.hosts[state.host]]


def host_names(state: Opening) -> Mapping[str, str]:
    """Who may host, by organization: the timeline and the appointments are public."""
    return {**{host.organization: host.name for host in state.the_timeline.hosts}, **dict(state.appointed)}


def packs() -> Mapping[str, str]:
    """The rule packs in words."""
    return {"cn-mandatory": _("依法必须招标"), "cn-small": _("小额公共资源")}


def methods() -> Mapping[str, str]:
    """The decryption methods in words."""
    return {
        "joint": _("投标人与招标人共同解密"),
        "joint-gated": _("共同解密并由第三方把关"),
        "committee": _("投标人与委员会共同解密"),
        "central": _("集中解密"),
    }


def _stats(state: Opening) -> Iterator[tuple[str, str]]:
    if state.root is None:
        return
    finals = [bid for no in state.lots for bid in state.finals(no)]
    yield _("投标文件"), str(len(finals))
    yield _("已签到"), str(sum(bid.organization in state.signed_in for bid in finals))
    if any(lot.opened for lot in state.lots.values()):
        yield _("已解密"), str(sum(bid.opened for bid in finals))
    elif state.commanded_at is not None:
        yield _("已提交密钥"), str(sum(bid.released_at is not None for bid in finals))
