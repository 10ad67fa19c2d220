/** Unified social credit codes (GB 32100): what is wrong with one, as the server will see it. */

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH = 18;
const DIGITS = 8;

/** A code as it is written: capitals, no blanks. @param {string} text */
export const compact = (text) => text.replace(/[\s-]+/g, "").toUpperCase();

/**
 * What is wrong with a code: "length", "letter" (one that no code has), "digits" (the first eight are digits), "check"
 * (the last character is not the one that the others give); null where nothing is.
 * @param {string} code
 */
export function faultOf(code) {
  const values = [...code].map((letter) => ALPHABET.indexOf(letter));
  if (values.includes(-1)) return "letter";
  if (values.slice(0, DIGITS).some((value) => value > 9)) return "digits";
  if (code.length !== LENGTH) return "length";
  return checkOf(values.slice(0, -1)) === values.at(-1) ? null : "check";
}

/** The last character's value: the weights are the powers of three, all modulo 31. */
function checkOf(values) {
  let weight = 1;
  let total = 0;
  for (const value of values) {
    total += value * weight;
    weight = (weight * 3) % 31;
  }
  return (31 - (total % 31)) % 31;
}
