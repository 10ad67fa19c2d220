/** A tender's notice as a client reads it: both documents verified against the roots that the client pins. */

import { hex, sha256, unbase64 } from "./bytes.mjs";
import { verify } from "./cades.mjs";
import { checkCertificate } from "./chain.mjs";
import { parseTerms } from "./policy.mjs";
import { Refused } from "./refused.mjs";
import { parseTimeline } from "./timeline.mjs";

const MALFORMED = "notice_malformed";

/**
 * Terms and timeline in what `GET /tenders/<id>` answers, both signed by the tenderee, whose chain was verified.
 * Refused: notice_malformed, what certificate and signature refuse, tenderee_is_not_the_certificates,
 * timeline_of_other_terms.
 * @param {any} document
 * @param {import("./chain.mjs").Trust} trust
 * @param {string} at
 */
export async function readNotice(document, trust, at) {
  const told = document?.notice;
  const terms = await parseTerms(bytesOf(told, "terms"));
  const timeline = await parseTimeline(bytesOf(told, "timeline"));
  const certificate = await certificateOf(document?.certificates, terms.tenderee.certificate);
  const holding = await checkCertificate(certificate, trust, at);
  if (holding.name !== terms.tenderee.name || holding.uscc !== terms.tenderee.uscc) {
    throw new Refused("tenderee_is_not_the_certificates", "tenderee");
  }
  await verify("terms", terms.data, bytesOf(told, "terms_cms"), certificate);
  await verify("timeline", timeline.data, bytesOf(told, "timeline_cms"), certificate);
  if (timeline.tender !== terms.tender || timeline.terms !== terms.digest) {
    throw new Refused("timeline_of_other_terms", "timeline.terms");
  }
  return { terms, timeline };
}

function bytesOf(told, name) {
  const value = told?.[name];
  if (value === undefined || value === null) return new Uint8Array(0);
  const data = unbase64(value);
  if (!data) throw new Refused(MALFORMED, `notice.${name}`, { cause: "not_base64" });
  return data;
}

async function certificateOf(certificates, digest) {
  const data = bytesOf(certificates, digest);
  if (hex(await sha256(data)) !== digest) throw new Refused(MALFORMED, `certificates.${digest}`, { cause: "missing" });
  return data;
}
