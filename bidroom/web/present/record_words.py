"""The words of the opening record: what each state, cause and decision is called, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from babel.messages.pofile import read_po

from bidroom.web.i18n import DEFAULT, FOLDERS, LOCALE, translate
from bidroom.web.present.record_cells import Part, visible


class Say(Protocol):
    """As gettext: the sentence in another language, its named places filled."""

    def __call__(self, text: str, /, **values: object) -> str:
        """The sentence."""
        ...


def say_in(language: str) -> Say:
    """The record's own words in this language; a PDF is made where no request tells which."""
    known: Mapping[str, str] = {} if language == DEFAULT else _catalogue(language)

    def say(text: str, /, **values: object) -> str:
        said = known.get(text, text)
        return said % values if values else said

    return say


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    with (LOCALE / FOLDERS[language] / "LC_MESSAGES" / "record.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}


class Words:
    """Every name that the record's data uses, and what it is called; an unknown one is called by its name."""

    def __init__(self, _: Say, language: str) -> None:
        self.say = _
        self.language = language
        self.states = {
            "closed": Part(_("开标已结束"), "ok"),
            "terminated": Part(_("开标已终止"), "bad"),
            "open": Part(_("开标尚未结束"), "wait"),
        }
        self.outcomes = {
            "opened": Part(_("已解密"), "ok"),
            "revoked": Part(_("未解密，视为撤销投标文件"), "bad"),
            "withdrawn": Part(_("未解密，视为撤回投标文件"), "warn"),
            "sealed": Part(_("未解密，保持密封"), "quiet"),
        }
        self.deposits = {
            "paid": Part(_("已到账"), "ok"),
            "guarantee": Part(_("保函"), "ok"),
            "late": Part(_("迟到"), "warn"),
            "short": Part(_("金额不足"), "warn"),
            "none": Part(_("未递交"), "bad"),
        }
        self.answers = {
            "signed": Part(_("已确认"), "ok"),
            "refused": Part(_("拒绝确认"), "bad"),
            "silent": Part(_("未作答"), "warn"),
        }
        self.flags = {
            "over_control_price": Part(_("提示：高于控制价"), "warn"),
            "capitals_differ": Part(_("提示：大小写不一致"), "warn"),
            "shared_account": Part(_("提示：与其他投标人同一账户"), "warn"),
            "not_basic_account": Part(_("提示：非基本账户转出"), "warn"),
            "damaged": Part(_("提示：文件损坏"), "bad"),
        }
        self.rulings = {
            "upheld": Part(_("异议成立"), "warn"),
            "rejected": Part(_("异议不成立"), "ok"),
            "referred": Part(_("转行政监督部门处理"), "warn"),
        }
        self.names = _names(_)

    def name(self, group: str, value: str) -> str:
        """What this is called."""
        return self.names[group].get(value, visible(value))

    def reason(self, name: str) -> str:
        """The sentence of a refusal."""
        return visible(translate(name, self.language))


def _names(_: Say) -> Mapping[str, Mapping[str, str]]:
    return {
        "lot": {"open": _("进行中"), "announced": _("已唱标"), "ended": _("流标")},
        "ended": {
            "under_minimum": _("投标人不足法定数量"),
            "none_opened": _("没有投标文件解密成功"),
            "ordered": _("行政监督责令终止"),
            "host": _("主持人决定终止"),
        },
        "decision": {"end": _("终止本标段"), "go_on": _("继续开标")},
        "cause": {
            "not_released": _("投标人未在规定时间内提交密钥"),
            "not_decrypted": _("提交密钥后解密未成功"),
            "disputed": _("密钥分片有争议"),
            "holder_lapsed": _("密钥保管方未在规定时间内提交密钥"),
        },
        "layer": {
            "share": _("密钥分片"), "commitment": _("密钥承诺"), "key": _("证书私钥"), "stanza": _("密钥信封"),
            "holder": _("保管方密钥"), "payload": _("密文完整性"), "frame": _("明文分段结构"),
            "form": _("开标一览表格式"), "storage": _("平台存储"),
        },
        "phase": {
            "extracted": _("提取"), "checked": _("检查"), "decrypting": _("解密"), "closing": _("招标人解密"),
            "attributing": _("认定"), "announcing": _("唱标"), "objections": _("异议"), "confirming": _("确认"),
        },
        "by": {"host": _("主持人"), "deputy": _("副主持人"), "supervisor": _("行政监督")},
        "method": {
            "joint": _("投标人与招标人共同解密"),
            "joint-gated": _("投标人、招标人与监督方共同解密"),
            "committee": _("投标人与解密委员会共同解密"),
            "central": _("招标人与监督方解密"),
        },
        "pack": {"cn-mandatory": _("依法必须招标"), "cn-small": _("小额公共资源")},
        "unit": {"d": _("日历天"), "mo": _("个月"), "a": _("年")},
    }  # fmt: skip
