/**
 * Calls between a page and its worker. Asked: {id, call, with}. Answered: {id, answer}, {id, refused} or {id, failed};
 * in between, {id, done, total}.
 */

import { Refused } from "./refused.mjs";

const CALLS = ["openP12", "newCode", "openCode", "close", "signLogin", "signCommand", "signBytes", "seal", "prove",
  "repair", "release", "preflight", "releaseHolder", "verifyReceipt"];

/**
 * Answer calls that come in at `port` (a worker's own scope, or one end of a channel).
 * @param {Pick<MessagePort, "postMessage" | "addEventListener">} port
 * @param {import("./desk.mjs").Desk} desk
 */
export function serve(port, desk) {
  port.addEventListener("message", async ({ data: { id, call, with: given } }) => {
    port.postMessage({ id, ...(await answerTo(desk, call, given, progressTo(port, id))) });
  });
}

/** At most one message in 100 ms, and the last one. */
function progressTo(port, id) {
  let next = 0;
  return (done, total) => {
    if (performance.now() < next && done !== total) return;
    next = performance.now() + 100;
    port.postMessage({ id, done, total });
  };
}

async function answerTo(desk, call, given, progress) {
  try {
    if (!CALLS.includes(call)) throw new Refused("call_unknown", "call");
    return { answer: await desk[call](given ?? {}, progress) };
  } catch (fault) {
    if (!(fault instanceof Refused)) return { failed: String(fault) };
    const { reason, field, details } = fault;
    return { refused: { reason, field, details } };
  }
}

/** The page's end. */
export class Caller {
  #waiting = new Map();
  #port;

  /** @param {Worker | MessagePort} port */
  constructor(port) {
    this.#port = port;
    port.addEventListener("message", ({ data }) => this.#take(data));
  }

  /**
   * What the worker answers; Refused as the worker refuses.
   * @param {string} call
   * @param {object} [given]
   * @param {(done: number, total: number) => void} [progress]
   */
  call(call, given = {}, progress = () => {}) {
    const id = globalThis.crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      this.#port.postMessage({ id, call, with: given });
    });
  }

  #take({ id, answer, refused, failed, done, total }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (total !== undefined) {
      waiting.progress(done, total);
      return;
    }
    this.#waiting.delete(id);
    if (refused) waiting.reject(new Refused(refused.reason, refused.field, refused.details));
    else if (failed) waiting.reject(new Error(failed));
    else waiting.resolve(answer);
  }
}
