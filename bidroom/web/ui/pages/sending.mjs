/** Commands on their way: signed by the worker, sent once, and after a broken line the very same bytes again. */

import { base64, hex } from "../bytes.mjs";
import { canonical } from "../canonical.mjs";
import { Refused } from "../refused.mjs";
import { caller } from "./keyring.mjs";
import { serverNow } from "./notices.mjs";
import { post } from "./server.mjs";

/**
 * @typedef {{type: string, stream: string, lot: number | null, checkpoint?: object | null, body: Record<string, any>}}
 *   Asked
 * What a special way has at hand; `key` opens one (or gives the one that is open), `tell` says how far it is.
 * @typedef {{asked: Asked, form: HTMLFormElement, key: () => Promise<import("./keyring.mjs").Key>,
 *   tell: (text: string) => void}} Doing
 */

const ways = new Map();

/**
 * Register a special way for `data-by`: it does the whole thing and gives null, or gives what is to be sent plainly.
 * @param {string} name
 * @param {(doing: Doing) => Promise<Asked | null>} how
 */
export function way(name, how) {
  ways.set(name, how);
}

/** The special way of this name. @param {string} name */
export function wayOf(name) {
  const how = ways.get(name);
  if (!how) throw new Error(`no way is called ${name}`);
  return how;
}

/** Commands that were sent and not answered: the same click again sends the same bytes. @type {Map<string, object>} */
const unanswered = new Map();

/**
 * The server's answer to a command, signed where a key is given.
 * @param {Asked} asked
 * @param {import("./keyring.mjs").Key | null} key
 */
export async function give(asked, key) {
  const name = nameOf(asked, key);
  const envelope = unanswered.get(name) ?? (await enveloped(asked, key));
  unanswered.set(name, envelope);
  try {
    const answer = await post("/commands", envelope);
    unanswered.delete(name);
    return answer;
  } catch (fault) {
    if (isAnswer(fault)) unanswered.delete(name);
    throw fault;
  }
}

const nameOf = ({ stream, type, lot, body }, key) => JSON.stringify([stream, type, lot, body, key?.digest ?? null]);

/** Whether the server has said no, so that another try is another command. */
export const isAnswer = (fault) =>
  fault instanceof Refused && !["server_unreachable", "server_failed"].includes(fault.reason);

/** A fresh id of a command. */
export const newId = () => hex(crypto.getRandomValues(new Uint8Array(16)));

async function enveloped({ stream, type, lot, checkpoint = null, body }, key) {
  if (!key) return { bytes: base64(canonical({ v: 1, id: newId(), stream, type, lot, checkpoint, body })) };
  const at = (await serverNow()).toISOString();
  const signed = await caller().call("signCommand", { handle: key.handle, stream, type, lot, checkpoint, body, at });
  const { bytes, cms, certificate } = signed;
  return { bytes, cms, certificate };
}

/** The token that a worker's own requests bring. */
export const csrf = () => document.documentElement.dataset.csrf ?? "";
