"""The servers of the system tests."""

from __future__ import annotations

from tests.web.conftest import centre, fresh, server

__all__ = ["centre", "fresh", "server"]
