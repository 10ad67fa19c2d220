"""One frozen settings object, from the environment (BIDROOM_…)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

AsyncMode = Literal["eventlet", "gevent", "threading"]


class Settings(BaseSettings):
    """What an operator can set. `data` holds database, blobs and keys; `trust` the roots that a verifier pins."""

    model_config = SettingsConfigDict(env_prefix="BIDROOM_", frozen=True, extra="forbid")

    data: Path = Path("data")
    trust: Path = Path("keys")
    database_url: str = ""
    log_name: Annotated[str, Field(pattern=r"^[^\s+/]+(/[^\s+/]+)*$")] = "bidroom.invalid"
    async_mode: AsyncMode = "eventlet"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    origin: str = ""
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    demo: bool = False
    speed: Annotated[float, Field(gt=0, le=1_000_000)] = 60.0
    session_minutes: Annotated[int, Field(gt=0)] = 12 * 60
    session_idle_minutes: Annotated[int, Field(gt=0)] = 60
    cookie_secure: bool = True
    upload_quota_mib: Annotated[int, Field(gt=0)] = 32 * 1024

    def model_post_init(self, _: object) -> None:
        """Without a URL the database is a SQLite file in the data folder; without a proxy the origin is our own."""
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data / 'bidroom.sqlite'}")
        if not self.origin:
            object.__setattr__(self, "origin", f"http://{self.host}:{self.port}")

    @property
    def blobs(self) -> Path:
        """The folder of sealed bids and other blobs."""
        return self.data / "blobs"

    def secret_key(self) -> str:
        """What signs session cookies: made once, kept in the data folder, readable by its owner alone."""
        return kept_secret(self.data / "secret.key")


def kept_secret(path: Path) -> str:
    """The 64 hex digits in this file (mode 0600), made where there is none; the first of two processes wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it leaves a file that another process made first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("ascii")
