/** How each file of tests/vectors is read: a case in, the values out that it accepts, or a Refused. No Node in here. */

import { base64, hex, sha256, unbase64, unhex, utf8 } from "../../bidroom/web/ui/bytes.mjs";
import { verify } from "../../bidroom/web/ui/cades.mjs";
import { canonical, parseCanonical } from "../../bidroom/web/ui/canonical.mjs";
import { checkCertificate } from "../../bidroom/web/ui/chain.mjs";
import { parseVkey, verifyNote } from "../../bidroom/web/ui/checkpoint.mjs";
import * as context from "../../bidroom/web/ui/context.mjs";
import { checkForm } from "../../bidroom/web/ui/forms.mjs";
import { frameLength, isSealedLength, sealedLength } from "../../bidroom/web/ui/frames.mjs";
import { checkHeader, checkPart, parseHeader } from "../../bidroom/web/ui/header.mjs";
import { instant } from "../../bidroom/web/ui/instant.mjs";
import { agreementOf } from "../../bidroom/web/ui/keys.mjs";
import { openPart } from "../../bidroom/web/ui/payload.mjs";
import { lotOfTerms, parseTerms } from "../../bidroom/web/ui/policy.mjs";
import { keyOfCode, readCode, scalarOf } from "../../bidroom/web/ui/recovery.mjs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";
import { combine, unwrap } from "../../bidroom/web/ui/release.mjs";
import { countOf, piecesOfHolder } from "../../bidroom/web/ui/slots.mjs";
import { parseTimeline } from "../../bidroom/web/ui/timeline.mjs";
import * as trees from "../../bidroom/web/ui/tree.mjs";
import { verifyReceipt } from "../../bidroom/web/ui/verify.mjs";

const same = (a, b) => {
  if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`);
};

/** The bytes of a case: text or base64, then maybe a text many times. */
function dataOf({ text, base64: encoded, then = { text: "", times: 0 } }) {
  const first = encoded === undefined ? utf8(text) : unbase64(encoded);
  const data = new Uint8Array(first.length + then.text.length * then.times);
  data.set(first);
  data.set(utf8(then.text.repeat(then.times)), first.length);
  return data;
}

const EDITS = {
  flip: (data, at) => data.map((byte, n) => (n === at ? byte ^ 1 : byte)),
  keep: (data, size) => data.subarray(0, size),
  append: (data, more) => Uint8Array.from([...data, ...unhex(more)]),
  repeat: (data, [start, length]) => Uint8Array.from([...data, ...data.subarray(start, start + length)]),
  swap(data, [a, b, length]) {
    const swapped = data.slice();
    swapped.set(data.subarray(b, b + length), a);
    swapped.set(data.subarray(a, a + length), b);
    return swapped;
  },
};

function edited(data, edit = {}) {
  return Object.entries(edit).reduce((sum, [name, value]) => EDITS[name](sum, value), data);
}

async function derivations(one) {
  const B = await context.contextDigest(one.context);
  const pieces = one.pieces.map(unhex);
  const K = await context.contentKey(B, pieces);
  const all = async (values) => (await Promise.all(values)).map(hex);
  const info = async ({ slot, index, key }) => context.stanzaInfo(B, slot, index, await sha256(unhex(key)));
  return {
    B: hex(B),
    commitments: await all(pieces.map((piece, j) => context.pieceCommitment(B, j, piece))),
    K: hex(K),
    kc: hex(await context.keyCommitment(K, B)),
    part_keys: await all([0, 1].map((i) => context.partKey(K, i))),
    payload_contexts: [0, 1].map((i) => hex(context.payloadContext(B, i))),
    stanza_infos: await all(one.holders.map(info)),
  };
}

function lengths({ part, data, sealed }) {
  if (sealed !== undefined) {
    same(isSealedLength(part, sealed), false);
    throw new Refused("not_padded");
  }
  const frame = frameLength(part, data);
  same(isSealedLength(part, sealedLength(frame)), true);
  return { frame, sealed: sealedLength(frame) };
}

function slots({ holders, needed }) {
  const slot = [{ name: "committee", needed, holders: Array.from({ length: holders }) }];
  const mine = slot[0].holders.map((_, n) => piecesOfHolder(slot, "committee", n));
  return { pieces: countOf(slot), holders: mine };
}

async function tree(one) {
  if (one.segments) return { root: await segmentRoot(one.segments) };
  if (one.leaves) return wholeTree(await Promise.all(one.leaves.map((leaf) => trees.leafHash(unhex(leaf)))));
  const proof = one.proof.map(unhex);
  const holds = one.leaf !== undefined
    ? await trees.verifyInclusion(await trees.leafHash(unhex(one.leaf)), one.index, one.size, proof, unhex(one.root))
    : await trees.verifyConsistency(one.old_size, one.new_size, proof, unhex(one.old_root), unhex(one.new_root));
  same(holds, false);
  throw new Refused("false");
}

async function segmentRoot(sizes) {
  const frontier = new trees.Frontier();
  const blocks = sizes.map((size, n) => new Uint8Array(size).fill(n));
  for await (const { leaf } of trees.segmentsOf(blocks)) await frontier.append(leaf);
  return hex(await frontier.root());
}

async function wholeTree(leaves) {
  const root = await trees.rootOf(leaves);
  const size = leaves.length;
  const numbers = [...leaves.keys()];
  const inclusion = await Promise.all(numbers.map((n) => trees.inclusionProof(leaves, n)));
  const consistency = await Promise.all(numbers.map((n) => trees.consistencyProof(leaves, n + 1)));
  for (const n of numbers) {
    const old = await trees.rootOf(leaves.slice(0, n + 1));
    same(await trees.verifyInclusion(leaves[n], n, size, inclusion[n], root), true);
    same(await trees.verifyConsistency(n + 1, size, consistency[n], old, root), true);
  }
  const texts = (proofs) => proofs.map((proof) => proof.map(hex));
  return { root: hex(root), inclusion: texts(inclusion), consistency: texts(consistency) };
}

async function recovery({ text }) {
  const code = readCode(text);
  return { code: hex(code), scalar: hex(await scalarOf(code)), key: hex((await keyOfCode(text)).spki) };
}

function canonicalJson(one) {
  const data = dataOf(one);
  same(hex(canonical(parseCanonical(data, 1 << 20, "vector_malformed"))), hex(data));
  return {};
}

async function headers(one, { terms }) {
  const header = await parseHeader(dataOf(one));
  await checkHeader(header, await parseTerms(utf8(terms[one.terms])), unbase64(one.certificate));
  return { digest: header.digest, B: hex(header.B) };
}

async function payloads(one, { ciphers }) {
  const named = ciphers[one.cipher];
  const cipher = named ? edited(unbase64(named), one.edit) : dataOf(one);
  const blocks = [];
  for await (const block of openPart(new Blob([cipher]), unhex(one.key), unhex(one.B), one.part)) blocks.push(block);
  const data = new Uint8Array(await new Blob(blocks).arrayBuffer());
  return { length: data.length, sha256: hex(await sha256(data)) };
}

async function stanzas(one, { test_only_scalars: scalars }) {
  const key = await agreementOf(unhex(scalars[one.key]));
  const pieces = await unwrap(await parseHeader(utf8(one.header)), one.slot, one.index, key, one.expected);
  return { pieces: Object.fromEntries([...pieces].map(([j, piece]) => [j, hex(piece)])) };
}

async function releases({ header, pieces }) {
  const given = new Map(Object.entries(pieces).map(([j, piece]) => [Number(j), unhex(piece)]));
  return { K: hex(await combine(await parseHeader(utf8(header)), given)) };
}

async function parts({ header, part, length, root }) {
  checkPart(await parseHeader(utf8(header)), part, length, root);
  return {};
}

async function certificates(one, { trust }) {
  const given = Object.entries({ ...trust, ...one.trust }).map(([name, each]) => [name, each.map(unbase64)]);
  const holding = await checkCertificate(unbase64(one.certificate), Object.fromEntries(given), instant(one.at));
  const { name, serial, uscc, organizationCertificate, canAgree } = holding;
  return { name, serial, uscc, organization_certificate: organizationCertificate, can_agree: canAgree };
}

async function signatures(one) {
  await verify(one.kind, unbase64(one.data), unbase64(one.cms), unbase64(one.certificate));
  return {};
}

async function checkpoints({ note, vkey }) {
  const { origin, size, root } = await verifyNote(note, await parseVkey(vkey));
  return { origin, size, root: base64(root) };
}

const timelines = async (one) => {
  const { digest, deadline } = await parseTimeline(dataOf(one));
  return { digest, deadline };
};

async function forms(one, { terms }) {
  return { form: checkForm(dataOf(one), lotOfTerms(await parseTerms(utf8(terms)), one.lot)) };
}

/** @type {Record<string, (one: any, file: any) => any>} */
export const READERS = {
  canonical: canonicalJson, certificates, checkpoints, derivations, headers, lengths, parts, payloads, recovery,
  releases, signatures, slots, stanzas, timelines, trees: tree,
  forms,
  receipts: async (one) => ({ body: await verifyReceipt(one.receipt, one.vkey, one.kind) }),
  terms: async (one) => ({ digest: (await parseTerms(dataOf(one))).digest }),
};
