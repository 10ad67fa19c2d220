"""The demo's scenarios go through, and the record says what their parties did."""

from __future__ import annotations

import copy
import json
from typing import Any
from zipfile import ZipFile

import pytest

from bidroom.audit.pins import load_pins
from bidroom.audit.report import verify_bundle
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from bidroom.rehearsal.outcome import check_outcome
from bidroom.rehearsal.reading import parse
from tests.rehearsal.acted import Acted, demo, scenario

NAMES = ("ordinary", "under-minimum", "trouble")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rehearsal")]


@pytest.mark.parametrize("name", NAMES)
def test_it_ends_as_it_was_acted(name: str) -> None:
    done = demo(name)
    assert done.refused is None
    assert done.record["state"] == "closed"


@pytest.mark.parametrize("name", NAMES)
def test_it_leaves_what_a_verifier_needs(name: str) -> None:
    folder = demo(name).folder
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    rest = {name for name in found if not name.startswith("receipts/")}
    assert rest == {
        "trust/log.vkey", "trust/receipt.vkey", "trust/ca/rehearsal.pem", "trust/crl/rehearsal.crl",
        "record.json", "bundle-public.zip", "bundle-auditor.zip", "timeline.json",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["public", "auditor"])
@pytest.mark.parametrize("name", NAMES)
def test_its_bundles_are_green(name: str, kind: str) -> None:
    folder = demo(name).folder
    report = verify_bundle(folder / f"bundle-{kind}.zip", load_pins(folder / "trust"))
    assert [str(each) for result in report.results for each in result.findings] == []
    assert report.is_green


@pytest.mark.parametrize("name", NAMES)
def test_its_record_is_the_bundles(name: str) -> None:
    done = demo(name)
    with ZipFile(done.folder / "bundle-public.zip") as bundle:
        assert json.loads(bundle.read("record/record.json")) == done.record


@pytest.mark.parametrize("name", NAMES)
def test_every_receipt_is_signed(name: str) -> None:
    done = demo(name)
    vkey = parse_vkey((done.folder / "trust" / "receipt.vkey").read_text())
    receipts = [done.json(f"receipts/{path.name}") for path in (done.folder / "receipts").iterdir()]
    kinds = ["refusal" if "refusal" in each else "receipt" for each in receipts]
    assert {verify_receipt(each, vkey, kind)["v"] for each, kind in zip(receipts, kinds, strict=True)} == {1}
    assert kinds.count("refusal") == len(done.record["refused_uploads"])


# --- ordinary


def test_ordinary_opens_every_final_bid() -> None:
    first, second = demo("ordinary").record["lots"]
    assert [(lot["state"], lot["counted"], lot["deposits"]) for lot in (first, second)] == [
        ("announced", 8, 7), ("announced", 6, 5),
    ]  # fmt: skip
    rows = [*first["bidders"], *second["bidders"]]
    assert {row["outcome"] for row in rows} == {"opened"}
    assert {row["confirmation"]["state"] for row in rows} == {"signed"}


def test_ordinary_counts_the_replacement() -> None:
    row = demo("ordinary").rows()["华东云岭建设集团有限公司"]
    assert row["form"] == {"price": "125000000.00", "duration": 540, "quality": "合格", "manager": "周启明"}
    assert row["price_in_capitals"] == "壹亿贰仟伍佰万元整"


def test_ordinary_flags_deposits_and_prices() -> None:
    rows = demo("ordinary").rows()
    assert rows["江苏金陵环境工程有限公司"]["deposit"] == "short"
    assert rows["浙江恒筑市政工程有限公司"]["deposit"] == "guarantee"
    assert rows["上海申浦建工有限公司"]["flags"] == ["over_control_price"]
    assert demo("ordinary").rows(2)["湖南湘麓市政建设有限公司"]["deposit"] == "none"


def test_ordinary_leaves_out_who_withdrew_or_came_too_late() -> None:
    done = demo("ordinary")
    assert not {"上海申浦建工有限公司", "湖北楚天建设工程有限公司"} & set(done.rows(2))
    (refused,) = done.record["refused_uploads"]
    assert (refused["by"], refused["lot"], refused["reason"]) == ("湖北楚天建设工程有限公司", 2, "upload_is_in_time")


def test_ordinary_has_every_signature_and_nothing_unusual() -> None:
    record = demo("ordinary").record
    assert all(each["signed"] for each in record["signatures"])
    assert [record[name] for name in ("objections", "extensions", "suspensions", "outages")] == [[], [], [], []]
    assert record["hosts"] == {"host": "浙江信诚工程咨询有限公司", "takeovers": []}


def test_ordinary_signs_in_before_the_deadline() -> None:
    done = demo("ordinary")
    clients = {each["name"]: each for each in done.json("timeline.json")["clients"]}
    times = {name: [d["at"] for d in each["did"] if d["what"] == "签到"] for name, each in clients.items()}
    late = {name for name, at in times.items() if at and at[0] > done.record["tender"]["deadline"]}
    assert late == {"湖南湘麓市政建设有限公司"}


# --- under-minimum


def test_under_minimum_ends_one_lot_and_opens_the_other() -> None:
    first, second = demo("under-minimum").record["lots"]
    assert (first["state"], first["reason"], first["counted"]) == ("announced", None, 4)
    assert (second["state"], second["reason"], second["counted"]) == ("ended", "under_minimum", 2)
    assert second["decision"]["decision"] == "end"
    assert "第四十四条" in second["decision"]["reason"]
    assert {(row["outcome"], row["form"] and 1) for row in second["bidders"]} == {("sealed", None)}
    assert {row["outcome"] for row in first["bidders"]} == {"opened"}


# --- trouble


def trouble() -> Acted:
    return demo("trouble")


def test_trouble_attributes_each_failure() -> None:
    rows = trouble().rows()
    never, wrong = rows["甬江水利建设股份有限公司"], rows["江苏金陵环境工程有限公司"]
    assert (never["outcome"], never["cause"], never["reported"]) == ("revoked", "not_released", None)
    assert (wrong["outcome"], wrong["cause"], wrong["reported"]["layer"]) == ("revoked", "not_released", "key")
    opened = {name for name, row in rows.items() if row["outcome"] == "opened"}
    assert opened == set(rows) - {never["name"], wrong["name"]}
    assert {row["form"] for row in (never, wrong)} == {None}


def test_trouble_lets_who_dropped_come_back() -> None:
    row = trouble().rows()["上海申浦建工有限公司"]
    assert (row["outcome"], row["confirmation"]["state"]) == ("opened", "signed")
    (client,) = [each for each in trouble().json("timeline.json")["clients"] if each["name"] == row["name"]]
    did = [each["what"] for each in client["did"]]
    assert did.index("网络中断") < did.index("重新连接，补收消息") < did.index("解密：释放密钥")


def test_trouble_has_the_objection_and_its_answer() -> None:
    (objection,) = trouble().record["objections"]
    assert (objection["by"], objection["text"]) == ("安徽皖中路桥集团有限公司", "第三名投标人资质等级与公告不符")
    assert (objection["answer"], objection["ruling"]) == ("已核对，资质等级与公告一致", "rejected")
    assert objection["at"] < objection["answered_at"]


def test_trouble_says_who_refused_and_who_was_silent() -> None:
    rows = trouble().rows()
    refused, silent = rows["湖北楚天建设工程有限公司"]["confirmation"], rows["湖南湘麓市政建设有限公司"]["confirmation"]
    assert refused == {"state": "refused", "reason": "工期一栏与我方理解不一致"}
    assert silent == {"state": "silent", "reason": None}
    signed = {name for name, row in rows.items() if row["confirmation"]["state"] == "signed"}
    assert len(signed) == len(rows) - 2


def test_trouble_extends_both_windows() -> None:
    extensions = trouble().record["extensions"]
    assert [(each["phase"], each["seconds"]) for each in extensions] == [("decrypting", 300), ("closing", 300)]
    assert trouble().rows()["四川锦江路桥有限公司"]["released_at"] > extensions[0]["at"]


def test_trouble_suspends_and_resumes() -> None:
    (pause,) = trouble().record["suspensions"]
    assert (pause["by"], pause["phase"], pause["reason"]) == ("host", "decrypting", "开标室网络故障")
    assert pause["at"] < pause["resumed_at"]


def test_trouble_is_taken_over_by_the_deputy() -> None:
    hosts = trouble().record["hosts"]
    assert hosts["host"] == "瓯越交通投资集团有限公司"
    assert [each["name"] for each in hosts["takeovers"]] == ["瓯越交通投资集团有限公司"]


def test_trouble_flags_shared_accounts_and_late_money() -> None:
    rows = trouble().rows()
    assert "shared_account" in rows["四川锦江路桥有限公司"]["flags"]
    assert "shared_account" in rows["山东历下建设有限公司"]["flags"]
    assert rows["山东历下建设有限公司"]["deposit"] == "late"
    assert rows["湖南湘麓市政建设有限公司"]["signed_in"] is False


def test_trouble_keeps_the_bid_whose_replacement_came_too_late() -> None:
    assert trouble().rows()["山东历下建设有限公司"]["form"]["price"] == "83300000.00"
    assert [each["by"] for each in trouble().record["refused_uploads"]] == ["山东历下建设有限公司"]


def test_what_happens_is_shown_in_its_order() -> None:
    shown = trouble().shown
    marks = ["审核并发布招标公告", "—— 签到 ——", "下达解密指令", "中止开标", "延长解密时间", "接任主持人", "—— 结束 ——"]
    places = [shown.index(mark) for mark in marks]
    assert places == sorted(places)


def test_the_timeline_knows_each_step_at_each_client() -> None:
    told = demo("ordinary").json("timeline.json")
    types = [step["type"] for step in told["steps"]]
    assert types.index("BidsExtracted") < types.index("DecryptionCommanded") < types.index("BidsAnnounced")
    announced = next(step for step in told["steps"] if step["type"] == "BidsAnnounced")
    assert set(announced["heard_after_ms"]) == {each["name"] for each in told["clients"]}
    assert min(announced["heard_after_ms"].values()) == 0


# --- a record that says something else


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The record of `trouble` with one thing said otherwise."""
    record: dict[str, Any] = copy.deepcopy(dict(trouble().record))
    place: Any = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return record


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("state",), "terminated"),
        (("lots", 0, "state"), "ended"),
        (("lots", 0, "reason"), "ordered"),
        (("lots", 0, "counted"), 8),
        (("lots", 0, "deposits"), 9),
        (("lots", 0, "decision"), {"decision": "end", "reason": "x"}),
        (("lots", 0, "bidders", 0, "name"), "别的公司"),
        (("lots", 0, "bidders", 0, "uscc"), "91330102MAAY4CL123"),
        (("lots", 0, "bidders", 0, "outcome"), "sealed"),
        (("lots", 0, "bidders", 0, "deposit"), "short"),
        (("lots", 0, "bidders", 0, "signed_in"), None),
        (("lots", 0, "bidders", 0, "form"), {"price": "1.00"}),
        (("lots", 0, "bidders", 0, "confirmation"), {"state": "signed", "reason": "x"}),
        (("refused_uploads",), []),
        (("objections",), []),
        (("objections", 0, "answer"), None),
        (("extensions",), []),
        (("suspensions",), []),
        (("hosts", "host"), "浙江明鉴工程管理有限公司"),
    ],
)
def test_a_record_that_says_otherwise_fails_the_rehearsal(path: tuple[str | int, ...], value: object) -> None:
    play = parse(scenario("trouble"))
    check_outcome(play, trouble().record)
    with pytest.raises(Refused) as caught:
        check_outcome(play, changed(path, value))
    assert caught.value.reason == "rehearsal_went_otherwise"
