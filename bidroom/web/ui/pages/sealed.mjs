/** A bid that is sealed on this machine: its upload, its submission, and the receipt that alone makes it submitted. */

import { Refused } from "../refused.mjs";
import { saidOf } from "./advice.mjs";
import { asSubmitted, supersededBy } from "./bids.mjs";
import { caller } from "./keyring.mjs";
import { receiptKey } from "./notices.mjs";
import { prove } from "./proving.mjs";
import { inBeijing, short, sizeOf } from "./saying.mjs";
import { get, post, put } from "./server.mjs";
import { noteOf, savingOf, titleOf } from "./stages.mjs";
import { submitHeader, Upload } from "./uploading.mjs";
import { say, sentenceOf } from "./words.mjs";

const SERVER = { get, post, put };
const LATE = "upload_is_in_time";

/** @typedef {import("./bids.mjs").Bid} Bid */

export class Sealed {
  #place;
  #lot;
  #desk;
  /** @type {Bid | null} */
  #bid = null;
  /** @type {Upload | null} */
  #upload = null;
  #auto = true;
  #uploaded = false;
  #submitting = false;
  #late = false;

  /**
   * @param {HTMLElement} place
   * @param {import("./lot.mjs").Lot} lot
   * @param {import("./bidding.mjs").Desk} desk
   */
  constructor(place, lot, desk) {
    this.#place = place;
    this.#lot = lot;
    this.#desk = desk;
    const acts = { go: () => this.go(), pause: () => this.#upload.pause(), submit: () => this.#submit() };
    const kit = () => this.#lot.saveKit(this.#bid);
    const more = { refusal: () => this.#submit(), kit, discard: () => this.#discard() };
    for (const [name, act] of Object.entries({ ...acts, ...more })) {
      this.#button(name).addEventListener("click", () => void act());
    }
    globalThis.addEventListener("online", () => this.#upload?.hurry());
  }

  get isBusy() {
    const isMoving = ["running", "waiting"].includes(this.#upload?.state ?? "");
    return Boolean(this.#bid) && (isMoving || this.#submitting || this.#bid.name === null);
  }

  /**
   * @param {Bid} bid
   * @param {boolean} isOld from an earlier visit
   * @param {boolean} [auto] submit once it is uploaded
   */
  take(bid, isOld, auto = true) {
    this.#bid = bid;
    this.#auto = auto;
    this.#uploaded = this.#late = false;
    const load = { tender: bid.tender, bid: bid.bid, parts: bid.blobs ?? [] };
    this.#upload = new Upload(SERVER, load, (progress) => this.#told(progress));
    this.#find("sealed-at").textContent = say('{at} 加密', { at: inBeijing(bid.sealedAt) });
    this.#find("sealed-size").textContent = sizeOf(this.#upload.total);
    this.#find("sealed-digest").textContent = short(bid.digest);
    this.#fault("");
    if (isOld) this.#run(say('上传未完成'), 0, say('关闭页面前没有上传完。从断点继续，不必重新加密。'));
    else this.#run(say('等待上传'), 0, "");
    if (!bid.blobs) this.#fault(saidOf(new Refused("sealed_file_gone")));
  }

  /** Bring it before the person's eyes. */
  focus() {
    this.#place.focus({ preventScroll: true });
    this.#place.scrollIntoView({ block: "nearest" });
  }

  /** Whether there is one, and the buttons that go with its state. */
  show() {
    this.#place.hidden = !this.#bid;
    if (!this.#bid) return false;
    const isMoving = ["running", "waiting"].includes(this.#upload.state);
    const isStale = supersededBy(this.#bid) !== this.#lot.state.last;
    const canGo = this.#desk.isOpen && !isStale && Boolean(this.#bid.blobs) && !this.#submitting;
    this.#button("go").hidden = !canGo || isMoving || this.#uploaded || this.#late;
    this.#button("pause").hidden = !isMoving;
    this.#button("submit").hidden = !canGo || !this.#uploaded || this.#late;
    this.#button("refusal").hidden = !this.#late;
    this.#button("discard").hidden = isMoving || this.#submitting;
    if (isStale) this.#fault(say('加密之后，本标段又有递交或撤回：这份密文已不能递交，请丢弃并重新加密。'));
    else if (!this.#desk.isOpen && !this.#late) this.#close();
    return true;
  }

  #close() {
    this.#run(say('没有递交'), 0, "");
    this.#fault(say('递交已截止，这份密文没有递交。'));
  }

  // --- uploading

  /** Upload what is missing; submit where that was wanted. */
  async go() {
    this.#fault("");
    try {
      this.#uploaded = await this.#upload.run();
    } catch (fault) {
      this.#refused(fault);
    }
    this.#lot.show();
    if (this.#uploaded && this.#auto) await this.#submit();
  }

  #told({ state, done, total, fault }) {
    const was = this.#place.dataset.run;
    this.#place.dataset.run = state;
    this.#run(titleOf(state), total ? done / total : 0, noteOf(state, fault), `${sizeOf(done)} / ${sizeOf(total)}`);
    if (was !== state) this.#lot.show();
  }

  #run(title, part, note, numbers = "") {
    this.#find("run-title").textContent = title;
    this.#find("run-bar").value = part;
    this.#find("run-note").textContent = note;
    this.#find("run-numbers").textContent = numbers;
  }

  // --- submitting

  async #submit() {
    if (this.#submitting) return;
    const bid = this.#bid;
    this.#submitting = true;
    this.#fault("");
    this.#run(say('正在递交，等待签名回执'), 1, "");
    this.#lot.show();
    try {
      const receipt = await this.#sent(bid);
      if (receipt && (await this.#verified(bid, receipt))) await this.#receipted(bid, receipt);
    } finally {
      this.#submitting = false;
      this.#lot.show();
    }
  }

  /** The receipt as it came; null where there is none, which the person is told of. */
  async #sent(bid) {
    try {
      return await submitHeader(SERVER, asSubmitted(bid));
    } catch (fault) {
      await this.#notTaken(bid, fault);
      return null;
    }
  }

  /** Whether the receipt is the platform's and of this bid, by the worker; until then nothing is called submitted. */
  async #verified(bid, receipt) {
    try {
      const body = await caller().call("verifyReceipt", { receipt, vkey: await receiptKey(), header: bid.header });
      this.#lot.tell("ok", say('已递交。回执时间 {at}，签名已在本机核验。', { at: inBeijing(body.time) }));
      return true;
    } catch (fault) {
      this.#run(say('平台已应答，回执未核验'), 1, "");
      const why = saidOf(fault);
      this.#fault(say('平台已应答，但回执未能在本机核验：{why}密文仍保存在本机，可再次点击“递交”核验。', { why }));
      return false;
    }
  }

  /** Remember what the release compares, let the large files go, show the state as the server has it now. */
  async #receipted(bid, receipt) {
    try {
      await this.#desk.submitted(bid, receipt);
      this.#bid = null;
      this.#lot.clear();
      await this.#desk.refresh();
      this.#lot.focus();
    } catch (fault) {
      this.#bid = null;
      this.#lot.tell("warn", say('已递交，签名回执已核验；本页没有更新，请刷新：{why}', { why: saidOf(fault) }));
      return;
    }
    await this.#rehearse(bid);
  }

  /** The header as it came back, opened by the key that sealed it, while that is still at hand. */
  async #rehearse({ tender, digest, key }) {
    const handle = this.#desk.handleOf(key);
    if (!handle) return;
    try {
      await prove({ tender, digest, handle });
      this.#lot.tell("ok", say('已递交，签名回执已核验；开标预演成功：您的证书能解开平台所存的这份投标文件。'));
    } catch (fault) {
      this.#lot.tell("warn", say('已递交，签名回执已核验。请再用恢复码或另一证书做一次开标预演：{why}', { why: saidOf(fault) }));
    }
  }

  async #notTaken(bid, fault) {
    this.#refused(fault);
    const signed = fault.details?.refusal;
    if (!signed) return;
    this.#late = false;
    try {
      const body = await caller().call("verifyReceipt", {
        receipt: signed, vkey: await receiptKey(), kind: "refusal", header: bid.header,
      });
      const told = { at: inBeijing(body.time), why: fault.reason === LATE ? sentenceOf(fault) : saidOf(fault) };
      this.#lot.tell("bad", say('平台拒收（{at}，凭证签名已核验）：{why}', told), savingOf(signed, bid));
      this.#fault("");
      this.#run(say('平台拒收，没有递交'), 1, "");
    } catch (other) {
      this.#fault(`${saidOf(fault)} ${saidOf(other)}`);
    }
    await this.#desk.refresh();
  }

  #refused(fault) {
    this.#late = fault.reason === LATE && this.#uploaded === false && !fault.details?.refusal;
    this.#place.dataset.run = "failed";
    this.#run(say('没有递交'), this.#find("run-bar").value, "");
    this.#fault(saidOf(fault));
  }

  #fault(text) {
    this.#find("sealed-fault").textContent = text;
  }

  // --- giving it up

  async #discard() {
    if (!(await this.#desk.isToBeDiscarded())) return;
    const bid = this.#bid;
    this.#bid = null;
    await this.#desk.drop(bid);
    this.#lot.show();
  }

  #button(name) {
    return this.#place.querySelector(`button[data-${name}]`);
  }

  #find(name) {
    return this.#place.querySelector(`[data-${name}]`);
  }
}
