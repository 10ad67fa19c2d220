/** The form of a notice, or of an amendment: what it says becomes exact bytes, and the server's rules judge them. */

import { base64 } from "../bytes.mjs";
import { instant } from "../instant.mjs";
import { Refused } from "../refused.mjs";
import { digestOfBytes, fromWall, termsBytes, timelineBytes } from "./drafting.mjs";
import { LotSets } from "./lotsets.mjs";
import { Ruling } from "./ruling.mjs";
import { get, post } from "./server.mjs";
import { say, wordsOf } from "./words.mjs";
import { onSubmit } from "./working.mjs";

const PAUSE = 500;
const MINUTE = 60;

export class NoticeForm {
  #form;
  #lots;
  #tenderee = null;
  #timer = 0;
  #asked = 0;
  #deadline = "";
  #ruling;

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form;
    this.#lots = form.querySelector("[data-lots]") ? new LotSets(form, () => this.#soon()) : null;
    this.#ruling = new Ruling(form, this.#lots);
  }

  /** Take up what is known of the tenderee, then look at everything at once. */
  async begin() {
    const { tenderee } = this.#form.dataset;
    if (this.#isNotice) {
      const known = JSON.parse(tenderee);
      if (known) this.#found(known);
      else await this.#ownerChanged();
      this.#showOwner();
    }
    this.#deadline = this.#field("deadline").value;
    this.#listen();
    if (this.#isNotice) await this.#check(); // an amendment has nothing to say before somebody changes something
  }

  get #isNotice() {
    return this.#form.dataset.kind === "notice";
  }

  #field(name) {
    return this.#form.elements.namedItem(name);
  }

  #json(name) {
    return JSON.parse(this.#form.dataset[name]);
  }

  #listen() {
    this.#form.addEventListener("input", () => this.#soon());
    this.#field("owner")?.addEventListener("change", () => void this.#ownerChanged());
    this.#field("uscc")?.addEventListener("change", () => void this.#lookUp(this.#field("uscc").value));
    this.#field("deadline").addEventListener("change", () => this.#deadlineMoved());
    this.#field("pack")?.addEventListener("change", () => this.#packChanged());
    onSubmit(this.#form, () => this.#save());
  }

  // --- the tenderee

  async #ownerChanged() {
    this.#showOwner();
    if (this.#isOwn) await this.#lookUp(this.#json("own").uscc);
    else if (this.#field("uscc").value) await this.#lookUp(this.#field("uscc").value);
    else this.#found(null);
  }

  get #isOwn() {
    return this.#field("owner").value === "tenderee";
  }

  #showOwner() {
    this.#form.querySelector("[data-of-agent]").hidden = this.#isOwn;
    this.#field("uscc").disabled = this.#isOwn;
    for (const field of [this.#field("host"), this.#field("deputy")]) field.disabled = this.#isOwn;
    this.#form.querySelector("#hosts-edit").hidden = this.#isOwn;
  }

  async #lookUp(uscc) {
    this.#ruling.mark("uscc", "");
    const code = uscc.trim().toUpperCase();
    try {
      this.#found(code ? await get(`/tenderees/${encodeURIComponent(code)}`) : null);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      this.#found(null);
      this.#ruling.mark("uscc", wordsOf(fault));
    }
    this.#soon();
  }

  /** Show the organization, and let one of its certificates be chosen. */
  #found(tenderee) {
    this.#tenderee = tenderee;
    this.#form.querySelector("[data-found]").value = tenderee?.name ?? "—";
    const options = (tenderee?.certificates ?? []).map((each) => new Option(named(each), each.digest));
    const [first, second] = tenderee?.chosen ?? [];
    this.#offer("certificate", options, first);
    this.#offer("second", [new Option(say('无'), ""), ...options.map((option) => option.cloneNode(true))], second);
    const isNone = tenderee && !options.length;
    this.#ruling.mark("certificate", isNone ? say('该单位没有可用于解密的已绑定证书') : "");
  }

  #offer(name, options, chosen) {
    const field = this.#field(name);
    field.replaceChildren(...options);
    if (chosen) field.value = chosen;
  }

  #packChanged() {
    const { dates, minimum } = this.#json("presets")[this.#field("pack").value];
    for (const [name, value] of Object.entries(dates)) this.#field(name).value = value;
    this.#deadline = dates.deadline;
    this.#field("minimum").value = minimum;
  }

  /** Sign-in opens as long before the new deadline as before the old one. */
  #deadlineMoved() {
    const [deadline, signIn] = [this.#field("deadline"), this.#field("sign_in")];
    const [old, now, opens] = [this.#deadline, deadline.value, signIn.value].map((value) => Date.parse(`${value}Z`));
    this.#deadline = deadline.value;
    if (!(old >= opens && now)) return;
    signIn.value = new Date(now - (old - opens)).toISOString().slice(0, 16);
    this.#soon();
  }

  // --- the documents

  /** @returns {Promise<{timeline: string, terms?: string, reason?: string}>} in base64 */
  async #documents() {
    const terms = this.#isNotice ? await termsBytes(this.#terms()) : null;
    const digest = terms ? await digestOfBytes(terms) : this.#json("before").terms;
    const timeline = base64(await timelineBytes(this.#timeline(digest)));
    return terms ? { timeline, terms: base64(terms) } : { timeline, reason: this.#field("reason").value };
  }

  #terms() {
    const { tender, number, title } = this.#form.dataset;
    const { organization, name, uscc, certificates } = this.#tenderee;
    const chosen = [...new Set([this.#field("certificate").value, this.#field("second").value].filter(Boolean))];
    const keyOf = (digest) => certificates.find((each) => each.digest === digest).key;
    const holders = chosen.map((digest) => ({ certificate: digest, key: keyOf(digest) }));
    return {
      tender, number, title, pack: this.#field("pack").value, minimum: Number(this.#field("minimum").value),
      tenderee: { organization, name, uscc, holders }, agent: this.#isOwn ? null : this.#json("own"),
      lots: this.#lots.values(),
    };
  }

  #timeline(terms) {
    const before = this.#isNotice ? null : this.#json("before");
    return {
      tender: this.#form.dataset.tender, terms, before, hosts: this.#hosts(before), dates: this.#dates(),
      windows: this.#windows(), witnesses: before?.witnesses ?? [], quorum: before?.quorum ?? 0,
    };
  }

  #hosts(before) {
    const pick = (party) => party && { organization: party.organization, name: party.name };
    const parties = before ?? { tenderee: this.#tenderee, agent: this.#isOwn ? null : this.#json("own") };
    const [agent, tenderee] = [pick(parties.agent), pick(parties.tenderee)];
    if (!agent) return [tenderee];
    const ordered = this.#field("host").value === "tenderee" ? [tenderee, agent] : [agent, tenderee];
    return this.#field("deputy").checked ? ordered : ordered.slice(0, 1);
  }

  /** An untouched field stands for the exact time that it came from. */
  #dates() {
    const fields = [...this.#form.querySelectorAll("[data-date]")];
    return Object.fromEntries(fields.map((field) => {
      const isKept = field.dataset.exact && field.value === field.defaultValue;
      return [field.name, isKept ? instant(field.dataset.exact) : fromWall(field.value)];
    }));
  }

  #windows() {
    const fields = [...this.#form.querySelectorAll("[data-window]")];
    return Object.fromEntries(fields.map((field) => {
      const isKept = field.dataset.exact && field.value === field.defaultValue;
      return [field.name, isKept ? Number(field.dataset.exact) : Math.round(Number(field.value) * MINUTE)];
    }));
  }

  // --- what the rules say

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), PAUSE);
  }

  /** Ask the server what it would refuse; an answer that was overtaken is passed over. */
  async #check() {
    this.#asked += 1;
    const turn = this.#asked;
    const faults = await this.#faults((documents) => post(`${this.#path}/check`, documents));
    if (turn === this.#asked) this.#ruling.show(faults);
  }

  get #path() {
    return `/tenders/${this.#form.dataset.tender}/prepared`;
  }

  async #faults(ask) {
    if (this.#isNotice && !this.#tenderee) return [{ reason: "", field: "uscc", title: nobody() }];
    try {
      return (await ask(await this.#documents())).faults;
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      return [{ reason: fault.reason, field: fault.field, title: this.#ruling.worded(fault) }];
    }
  }

  // --- keeping it

  async #save() {
    if (this.#isNotice && !this.#tenderee) throw new Refused("organization_unknown", "uscc");
    await post(this.#path, await this.#documents());
    location.assign(location.pathname);
  }
}

const nobody = () => say('请先填写招标人的统一社会信用代码');

const named = ({ serial, not_after: until }) => say('序列号 {serial}，有效期至 {until}', { serial, until: until.slice(0, 10) });
