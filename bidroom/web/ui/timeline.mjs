/** The timeline: what may be amended without breaking a sealed bid, read strictly from its exact signed bytes. */

import { hex, sha256 } from "./bytes.mjs";
import { parseCanonical } from "./canonical.mjs";
import { Place } from "./shape.mjs";

const TIMELINE_LIMIT = 1 << 20;
const MALFORMED = "timeline_malformed";
const WINDOWS = ["release", "closing", "last_call", "confirming"];
const LONGEST_WINDOW = 30 * 86_400;

/**
 * One version of a tender's timeline; `digest` SHA-256 of `data`, windows in seconds, times as `instant` writes them.
 * @typedef {{data: Uint8Array, digest: string, v: number, tender: string, terms: string, version: number,
 *   previous: string | null, hosts: {organization: string, name: string}[], documentsFrom: string, documentsTo: string,
 *   clarifications: string, signIn: string, deadline: string, windows: Record<string, number>, witnesses: string[],
 *   quorum: number}} Timeline
 */

/**
 * The timeline in `data`; Refused("timeline_malformed") names the field and the cause.
 * @param {Uint8Array} data
 * @returns {Promise<Timeline>}
 */
export async function parseTimeline(data) {
  const at = new Place(parseCanonical(data, TIMELINE_LIMIT, MALFORMED), MALFORMED).members([
    "v", "tender", "terms", "version", "previous", "hosts", "documents", "clarifications",
    "sign_in", "deadline", "windows", "witnesses", "quorum",
  ]);
  const documents = at.documents.members(["from", "to"]);
  const timeline = {
    data,
    digest: hex(await sha256(data)),
    v: at.v.oneOf(1),
    tender: at.tender.hexed(16),
    terms: at.terms.hexed(32),
    version: at.version.integer(1, 10_000),
    previous: at.previous.value === null ? null : at.previous.hexed(32),
    hosts: hostsOf(at.hosts),
    documentsFrom: documents.from.instant(),
    documentsTo: documents.to.instant(),
    clarifications: at.clarifications.instant(),
    signIn: at.sign_in.instant(),
    deadline: at.deadline.instant(),
    windows: windowsOf(at.windows),
    witnesses: at.witnesses.items(0, 100).map((place) => place.text(500)),
    quorum: at.quorum.integer(0, at.witnesses.items(0, 100).length),
  };
  checkOrder(timeline, at, documents.to);
  return timeline;
}

function checkOrder(timeline, at, documentsTo) {
  if ((timeline.version === 1) !== (timeline.previous === null)) throw at.previous.refused("not_of_this_version");
  if (timeline.documentsTo < timeline.documentsFrom) throw documentsTo.refused("before_its_start");
  if (timeline.clarifications > timeline.deadline) throw at.clarifications.refused("after_the_deadline");
  if (timeline.signIn > timeline.deadline) throw at.sign_in.refused("after_the_deadline");
}

function windowsOf(at) {
  const has = at.members(WINDOWS);
  return Object.fromEntries(WINDOWS.map((name) => [name, has[name].integer(1, LONGEST_WINDOW)]));
}

function hostsOf(at) {
  const hosts = at.items(1, 20).map((place) => {
    const has = place.members(["organization", "name"]);
    return { organization: has.organization.hexed(16), name: has.name.text(200) };
  });
  if (new Set(hosts.map((host) => host.organization)).size !== hosts.length) throw at.refused("host_named_twice");
  return hosts;
}
