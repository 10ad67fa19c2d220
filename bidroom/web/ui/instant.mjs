/** Times as `YYYY-MM-DDTHH:MM:SS.ffffffZ`: microseconds as every entry has them, and in order as plain strings. */

import { Refused } from "./refused.mjs";

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;

/**
 * The time that `text` names (RFC 3339, never without an offset), in UTC; of the years 1900 to 2999.
 * @param {string} text
 * @returns {string}
 */
export function instant(text) {
  const found = RFC3339.exec(text);
  if (!found) throw new Refused("time_malformed", null, { value: text.slice(0, 100) });
  const [, year, month, day, hour, minute, second, fraction = "", offset] = found;
  if (!offset) throw new Refused("time_without_zone", null, { value: text });
  const local = new Date(Date.UTC(+year, +month - 1, +day, +hour, +minute, +second));
  const same = local.toISOString().slice(0, 19) === `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const minutes = minutesOf(offset);
  if (!same || minutes === null || +year < 1900 || +year >= 3000) {
    throw new Refused("time_malformed", null, { value: text });
  }
  const utc = new Date(local.getTime() - minutes * 60_000);
  return `${utc.toISOString().slice(0, 19)}.${fraction.padEnd(6, "0").slice(0, 6)}Z`;
}

function minutesOf(offset) {
  if (offset === "Z") return 0;
  const [hours, minutes] = [+offset.slice(1, 3), +offset.slice(4)];
  if (hours > 23 || minutes > 59) return null;
  return (offset[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
}

/** @param {Date} date */
export const instantOf = (date) => instant(date.toISOString());
