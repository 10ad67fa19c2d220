/** Certificates and revocation lists (RFC 5280) as plain values; whether they hold is chain.mjs's to say. */

import { hex } from "./bytes.mjs";
import { NotDer, read, TAGS } from "./der.mjs";
import { Refused } from "./refused.mjs";

export const CERTIFICATE_LIMIT = 1 << 16;
export const OIDS = {
  keyIdentifier: "2.5.29.14", keyUsage: "2.5.29.15", basicConstraints: "2.5.29.19", crlPart: "2.5.29.28",
  commonName: "2.5.4.3", serialNumber: "2.5.4.5", organization: "2.5.4.10",
  ec: "1.2.840.10045.2.1", rsa: "1.2.840.113549.1.1.1",
};
const SM2_CURVE = "1.2.156.10197.1.301";
const SM2_WITH_SM3 = "1.2.156.10197.1.501";
const CURVES = { "1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521" };
const USAGES = ["digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement",
  "keyCertSign", "crlSign"];

/**
 * @typedef {{oid: string, critical: boolean, value: Uint8Array}} Extension
 * @typedef {{tbs: Uint8Array, algorithm: string, signature: Uint8Array}} Signed
 * `curve` names an EC key's curve, `bits` an RSA key's size; names and times are as the DER has them.
 * @typedef {Signed & {der: Uint8Array, serial: bigint, issuer: Uint8Array, subject: Uint8Array,
 *   attributes: {oid: string, value: string}[], notBefore: string, notAfter: string, spki: Uint8Array,
 *   curve: string | null, bits: number, extensions: Map<string, Extension>, usage: Set<string> | null,
 *   authority: {ca: boolean, most: number | null} | null}} Certificate
 */

/**
 * The certificate; Refused: certificate_malformed, certificate_sm2_not_supported.
 * @param {Uint8Array} der
 * @returns {Certificate}
 */
export function loadCertificate(der) {
  try {
    if (der.length > CERTIFICATE_LIMIT) throw new NotDer("too long");
    return certificateOf(der);
  } catch (fault) {
    if (!(fault instanceof NotDer)) throw fault;
    throw new Refused("certificate_malformed");
  }
}

function certificateOf(der) {
  const [tbs, outer, signature] = exactly(read(der).sequence, 3);
  const [version, serial, inner, issuer, validity, subject, spki, ...more] = withVersion(tbs.sequence);
  const algorithm = algorithmOf(inner);
  const key = keyOf(spki.sequence[0]);
  if (algorithm === SM2_WITH_SM3 || key.oid === SM2_CURVE) throw new Refused("certificate_sm2_not_supported");
  if (hex(inner.raw) !== hex(outer.raw) || serial.integer <= 0n) throw new NotDer("not as RFC 5280 has it");
  const extensions = extensionsOf(more.find((node) => node.tag === 0xa3), version);
  attributesOf(issuer); // an issuer that cannot be read is none
  const [notBefore, notAfter] = exactly(validity.sequence, 2);
  return {
    der, tbs: tbs.raw, algorithm, signature: signature.bits, serial: serial.integer,
    issuer: issuer.raw, subject: subject.raw, attributes: attributesOf(subject),
    notBefore: notBefore.time, notAfter: notAfter.time,
    spki: spki.raw, curve: CURVES[key.oid] ?? null, bits: key.type === OIDS.rsa ? rsaBits(spki) : 0,
    extensions, usage: usageOf(extensions.get(OIDS.keyUsage)), authority: authorityOf(extensions),
  };
}

function exactly(nodes, count) {
  if (nodes.length !== count) throw new NotDer("members");
  return nodes;
}

function withVersion(nodes) {
  const explicit = nodes[0]?.tag === 0xa0;
  const members = explicit ? [nodes[0].only.integer, ...nodes.slice(1)] : [0n, ...nodes];
  if (members.length < 7 || members[0] > 2n || (explicit && members[0] < 1n)) throw new NotDer("version");
  return members;
}

function algorithmOf(node) {
  const [algorithm] = node.sequence;
  if (!algorithm) throw new NotDer("algorithm");
  return algorithm.oid;
}

function keyOf(node) {
  const [type, parameters] = node.sequence;
  if (!type) throw new NotDer("key");
  return { type: type.oid, oid: type.oid === OIDS.ec && parameters?.tag === TAGS.OID ? parameters.oid : null };
}

function rsaBits(spki) {
  const [modulus] = exactly(read(spki.sequence[1].bits).sequence, 2);
  return modulus.integer.toString(2).length;
}

function attributesOf(name) {
  return name.sequence.flatMap((set) =>
    set.as(TAGS.SET).children.map((pair) => {
      const [type, value] = exactly(pair.sequence, 2);
      return { oid: type.oid, value: textOf(value) };
    }),
  );
}

/** UTF8String, PrintableString, T61String, IA5String; BMPString is UTF-16. */
function textOf({ tag, content }) {
  const label = { 12: "utf-8", 19: "latin1", 20: "latin1", 22: "latin1", 30: "utf-16be" }[tag];
  if (!label) return "";
  try {
    return new TextDecoder(label, { fatal: true }).decode(content);
  } catch (fault) {
    if (!(fault instanceof TypeError)) throw fault;
    throw new NotDer("text");
  }
}

function extensionsOf(node, version) {
  const found = new Map();
  if (!node) return found;
  if (version !== undefined && version !== 2n) throw new NotDer("extensions need version 3");
  for (const one of node.only.sequence) {
    const extension = extensionOf(one.sequence);
    if (found.has(extension.oid)) throw new NotDer("an extension twice");
    found.set(extension.oid, extension);
  }
  return found;
}

function extensionOf(nodes) {
  const [type, ...rest] = nodes;
  const critical = rest.length === 2 && rest[0].as(TAGS.BOOLEAN).content[0] === 0xff;
  if (!type || rest.length < 1 || rest.length > 2) throw new NotDer("extension");
  return { oid: type.oid, critical, value: rest.at(-1).octets };
}

function usageOf(extension) {
  if (!extension) return null;
  const { content } = read(extension.value).as(TAGS.BIT_STRING);
  const isSet = (_, n) => ((content[1 + (n >> 3)] ?? 0) >> (7 - (n & 7))) & 1;
  return new Set(USAGES.filter(isSet));
}

function authorityOf(extensions) {
  const extension = extensions.get(OIDS.basicConstraints);
  if (!extension) return null;
  const [ca, most] = read(extension.value).sequence;
  const isCa = ca !== undefined && ca.as(TAGS.BOOLEAN).content[0] === 0xff;
  return { ca: isCa, most: most ? Number(most.integer) : null };
}

/**
 * A revocation list: serials (decimal) with the time of their revocation; `usable` is false for divided and delta lists
 * and for whatever is critical and not known here.
 * @typedef {Signed & {issuer: Uint8Array, since: string, until: string | null, revoked: Map<string, string>,
 *   usable: boolean}} RevocationList
 */

/**
 * @param {Uint8Array} der
 * @returns {RevocationList}
 */
export function loadRevocationList(der) {
  const [tbs, , signature] = exactly(read(der).sequence, 3);
  const nodes = tbs.sequence;
  if (nodes[0]?.tag === TAGS.INTEGER) nodes.shift();
  const [inner, issuer, since, ...rest] = nodes;
  if (!since) throw new NotDer("members");
  const isTime = (node) => node?.tag === TAGS.UTC_TIME || node?.tag === TAGS.GENERALIZED_TIME;
  const until = isTime(rest[0]) ? rest.shift().time : null;
  const entries = rest[0]?.tag === TAGS.SEQUENCE ? rest.shift().children.map((entry) => entry.sequence) : [];
  const extensions = [...extensionsOf(rest.find((node) => node.tag === 0xa0)).values()];
  const ofEntries = entries.flatMap(([, , more]) => more?.sequence.map((one) => extensionOf(one.sequence)) ?? []);
  const isCritical = (one) => one.critical;
  const isDivided = extensions.some((one) => one.oid === OIDS.crlPart);
  return {
    tbs: tbs.raw, algorithm: algorithmOf(inner), signature: signature.bits,
    issuer: issuer.raw, since: since.time, until,
    revoked: new Map(entries.map(([serial, time]) => [String(serial.integer), time.time])),
    usable: !isDivided && ![...extensions, ...ofEntries].some(isCritical),
  };
}
