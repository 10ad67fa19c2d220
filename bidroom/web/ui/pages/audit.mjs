/** The audit page: receipts and checkpoints are checked in this browser, against keys that it pinned or was given. */

import "./base.mjs";

import { hex } from "../bytes.mjs";
import { Refused } from "../refused.mjs";
import { finalRoot } from "../tree.mjs";
import { parseVkey, verifyNote, verifyReceipt } from "../verify.mjs";
import { element } from "./asking.mjs";
import { chip, facts } from "./marks.mjs";
import { finalsOf, receiptKey, roomOf } from "./notices.mjs";
import { say, words, wordsOf } from "./words.mjs";

const LARGEST = 1 << 20;
const BEIJING = 8 * 3600 * 1000;

/** @typedef {{kind: string, icon: string, text: string}} Finding */

const fine = (text) => ({ kind: "ok", icon: "circle-check", text });
const wrong = (text) => ({ kind: "bad", icon: "circle-x", text });
const open = (text) => ({ kind: "mute", icon: "info-circle", text });

class Audit {
  #place;
  #results;

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
    this.#results = place.querySelector("[data-results]");
  }

  /** Take files, and look at the page's own checkpoint first. */
  async begin() {
    const files = this.#place.querySelector("#files");
    const drop = this.#place.querySelector("[data-drop]");
    files.addEventListener("change", () => void this.#take([...files.files]));
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => this.#dragged(event, drop));
    }
    await this.#checkOwn();
  }

  #dragged(event, drop) {
    event.preventDefault();
    drop.toggleAttribute("data-over", event.type === "dragover");
    if (event.type === "drop") void this.#take([...event.dataTransfer.files]);
  }

  async #checkOwn() {
    const place = this.#place.querySelector("[data-own-checkpoint]");
    if (!place) return;
    const note = this.#place.querySelector(".tn-note").textContent;
    const [{ kind, icon, text }] = await this.#ofNote(`${note.trimEnd()}\n`);
    place.replaceChildren(chip(kind, icon, text));
  }

  async #take(files) {
    for (const file of files) {
      const result = element("li", {}, element("b", {}, file.name));
      this.#results.prepend(result);
      result.append(...(await this.#lines(file)));
    }
  }

  async #lines(file) {
    try {
      const { findings, told } = await this.#looked(file);
      const list = findings.map(({ kind, icon, text }) => element("p", { class: "row" }, chip(kind, icon, text)));
      return told ? [...list, element("dl", { class: "facts" }, ...facts(told))] : list;
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      return [element("p", { class: "row" }, chip("bad", "circle-x", wordsOf(fault)))];
    }
  }

  /** @returns {Promise<{findings: Finding[], told?: [string, string][]}>} */
  async #looked(file) {
    if (file.size > LARGEST) return { findings: [wrong(say('文件过大，不是回执或检查点'))] };
    const text = await file.text();
    const document = parsed(text);
    if (document === undefined) return { findings: await this.#ofNote(text) };
    return this.#ofReceipt(document);
  }

  // --- checkpoints

  async #ofNote(text) {
    const key = await parseVkey(this.#given("log_key") || this.#place.dataset.log);
    const { origin, size, root } = await verifyNote(text, key);
    const { audit, size: shown, root: expected } = this.#place.dataset;
    if (!origin.endsWith(`/${audit}`)) return [fine(say('签名有效')), wrong(say('这是另一个日志的检查点'))];
    if (shown === undefined || String(size) !== shown) {
      return [fine(say('签名有效：日志共 {n} 条', { n: size })), open(say('与本页检查点条数不同，前后是否一致须用审计包核验'))];
    }
    const same = hex(root) === expected;
    return [same ? fine(say('签名有效，与本页检查点一致')) : wrong(say('签名有效，但同样条数的根不同：日志被改动的证据，请保存'))];
  }

  #given(name) {
    return this.#place.querySelector(`[name="${name}"]`).value.trim();
  }

  // --- receipts

  async #ofReceipt(document) {
    const kind = document?.refusal ? "refusal" : "receipt";
    const key = this.#given("receipt_key") || (await receiptKey());
    const body = await verifyReceipt(document ?? {}, key, kind);
    const findings = [fine(kind === "receipt" ? say('回执签名有效') : say('拒收通知签名有效'))];
    if (body.tender !== this.#place.dataset.audit) findings.push(wrong(say('这份文件属于另一个招标项目')));
    else if (kind === "receipt" && !body.act) findings.push(...(await this.#ofFinals(body)));
    return { findings, told: toldBy(body) };
  }

  /** Whether that bid is among those that the deadline fixed, and whether these give the root that was published. */
  async #ofFinals(body) {
    const view = await roomOf(this.#place.dataset.audit);
    if (!view.root) return [open(say('投标尚未截止，最终清单还没有公布'))];
    const finals = finalsOf(view);
    const isRoot = hex(await finalRoot(finals)) === view.root;
    const isThere = finals.some(([lot, digest]) => lot === body.lot && digest === body.digest);
    return [
      isThere ? fine(say('该投标文件在截止时的最终清单中')) : open(say('该投标文件不在最终清单中：已被替换或撤回的属正常')),
      isRoot ? fine(say('由最终清单重新计算的根与公布的一致')) : wrong(say('由最终清单重新计算的根与公布的不一致')),
    ];
  }
}

/** A JSON document; undefined for what is none. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    return undefined;
  }
}

/** @returns {[string, string][]} */
function toldBy({ time, lot, digest, reason }) {
  const at = new Date(Date.parse(time) + BEIJING).toISOString().slice(0, 23).replace("T", " ");
  const told = [[say('平台收讫时间'), at], [say('标段'), String(lot ?? "—")], [say('摘要'), digest ?? "—"]];
  return reason ? [...told, [say('拒收原因'), wordsOf(new Refused(reason))]] : told;
}

async function begin() {
  await words();
  for (const place of document.querySelectorAll("[data-audit]")) await new Audit(place).begin();
}

void begin();
