/**
 * Detached CAdES-BES signatures (RFC 5652, RFC 5035) over tagged bytes: one profile, the one of
 * bidroom/crypto/signatures.py. No certificate travels inside: whoever verifies brings the one that the log names.
 */

import { equal, hex, sha256 } from "./bytes.mjs";
import { signedInput } from "./canonical.mjs";
import { der, NotDer, octetString, oid, read, sequence, setOf, TAGS, unsigned } from "./der.mjs";
import { Refused } from "./refused.mjs";
import { ALGORITHMS, checkKey, derOf, verifyWith } from "./signed.mjs";
import { loadCertificate, OIDS } from "./x509.mjs";

export const KINDS = ["terms", "timeline", "opening-key", "header", "command", "record", "login"];
const SIGNATURE_LIMIT = 1 << 14;
const [SIGNED_DATA, DATA] = ["1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"];
const [SHA256, MGF1] = ["2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.8"];
const [ECDSA, RSA, RSA_ALONE, PSS] = [
  "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11", OIDS.rsa, "1.2.840.113549.1.1.10",
];
const NAMES = {
  "1.2.840.113549.1.9.3": "content_type",
  "1.2.840.113549.1.9.4": "message_digest",
  "1.2.840.113549.1.9.5": "signing_time",
  "1.2.840.113549.1.9.16.2.47": "signing_certificate_v2",
};
const REQUIRED = ["content_type", "message_digest", "signing_certificate_v2"];
const NULL = der(TAGS.NULL);
const { subtle } = globalThis.crypto;

// --- writing

/**
 * The CMS (DER) over "bidroom/v1/" ‖ kind ‖ "\0" ‖ data; `pss` chooses RSASSA-PSS for an RSA key.
 * @param {string} kind
 * @param {Uint8Array} data
 * @param {import("./keys.mjs").Identity} identity
 * @param {Date} at
 * @param {boolean} [pss]
 */
export async function sign(kind, data, identity, at, pss = false) {
  checkKind(kind);
  const attributes = await attributesOf(await sha256(signedInput(kind, data)), identity.certificate, at);
  const { algorithm, value } = await valueOf(identity.keys, setOf(...attributes), pss);
  return message(attributes, algorithm, value, loadCertificate(identity.certificate));
}

function checkKind(kind) {
  if (!KINDS.includes(kind)) throw new RangeError(`nothing of the kind ${kind} is signed`);
}

async function attributesOf(digest, certificate, at) {
  const named = sequence(sequence(sequence(octetString(await sha256(certificate)))));
  const values = [oid(DATA), octetString(digest), timeOf(at), named];
  return Object.keys(NAMES).map((type, n) => sequence(oid(type), setOf(values[n])));
}

/** UTCTime until 2049, as RFC 5652, 11.3, has it. */
function timeOf(at) {
  const digits = `${at.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  const year = at.getUTCFullYear();
  const short = year >= 1950 && year < 2050;
  const text = new TextEncoder().encode(short ? digits.slice(2) : digits);
  return der(short ? TAGS.UTC_TIME : TAGS.GENERALIZED_TIME, text);
}

async function valueOf(keys, attributes, pss) {
  if (keys.type === "ec") {
    const raw = await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.signing, attributes);
    return { algorithm: sequence(oid(ECDSA)), value: derOf(new Uint8Array(raw)) };
  }
  const [key, how] = pss ? [keys.signingPss, { name: "RSA-PSS", saltLength: 32 }] : [keys.signing, "RSASSA-PKCS1-v1_5"];
  const value = new Uint8Array(await subtle.sign(how, key, attributes));
  return { algorithm: pss ? sequence(oid(PSS), pssParameters()) : sequence(oid(RSA), NULL), value };
}

function pssParameters() {
  const sha256Named = sequence(oid(SHA256), NULL);
  const salt = der(0xa2, unsigned(Uint8Array.of(32)));
  return sequence(der(0xa0, sha256Named), der(0xa1, sequence(oid(MGF1), sha256Named)), salt);
}

function message(attributes, algorithm, value, certificate) {
  const one = unsigned(Uint8Array.of(1));
  const digest = sequence(oid(SHA256), NULL);
  const serial = read(certificate.tbs).children.find((node) => node.tag === TAGS.INTEGER).raw;
  const signed = der(0xa0, setOf(...attributes).subarray(headerSize(attributes)));
  const signer = sequence(one, sequence(certificate.issuer, serial), digest, signed, algorithm, octetString(value));
  const content = sequence(one, setOf(digest), sequence(oid(DATA)), setOf(signer));
  return sequence(oid(SIGNED_DATA), der(0xa0, content));
}

/** How many bytes of a SET around these come before them. */
const headerSize = (parts) => setOf(...parts).length - parts.reduce((size, part) => size + part.length, 0);

// --- reading

/**
 * That `signature` is one signer's, over these bytes as this kind, by the key of `certificate` (DER).
 * Refused: signature_malformed, signature_over_other_bytes, signed_by_another_certificate, and what
 * `loadCertificate` raises. Whether the certificate held at that time is `checkCertificate`'s to say.
 * @param {string} kind
 * @param {Uint8Array} data
 * @param {Uint8Array} signature
 * @param {Uint8Array} certificate
 */
export async function verify(kind, data, signature, certificate) {
  checkKind(kind);
  const found = parse(signature);
  const loaded = loadCertificate(certificate);
  await checkKey(loaded);
  if (!names(found, loaded) || !equal(found.certificate, await sha256(certificate))) {
    throw new Refused("signed_by_another_certificate");
  }
  if (!equal(found.digest, await sha256(signedInput(kind, data)))) throw new Refused("signature_over_other_bytes");
  const algorithm = algorithmFor(found.algorithm, loaded);
  if (!(await verifyWith(algorithm, loaded, found.value, found.attributes))) {
    throw new Refused("signature_over_other_bytes", "signature");
  }
}

function algorithmFor(found, { curve, bits }) {
  if (curve === "P-256" && found === ECDSA) return ALGORITHMS[ECDSA];
  if (bits && (found === RSA || found === RSA_ALONE)) return ALGORITHMS[RSA];
  if (bits && found === PSS) return { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 };
  throw new Refused("signature_malformed", "signature_algorithm");
}

function names(found, certificate) {
  if (found.issuer) return equal(found.issuer, certificate.issuer) && found.serial === certificate.serial;
  const extension = certificate.extensions.get(OIDS.keyIdentifier);
  return extension !== undefined && equal(found.keyId, read(extension.value).octets);
}

function parse(signature) {
  if (signature.length > SIGNATURE_LIMIT) throw new Refused("signature_malformed", null, { cause: "oversize" });
  try {
    return readMessage(read(signature));
  } catch (fault) {
    if (!(fault instanceof NotDer)) throw fault;
    throw new Refused("signature_malformed");
  }
}

function need(holds, field) {
  if (!holds) throw new Refused("signature_malformed", field);
}

function members(nodes, least) {
  if (nodes.length < least) throw new NotDer("members");
  return nodes;
}

function readMessage(node) {
  const [type, explicit] = members(node.sequence, 2);
  need(type.oid === SIGNED_DATA && explicit.tag === 0xa0, "content_type");
  const [version, digests, content, ...rest] = members(explicit.only.sequence, 4);
  need(!rest.some((one) => one.tag === 0xa0), "certificates");
  need(!rest.some((one) => one.tag === 0xa1), "crls");
  const [contentType, ...inside] = members(content.sequence, 1);
  need(contentType.oid === DATA, "content_type");
  need(!inside.length, "content");
  const signers = rest.length === 1 ? rest[0].as(TAGS.SET).children : [];
  need(signers.length === 1, "signer_infos");
  const signer = members(signers[0].sequence, 6);
  need(version.integer === signer[0].integer, "version");
  need(`${digests.as(TAGS.SET).children.map(algorithmOf)}` === SHA256, "digest_algorithms");
  return readSigner(signer);
}

function readSigner([version, sid, digest, attributes, algorithm, value, ...unsignedAttributes]) {
  const identifier = identifierOf(sid);
  need(version.integer === (identifier.keyId ? 3n : 1n), "version");
  need(algorithmOf(digest) === SHA256, "digest_algorithm");
  need(!unsignedAttributes.length, "unsigned_attrs");
  const values = valuesOf(attributes.as(0xa0).children);
  need(values.content_type.oid === DATA, "content_type");
  return {
    ...identifier,
    algorithm: algorithmOf(algorithm),
    digest: values.message_digest.octets,
    certificate: certificateHashOf(values.signing_certificate_v2),
    attributes: setOf(...attributes.children.map((one) => one.raw)), // what is signed, whatever order it came in
    value: value.octets,
  };
}

function identifierOf(sid) {
  if (sid.tag === 0x80) return { keyId: sid.content };
  const [issuer, serial] = members(sid.sequence, 2);
  return { issuer: issuer.raw, serial: serial.integer };
}

/** The algorithm's identifier, its parameters being what they must be. */
function algorithmOf(node) {
  const [type, parameters] = members(node.sequence, 1);
  if (type.oid === PSS) need(parameters && isOurPss(parameters), "signature_algorithm");
  else need(!parameters || hex(parameters.raw) === "0500", `${type.oid} parameters`);
  return type.oid;
}

function isOurPss(parameters) {
  const [hash, mask, salt, ...more] = parameters.sequence;
  if (more.length || hash?.tag !== 0xa0 || mask?.tag !== 0xa1 || salt?.tag !== 0xa2) return false;
  const [generator, maskHash] = members(mask.only.sequence, 2);
  const named = [algorithmOf(hash.only), generator.oid, algorithmOf(maskHash)];
  return `${named}` === `${[SHA256, MGF1, SHA256]}` && salt.only.integer === 32n;
}

/** Each signed attribute's one value; none twice, none missing, none unknown. */
function valuesOf(attributes) {
  const found = {};
  for (const attribute of attributes) {
    const [type, values] = members(attribute.sequence, 2);
    const name = NAMES[type.oid];
    const { children } = values.as(TAGS.SET);
    need(name && !found[name] && children.length === 1, "signed_attrs");
    [found[name]] = children;
  }
  need(REQUIRED.every((name) => found[name]), "signed_attrs");
  return found;
}

/** The hash in the only ESSCertIDv2; its algorithm is SHA-256, named or by default. */
function certificateHashOf(node) {
  const [certificates] = members(node.sequence, 1);
  const ids = certificates.sequence;
  need(ids.length === 1, "signing_certificate_v2");
  const parts = members(ids[0].sequence, 1);
  if (parts[0].tag !== TAGS.SEQUENCE) return parts[0].octets;
  need(algorithmOf(parts[0]) === SHA256, "signing_certificate_v2");
  return members(parts, 2)[1].octets;
}
