/** A whole bid through the worker's messages, and in none of them a key or a piece; BIDROOM_CAST: cast.py's folder. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { base64, hex, unbase64, unhex, utf8 } from "../../bidroom/web/ui/bytes.mjs";
import { verify } from "../../bidroom/web/ui/cades.mjs";
import { canonical, digestOf, signedInput } from "../../bidroom/web/ui/canonical.mjs";
import { vkeyText } from "../../bidroom/web/ui/checkpoint.mjs";
import { Desk } from "../../bidroom/web/ui/desk.mjs";
import { parseHeader } from "../../bidroom/web/ui/header.mjs";
import { Caller, serve } from "../../bidroom/web/ui/messages.mjs";
import { posting } from "../../bidroom/web/ui/posting.mjs";
import { checkPieces } from "../../bidroom/web/ui/release.mjs";
import { finalRoot } from "../../bidroom/web/ui/tree.mjs";

const FOLDER = process.env.BIDROOM_CAST;
assert.ok(FOLDER, "BIDROOM_CAST names the folder that tests/js/cast.py wrote");
const json = (name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8"));
const { passphrase, at, tender: TENDER } = json("about.json");
const notice = { tender: json("tender.json"), trust: json("trust.json") };
const ORIGIN = "http://localhost:8765";
const LATER = "2026-09-18T01:30:00Z";
const FORM = { price: "126480000.00", duration: 540 };

/** All that crossed between page and worker, as plain data. */
const crossed = [];
const posted = [];
let server = async () => ({});
let page;
let channel;
let keys;

before(async () => {
  channel = new MessageChannel();
  for (const port of [channel.port1, channel.port2]) {
    const send = port.postMessage.bind(port);
    port.postMessage = (message) => {
      crossed.push(structuredClone(message));
      send(message);
    };
  }
  const send = async (url, request) => {
    posted.push({ url, ...request, document: JSON.parse(request.body) });
    return server(JSON.parse(request.body));
  };
  serve(channel.port1, new Desk({ origin: ORIGIN, post: posting(ORIGIN, send), now: () => new Date(at) }));
  channel.port1.start();
  page = new Caller(channel.port2);
  channel.port2.start();
  keys = Object.fromEntries(await Promise.all(["bidder", "rsa", "tenderee", "host", "stranger"].map(opened)));
});
after(() => channel.port1.close());

async function opened(who) {
  const file = new Blob([readFileSync(join(FOLDER, `${who}.p12`))]);
  return [who, await page.call("openP12", { file, passphrase, name: `${who}.p12` })];
}

const refusedWith = (reason, field = null) => ({ name: "Refused", reason, field });

/** A platform that signs receipts. */
async function platform() {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const vkey = await vkeyText({ name: "test/receipt", public: raw });
  const receiptOf = async (body) => {
    const data = signedInput("receipt", canonical(body));
    const signature = await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, data);
    return { receipt: body, signature: hex(new Uint8Array(signature)), proof: null, token: null };
  };
  return { vkey, receiptOf };
}

const sealing = (more = {}) =>
  page.call("seal", { handle: keys.bidder.handle, ...notice, at, lot: 1, form: FORM, documents: [], ...more });

/** What the room shows after the host's command over one final bid. */
async function room(header) {
  const finals = [[header.lot, header.digest]];
  const body = { root: hex(await finalRoot(finals)), window: 1800 };
  const command = await page.call("signCommand", {
    handle: keys.host.handle, stream: TENDER, type: "CommandDecryption", body, at: LATER,
  });
  const der = keys.host.certificate;
  return { ...notice, finals, command: { ...command, certificate: base64(der) }, at: LATER };
}

describe("login", () => {
  const challenge = (more) => base64(canonical({
    v: 1, origin: ORIGIN, account: "a", nonce: "00", expires: "2026-09-01T09:02:00Z", ...more,
  }));

  it("is signed for this origin and account", async () => {
    const bytes = challenge({});
    const answer = await page.call("signLogin", { handle: keys.bidder.handle, bytes, account: "a" });
    await verify("login", unbase64(bytes), unbase64(answer.cms), keys.bidder.certificate);
    assert.equal(answer.certificate, keys.bidder.digest);
  });

  it("is not signed for another", async () => {
    for (const more of [{ origin: "http://elsewhere" }, { account: "b" }]) {
      const call = page.call("signLogin", { handle: keys.bidder.handle, bytes: challenge(more), account: "a" });
      await assert.rejects(call, refusedWith("challenge_of_another_origin", "origin"));
    }
  });
});

describe("keys", () => {
  it("a wrong passphrase is named", async () => {
    const file = new Blob([readFileSync(join(FOLDER, "bidder.p12"))]);
    const call = page.call("openP12", { file, passphrase: "wrong", name: "bidder.p12" });
    await assert.rejects(call, refusedWith("passphrase_wrong", "bidder.p12"));
  });

  it("a closed key signs no more", async () => {
    const [, { handle }] = await opened("bidder");
    assert.equal(await page.call("close", { handle }), true);
    const call = page.call("signCommand", { handle, stream: TENDER, type: "SignIn" });
    await assert.rejects(call, refusedWith("key_not_open", "handle"));
  });

  it("a call that is none is refused", async () => {
    for (const call of ["constructor", "#held", "eval"]) {
      await assert.rejects(page.call(call), refusedWith("call_unknown", "call"));
    }
  });

  it("a release is no command of the page's", async () => {
    const call = page.call("signCommand", { handle: keys.bidder.handle, stream: TENDER, type: "ReleaseShare" });
    await assert.rejects(call, refusedWith("release_goes_by_its_own_way", "type"));
  });
});

describe("sealing", () => {
  it("tells its progress, and the documents' names may be Chinese", async () => {
    const told = [];
    const documents = [{ name: "技术标.bin", data: new Blob([new Uint8Array(5_000_000)]) }];
    const given = { handle: keys.bidder.handle, ...notice, at, lot: 1, form: FORM, documents };
    const sealed = await page.call("seal", given, (done, total) => told.push([done, total]));
    const total = sealed.parts.reduce((sum, part) => sum + part.length, 0);
    assert.deepEqual(told.at(-1), [total, total]);
    assert.deepEqual(sealed.parts.map((part) => part.blob.size), sealed.parts.map((part) => part.length));
  });

  it("without a key that may agree needs a recovery code", async () => {
    await assert.rejects(sealing({ handle: keys.rsa.handle }), refusedWith("wrong_count_of_keys"));
    const { code, spki } = await page.call("newCode");
    const sealed = await sealing({ handle: keys.rsa.handle, moreKeys: [spki] });
    const { handle } = await page.call("openCode", { code: code.toLowerCase() });
    const proved = await page.call("prove", { handle, header: sealed.header, ...notice, at });
    assert.equal(proved.digest, sealed.digest);
    await assert.rejects(
      page.call("prove", { handle: keys.bidder.handle, header: sealed.header, ...notice, at }),
      refusedWith("key_opens_no_stanza"),
    );
  });

  it("a bad form is refused by its item", async () => {
    await assert.rejects(sealing({ form: { ...FORM, price: "0.00" } }), refusedWith("form_malformed", "price"));
    await assert.rejects(sealing({ lot: 3 }), refusedWith("lot_unknown"));
  });

  it("a file under one name twice is refused", async () => {
    const documents = [1, 2].map(() => ({ name: "a", data: new Blob(["a"]) }));
    await assert.rejects(sealing({ documents }), refusedWith("document_named_twice"));
  });
});

describe("releasing", () => {
  let sealed;
  let header;
  let shown;
  let given;
  let signer;

  before(async () => {
    sealed = await sealing();
    header = await parseHeader(sealed.header);
    shown = await room(header);
    signer = await platform();
    const kept = { timeline: unbase64(notice.tender.notice.timeline), receipt: null };
    given = { handle: keys.bidder.handle, header: sealed.header, kept, csrf: "token", vkey: signer.vkey, ...shown };
    server = async () => Response.json({ receipt: await signer.receiptOf({ v: 1, tender: TENDER }) });
  });

  it("sends the pieces to the server and gives the page the receipt", async () => {
    const answer = await page.call("release", given);
    const { url, headers, document } = posted.at(-1);
    assert.equal(url, `${ORIGIN}/api/v1/commands`);
    assert.equal(headers["X-CSRF-Token"], "token");
    await verify("command", unbase64(document.bytes), unbase64(document.cms), keys.bidder.certificate);
    const { type, body } = JSON.parse(new TextDecoder().decode(unbase64(document.bytes)));
    assert.equal(type, "ReleaseShare");
    assert.equal(body.command, await digestOf("command", unbase64(shown.command.bytes)));
    assert.equal(body.digest, sealed.digest);
    await checkPieces(header, new Map(body.pieces.map(({ j, piece }) => [j, unhex(piece)])));
    assert.deepEqual(Object.keys(answer), ["id", "digest", "receipt"]);
  });

  it("a receipt by another key is refused", async () => {
    const { vkey } = await platform();
    await assert.rejects(page.call("release", { ...given, vkey }), refusedWith("receipt_signature_wrong", "signature"));
  });

  it("the server's refusal comes through", async () => {
    const problem = { type: "/problems/window_is_open", reason: "window_is_open", field: null, status: 409 };
    const answering = server;
    server = async () => Response.json(problem, { status: 409 });
    await assert.rejects(page.call("release", given), refusedWith("window_is_open"));
    server = answering;
  });

  const wrong = {
    "before the deadline": [() => ({ at: "2026-09-18T00:59:00Z" }), "deadline_is_not_past", null],
    "a bid that is not final": [() => ({ finals: [[1, "ab".repeat(32)]] }), "bid_is_not_final", "digest"],
    "another final root": [
      () => ({ finals: [...shown.finals, [1, "ab".repeat(32)]] }), "final_root_is_another", "root",
    ],
    "another's certificate": [
      () => ({ certificate: keys.host.certificate }), "signed_by_another_certificate", "bidder",
    ],
    "a receipt of another timeline": [
      () => ({ kept: { ...given.kept, receipt: { timeline: "cd".repeat(32), time: at } } }),
      "receipt_of_another_timeline",
      "receipt.timeline",
    ],
    "a forged command": [
      () => ({ command: { ...shown.command, bytes: base64(utf8("{}")) } }), "signature_over_other_bytes", null,
    ],
  };
  for (const [name, [change, reason, field]] of Object.entries(wrong)) {
    it(`${name}: nothing is sent`, async () => {
      const before_ = posted.length;
      await assert.rejects(page.call("release", { ...given, ...change() }), refusedWith(reason, field));
      assert.equal(posted.length, before_);
    });
  }

  it("a command by somebody who is no host", async () => {
    const body = JSON.parse(new TextDecoder().decode(unbase64(shown.command.bytes))).body;
    const signed = await page.call("signCommand", {
      handle: keys.stranger.handle, stream: TENDER, type: "CommandDecryption", body, at: LATER,
    });
    const command = { ...signed, certificate: base64(keys.stranger.certificate) };
    await assert.rejects(page.call("release", { ...given, command }), refusedWith("host_is_not_listed", "host"));
  });

  it("an earlier deadline than the one receipted", async () => {
    const sealedTo = JSON.parse(new TextDecoder().decode(given.kept.timeline));
    const timeline = canonical({ ...sealedTo, deadline: "2026-09-19T09:00:00+08:00" });
    const kept = { timeline, receipt: null };
    const call = page.call("release", { ...given, kept });
    await assert.rejects(call, refusedWith("deadline_is_earlier_than_receipted", "deadline"));
  });

  it("a damaged share is named with its layer", async () => {
    const damaged = JSON.parse(new TextDecoder().decode(sealed.header));
    const ct = unbase64(damaged.stanzas[0].ct);
    ct[ct.length - 1] ^= 1;
    damaged.stanzas[0].ct = base64(ct);
    const data = canonical(damaged);
    const at_ = await room(await parseHeader(data));
    const call = page.call("release", { ...given, ...at_, header: data });
    await assert.rejects(call, (fault) => fault.reason === "share_damaged" && fault.details.layer === "share");
  });

  it("a holder tries its stanzas, then releases all of them at once", async () => {
    const holder = { handle: keys.tenderee.handle, slot: "tenderee", headers: [sealed.header], ...shown };
    assert.deepEqual(await page.call("preflight", holder), { bad: [] });
    const stranger = { ...holder, handle: keys.stranger.handle };
    assert.deepEqual(await page.call("preflight", stranger), { bad: [sealed.digest] });
    await page.call("releaseHolder", { ...holder, csrf: "token", vkey: signer.vkey });
    const { body } = JSON.parse(new TextDecoder().decode(unbase64(posted.at(-1).document.bytes)));
    assert.deepEqual([body.slot, body.digests], ["tenderee", [sealed.digest]]);
    await checkPieces(header, new Map(body.pieces[sealed.digest].map(({ j, piece }) => [j, unhex(piece)])));
  });

  it("the kit makes a fresh stanza that its holder opens", async () => {
    const kit = { handle: keys.bidder.handle, header: sealed.header, kit: sealed.kit, ...notice, at };
    const stanza = await page.call("repair", { ...kit, slot: "tenderee", index: 0 });
    const repaired = JSON.parse(new TextDecoder().decode(sealed.header));
    assert.notEqual(stanza.ct, repaired.stanzas[1].ct);
    repaired.stanzas[1] = stanza;
    const holder = { handle: keys.tenderee.handle, slot: "tenderee", ...notice, at };
    assert.deepEqual(await page.call("preflight", { ...holder, headers: [canonical(repaired)] }), { bad: [] });
  });

  it("no key and no piece crossed to the page", async () => {
    const pieces = posted.flatMap(({ document }) => {
      const { body } = JSON.parse(new TextDecoder().decode(unbase64(document.bytes)));
      return (Array.isArray(body.pieces) ? [body.pieces] : Object.values(body.pieces)).flat().map(({ piece }) => piece);
    });
    assert.ok(pieces.length >= 3);
    const told = await said(crossed);
    assert.ok(told.includes(sealed.digest), "the search finds what did cross");
    assert.ok(told.includes(hex(sealed.header)), "in bytes too");
    for (const piece of pieces) {
      for (const spelling of [piece, base64(unhex(piece)), hex(utf8(piece))]) assert.ok(!told.includes(spelling));
    }
    assert.ok(!/CryptoKey|"d":|PRIVATE KEY/.test(told));
  });
});

/** Everything in the messages as one text: bytes in hex. */
async function said(messages) {
  const plain = async (value) => {
    if (value instanceof Blob) return hex(new Uint8Array(await value.slice(0, 1 << 20).arrayBuffer()));
    if (value instanceof Uint8Array) return hex(value);
    if (value === null || typeof value !== "object") return value;
    return Promise.all(Object.entries(value).map(async ([name, item]) => [name, await plain(item)]));
  };
  return JSON.stringify(await Promise.all(messages.map(plain)));
}
