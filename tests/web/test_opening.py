"""A whole opening over HTTP, against a real server, in each way of serving; and what stops it in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bidroom.cli.__main__ import main
from bidroom.cli.client import Client
from bidroom.facts import Refused
from tests.web.acts import Play
from tests.web.parties import Centre, Tender
from tests.web.serving import Server


def check_bundles(centre: Centre, tender: Tender, folder: Path) -> None:
    """Both can be had by those who may, and verify."""
    auditor, anyone = centre.staff["auditor"].client, Client(centre.url, "en")
    with pytest.raises(Refused, match="not_yours_to_see"):
        anyone.download(f"{tender.path}/bundle/auditor")
    (folder / "trust" / "ca").mkdir(parents=True)
    (folder / "trust" / "ca" / "root.pem").write_text(centre.pem, "utf-8")
    for name, key in anyone.get("/keys").items():
        (folder / "trust" / f"{name}.vkey").write_text(key + "\n", "utf-8")
    for kind, client in (("public", anyone), ("auditor", auditor)):
        path = folder / f"{kind}.zip"
        path.write_bytes(client.download(f"{tender.path}/bundle/{kind}"))
        assert path.read_bytes() == client.download(f"{tender.path}/bundle/{kind}")
        found = CliRunner().invoke(main, ["audit", "verify", str(path), "--trust", str(folder / "trust")])
        assert found.exit_code == 0, found.output


def check_record(play: Play) -> None:
    """Everyone in the room has the same record, and nobody else has it."""
    path = f"{play.tender.path}/record"
    told = [client.get(path) for client in (play.tender.agent.client, play.bidders[0].client)]
    assert told[0] == told[1]
    [lot] = told[0]["record"]["lots"]
    assert [(b["outcome"], b["deposit"], b["confirmation"]["state"]) for b in lot["bidders"]] == [
        ("opened", "paid", "signed")
    ] * 3
    assert sorted(b["form"]["price"] for b in lot["bidders"]) == [f"12648000{n}.00" for n in range(3)]
    for client in (play.centre.clerk.client, Client(play.centre.url, "en")):
        with pytest.raises(Refused, match="not_yours_to_see|not_logged_in"):
            client.get(path)


def test_from_the_notice_to_the_verified_bundles(centre: Centre, tmp_path: Path) -> None:
    play = Play(centre, tmp_path)
    for done in play.steps():
        if done in ("checked", "decrypting", "closing", "attributing"):
            with pytest.raises(Refused, match="record_not_yet"):
                play.tender.agent.client.get(f"{play.tender.path}/record")
            assert "forms" not in play.tender.agent.client.get(f"{play.tender.path}/room")["view"]
            with pytest.raises(Refused, match="opening_has_not_ended"):
                Client(centre.url, "en").download(f"{play.tender.path}/bundle/public")
    check_record(play)
    check_bundles(centre, play.tender, tmp_path)


def test_threads_serve_as_greenlets_do(fresh: Server, tmp_path: Path) -> None:
    fresh.more["BIDROOM_ASYNC_MODE"] = "threading"
    fresh.start()
    play = Play(Centre.at(fresh.url), tmp_path)
    assert list(play.steps())[-1] == "closed"
    check_record(play)


@pytest.mark.postgres
def test_postgresql_serves_as_sqlite_does(fresh: Server, postgres_url: str, tmp_path: Path) -> None:
    fresh.more["BIDROOM_DATABASE_URL"] = postgres_url
    fresh.start()
    play = Play(Centre.at(fresh.url), tmp_path)
    assert list(play.steps())[-1] == "closed"
    check_record(play)
    fresh.kill()
