/** Signature values: ECDSA and RSA by WebCrypto, in the forms that certificates and CMS have them. */

import { NotDer, read, sequence, unsigned } from "./der.mjs";
import { Refused } from "./refused.mjs";

const { subtle } = globalThis.crypto;
const SIZES = { "P-256": 32, "P-384": 48, "P-521": 66 };

/** What a signature algorithm's identifier stands for. */
export const ALGORITHMS = {
  "1.2.840.10045.4.3.2": { name: "ECDSA", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { name: "ECDSA", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { name: "ECDSA", hash: "SHA-512" },
  "1.2.840.113549.1.1.11": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
};

/**
 * Whether `signed` (a certificate or a revocation list) is signed by the key of `issuer`.
 * @param {import("./x509.mjs").Signed} signed
 * @param {import("./x509.mjs").Certificate} issuer
 */
export function checkSignature(signed, issuer) {
  const algorithm = ALGORITHMS[signed.algorithm];
  if (!algorithm || (algorithm.name === "ECDSA") !== (issuer.curve !== null)) return Promise.resolve(false);
  return verifyWith(algorithm, issuer, signed.signature, signed.tbs);
}

/**
 * That a certificate's key is one: a point on its curve, a modulus; Refused("certificate_malformed").
 * @param {import("./x509.mjs").Certificate} certificate
 */
export async function checkKey({ curve, bits, spki }) {
  if (!curve && !bits) return;
  const parameters = curve ? { name: "ECDSA", namedCurve: curve } : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  try {
    await subtle.importKey("spki", spki, parameters, false, ["verify"]);
  } catch (fault) {
    if (!(fault instanceof DOMException)) throw fault;
    throw new Refused("certificate_malformed");
  }
}

/**
 * Whether `value` is the signature over `data` by the key of `certificate`.
 * @param {{name: string, hash: string, saltLength?: number}} algorithm
 * @param {import("./x509.mjs").Certificate} certificate
 * @param {Uint8Array} value
 * @param {Uint8Array} data
 */
export async function verifyWith(algorithm, certificate, value, data) {
  const { curve, spki } = certificate;
  const raw = curve ? pointsOf(value, SIZES[curve]) : value;
  const parameters = curve ? { name: "ECDSA", namedCurve: curve } : algorithm;
  try {
    const key = await subtle.importKey("spki", spki, parameters, false, ["verify"]);
    return raw !== null && (await subtle.verify(algorithm, key, raw, data));
  } catch (fault) {
    if (!(fault instanceof DOMException)) throw fault;
    return false;
  }
}

/** r ‖ s of the DER that CMS has, null where it is none. */
function pointsOf(value, size) {
  try {
    const numbers = read(value).sequence.map((node) => node.integer);
    if (numbers.length !== 2 || numbers.some((number) => number <= 0n || number >> BigInt(8 * size))) return null;
    const bytes = (number) => number.toString(16).padStart(2 * size, "0").match(/../g).map((two) => parseInt(two, 16));
    return Uint8Array.from(numbers.flatMap(bytes));
  } catch (fault) {
    if (!(fault instanceof NotDer)) throw fault;
    return null;
  }
}

/** The DER of r ‖ s. */
export const derOf = (raw) => {
  const half = raw.length / 2;
  return sequence(unsigned(raw.subarray(0, half)), unsigned(raw.subarray(half)));
};
