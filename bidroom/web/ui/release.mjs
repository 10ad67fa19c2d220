/** Releasing a bid's key: unwrap one's own pieces, check them against the header, put the key together. */

import { equal, hex, sha256 } from "./bytes.mjs";
import { contentKey, keyCommitment, PIECE_SIZE, pieceCommitment } from "./context.mjs";
import { Refused } from "./refused.mjs";
import { piecesOfHolder } from "./slots.mjs";
import { openStanza } from "./wrapping.mjs";

/**
 * A P-256 key that holds pieces: the pair for HPKE, its SPKI, and what a refusal names it by.
 * @typedef {{pair: CryptoKeyPair, spki: Uint8Array, serial?: string | null}} Agreement
 * @typedef {import("./header.mjs").Header} Header
 */

/**
 * Exactly the pieces of `slot` that this key holds, checked. Refused as `unwrap` is.
 * @param {Header} header
 * @param {import("./policy.mjs").Terms} terms
 * @param {string} slot
 * @param {Agreement} key
 */
export async function unwrapOwn(header, terms, slot, key) {
  const digest = hex(await sha256(key.spki));
  const own = header.stanzas.find((stanza) => stanza.slot === slot && stanza.key === digest);
  if (!own) throw new Refused("key_opens_no_stanza", null, { serial: key.serial ?? null });
  return unwrap(header, slot, own.index, key, piecesOfHolder(terms.slots, slot, own.index));
}

/**
 * The pieces in one stanza, each checked against its commitment. Refused: key_opens_no_stanza (another key's),
 * share_damaged (field "stanzas[n].ct"; the wrapping, or what it holds), piece_does_not_match (j).
 * @param {Header} header
 * @param {string} slot
 * @param {number} index
 * @param {Agreement} key
 * @param {number[]} [expected] the numbers that the terms give to this holder
 * @returns {Promise<Map<number, Uint8Array>>}
 */
export async function unwrap(header, slot, index, key, expected) {
  const number = header.stanzas.findIndex((stanza) => stanza.slot === slot && stanza.index === index);
  const digest = await sha256(key.spki);
  if (number < 0 || header.stanzas[number].key !== hex(digest)) {
    throw new Refused("key_opens_no_stanza", null, { serial: key.serial ?? null });
  }
  const { opened, pieces } = await openStanza(header.B, header.stanzas[number], key.pair, digest);
  const others = pieces === null || (expected && `${[...pieces.keys()]}` !== `${expected}`);
  if (others) {
    const cause = opened ? { cause: "other_pieces" } : {};
    throw new Refused("share_damaged", `stanzas[${number}].ct`, { slot, index, ...cause });
  }
  await checkPieces(header, pieces);
  return pieces;
}

/**
 * That each piece is the committed one; Refused("piece_does_not_match", j).
 * @param {Header} header
 * @param {Map<number, Uint8Array>} pieces
 */
export async function checkPieces(header, pieces) {
  for (const [j, piece] of pieces) {
    const named = header.pieces[j];
    const fits = named && piece.length === PIECE_SIZE && equal(await pieceCommitment(header.B, j, piece), named);
    if (!fits) throw new Refused("piece_does_not_match", `pieces[${j}]`, { j });
  }
}

/**
 * K from all pieces. Refused: piece_missing (j), piece_does_not_match (j), key_commitment_wrong.
 * @param {Header} header
 * @param {Map<number, Uint8Array>} pieces
 */
export async function combine(header, pieces) {
  for (const j of header.pieces.keys()) {
    if (!pieces.has(j)) throw new Refused("piece_missing", `pieces[${j}]`, { j });
  }
  await checkPieces(header, pieces);
  const key = await contentKey(header.B, header.pieces.map((_, j) => pieces.get(j)));
  if (!equal(await keyCommitment(key, header.B), header.kc)) throw new Refused("key_commitment_wrong", "kc");
  return key;
}

/** `[{j, piece}]`, ascending, as a release's body has them. */
export const piecesAsJson = (pieces) =>
  [...pieces].sort(([a], [b]) => a - b).map(([j, piece]) => ({ j, piece: hex(piece) }));
