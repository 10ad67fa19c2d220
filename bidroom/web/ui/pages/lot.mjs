/** One lot of the desk: the form, the sealing, and the sealed bid on its way to its receipt. */

import { Refused } from "../refused.mjs";
import { saidOf } from "./advice.mjs";
import { Documents, roomFor } from "./choosing.mjs";
import { RecoveryCode } from "./coding.mjs";
import { Filling } from "./filling.mjs";
import { caller, openKey } from "./keyring.mjs";
import { serverNow, tenderOf, trust } from "./notices.mjs";
import { download, sizeOf } from "./saying.mjs";
import { Sealed } from "./sealed.mjs";
import { say } from "./words.mjs";

/**
 * @typedef {import("./bidding.mjs").Desk} Desk
 * @typedef {import("./bids.mjs").Bid} Bid
 */

export class Lot {
  #section;
  #desk;
  #filling = null;
  #documents = null;
  #code = null;
  #sealing = false;
  #replacing = false;
  /** @type {Sealed} */
  #sealed;

  /**
   * @param {HTMLElement} section
   * @param {Desk} desk
   */
  constructor(section, desk) {
    this.#section = section;
    this.#desk = desk;
    this.no = Number(section.dataset.lot);
    this.#sealed = new Sealed(section.querySelector("[data-sealed]"), this, desk);
    section.addEventListener("click", (event) => this.#clicked(event));
    if (this.#form) this.#prepare();
  }

  get #form() {
    return this.#section.querySelector("[data-bid]");
  }

  #prepare() {
    const part = (name) => this.#form.querySelector(`[data-part=${name}]`);
    const { control, currency } = this.#section.dataset;
    this.#filling = new Filling(part("form"), { control: control || null, currency });
    this.#documents = new Documents(part("documents"));
    this.#code = new RecoveryCode(part("keys"), this.title);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#seal();
    });
  }

  get title() {
    return this.#section.querySelector("h2").textContent;
  }

  /** What the server knows of this lot's bid: {state, live, last, known}. */
  get state() {
    const { state, live, last, known } = this.#section.querySelector("[data-state]").dataset;
    return { state, live, last, known: known.split(" ").filter(Boolean) };
  }

  /** Whether something would be lost if the page went now. */
  get isBusy() {
    return this.#sealing || this.#sealed.isBusy;
  }

  // --- what is shown

  /** Show what belongs together: the server's state, a sealed bid that waits, the form where there is none. */
  show() {
    const { live } = this.state;
    const hasSealed = this.#sealed.show();
    const replace = this.#section.querySelector("[data-replace]");
    if (this.#form) this.#form.hidden = hasSealed || !this.#desk.isOpen || (Boolean(replace) && !this.#replacing);
    const kit = this.#section.querySelector("[data-state] [data-kit]");
    if (kit) kit.hidden = !this.#desk.kitOf(live);
    if (replace) replace.hidden = this.#replacing || hasSealed;
  }

  /** A bid that was sealed earlier on this machine. @param {Bid} bid */
  resume(bid) {
    this.#sealed.take(bid, true);
  }

  /** Say something under the lot's state. @param {"ok" | "warn" | "bad"} kind @param {string} text */
  tell(kind, text, ...more) {
    const place = this.#section.querySelector("[data-notice]");
    const words = Object.assign(document.createElement("p"), { textContent: text });
    place.replaceChildren(...(text ? [words, ...more] : []));
    place.className = text ? `notice notice-${kind}` : "notice";
  }

  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button || button.closest("dialog")) return;
    if (button.matches("[data-replace]")) this.#replace(true);
    if (button.matches("[data-keep]")) this.#replace(false);
    if (button.matches("[data-prove]")) this.#desk.rehearse(button.dataset.prove);
    if (button.matches("[data-state] [data-kit]")) this.saveKit(this.#desk.kitOf(this.state.live));
  }

  #replace(is) {
    this.#replacing = is;
    this.show();
    if (is) this.#form.querySelector("[data-item]").focus();
  }

  /** Give the kit to the person. @param {Bid} bid */
  saveKit(bid) {
    download(bid.kit, `kit-${bid.lot}-${bid.digest.slice(0, 16)}.json`);
  }

  // --- sealing

  async #seal() {
    if (this.#sealing) return undefined;
    this.#fault("");
    this.tell("ok", "");
    const form = this.#filling.read();
    if (!form) return this.#fault(say('开标一览表还有未填好的项目'));
    this.#sealing = true;
    try {
      const bid = await this.#sealedBid(form);
      this.#code.spend();
      this.#sealed.take(bid, false, this.#form.elements.auto.checked);
      this.show();
      this.#sealed.focus();
      await this.#desk.dropOthers(bid);
      await this.#sealed.go();
    } catch (fault) {
      if (fault.reason !== "key_not_open") this.#fault(saidOf(fault));
    } finally {
      this.#sealing = false;
      this.#progress(null);
      this.#busy(false);
    }
    return undefined;
  }

  /** The bid, sealed in the worker and kept on this machine. */
  async #sealedBid(form) {
    const desk = this.#desk;
    const key = await openKey({ need: desk.certificates, serial: desk.serials, why: say('签名并加密投标文件') });
    if (!desk.certificates.includes(key.digest)) throw new Refused("certificate_not_the_bound_one");
    if (!key.spki && !this.#code.spki) throw new Refused("wrong_count_of_keys");
    this.#busy(true);
    this.#progress(0, 1);
    await checkRoom(this.#documents.size);
    const [tender, roots, now] = await Promise.all([tenderOf(desk.tender), trust(), serverNow()]);
    const { organization } = desk;
    const given = { handle: key.handle, tender, trust: roots, at: now.toISOString(), lot: this.no, form, organization };
    const moreKeys = this.#code.spki ? [this.#code.spki] : [];
    const more = { documents: this.#documents.files, moreKeys, supersedes: this.state.last || null };
    const told = await caller().call("seal", { ...given, ...more }, (done, total) => this.#progress(done, total));
    const place = { organization, tender: desk.tender, lot: this.no, sealedAt: now.toISOString(), key: key.digest };
    return { ...told, ...place, blobs: told.parts };
  }

  #fault(text) {
    this.#form.querySelector("[data-bid-fault]").textContent = text;
  }

  #busy(is) {
    this.#form.toggleAttribute("data-busy", is);
    for (const part of this.#form.querySelectorAll("fieldset")) part.disabled = is;
    const button = this.#form.querySelector("[type=submit]");
    if (is) button.setAttribute("aria-busy", "true");
    else button.removeAttribute("aria-busy");
  }

  #progress(done, total = 1) {
    const place = this.#form.querySelector("[data-sealing]");
    place.hidden = done === null;
    if (done === null) return;
    place.querySelector("[data-run-bar]").value = done / total;
    place.querySelector("[data-run-numbers]").textContent =
      total > 1 ? `${sizeOf(done)} / ${sizeOf(total)}` : say('正在读取文件…');
  }

  /** After a receipt, a withdrawal, a discarded bid: the form begins anew. */
  clear() {
    this.#replacing = false;
    this.#form?.reset();
    this.#documents?.clear();
    for (const place of this.#section.querySelectorAll("[data-figures], [data-capitals]")) place.textContent = "";
    for (const place of this.#section.querySelectorAll("[data-warning]")) place.hidden = true;
  }

  /** Where the person's eyes go after a receipt. */
  focus() {
    this.#section.querySelector(".lot-state").focus();
  }
}

/** Refused("local_storage_full") before anything is written, where the browser says that it will not be enough. */
async function checkRoom(size) {
  const { storage } = navigator;
  if (!storage?.estimate) return;
  await storage.persist?.();
  const { quota = Infinity, usage = 0 } = await storage.estimate();
  if (roomFor(size) > quota - usage) throw new Refused("local_storage_full");
}
