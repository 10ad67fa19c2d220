/** Whether a certificate held at a given time, from given roots and revocation lists alone: no clock, no network. */

import { hex, sha256 } from "./bytes.mjs";
import { NotDer } from "./der.mjs";
import { Refused } from "./refused.mjs";
import { checkKey, checkSignature } from "./signed.mjs";
import { loadCertificate, loadRevocationList, OIDS } from "./x509.mjs";

const USCC = /^[0-9A-HJ-NPQRTUWXY]{18}$/;
const LEAST_RSA_BITS = 2048;
const LONGEST_PATH = 6;
/** Extensions that may be critical: key usage, constraints of authorities, policies, extended usage. */
const KNOWN = new Set([OIDS.keyUsage, OIDS.basicConstraints, "2.5.29.32", "2.5.29.37"]);

/**
 * Pinned roots, further authorities to build chains from, and revocation lists; all DER.
 * @typedef {{roots: Uint8Array[], intermediates: Uint8Array[], crls: Uint8Array[]}} Trust
 * What a checked certificate says; a person's has no `uscc`.
 * @typedef {{name: string, organization: string | null, uscc: string | null, serial: string, spki: Uint8Array,
 *   notAfter: string, digest: string, organizationCertificate: boolean, canAgree: boolean}} Holding
 */

/**
 * What the certificate says, if its chain, time, usage and revocation are in order at `at` (as `instant` writes it).
 * Refused: certificate_malformed, certificate_sm2_not_supported, certificate_key_not_supported,
 * certificate_not_yet_valid, certificate_expired, certificate_key_usage_wrong, certificate_of_unknown_issuer,
 * revocation_list_stale (none that is valid at `at`), certificate_revoked.
 * @param {Uint8Array} der
 * @param {Trust} trust
 * @param {string} at
 * @returns {Promise<Holding>}
 */
export async function checkCertificate(der, trust, at) {
  const certificate = loadCertificate(der);
  await checkKey(certificate);
  if (certificate.curve !== "P-256" && certificate.bits < LEAST_RSA_BITS) {
    throw new Refused("certificate_key_not_supported");
  }
  checkTime(certificate, at, null);
  const { usage, authority } = certificate;
  if (!usage || !(usage.has("digitalSignature") || usage.has("contentCommitment")) || authority?.ca) {
    throw new Refused("certificate_key_usage_wrong");
  }
  await checkPaths(certificate, trust, at);
  return holdingOf(certificate);
}

function checkTime(certificate, at, field) {
  const { notBefore, notAfter } = certificate;
  if (at < notBefore) throw new Refused("certificate_not_yet_valid", field, { since: notBefore });
  if (at > notAfter) throw new Refused("certificate_expired", field, { until: notAfter });
}

async function checkPaths(certificate, trust, at) {
  try {
    const [roots, others] = [trust.roots, trust.intermediates].map((ders) => ders.map(loadCertificate));
    const paths = await pathsOf([certificate], roots, others);
    const lists = latest(trust.crls.map(loadRevocationList), at);
    await firstThatHolds(paths, lists, at);
  } catch (fault) {
    if (!(fault instanceof NotDer)) throw fault;
    throw new Refused("certificate_malformed", "chain");
  }
}

async function firstThatHolds(paths, lists, at) {
  let refused = new Refused("certificate_of_unknown_issuer");
  for (const path of paths.reverse()) {
    try {
      await checkPath(path, lists, at);
      return;
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      refused = fault;
    }
  }
  throw refused;
}

/** Every chain of verified signatures from the certificate (first) up to a root (last). */
async function pathsOf(path, roots, others) {
  if (path.length > LONGEST_PATH) return [];
  const found = [];
  for (const issuer of await issuersOf(path.at(-1), roots)) found.push([...path, issuer]);
  for (const issuer of await issuersOf(path.at(-1), others)) {
    if (!path.includes(issuer)) found.push(...(await pathsOf([...path, issuer], roots, others)));
  }
  return found;
}

async function issuersOf(certificate, candidates) {
  const named = candidates.filter((candidate) => same(candidate.subject, certificate.issuer));
  const verified = await Promise.all(named.map((candidate) => checkSignature(certificate, candidate)));
  return named.filter((_, n) => verified[n]);
}

const same = (a, b) => hex(a) === hex(b);

/** From below the root down to the certificate itself, as RFC 5280, section 6, has it. */
async function checkPath(path, lists, at) {
  const unknown = () => new Refused("certificate_of_unknown_issuer");
  for (let n = path.length - 1; n > 0; n -= 1) {
    const authority = path[n];
    const isAuthority = authority.authority?.ca && (!authority.usage || authority.usage.has("keyCertSign"));
    const { most } = authority.authority ?? { most: null };
    if (!isAuthority || (most !== null && n - 1 > most)) throw unknown();
    const below = path[n - 1];
    if ([...below.extensions.values()].some((one) => one.critical && !KNOWN.has(one.oid))) throw unknown();
    checkTime(below, at, "chain");
    await checkRevocation(below, authority, lists, at);
  }
}

async function checkRevocation(certificate, issuer, lists, at) {
  const list = lists.get(hex(certificate.issuer));
  const maySign = !issuer.usage || issuer.usage.has("crlSign");
  const fresh = list?.usable && list.until !== null && at <= list.until && maySign;
  if (!fresh || !(await checkSignature(list, issuer))) throw new Refused("revocation_list_stale");
  const since = list.revoked.get(String(certificate.serial));
  if (since !== undefined && since <= at) throw new Refused("certificate_revoked", null, { since });
}

/** Of each issuer's lists the last that was out at `at`. */
function latest(lists, at) {
  const chosen = new Map();
  for (const list of lists) {
    const before = chosen.get(hex(list.issuer));
    if (list.usable && list.since <= at && (!before || before.since < list.since)) chosen.set(hex(list.issuer), list);
  }
  return chosen;
}

async function holdingOf(certificate) {
  const [name, organization, code] = [OIDS.commonName, OIDS.organization, OIDS.serialNumber].map((oid) =>
    subjectOf(certificate, oid),
  );
  const own = name !== null && name === organization && code !== null && USCC.test(code);
  return {
    name: name ?? organization ?? "",
    organization,
    uscc: own ? code : null,
    serial: serialOf(certificate),
    spki: certificate.spki,
    notAfter: certificate.notAfter,
    digest: hex(await sha256(certificate.der)),
    organizationCertificate: own,
    canAgree: canAgree(certificate),
  };
}

/** The one value of this attribute in the subject; null where there is none, or more than one. */
export function subjectOf(certificate, oid) {
  const values = certificate.attributes.filter((attribute) => attribute.oid === oid);
  return values.length === 1 ? values[0].value : null;
}

/** The serial number in lowercase hex, whole bytes, as every page and refusal shows it. */
export function serialOf(certificate) {
  const text = certificate.serial.toString(16);
  return text.length % 2 ? `0${text}` : text;
}

/** Whether the certificate's own key may hold pieces: P-256, and its usage allows key agreement. */
export const canAgree = ({ curve, usage }) => curve === "P-256" && Boolean(usage?.has("keyAgreement"));
