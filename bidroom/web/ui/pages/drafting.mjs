/** From what somebody filled in to the exact bytes of a notice: terms and timeline as docs/seal.md has them. */

import { hex, sha256 } from "../bytes.mjs";
import { canonical } from "../canonical.mjs";
import { SUITE } from "../context.mjs";
import { instant } from "../instant.mjs";
import { parseTerms } from "../policy.mjs";
import { parseTimeline } from "../timeline.mjs";

/**
 * A party as terms name it; the tenderee with the certificates that may hold its key, the signing one first.
 * @typedef {{organization: string, name: string, uscc: string}} Party
 * @typedef {Party & {holders: {certificate: string, key: string}[]}} Tenderee
 * @typedef {{key: string, zh: string, en: string, type: string, unit: string}} Item
 * @typedef {{name: string, controlPrice: string, currency: string, deposit: string, form: Item[]}} Lot
 * Dates are RFC 3339, windows seconds; `before` is the timeline that an amendment follows.
 * @typedef {{tender: string, number: string, title: string, pack: string, minimum: number, tenderee: Tenderee,
 *   agent: Party | null, lots: Lot[]}} TermsDraft
 * @typedef {{tender: string, terms: string, before: {version: number, digest: string} | null,
 *   hosts: {organization: string, name: string}[], dates: Record<string, string>,
 *   windows: Record<string, number>, witnesses: string[], quorum: number}} TimelineDraft
 */

/**
 * The terms' bytes, read again as strictly as everybody will; Refused("terms_malformed") names the field.
 * @param {TermsDraft} draft
 */
export async function termsBytes(draft) {
  const data = canonical(termsOf(draft));
  await parseTerms(data);
  return data;
}

/**
 * The timeline's bytes, read again; Refused("timeline_malformed") names the field.
 * @param {TimelineDraft} draft
 */
export async function timelineBytes(draft) {
  const data = canonical(timelineOf(draft));
  await parseTimeline(data);
  return data;
}

/** H(terms), as a timeline names it. */
export const digestOfBytes = async (data) => hex(await sha256(data));

/** @param {TermsDraft} draft */
export function termsOf({ tender, number, title, pack, minimum, tenderee, agent, lots }) {
  const { holders, ...named } = tenderee;
  const slot = holders.map((holder) => ({ organization: tenderee.organization, ...holder }));
  return {
    v: 1, suite: SUITE, tender, number, title, rule_pack: pack, minimum, decryption: "joint",
    tenderee: { ...named, certificate: holders[0]?.certificate ?? "" }, agent, draws: [],
    slots: [{ name: "bidder", needed: 1, holders: [] }, { name: "tenderee", needed: 1, holders: slot }],
    lots: lots.map((lot, n) => lotOf(lot, n + 1)),
  };
}

/** @param {TimelineDraft} draft */
export function timelineOf({ tender, terms, before, hosts, dates, windows, witnesses, quorum }) {
  return {
    v: 1, tender, terms, version: before ? before.version + 1 : 1, previous: before?.digest ?? null, hosts,
    documents: { from: dates.documents_from, to: dates.documents_to }, clarifications: dates.clarifications,
    sign_in: dates.sign_in, deadline: dates.deadline, windows, witnesses, quorum,
  };
}

function lotOf({ name, controlPrice, currency, deposit, form }, no) {
  const price = amount(controlPrice);
  const amounts = { control_price: price || null, currency, deposit: amount(deposit) || "0" };
  return { no, name: name.trim(), ...amounts, form: items(form) };
}

/** 128,600,000 as people write amounts: blanks and separators go, two decimals come; what is none stays as it is. */
export function amount(text) {
  const plain = text.replace(/[\s,，]/g, "");
  const [, whole, part = ""] = /^(\d+)(?:\.(\d{0,2}))?$/.exec(plain) ?? [];
  return whole === undefined ? plain : `${whole.replace(/^0+(?=\d)/, "")}.${part.padEnd(2, "0")}`;
}

/** @param {Item[]} form */
function items(form) {
  const taken = new Set(["price"]);
  return form.map(({ key, zh, en, type, unit }) => {
    const own = { key: keyOf(key || en, taken), label: { zh: zh.trim(), en: en.trim() || zh.trim() }, type };
    return unit.trim() ? { ...own, unit: unit.trim() } : own;
  });
}

/** A key that no other item has, out of the English words or, where there are none, by number. */
function keyOf(words, taken) {
  const slug = words.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, 36) || "item";
  let key = slug;
  for (let n = 2; taken.has(key); n += 1) key = `${slug}_${n}`;
  taken.add(key);
  return key;
}

/** What a field for date and time holds, which is Beijing's time, as RFC 3339 in UTC; "" where it holds nothing. */
export function fromWall(value) {
  if (!value) return "";
  return instant(`${value.length === 16 ? `${value}:00` : value}+08:00`);
}
