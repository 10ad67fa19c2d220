/** A question that a person answers before anything goes on; made by the script, as only a script asks it. */

import { say } from "./words.mjs";

/** An element with attributes, texts and children. @param {string} tag @param {Record<string, any>} [has] */
export function element(tag, has = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(has)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * Whether the person says yes; `lines` are shown as they are (fingerprints, digests).
 * @param {{title: string, text: string, lines?: string[], yes: string, isGrave?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, lines = [], yes, isGrave = false }) {
  const items = lines.map((line) => element("li", {}, line));
  const list = items.length ? element("ul", { class: "mono" }, ...items) : null;
  const no = element("button", { class: "btn btn-plain", type: "submit", value: "no" }, say('取消'));
  const kind = isGrave ? "danger" : "primary";
  const go = element("button", { class: `btn btn-${kind}`, type: "submit", value: "yes" }, yes);
  const dialog = dialogOf(title, [element("p", {}, text), list], [no, go]);
  return answered(dialog, () => dialog.returnValue === "yes");
}

/** Show something until the person closes it. @param {string} title @param {(Node | null)[]} body @param {Node[]} feet */
export function show(title, body, feet = []) {
  const close = element("button", { class: "btn btn-primary", type: "submit", value: "close" }, say('关闭'));
  return answered(dialogOf(title, body, [...feet, close]), () => true);
}

let made = 0;

function dialogOf(title, body, feet) {
  made += 1;
  const id = `asked-${made}`;
  const head = element("div", { class: "dialog-head" }, element("h2", { id }, title));
  const form = element("form", { method: "dialog" },
    element("div", { class: "dialog-body" }, ...body), element("div", { class: "dialog-foot" }, ...feet));
  return element("dialog", { class: "dialog", "aria-labelledby": id }, head, form);
}

function answered(dialog, answer) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(answer());
      dialog.remove();
    }, { once: true });
  });
}

/**
 * A text that the person types, null where the person has none.
 * @param {{title: string, text: string, label: string, yes: string, no: string}} question
 * @returns {Promise<string | null>}
 */
export function prompt({ title, text, label, yes, no }) {
  const has = { class: "input", id: "asked-text", type: "text", autocomplete: "off", spellcheck: "false" };
  const input = element("input", has);
  const field = element("div", { class: "field" }, element("label", { for: "asked-text" }, label), input);
  const feet = [
    element("button", { class: "btn btn-plain", type: "submit", value: "no" }, no),
    element("button", { class: "btn btn-primary", type: "submit", value: "yes" }, yes),
  ];
  const dialog = dialogOf(title, [element("p", {}, text), field], feet);
  return answered(dialog, () => (dialog.returnValue === "yes" && input.value.trim()) || null);
}
