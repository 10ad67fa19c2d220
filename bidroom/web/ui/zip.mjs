/** One uncompressed ZIP around files, as a Blob of Blobs: nothing is copied, and the bytes are those of the CLI's. */

import { concat, utf8 } from "./bytes.mjs";
import { Refused } from "./refused.mjs";

const BLOCK = 1 << 20;
const LARGEST = 0x7fffffff;
const VERSION = 20;
const UNIX = 3;
const MODE = 0o644;
const JANUARY_1980 = 0x21;
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * Files under their own names, dates of 1980. Refused: document_named_twice, documents_too_large.
 * @param {{name: string, data: Blob}[]} files
 * @returns {Promise<Blob>}
 */
export async function zipDocuments(files) {
  if (!files.length) return new Blob([]);
  const names = files.map((file) => file.name);
  if (new Set(names).size !== names.length) throw new Refused("document_named_twice", null, { names });
  if (files.reduce((sum, file) => sum + file.data.size, 0) > LARGEST) {
    throw new Refused("documents_too_large", null, { most: LARGEST });
  }
  return assembled(files);
}

async function assembled(files) {
  const [body, directory] = [[], []];
  let offset = 0;
  for (const { name, data } of files) {
    const about = aboutOf(name, data.size, await crc32(data));
    const head = concat(u32(0x04034b50), about, utf8(name));
    directory.push(concat(u32(0x02014b50), u16(VERSION | (UNIX << 8)), about, ...placeOf(offset), utf8(name)));
    body.push(head, data);
    offset += head.length + data.size;
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  const counts = concat(u16(0), u16(0), u16(files.length), u16(files.length));
  return new Blob([...body, ...directory, concat(u32(0x06054b50), counts, u32(size), u32(offset), u16(0))]);
}

/** What a local header and its entry in the directory have in common. */
function aboutOf(name, size, crc) {
  const flags = /^[\x00-\x7f]*$/.test(name) ? 0 : 0x800; // UTF-8
  const stored = concat(u16(VERSION), u16(flags), u16(0), u16(0), u16(JANUARY_1980));
  return concat(stored, u32(crc), u32(size), u32(size), u16(utf8(name).length), u16(0));
}

const placeOf = (offset) => [u16(0), u16(0), u16(0), u32(MODE * 0x10000), u32(offset)];

/** CRC-32 of a Blob, 1 MiB at a time. */
async function crc32(data) {
  let crc = 0xffffffff;
  for (let at = 0; at < data.size; at += BLOCK) {
    for (const byte of new Uint8Array(await data.slice(at, at + BLOCK).arrayBuffer())) {
      crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const u16 = (value) => Uint8Array.of(value & 0xff, value >>> 8);
const u32 = (value) => Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
