/** A bidder's release: all checks and the key itself in the worker; where it does not open, what is left to do. */

import { unbase64 } from "../bytes.mjs";
import { Refused } from "../refused.mjs";
import { element, prompt } from "./asking.mjs";
import { keptOf } from "./kept.mjs";
import { caller } from "./keyring.mjs";
import { decidingTime, finalsOf, headerOf, receiptKey, roomOf, tenderOf, trust } from "./notices.mjs";
import { showReceipt } from "./receipts.mjs";
import { bytesAt, get } from "./server.mjs";
import { csrf, isAnswer, newId, way } from "./sending.mjs";
import { toast } from "./shell.mjs";
import { say, wordsOf } from "./words.mjs";

/** The ids of releases that were sent and not answered, by the bid's digest. @type {Map<string, string>} */
const ids = new Map();

way("release", async ({ asked, form, key, tell }) => {
  const { digest } = asked.body;
  const own = await key();
  const given = { ...(await roomFor(asked, form, own)), handle: own.handle, id: idOf(digest) };
  tell(say('正在本机打开密钥份额并提交…'));
  const answer = await released(given, form, digest);
  ids.delete(digest);
  if (answer?.receipt) queueMicrotask(() => showReceipt(answer.receipt).catch((fault) => toast("bad", wordsOf(fault))));
  return null;
});

function idOf(digest) {
  if (!ids.has(digest)) ids.set(digest, newId());
  return ids.get(digest);
}

/** All that the worker checks before it lets a key go. */
async function roomFor({ stream: tender, lot, body: { digest } }, form, own) {
  const [notice, command, view, header] = await Promise.all([
    tenderOf(tender), get(`/tenders/${tender}/command`), roomOf(tender), headerOf(tender, digest),
  ]);
  const certificate = await sealersOf(form, own);
  return {
    header, command, certificate, finals: finalsOf(view), tender: notice, trust: await trust(),
    kept: keptFor(notice, keptOf(tender, lot, digest)), vkey: await receiptKey(), csrf: csrf(),
    at: (await decidingTime()).toISOString(),
  };
}

/** The certificate that signed the bid: one's own, or the one before it was renewed. */
async function sealersOf(form, own) {
  const [sealer] = (form.dataset.need ?? "").split(" ").filter(Boolean);
  return !sealer || sealer === own.digest ? own.certificate : bytesAt(`/certificates/${sealer}`);
}

/** The timeline that was sealed to, and the receipt; sealed elsewhere, the one in force is all there is. */
const keptFor = (notice, kept) => ({
  timeline: unbase64(kept?.timeline ?? notice.notice.timeline),
  receipt: kept?.receipt?.receipt ?? null,
});

async function released(given, form, digest) {
  try {
    return await caller().call("release", given);
  } catch (fault) {
    if (isAnswer(fault)) ids.delete(digest);
    if (!(fault instanceof Refused) || !fault.details.layer) throw fault;
    const answer = await withCode(given, fault, form.dataset.serial);
    if (answer) return answer;
    report(digest, fault);
    throw fault;
  }
}

/** The key that was opened does not fit: the printed recovery code may. */
async function withCode(given, fault, serial) {
  const told = { serial: fault.details.serial ?? "", needed: serial?.trim() || say('加密时所用证书') };
  const code = fault.reason !== "key_opens_no_stanza" ? null : await prompt({
    title: say('此证书打不开这份投标文件'),
    text: say('所用证书序列号 {serial}，需要 {needed}。可换用正确的证书，或输入加密时打印的恢复码。', told),
    label: say('恢复码'),
    yes: say('用恢复码提交密钥'),
    no: say('没有恢复码'),
  });
  if (!code) return null;
  const { handle } = await caller().call("openCode", { code });
  try {
    return await caller().call("release", { ...given, with: handle });
  } finally {
    await caller().call("close", { handle });
  }
}

/** Open the report with what is known filled in: it is evidence for the host's ruling. */
function report(digest, { details, reason }) {
  const forms = [...document.querySelectorAll("form[data-command=ReportReleaseFailure]")];
  const form = forms.find((each) => JSON.parse(each.dataset.body).digest === digest);
  if (!form) return;
  form.elements.layer.value = details.layer;
  if (details.serial) form.elements.serial.value = details.serial;
  const why = wordsOf(new Refused(reason, null, details));
  form.querySelector("[data-fault]").replaceChildren(element("span", {}, say('解密失败：{why}', { why })));
  form.closest("dialog").showModal();
}
