/**
 * Every form that does something: `<form data-command data-stream [data-lot] [data-signed] [data-body] [data-by]>`.
 * It asks for a key where one must sign, is sent once however often it is clicked, and says what became of it.
 */

import { hex, sha256 } from "../bytes.mjs";
import { ask } from "./asking.mjs";
import { forget, openKey } from "./keyring.mjs";
import { clockIsOff, serverNow } from "./notices.mjs";
import { refusalLink, showReceipt } from "./receipts.mjs";
import { give, wayOf } from "./sending.mjs";
import { toast } from "./shell.mjs";
import { serverNow as estimated } from "./time.mjs";
import "./ways.mjs";
import { say, words, wordsOf } from "./words.mjs";

export { give, way } from "./sending.mjs";

const OFTEN = 500;
const MINUTE = 60_000;
const UNFIT = /^(certificate_|key_opens_no_stanza|key_not_p256|signed_by_another)/;
const FORMS = "form[data-command], form[data-by]";

// --- what a form says

/** @param {HTMLFormElement} form @returns {Promise<import("./sending.mjs").Asked>} */
export async function askedBy(form) {
  const { command: type = "", stream = "", lot, body } = form.dataset;
  const asked = { ...JSON.parse(body || "{}") };
  for (const input of form.elements) {
    if (isSaying(input)) asked[input.name] = await valueOf(input);
  }
  return { type, stream, lot: lot ? Number(lot) : null, body: asked };
}

/** A named input that is filled in; what need not be and is not is left out. */
function isSaying(input) {
  if (!input.name || input.disabled || ["BUTTON", "FIELDSET", "OUTPUT"].includes(input.tagName)) return false;
  if (input.type === "radio") return input.checked;
  return input.required || input.type === "checkbox" || input.value.trim() !== "";
}

const READ = {
  int: (input) => Number.parseInt(input.value, 10),
  json: (input) => JSON.parse(input.value),
  after: async (input) => new Date((await serverNow()).getTime() + Number(input.value) * MINUTE).toISOString(),
  digest: async (input) => hex(await sha256(new Uint8Array(await input.files[0].arrayBuffer()))),
};

function valueOf(input) {
  const read = READ[input.dataset.type];
  if (read) return read(input);
  return input.type === "checkbox" ? input.checked : input.value.trim();
}

// --- what is done with it

const running = new Set();

/** What tells two clicks on one thing from clicks on two. */
const nameOf = ({ dataset: { command, by, stream, lot, body } }) => JSON.stringify([command, by, stream, lot, body]);

async function submitted(form) {
  const name = nameOf(form);
  if (running.has(name)) return;
  running.add(name);
  busy(form, true);
  fault(form, "");
  try {
    await words();
    if (await isMeant(form)) await done(form, await sent(form));
  } catch (refused) {
    fault(form, refused?.reason === "key_not_open" ? "" : wordsOf(refused), refused);
  } finally {
    running.delete(name);
    busy(form, false);
  }
}

const isMeant = async ({ dataset }) =>
  !dataset.confirm || ask({ title: dataset.why ?? "", text: dataset.confirm, yes: say('确定') });

/** A key that turned out to be the wrong one is forgotten, or the next click would take it again. */
async function sent(form) {
  const { need, serial, why } = form.dataset;
  let used = null;
  const key = async () => {
    used = await openKey({ need: need ? need.split(" ") : [], serial: serial?.trim(), why });
    return used;
  };
  try {
    return await sentWith(form, key);
  } catch (fault) {
    if (used && UNFIT.test(fault?.reason ?? "")) await forget(used.digest);
    throw fault;
  }
}

async function sentWith(form, key) {
  const { by } = form.dataset;
  const asked = await askedBy(form);
  const tell = (text) => fault(form, text);
  const ready = by ? await wayOf(by)({ asked, form, key, tell }) : asked;
  if (ready === null) return null;
  return give(ready, form.hasAttribute("data-signed") ? await key() : null);
}

async function done(form, answer) {
  const { next, done: told, command } = form.dataset;
  fault(form, "");
  form.closest("dialog")?.close();
  form.reset();
  if (next) {
    location.assign(next);
    return;
  }
  toast("ok", told || say('已提交'));
  document.dispatchEvent(new CustomEvent("bidroom:done", { detail: { command, answer } }));
  if (answer?.receipt) await showReceipt(answer.receipt);
}

function busy(form, is) {
  marked(form, is);
  for (const button of [...form.elements].filter((each) => each.type === "submit")) {
    marked(button, is);
    button.disabled = is;
  }
}

function marked(element, is) {
  element.toggleAttribute("data-busy", is);
  if (is) element.setAttribute("aria-busy", "true");
  else element.removeAttribute("aria-busy");
}

/** Say it in the form; where that is gone meanwhile, or has no place for it, as a toast. */
function fault(form, text, refused = null) {
  const place = form.isConnected ? form.querySelector("[data-fault]") : null;
  if (place) {
    place.replaceChildren(text, ...(refused ? refusalLink(refused) : []));
  } else if (text) {
    toast("bad", text);
  }
}

// --- the clock's part: a button waits for its time, and its time ends

function tick() {
  const now = estimated().getTime();
  for (const button of document.querySelectorAll("button[data-open-from], button[data-open-until]")) {
    if (button.hasAttribute("data-busy")) continue;
    const { openFrom, openUntil } = button.dataset;
    const is = (!openFrom || now > Date.parse(openFrom)) && (!openUntil || now <= Date.parse(openUntil));
    if (button.disabled === is) button.disabled = !is;
  }
}

async function warnOfTheClock() {
  if (!document.querySelector("form[data-signed]")) return;
  const off = await clockIsOff();
  if (!off) return;
  await words();
  toast("warn", say('本机时钟与服务器相差 {n} 分钟，请校准后再签名。', { n: Math.round(Math.abs(off) / MINUTE) }));
}

document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.matches(FORMS)) return;
  event.preventDefault();
  void submitted(event.target);
});
document.addEventListener("bidroom:patched", tick);
setInterval(tick, OFTEN);
tick();
warnOfTheClock().catch((fault) => console.warn(fault));
