"""Write the vectors anew: `python -m tests.vectors.generate`. Every byte follows from fixed labels, none is random."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.vectors import actors, ciphers, documents, trust, values
from tests.vectors import reference as ref

HERE = Path(__file__).parent


def everything() -> dict[str, dict[str, Any]]:
    """The content of each file, by its name without the suffix."""
    terms = {"joint": actors.terms(), "committee": actors.committee_terms()}
    texts = {name: ref.json_bytes(value).decode() for name, value in terms.items()}
    return {
        "derivations": {"cases": values.derivations()},
        "lengths": {"cases": values.lengths()},
        "slots": {"cases": values.slots()},
        "trees": {"cases": values.trees()},
        "recovery": {"cases": values.recovery()},
        "canonical": {"cases": documents.canonical()},
        "terms": {"cases": documents.terms()},
        "timelines": {"cases": documents.timelines()},
        "forms": {"terms": texts["joint"], "cases": documents.forms()},
        "headers": {"terms": texts, "cases": documents.headers()},
        "payloads": {"ciphers": ciphers.files(), "cases": ciphers.payloads()},
        "stanzas": {"test_only_scalars": ciphers.scalars(), "cases": ciphers.stanzas()},
        "releases": {"cases": ciphers.releases()},
        "parts": {"cases": ciphers.parts()},
        "certificates": {"trust": trust.trust(), "cases": trust.certificates()},
        "signatures": {"cases": trust.signatures()},
        "receipts": {"cases": trust.receipts()},
        "checkpoints": {"cases": trust.checkpoints()},
    }


def text_of(content: dict[str, Any]) -> str:
    """One case a line, so that a change shows as what it is."""
    shared = [f"{json.dumps(name)}: {_line(value)},\n" for name, value in content.items() if name != "cases"]
    cases = ",\n".join(_line(case) for case in content["cases"])
    return "{\n" + "".join(shared) + '"cases": [\n' + cases + "\n]}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    """Write every file beside this one."""
    for name, content in everything().items():
        (HERE / f"{name}.json").write_text(text_of(content), encoding="utf-8")


if __name__ == "__main__":
    main()
