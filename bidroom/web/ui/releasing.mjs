/** What a bidder's client checks before it lets a key go (docs/seal.md, Release, step 4). */

import { hex, unbase64 } from "./bytes.mjs";
import { digestOf, parseCanonical } from "./canonical.mjs";
import { verify } from "./cades.mjs";
import { checkCertificate } from "./chain.mjs";
import { checkHeader } from "./header.mjs";
import { instant } from "./instant.mjs";
import { Refused } from "./refused.mjs";
import { parseTimeline } from "./timeline.mjs";
import { finalRoot } from "./tree.mjs";

const COMMAND_LIMIT = 1 << 20;

/**
 * @typedef {{terms: import("./policy.mjs").Terms, timeline: import("./timeline.mjs").Timeline}} Notice
 * @typedef {[number, string][]} Finals lot and digest of every final bid, as the room was told
 */

/**
 * H(command), where a host whom the timeline lists gave it, for this tender and exactly these final bids, after the
 * deadline. Refused: deadline_is_not_past, command_malformed, command_of_another_tender, final_root_is_another,
 * host_is_not_listed, and what certificate and signature refuse.
 * @param {{bytes: string, cms: string, certificate: string}} command as `GET /tenders/<id>/command` answers
 * @param {Notice} notice
 * @param {Finals} finals
 * @param {import("./chain.mjs").Trust} trust
 * @param {string} now
 */
export async function checkCommand(command, notice, finals, trust, now) {
  const { deadline } = notice.timeline;
  if (now <= deadline) throw new Refused("deadline_is_not_past", null, { deadline });
  const [data, cms, certificate] = [command.bytes, command.cms, command.certificate].map(bytesOf);
  await verify("command", data, cms, certificate);
  const said = parseCanonical(data, COMMAND_LIMIT, "command_malformed");
  if (typeof said?.body !== "object" || said.body === null) throw new Refused("command_malformed");
  if (said.stream !== notice.terms.tender || said.type !== "CommandDecryption") {
    throw new Refused("command_of_another_tender", "stream");
  }
  if (said.body.root !== hex(await finalRoot(finals))) throw new Refused("final_root_is_another", "root");
  await checkHost(certificate, notice, trust, now);
  return digestOf("command", data);
}

function bytesOf(text) {
  const data = unbase64(text);
  if (!data) throw new Refused("command_malformed");
  return data;
}

/** A certificate of an organization names it; the tenderee's and the agent's codes are in the terms as well. */
async function checkHost(certificate, { terms, timeline }, trust, now) {
  const { name, uscc, organizationCertificate } = await checkCertificate(certificate, trust, now);
  const listed = (organization) => timeline.hosts.find((host) => host.organization === organization)?.name;
  const parties = [terms.tenderee, terms.agent].filter((party) => party !== null);
  const known = parties.some((one) => listed(one.organization) === one.name && one.name === name && one.uscc === uscc);
  const isOther = timeline.hosts.some((host) => host.name === name) && !parties.some((party) => party.name === name);
  if (!known && !(organizationCertificate && isOther)) throw new Refused("host_is_not_listed", "host", { name });
}

/**
 * That one's own bid is among the final ones, sealed to these terms, and the deadline no earlier than receipted.
 * B is recomputed from the terms, the tender, the lot, the certificate and the bid's id that the client shows.
 * Refused: bid_is_not_final, deadline_is_earlier_than_receipted, receipt_of_another_timeline, and what `checkHeader`
 * refuses.
 * @param {import("./header.mjs").Header} header
 * @param {Uint8Array} certificate the one that signed the bid
 * @param {{timeline: Uint8Array, receipt: any | null}} kept the timeline sealed to, and the receipt's signed body
 * @param {Notice} notice
 * @param {Finals} finals
 */
export async function checkOwn(header, certificate, kept, notice, finals) {
  if (!finals.some(([lot, digest]) => lot === header.lot && digest === header.digest)) {
    throw new Refused("bid_is_not_final", "digest", { digest: header.digest });
  }
  await checkHeader(header, notice.terms, certificate);
  const then = await parseTimeline(kept.timeline);
  if (kept.receipt && kept.receipt.timeline !== then.digest) {
    throw new Refused("receipt_of_another_timeline", "receipt.timeline");
  }
  if (notice.timeline.deadline < then.deadline) throw new Refused("deadline_is_earlier_than_receipted", "deadline");
  if (kept.receipt && instant(kept.receipt.time) > notice.timeline.deadline) {
    throw new Refused("deadline_is_earlier_than_receipted", "receipt.time");
  }
}

const LAYERS = { share_damaged: "share", piece_does_not_match: "commitment", key_opens_no_stanza: "key" };

/** Where an unwrapping failed, as ReportReleaseFailure names it: share, commitment or key; null for another refusal. */
export const layerOf = (refused) => LAYERS[refused.reason] ?? null;
