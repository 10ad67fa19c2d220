/** Sending a signed command from within the worker; a problem (RFC 9457) comes back as the server's refusal. */

import { Refused } from "./refused.mjs";

const LONGEST_WAIT = 2_000;

/**
 * @param {string} base the server's origin, and the prefix below it where there is one
 * @param {typeof fetch} send
 * @param {number} [patience] milliseconds for which a broken line is tried again, with the very same bytes
 * @returns {import("./desk.mjs").Post}
 */
export function posting(base, send, patience = 0) {
  return async (document, csrf) => {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const here = { credentials: "same-origin", redirect: "error" };
    const request = { method: "POST", headers, body: JSON.stringify(document), ...here };
    const response = await reached(() => send(`${base}/api/v1/commands`, request), base, patience);
    const answer = await said(response);
    if (response.ok) return answer;
    const { reason = "server_failed", field = null, type, ...details } = answer;
    throw new Refused(reason, field, details);
  };
}

async function reached(request, base, patience) {
  const until = performance.now() + patience;
  for (let wait = 200; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await request();
    } catch (fault) {
      if (!(fault instanceof TypeError)) throw fault;
      if (performance.now() + wait > until) throw new Refused("server_unreachable", base);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function said(response) {
  try {
    return await response.json();
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    throw new Refused("server_failed", null, { status: response.status });
  }
}
