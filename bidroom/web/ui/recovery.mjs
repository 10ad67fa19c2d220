/** Recovery codes: 160 random bits on paper that stand for a P-256 key of one bid. */

import { hex, hkdf, randomBytes, unhex, utf8 } from "./bytes.mjs";
import { agreementOf } from "./keys.mjs";
import { Refused } from "./refused.mjs";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const READ = { O: 0, I: 1, L: 1, ...Object.fromEntries([...ALPHABET].map((letter, value) => [letter, value])) };
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const CODE_BYTES = 20;

/** A fresh code: 32 characters of Crockford's base32 in groups of four. */
export function newCode(random = randomBytes) {
  const number = BigInt(`0x${hex(random(CODE_BYTES))}`);
  const letters = Array.from({ length: 32 }, (_, n) => ALPHABET[Number((number >> BigInt(155 - 5 * n)) & 31n)]);
  return Array.from({ length: 8 }, (_, n) => letters.slice(4 * n, 4 * n + 4).join("")).join("-");
}

/**
 * The 20 bytes of a code as somebody typed it; case, spaces and hyphens do not count, O is 0, I and L are 1.
 * Refused("recovery_code_malformed").
 * @param {string} text
 */
export function readCode(text) {
  const letters = [...text.toUpperCase().replace(/[\s-]/g, "")];
  if (letters.length !== 32 || !letters.every((letter) => Object.hasOwn(READ, letter))) {
    throw new Refused("recovery_code_malformed");
  }
  const number = letters.reduce((sum, letter) => (sum << 5n) | BigInt(READ[letter]), 0n);
  return unhex(number.toString(16).padStart(2 * CODE_BYTES, "0"));
}

/** The private scalar, 1 to n − 1, that the code's 20 bytes stand for; 32 bytes. */
export async function scalarOf(code) {
  const wide = await hkdf("SHA-256", code, new Uint8Array(0), utf8("bidroom/v1/recovery\0"), 48);
  const scalar = (BigInt(`0x${hex(wide)}`) % (ORDER - 1n)) + 1n;
  return unhex(scalar.toString(16).padStart(64, "0"));
}

/**
 * The P-256 key that a typed code stands for; Refused("recovery_code_malformed").
 * @param {string} text
 */
export const keyOfCode = async (text) => agreementOf(await scalarOf(readCode(text)));
