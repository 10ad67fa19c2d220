/** The terms: all that a seal depends on, read strictly from the exact bytes that the tenderee signed. */

import { hex, sha256, unhex } from "./bytes.mjs";
import { parseCanonical } from "./canonical.mjs";
import { SUITE } from "./context.mjs";
import { parseItems } from "./forms.mjs";
import { Refused } from "./refused.mjs";
import { Place } from "./shape.mjs";
import { BIDDER, loadSpki, MOST_HOLDERS } from "./slots.mjs";

const TERMS_LIMIT = 1 << 20;
const MALFORMED = "terms_malformed";

/** The slots of each decryption method, in order. */
export const METHODS = {
  joint: [BIDDER, "tenderee"],
  "joint-gated": [BIDDER, "tenderee", "gate"],
  committee: [BIDDER, "committee"],
  central: ["tenderee", "gate"],
};

/**
 * @typedef {{organization: string, name: string, uscc: string, certificate: string | null}} Party
 * @typedef {{no: number, name: string, controlPrice: string | null, currency: string, deposit: string,
 *   form: import("./forms.mjs").Item[]}} Lot
 * The signed terms; `data` their exact bytes, `digest` H(terms) in hex.
 * @typedef {{data: Uint8Array, digest: string, v: number, suite: number, tender: string, number: string, title: string,
 *   rulePack: string, minimum: number, decryption: string, tenderee: Party, agent: Party | null,
 *   slots: import("./slots.mjs").Slot[], lots: Lot[], draws: {name: string, options: string[], lot: number}[]}} Terms
 */

/**
 * The terms in `data`; Refused("terms_malformed") names the field and the cause.
 * @param {Uint8Array} data
 * @returns {Promise<Terms>}
 */
export async function parseTerms(data) {
  const at = new Place(parseCanonical(data, TERMS_LIMIT, MALFORMED), MALFORMED).members([
    "v", "suite", "tender", "number", "title", "rule_pack", "minimum", "decryption",
    "tenderee", "agent", "slots", "lots", "draws",
  ]);
  const decryption = at.decryption.oneOf(...Object.keys(METHODS));
  const lots = at.lots.items(1, 100).map((place, n) => lotOf(place, n + 1));
  return {
    data,
    digest: hex(await sha256(data)),
    v: at.v.oneOf(1),
    suite: at.suite.oneOf(SUITE),
    tender: at.tender.hexed(16),
    number: at.number.text(100),
    title: at.title.text(),
    rulePack: at.rule_pack.matching("[a-z][a-z0-9-]{0,39}"),
    minimum: at.minimum.integer(1, 100),
    decryption,
    tenderee: partyOf(at.tenderee, ["certificate"]),
    agent: at.agent.value === null ? null : partyOf(at.agent, []),
    slots: await slotsOf(at.slots, METHODS[decryption]),
    lots,
    draws: at.draws.items(0, decryption === "central" ? 0 : 100).map((place) => drawOf(place, lots)),
  };
}

/**
 * The lot of this number; Refused("lot_unknown").
 * @param {Terms} terms
 * @param {number} no
 */
export function lotOfTerms(terms, no) {
  const found = terms.lots.find((lot) => lot.no === no);
  if (!found) throw new Refused("lot_unknown", null, { lot: no });
  return found;
}

function partyOf(at, more) {
  const has = at.members(["organization", "name", "uscc", ...more]);
  return {
    organization: has.organization.hexed(16),
    name: has.name.text(200),
    uscc: has.uscc.matching("[0-9A-Z]{18}"),
    certificate: has.certificate ? has.certificate.hexed(32) : null,
  };
}

async function slotsOf(at, names) {
  const slots = [];
  for (const [n, place] of at.items(names.length, names.length).entries()) slots.push(await slotOf(place, names[n]));
  const keys = slots.flatMap((slot) => slot.holders.map((holder) => holder.keyDigest));
  if (new Set(keys).size !== keys.length) throw at.refused("key_held_twice");
  return slots;
}

async function slotOf(at, name) {
  const has = at.members(["name", "needed", "holders"]);
  has.name.oneOf(name);
  if (name === BIDDER) {
    has.holders.items(0, 0);
    return { name, needed: has.needed.integer(1, 1), holders: [] };
  }
  const isTenderee = name === "tenderee";
  const holders = [];
  for (const place of has.holders.items(1, isTenderee ? 2 : MOST_HOLDERS)) holders.push(await holderOf(place));
  return { name, needed: has.needed.integer(1, isTenderee ? 1 : holders.length), holders };
}

async function holderOf(at) {
  const has = at.members(["organization", "certificate", "key"]);
  const key = unhex(has.key.hexed());
  try {
    await loadSpki(key);
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    throw has.key.refused(fault.reason);
  }
  const keyDigest = hex(await sha256(key));
  return { organization: has.organization.hexed(16), certificate: has.certificate.hexed(32), key, keyDigest };
}

function lotOf(at, no) {
  const has = at.members(["no", "name", "control_price", "currency", "deposit", "form"]);
  return {
    no: has.no.oneOf(no),
    name: has.name.text(200),
    controlPrice: has.control_price.value === null ? null : has.control_price.money(),
    currency: has.currency.matching("[A-Z]{3}"),
    deposit: has.deposit.money(),
    form: parseItems(has.form),
  };
}

function drawOf(at, lots) {
  const has = at.members(["name", "options", "lot"]);
  const options = has.options.items(2, 1000).map((place) => place.text(100));
  return { name: has.name.text(100), options, lot: has.lot.oneOf(...lots.map((lot) => lot.no)) };
}
