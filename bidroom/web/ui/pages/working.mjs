/**
 * A form that does something of its own: busy while it works, once however often it is clicked, its fault in words.
 * Its button waits (`data-waits`) until the script is there, and its method is `dialog`: a click that comes too early
 * must not send what was filled in as an address.
 */

import { wordsOf } from "./words.mjs";

/**
 * @param {HTMLFormElement} form
 * @param {(form: HTMLFormElement) => Promise<void>} work
 */
export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void working(form, () => work(form));
  });
  for (const button of form.querySelectorAll("button[data-waits]")) button.disabled = false;
}

/** @param {HTMLFormElement} form @param {() => Promise<void>} work */
export async function working(form, work) {
  const button = form.querySelector("button[type=submit]");
  if (button.ariaBusy === "true") return;
  const place = form.querySelector("[data-fault]");
  place.textContent = "";
  button.ariaBusy = "true";
  try {
    await work();
  } catch (fault) {
    if (fault?.reason !== "key_not_open") place.textContent = wordsOf(fault);
  } finally {
    button.ariaBusy = "false";
  }
}
