/** The words for how far a sealed bid is on its way; no stage but the receipt is called submitted. */

import { saidOf } from "./advice.mjs";
import { asFile } from "./bids.mjs";
import { download } from "./saying.mjs";
import { say } from "./words.mjs";

/** @typedef {import("./uploading.mjs").Progress["state"]} Stage */

/** @param {Stage} state */
export function titleOf(state) {
  return {
    running: say('正在上传'),
    waiting: say('网络中断，自动重试中'),
    paused: say('已暂停，尚未递交'),
    done: say('已上传，尚未递交'),
    failed: say('上传中断，尚未递交'),
  }[state];
}

/** What that means for the person. @param {Stage} state @param {Error | null} fault */
export function noteOf(state, fault) {
  return {
    running: say('上传完成后仍须取得回执才算递交。'),
    waiting: fault ? saidOf(fault) : "",
    paused: say('已上传的部分不会丢失，可随时继续。'),
    done: say('密文已全部到达平台。请点击“递交”，取得回执。'),
    failed: "",
  }[state];
}

/** A button that saves a signed refusal. @param {object} signed @param {import("./bids.mjs").Bid} bid */
export function savingOf(signed, { lot, digest }) {
  const text = say('下载拒收凭证');
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-plain" });
  button.textContent = text;
  button.addEventListener("click", () => download(asFile(signed), `refusal-${lot}-${digest.slice(0, 16)}.json`));
  return button;
}
