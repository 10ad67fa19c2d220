/** What a bidder's own machine keeps of a submitted bid, for the release to compare; nothing of it is secret. */

import { keptOf } from "./kept.mjs";

const placeOf = (tender, lot) => `bidroom:kept:${tender}:${lot}`;

/**
 * Keep digest, bid, certificate, the exact timeline (base64) that the receipt names, and the receipt. Of the form
 * nothing is kept, not even a hash: prices are guessable.
 * @param {string} tender
 * @param {number} lot
 * @param {{organization: string, digest: string, bid: string, certificate: string, timeline: string | null,
 *   receipt: any}} what
 */
export function keep(tender, lot, what) {
  localStorage.setItem(placeOf(tender, lot), JSON.stringify({ v: 1, ...what }));
}

/** After a withdrawal there is nothing to compare; another's, who shares this browser in a demo, stays. */
export function forgetKept(tender, lot, digest) {
  if (keptOf(tender, lot, digest)) localStorage.removeItem(placeOf(tender, lot));
}
