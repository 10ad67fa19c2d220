"""Settings come from the environment, are frozen, and keep their secret to themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bidroom.config import Settings, kept_secret


def test_without_an_environment_it_is_a_sqlite_file_in_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATA", "DEMO", "PORT", "SPEED", "ASYNC_MODE"):
        monkeypatch.delenv(f"BIDROOM_{name}", raising=False)
    settings = Settings()
    assert settings.database_url == "sqlite:///data/bidroom.sqlite"
    assert settings.blobs == Path("data/blobs")
    assert (settings.demo, settings.port, settings.async_mode) == (False, 8765, "eventlet")


def test_the_environment_sets_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BIDROOM_DATA", str(tmp_path))
    monkeypatch.setenv("BIDROOM_DATABASE_URL", "postgresql+psycopg://db/bidroom")
    monkeypatch.setenv("BIDROOM_DEMO", "true")
    settings = Settings()
    assert (settings.data, settings.demo) == (tmp_path, True)
    assert settings.database_url == "postgresql+psycopg://db/bidroom"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASYNC_MODE", "asyncio"),
        ("PORT", "65536"),
        ("SPEED", "0"),
        ("LOG_NAME", "two words"),
        ("LOG_NAME", "a+b"),
        ("DEMO", "perhaps"),
    ],
)
def test_what_makes_no_sense_is_an_error_at_the_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"BIDROOM_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_nobody_changes_a_setting() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().demo = True  # type: ignore[misc]


def test_the_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    secret = settings.secret_key()
    assert len(bytes.fromhex(secret)) == 32
    assert Settings(data=tmp_path / "data").secret_key() == secret
    assert kept_secret(tmp_path / "other" / "secret.key") != secret
    kept = tmp_path / "data" / "secret.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret.key"]
