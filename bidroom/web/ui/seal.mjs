/** Sealing a bid on the bidder's own machine, 1 MiB at a time; nothing larger is ever held. */

import { base64, hex, randomBytes, sha256 } from "./bytes.mjs";
import { canonical, digestOf } from "./canonical.mjs";
import { contentKey, contextDigest, keyCommitment, partKey, pieceCommitment, SUITE } from "./context.mjs";
import { checkForm } from "./forms.mjs";
import { DOCUMENTS, FORM, frameLength, sealedLength } from "./frames.mjs";
import { encrypted } from "./payload.mjs";
import { lotOfTerms } from "./policy.mjs";
import { Refused } from "./refused.mjs";
import { BIDDER, countOf, loadSpki, MOST_BIDDER_KEYS, piecesOfHolder } from "./slots.mjs";
import { Frontier, segmentsOf } from "./tree.mjs";
import { newStanza } from "./wrapping.mjs";

/** In the place of a slot's name: a stanza of the kit is none of the header's. */
export const KIT_SLOT = "kit";

/**
 * Where segments go; one's bytes are good for this call alone.
 * @typedef {(part: number, number: number, segment: Uint8Array) => Promise<void> | void} Sink
 * @typedef {{header: Uint8Array, digest: string, bid: string, B: Uint8Array, pieces: Map<number, Uint8Array>,
 *   parts: import("./header.mjs").Part[]}} Sealed `pieces` are for the kit alone
 */

/**
 * Seal one bid; `certificate` is DER, `keys` the bidder's own SPKIs, `documents` one ZIP.
 * Refused: lot_unknown, form_malformed, wrong_count_of_keys, key_not_p256, documents_changed.
 * @param {{terms: import("./policy.mjs").Terms, lot: number, certificate: Uint8Array, keys: Uint8Array[],
 *   form: Uint8Array, documents?: import("./frames.mjs").Readable | null, supersedes?: string | null, sink: Sink,
 *   progress?: (done: number, total: number) => void, random?: (size: number) => Uint8Array}} bid
 * @returns {Promise<Sealed>}
 */
export async function seal(bid) {
  const { terms, lot, certificate, keys, form, supersedes = null, random = randomBytes } = bid;
  checkForm(form, lotOfTerms(terms, lot));
  await checkKeys(terms, keys);
  const pieces = Array.from({ length: countOf(terms.slots) }, () => random(32));
  const named = { terms: terms.digest, tender: terms.tender, lot, bid: hex(random(16)) };
  const bidder = hex(await sha256(certificate));
  const B = await contextDigest({ ...named, certificate: bidder });
  const K = await contentKey(B, pieces);
  const parts = await sealParts(K, B, bid);
  const header = canonical({
    ...named, v: 1, suite: SUITE, bidder, supersedes, parts,
    pieces: await Promise.all(pieces.map(async (piece, j) => hex(await pieceCommitment(B, j, piece)))),
    kc: hex(await keyCommitment(K, B)),
    stanzas: (await stanzasOf(terms, B, keys, pieces)).map(({ ct, ...stanza }) => ({ ...stanza, ct: base64(ct) })),
  });
  const digest = await digestOf("bid", header);
  return { header, digest, bid: named.bid, B, pieces: new Map(pieces.entries()), parts };
}

async function checkKeys(terms, keys) {
  const most = terms.slots.some((slot) => slot.name === BIDDER) ? MOST_BIDDER_KEYS : 0;
  const distinct = new Set(keys.map(hex)).size === keys.length;
  if (keys.length < Math.min(1, most) || keys.length > most || !distinct) {
    throw new Refused("wrong_count_of_keys", null, { most });
  }
  for (const key of keys) await loadSpki(key);
}

async function sealParts(K, B, { form, documents, sink, progress = () => {} }) {
  const sources = [new Blob([form]), documents ?? new Blob([])];
  const total = [FORM, DOCUMENTS].reduce((sum, i) => sum + sealedLength(frameLength(i, sources[i].size)), 0);
  let done = 0;
  const parts = [];
  for (const id of [FORM, DOCUMENTS]) {
    const key = await partKey(K, id);
    const frontier = new Frontier();
    const before = done;
    for await (const { bytes, leaf } of segmentsOf(encrypted(id, key, B, sources[id]))) {
      await sink(id, frontier.size, bytes);
      await frontier.append(leaf);
      done += bytes.length;
      progress(done, total);
    }
    parts.push({ id, length: done - before, root: hex(await frontier.root()) });
  }
  return parts;
}

async function stanzasOf(terms, B, keys, pieces) {
  const stanzas = [];
  for (const { name, holders } of terms.slots) {
    const spkis = name === BIDDER ? keys : holders.map((holder) => holder.key);
    for (const [index, key] of spkis.entries()) {
      const mine = new Map(piecesOfHolder(terms.slots, name, index).map((j) => [j, pieces[j]]));
      stanzas.push(await newStanza(B, name, index, key, mine));
    }
  }
  return stanzas;
}

/**
 * The kit: all pieces of the bid, wrapped for each of the bidder's own keys; canonical JSON {v, digest, stanzas}.
 * @param {Sealed} sealed
 * @param {Uint8Array[]} keys
 */
export async function kitOf(sealed, keys) {
  const stanzas = [];
  for (const [index, spki] of keys.entries()) {
    const { key, ct } = await newStanza(sealed.B, KIT_SLOT, index, spki, sealed.pieces);
    stanzas.push({ index, key, ct: base64(ct) });
  }
  return canonical({ v: 1, digest: sealed.digest, stanzas });
}

/** A sink that keeps the segments of each part as Blobs, for browsers without a private file system. */
export class BlobSink {
  #segments = [[], []];
  /** It has no place from which another page could take it up again. */
  name = null;

  /** @type {Sink} */
  take = (part, _, segment) => {
    this.#segments[part].push(new Blob([segment]));
  };

  /** The parts of what was sealed, each with its bytes. */
  finish({ parts }) {
    return parts.map((part) => ({ ...part, blob: new Blob(this.#segments[part.id]) }));
  }

  /** Nothing came of it. */
  drop() {
    this.#segments = [[], []];
  }
}
