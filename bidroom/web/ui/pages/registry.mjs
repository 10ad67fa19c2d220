/** Registration, certificates, the clerk's window. */

import "./acting.mjs";
import { amountOf, beijingOf } from "./amounts.mjs";
import "./applying.mjs";
import "./base.mjs";
import { Refused } from "../refused.mjs";
import { way } from "./sending.mjs";
import { openDialog } from "./shell.mjs";
import { compact, faultOf } from "./uscc.mjs";
import { say, words } from "./words.mjs";

// --- codes, checked while they are typed

const FAULTS = {
  letter: () => say('含有代码中不会出现的字符（没有 I、O、S、V、Z）'),
  digits: () => say('前 8 位应为数字'),
  length: () => say('应为 18 位'),
  check: () => say('最后一位校验码不符，请核对是否有输错的字'),
};

/** Say what is wrong; that it is too short only when the person has left it. */
function checked(input, hasLeft) {
  const code = compact(input.value);
  if (code !== input.value) input.value = code;
  const fault = code ? faultOf(code) : null;
  const shown = fault && (fault !== "length" || hasLeft) ? FAULTS[fault]() : "";
  input.setCustomValidity(fault ? FAULTS[fault]() : "");
  input.setAttribute("aria-invalid", String(Boolean(shown)));
  input.form.querySelector("[data-fault-for=uscc]").textContent = shown;
  const told = input.form.querySelector("[data-uscc-told]");
  told.textContent = code && fault === null ? say('校验通过') : `${code.length} / 18`;
  told.classList.toggle("g", code !== "" && fault === null);
}

async function checkCodes() {
  const inputs = [...document.querySelectorAll("[data-uscc]")];
  if (inputs.length) await words();
  for (const input of inputs) {
    input.addEventListener("input", () => checked(input, false));
    input.addEventListener("blur", () => checked(input, true));
    checked(input, false);
  }
}

// --- one dialog for the reasons of many rows

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-ask]") : null;
  if (!button) return;
  const dialog = openDialog(button.dataset.ask);
  const form = dialog.querySelector("form");
  form.dataset.stream = button.dataset.stream;
  form.dataset.body = button.dataset.body;
  dialog.querySelector("[data-asked]").textContent = button.dataset.named;
  form.querySelector("[data-fault]").textContent = "";
});

// --- deposits

/** An amount that is none keeps the form from going, and says so. */
function checkedAmount(input) {
  const fault = input.value.trim() && amountOf(input.value) === null ? say('请填写金额，例如 800000.00') : "";
  input.setCustomValidity(fault);
  input.setAttribute("aria-invalid", String(Boolean(fault)));
  input.form.querySelector("[data-fault-for=amount]").textContent = fault;
}

async function checkAmounts() {
  const inputs = [...document.querySelectorAll("[data-amount]")];
  if (inputs.length) await words();
  for (const input of inputs) input.addEventListener("input", () => checkedAmount(input));
}

way("deposit", async ({ asked }) => {
  const { lot, amount, received_at: received, ...more } = asked.body;
  const [sum, at] = [amountOf(amount), beijingOf(received)];
  if (sum === null) throw new Refused("deposit_is_well_formed", "amount");
  if (at === null) throw new Refused("deposit_is_well_formed", "received_at");
  return { ...asked, lot: Number(lot), body: { ...more, amount: sum, received_at: at } };
});

for (const begin of [checkCodes, checkAmounts]) begin().catch((fault) => console.warn(fault));
