/** A part's bytes: Cobblestone-256 around a frame, written and read as a stream, every failure named with its place. */

import { concat } from "./bytes.mjs";
import { CHUNK, Cobblestone, Damaged, freshSalt, SALT_AND_COMMITMENT, TAG } from "./cobblestone.mjs";
import { payloadContext } from "./context.mjs";
import { FORM, Frame, FrameReader } from "./frames.mjs";
import { Refused } from "./refused.mjs";

const AT_ONCE = 64;
const BLOCK = AT_ONCE * (CHUNK + TAG);

/**
 * The ciphertext of part `i` around `data`, chunk by chunk; some 1 MiB is on its way at a time.
 * @param {number} i
 * @param {Uint8Array} key K_i
 * @param {Uint8Array} B
 * @param {import("./frames.mjs").Readable} data
 * @param {Uint8Array} [salt]
 */
export async function* encrypted(i, key, B, data, salt = freshSalt()) {
  const frame = new Frame(i, B, data);
  const cipher = await Cobblestone.under(key, payloadContext(B, i), salt);
  yield cipher.head;
  const chunks = Math.floor(frame.length / CHUNK) + 1;
  for (let k = 0; k < chunks; k += AT_ONCE) {
    const plain = await frame.read(k * CHUNK, (k + AT_ONCE) * CHUNK);
    const numbers = Array.from({ length: Math.min(AT_ONCE, chunks - k) }, (_, n) => n);
    const cut = (n) => plain.subarray(n * CHUNK, (n + 1) * CHUNK);
    yield* await Promise.all(numbers.map((n) => cipher.seal(k + n, cut(n))));
  }
}

/**
 * The data of part `i`, decrypted by its own key K_i; all of it is to be thrown away when this raises.
 * Refused: payload_damaged (chunk), with field "commitment" when it is another key's or another bid's; frame_malformed.
 * @param {Blob} sealed
 * @param {Uint8Array} key
 * @param {Uint8Array} B
 * @param {number} i
 */
export async function* openPart(sealed, key, B, i) {
  const frame = new FrameReader(i, B);
  const read = async (start, end) => new Uint8Array(await sealed.slice(start, end).arrayBuffer());
  const head = await read(0, SALT_AND_COMMITMENT);
  const cipher = await whole("commitment", 0, () => Cobblestone.reading(key, payloadContext(B, i), head));
  let k = 0;
  let last = CHUNK + TAG;
  for (let at = SALT_AND_COMMITMENT; last === CHUNK + TAG; at += BLOCK) {
    const block = await read(at, at + BLOCK);
    for (let start = 0; start < BLOCK && last === CHUNK + TAG; start += last, k += 1) {
      const chunk = block.subarray(start, start + CHUNK + TAG);
      last = chunk.length;
      yield frame.feed(await whole(`chunks[${k}]`, k, () => cipher.open(k, chunk)));
    }
  }
  frame.finish();
}

async function whole(field, chunk, read) {
  try {
    return await read();
  } catch (fault) {
    if (!(fault instanceof Damaged)) throw fault;
    throw new Refused("payload_damaged", field, { chunk });
  }
}

/** Part 0 whole: the bid form's bytes, under K_0. */
export async function openForm(sealed, key, B) {
  const blocks = [];
  for await (const block of openPart(sealed, key, B, FORM)) blocks.push(block);
  return concat(...blocks);
}
