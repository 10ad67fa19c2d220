/** What scripts say, in the page's language; the words come from the server's catalogues, once a page. */

import { base, patiently } from "./server.mjs";

const NONE = { words: {}, causes: {} };
let held = NONE;
let asked = null;

/** Have the words here; whoever says something waits for this first. Without the server, Chinese is said. */
export function words() {
  asked ??= fetched();
  return asked;
}

async function fetched() {
  const { lang } = document.documentElement;
  const response = await patiently(() => fetch(`${base}/words/${lang}`, { credentials: "same-origin" }));
  if (!response.ok) throw new Error(`no words in ${lang}: ${response.status}`);
  held = await response.json();
}

/** For tests, and pages that bring their own. @param {{words: Record<string, string>, causes?: object}} catalogue */
export function use(catalogue) {
  held = { ...NONE, ...catalogue };
  asked = Promise.resolve();
}

/**
 * A sentence in the page's language, its places filled: `say('还有 {n} 份', {n: 3})`.
 * @param {string} text the Chinese sentence
 * @param {Record<string, unknown>} [values]
 */
export const say = (text, values = {}) => filled(held.words[text] ?? text, values);

const PLACE = /\{(\w+)\}/g;
const filled = (text, values) => text.replace(PLACE, (place, name) => (name in values ? String(values[name]) : place));

/**
 * What a person is told of a refusal: its sentence, and where and why as far as that is known.
 * @param {{reason: string, field?: string | null, details?: Record<string, any>}} refused
 */
export function sentenceOf(refused) {
  const { reason, field, details = {} } = refused;
  const sentence = held.words[reason] ?? details.title ?? reason;
  const cause = details.cause && (held.causes[details.cause] ?? details.cause);
  const more = [field, cause].filter(Boolean).map(String);
  if (!cause || !more.length) return sentence;
  return isEnglish() ? `${sentence} (${more.join(": ")})` : `${sentence}（${more.join("：")}）`;
}

const isEnglish = () => globalThis.document?.documentElement.lang === "en";

/** Whatever went wrong, in words; a fault of the page itself is named, for whoever is asked for help. */
export const wordsOf = (fault) =>
  fault?.reason ? sentenceOf(fault) : say('页面出现故障，请刷新后重试（{fault}）', { fault: String(fault?.message ?? fault) });
