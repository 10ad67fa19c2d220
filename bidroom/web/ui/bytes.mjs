/** Bytes, their spellings, and the hashes over them; all of it on WebCrypto, the same in Node and in browsers. */

const { subtle } = globalThis.crypto;
const encoder = new TextEncoder();

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);

/** @param {number} value */
export const u8 = (value) => Uint8Array.of(value);

/** @param {number} value */
export const u16 = (value) => Uint8Array.of(value >> 8, value & 0xff);

/** @param {number} value up to 2^53 - 1 */
export function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/**
 * @param {...Uint8Array} parts
 * @returns {Uint8Array}
 */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text lowercase hex that was checked already */
export function unhex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let n = 0; n < bytes.length; n += 1) bytes[n] = Number.parseInt(text.slice(2 * n, 2 * n + 2), 16);
  return bytes;
}

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let text = "";
  for (let n = 0; n < bytes.length; n += 0x8000) text += String.fromCharCode(...bytes.subarray(n, n + 0x8000));
  return btoa(text);
}

/**
 * Standard base64 with its padding and no bit left over; null for anything else.
 * @param {unknown} text
 * @returns {Uint8Array | null}
 */
export function unbase64(text) {
  if (typeof text !== "string" || text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return base64(bytes) === text ? bytes : null;
}

/**
 * Whether both are the same; how long it takes tells nothing of where they differ.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function equal(a, b) {
  let differs = a.length ^ b.length;
  for (let n = 0; n < Math.min(a.length, b.length); n += 1) differs |= a[n] ^ b[n];
  return differs === 0;
}

/** @param {number} size */
export const randomBytes = (size) => globalThis.crypto.getRandomValues(new Uint8Array(size));

/** @param {...Uint8Array} parts */
export async function sha256(...parts) {
  return new Uint8Array(await subtle.digest("SHA-256", parts.length === 1 ? parts[0] : concat(...parts)));
}

/**
 * @param {"SHA-256" | "SHA-512"} hash
 * @param {Uint8Array} key
 * @param {Uint8Array} data
 */
export async function hmac(hash, key, data) {
  const imported = await subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, data));
}

/**
 * HKDF (RFC 5869), extract and expand.
 * @param {"SHA-256" | "SHA-512"} hash
 * @param {Uint8Array} ikm
 * @param {Uint8Array} salt
 * @param {Uint8Array} info
 * @param {number} size
 */
export async function hkdf(hash, ikm, salt, info, size) {
  const key = await subtle.importKey("raw", ikm, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash, salt, info }, key, size * 8));
}

/**
 * HKDF-Expand alone, which WebCrypto does not have.
 * @param {"SHA-256" | "SHA-512"} hash
 * @param {Uint8Array} key
 * @param {Uint8Array} info
 * @param {number} size
 */
export async function hkdfExpand(hash, key, info, size) {
  let out = new Uint8Array(0);
  let block = new Uint8Array(0);
  for (let n = 1; out.length < size; n += 1) {
    block = await hmac(hash, key, concat(block, info, u8(n)));
    out = concat(out, block);
  }
  return out.slice(0, size);
}
