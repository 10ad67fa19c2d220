/** A sealed bid's way to the server: segments in any order, several at once, until all are there; then its header. */

import { Refused } from "../refused.mjs";
import { SEGMENT } from "../tree.mjs";

export const AT_ONCE = 4;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
/** What passes by itself; everything else is said at once. */
const PASSING = ["server_unreachable", "server_failed", "too_many_requests", "request_incomplete"];

/** Whether the same request may succeed later. */
export const isPassing = (fault) => fault instanceof Refused && PASSING.includes(fault.reason);

/**
 * @typedef {{get: (path: string) => Promise<any>, put: (path: string, bytes: Blob) => Promise<any>,
 *   post: (path: string, document: object) => Promise<any>}} Server
 * @typedef {{tender: string, bid: string, parts: {id: number, length: number, blob: Blob}[]}} Load
 * @typedef {{state: "running" | "waiting" | "paused" | "done" | "failed", done: number, total: number,
 *   retryAt: number | null, fault: Error | null}} Progress bytes; `retryAt` by `now`
 */

/** One upload, which can be paused and goes on where it stopped, also in another page. */
export class Upload {
  #server;
  #load;
  #told;
  #around;
  #left = [];
  #done = 0;
  #state = "paused";
  #waiters = [];
  /** @type {Promise<boolean> | null} */
  #running = null;
  /** @type {number | null} */
  #retryAt = null;

  /**
   * @param {Server} server
   * @param {Load} load
   * @param {(progress: Progress) => void} told
   * @param {{sleep?: (ms: number, wake: AbortSignal) => Promise<void>, chance?: () => number,
   *   now?: () => number}} around
   */
  constructor(server, load, told = () => {}, around = {}) {
    this.#server = server;
    this.#load = load;
    this.#told = told;
    this.#around = { sleep, chance: Math.random, now: Date.now, ...around };
  }

  /** Bytes of all parts. */
  get total() {
    return this.#load.parts.reduce((sum, part) => sum + part.length, 0);
  }

  get state() {
    return this.#state;
  }

  /**
   * Go on until all is there; false where it was paused before. Throws what does not pass by itself.
   * @returns {Promise<boolean>}
   */
  run() {
    if (!this.#isOn()) {
      this.#become("running");
      const before = this.#running; // what was on its way when somebody paused
      this.#running = Promise.allSettled([before]).then(() => this.#whole());
    }
    return this.#running;
  }

  /** Start nothing more; what is on its way may still arrive. */
  pause() {
    this.#become("paused");
    this.#wake();
  }

  /** Try again at once: the network is back. */
  hurry() {
    if (this.#state === "waiting") this.#wake();
  }

  async #whole() {
    if (this.#state === "done") return true; // by the one before
    await this.#orFailed(() => this.#patiently(() => this.#look()));
    const lanes = Array.from({ length: AT_ONCE }, () => this.#orFailed(() => this.#lane()));
    const broken = (await Promise.allSettled(lanes)).find(({ status }) => status === "rejected");
    if (broken) throw broken.reason;
    if (this.#left.length || !this.#isOn()) return false;
    this.#become("done");
    return true;
  }

  /** What fails for good in one place stops all others. */
  async #orFailed(work) {
    try {
      await work();
    } catch (fault) {
      this.#become("failed", fault);
      this.#wake();
      throw fault;
    }
  }

  /** What is there already, and what is left to send. */
  async #look() {
    const { tender, bid, parts } = this.#load;
    const here = await this.#server.get(`/tenders/${tender}/bids/${bid}/segments`);
    const all = parts.flatMap((part) => segmentsOf(part));
    this.#left = all.filter(({ part, number }) => !(here[part.id] ?? []).includes(number));
    this.#done = this.total - this.#left.reduce((sum, segment) => sum + segment.size, 0);
  }

  async #lane() {
    while (this.#isOn() && this.#left.length) {
      const segment = this.#left.shift();
      let sent = false;
      try {
        sent = await this.#patiently(() => this.#send(segment));
      } finally {
        if (!sent) this.#left.unshift(segment);
      }
      if (sent) {
        this.#done += segment.size;
        this.#become(this.#state);
      }
    }
  }

  async #send({ part, number, start, size }) {
    const { tender, bid } = this.#load;
    const path = `/tenders/${tender}/bids/${bid}/parts/${part.id}/segments/${number}`;
    await this.#server.put(path, part.blob.slice(start, start + size));
  }

  /** A file that cannot be read looks like a network that is down; Refused("sealed_file_gone"). */
  async #checkFiles() {
    for (const { blob } of this.#load.parts) {
      try {
        await blob.slice(0, 1).arrayBuffer();
      } catch {
        throw new Refused("sealed_file_gone");
      }
    }
  }

  #isOn() {
    return this.#state === "running" || this.#state === "waiting";
  }

  /** Whether it was done; what passes by itself is tried again after ever longer waits, until somebody pauses. */
  async #patiently(step) {
    for (let wait = FIRST_WAIT; this.#isOn(); wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        await step();
        if (this.#state === "waiting") this.#become("running");
        return true;
      } catch (fault) {
        if (!isPassing(fault)) throw fault;
        await this.#checkFiles();
        await this.#wait(wait * (0.75 + this.#around.chance() / 2), fault);
      }
    }
    return false;
  }

  async #wait(ms, fault) {
    if (!this.#isOn()) return;
    this.#retryAt = this.#around.now() + ms;
    this.#become("waiting", fault);
    const waker = new AbortController();
    this.#waiters.push(waker);
    await this.#around.sleep(ms, waker.signal);
  }

  #wake() {
    for (const waker of this.#waiters.splice(0)) waker.abort();
  }

  #become(state, fault = null) {
    this.#state = state;
    const retryAt = state === "waiting" ? this.#retryAt : null;
    this.#told({ state, done: this.#done, total: this.total, retryAt, fault });
  }
}

/** The segments of one part, in order. */
function segmentsOf(part) {
  return Array.from({ length: Math.ceil(part.length / SEGMENT) }, (_, number) => {
    const start = number * SEGMENT;
    return { part, number, start, size: Math.min(SEGMENT, part.length - start) };
  });
}

/** Wait, or be woken. */
function sleep(ms, wake) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Submit the header, once all segments are there: the server's receipt. The same header twice is the same bid, so an
 * answer that got lost is asked for again; after `tries` the network's fault is thrown, and one may ask once more.
 * @param {Server} server
 * @param {{tender: string, bid: string, header: string, cms: string, certificate: string}} bid base64
 */
export async function submitHeader(server, { tender, bid, ...document }, tries = 5, wait = sleep) {
  const path = `/tenders/${tender}/bids/${bid}`;
  for (let ms = FIRST_WAIT; ; ms *= 2) {
    try {
      return (await server.post(path, document)).receipt;
    } catch (fault) {
      tries -= 1;
      if (!isPassing(fault) || tries < 1) throw fault;
      await wait(ms, new AbortController().signal);
    }
  }
}
