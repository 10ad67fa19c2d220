/** The frame around each part's data, its padding, and the lengths that follow from both. */

import { concat, equal, u64, utf8 } from "./bytes.mjs";
import { CHUNK, SALT_AND_COMMITMENT, TAG } from "./cobblestone.mjs";
import { Refused } from "./refused.mjs";

export const FORM = 0;
export const DOCUMENTS = 1;
const MAGIC = utf8("bidroom1");
const HEAD = 48;
const FORM_BLOCK = 1 << 16;

const bits = (value) => (value ? value.toString(2).length : 0);

/** `length` rounded up so that it tells O(log log length) bits; never shorter than a frame's head. */
export function padme(length) {
  const e = bits(length) - 1;
  const step = 2 ** (e - bits(e));
  return Math.ceil(length / step) * step;
}

const padded = (part, length) => (part === DOCUMENTS ? padme(length) : Math.ceil(length / FORM_BLOCK) * FORM_BLOCK);

/** Bytes of the padded frame around `length` bytes of data. */
export const frameLength = (part, length) => padded(part, HEAD + length);

/** Bytes of the ciphertext of `frame` bytes; the last chunk is never full, so it may be empty. */
export const sealedLength = (frame) => SALT_AND_COMMITMENT + frame + TAG * (Math.floor(frame / CHUNK) + 1);

/** Whether a part can have this many bytes at all. */
export function isSealedLength(part, length) {
  const chunks = Math.floor((length - SALT_AND_COMMITMENT) / (CHUNK + TAG));
  const rest = length - SALT_AND_COMMITMENT - chunks * (CHUNK + TAG);
  const frame = chunks * CHUNK + rest - TAG;
  if (chunks < 0 || rest < TAG || frame < HEAD) return false;
  return frame === padded(part, frame);
}

/**
 * A Blob, or what is read like one.
 * @typedef {{size: number, slice: (start: number, end: number) => {size: number,
 *   arrayBuffer: () => Promise<ArrayBuffer>}}} Readable
 */

/** A part's frame around data, any stretch of which can be read without holding the rest. */
export class Frame {
  /**
   * @param {number} part
   * @param {Uint8Array} B
   * @param {Readable} data
   */
  constructor(part, B, data) {
    this.head = concat(MAGIC, B, u64(data.size));
    this.data = data;
    this.length = frameLength(part, data.size);
  }

  /** Bytes `start` to `end`; Refused("documents_changed") when a file is no longer what it was. */
  async read(start, end) {
    const from = Math.max(start, HEAD);
    const inside = this.data.slice(from - HEAD, Math.max(end, HEAD) - HEAD);
    const data = await bytesOf(inside);
    if (data.length !== inside.size) {
      throw new Refused("documents_changed", null, { expected: inside.size, found: data.length });
    }
    if (data.length === end - start) return data; // neither head nor padding
    const bytes = new Uint8Array(Math.min(end, this.length) - start);
    bytes.set(this.head.subarray(start, end));
    bytes.set(data, Math.min(from - start, bytes.length));
    return bytes;
  }
}

async function bytesOf(blob) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (fault) {
    if (fault.name !== "NotReadableError") throw fault;
    throw new Refused("documents_changed");
  }
}

/** Takes a frame apart as it comes; every way in which it is not exact is Refused("frame_malformed", field). */
export class FrameReader {
  #head = new Uint8Array(0);
  #length = 0;
  #seen = 0;

  constructor(part, B) {
    this.part = part;
    this.B = B;
  }

  /** The data within the next bytes of the frame. */
  feed(plain) {
    const taken = Math.min(HEAD - this.#head.length, plain.length);
    if (taken) {
      this.#head = concat(this.#head, plain.subarray(0, taken));
      if (this.#head.length === HEAD) this.#readHead();
    }
    const rest = plain.subarray(taken);
    const wanted = Math.min(Math.max(0, this.#length - this.#seen), rest.length);
    this.#seen += rest.length;
    if (rest.subarray(wanted).some((byte) => byte !== 0)) throw malformed("padding", "not_zero");
    return rest.subarray(0, wanted);
  }

  #readHead() {
    if (!equal(this.#head.subarray(0, 8), MAGIC)) throw malformed("magic");
    if (!equal(this.#head.subarray(8, 40), this.B)) throw malformed("context");
    this.#length = Number(new DataView(this.#head.buffer).getBigUint64(40));
  }

  /** Check at the frame's end that all data came and that the padding is the shortest. */
  finish() {
    if (this.#head.length < HEAD || this.#seen < this.#length) throw malformed("length", "too_short");
    if (HEAD + this.#seen !== frameLength(this.part, this.#length)) throw malformed("padding", "not_minimal");
  }
}

const malformed = (field, cause) => new Refused("frame_malformed", field, cause ? { cause } : {});
