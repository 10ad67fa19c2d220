/** The tenderee reads and signs the exact bytes that were laid before it; the drafter hands them in. */

import { unbase64 } from "../bytes.mjs";
import { parseTerms } from "../policy.mjs";
import { Refused } from "../refused.mjs";
import { parseTimeline } from "../timeline.mjs";
import { give } from "./acting.mjs";
import { caller, openKey } from "./keyring.mjs";
import { facts } from "./marks.mjs";
import { serverNow } from "./notices.mjs";
import { get, post } from "./server.mjs";
import { say } from "./words.mjs";
import { onSubmit } from "./working.mjs";

const BEIJING = 8 * 3600 * 1000;

/**
 * What is prepared for a tender, read by this browser out of its bytes.
 * @param {string} tender
 * @param {string} digest the timeline's, as the page shows it; other bytes are not signed
 */
async function prepared(tender, digest) {
  const ready = await get(`/tenders/${tender}/prepared`);
  const timeline = await parseTimeline(unbase64(ready.timeline));
  const terms = ready.terms === null ? null : await parseTerms(unbase64(ready.terms));
  const isOne = timeline.digest === digest && timeline.tender === tender;
  if (!isOne || (terms && (terms.tender !== tender || timeline.terms !== terms.digest))) {
    throw new Refused("prepared_changed");
  }
  return { ready, terms, timeline };
}

/** The card in which a tenderee signs. */
export class Papers {
  #card;
  #read = null;

  /** @param {HTMLElement} card */
  constructor(card) {
    this.#card = card;
  }

  /** Read the bytes, and show what they say. */
  async begin() {
    const { signPapers, digest } = this.#card.dataset;
    onSubmit(this.#card.querySelector("[data-sign]"), () => this.#sign());
    this.#read = await prepared(signPapers, digest);
    this.#card.querySelector("[data-read]").replaceChildren(...facts(saidBy(this.#read)));
  }

  async #sign() {
    if (!this.#read) throw new Refused("prepared_changed");
    await signed(this.#card.dataset.signPapers, this.#read);
    location.assign(location.pathname);
  }
}

/** What the bytes say, in the few lines that matter most. */
function saidBy({ terms, timeline }) {
  const lots = (terms?.lots ?? []).map((lot) => [say('第 {no} 标段 {name} 控制价', lot), priceOf(lot)]);
  const about = terms ? [[say('项目编号'), terms.number], [say('项目名称'), terms.title], ...lots,
    [say('条款摘要'), terms.digest]] : [];
  const hosts = timeline.hosts.map((host) => host.name).join("、");
  return [...about, [say('投标截止 · 开标'), local(timeline.deadline)], [say('开放签到'), local(timeline.signIn)],
    [say('主持人'), hosts], [say('时间安排摘要'), timeline.digest]];
}

function priceOf({ controlPrice, currency }) {
  if (controlPrice === null) return say('不设控制价');
  const [whole, ...part] = controlPrice.split(".");
  return `${[whole.replace(/\B(?=(\d{3})+$)/g, ","), ...part].join(".")} ${currency}`;
}

const local = (time) => new Date(Date.parse(time) + BEIJING).toISOString().slice(0, 19).replace("T", " ");

/** Sign both papers with the certificate that the terms name, and leave the signatures with the server. */
async function signed(tender, { ready, terms, timeline }) {
  const key = await openKey({ need: [ready.certificate], why: say('签署招标公告') });
  checkOwn(terms, key, ready.certificate);
  const at = (await serverNow()).toISOString();
  const cms = async (kind, bytes) => (await caller().call("signBytes", { handle: key.handle, kind, bytes, at })).cms;
  const papers = { digest: timeline.digest, timeline_cms: await cms("timeline", ready.timeline) };
  if (terms) papers.terms_cms = await cms("terms", ready.terms);
  await post(`/tenders/${tender}/prepared/signatures`, papers);
}

/** The certificate is the named one, and the first key of the tenderee's slot is really its own. */
function checkOwn(terms, key, certificate) {
  if (key.digest !== certificate) throw new Refused("certificate_not_the_bound_one", "certificate");
  const held = terms?.slots.flatMap((slot) => slot.holders).find((holder) => holder.certificate === certificate);
  if (terms && (!held || hexOf(held.key) !== key.spki)) throw new Refused("holder_key_is_not_the_certificates", "slots");
}

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * Hand in what is signed; where the drafter is the tenderee itself it signs first.
 * @param {HTMLFormElement} form
 */
export async function handIn(form) {
  const { tender, digest } = form.dataset;
  let read = await prepared(tender, digest);
  if ("both" in form.dataset && !read.ready.signed) {
    await signed(tender, read);
    read = await prepared(tender, digest);
  }
  const isNotice = read.ready.kind === "notice";
  const key = await openKey({ need: "both" in form.dataset ? [read.ready.certificate] : [], why: say('提交招标公告') });
  const { terms, terms_cms: termsCms, timeline, timeline_cms: timelineCms, reason } = read.ready;
  const signatures = { timeline, timeline_cms: timelineCms };
  const body = isNotice ? { terms, terms_cms: termsCms, ...signatures } : { ...signatures, reason };
  await give({ type: isNotice ? "SubmitNotice" : "AmendTimeline", stream: tender, lot: null, body }, key);
  location.assign(location.pathname);
}
