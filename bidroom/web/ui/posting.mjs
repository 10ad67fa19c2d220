/** Sending a signed command from within the worker; a problem (RFC 9457) comes back as the server's refusal. */

import { Refused } from "./refused.mjs";

/**
 * @param {string} origin
 * @param {typeof fetch} send
 * @returns {import("./desk.mjs").Post}
 */
export function posting(origin, send) {
  return async (document, csrf) => {
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
    const here = { credentials: "same-origin", redirect: "error" };
    const request = { method: "POST", headers, body: JSON.stringify(document), ...here };
    const response = await reached(() => send(`${origin}/api/v1/commands`, request), origin);
    const answer = await said(response);
    if (response.ok) return answer;
    const { reason = "server_failed", field = null, type, ...details } = answer;
    throw new Refused(reason, field, details);
  };
}

async function reached(request, origin) {
  try {
    return await request();
  } catch (fault) {
    if (!(fault instanceof TypeError)) throw fault;
    throw new Refused("server_unreachable", origin);
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
