/** Checkpoints: C2SP tlog-checkpoint as a C2SP signed note, Ed25519; and the verifier keys that are pinned. */

import { base64, concat, hex, sha256, u8, unbase64, utf8 } from "./bytes.mjs";
import { Refused } from "./refused.mjs";

const NOTE_LIMIT = 1 << 16;
const NAME = /^[^\s+]{1,200}$/u;
const { subtle } = globalThis.crypto;

/**
 * A name and an Ed25519 key, as `<name>+<key id>+<base64>` writes them.
 * @typedef {{name: string, public: Uint8Array}} VerifierKey
 */

/** The first four bytes of H(name ‖ newline ‖ 0x01 ‖ key), in hex. */
const keyId = async (key) => hex((await sha256(utf8(`${key.name}\n`), u8(1), key.public)).subarray(0, 4));

/**
 * The verifier key in `text`; Refused("verifier_key_malformed").
 * @param {string} text
 * @returns {Promise<VerifierKey>}
 */
export async function parseVkey(text) {
  const found = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text.trim());
  const data = found && unbase64(found[3]);
  if (!data || data.length !== 33 || data[0] !== 1 || !NAME.test(found[1])) throw new Refused("verifier_key_malformed");
  const key = { name: found[1], public: data.subarray(1) };
  if ((await keyId(key)) !== found[2]) throw new Refused("verifier_key_malformed");
  return key;
}

/** What a verifier key looks like in a file. */
export const vkeyText = async (key) => `${key.name}+${await keyId(key)}+${base64(concat(u8(1), key.public))}`;

/**
 * Whether `signature` is this key's over `data`.
 * @param {VerifierKey} key
 */
export async function verifyEd25519(key, signature, data) {
  const imported = await subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  return subtle.verify({ name: "Ed25519" }, imported, signature, data);
}

/** The signed text: origin, size, root; what a time stamp is taken of. */
export const noteBody = (origin, size, root) => `${origin}\n${size}\n${base64(root)}\n`;

/**
 * Origin, size and root of a note signed by the pinned key; witnesses' signatures are passed over.
 * Refused: checkpoint_malformed, checkpoint_of_another_log, checkpoint_signature_wrong.
 * @param {string} note
 * @param {VerifierKey} pinned
 * @returns {Promise<{origin: string, size: number, root: Uint8Array}>}
 */
export async function verifyNote(note, pinned) {
  const { body, signatures } = split(note);
  const said = fieldsOf(body);
  if (said.origin !== pinned.name && !isStream(said.origin, pinned.name)) {
    throw new Refused("checkpoint_of_another_log", null, { origin: said.origin });
  }
  const key = { name: said.origin, public: pinned.public };
  const id = await keyId(key);
  const own = signatures.find(({ name, data }) => name === said.origin && hex(data.subarray(0, 4)) === id);
  if (own && (await verifyEd25519(key, own.data.subarray(4), utf8(body)))) return said;
  throw new Refused("checkpoint_signature_wrong");
}

const isStream = (origin, name) =>
  origin.startsWith(`${name}/`) && /^[0-9a-f]{32}$/.test(origin.slice(name.length + 1));

function split(note) {
  const at = note.lastIndexOf("\n\n");
  if (utf8(note).length > NOTE_LIMIT || at < 0 || at + 2 >= note.length || !note.endsWith("\n")) {
    throw new Refused("checkpoint_malformed");
  }
  return { body: note.slice(0, at + 1), signatures: note.slice(at + 2, -1).split("\n").map(signatureOf) };
}

function signatureOf(line) {
  const found = /^\u2014 ([^ ]*) (.*)$/s.exec(line);
  const data = found && unbase64(found[2]);
  if (!data || data.length < 5 || !NAME.test(found[1])) throw new Refused("checkpoint_malformed", "signature");
  return { name: found[1], data };
}

function fieldsOf(body) {
  const lines = body.split("\n");
  const root = lines.length === 4 && /^(0|[1-9][0-9]{0,15})$/.test(lines[1]) ? unbase64(lines[2]) : null;
  if (root?.length !== 32 || !NAME.test(lines[0])) throw new Refused("checkpoint_malformed");
  return { origin: lines[0], size: Number(lines[1]), root };
}

