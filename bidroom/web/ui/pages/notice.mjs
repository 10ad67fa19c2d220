/** The pages of a notice: the draft's form, the tenderee's signature, the handing in, and the check of the papers. */

import "./base.mjs";

import { unbase64 } from "../bytes.mjs";
import { instantOf } from "../instant.mjs";
import { readNotice } from "../notice.mjs";
import { chip } from "./marks.mjs";
import { NoticeForm } from "./noticeform.mjs";
import { serverNow, tenderOf, trust } from "./notices.mjs";
import { handIn, Papers } from "./signing.mjs";
import { say, words, wordsOf } from "./words.mjs";
import { onSubmit } from "./working.mjs";

/** Whether the notice is the tenderee's, found out by this browser from the exact bytes and the pinned authorities. */
async function verifyNotice(card) {
  const place = card.querySelector("[data-verified]");
  try {
    const [tender, told, now] = [await tenderOf(card.dataset.verifyNotice), await trust(), await serverNow()];
    await readNotice(tender, decoded(told), instantOf(now));
    place.replaceChildren(chip("ok", "rosette-discount-check", say('本浏览器已核验：签名有效，证书可信')));
  } catch (fault) {
    place.replaceChildren(chip("bad", "alert-triangle", say('本浏览器核验未通过：{why}', { why: wordsOf(fault) })));
  }
}

const decoded = (told) =>
  Object.fromEntries(["roots", "intermediates", "crls"].map((name) => [name, (told[name] ?? []).map(unbase64)]));

async function begin() {
  await words();
  for (const form of document.querySelectorAll("[data-notice-form]")) await new NoticeForm(form).begin();
  for (const card of document.querySelectorAll("[data-sign-papers]")) await new Papers(card).begin();
  for (const form of document.querySelectorAll("[data-hand-in]")) onSubmit(form, handIn);
  for (const card of document.querySelectorAll("[data-verify-notice]")) await verifyNotice(card);
}

void begin();
