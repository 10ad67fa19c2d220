"""The opening record as it stands, from the folded state and the opened forms among the blobs."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from bidroom.opening.record import minutes, minutes_digest, record
from bidroom.opening.state import Opening
from bidroom.storage.uploads import form_blob
from bidroom.web.edge import Edge


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes, their digest (what the host lays before everyone), and the whole record around them."""

    digest: str
    minutes: dict[str, Any]
    record: dict[str, Any]


def forms_of(edge: Edge, state: Opening) -> dict[str, dict[str, Any]]:
    """The form of each opened bid, by digest. Reads blobs: off the hub."""
    opened = (bid.digest for bid in state.bids.values() if bid.opened)
    return {digest: json.loads(edge.blobs.get(form_blob(state.tender, digest))) for digest in opened}


def minutes_of(edge: Edge, stream: str) -> Minutes:
    """The minutes of this tender's opening. Reads blobs: off the hub."""
    view = edge.door.view(stream)
    state = view.state["opening"]
    forms = forms_of(edge, state)
    checkpoint = {"size": view.size, "root": base64.b64encode(view.root).decode()}
    return Minutes(minutes_digest(state, forms), minutes(state, forms), record(state, forms, checkpoint))
