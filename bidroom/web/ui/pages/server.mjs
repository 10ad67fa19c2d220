/** The server's API as pages speak it: under the seat's own prefix, with the session's token, refusals as Refused. */

import { Refused } from "../refused.mjs";

const PATIENCE = 15_000;
const LONGEST_WAIT = 2_000;

const { document, location } = globalThis;
const page = document?.documentElement;

/** The path before every path of ours; empty but for a demo's seats. */
export const base = page?.dataset.base ?? "";

/** What JSON is at this path under /api/v1. @param {string} path */
export const get = async (path) => said(await send("GET", path));

/** Send JSON, and the answer to it. @param {string} path @param {object} document */
export const post = async (path, document) =>
  said(await send("POST", path, JSON.stringify(document), { "Content-Type": "application/json" }));

/** Send bytes to a path that is named after them. @param {string} path @param {Uint8Array | Blob} bytes */
export const put = async (path, bytes) =>
  said(await send("PUT", path, bytes, { "Content-Type": "application/octet-stream" }));

/** The bytes at this path. @param {string} path */
export const bytesAt = async (path) => new Uint8Array(await (await send("GET", path)).arrayBuffer());

/** The answer, tried again for a while where the server cannot be reached: every request here may be sent twice. */
async function send(method, path, body, more = {}) {
  const url = `${base}/api/v1${path}`;
  const request = { method, headers: headersOf(method, more), body, credentials: "same-origin", redirect: "error" };
  const response = await patiently(() => fetch(url, request));
  if (!response.ok) throw await refusedBy(response);
  return response;
}

function headersOf(method, more) {
  const { lang, dataset } = page;
  const token = method !== "GET" && dataset.csrf ? { "X-CSRF-Token": dataset.csrf } : {};
  return { "Accept-Language": lang, ...token, ...more };
}

/**
 * What `attempt` gives, tried anew while the network fails; Refused("server_unreachable") after that.
 * @template T
 * @param {() => Promise<T>} attempt
 * @param {number} [patience] milliseconds
 */
export async function patiently(attempt, patience = PATIENCE) {
  const until = performance.now() + patience;
  for (let wait = 200; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof TypeError)) throw fault;
      if (performance.now() + wait > until) throw new Refused("server_unreachable", location?.origin ?? null);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function refusedBy(response) {
  const { reason = "server_failed", field = null, type, ...details } = await problemIn(response);
  return new Refused(reason, field, details);
}

async function problemIn(response) {
  const failed = { status: response.status };
  try {
    return { ...failed, ...(await response.json()) };
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    return failed;
  }
}

async function said(response) {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    throw new Refused("server_failed", null, { status: response.status });
  }
}
