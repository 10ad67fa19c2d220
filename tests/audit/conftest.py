"""Worlds that are built once and looked at by many tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bidroom.audit import certificates
from bidroom.crypto.certificates import check_certificate
from tests.audit.forging import Files, files_of
from tests.audit.signed import SignedWorld, bundle, the_world


@pytest.fixture(scope="session")
def eventful() -> SignedWorld:
    """An opening in which much went wrong."""
    return the_world("eventful")


@pytest.fixture(scope="session")
def ordinary() -> SignedWorld:
    """An opening in which nothing went wrong."""
    return the_world("ordinary")


@pytest.fixture(scope="session")
def auditors_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The auditor's bundle of the ordinary opening, file by file."""
    return files_of(bundle("ordinary", "auditor"), tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def eventful_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The auditor's bundle of the eventful opening, file by file."""
    return files_of(bundle("eventful", "auditor"), tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="session")
def public_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The public bundle of the eventful opening, file by file."""
    return files_of(bundle("eventful", "public"), tmp_path_factory.mktemp("files"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test writes its bundles."""
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def _certificates_are_judged_once() -> Iterator[None]:
    """The same certificate at the same time under the same lists: hundreds of bundles need not ask again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "check_certificate", cache(check_certificate))
        yield
