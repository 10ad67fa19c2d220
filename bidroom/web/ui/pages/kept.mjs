/** What this browser kept of a submitted bid: {digest, timeline (base64), receipt, …}; nothing of it is secret. */

const placeOf = (tender, lot) => `bidroom:kept:${tender}:${lot}`;

/**
 * Of this very bid, null where it was submitted elsewhere.
 * @param {string} tender
 * @param {number} lot
 * @param {string} digest
 */
export function keptOf(tender, lot, digest) {
  const kept = JSON.parse(localStorage.getItem(placeOf(tender, lot)) ?? "null");
  return kept?.digest === digest ? kept : null;
}
