"""A process of its own that sets the record: the typesetter keeps the memory of its last ten documents.

It reads the document's data on standard input, and writes PDF/A-2a that is PDF/UA-1 too on standard output; its one
argument is the time that the file gives as its own, in seconds since 1970.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import typst

from bidroom.publish.glyphs import FONT

TEMPLATE = Path(__file__).with_name("record.typ")
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
PATIENCE = 120
"""Seconds; 20 lots of 500 bidders each take twenty."""


def typeset(data: str, seconds: int) -> bytes:
    """The PDF, set in another process. Raises CalledProcessError, TimeoutExpired.

    For the hub: where it is green so is the waiting.
    """
    command = [sys.executable, "-m", "bidroom.publish.typesetting", str(seconds)]
    done = subprocess.run(command, input=data.encode(), stdout=subprocess.PIPE, timeout=PATIENCE, check=True)
    return done.stdout


def compiled(data: str, seconds: int) -> bytes:
    """The PDF, set here: with the one font and none of the machine's, and with no clock."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONT.parent])
    pdf = typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"record": data},
        pdf_standards=STANDARDS,
        timestamp=seconds,
    )
    assert isinstance(pdf, bytes)
    return pdf


if __name__ == "__main__":
    os.nice(10)
    sys.stdout.buffer.write(compiled(sys.stdin.buffer.read().decode(), int(sys.argv[1])))
