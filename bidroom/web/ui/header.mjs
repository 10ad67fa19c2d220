/** The sealed header: its strict parser, and its structure against the terms it was sealed to. */

import { hex, sha256, unbase64, unhex } from "./bytes.mjs";
import { digestOf, parseCanonical } from "./canonical.mjs";
import { contextDigest, PIECE_SIZE, SUITE } from "./context.mjs";
import { isSealedLength } from "./frames.mjs";
import { Refused } from "./refused.mjs";
import { Place } from "./shape.mjs";
import { BIDDER, countOf, MOST_BIDDER_KEYS, piecesOfHolder } from "./slots.mjs";

const HEADER_LIMIT = 1 << 20;
const MALFORMED = "header_malformed";
const SLOT_ORDER = [BIDDER, "tenderee", "gate", "committee"];
export const ENCAPSULATED = 65;
const TAG = 16;
/** Bytes of one piece inside a stanza: j u16 ‖ p_j. */
export const ONE_PIECE = 2 + PIECE_SIZE;

/**
 * One holder's pieces, wrapped: `key` is H(SPKI) in hex, `ct` enc (65 bytes) ‖ ciphertext.
 * @typedef {{slot: string, index: number, key: string, ct: Uint8Array}} Stanza
 * One encrypted part: its id, its length in bytes, the root over its segments in hex.
 * @typedef {{id: number, length: number, root: string}} Part
 * A sealed header; `data` its exact bytes, `digest` the bid's name, `B` what it says it is bound to.
 * @typedef {{data: Uint8Array, digest: string, B: Uint8Array, v: number, suite: number, terms: string, tender: string,
 *   lot: number, bidder: string, bid: string, supersedes: string | null, pieces: Uint8Array[], kc: Uint8Array,
 *   stanzas: Stanza[], parts: Part[]}} Header
 */

/**
 * The header in `data`; Refused("header_malformed") names the field and the cause.
 * @param {Uint8Array} data
 * @returns {Promise<Header>}
 */
export async function parseHeader(data) {
  const at = new Place(parseCanonical(data, HEADER_LIMIT, MALFORMED), MALFORMED).members([
    "v", "suite", "terms", "tender", "lot", "bidder", "bid", "supersedes", "pieces", "kc", "stanzas", "parts",
  ]);
  const header = {
    data,
    digest: await digestOf("bid", data),
    v: at.v.oneOf(1),
    suite: at.suite.oneOf(SUITE),
    terms: at.terms.hexed(32),
    tender: at.tender.hexed(16),
    lot: at.lot.integer(1, 0xffff),
    bidder: at.bidder.hexed(32),
    bid: at.bid.hexed(16),
    supersedes: at.supersedes.value === null ? null : at.supersedes.hexed(32),
    pieces: at.pieces.items(1, 200).map((place) => unhex(place.hexed(32))),
    kc: unhex(at.kc.hexed(32)),
    stanzas: stanzasOf(at.stanzas),
    parts: at.parts.items(2, 2).map(partOf),
  };
  return { ...header, B: await contextDigest({ ...header, certificate: header.bidder }) };
}

function stanzasOf(at) {
  /** @type {Stanza[]} */
  const stanzas = [];
  for (const place of at.items(2, 50)) {
    const stanza = stanzaOf(place);
    if (stanzas.length && rank(stanzas.at(-1)) >= rank(stanza)) throw place.refused("out_of_order");
    stanzas.push(stanza);
  }
  return stanzas;
}

const rank = (stanza) => SLOT_ORDER.indexOf(stanza.slot) * 0x10000 + stanza.index;

function stanzaOf(at) {
  const has = at.members(["slot", "index", "key", "ct"]);
  return {
    slot: has.slot.oneOf(...SLOT_ORDER),
    index: has.index.integer(0, 0xffff),
    key: has.key.hexed(32),
    ct: wrapped(has.ct),
  };
}

function wrapped(at) {
  const ct = unbase64(at.value);
  if (!ct?.length) throw at.refused("not_base64");
  const fits = ct.length >= stanzaLength(1) && (ct.length - stanzaLength(0)) % ONE_PIECE === 0 && ct[0] === 4;
  if (!fits) throw at.refused("wrong_length");
  return ct;
}

/** Bytes of a stanza that wraps so many pieces. */
export const stanzaLength = (pieces) => ENCAPSULATED + pieces * ONE_PIECE + TAG;

function partOf(at, number) {
  const has = at.members(["id", "length", "root"]);
  const length = has.length.integer(1);
  if (!isSealedLength(number, length)) throw has.length.refused("not_padded");
  return { id: has.id.oneOf(number), length, root: has.root.hexed(32) };
}

/**
 * That `header` is sealed to these terms and their keys, and by `certificate` (DER) where that is given.
 * Refused: sealed_to_other_tender, sealed_to_other_terms, sealed_to_other_keys, header_malformed,
 * signed_by_another_certificate; the field says where.
 * @param {Header} header
 * @param {import("./policy.mjs").Terms} terms
 * @param {Uint8Array} [certificate]
 */
export async function checkHeader(header, terms, certificate) {
  if (header.tender !== terms.tender) throw new Refused("sealed_to_other_tender", "tender");
  if (header.terms !== terms.digest) throw new Refused("sealed_to_other_terms", "terms");
  if (terms.lots.every((lot) => lot.no !== header.lot)) throw new Refused(MALFORMED, "lot", { cause: "unknown" });
  if (certificate && hex(await sha256(certificate)) !== header.bidder) {
    throw new Refused("signed_by_another_certificate", "bidder");
  }
  if (header.pieces.length !== countOf(terms.slots)) throw new Refused(MALFORMED, "pieces", { cause: "wrong_count" });
  checkStanzas(header, terms);
}

function checkStanzas(header, terms) {
  const expected = terms.slots.flatMap((slot) => expectedOf(slot, header, terms));
  for (const [number, stanza] of header.stanzas.entries()) {
    const path = `stanzas[${number}]`;
    const due = expected[number];
    if (!due || due.slot !== stanza.slot || due.index !== stanza.index) {
      throw new Refused(MALFORMED, path, { cause: "not_of_the_terms" });
    }
    if (due.key !== null && due.key !== stanza.key) {
      throw new Refused("sealed_to_other_keys", `${path}.key`, { slot: stanza.slot });
    }
    if (due.length !== stanza.ct.length) throw new Refused(MALFORMED, `${path}.ct`, { cause: "wrong_length" });
  }
  if (header.stanzas.length < expected.length) throw new Refused(MALFORMED, "stanzas", { cause: "wrong_count" });
}

/** Slot, index, key (null where the bidder chooses it) and length of every stanza of one slot, in order. */
function expectedOf(slot, header, terms) {
  if (slot.name === BIDDER) {
    return bidderKeys(header).map((_, index) => ({ slot: BIDDER, index, key: null, length: stanzaLength(1) }));
  }
  return slot.holders.map((holder, index) => {
    const length = stanzaLength(piecesOfHolder(terms.slots, slot.name, index).length);
    return { slot: slot.name, index, key: holder.keyDigest, length };
  });
}

/** The keys that the bidder gave, 1 to 8, no key twice. */
function bidderKeys(header) {
  const keys = header.stanzas.filter((stanza) => stanza.slot === BIDDER).map((stanza) => stanza.key);
  const malformed = (cause) => new Refused(MALFORMED, "stanzas", { cause });
  if (keys.length < 1 || keys.length > MOST_BIDDER_KEYS) throw malformed("wrong_count");
  if (new Set(keys).size !== keys.length) throw malformed("key_held_twice");
  return keys;
}

/** That a stored part is the one the header names; Refused("part_does_not_match") with the field. */
export function checkPart(header, part, length, root) {
  if (header.parts[part].length !== length) throw new Refused("part_does_not_match", `parts[${part}].length`);
  if (header.parts[part].root !== root) throw new Refused("part_does_not_match", `parts[${part}].root`);
}
