/** What a clerk types, as a command has it: amounts with their fen, times with Beijing's zone. */

/** 800,000 or 800000.5 as "800000.00"; null where it is no amount. @param {string} text */
export function amountOf(text) {
  const found = /^(\d{1,15})(?:\.(\d{1,2}))?$/.exec(text.replace(/[\s,，¥￥]/g, ""));
  if (!found) return null;
  const [, whole, part = ""] = found;
  return `${BigInt(whole)}.${part.padEnd(2, "0")}`;
}

/** What an input of local time holds, as a time in Beijing; null where it is none. @param {string} text */
export function beijingOf(text) {
  const found = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(?:\.\d+)?$/.exec(text);
  return found ? `${found[1]}T${found[2]}${found[3] ?? ":00"}+08:00` : null;
}
