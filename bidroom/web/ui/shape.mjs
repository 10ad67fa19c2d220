/** Reading a parsed JSON document strictly: every place knows its own name and the reason to refuse with. */

import { instant } from "./instant.mjs";
import { Refused } from "./refused.mjs";

const MONEY = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?$/;
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| )*$/u;

/** One value of a document, the reason for refusing it, and its path (`stanzas[1].ct`). */
export class Place {
  /**
   * @param {any} value
   * @param {string} reason
   * @param {string} [path]
   */
  constructor(value, reason, path = "") {
    this.value = value;
    this.reason = reason;
    this.path = path;
  }

  /** The refusal that names this place. */
  refused(cause, details = {}) {
    return new Refused(this.reason, this.path || null, { cause, ...details });
  }

  /**
   * The members of an object that has all of `names`, maybe some of `optional`, and no other.
   * @param {string[]} names
   * @param {string[]} [optional]
   * @returns {Record<string, Place>}
   */
  members(names, optional = []) {
    if (this.value === null || typeof this.value !== "object" || Array.isArray(this.value)) {
      throw this.refused("not_an_object");
    }
    const found = Object.keys(this.value);
    const other = found.find((name) => !names.includes(name) && !optional.includes(name));
    if (other !== undefined) throw this.at(other).refused("unknown");
    for (const name of names) if (!found.includes(name)) throw this.at(name).refused("missing");
    return Object.fromEntries(found.map((name) => [name, this.at(name)]));
  }

  /** @param {string} name */
  at(name) {
    return new Place(this.value[name], this.reason, this.path ? `${this.path}.${name}` : name);
  }

  /** The items of a list of `least` to `most`. */
  items(least = 0, most = 1000) {
    if (!Array.isArray(this.value) || this.value.length < least || this.value.length > most) {
      throw this.refused("not_a_list", { least, most });
    }
    return this.value.map((item, n) => new Place(item, this.reason, `${this.path}[${n}]`));
  }

  /** An integer within both bounds. */
  integer(least = 0, most = Number.MAX_SAFE_INTEGER) {
    if (!Number.isInteger(this.value) || this.value < least || this.value > most) {
      throw this.refused("not_an_integer", { least, most });
    }
    return this.value;
  }

  /** A string of 1 to `most` characters (code points) without control characters. */
  text(most = 500) {
    const { value } = this;
    const length = typeof value === "string" ? [...value].length : 0;
    if (length < 1 || length > most || !PRINTABLE.test(value)) throw this.refused("not_a_text", { most });
    return value;
  }

  /** A string that all of `pattern` matches. */
  matching(pattern) {
    if (typeof this.value !== "string" || !new RegExp(`^(?:${pattern})$`, "u").test(this.value)) {
      throw this.refused("not_of_the_form", { pattern });
    }
    return this.value;
  }

  /** A decimal string of at most 15 digits and 2 decimals; never negative, never a float. */
  money() {
    if (typeof this.value !== "string" || !MONEY.test(this.value)) throw this.refused("not_an_amount");
    return this.value;
  }

  /** Lowercase hex of `size` bytes. */
  hexed(size) {
    const { value } = this;
    if (typeof value !== "string" || value.length % 2 || !/^[0-9a-f]*$/.test(value)) throw this.refused("not_hex");
    if (size !== undefined && value.length !== 2 * size) throw this.refused("wrong_length", { bytes: size });
    return value;
  }

  /** One of `options`, of the same type. */
  oneOf(...options) {
    if (!options.includes(this.value)) throw this.refused("not_one_of", { options });
    return this.value;
  }

  /** An RFC 3339 time with its offset; UTC, as `instant` writes it. */
  instant() {
    if (typeof this.value !== "string") throw this.refused("not_a_time");
    try {
      return instant(this.value);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      throw this.refused(fault.reason);
    }
  }
}
