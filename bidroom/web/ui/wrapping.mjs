/** HPKE (RFC 9180) around the pieces that one holder gets: DHKEM(P-256), HKDF-SHA256, AES-256-GCM, empty aad. */

import { AEAD_AES_256_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_P256_HKDF_SHA256 } from "hpke";
import { concat, hex, sha256, u16 } from "./bytes.mjs";
import { stanzaInfo } from "./context.mjs";
import { ENCAPSULATED, ONE_PIECE } from "./header.mjs";
import { loadSpki } from "./slots.mjs";

/** The one suite of the format. */
export const suite = new CipherSuite(KEM_DHKEM_P256_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_256_GCM);

/**
 * Wrap `pieces` (j to 32 bytes) for one holder's SPKI.
 * @param {Uint8Array} B
 * @param {string} slot
 * @param {number} index
 * @param {Uint8Array} spki
 * @param {Map<number, Uint8Array>} pieces
 * @returns {Promise<import("./header.mjs").Stanza>}
 */
export async function newStanza(B, slot, index, spki, pieces) {
  const digest = await sha256(spki);
  const numbers = [...pieces.keys()].sort((a, b) => a - b);
  const plain = concat(...numbers.flatMap((j) => [u16(j), pieces.get(j)]));
  const options = { info: stanzaInfo(B, slot, index, digest) };
  const { encapsulatedSecret, ciphertext } = await suite.Seal(await loadSpki(spki), plain, options);
  return { slot, index, key: hex(digest), ct: concat(encapsulatedSecret, ciphertext) };
}

/**
 * The pieces in a stanza; null when it does not open, or is not whole and ascending.
 * @param {Uint8Array} B
 * @param {import("./header.mjs").Stanza} stanza
 * @param {CryptoKeyPair} pair
 * @param {Uint8Array} keyDigest H(SPKI)
 * @returns {Promise<{opened: boolean, pieces: Map<number, Uint8Array> | null}>}
 */
export async function openStanza(B, stanza, pair, keyDigest) {
  const info = stanzaInfo(B, stanza.slot, stanza.index, keyDigest);
  try {
    const enc = stanza.ct.slice(0, ENCAPSULATED);
    const plain = await suite.Open(pair, enc, stanza.ct.slice(ENCAPSULATED), { info });
    return { opened: true, pieces: piecesOf(plain) };
  } catch (fault) {
    if (!["OpenError", "DecapError", "DeserializeError", "ValidationError"].includes(fault.name)) throw fault;
    return { opened: false, pieces: null };
  }
}

function piecesOf(plain) {
  if (!plain.length || plain.length % ONE_PIECE) return null;
  const pieces = new Map();
  let before = -1;
  for (let at = 0; at < plain.length; at += ONE_PIECE) {
    const j = plain[at] * 256 + plain[at + 1];
    if (j <= before) return null;
    pieces.set(j, plain.slice(at + 2, at + ONE_PIECE));
    before = j;
  }
  return pieces;
}
