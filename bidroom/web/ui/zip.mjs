/** One uncompressed ZIP around files, read where it is asked for: nothing is held, and the bytes are the CLI's. */

import { concat, utf8 } from "./bytes.mjs";
import { Refused } from "./refused.mjs";

const BLOCK = 1 << 20;
const LARGEST = 0x7fffffff;
const MOST = 0xffff;
const VERSION = 20;
const UNIX = 3;
const MODE = 0o644;
const JANUARY_1980 = 0x21;
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Bytes in a row, some of them in files; what reads a Blob by `size`, `slice` and `arrayBuffer` reads it as well. */
export class Archive {
  /** @type {{name: string | null, data: Blob, start: number}[]} */
  #pieces = [];
  size = 0;

  /**
   * @param {Blob} data
   * @param {string | null} [name] the file's, for the refusal
   */
  append(data, name = null) {
    if (data.size) this.#pieces.push({ name, data, start: this.size });
    this.size += data.size;
  }

  /** A stretch of it; its `arrayBuffer` is Refused("documents_changed", name) where a file is not what it was. */
  slice(from, to) {
    const start = Math.min(from, this.size);
    const end = Math.max(start, Math.min(to, this.size));
    return { size: end - start, arrayBuffer: () => this.#read(start, end) };
  }

  async #read(start, end) {
    const first = this.#holding(start);
    const only = this.#pieces[first];
    if (only && start >= only.start && end <= only.start + only.data.size) return read(only, start, end);
    const bytes = new Uint8Array(end - start);
    for (let n = first; n < this.#pieces.length && this.#pieces[n].start < end; n += 1) {
      const part = await read(this.#pieces[n], start, end);
      bytes.set(new Uint8Array(part), Math.max(0, this.#pieces[n].start - start));
    }
    return bytes.buffer;
  }

  /** The number of the piece that holds this place. */
  #holding(place) {
    let [low, high] = [0, this.#pieces.length];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#pieces[middle].start <= place) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** What of a piece lies between these places of the whole; Refused("documents_changed", name). */
async function read({ name, data, start: at }, start, end) {
  const part = data.slice(Math.max(0, start - at), Math.max(0, end - at));
  try {
    const buffer = await part.arrayBuffer();
    if (buffer.byteLength === part.size) return buffer;
  } catch (fault) {
    if (!["NotReadableError", "NotFoundError"].includes(fault.name)) throw fault;
  }
  throw new Refused("documents_changed", name);
}

/**
 * Files under their own names, dates of 1980. Refused: document_named_twice, documents_too_many, documents_too_large,
 * documents_changed.
 * @param {{name: string, data: Blob}[]} files
 * @returns {Promise<Archive>}
 */
export async function zipDocuments(files) {
  const names = files.map((file) => file.name);
  if (new Set(names).size !== names.length) throw new Refused("document_named_twice", null, { names });
  if (files.length > MOST) throw new Refused("documents_too_many", null, { most: MOST });
  if (files.reduce((sum, file) => sum + file.data.size, 0) > LARGEST) {
    throw new Refused("documents_too_large", null, { most: LARGEST });
  }
  return files.length ? assembled(files) : new Archive();
}

async function assembled(files) {
  const archive = new Archive();
  const directory = [];
  for (const { name, data } of files) {
    const about = aboutOf(name, data.size, await crc32(data, name));
    directory.push(concat(u32(0x02014b50), u16(VERSION | (UNIX << 8)), about, ...placeOf(archive.size), utf8(name)));
    archive.append(new Blob([u32(0x04034b50), about, utf8(name)]));
    archive.append(data, name);
  }
  const offset = archive.size;
  const counts = concat(u16(0), u16(0), u16(files.length), u16(files.length));
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  archive.append(new Blob([...directory, u32(0x06054b50), counts, u32(size), u32(offset), u16(0)]));
  return archive;
}

/** What a local header and its entry in the directory have in common. */
function aboutOf(name, size, crc) {
  const flags = /^[\x00-\x7f]*$/.test(name) ? 0 : 0x800; // UTF-8
  const stored = concat(u16(VERSION), u16(flags), u16(0), u16(0), u16(JANUARY_1980));
  return concat(stored, u32(crc), u32(size), u32(size), u16(utf8(name).length), u16(0));
}

const placeOf = (offset) => [u16(0), u16(0), u16(0), u32(MODE * 0x10000), u32(offset)];

/** CRC-32 of a file, 1 MiB at a time. */
async function crc32(data, name) {
  let crc = 0xffffffff;
  for (let at = 0; at < data.size; at += BLOCK) {
    for (const byte of new Uint8Array(await read({ name, data, start: 0 }, at, at + BLOCK))) {
      crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const u16 = (value) => Uint8Array.of(value & 0xff, value >>> 8);
const u32 = (value) => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
