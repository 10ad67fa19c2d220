/** Host and tenderee: the command over the final bids, the preflight, the holder's release. */

import { hex } from "../bytes.mjs";
import { digestOf } from "../canonical.mjs";
import { Refused } from "../refused.mjs";
import { finalRoot } from "../tree.mjs";
import { ask } from "./asking.mjs";
import { caller } from "./keyring.mjs";
import { decidingTime, finalsOf, headerOf, receiptKey, roomOf, serverNow, tenderOf, trust } from "./notices.mjs";
import { get } from "./server.mjs";
import { csrf, newId, way } from "./sending.mjs";
import { say } from "./words.mjs";

const AT_ONCE = 6;

/** The host commands on the log as it stands, over exactly the bids that the room shows. */
way("commandDecryption", async ({ asked }) => {
  const finals = finalsOf(await roomOf(asked.stream));
  if (hex(await finalRoot(finals)) !== asked.body.root) throw new Refused("final_root_is_another", "root");
  const { size, root } = await get(`/tenders/${asked.stream}/checkpoint`);
  return { ...asked, checkpoint: { size, root }, body: { ...asked.body, nonce: newId() } };
});

/** A holder tries its stanza of every final bid; nothing is released. */
way("preflight", async ({ asked, form, key, tell }) => {
  const tender = asked.stream;
  const { handle } = await key();
  const live = (await roomOf(tender)).lots.filter((lot) => !lot.ended);
  const digests = finalsOf({ lots: live }).map(([, digest]) => digest).sort();
  const headers = await headersOf(tender, digests, tell);
  const given = { handle, headers, tender: await tenderOf(tender), trust: await trust() };
  const bad = new Set();
  for (const slot of form.dataset.slot.split(" ")) {
    const at = (await serverNow()).toISOString();
    const found = await caller().call("preflight", { ...given, slot, at });
    for (const digest of found.bad) bad.add(digest);
  }
  if (bad.size && !(await isDispute([...bad]))) throw new Refused("key_not_open");
  return { ...asked, body: { ...asked.body, bad: [...bad].sort() } };
});

const isDispute = (lines) => ask({
  title: say('有投标文件的密钥份额打不开'),
  text: say('以下 {n} 份将作为争议写入记录，不会被解密。请先确认所用证书正确。', { n: lines.length }),
  lines,
  yes: say('确认并签署'),
  isGrave: true,
});

/** All or nothing: a holder's pieces of every released bid, from the worker straight to the server. */
way("releaseHolder", async ({ asked, key, tell }) => {
  const { stream: tender, body } = asked;
  const { handle } = await key();
  const headers = await headersOf(tender, body.digests, tell);
  const [notice, command, view] = await Promise.all([
    tenderOf(tender), get(`/tenders/${tender}/command`), roomOf(tender),
  ]);
  tell(say('正在打开密钥份额并提交…'));
  await caller().call("releaseHolder", {
    handle, slot: body.slot, headers, command, finals: finalsOf(view), tender: notice, trust: await trust(),
    vkey: await receiptKey(), csrf: csrf(), at: (await decidingTime()).toISOString(),
  });
  return null;
});

/** The headers of these bids in order, each what its digest says; a few at a time. */
async function headersOf(tender, digests, tell) {
  const found = new Array(digests.length);
  let next = 0;
  let had = 0;
  const fetchers = Array.from({ length: AT_ONCE }, async () => {
    while (next < digests.length) {
      const n = next;
      next += 1;
      found[n] = await checkedHeader(tender, digests[n]);
      had += 1;
      tell(say('正在读取投标文件头 {n} / {of}', { n: had, of: digests.length }));
    }
  });
  await Promise.all(fetchers);
  return found;
}

async function checkedHeader(tender, digest) {
  const header = await headerOf(tender, digest);
  if ((await digestOf("bid", header)) !== digest) throw new Refused("header_is_another", digest);
  return header;
}
