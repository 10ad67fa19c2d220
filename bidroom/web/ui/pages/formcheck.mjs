/** What a bidder typed into the bid form: made into exact values, or told what is wrong; capitals for an amount. */

const MOST_WHOLE = 15;
const LONGEST_TEXT = 2000;
const MOST_INTEGER = Number.MAX_SAFE_INTEGER;
/** Places of an amount that is rather a slip: 万亿 and more. */
const TOO_MANY_PLACES = 13;
const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = ["", "拾", "佰", "仟"];
/** Of each group of four digits; the fourth is 万亿, whose 亿 comes with the third. */
const GROUPS = ["", "万", "亿", "万"];
const YI = 2;

/**
 * What became of one field: its value for the form, or the name of what is wrong; `warnings` forbid nothing.
 * @typedef {{value: string | number | null, fault: string | null, warnings: string[]}} Checked
 */
const good = (value, warnings = []) => ({ value, fault: null, warnings });
const wrong = (fault) => ({ value: null, fault, warnings: [] });

/** As typed on a Chinese keyboard or copied from a spreadsheet: full-width digits, groups, blanks and ¥ away. */
function plain(text) {
  const narrow = text.replace(/[！-～]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0));
  return narrow.replace(/。/g, ".").replace(/[\s\u3000¥￥]/g, "");
}

/** Groups are taken away where they are groups of three, so that 1,5 is not read as 15. */
const ungrouped = (text) => (/^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(",", "") : text);

/**
 * An amount of money: above zero, at most two decimals; the value always has two. Faults: empty, not_an_amount,
 * too_many_decimals, too_large, not_above_zero. Warnings: above_control_price, very_large.
 * @param {string} text
 * @param {string | null} control the control price, as the terms have it
 * @returns {Checked}
 */
export function checkPrice(text, control = null) {
  const typed = ungrouped(plain(text));
  if (!typed) return wrong("empty");
  const found = /^(\d+)(?:\.(\d*))?$/.exec(typed);
  if (!found) return wrong("not_an_amount");
  const whole = found[1].replace(/^0+(?=\d)/, "");
  const cents = found[2] ?? "";
  if (/[1-9]/.test(cents.slice(2))) return wrong("too_many_decimals");
  if (whole.length > MOST_WHOLE) return wrong("too_large");
  const value = `${whole}.${cents.slice(0, 2).padEnd(2, "0")}`;
  if (!/[1-9]/.test(value)) return wrong("not_above_zero");
  const warnings = [
    control !== null && centsOf(value) > centsOf(control) ? "above_control_price" : null,
    whole.length >= TOO_MANY_PLACES ? "very_large" : null,
  ];
  return good(value, warnings.filter((warning) => warning !== null));
}

const centsOf = (amount) => BigInt(amount.replace(".", ""));

/**
 * One announced item beside the price. Faults: empty, not_an_integer, not_a_decimal, too_large, too_long.
 * @param {"integer" | "decimal" | "text"} type
 * @param {string} text
 * @returns {Checked}
 */
export function checkItem(type, text) {
  if (type === "text") return checkText(text);
  const typed = ungrouped(plain(text));
  if (!typed) return wrong("empty");
  return type === "integer" ? checkInteger(typed) : checkDecimal(typed);
}

function checkText(text) {
  const value = text.trim();
  if (!value || !value.isWellFormed()) return wrong("empty");
  return [...value].length > LONGEST_TEXT ? wrong("too_long") : good(value);
}

function checkInteger(typed) {
  if (!/^\d+$/.test(typed)) return wrong("not_an_integer");
  return Number(typed) > MOST_INTEGER ? wrong("too_large") : good(Number(typed));
}

function checkDecimal(typed) {
  const found = /^(-?)0*(\d+)(?:\.(\d{0,9}))?$/.exec(typed);
  if (!found) return wrong("not_a_decimal");
  const [, sign, whole, fraction] = found;
  if (whole.length > MOST_WHOLE) return wrong("too_large");
  return good(`${sign}${whole}${fraction ? `.${fraction}` : ""}`);
}

/** 126480000.00 → 126,480,000.00 */
export const grouped = (value) => value.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");

/**
 * An amount in capitals as cheques and contracts have it (支付结算办法, 附一): 126480000.50 → 壹亿贰仟陆佰肆拾捌万元伍角整.
 * @param {string} value an amount with two decimals, at most 15 places before them
 */
export function capitals(value) {
  const [whole, cents] = value.split(".");
  const [jiao, fen] = [...cents].map(Number);
  const yuan = /[1-9]/.test(whole) ? `${wholeIn(whole)}元` : "";
  if (!jiao && !fen) return `${yuan || "零元"}整`;
  const gap = yuan && (!jiao || whole.endsWith("0")) ? "零" : "";
  return `${yuan}${gap}${jiao ? `${DIGITS[jiao]}角` : ""}${fen ? `${DIGITS[fen]}分` : "整"}`;
}

/** A whole number, four digits at a time; one 零 for any run of zeros that something follows. */
function wholeIn(whole) {
  const groups = [];
  for (let end = whole.length; end > 0; end -= 4) groups.unshift(whole.slice(Math.max(0, end - 4), end));
  return groups.reduce((said, group, n) => {
    const place = groups.length - 1 - n;
    if (!/[1-9]/.test(group)) return place === YI && said ? `${said}亿` : said;
    const isAfterGap = said && (group.startsWith("0") || groups[n - 1].endsWith("0"));
    return said + (isAfterGap ? "零" : "") + groupIn(group) + GROUPS[place];
  }, "");
}

function groupIn(group) {
  const digits = [...group].map(Number);
  let said = "";
  digits.forEach((digit, n) => {
    if (digit) said += (said && !digits[n - 1] ? "零" : "") + DIGITS[digit] + PLACES[digits.length - 1 - n];
  });
  return said;
}
