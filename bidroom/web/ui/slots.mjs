/** Who holds which piece of a bid's key: slots, k of n by replicated sharing, public keys as exact bytes. */

import { equal, unhex } from "./bytes.mjs";
import { Refused } from "./refused.mjs";

export const BIDDER = "bidder";
export const MOST_BIDDER_KEYS = 8;
export const MOST_HOLDERS = 7;
const SPKI_HEAD = unhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const SPKI_SIZE = 91;
const { subtle } = globalThis.crypto;

/**
 * One key that holds pieces: its organization, its certificate's digest and H(SPKI) in hex, its SPKI, 91 bytes DER.
 * @typedef {{organization: string, certificate: string, key: Uint8Array, keyDigest: string}} Holder
 * One of the parties that must all take part; `needed` of its holders are enough for it.
 * @typedef {{name: string, needed: number, holders: Holder[]}} Slot
 */

/** The subsets of `size` out of 0 … n−1 in lexicographic order: one for each piece, those who do not get it. */
export function combinations(n, size, from = 0) {
  if (size === 0) return [[]];
  const found = [];
  for (let first = from; first <= n - size; first += 1) {
    for (const rest of combinations(n, size - 1, first + 1)) found.push([first, ...rest]);
  }
  return found;
}

const subsetsOf = (slot) => combinations(slot.holders.length, slot.needed - 1);

/**
 * m: how many pieces a key has under these slots.
 * @param {Slot[]} slots
 */
export const countOf = (slots) => slots.reduce((sum, slot) => sum + subsetsOf(slot).length, 0);

/**
 * The numbers j of the pieces that one holder gets, ascending; of a slot that all its holders share, without `index`.
 * @param {Slot[]} slots
 * @param {string} name
 * @param {number} index
 */
export function piecesOfHolder(slots, name, index) {
  let first = 0;
  for (const slot of slots) {
    const subsets = subsetsOf(slot);
    if (slot.name === name) return subsets.flatMap((leftOut, n) => (leftOut.includes(index) ? [] : [first + n]));
    first += subsets.length;
  }
  throw new Refused("slot_unknown", null, { slot: name });
}

/**
 * The P-256 key that exactly these 91 bytes encode, for HPKE; anything else is Refused("key_not_p256").
 * @param {Uint8Array} spki
 */
export async function loadSpki(spki) {
  if (spki.length !== SPKI_SIZE || !equal(spki.subarray(0, SPKI_HEAD.length), SPKI_HEAD)) {
    throw new Refused("key_not_p256");
  }
  try {
    return await subtle.importKey("spki", spki, { name: "ECDH", namedCurve: "P-256" }, true, []);
  } catch (fault) {
    if (!(fault instanceof DOMException)) throw fault;
    throw new Refused("key_not_p256");
  }
}

/** The 91 bytes of the point with these coordinates, 32 bytes each. */
export function spkiOfPoint(x, y) {
  const spki = new Uint8Array(SPKI_SIZE);
  spki.set(SPKI_HEAD);
  spki.set(x, SPKI_SIZE - 64);
  spki.set(y, SPKI_SIZE - 32);
  return spki;
}
