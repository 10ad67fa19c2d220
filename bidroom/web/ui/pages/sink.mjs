/**
 * Sealed bids on this machine: a folder a bid in the browser's private file system, written segment by segment in the
 * worker, read by the page in slices. Header, signature and kit lie beside the parts; a key never does. A folder
 * without its `about.json` is what an interrupted sealing left.
 */

import { base64, unbase64 } from "../bytes.mjs";
import { Refused } from "../refused.mjs";
import { SEGMENT } from "../tree.mjs";

const ROOM = "bidroom";
const ABOUT = "about.json";
const LARGEST_ABOUT = 4 << 20;
const PARTS = ["part0.bin", "part1.bin"];
const BYTES = ["header", "cms", "kit"];
/** What a browser without such a file system, or in a private window, refuses with. */
const NONE_HERE = ["SecurityError", "NotAllowedError", "NotSupportedError", "UnknownError", "InvalidStateError"];

/**
 * What was sealed: `parts` are those of the header, `name` the folder's.
 * @typedef {{name: string, organization: string, tender: string, lot: number, digest: string, bid: string,
 *   certificate: string, sealedAt: string, header: Uint8Array, cms: Uint8Array, kit: Uint8Array,
 *   parts: import("../header.mjs").Part[]}} Kept
 */

/** The sealed bids that lie here. */
export class Shelf {
  #folder;

  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** The shelf of this origin; null where the browser has none. */
  static async open(storage = globalThis.navigator?.storage) {
    if (!storage?.getDirectory) return null;
    try {
      const root = await storage.getDirectory();
      return new Shelf(await root.getDirectoryHandle(ROOM, { create: true }));
    } catch (fault) {
      if (!NONE_HERE.includes(fault.name)) throw fault;
      return null;
    }
  }

  /** A fresh folder to seal into; for the worker alone. */
  async sink() {
    const name = globalThis.crypto.randomUUID();
    const folder = await this.#folder.getDirectoryHandle(name, { create: true });
    const sink = new FileSink(name, folder, () => this.remove(name));
    await sink.open();
    return sink;
  }

  /**
   * What was sealed to the end for one organization and tender, the newest first; leftovers of others' sealings that
   * nobody writes any more are removed.
   * @returns {Promise<Kept[]>}
   */
  async all(organization, tender) {
    const found = [];
    for await (const [name, folder] of this.#folder.entries()) {
      const about = await aboutIn(folder);
      if (!about) await this.#sweep(name);
      else if (about.organization === organization && about.tender === tender) found.push({ ...about, name });
    }
    return found.sort((a, b) => b.sealedAt.localeCompare(a.sealedAt));
  }

  /** The parts of a bid, as files to be read in slices; null where they were removed, as they are once submitted. */
  async parts({ name, parts }) {
    const folder = await this.#folder.getDirectoryHandle(name);
    const files = await Promise.all(parts.map((part) => fileIn(folder, PARTS[part.id])));
    return files.every((file, n) => file?.size === parts[n].length)
      ? parts.map((part, n) => ({ ...part, blob: files[n] }))
      : null;
  }

  /** Remove the large files of a submitted bid; header, signature and kit stay. */
  async strip(name) {
    const folder = await this.#folder.getDirectoryHandle(name);
    for (const part of PARTS) await removed(folder, part);
  }

  /** Remove a bid with all that belongs to it. */
  async remove(name) {
    await removed(this.#folder, name);
  }

  async #sweep(name) {
    try {
      await this.remove(name);
    } catch (fault) {
      if (fault.name !== "NoModificationAllowedError") throw fault; // another tab is sealing into it
    }
  }
}

/** Where a sealing in the worker puts its segments: one file a part, one write a segment, nothing held. */
class FileSink {
  #folder;
  #files = [];
  #drop;

  constructor(name, folder, drop) {
    this.name = name;
    this.#folder = folder;
    this.#drop = drop;
  }

  async open() {
    for (const part of PARTS) this.#files.push(await opened(this.#folder, part));
  }

  /** @type {import("../seal.mjs").Sink} */
  take = (part, number, segment) => write(this.#files[part], segment, number * SEGMENT);

  /** Write down what was sealed, last of all; the parts come back as files. */
  async finish(about) {
    const told = Object.fromEntries(BYTES.map((name) => [name, base64(about[name])]));
    const file = await opened(this.#folder, ABOUT);
    this.#files.push(file);
    write(file, new TextEncoder().encode(JSON.stringify({ v: 1, ...about, ...told })), 0);
    for (const each of this.#files) each.flush();
    this.#close();
    const files = await Promise.all(about.parts.map((part) => fileIn(this.#folder, PARTS[part.id])));
    return about.parts.map((part, n) => ({ ...part, blob: files[n] }));
  }

  /** Nothing came of it. */
  async drop() {
    this.#close();
    await this.#drop();
  }

  #close() {
    for (const file of this.#files.splice(0)) file.close();
  }
}

async function opened(folder, name) {
  return (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle();
}

/** Refused("local_storage_full") where the disk, or what the browser grants of it, is used up. */
function write(file, bytes, at) {
  try {
    if (file.write(bytes, { at }) === bytes.length) return;
  } catch (fault) {
    if (fault.name !== "QuotaExceededError") throw fault;
  }
  throw new Refused("local_storage_full");
}

async function aboutIn(folder) {
  const file = await fileIn(folder, ABOUT);
  if (!file?.size || file.size > LARGEST_ABOUT) return null;
  try {
    const told = JSON.parse(await file.text());
    return { ...told, ...Object.fromEntries(BYTES.map((name) => [name, unbase64(told[name])])) };
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    return null;
  }
}

async function fileIn(folder, name) {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (fault) {
    if (fault.name !== "NotFoundError") throw fault;
    return null;
  }
}

async function removed(folder, name) {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (fault) {
    if (fault.name !== "NotFoundError") throw fault;
  }
}
