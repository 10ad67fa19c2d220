/** What a page must know before it signs: the server's time, the notice, the authorities and keys that it pinned. */

import { base64, sha256, hex, unbase64 } from "../bytes.mjs";
import { Refused } from "../refused.mjs";
import { ask } from "./asking.mjs";
import { base, get } from "./server.mjs";
import { serverNow as estimated, sync } from "./time.mjs";
import { say, words } from "./words.mjs";

const STALE = 60_000;
const STALE_IN_DEMO = 1_000;
const WORTH_TELLING = 60_000;
const OWN_MACHINE = ["localhost", "127.0.0.1", "[::1]"];

let measured = -Infinity;
let offset = 0;

// --- time

const isDemo = () => document.documentElement.dataset.demo === "yes";

/** The server's time; measured anew every minute, in a demo (whose clock jumps) nearly every time. */
export async function serverNow() {
  if (performance.now() - measured > (isDemo() ? STALE_IN_DEMO : STALE)) await measure();
  return estimated();
}

async function measure() {
  const before = performance.now();
  const { now, speed } = await get("/time");
  const heard = (before + performance.now()) / 2;
  sync(now, speed, heard);
  measured = performance.now();
  offset = Date.now() - (measured - heard) - Date.parse(now);
}

/** How far this machine's clock is from the server's in milliseconds, where that is worth telling; else 0. */
export async function clockIsOff() {
  await serverNow();
  return !isDemo() && Math.abs(offset) > WORTH_TELLING ? offset : 0;
}

/**
 * The time by which a client judges a deadline: its own clock; a demo's only where it runs on this very machine, or a
 * server elsewhere that calls itself a demo would have a key before the deadline by a word.
 */
export const decidingTime = async () =>
  isDemo() && OWN_MACHINE.includes(location.hostname) ? serverNow() : new Date();

// --- notices

/** The tender as the desk's calls want it. @param {string} tender */
export const tenderOf = (tender) => get(`/tenders/${tender}`);

/** Lot and digest of every final bid, as the room tells. @param {{lots?: any[]}} view */
export const finalsOf = (view) => (view.lots ?? []).flatMap((lot) => lot.bids.map((bid) => [lot.no, bid.digest]));

/** The room as this session may see it. @param {string} tender */
export const roomOf = async (tender) => (await get(`/tenders/${tender}/room`)).view;

/** The exact bytes of a sealed bid's header. @param {string} tender @param {string} digest */
export const headerOf = async (tender, digest) =>
  unbase64((await get(`/tenders/${tender}/bids/${digest}/header`)).header);

// --- what was pinned

/** {roots, intermediates, crls} in base64; roots are the ones that were seen first, until a person accepts others. */
export async function trust() {
  const told = await get("/trust");
  await pinned("roots", await named(told.roots));
  return told;
}

/** The verifier key of receipts, pinned in the same way. */
export async function receiptKey() {
  const { receipt } = await get("/keys");
  await pinned("receipt", { [receipt]: receipt });
  return receipt;
}

async function named(roots) {
  const pairs = await Promise.all(roots.map(async (root) => [hex(await sha256(unbase64(root))), root]));
  return Object.fromEntries(pairs);
}

/** What is new is shown, and refused until a person accepts it; what is no longer there is no danger. */
async function pinned(what, now) {
  const place = `bidroom:pin:${base}:${what}`;
  const before = JSON.parse(localStorage.getItem(place) ?? "null");
  const fresh = Object.keys(now).filter((name) => before && !before.includes(name));
  if (fresh.length && !(await isAccepted(what, fresh))) throw new Refused("trust_changed", what);
  if (Object.keys(now).length) localStorage.setItem(place, JSON.stringify(Object.keys(now).sort()));
}

/** A demo on this machine makes its authorities anew each time. */
async function isAccepted(what, fresh) {
  if (isDemo() && OWN_MACHINE.includes(location.hostname)) return true;
  await words();
  return ask({
    title: what === "roots" ? say('服务器的信任根证书已变更') : say('服务器的回执验证公钥已变更'),
    text: say('与本浏览器此前记录的不同。请通过其他渠道向交易中心核对以下指纹，一致后再接受。'),
    lines: fresh,
    yes: say('已核对，接受'),
  });
}

/** Base64 of bytes, for calls that carry them so. */
export const inBase64 = base64;
