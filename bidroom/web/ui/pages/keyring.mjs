/** The keys that a person opened on this page. They live in the worker, until the page goes or they are forgotten. */

import { unbase64 } from "../bytes.mjs";
import { Caller } from "../messages.mjs";
import { Refused } from "../refused.mjs";
import { element } from "./asking.mjs";
import { base } from "./server.mjs";
import { say, words, wordsOf } from "./words.mjs";

/**
 * @typedef {{handle: string, digest: string, serial: string, name: string, notAfter: string, spki: string | null,
 *   certificate: Uint8Array}} Key
 * @typedef {{need?: string[], serial?: string, why?: string}} Wanted digests of certificates that fit, any where none
 */

/** @type {Map<string, Key>} */
const keys = new Map();
let worker = null;
let latest = null;

/** The page's end of the worker. @returns {Caller} */
export function caller() {
  worker ??= new Caller(new Worker(document.documentElement.dataset.worker, { type: "module" }));
  return worker;
}

/** The keys that are open. */
export const opened = () => [...keys.values()];

/** Forget a key, or all. @param {string} [digest] */
export async function forget(digest) {
  const gone = opened().filter((key) => digest === undefined || key.digest === digest);
  for (const { handle, digest: name } of gone) {
    keys.delete(name);
    await caller().call("close", { handle });
  }
  if (latest && !keys.has(latest.digest)) latest = opened().at(-1) ?? null;
  changed();
}

function changed() {
  for (const place of document.querySelectorAll("[data-keys]")) place.replaceChildren(...opened().map(shown));
  document.dispatchEvent(new CustomEvent("bidroom:keys", { detail: { keys: opened() } }));
}

/** An open key, and the button that forgets it. @param {Key} key */
function shown({ name, serial, digest }) {
  const button = element("button", { class: "btn btn-quiet btn-tiny", type: "button" }, say('忘记'));
  button.addEventListener("click", () => void forget(digest));
  return element("span", { class: "chip chip-info", title: serial }, say('证书已打开：{name}', { name }), button);
}

/**
 * A key that fits: one that is open, or the one that the person opens now. Refused("key_not_open") when it does not.
 * @param {Wanted} [wanted]
 * @returns {Promise<Key>}
 */
export async function openKey(wanted = {}) {
  const need = [wanted.need ?? []].flat().filter(Boolean);
  const held = need.length ? need.map((digest) => keys.get(digest)).find(Boolean) : latest;
  if (held) return held;
  await words();
  const key = await new Opening(document.getElementById("key-dialog"), { ...wanted, need }).key();
  if (!key) throw new Refused("key_not_open");
  return key;
}

function keep(key) {
  keys.set(key.digest, key);
  latest = key;
  changed();
  return key;
}

/** One time that the dialog is open. */
class Opening {
  #dialog;
  #wanted;
  #key = null;
  #done = new AbortController();

  constructor(dialog, wanted) {
    this.#dialog = dialog;
    this.#wanted = wanted;
  }

  /** The key, null where the person thought better of it. */
  async key() {
    this.#prepare();
    this.#listen();
    const closed = new Promise((resolve) => this.#dialog.addEventListener("close", resolve, { once: true }));
    this.#dialog.showModal();
    void this.#offerDemo();
    await closed;
    this.#done.abort();
    this.#form.reset();
    return this.#key;
  }

  get #form() {
    return this.#dialog.querySelector("form");
  }

  #part(name) {
    return this.#dialog.querySelector(`[data-key-${name}]`);
  }

  #prepare() {
    const { why, serial } = this.#wanted;
    this.#form.reset();
    this.#part("why").textContent = why ? say('打开证书，用于：{why}', { why }) : say('打开证书后，本页面在关闭前可用它签名。');
    this.#part("need").hidden = !serial;
    this.#part("serial").textContent = serial ?? "";
    this.#part("other").hidden = true;
    this.#part("anyway").hidden = true;
    this.#fault("");
  }

  #listen() {
    const { signal } = this.#done;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [file] = this.#form.elements.p12.files;
      if (!file) this.#fault(say('请选择证书文件'));
      else void this.#open(file, this.#form.elements.passphrase.value, file.name);
    }, { signal });
    this.#part("anyway").addEventListener("click", () => this.#dialog.close(), { signal });
    this.#part("own")?.addEventListener("click", () => void this.#openOwn(), { signal });
    for (const button of this.#dialog.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => this.#cancel(), { signal });
    }
    this.#dialog.addEventListener("cancel", (event) => event.target === this.#dialog && this.#cancel(), { signal });
  }

  #cancel() {
    this.#key = null;
    this.#dialog.close();
  }

  async #open(file, passphrase, name) {
    await this.#busy(async () => this.#take(keep(await caller().call("openP12", { file, passphrase, name }))));
  }

  /** It fits, or the person is told which one would. */
  #take(key) {
    this.#key = key;
    const { need, serial } = this.#wanted;
    if (!need.length || need.includes(key.digest)) {
      this.#dialog.close();
      return;
    }
    const told = { name: key.name, serial: key.serial, needed: serial || need[0].slice(0, 16) };
    this.#part("other-text").textContent =
      say('打开的是 {name} 的证书（序列号 {serial}），需要的是 {needed}。', told);
    this.#part("other").hidden = false;
    this.#part("anyway").hidden = false;
  }

  async #offerDemo() {
    const place = this.#part("demo");
    if (!place || !base) return;
    const answer = await fetch(`${base}/demo/key`, { method: "HEAD", credentials: "same-origin" });
    place.hidden = !answer.ok;
  }

  async #openOwn() {
    await this.#busy(async () => {
      const answer = await fetch(`${base}/demo/key`, { credentials: "same-origin" });
      if (!answer.ok) throw new Refused("key_file_unreadable");
      const { name, p12, passphrase } = await answer.json();
      this.#take(keep(await caller().call("openP12", { file: new Blob([unbase64(p12)]), passphrase, name })));
    });
  }

  async #busy(work) {
    this.#fault("");
    this.#form.setAttribute("aria-busy", "true");
    try {
      await work();
    } catch (fault) {
      this.#fault(wordsOf(fault));
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }

  #fault(text) {
    this.#dialog.querySelector("[data-fault]").textContent = text;
  }
}
