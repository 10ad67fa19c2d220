/** DER (X.690), as much of it as certificates and signatures need: a strict reader and a writer. */

import { concat, hex } from "./bytes.mjs";

export const TAGS = {
  BOOLEAN: 1, INTEGER: 2, BIT_STRING: 3, OCTET_STRING: 4, NULL: 5, OID: 6, UTC_TIME: 23, GENERALIZED_TIME: 24,
  SEQUENCE: 0x30, SET: 0x31,
};

/** Bytes that are not DER, or not of the form that was looked for. */
export class NotDer extends Error {}

/** One value: its tag, its contents, and all its bytes. */
export class Node {
  constructor(tag, content, raw) {
    this.tag = tag;
    this.content = content;
    this.raw = raw;
  }

  /** This value, if it has that tag. */
  as(tag) {
    if (this.tag !== tag) throw new NotDer(`tag ${this.tag} for ${tag}`);
    return this;
  }

  /** What a SEQUENCE, a SET or an explicit tag holds. */
  get children() {
    if (!(this.tag & 0x20)) throw new NotDer("primitive");
    return readAll(this.content);
  }

  /** The one value inside an explicit tag. */
  get only() {
    const { children } = this;
    if (children.length !== 1) throw new NotDer("one value");
    return children[0];
  }

  get sequence() {
    return this.as(TAGS.SEQUENCE).children;
  }

  get octets() {
    return this.as(TAGS.OCTET_STRING).content;
  }

  /** The bytes of a BIT STRING without unused bits. */
  get bits() {
    const { content } = this.as(TAGS.BIT_STRING);
    if (content[0] !== 0) throw new NotDer("unused bits");
    return content.subarray(1);
  }

  /** @returns {bigint} */
  get integer() {
    const { content } = this.as(TAGS.INTEGER);
    const minimal = content.length === 1 || (content.length > 1 && !isPadded(content));
    if (!minimal) throw new NotDer("integer");
    const value = BigInt(`0x${hex(content)}`);
    return content[0] & 0x80 ? value - (1n << BigInt(8 * content.length)) : value;
  }

  /** The object identifier in dots. */
  get oid() {
    const { content } = this.as(TAGS.OID);
    if (!content.length || content.at(-1) & 0x80) throw new NotDer("oid");
    const numbers = [];
    let value = 0n;
    for (const byte of content) {
      if (value === 0n && byte === 0x80) throw new NotDer("oid");
      value = (value << 7n) | BigInt(byte & 0x7f);
      if (byte & 0x80) continue;
      numbers.push(value);
      value = 0n;
    }
    const first = numbers[0] < 40n ? 0n : numbers[0] < 80n ? 1n : 2n;
    return [first, numbers[0] - first * 40n, ...numbers.slice(1)].join(".");
  }

  /** A UTCTime or GeneralizedTime as `instant` writes it, whole seconds in UTC. */
  get time() {
    const text = String.fromCharCode(...this.content);
    const short = this.tag === TAGS.UTC_TIME;
    const found = /^(\d{2,4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
    if (!found || (!short && this.tag !== TAGS.GENERALIZED_TIME) || found[1].length !== (short ? 2 : 4)) {
      throw new NotDer("time");
    }
    const year = short ? `${+found[1] < 50 ? 20 : 19}${found[1]}` : found[1];
    return `${year}-${found[2]}-${found[3]}T${found[4]}:${found[5]}:${found[6]}.000000Z`;
  }
}

const isPadded = ([first, second]) => (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);

/** The one value that all of `data` encodes. */
export function read(data) {
  const node = readOne(data, 0);
  if (node.raw.length !== data.length) throw new NotDer("trailing bytes");
  return node;
}

function readAll(data) {
  const nodes = [];
  for (let at = 0; at < data.length; at += nodes.at(-1).raw.length) nodes.push(readOne(data, at));
  return nodes;
}

function readOne(data, at) {
  const tag = data[at];
  if (tag === undefined || (tag & 0x1f) === 0x1f) throw new NotDer("tag");
  const { length, size } = lengthAt(data, at + 1);
  const start = at + 1 + size;
  if (start + length > data.length) throw new NotDer("cut off");
  return new Node(tag, data.subarray(start, start + length), data.subarray(at, start + length));
}

function lengthAt(data, at) {
  const first = data[at];
  if (first < 0x80) return { length: first, size: 1 };
  const more = first & 0x7f;
  if (first === undefined || more < 1 || more > 4 || at + more >= data.length) throw new NotDer("length");
  const length = data.subarray(at + 1, at + 1 + more).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length < 0x80 || length < 256 ** (more - 1)) throw new NotDer("length");
  return { length, size: 1 + more };
}

/**
 * One value around `parts`.
 * @param {number} tag
 * @param {...Uint8Array} parts
 */
export function der(tag, ...parts) {
  const content = concat(...parts);
  const bytes = [];
  for (let rest = content.length; rest; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 | bytes.length, ...bytes];
  return concat(Uint8Array.of(tag, ...length), content);
}

export const sequence = (...parts) => der(TAGS.SEQUENCE, ...parts);
export const octetString = (bytes) => der(TAGS.OCTET_STRING, bytes);

/** A SET OF, its members in DER's order. */
export const setOf = (...parts) => der(TAGS.SET, ...parts.sort(inOrder));

function inOrder(a, b) {
  const [left, right] = [hex(a), hex(b)];
  return left < right ? -1 : Number(left > right);
}

/** A number that is not negative, from its big-endian bytes. */
export function unsigned(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  const least = first < 0 ? Uint8Array.of(0) : bytes.subarray(first);
  return least[0] & 0x80 ? der(TAGS.INTEGER, Uint8Array.of(0), least) : der(TAGS.INTEGER, least);
}

/** An object identifier from its dots. */
export function oid(text) {
  const [first, second, ...rest] = text.split(".").map(Number);
  return der(TAGS.OID, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value) {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) | 0x80);
  return digits;
}
