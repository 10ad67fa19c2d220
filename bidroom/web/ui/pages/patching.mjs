/**
 * The page as the server renders it. Two channels, room and own; each rendering has a digest, and a message says from
 * which one to which it leads. Whoever holds another one asks again and gets the whole: no row is lost or doubled.
 */

import { Idiomorph } from "idiomorph";

/** @typedef {{op: string, id?: string, html?: string, into?: string, before?: string | null}} Patch */

const CHANNELS = ["room", "own"];

/** What one page holds of both channels, and what comes while it waits for an answer. */
export class Patching {
  #held;
  #waiting = [];
  #isAsking = false;
  #ask;
  #root;

  /**
   * @param {{room: string, own: string}} held digests of what the page was loaded with
   * @param {(held: object) => Promise<object>} ask the server's `watch`
   * @param {Document} root
   */
  constructor(held, ask, root = document) {
    this.#held = { ...held };
    this.#ask = ask;
    this.#root = root;
  }

  /** The digests of what is shown. */
  get held() {
    return { ...this.#held };
  }

  /** Ask what is shown now; whatever came meanwhile is put on top. The server's answer. */
  async begin() {
    if (this.#isAsking) return null;
    this.#isAsking = true;
    try {
      const told = await this.#ask(this.#held);
      for (const channel of CHANNELS) this.#put(channel, told[channel].digest, told[channel].patches);
      return told;
    } finally {
      this.#isAsking = false;
      this.#takeWaiting();
    }
  }

  /** A message of the server's. */
  take(message) {
    if (this.#isAsking) this.#waiting.push(message);
    else if (message.prev === this.#held[message.channel]) this.#put(message.channel, message.next, message.patches);
    else if (message.next !== this.#held[message.channel]) void this.begin();
  }

  /** Those that lead on from what the answer brought; the others are in it already. */
  #takeWaiting() {
    const waiting = this.#waiting.splice(0);
    for (const message of waiting) {
      if (message.prev === this.#held[message.channel]) this.#put(message.channel, message.next, message.patches);
    }
  }

  #put(channel, digest, patches) {
    for (const patch of patches) apply(patch, this.#root);
    this.#held[channel] = digest;
    if (patches.length > 0) this.#root.dispatchEvent(new CustomEvent("bidroom:patched", { detail: { channel } }));
  }
}

/** @param {Patch} patch */
export function apply(patch, root = document) {
  if (patch.op === "remove") root.getElementById(patch.id)?.remove();
  else if (patch.op === "insert") insert(patch, root);
  else morph(root.getElementById(patch.id), patch.html);
}

function insert({ into, before, html }, root) {
  const element = elementOf(html, root);
  root.getElementById(element.id)?.remove();
  const place = before === null ? null : root.getElementById(before);
  root.getElementById(into)?.insertBefore(element, place);
}

/** Rows are no children of a div: a template holds whatever the markup is. */
function elementOf(html, root) {
  const template = root.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function morph(old, html) {
  if (!old) return;
  Idiomorph.morph(old, elementOf(html, old.ownerDocument), {
    callbacks: { beforeNodeMorphed: mayChange, beforeAttributeUpdated: mayBeSet },
  });
}

/** The personal panel has a channel of its own; what only the page itself fills stays as it is. */
function mayChange(old, fresh) {
  if (old.id === "own" && fresh.id === "own" && fresh.hasAttribute("data-place")) return false;
  return !(old instanceof Element && (old.hasAttribute("data-kept") || isFilledIn(old)));
}

/** What a person typed or chose, and has not sent, is nobody else's to change. */
function isFilledIn(element) {
  if (element instanceof HTMLSelectElement) return element.selectedIndex !== chosenAtFirst(element);
  if (element instanceof HTMLTextAreaElement) return element.value !== element.defaultValue;
  if (!(element instanceof HTMLInputElement)) return false;
  return element.value !== element.defaultValue || element.checked !== element.defaultChecked;
}

const chosenAtFirst = ({ options }) => Math.max(0, [...options].findIndex((option) => option.defaultSelected));

/** What a person opened stays open. */
const mayBeSet = (name, node, kind) =>
  !(name === "open" && (node.localName === "dialog" || node.localName === "details") && kind === "remove");
