/** Exact bytes: canonical JSON (RFC 8785) without floats, and the digests that are taken over it. */

import { concat, hex, sha256, utf8 } from "./bytes.mjs";
import { parseJson, Unfit, Unreadable } from "./json.mjs";
import { Refused } from "./refused.mjs";

/**
 * The RFC 8785 form of `value`; floats, unsafe integers and lone surrogates are Refused("json_malformed").
 * @param {unknown} value
 * @returns {Uint8Array}
 */
export function canonical(value) {
  const fault = faultOf(value, "");
  if (fault) throw new Refused("json_malformed", fault[0] || null, { cause: fault[1] });
  return utf8(written(value));
}

/**
 * The value of canonical JSON of at most `limit` bytes. Anything else is Refused(reason), with the field where there is
 * one and a `cause`: oversize, not_utf8, not_json, too_deep, duplicate_key, float, number, surrogate, not_canonical.
 * @param {Uint8Array} data
 * @param {number} limit
 * @param {string} reason
 * @returns {any} objects have no prototype
 */
export function parseCanonical(data, limit, reason) {
  if (data.length > limit) throw new Refused(reason, null, { cause: "oversize", limit });
  const text = textOf(data, reason);
  const value = valueOf(text, reason);
  const fault = faultOf(value, "");
  if (fault) throw new Refused(reason, fault[0] || null, { cause: fault[1] });
  if (written(value) !== text) throw new Refused(reason, null, { cause: "not_canonical" });
  return value;
}

function textOf(data, reason) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch (fault) {
    if (!(fault instanceof TypeError)) throw fault;
    throw new Refused(reason, null, { cause: "not_utf8" });
  }
}

function valueOf(text, reason) {
  try {
    return parseJson(text);
  } catch (fault) {
    if (!(fault instanceof Unreadable)) throw fault;
    throw new Refused(reason, null, { cause: fault.message });
  }
}

/**
 * The first place that RFC 8785 or our own stricter rules do not allow, and why.
 * @param {any} value
 * @param {string} path
 * @returns {[string, string] | null}
 */
function faultOf(value, path) {
  if (value === null || typeof value === "boolean") return null;
  if (typeof value === "string") return value.isWellFormed() ? null : [path, "surrogate"];
  if (typeof value === "number") return numberFault(value, path);
  if (value instanceof Unfit) return [value.key === null ? path : joined(path, value.key), value.cause];
  return Array.isArray(value) ? listFault(value, path) : objectFault(value, path);
}

function listFault(items, path) {
  for (const [n, item] of items.entries()) {
    const fault = faultOf(item, `${path}[${n}]`);
    if (fault) return fault;
  }
  return null;
}

function objectFault(value, path) {
  if (typeof value !== "object") return [path, "not_json"];
  for (const key of Object.keys(value)) {
    const fault = key.isWellFormed() ? faultOf(value[key], joined(path, key)) : [path, "surrogate"];
    if (fault) return fault;
  }
  return null;
}

function numberFault(value, path) {
  if (!Number.isInteger(value)) return [path, "float"];
  return Number.isSafeInteger(value) ? null : [path, "number"];
}

const joined = (path, key) => (path ? `${path}.${key}` : key);

/** RFC 8785: keys sorted by UTF-16 code units (as sort() does), strings as JSON.stringify writes them. */
function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${written(value[key])}`);
  return `{${members.join(",")}}`;
}

/**
 * What is hashed and signed everywhere: "bidroom/v1/" ‖ kind ‖ "\0" ‖ data.
 * @param {string} kind
 * @param {Uint8Array} data
 */
export const signedInput = (kind, data) => concat(utf8(`bidroom/v1/${kind}\0`), data);

/**
 * SHA-256 in hex over the tagged bytes: a bid's name (kind "bid"), H(command) (kind "command").
 * @param {string} kind
 * @param {Uint8Array} data
 */
export const digestOf = async (kind, data) => hex(await sha256(signedInput(kind, data)));
