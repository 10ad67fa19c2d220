/** JSON read as it is written: what JSON.parse hides (floats, large numbers, keys named twice) stays visible. */

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const CONSTANT = /NaN|-?Infinity/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const DEEPEST = 500;

/** Stands for a value that canonical JSON does not have, until its place in the document is known. */
export class Unfit {
  /**
   * @param {string} cause
   * @param {string | null} [key] the key that was named twice
   */
  constructor(cause, key = null) {
    this.cause = cause;
    this.key = key;
  }
}

/** Not JSON at all, or too deep to be read. */
export class Unreadable extends Error {}

/**
 * @param {string} text
 * @returns {unknown} objects have no prototype; what is not fit is an `Unfit`
 */
export function parseJson(text) {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.blank();
  if (reader.at !== text.length) throw new Unreadable("not_json");
  return value;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {number} depth */
  value(depth) {
    if (depth > DEEPEST) throw new Unreadable("too_deep");
    this.blank();
    const next = this.text[this.at];
    if (next === "{") return this.object(depth);
    if (next === "[") return this.list(depth);
    if (next === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  number() {
    if (this.match(CONSTANT)) return new Unfit("float");
    const found = this.match(NUMBER);
    if (!found) throw new Unreadable("not_json");
    if (found[1] || found[2]) return new Unfit("float");
    const value = Number(found[0]);
    return Number.isSafeInteger(value) ? value + 0 : new Unfit("number");
  }

  string() {
    let text = "";
    this.at += 1;
    for (;;) {
      text += this.match(PLAIN)[0];
      const next = this.text[this.at];
      this.at += 1;
      if (next === '"') return text;
      if (next !== "\\") throw new Unreadable("not_json");
      text += this.escape();
    }
  }

  escape() {
    const letter = this.text[this.at];
    this.at += 1;
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter)) throw new Unreadable("not_json");
      return ESCAPES[letter];
    }
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new Unreadable("not_json");
    this.at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  /** @param {number} depth */
  list(depth) {
    /** @type {unknown[]} */
    const items = [];
    this.members("]", () => items.push(this.value(depth + 1)));
    return items;
  }

  /** @param {number} depth */
  object(depth) {
    const found = Object.create(null);
    /** @type {string[]} */
    const keys = [];
    this.members("}", () => {
      this.blank();
      if (this.text[this.at] !== '"') throw new Unreadable("not_json");
      keys.push(this.string());
      this.need(":");
      found[keys.at(-1)] = this.value(depth + 1);
    });
    const twice = keys.length > Object.keys(found).length && keys.find((key, n) => keys.indexOf(key, n + 1) > 0);
    return typeof twice === "string" ? new Unfit("duplicate_key", twice) : found;
  }

  /**
   * @param {string} end
   * @param {() => void} one
   */
  members(end, one) {
    this.at += 1;
    this.blank();
    if (this.text[this.at] === end) {
      this.at += 1;
      return;
    }
    for (;;) {
      one();
      this.blank();
      if (this.text[this.at] === end) break;
      this.need(",");
    }
    this.at += 1;
  }

  /** @param {string} mark */
  need(mark) {
    this.blank();
    if (this.text[this.at] !== mark) throw new Unreadable("not_json");
    this.at += 1;
  }

  blank() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  /** @param {RegExp} pattern a sticky one */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found;
  }
}
