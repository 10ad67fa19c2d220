/** The bid form: which items a lot announces, and whether a form has exactly those. */

import { parseCanonical } from "./canonical.mjs";
import { Refused } from "./refused.mjs";
import { Place } from "./shape.mjs";

const FORM_LIMIT = 1 << 20;
const MALFORMED = "form_malformed";
const PRICE = "price";
const LONGEST_TEXT = 2000;

/**
 * One announced item beside the price.
 * @typedef {{key: string, label: Record<string, string>, type: "integer" | "decimal" | "text",
 *   unit: string | null}} Item
 */

/**
 * A lot's form schema; `price` is always there and may not be defined again, nor any key twice.
 * @param {Place} at
 * @returns {Item[]}
 */
export function parseItems(at) {
  /** @type {Item[]} */
  const items = [];
  for (const place of at.items(0, 100)) {
    const item = itemOf(place);
    if (item.key === PRICE || items.some((other) => other.key === item.key)) {
      throw place.refused("key_defined_twice", { key: item.key });
    }
    items.push(item);
  }
  return items;
}

function itemOf(at) {
  const has = at.members(["key", "label", "type"], ["unit"]);
  const label = has.label.members(["zh", "en"]);
  return {
    key: has.key.matching("[a-z][a-z0-9_]{0,39}"),
    label: Object.fromEntries(Object.entries(label).map(([language, text]) => [language, text.text(100)])),
    type: has.type.oneOf("integer", "decimal", "text"),
    unit: has.unit ? has.unit.text(20) : null,
  };
}

/**
 * The bid form in `data`: price and the lot's items, each of its type; Refused("form_malformed") names the item.
 * @param {Uint8Array} data
 * @param {{form: Item[]}} lot
 */
export function checkForm(data, lot) {
  const keys = lot.form.map((item) => item.key);
  const at = new Place(parseCanonical(data, FORM_LIMIT, MALFORMED), MALFORMED).members([PRICE, ...keys]);
  const price = at[PRICE].money();
  if (!/[1-9]/.test(price)) throw at[PRICE].refused("not_above_zero");
  const items = lot.form.map((item) => [item.key, valueOf(at[item.key], item.type)]);
  return { [PRICE]: price, ...Object.fromEntries(items) };
}

function valueOf(at, type) {
  if (type === "integer") return at.integer();
  if (type === "decimal") return at.matching("-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,9})?");
  if (type === "text") return at.text(LONGEST_TEXT);
  throw new Refused(MALFORMED, at.path, { cause: "type_unknown" });
}
