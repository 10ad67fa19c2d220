/** A recovery code for one bid: made in the worker, shown once on a sheet for the printer, then a public key alone. */

import { caller } from "./keyring.mjs";
import { serverNow } from "./notices.mjs";
import { inBeijing } from "./saying.mjs";
import { say } from "./words.mjs";

const sheet = () => document.getElementById("code-sheet");
const inSheet = (name) => sheet().querySelector(`[data-sheet-${name}]`);

/**
 * Show a fresh code until it is printed; its public key in hex, null where it is not wanted after all.
 * @param {string} lot what the sheet calls the lot
 * @returns {Promise<string | null>}
 */
export async function newCodeOnPaper(lot) {
  const { code, spki } = await caller().call("newCode");
  inSheet("lot").textContent = lot;
  inSheet("code").replaceChildren(...halvesOf(code));
  inSheet("at").textContent = inBeijing(await serverNow());
  const kept = await answered();
  inSheet("code").replaceChildren();
  return kept ? spki : null;
}

/** Two lines of four groups, which are easier to compare. */
function halvesOf(code) {
  const groups = code.split("-");
  return [`${groups.slice(0, 4).join("-")}-`, groups.slice(4).join("-")].map((half) =>
    Object.assign(document.createElement("span"), { textContent: half }));
}

/** Whether the code was kept. The dialog goes by its buttons alone: a code that was closed unseen is lost. */
function answered() {
  const ticked = document.getElementById("sheet-kept");
  const [done, drop, print] = ["done", "drop", "print"].map(inSheet);
  return new Promise((resolve) => {
    const end = (kept) => () => {
      over.abort();
      sheet().close();
      resolve(kept);
    };
    const over = new AbortController();
    const on = (element, type, act) => element.addEventListener(type, act, { signal: over.signal });
    ticked.checked = false;
    done.disabled = true;
    on(ticked, "change", () => {
      done.disabled = !ticked.checked;
    });
    on(print, "click", () => globalThis.print());
    on(done, "click", end(true));
    on(drop, "click", end(false));
    on(sheet(), "cancel", (event) => event.preventDefault());
    on(sheet(), "close", end(false)); // a browser heeds the line above but once
    sheet().showModal();
  });
}

/** The recovery code of one lot's next bid. */
export class RecoveryCode {
  #part;
  #lot;
  /** @type {string | null} */
  spki = null;

  /**
   * @param {HTMLElement} part the fieldset
   * @param {string} lot
   */
  constructor(part, lot) {
    this.#part = part;
    this.#lot = lot;
    part.querySelector("[data-code]").addEventListener("click", () => this.#make());
  }

  async #make() {
    this.spki = await newCodeOnPaper(this.#lot);
    this.#show();
  }

  /** A code is good for one bid. */
  spend() {
    this.spki = null;
    this.#show();
  }

  #show() {
    const tag = this.#part.querySelector("[data-code-state] .tg");
    tag.className = this.spki ? "tg tg-ok" : "tg";
    tag.textContent = this.spki ? say('已生成，将用于下一次加密') : say('建议生成');
    this.#part.querySelector("[data-code] span").textContent = this.spki ? say('重新生成') : say('生成恢复码');
  }
}
