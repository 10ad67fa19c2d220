/** Opening a .p12 file, old ones (RC2, 3DES) too; its key goes straight into WebCrypto and never comes out again. */

import forge from "./forge.mjs";
import "node-forge/lib/pkcs12.js";
import { hex, sha256 } from "./bytes.mjs";
import { canAgree, serialOf, subjectOf } from "./chain.mjs";
import { NotDer, read, TAGS } from "./der.mjs";
import { ecKeys, rsaKeys } from "./keys.mjs";
import { Refused } from "./refused.mjs";
import { loadCertificate, OIDS } from "./x509.mjs";

const LARGEST = 1 << 20;
const { asn1, pki, pkcs5, pkcs12, util } = forge;

function keepBytes() {
  throw new Error("exact bytes are wanted, not forge's reading of them");
}
pki.certificateFromAsn1 = keepBytes;
pki.privateKeyFromAsn1 = keepBytes;

const derive = pkcs5.pbkdf2;
pkcs5.pbkdf2 = (passphrase, ...rest) => derive(util.encodeUtf8(passphrase), ...rest);

/**
 * The identity in a PKCS#12 file. Refused: key_file_unreadable, passphrase_wrong.
 * @param {Uint8Array} data
 * @param {string} passphrase
 * @param {string | null} [name] the file's, for the refusal
 * @returns {Promise<import("./keys.mjs").Identity>}
 */
export async function openP12(data, passphrase, name = null) {
  const { keys, certificates } = contentsOf(data, passphrase, name);
  for (const key of keys) {
    const own = [...certificates].sort((a, b) => Number(b.id === key.id) - Number(a.id === key.id));
    for (const certificate of own) {
      const identity = await identityOf(key.bytes, certificate.bytes);
      if (identity) return identity;
    }
    key.bytes.fill(0);
  }
  throw new Refused("key_file_unreadable", name);
}

function contentsOf(data, passphrase, name) {
  try {
    if (data.length > LARGEST) throw new Error("too large");
    const opened = pkcs12.pkcs12FromAsn1(asn1.fromDer(binary(data)), false, passphrase);
    const bags = opened.safeContents.flatMap((safe) => safe.safeBags).filter((bag) => bag.asn1);
    const of = (...types) => bags.filter((bag) => types.includes(bag.type)).map(bytesOf);
    return { keys: of(pki.oids.keyBag, pki.oids.pkcs8ShroudedKeyBag), certificates: of(pki.oids.certBag) };
  } catch (fault) {
    // forge throws plain errors for all that it stumbles over; the MAC is what tells a wrong passphrase
    const wrong = /MAC could not be verified/.test(fault.message);
    throw new Refused(wrong ? "passphrase_wrong" : "key_file_unreadable", name);
  }
}

const binary = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bytesOfBinary = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const bytesOf = (bag) => ({
  bytes: bytesOfBinary(asn1.toDer(bag.asn1).getBytes()),
  id: bag.attributes.localKeyId?.[0] ?? null,
});

/** The certificate with its key; null when the two do not belong together or are of a kind that nothing here uses. */
async function identityOf(pkcs8, der) {
  const certificate = loadCertificate(der);
  const keys = await keysOf(pkcs8, certificate);
  if (!keys) return null;
  pkcs8.fill(0);
  return {
    certificate: der,
    digest: hex(await sha256(der)),
    serial: serialOf(certificate),
    name: subjectOf(certificate, OIDS.commonName) ?? "",
    notAfter: certificate.notAfter,
    canAgree: canAgree(certificate),
    spki: certificate.spki,
    keys,
  };
}

async function keysOf(pkcs8, { curve, bits, spki }) {
  if (bits) return rsaKeys(pkcs8, spki);
  const scalar = curve === "P-256" ? scalarOf(pkcs8) : null;
  return scalar && ecKeys(scalar, spki);
}

/** The private scalar inside PKCS#8; null where there is none. */
function scalarOf(pkcs8) {
  try {
    const [, algorithm, wrapped] = read(pkcs8).sequence;
    if (algorithm?.sequence[0]?.oid !== OIDS.ec) return null;
    const scalar = read(wrapped.octets).sequence[1].as(TAGS.OCTET_STRING).content;
    return scalar.length === 32 ? scalar : null;
  } catch (fault) {
    if (!(fault instanceof NotDer)) throw fault;
    return null;
  }
}
