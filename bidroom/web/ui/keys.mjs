/** Private keys as WebCrypto holds them: never extractable, whatever they came from. */

import { base64, unbase64 } from "./bytes.mjs";
import { Refused } from "./refused.mjs";
import { spkiOfPoint } from "./slots.mjs";
import { suite } from "./wrapping.mjs";

const { subtle } = globalThis.crypto;
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const PROBE = new Uint8Array(32);

const toUrl = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const fromUrl = (text) => unbase64(text.replaceAll("-", "+").replaceAll("_", "/").padEnd(44, "="));

/**
 * The key pair of a scalar (32 bytes) for unwrapping; hpke knows how each browser computes its point.
 * @param {Uint8Array} scalar
 * @returns {Promise<import("./release.mjs").Agreement>}
 */
export async function agreementOf(scalar) {
  const jwk = await subtle.exportKey("jwk", await suite.DeserializePrivateKey(scalar, true));
  const { kty, crv, d, x, y } = jwk;
  const privateKey = await subtle.importKey("jwk", { kty, crv, d, x, y }, ECDH, false, ["deriveBits"]);
  const spki = spkiOfPoint(fromUrl(x), fromUrl(y));
  return { pair: { privateKey, publicKey: await publicOf(spki) }, spki };
}

const publicOf = (spki) => subtle.importKey("spki", spki, ECDH, true, []);

/**
 * What signs and unwraps with a scalar whose point a certificate names; null when the two do not belong together.
 * @param {Uint8Array} scalar
 * @param {Uint8Array} spki the certificate's, 91 bytes
 */
export async function ecKeys(scalar, spki) {
  const jwk = { kty: "EC", crv: "P-256", d: toUrl(scalar), x: toUrl(spki.slice(27, 59)), y: toUrl(spki.slice(59)) };
  try {
    const signing = await subtle.importKey("jwk", jwk, ECDSA, false, ["sign"]);
    const privateKey = await subtle.importKey("jwk", jwk, ECDH, false, ["deriveBits"]);
    const verifying = await subtle.importKey("spki", spki, ECDSA, false, ["verify"]);
    const own = await belong({ name: "ECDSA", hash: "SHA-256" }, signing, verifying);
    return own ? { type: "ec", signing, pair: { privateKey, publicKey: await publicOf(spki) } } : null;
  } catch (fault) {
    if (!(fault instanceof DOMException)) throw fault;
    return null;
  }
}

/**
 * What signs with an RSA key (PKCS#8) of a certificate; null when the two do not belong together.
 * @param {Uint8Array} pkcs8
 * @param {Uint8Array} spki
 */
export async function rsaKeys(pkcs8, spki) {
  const [pkcs1, pss] = ["RSASSA-PKCS1-v1_5", "RSA-PSS"].map((name) => ({ name, hash: "SHA-256" }));
  try {
    const signing = await subtle.importKey("pkcs8", pkcs8, pkcs1, false, ["sign"]);
    const signingPss = await subtle.importKey("pkcs8", pkcs8, pss, false, ["sign"]);
    const verifying = await subtle.importKey("spki", spki, pkcs1, false, ["verify"]);
    return (await belong(pkcs1, signing, verifying)) ? { type: "rsa", signing, signingPss, pair: null } : null;
  } catch (fault) {
    if (!(fault instanceof DOMException)) throw fault;
    return null;
  }
}

async function belong(algorithm, signing, verifying) {
  return subtle.verify(algorithm, verifying, await subtle.sign(algorithm, signing, PROBE), PROBE);
}

/**
 * A certificate with its private key, as everything here signs and unwraps.
 * @typedef {{certificate: Uint8Array, digest: string, serial: string, name: string, notAfter: string,
 *   canAgree: boolean, spki: Uint8Array, keys: any}} Identity
 */

/**
 * The identity's own key for unwrapping; Refused("key_not_p256").
 * @param {Identity} identity
 * @returns {import("./release.mjs").Agreement}
 */
export function ownAgreement(identity) {
  if (!identity.keys.pair) throw new Refused("key_not_p256");
  return { pair: identity.keys.pair, spki: identity.spki, serial: identity.serial };
}
