/** C2SP chunked-encryption, Cobblestone-256: AES-256-GCM over 16 KiB chunks with key commitment and bound context. */

import { concat, equal, hkdfExpand, utf8 } from "./bytes.mjs";

export const CHUNK = 1 << 14;
export const TAG = 16;
export const SALT_AND_COMMITMENT = 56;
const SALT = 24;
const { subtle } = globalThis.crypto;

/** A ciphertext that is not whole, or not of this key and context. */
export class Damaged extends Error {}

/** One message under one key, salt and context: chunk `k` is AES-GCM with the nonce xor `k`. */
export class Cobblestone {
  constructor(key, nonce, head) {
    this.key = key;
    this.nonce = nonce;
    this.head = head;
  }

  /**
   * @param {Uint8Array} key 32 bytes
   * @param {Uint8Array} context
   * @param {Uint8Array} salt 24 bytes, fresh for every message
   */
  static async under(key, context, salt) {
    const info = concat(utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"), salt, context);
    const derived = await hkdfExpand("SHA-512", key, info, 76);
    const imported = await subtle.importKey("raw", derived.subarray(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
    return new Cobblestone(imported, derived.slice(32, 44), concat(salt, derived.subarray(44)));
  }

  /** The message that begins with `head` (salt and commitment); Damaged when key or context are not its own. */
  static async reading(key, context, head) {
    const cipher = await Cobblestone.under(key, context, head.subarray(0, SALT));
    if (!equal(cipher.head, head)) throw new Damaged("commitment");
    return cipher;
  }

  #parameters(k) {
    const iv = this.nonce.slice();
    const view = new DataView(iv.buffer);
    view.setUint32(8, view.getUint32(8) ^ (k % 2 ** 32));
    view.setUint32(4, view.getUint32(4) ^ Math.floor(k / 2 ** 32));
    return { name: "AES-GCM", iv };
  }

  /** Chunk `k`; a chunk of less than 16 KiB is the last one. */
  async seal(k, plain) {
    return new Uint8Array(await subtle.encrypt(this.#parameters(k), this.key, plain));
  }

  /** The plaintext of chunk `k`; Damaged when it is not that. */
  async open(k, chunk) {
    if (chunk.length < TAG) throw new Damaged("cut off");
    try {
      return new Uint8Array(await subtle.decrypt(this.#parameters(k), this.key, chunk));
    } catch (fault) {
      if (fault.name !== "OperationError") throw fault;
      throw new Damaged("tag");
    }
  }
}

/** @returns {Uint8Array} */
export const freshSalt = () => globalThis.crypto.getRandomValues(new Uint8Array(SALT));
