/** Signed receipts and refusals: verified, shown, and kept by whoever they were made out to. */

import { element, show } from "./asking.mjs";
import { caller } from "./keyring.mjs";
import { receiptKey } from "./notices.mjs";
import { say } from "./words.mjs";

const BEIJING = 8 * 3600 * 1000;
const local = (time) => new Date(Date.parse(time) + BEIJING).toISOString().slice(0, 23).replace("T", " ");

/** A link that saves a JSON document as a file. @param {object} document @param {string} name @param {string} text */
export function saving(document, name, text) {
  const file = new Blob([`${JSON.stringify(document, null, 1)}\n`], { type: "application/json" });
  return element("a", { class: "btn btn-plain", href: URL.createObjectURL(file), download: name }, text);
}

/** Verify a receipt against the pinned key, and show it. @param {Record<string, any>} receipt */
export async function showReceipt(receipt) {
  const body = await caller().call("verifyReceipt", { receipt, vkey: await receiptKey() });
  const facts = [
    [say('回执时间'), say('{time}（北京时间）', { time: local(body.time) })],
    [say('密文摘要'), body.digest],
    [say('消息摘要'), body.message],
    [say('签名'), say('已用平台公钥验证')],
  ].filter(([, value]) => value);
  const rows = facts.map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", { class: "mono" }, value)));
  const link = saving(receipt, say('回执-{time}.json', { time: body.time.replaceAll(":", "") }), say('下载回执'));
  await show(say('签名回执'), [element("dl", { class: "facts" }, ...rows)], [link]);
}

/** The signed refusal that a problem brought, to be saved. @param {{details?: Record<string, any>}} refused */
export function refusalLink({ details }) {
  return details?.refusal ? [" ", saving(details.refusal, say('拒绝凭证.json'), say('下载签名的拒绝凭证'))] : [];
}
