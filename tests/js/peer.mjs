/** One step of the browser's side, for tests that cross over: `node peer.mjs STEP FOLDER`, everything by files. */

import { openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { base64, unbase64 } from "../../bidroom/web/ui/bytes.mjs";
import { sign, verify } from "../../bidroom/web/ui/cades.mjs";
import { partKey } from "../../bidroom/web/ui/context.mjs";
import { Desk } from "../../bidroom/web/ui/desk.mjs";
import { checkHeader, parseHeader } from "../../bidroom/web/ui/header.mjs";
import { ownAgreement } from "../../bidroom/web/ui/keys.mjs";
import { openP12 } from "../../bidroom/web/ui/p12.mjs";
import { openForm, openPart } from "../../bidroom/web/ui/payload.mjs";
import { parseTerms } from "../../bidroom/web/ui/policy.mjs";
import { keyOfCode } from "../../bidroom/web/ui/recovery.mjs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";
import { combine, unwrapOwn } from "../../bidroom/web/ui/release.mjs";
import { openKit } from "../../bidroom/web/ui/kit.mjs";

const [step, folder] = process.argv.slice(2);
const bytes = (name) => new Uint8Array(readFileSync(join(folder, name)));
const json = (name) => JSON.parse(readFileSync(join(folder, name), "utf8"));
const write = (name, data) => writeFileSync(join(folder, name), data);
const asked = json(`ask-${step}.json`);
const identity = async (name) => openP12(bytes(`${name}.p12`), asked.passphrase, `${name}.p12`);

const STEPS = {
  async identify() {
    const { digest, serial, name, canAgree, keys } = await identity(asked.who);
    const extractable = [keys.signing, keys.pair?.privateKey].some((key) => key?.extractable);
    return { digest, serial, name, canAgree, extractable };
  },

  async sign() {
    const at = new Date(asked.at);
    const signature = await sign(asked.kind, unbase64(asked.data), await identity(asked.who), at, asked.pss);
    return { cms: base64(signature) };
  },

  async verify() {
    await verify(asked.kind, unbase64(asked.data), unbase64(asked.cms), unbase64(asked.certificate));
    return {};
  },

  async seal() {
    const desk = new Desk({ origin: "http://localhost", post: () => {} });
    const file = new Blob([bytes(`${asked.who}.p12`)]);
    const { handle } = await desk.openP12({ file, passphrase: asked.passphrase });
    const documents = await Promise.all(
      asked.documents.map(async (name) => ({ name, data: await openAsBlob(join(folder, name)) })),
    );
    const notice = { tender: json("tender.json"), trust: json("trust.json") };
    const sealed = await desk.seal({ ...notice, ...asked, handle, documents });
    for (const { id, blob } of sealed.parts) write(`part${id}.bin`, new Uint8Array(await blob.arrayBuffer()));
    write("header.json", sealed.header);
    write("header.p7s", sealed.cms);
    write("kit.json", sealed.kit);
    return { digest: sealed.digest, bid: sealed.bid, certificate: sealed.certificate };
  },

  async open() {
    const terms = await parseTerms(unbase64(json("tender.json").notice.terms));
    const header = await parseHeader(bytes("header.json"));
    await checkHeader(header, terms, unbase64(asked.certificate));
    await verify("header", header.data, bytes("header.p7s"), unbase64(asked.certificate));
    const pieces = new Map();
    for (const [slot, who] of asked.holders) {
      const key = asked.codes?.[who] ? await keyOfCode(asked.codes[who]) : ownAgreement(await identity(who));
      for (const [j, piece] of await unwrapOwn(header, terms, slot, key)) pieces.set(j, piece);
    }
    const K = await combine(header, pieces);
    write("form.json", await openForm(await openAsBlob(join(folder, "part0.bin")), await partKey(K, 0), header.B));
    const blocks = [];
    const sealed = await openAsBlob(join(folder, "part1.bin"));
    for await (const block of openPart(sealed, await partKey(K, 1), header.B, 1)) blocks.push(block);
    write("documents.zip", Buffer.concat(blocks));
    return {};
  },

  async kit() {
    const header = await parseHeader(bytes("header.json"));
    const pieces = await openKit(bytes("kit.json"), header, ownAgreement(await identity(asked.who)));
    return { pieces: pieces.size };
  },
};

const answer = await STEPS[step]().catch((fault) => {
  if (!(fault instanceof Refused)) throw fault;
  return { refused: fault.reason, field: fault.field };
});
process.stdout.write(JSON.stringify(answer));
