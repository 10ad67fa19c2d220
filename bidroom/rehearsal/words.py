"""What a rehearsal says to whoever watches it: phases, deeds and ends of lots, in zh-CN and English."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]
"""A name to its words in zh-CN and in English."""

PHASES: Words = {
    "preparing": ("登记、公告与投标", "registration to bids"),
    "sign_in": ("签到", "sign-in"),
    "extracted": ("提取", "extraction"),
    "checked": ("检查", "check"),
    "decrypting": ("解密", "decryption"),
    "closing": ("招标人解密", "tenderee's turn"),
    "attributing": ("认定", "attribution"),
    "announcing": ("唱标", "announcement"),
    "objections": ("异议", "objections"),
    "confirming": ("确认", "confirmation"),
    "closed": ("结束", "closed"),
    "suspended": ("中止", "suspended"),
    "terminated": ("终止", "terminated"),
}

LABELS: Words = {
    "rehearsal": ("演练：{title}", "Rehearsal: {title}"),
    "clock": ("演练时钟", "rehearsal's clock"),
    "phases": ("阶段", "phases"),
    "events": ("经过", "events"),
    "deed": ("{name}：{what}", "{name}: {what}"),
    "of_lot": ("{what}（标段 {lot}）", "{what} (lot {lot})"),
    "end": (
        "标段 {no} {name}：{end}，{counted} 家投标，{opened} 家开启",
        "Lot {no} {name}: {end}; bids {counted}, opened {opened}",
    ),
    "results": ("开标记录与核验包：{out}", "Record and bundles: {out}"),
}

ENDS: Words = {
    "announced": ("已唱标", "announced"),
    "under_minimum": ("投标人不足，不予开标", "too few bidders, not opened"),
    "none_opened": ("无一开启，终止", "no bid could be opened, ended"),
    "ordered": ("监督部门责令终止", "ended by order of the supervisor"),
    "host": ("主持人终止", "ended by the host"),
}
"""How a lot ended, by its reason in the record; without a reason it was announced."""

DEEDS: Mapping[str, str] = {
    "登记市场主体": "registers",
    "申请绑定数字证书": "applies for its certificate's binding",
    "核对并绑定数字证书": "checks and binds a certificate",
    "起草招标项目": "drafts the tender",
    "签署招标公告": "signs the notice",
    "提交招标公告": "submits the notice",
    "审核并发布招标公告": "reviews and publishes the notice",
    "登记并核验投标保证金": "registers and verifies a deposit",
    "加密投标文件": "seals a bid",
    "上传加密投标文件": "uploads a sealed bid",
    "递交加密投标文件": "submits a sealed bid",
    "替换加密投标文件": "replaces a sealed bid",
    "撤回投标文件": "withdraws a bid",
    "投标截止后上传，被拒收": "uploads after the deadline and is refused",
    "签到": "signs in",
    "解密预检": "signs the preflight",
    "决定投标人不足的标段": "decides about a lot under the minimum",
    "下达解密指令": "commands the decryption",
    "解密：释放密钥": "releases a bid's key",
    "解密失败：证书与加密时不一致": "cannot release: not the certificate that it sealed with",
    "招标人解密：释放密钥": "releases the tenderee's keys",
    "延长解密时间": "extends the window",
    "认定解密失败原因": "rules on a failed decryption",
    "公布开标结果": "announces the bids",
    "询问有无异议": "calls for objections",
    "提出异议": "objects",
    "答复异议": "answers an objection",
    "提交开标记录表确认": "lays the record before everyone",
    "签署开标记录表": "signs the record",
    "确认开标记录": "confirms the record",
    "拒绝确认开标记录": "refuses to confirm the record",
    "中止开标": "suspends the opening",
    "公布恢复开标时间": "announces when it goes on",
    "终止开标": "terminates the opening",
    "接任主持人": "takes over as host",
    "网络中断": "loses its connection",
    "重新连接，补收消息": "is back and catches up",
}
"""What a party did, as its timeline keeps it, in English; after a colon stands whom it was about."""


def say(table: Words, name: str, tongue: str, /, **values: object) -> str:
    """The words for a name, with their values."""
    return table[name][tongue == "en"].format(**values)


def deed(what: str, tongue: str, lot: int | None = None) -> str:
    """What a party did, in words."""
    if tongue == "en":
        head, _, about = (what, "", "") if what in DEEDS else what.partition("：")
        what = DEEDS[head] + (f": {about}" if about else "")
    return what if lot is None else say(LABELS, "of_lot", tongue, what=what, lot=lot)
