/** An application for the binding of a certificate: shown before it is sent, signed by the certificate's own key. */

import { base64 } from "../bytes.mjs";
import { serialOf, subjectOf } from "../chain.mjs";
import { posting } from "../posting.mjs";
import { loadCertificate, OIDS } from "../x509.mjs";
import { ask } from "./asking.mjs";
import { caller, forget } from "./keyring.mjs";
import { serverNow } from "./notices.mjs";
import { way } from "./sending.mjs";
import { base } from "./server.mjs";
import { say } from "./words.mjs";

/** It proves itself and needs nobody's session: without one, nothing tells it from a newcomer's. */
const strangers = (url, request) => fetch(url, { ...request, credentials: "omit" });

way("apply", async ({ form, key }) => {
  const { handle, certificate, digest } = await key();
  try {
    const paper = loadCertificate(certificate);
    if (!(await ask(questionOf(paper, form.dataset)))) throw new Unmeant();
    await apply(handle, certificate, form.dataset);
  } catch (fault) {
    await forget(digest); // another click asks for another file
    if (!(fault instanceof Unmeant)) throw fault;
    throw Object.assign(new Error(), { reason: "key_not_open" }); // as a closed dialog: nothing is to be said
  }
  return null;
});

/** The person looked at the certificate and thought better of it. */
class Unmeant extends Error {}

async function apply(handle, certificate, { stream, user }) {
  const at = (await serverNow()).toISOString();
  const command = { stream, type: "ApplyForBinding", lot: null, body: { user, der: base64(certificate) } };
  const { bytes, cms, certificate: digest } = await caller().call("signCommand", { handle, at, ...command });
  await posting(`${location.origin}${base}`, strangers)({ bytes, cms, certificate: digest }, "");
}

/** What the certificate says, and what the window may find fault with. */
function questionOf(paper, { name, code }) {
  const [subject, organization, number] = [OIDS.commonName, OIDS.organization, OIDS.serialNumber]
    .map((oid) => subjectOf(paper, oid) ?? "");
  const lines = [say('证书主体：{subject}', { subject }), say('单位：{organization}', { organization }),
    say('统一社会信用代码：{number}', { number }), say('证书序列号：{serial}', { serial: serialOf(paper) }),
    say('有效期至：{until}', { until: paper.notAfter.slice(0, 10) })];
  const same = (organization || subject) === name && (!number || number === code);
  const text = same
    ? say('证书与登记一致。将以它申请绑定，请核对：')
    : say('证书与登记的“{name}”（{code}）不一致，窗口会退回。仍要提交吗？', { name, code });
  return { title: say('申请绑定这张证书'), text, lines, yes: same ? say('签名并提交') : say('仍要提交'), isGrave: !same };
}
