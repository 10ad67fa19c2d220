/** The bid's context B and every value derived under it (docs/seal.md, "Layout"). */

import { concat, hkdf, hkdfExpand, hmac, sha256, u16, u8, unhex, utf8 } from "./bytes.mjs";

export const SUITE = 1;
export const PIECE_SIZE = 32;

/**
 * What one sealed bid is bound to; all but `lot` in hex.
 * @typedef {{terms: string, tender: string, lot: number, certificate: string, bid: string}} Context
 */

/**
 * B, 32 bytes.
 * @param {Context} context
 */
export function contextDigest({ terms, tender, lot, certificate, bid }) {
  const sizes = [terms, tender, certificate, bid].map((text) => text.length / 2);
  if (`${sizes}` !== "32,16,32,16") throw new RangeError(`a context needs 32, 16, 32 and 16 bytes, not ${sizes}`);
  const fixed = concat(utf8("bidroom/v1/context\0"), u16(SUITE), unhex(terms), unhex(tender));
  return sha256(fixed, u16(lot), unhex(certificate), unhex(bid));
}

/** c_j, 32 bytes: what the header says of piece `j`. */
export const pieceCommitment = (B, j, piece) => hmac("SHA-256", piece, concat(utf8("bidroom/v1/piece\0"), B, u16(j)));

/**
 * K, 32 bytes, from all pieces in order.
 * @param {Uint8Array} B
 * @param {Uint8Array[]} pieces
 */
export function contentKey(B, pieces) {
  if (!pieces.length || pieces.some((piece) => piece.length !== PIECE_SIZE)) {
    throw new RangeError("a content key needs all pieces, 32 bytes each");
  }
  return hkdf("SHA-512", concat(...pieces), B, utf8("bidroom/v1/content-key"), 32);
}

/** kc, 32 bytes: the one content key that the header allows. */
export const keyCommitment = (K, B) => hmac("SHA-256", K, concat(utf8("bidroom/v1/key-commitment\0"), B));

/** K_i, 32 bytes: the key of part `i` alone. */
export const partKey = (K, i) => hkdfExpand("SHA-512", K, concat(utf8("bidroom/v1/part\0"), u8(i)), 32);

/** The context that Cobblestone binds part `i` to. */
export const payloadContext = (B, i) => concat(utf8("bidroom/v1/payload\0"), B, u8(i));

/** HPKE's info for one holder; `spkiDigest` is H(SPKI), 32 bytes. */
export const stanzaInfo = (B, slot, index, spkiDigest) =>
  concat(utf8("bidroom/v1/stanza\0"), B, utf8(slot), u8(0), u16(index), spkiDigest);
