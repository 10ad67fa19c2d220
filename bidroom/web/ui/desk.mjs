/**
 * What the worker does for a page. Keys and pieces stay in here: a page holds handles, what it gets back is public or
 * sealed, and a release goes from here straight to the server. The one secret that is shown, by a call of its own, is
 * a recovery code: it must be printed.
 */

import { base64, hex, unbase64, unhex } from "./bytes.mjs";
import { sign } from "./cades.mjs";
import { canonical, digestOf, parseCanonical } from "./canonical.mjs";
import { checkHeader, parseHeader } from "./header.mjs";
import { instantOf } from "./instant.mjs";
import { ownAgreement } from "./keys.mjs";
import { openKit, repairedStanza } from "./kit.mjs";
import { readNotice } from "./notice.mjs";
import { openP12 } from "./p12.mjs";
import { keyOfCode, newCode } from "./recovery.mjs";
import { Refused } from "./refused.mjs";
import { piecesAsJson, unwrapOwn } from "./release.mjs";
import { checkCommand, checkOwn, layerOf } from "./releasing.mjs";
import { BlobSink, kitOf, seal } from "./seal.mjs";
import { BIDDER } from "./slots.mjs";
import { checkReceiptOf, verifyReceipt } from "./verify.mjs";
import { zipDocuments } from "./zip.mjs";

const LOGIN_LIMIT = 4096;
const SECRET = ["ReleaseShare", "ReleaseHolderShares"];

/**
 * @typedef {(document: object, csrf: string) => Promise<any>} Post sends a command, answers or is Refused
 * @typedef {{certificate?: string, spki: string | null, identity: import("./keys.mjs").Identity | null,
 *   agreement: import("./release.mjs").Agreement | null}} Held
 */

/** One page's keys and what is done with them. Every public method is a call of the worker's. */
export class Desk {
  #held = new Map();
  #origin;
  #post;
  #now;
  #sink;

  /** @param {{origin: string, post: Post, now?: () => Date, sink?: () => Promise<any> | any}} around */
  constructor({ origin, post, now = () => new Date(), sink = () => new BlobSink() }) {
    this.#origin = origin;
    this.#post = post;
    this.#now = now;
    this.#sink = sink;
  }

  // --- keys

  /** Open a .p12; a handle, and what the certificate says. Refused: key_file_unreadable, passphrase_wrong. */
  async openP12({ file, passphrase, name = null }) {
    const identity = await openP12(new Uint8Array(await file.arrayBuffer()), passphrase, name);
    const handle = this.#hold({ identity, agreement: identity.keys.pair ? ownAgreement(identity) : null });
    const { digest, serial, notAfter, canAgree, certificate } = identity;
    const spki = canAgree ? hex(identity.spki) : null;
    return { handle, name: identity.name, digest, serial, notAfter, canAgree, certificate, spki };
  }

  /** A fresh recovery code, to be shown once and printed, and the public key that it stands for. */
  async newCode() {
    const code = newCode();
    return { code, spki: hex((await keyOfCode(code)).spki) };
  }

  /** A handle for a typed recovery code; it unwraps, it does not sign. Refused("recovery_code_malformed"). */
  async openCode({ code }) {
    const agreement = await keyOfCode(code);
    return { handle: this.#hold({ identity: null, agreement }), spki: hex(agreement.spki) };
  }

  /** Forget a key. */
  close({ handle }) {
    return this.#held.delete(handle);
  }

  #hold(held) {
    const handle = globalThis.crypto.randomUUID();
    this.#held.set(handle, held);
    return handle;
  }

  #identity(handle) {
    const held = this.#held.get(handle);
    if (!held?.identity) throw new Refused("key_not_open", "handle");
    return held.identity;
  }

  #agreement(handle) {
    const held = this.#held.get(handle);
    if (!held) throw new Refused("key_not_open", "handle");
    if (!held.agreement) throw new Refused("key_not_p256");
    return held.agreement;
  }

  // --- signing

  /** The answer to a login's challenge (base64); one for another origin or account is not signed. */
  async signLogin({ handle, bytes, account, at }) {
    const data = unbase64(bytes) ?? new Uint8Array(0);
    const asked = parseCanonical(data, LOGIN_LIMIT, "login_malformed");
    if (asked?.origin !== this.#origin || asked.account !== account) {
      throw new Refused("challenge_of_another_origin", "origin");
    }
    return this.#signed("login", data, handle, at);
  }

  /** A signed command as the server takes it, with its id and H(command); a release is none of a page's. */
  async signCommand({ handle, at, ...command }) {
    if (SECRET.includes(command.type)) throw new Refused("release_goes_by_its_own_way", "type");
    return this.#command(handle, command, at);
  }

  /** Sign exact bytes (base64) as another kind: terms, timeline, opening-key, record. */
  async signBytes({ handle, kind, bytes, at }) {
    if (!["terms", "timeline", "opening-key", "record"].includes(kind)) throw new Refused("kind_unknown", "kind");
    return this.#signed(kind, unbase64(bytes) ?? new Uint8Array(0), handle, at);
  }

  async #signed(kind, data, handle, at) {
    const identity = this.#identity(handle);
    const cms = await sign(kind, data, identity, at ? new Date(at) : this.#now());
    return { bytes: base64(data), cms: base64(cms), certificate: identity.digest };
  }

  async #command(handle, { id = newId(), stream, type, lot = null, checkpoint = null, body = {} }, at) {
    const data = canonical({ v: 1, id, stream, type, lot, checkpoint, body });
    return { ...(await this.#signed("command", data, handle, at)), id, digest: await digestOf("command", data) };
  }

  // --- sealing

  /**
   * Seal and sign a bid to a notice whose tenderee was verified against `trust`; `moreKeys` are recovery codes' SPKIs.
   * Parts come back as files or Blobs, the kit to be kept on the bidder's machine; `name` is where all of it lies for a
   * page that comes later, under the `organization` that sealed it, or null.
   */
  async seal({ handle, tender, trust, at, lot, form, documents = [], moreKeys = [], ...more }, progress) {
    const identity = this.#identity(handle);
    const signedAt = at ? new Date(at) : this.#now();
    const { terms } = await readNotice(tender, trustOf(trust), instantOf(signedAt));
    const keys = [...(identity.canAgree ? [identity.spki] : []), ...moreKeys.map(unhex)];
    const zip = await zipDocuments(documents.map((file) => ({ name: file.name, data: file.data ?? file })));
    const { supersedes = null, organization = null } = more;
    const bid = { terms, lot, keys, supersedes, progress, form: canonical(form), documents: zip };
    return withSink(await this.#sink(), async (sink) => {
      const sealed = await seal({ ...bid, certificate: identity.certificate, sink: sink.take });
      const cms = await sign("header", sealed.header, identity, signedAt);
      const { header, digest, bid: id, parts } = sealed;
      const kit = await kitOf(sealed, keys);
      const about = { header, cms, certificate: identity.digest, digest, bid: id, parts, kit };
      const place = { organization, tender: terms.tender, lot, sealedAt: instantOf(signedAt) };
      return { ...about, parts: await sink.finish({ ...about, ...place }), name: sink.name };
    });
  }

  /** That this key opens its own stanza of the header that came back (the rehearsal); nothing is released. */
  async prove({ handle, header, tender, trust, at }) {
    const { terms } = await this.#notice(tender, trust, at);
    const parsed = await parseHeader(header);
    await checkHeader(parsed, terms);
    await unwrapOwn(parsed, terms, BIDDER, this.#agreement(handle));
    return { digest: parsed.digest };
  }

  /** A fresh stanza out of the kit for a holder whose own did not open. */
  async repair({ handle, header, kit, tender, trust, at, slot, index }) {
    const { terms } = await this.#notice(tender, trust, at);
    const parsed = await parseHeader(header);
    await checkHeader(parsed, terms);
    const pieces = await openKit(kit, parsed, this.#agreement(handle));
    return repairedStanza(parsed, terms, slot, index, pieces);
  }

  #notice(tender, trust, at) {
    return readNotice(tender, trustOf(trust), instantOf(at ? new Date(at) : this.#now()));
  }

  // --- releasing

  /**
   * Check all that docs/seal.md asks for, release the bidder's pieces of one bid, verify the receipt.
   * `with` is the handle that unwraps where that is a recovery code's; a refusal names the layer where it has one.
   * The same `id` again is the same release, for whoever never got the answer.
   */
  async release({ handle, id, with: other = handle, header, certificate, kept, at, csrf, vkey, ...room }) {
    const parsed = await parseHeader(header);
    const own = certificate ?? this.#identity(handle).certificate;
    const isOurs = (shown) => checkOwn(parsed, own, kept, shown, room.finals);
    const { notice, command } = await this.#commanded(room, at, isOurs);
    const pieces = await withLayer(() => unwrapOwn(parsed, notice.terms, BIDDER, this.#agreement(other)));
    const body = { command, digest: parsed.digest, pieces: piecesAsJson(pieces) };
    return this.#send(handle, { id, stream: notice.terms.tender, type: "ReleaseShare", body }, { at, csrf, vkey });
  }

  /** Which of these headers a holder's key does not open: what a preflight names as bad. Nothing is released. */
  async preflight({ handle, slot, headers, tender, trust, at }) {
    const { terms } = await this.#notice(tender, trust, at);
    const bad = [];
    for (const data of headers) {
      const header = await parseHeader(data);
      await checkHeader(header, terms);
      if (!(await this.#opens(header, terms, slot, handle))) bad.push(header.digest);
    }
    return { bad };
  }

  async #opens(header, terms, slot, handle) {
    try {
      await unwrapOwn(header, terms, slot, this.#agreement(handle));
      return true;
    } catch (fault) {
      if (!(fault instanceof Refused) || layerOf(fault) === null) throw fault;
      return false;
    }
  }

  /** A holder's pieces of every released bid, all or nothing, in one signed message after the close. */
  async releaseHolder({ handle, id, with: other = handle, slot, headers, at, csrf, vkey, ...room }) {
    const { notice, command } = await this.#commanded(room, at);
    const pieces = {};
    for (const data of headers) {
      const header = await parseHeader(data);
      await checkHeader(header, notice.terms);
      const own = await withLayer(() => unwrapOwn(header, notice.terms, slot, this.#agreement(other)));
      pieces[header.digest] = piecesAsJson(own);
    }
    const body = { command, slot, digests: Object.keys(pieces), pieces };
    const asked = { id, stream: notice.terms.tender, type: "ReleaseHolderShares", body };
    return this.#send(handle, asked, { at, csrf, vkey });
  }

  async #commanded({ tender, trust, command, finals }, at, first = async () => {}) {
    const now = instantOf(at ? new Date(at) : this.#now());
    const notice = await readNotice(tender, trustOf(trust), now);
    await first(notice);
    return { notice, command: await checkCommand(command, notice, finals, trustOf(trust), now) };
  }

  async #send(handle, command, { at, csrf, vkey }) {
    const { id, digest, ...envelope } = await this.#command(handle, command, at);
    const answer = await this.#post(envelope, csrf);
    if (answer.receipt) await verifyReceipt(answer.receipt, vkey);
    return { id, digest, receipt: answer.receipt ?? null };
  }

  // --- receipts

  /** The signed body of a receipt (or refusal), verified; of this bid where a header is given. */
  async verifyReceipt({ receipt, vkey, kind = "receipt", header = null }) {
    const body = await verifyReceipt(receipt, vkey, kind);
    if (header) checkReceiptOf(body, await parseHeader(header));
    return body;
  }
}

const newId = () => hex(globalThis.crypto.getRandomValues(new Uint8Array(16)));

/** Roots, authorities and lists as base64, as a page carries them. */
function trustOf(trust) {
  const named = ["roots", "intermediates", "crls"].map((name) => [name, (trust[name] ?? []).map(unbase64)]);
  if (named.some(([, each]) => each.includes(null))) throw new Refused("trust_unreadable");
  return Object.fromEntries(named);
}

/** What came of sealing into `sink`; of one that failed nothing is left. */
async function withSink(sink, work) {
  try {
    return await work(sink);
  } catch (fault) {
    await sink.drop();
    throw fault;
  }
}

async function withLayer(unwrapping) {
  try {
    return await unwrapping();
  } catch (fault) {
    if (fault instanceof Refused && layerOf(fault)) fault.details.layer = layerOf(fault);
    throw fault;
  }
}
