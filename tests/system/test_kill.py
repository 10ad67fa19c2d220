"""kill -9 of the server in each phase, with something on its way: it goes on, nothing lost, nothing twice."""

from __future__ import annotations

import io
import json
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidroom.cli.submitting import submit_bid
from bidroom.facts import Refused, instant, rfc3339
from tests.system.steps import pay
from tests.web.parties import Centre, Tender, publish
from tests.web.serving import Server
from tests.web.test_opening import check_bundles

MOMENT = 0.06
"""Seconds after a step began within which the server dies: before, while and after it is decided."""
SECOND = timedelta(seconds=1)
Step = Callable[[], Any]


class Killing:
    """Does a step while the server is killed and started again; every client tries again with the same bytes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._chance = random.Random(20261123)
        self.kills = 0

    def __call__(self, *steps: Step) -> list[Any]:
        """All steps at once; what each was answered, in order."""
        answers: list[Any] = [None] * len(steps)
        faults: list[BaseException] = []

        def act(number: int) -> None:
            try:
                answers[number] = steps[number]()
            except BaseException as fault:  # noqa: BLE001 - raised again by the test's own thread
                faults.append(fault)

        threads = [threading.Thread(target=act, args=(number,)) for number in range(len(steps))]
        for thread in threads:
            thread.start()
        time.sleep(self._chance.uniform(0, MOMENT))
        self._server.kill()
        self.kills += 1
        self._server.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return answers


def gone_to(centre: Centre, at: Any) -> None:
    """The clock is there; a jump that was made before the kill is not made again."""
    try:
        centre.go_to(at)
    except Refused as refused:
        assert refused.reason == "clock_only_goes_forward"  # noqa: PT017 - any other is raised below
        centre.rest()


def entries_of(bundle: bytes) -> list[dict[str, Any]]:
    """The log in a bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        names = sorted(name for name in archive.namelist() if name.startswith("entries/"))
        return [json.loads(archive.read(name)) for name in names]


def the_record(tender: Tender) -> str:
    """The digest of the minutes as the room has them."""
    digest: str = tender.agent.client.get(f"{tender.path}/record")["digest"]
    return digest


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_opening_survives_a_kill_in_each_phase(fresh: Server, tmp_path: Path) -> None:
    fresh.start()
    killing = Killing(fresh)
    centre = Centre.at(fresh.url)
    tender = publish(centre)
    bidders = [centre.organization(f"投标人{n}有限公司") for n in range(4)]
    prices = [f"12648000{n}.00" for n in range(4)]
    sealed = [tender.seal(who, 1, prices[n], tmp_path / who.user) for n, who in enumerate(bidders)]

    # scheduled
    killing(*(lambda bid=bid, who=who: submit_bid(who.client, bid, None, who.identity)
              for bid, who in zip(sealed, bidders, strict=True)))  # fmt: skip
    assert all(bid.receipt is not None for bid in sealed)
    pay(tender, bidders)
    killing(lambda: gone_to(centre, tender.deadline - timedelta(minutes=59)))
    # sign-in
    killing(*(lambda who=who: who.give("SignIn", tender.id, {}) for who in bidders))
    killing(lambda: gone_to(centre, tender.deadline + SECOND))
    # extracted, checked
    killing(centre.rest)
    root = tender.view()["root"]
    killing(lambda: tender.tenderee.give("SignPreflight", tender.id, {"root": root, "bad": []}))
    killing(lambda: tender.command(root))
    # decrypting, closing
    killing(*(lambda who=who, bid=bid: tender.release(who, bid)
              for who, bid in zip(bidders, sealed, strict=True)))  # fmt: skip
    centre.rest()
    killing(lambda: tender.release_as_tenderee(tender.finals()))
    centre.rest()
    # attributing, announcing, objections
    killing(lambda: tender.agent.give("AnnounceBids", tender.id, {}))
    raised = killing(lambda: bidders[0].give("RaiseObjection", tender.id, {"text": "第三名业绩与公告不符"}))[0]
    answer = {"objection": raised["id"], "ruling": "rejected", "text": "已核对，业绩与公告一致"}
    killing(lambda: tender.agent.give("AnswerObjection", tender.id, answer))
    killing(lambda: tender.agent.give("SuspendOpening", tender.id, {"reason": "网络故障"}))
    at = centre.clerk.client.get("/time")["now"]
    killing(lambda: tender.agent.give("AnnounceResumption", tender.id, {"at": later(at)}))
    gone_to(centre, centre.clerk.client.now() + timedelta(minutes=2))
    killing(lambda: tender.agent.give("CallLast", tender.id, {}))
    gone_to(centre, centre.clerk.client.now() + timedelta(seconds=601))
    # confirming
    record = the_record(tender)
    killing(lambda: tender.agent.give("OpenConfirmation", tender.id, {"record": record}))
    signers = [(tender.agent, "host"), (tender.tenderee, "tenderee"), (centre.supervisor, "supervisor")]
    killing(
        *(lambda who=who: who.give("ConfirmRecord", tender.id, {"record": record}) for who in bidders),
        *(lambda who=who, role=role: who.give("SignRecord", tender.id, {"record": record, "as": role})
          for who, role in signers),
    )  # fmt: skip
    centre.rest()

    assert tender.view()["phase"] == "closed"
    told = tender.agent.client.get(f"{tender.path}/record")["record"]["lots"][0]
    assert sorted(bidder["form"]["price"] for bidder in told["bidders"]) == prices
    assert {bidder["confirmation"]["state"] for bidder in told["bidders"]} == {"signed"}
    entries = entries_of(centre.staff["auditor"].client.download(f"{tender.path}/bundle/auditor"))
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))
    assert Counter(entry["type"] for entry in entries) == {
        "TenderDrafted": 1, "NoticeSubmitted": 1, "NoticePublished": 1, "BidSubmitted": 4, "DepositRegistered": 4,
        "DepositVerified": 4, "SignInOpened": 1, "BidderSignedIn": 4, "BidsExtracted": 1, "BidsChecked": 1,
        "PreflightSigned": 1, "DecryptionCommanded": 1, "ShareReleased": 4, "ReleaseClosed": 1,
        "HolderSharesReleased": 1, "BidFormsOpened": 1, "BidsAnnounced": 1, "ObjectionRaised": 1,
        "ObjectionAnswered": 1, "OpeningSuspended": 1, "ResumptionAnnounced": 1, "OpeningResumed": 1,
        "LastCallOpened": 1, "ConfirmationOpened": 1, "RecordConfirmed": 4, "RecordSigned": 3, "OpeningClosed": 1,
    }  # fmt: skip
    assert killing.kills == 17
    check_bundles(centre, tender, tmp_path)


def later(at: str) -> str:
    """A minute after this time."""
    return rfc3339(instant(at) + timedelta(minutes=1))
