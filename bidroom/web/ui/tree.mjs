/** Merkle trees of RFC 6962 with SHA-256; every function but `leafHash` and `mth` takes leaf hashes, not leaves. */

import { equal, hex, sha256, u16, u8, unhex } from "./bytes.mjs";

/** Bytes of one segment of a part; the last may be shorter. */
export const SEGMENT = 1 << 20;

/** H(0x00 ‖ data). */
export const leafHash = (data) => sha256(u8(0), data);

/** H(0x01 ‖ left ‖ right). */
export const nodeHash = (left, right) => sha256(u8(1), left, right);

/** All that is needed to go on appending: the roots of the perfect subtrees, largest first. */
export class Frontier {
  size = 0;
  #hashes = [];

  /** @param {Uint8Array} leaf a leaf hash */
  async append(leaf) {
    this.#hashes.push(leaf);
    for (let size = this.size; size % 2; size = Math.floor(size / 2)) {
      const right = this.#hashes.pop();
      this.#hashes.push(await nodeHash(this.#hashes.pop(), right));
    }
    this.size += 1;
  }

  /** The tree's root, 32 bytes; of no leaves, the hash of nothing. */
  async root() {
    if (!this.#hashes.length) return sha256(new Uint8Array(0));
    let root = this.#hashes.at(-1);
    for (const left of this.#hashes.slice(0, -1).reverse()) root = await nodeHash(left, root);
    return root;
  }
}

/** The root over leaf hashes. */
export async function rootOf(leafHashes) {
  const frontier = new Frontier();
  for (const leaf of leafHashes) await frontier.append(leaf);
  return frontier.root();
}

/** The root over the leaves themselves (MTH in RFC 6962). */
export const mth = async (leaves) => rootOf(await Promise.all(leaves.map(leafHash)));

/**
 * The root that the deadline fixes: over (lot u16 ‖ digest) of every final bid, sorted.
 * @param {[number, string][]} bids lot, digest in hex
 */
export function finalRoot(bids) {
  const leaves = bids.map(([lot, digest]) => hex(u16(lot)) + digest).sort();
  return mth(leaves.map(unhex));
}

/** Cut any stream of bytes into segments, each with its leaf hash; its bytes are good until the next is asked for. */
export async function* segmentsOf(blocks) {
  const held = new Uint8Array(1 + SEGMENT); // behind the leaf's zero byte, so that hashing copies nothing
  let size = 0;
  for await (const block of blocks) {
    for (let at = 0; at < block.length; ) {
      const taken = block.subarray(at, at + SEGMENT - size);
      held.set(taken, 1 + size);
      at += taken.length;
      size += taken.length;
      if (size === SEGMENT) {
        yield { bytes: held.subarray(1), leaf: await sha256(held) };
        size = 0;
      }
    }
  }
  if (size) yield { bytes: held.subarray(1, 1 + size), leaf: await sha256(held.subarray(0, 1 + size)) };
}

/** PATH(index, leaves), nearest sibling first. */
export async function inclusionProof(leaves, index) {
  if (index < 0 || index >= leaves.length) throw new RangeError("no such leaf");
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  if (index < k) return [...(await inclusionProof(leaves.slice(0, k), index)), await rootOf(leaves.slice(k))];
  return [...(await inclusionProof(leaves.slice(k), index - k)), await rootOf(leaves.slice(0, k))];
}

/** Whether `leaf` (a hash) is number `index` of `size` leaves under the root `expected` (RFC 9162, 2.1.3.2). */
export async function verifyInclusion(leaf, index, size, proof, expected) {
  if (!(index >= 0 && index < size)) return false;
  let [number, last, found] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (number % 2 || number === last) {
      found = await nodeHash(sibling, found);
      while (number % 2 === 0 && number) [number, last] = [half(number), half(last)];
    } else {
      found = await nodeHash(found, sibling);
    }
    [number, last] = [half(number), half(last)];
  }
  return last === 0 && equal(found, expected);
}

/** PROOF(size, leaves): that the tree of the first `size` leaves is the beginning of this one. */
export async function consistencyProof(leaves, size) {
  if (!(size > 0 && size <= leaves.length)) throw new RangeError("no such earlier tree");
  return subproof(leaves, size, true);
}

async function subproof(leaves, size, whole) {
  if (size === leaves.length) return whole ? [] : [await rootOf(leaves)];
  const k = split(leaves.length);
  if (size <= k) return [...(await subproof(leaves.slice(0, k), size, whole)), await rootOf(leaves.slice(k))];
  return [...(await subproof(leaves.slice(k), size - k, false)), await rootOf(leaves.slice(0, k))];
}

/** Whether the tree (oldSize, oldRoot) is the beginning of (newSize, newRoot) (RFC 9162, 2.1.4.2). */
export async function verifyConsistency(oldSize, newSize, proof, oldRoot, newRoot) {
  if (!(oldSize > 0 && oldSize <= newSize)) return false;
  if (oldSize === newSize) return !proof.length && equal(oldRoot, newRoot);
  const isPower = 2 ** Math.floor(Math.log2(oldSize)) === oldSize;
  const path = isPower ? [oldRoot, ...proof] : [...proof];
  if (!path.length) return false;
  const found = await fold(oldSize - 1, newSize - 1, path);
  return found !== null && equal(found[0], oldRoot) && equal(found[1], newRoot);
}

async function fold(number, last, [first, ...path]) {
  while (number % 2) [number, last] = [half(number), half(last)];
  let [old, young] = [first, first];
  for (const sibling of path) {
    if (last === 0) return null;
    if (number % 2 || number === last) {
      [old, young] = [await nodeHash(sibling, old), await nodeHash(sibling, young)];
      while (number % 2 === 0 && number) [number, last] = [half(number), half(last)];
    } else {
      young = await nodeHash(young, sibling);
    }
    [number, last] = [half(number), half(last)];
  }
  return last === 0 ? [old, young] : null;
}

const half = (value) => Math.floor(value / 2);

/** The largest power of two below `size`. */
const split = (size) => 2 ** ((size - 1).toString(2).length - 1);
