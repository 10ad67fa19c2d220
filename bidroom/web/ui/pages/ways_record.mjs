/** The record: laid before everyone, compared with what one knows oneself, confirmed, refused, signed. */

import { hex, sha256 } from "../bytes.mjs";
import { canonical } from "../canonical.mjs";
import { Refused } from "../refused.mjs";
import { ask } from "./asking.mjs";
import { get } from "./server.mjs";
import { way } from "./sending.mjs";
import { say } from "./words.mjs";

/** Milliseconds for which a patch may be on its way: the record can be newer than the page. */
const PATCH_TAKES = 3_000;

/** The minutes as the server has them, with the digest that this browser computes of them. */
async function minutesOf(tender) {
  const { minutes, digest } = await get(`/tenders/${tender}/record`);
  const own = hex(await sha256(canonical(minutes)));
  if (own !== digest) throw new Refused("record_is_another", "digest");
  return { minutes, digest };
}

/** The host names the minutes as they stand. */
way("openConfirmation", async ({ asked }) => {
  const { digest } = await minutesOf(asked.stream);
  return { ...asked, body: { record: digest } };
});

/** A bidder sees its own rows and the digest before it signs. */
way("confirm", async ({ asked, form }) => {
  const { minutes, digest } = await minutesOf(asked.stream);
  await checkNamed(asked, digest, form);
  const rows = ownRows(minutes, (await get("/me")).organization);
  const yes = await ask({
    title: say('核对并确认开标记录'),
    text: textOf(digest === asked.body.record),
    lines: [...rows.map(lineOf), `SHA-256 ${asked.body.record}`],
    yes: say('一致，签名确认'),
  });
  if (!yes) throw new Refused("key_not_open");
  return asked;
});

way("refuse", async ({ asked, form }) => {
  await checkNamed(asked, (await minutesOf(asked.stream)).digest, form);
  return asked;
});

way("signRecord", async ({ asked, form }) => {
  await checkNamed(asked, (await minutesOf(asked.stream)).digest, form);
  return asked;
});

/** The minutes are those laid out; they have only moved since where the room says so itself (an objection, say). */
async function checkNamed({ body }, digest, form) {
  if (digest !== body.record && !(await saysItMoved(form))) throw new Refused("record_is_another", "record");
}

/** Whether the room says so now, or as soon as the patch that says it arrives. */
function saysItMoved(form) {
  const over = new AbortController();
  return new Promise((resolve) => {
    const look = () => form.hasAttribute("data-moved") && resolve(true);
    document.addEventListener("bidroom:patched", look, { signal: over.signal });
    setTimeout(() => resolve(false), PATCH_TAKES);
    look();
  }).finally(() => over.abort());
}

const textOf = (isSame) => (isSame
  ? say('本机重新计算的开标记录摘要与提交确认的一致。请核对本单位的以下内容。')
  : say('提交确认之后，开标记录又增加了内容（如异议、答复、中止）。您确认的是提交时的文本。请核对本单位的以下内容。'));

const ownRows = (minutes, organization) => minutes.lots.flatMap((lot) =>
  lot.bidders.filter((row) => row.organization === organization).map((row) => ({ ...row, lot })));

function lineOf({ lot, form, price_in_capitals: capitals, outcome }) {
  const n = lot.no;
  if (form) return say('第 {n} 标段：投标报价 {price} 元（{capitals}）', { n, price: money(form.price), capitals });
  if (outcome === "revoked") return say('第 {n} 标段：未解密，视为撤销投标文件', { n });
  return say('第 {n} 标段：未解密，视为撤回投标文件', { n });
}

const money = (price) => price.replace(/\B(?=(\d{3})+(?!\d))/g, ",").replace(/\.(.*)$/, (part) => part.replaceAll(",", ""));
