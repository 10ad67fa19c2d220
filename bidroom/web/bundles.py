"""Both bundles of an opening that has ended: the public one for anyone, the auditor's for auditors."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, send_file

from bidroom.facts import Refused, Role
from bidroom.publish.bundle import Sources, build
from bidroom.storage.uploads import form_blob
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.feed import audience_in
from bidroom.web.parse import hex_id
from bidroom.web.receipts import receipt_for
from bidroom.web.rooms import state_of
from bidroom.web.workers import place_of

AUDITOR = "auditor"
KINDS = ("public", AUDITOR)

api = APIBlueprint("bundles", __name__, url_prefix="/api/v1/tenders", tag="Bundles")


@api.get("/<tender>/bundle/<kind>")
@api.doc(
    summary="What an opening leaves behind, as one ZIP that is verified offline",
    description="Once it has ended. `kind` is public or auditor; the auditor's also opens the documents.",
    responses={200: "application/zip"},
)
def bundle(tender: str, kind: str) -> Response:
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    state = state_of(edge, stream)
    if kind not in KINDS:
        raise Refused("page_unknown", field="kind")
    if kind == AUDITOR and audience_in(state, reader_now()).role is not Role.AUDITOR:
        raise Refused("not_yours_to_see", field="kind")
    path = edge.offload(lambda: built(edge, stream, kind))
    name = f"{state['opening'].the_terms.number.replace('/', '-')}-{kind}.zip"
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=name)


def built(edge: Edge, stream: str, kind: str) -> Path:
    """The bundle's file, made once for each size of the log. Reads every ciphertext: off the hub."""
    folder = (edge.settings.data / "bundles").resolve()  # Flask looks for others beside its own modules
    path = folder / f"{stream}-{kind}-{edge.door.view(stream).size}.zip"
    if path.exists():
        return path
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f"{secrets.token_hex(8)}.draft"
    try:
        with draft.open("xb") as file:
            build(sources(edge), stream, kind, file)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    for older in set(folder.glob(f"{stream}-{kind}-*.zip")) - {path}:
        older.unlink(missing_ok=True)  # late uploads make a log longer for ever; who still reads it keeps it open
    return path


def sources(edge: Edge) -> Sources:
    """Where everything in a bundle comes from on this server."""
    return Sources(
        log=edge.log,
        certificate=edge.certificates.get,
        part=lambda stream, bid, part: edge.uploads.read(place_of(stream, bid, part)),
        form=lambda stream, bid: edge.blobs.get(form_blob(stream, bid.digest)),
        receipt=lambda entry: receipt_for(edge, (entry,)) or {},
        trust=edge.trust.now(),
        log_vkey=str(edge.log_key.vkey),
        receipt_vkey=str(edge.receipt_key.vkey),
    )
