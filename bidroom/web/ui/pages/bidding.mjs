/** The bidder's desk: every lot's bid, from the form to the receipt. */

import "./base.mjs";
import { hex, sha256, unbase64 } from "../bytes.mjs";
import { forgetKept, keep } from "./keeping.mjs";
import { opened } from "./keyring.mjs";
import { Lot } from "./lot.mjs";
import { tenderOf } from "./notices.mjs";
import { Rehearsal } from "./proving.mjs";
import { Shelf } from "./sink.mjs";
import { serverNow } from "./time.mjs";
import { say, words } from "./words.mjs";

const SECOND = 1000;
/** What a refreshed page replaces: states by receipts, the overview, uploads without a lot. */
const FRESH = "[id^='state-'], #desk-lots, #strays";

/** @typedef {import("./bids.mjs").Bid} Bid */

/** What the lots share. */
export class Desk {
  #root;
  #shelf = null;
  /** @type {Lot[]} */
  #lots = [];
  /** @type {Bid[]} what lies on this machine, submitted or not */
  #kept = [];
  #rehearsal;

  /** @param {HTMLElement} root */
  constructor(root) {
    const { tender, organization, certificates, serials, open } = root.dataset;
    this.#root = root;
    this.tender = tender;
    this.organization = organization;
    this.certificates = certificates.split(" ").filter(Boolean);
    this.serials = serials.split(" ").filter(Boolean).join("、");
    this.isOpen = open === "yes";
    this.#rehearsal = new Rehearsal(tender);
  }

  async start() {
    this.#shelf = await Shelf.open();
    this.#lots = [...this.#root.querySelectorAll("[data-lot][id^='lot-']")].map((section) => new Lot(section, this));
    await this.#look();
    for (const lot of this.#lots) this.#resume(lot);
    this.#watch();
    this.#root.dataset.ready = "yes";
  }

  /** What lies here: submitted bids give up their large files, those that count no more go whole. */
  async #look() {
    const all = (await this.#shelf?.all(this.organization, this.tender)) ?? [];
    this.#kept = [];
    for (const bid of all) {
      const { live, known } = this.#lots.find((lot) => lot.no === bid.lot)?.state ?? { live: "", known: [] };
      if (bid.digest === live) await this.#shelf.strip(bid.name);
      if (known.includes(bid.digest) && bid.digest !== live) await this.#shelf.remove(bid.name);
      else this.#kept.push({ ...bid, blobs: bid.digest === live ? null : await this.#shelf.parts(bid) });
    }
  }

  #resume(lot) {
    const bid = this.#kept.find((each) => each.lot === lot.no && each.digest !== lot.state.live);
    if (bid) lot.resume(bid);
    lot.show();
  }

  #watch() {
    globalThis.addEventListener("beforeunload", (event) => {
      if (this.#lots.some((lot) => lot.isBusy)) event.preventDefault();
    });
    document.addEventListener("bidroom:done", () => void this.#withdrawn());
    document.getElementById("discard").addEventListener("click", ({ target }) => {
      if (target.closest("[data-discard-yes]")) document.getElementById("discard").close("yes");
    });
    if (this.isOpen && Date.parse(this.#root.dataset.deadline) > serverNow().getTime()) this.#awaitDeadline();
  }

  /** At the deadline the page shows what has become of it, once nothing is on its way any more. */
  #awaitDeadline() {
    const timer = setInterval(() => {
      if (serverNow().getTime() <= Date.parse(this.#root.dataset.deadline) + SECOND) return;
      if (this.#lots.some((lot) => lot.isBusy)) return;
      clearInterval(timer);
      location.reload();
    }, SECOND);
  }

  async #withdrawn() {
    const before = this.#lots.map((lot) => lot.state.live);
    await this.refresh();
    for (const [n, lot] of this.#lots.entries()) {
      if (!before[n] || lot.state.live) continue;
      forgetKept(this.tender, lot.no, before[n]);
      await this.drop(this.kitOf(before[n]));
      lot.tell("warn", say('已撤回，本标段目前没有已递交的投标文件。'));
      lot.show();
    }
  }

  // --- what a lot asks

  /** Fetch the page again, and take over what it says of the state. */
  async refresh() {
    const response = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(`the desk could not be fetched: ${response.status}`);
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    this.isOpen = fresh.getElementById("desk")?.dataset.open === "yes";
    for (const place of this.#root.querySelectorAll(FRESH)) {
      const now = fresh.getElementById(place.id);
      if (now) place.replaceChildren(...[...now.childNodes].map((node) => document.importNode(node, true)));
    }
    document.dispatchEvent(new CustomEvent("bidroom:patched"));
    for (const lot of this.#lots) lot.show();
  }

  /** The bid on this machine behind a digest, whose kit can be had again. @param {string} digest */
  kitOf(digest) {
    return (digest && this.#kept.find((bid) => bid.digest === digest)) || null;
  }

  /** The handle of a certificate's key, while it is open. @param {string} digest */
  handleOf(digest) {
    return opened().find((key) => key.digest === digest)?.handle ?? null;
  }

  rehearse(digest) {
    this.#rehearsal.open(digest);
  }

  /** A receipt has come: remember what the release compares, let the large files go. @param {Bid} bid */
  async submitted(bid, receipt) {
    const { organization, digest, certificate } = bid;
    keep(this.tender, bid.lot, { organization, digest, bid: bid.bid, certificate, ...(await this.#compared(receipt)) });
    if (bid.name) await this.#shelf.strip(bid.name);
    const others = this.#kept.filter((each) => each.lot === bid.lot && each.digest !== digest);
    for (const other of others) await this.drop(other);
    this.#kept = [...this.#kept.filter((each) => each.digest !== digest), { ...bid, blobs: null }];
  }

  /** The receipt with the timeline that it names; neither, where that was amended in this very moment. */
  async #compared(receipt) {
    const { notice } = await tenderOf(this.tender);
    const isNamed = hex(await sha256(unbase64(notice.timeline))) === receipt.receipt.timeline;
    return isNamed ? { timeline: notice.timeline, receipt } : { timeline: null, receipt: null };
  }

  /** Only the last sealed bid of a lot is to be submitted. @param {Bid} bid */
  async dropOthers(bid) {
    const { live } = this.#lots.find((lot) => lot.no === bid.lot).state;
    const others = this.#kept.filter((each) => each.lot === bid.lot && ![live, bid.digest].includes(each.digest));
    for (const other of others) await this.drop(other);
    this.#kept.push(bid);
  }

  /** @param {Bid | null} bid */
  async drop(bid) {
    if (bid?.name) await this.#shelf.remove(bid.name);
    this.#kept = this.#kept.filter((each) => each !== bid && each.digest !== bid?.digest);
  }

  /** Whether the person means it. @returns {Promise<boolean>} */
  isToBeDiscarded() {
    const dialog = document.getElementById("discard");
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }
}

const root = document.getElementById("desk");
if (root) {
  await words();
  await new Desk(root).start();
}
