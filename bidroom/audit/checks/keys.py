"""8. K_0 opens part 0 to the announced form, in its frame and context; all pieces give the committed key."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.audit.checks.messages import pieces_in
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.layout import bid_file
from bidroom.audit.material import Material
from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.context import part_key
from bidroom.crypto.envelope import open_form, open_part
from bidroom.crypto.forms import check_form
from bidroom.crypto.frames import DOCUMENTS, FORM
from bidroom.crypto.header import Header, parse_header
from bidroom.crypto.release import combine
from bidroom.crypto.shape import Place
from bidroom.facts import Refused
from bidroom.opening.state import Bid

MALFORMED = "pieces_malformed"
PIECES_LIMIT = 1 << 20


def check(material: Material) -> Iterator[Found]:
    """Each opened bid by what the log has committed to before the deadline."""
    opened = material.opened()
    for bid in opened:
        yield from attempt(bid_file(bid.digest, "k0.bin"), seq_of(material, bid), _form, material, bid)
        if material.is_auditors:
            place = bid_file(bid.digest, "pieces.json")
            yield from attempt(place, seq_of(material, bid), _pieces, material, bid)
    if opened and not material.is_auditors:
        yield Note("pieces_are_the_auditors")


def seq_of(material: Material, bid: Bid) -> int | None:
    """The entry that says that this bid was opened."""
    for entry in material.of_type("BidFormsOpened"):
        if any(each["digest"] == bid.digest for each in entry.body["opened"]):
            return entry.seq
    return None


def _form(material: Material, bid: Bid) -> Iterator[Found]:
    header = parse_header(bid.header)
    key = material.bundle.read(bid_file(bid.digest, "k0.bin"))
    if key.hex() != bid.k0:
        yield Finding("file_differs_from_the_log", bid_file(bid.digest, "k0.bin"), seq_of(material, bid))
    yield from attempt(bid_file(bid.digest, "part0.bin"), None, _opens, material, bid, header, key)


def _opens(material: Material, bid: Bid, header: Header, key: bytes) -> Iterator[Found]:
    sealed = material.bundle.blocks(bid_file(bid.digest, "part0.bin"))
    form = open_form(sealed, key, header.context.digest)
    check_form(form, material.opening.the_terms.lot(header.lot))
    name = bid_file(bid.digest, "form.json")
    if material.bundle.read(name) != form:
        yield Finding("form_is_not_what_was_sealed", name, seq_of(material, bid))


def _pieces(material: Material, bid: Bid) -> Iterator[Found]:
    header = parse_header(bid.header)
    data = material.bundle.read(bid_file(bid.digest, "pieces.json"))
    key = combine(header, pieces_in(Place(parse_canonical(data, PIECES_LIMIT, MALFORMED), MALFORMED)))
    if part_key(key, FORM).hex() != bid.k0:
        yield Finding("key_differs_from_the_log", bid_file(bid.digest, "k0.bin"), seq_of(material, bid))
    yield from _documents(material, bid, header, part_key(key, DOCUMENTS))


def _documents(material: Material, bid: Bid, header: Header, key: bytes) -> Iterator[Found]:
    """Documents that do not open are the bidder's own doing where their bytes are those of the header."""
    name = bid_file(bid.digest, "part1.bin")
    if name not in material.bundle:
        return
    try:
        for _ in open_part(material.bundle.blocks(name), key, header.context.digest, DOCUMENTS):
            pass
    except Refused as refused:
        yield Note("documents_do_not_open", {"digest": bid.digest, "cause": str(refused)})
