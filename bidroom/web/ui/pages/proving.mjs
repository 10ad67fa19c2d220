/** The rehearsal of one's own release: the submitted header comes back, and one's key is tried on it, here. */

import { saidOf } from "./advice.mjs";
import { caller, openKey } from "./keyring.mjs";
import { headerOf, serverNow, tenderOf, trust } from "./notices.mjs";
import { short } from "./saying.mjs";
import { say } from "./words.mjs";

/**
 * That this key opens its own stanza of the bid as the platform stores it; Refused where it does not.
 * @param {{tender: string, digest: string, handle: string}} given
 */
export async function prove({ tender, digest, handle }) {
  const [header, notice, roots, now] = await Promise.all([
    headerOf(tender, digest), tenderOf(tender), trust(), serverNow(),
  ]);
  const given = { handle, header, tender: notice, trust: roots, at: now.toISOString() };
  return caller().call("prove", given);
}

/** A code that opens nothing is another bid's. */
function saidOfCode(fault) {
  return fault.reason === "key_opens_no_stanza" ? say('这不是加密这份投标文件时打印的恢复码。') : saidOf(fault);
}

/** The dialog in which a bidder tries a certificate or a recovery code. */
export class Rehearsal {
  #dialog = document.getElementById("prove");
  #tender;
  #digest = "";

  /** @param {string} tender */
  constructor(tender) {
    this.#tender = tender;
    this.#find("key").addEventListener("click", () => this.#try((wanted) => openKey(wanted), () => {}, saidOf));
    this.#find("code").addEventListener("submit", (event) => {
      event.preventDefault();
      const { code } = event.target.elements;
      const close = ({ handle }) => caller().call("close", { handle });
      void this.#try(() => caller().call("openCode", { code: code.value }), close, saidOfCode);
    });
  }

  #find(name) {
    return this.#dialog.querySelector(`[data-prove-${name}]`);
  }

  /** @param {string} digest the submitted bid's */
  open(digest) {
    this.#digest = digest;
    this.#find("digest").textContent = short(digest);
    this.#find("result").replaceChildren();
    this.#find("code").reset();
    this.#dialog.showModal();
  }

  /** Try what `unlock` gives; what was opened for this alone is closed by `after`. */
  async #try(unlock, after, saidOfIt) {
    const result = this.#find("result");
    result.className = "prove-r";
    result.textContent = say('正在预演…');
    try {
      const key = await unlock({ why: say('开标预演') });
      try {
        await prove({ tender: this.#tender, digest: this.#digest, handle: key.handle });
      } finally {
        await after(key);
      }
      this.#tell("ok", say('预演成功：用它可以解开平台所存投标文件中属于您的密钥。开标时请使用同一证书或恢复码。'));
    } catch (fault) {
      if (fault.reason === "key_not_open") result.textContent = "";
      else this.#tell("bad", say('预演未通过：{why}', { why: saidOfIt(fault) }));
    }
  }

  #tell(kind, text) {
    const result = this.#find("result");
    result.className = `prove-r prove-${kind}`;
    result.textContent = text;
  }
}
