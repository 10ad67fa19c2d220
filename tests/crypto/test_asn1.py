"""asn1crypto's classes are ready before a second thread can meet them half made."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_USE = """
import sys, threading
{imported}
from asn1crypto import cms
class Slow(dict):
    def items(self):
        import time
        for item in super().items():
            time.sleep(0.001)
            yield item
cms.CMSAttributeType._map = Slow(cms.CMSAttributeType._map)
faults = []
def use():
    try:
        cms.CMSAttributeType("signing_certificate_v2")
    except ValueError as fault:
        faults.append(fault)
threads = [threading.Thread(target=use) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit(bool(faults))
"""


@pytest.mark.parametrize(
    ("imported", "fails"), [("import bidroom.crypto.signatures", 0), ("import bidroom.crypto.certificates", 0), ("", 1)]
)
def test_threads_that_are_first_at_once(imported: str, fails: int) -> None:
    """Without our import the same program fails, so that the day on which asn1crypto mends it is seen too."""
    program = FIRST_USE.format(imported=imported)
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == fails
