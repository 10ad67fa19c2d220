/** What a bidder types, and what becomes of it; whatever passes here passes the seal's own check too. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canonical } from "../../bidroom/web/ui/canonical.mjs";
import { checkForm } from "../../bidroom/web/ui/forms.mjs";
import { capitals, checkItem, checkPrice, grouped } from "../../bidroom/web/ui/pages/formcheck.mjs";

const value = (checked) => checked.value;
const lot = (type) => ({ form: [{ key: "item", label: { zh: "项", en: "Item" }, type, unit: null }] });

describe("an amount", () => {
  const good = {
    "126480000": "126480000.00", "126480000.5": "126480000.50", "126,480,000.50": "126480000.50", " 12.30 ": "12.30",
    "１２６，４８０．５": "126480.50", "¥ 1,000": "1000.00", "￥3.": "3.00", "007": "7.00", "0.01": "0.01", "12.340": "12.34",
    "999999999999999.99": "999999999999999.99", "1。5": "1.50",
  };
  for (const [typed, exact] of Object.entries(good)) {
    it(`${typed} is ${exact}`, () => {
      assert.equal(value(checkPrice(typed)), exact);
      assert.equal(checkForm(canonical({ price: exact, item: "x" }), lot("text")).price, exact);
    });
  }

  const bad = {
    "": "empty", "  ": "empty", abc: "not_an_amount", "-5": "not_an_amount", "1,5": "not_an_amount",
    "12,34,567": "not_an_amount", "1e9": "not_an_amount", "1.2.3": "not_an_amount", ".5": "not_an_amount",
    "0.001": "too_many_decimals", "1.999": "too_many_decimals", "0": "not_above_zero", "0.00": "not_above_zero",
    "1000000000000000": "too_large", "0x10": "not_an_amount", Infinity: "not_an_amount",
  };
  for (const [typed, fault] of Object.entries(bad)) {
    it(`${typed || "nothing"} is refused: ${fault}`, () => {
      assert.deepEqual([checkPrice(typed).value, checkPrice(typed).fault], [null, fault]);
    });
  }

  it("above the control price is warned of and not forbidden", () => {
    const warned = (typed, control) => checkPrice(typed, control).warnings;
    assert.deepEqual(warned("100.01", "100.00"), ["above_control_price"]);
    assert.deepEqual(warned("100.00", "100.00"), []);
    assert.deepEqual(warned("9", "100.00"), [], "compared as numbers");
    assert.deepEqual(warned("100.01", null), []);
    assert.deepEqual(warned("1000000000000", null), ["very_large"]);
  });

  it("is grouped by thousands, decimals are not", () => {
    assert.deepEqual(["126480000.50", "1000.00", "999.99", "1234567.89"].map(grouped),
      ["126,480,000.50", "1,000.00", "999.99", "1,234,567.89"]);
  });
});

describe("other items", () => {
  const cases = [
    ["integer", "540", 540], ["integer", "５４０", 540], ["integer", "1,000", 1000], ["integer", "0", 0],
    ["decimal", "-03.50", "-3.50"], ["decimal", "3.", "3"], ["decimal", "0.123456789", "0.123456789"],
    ["text", "  合格 ", "合格"], ["text", "x".repeat(2000), "x".repeat(2000)],
  ];
  for (const [type, typed, exact] of cases) {
    it(`${type} ${typed.slice(0, 12)}`, () => {
      assert.equal(value(checkItem(type, typed)), exact);
      assert.equal(checkForm(canonical({ price: "1.00", item: exact }), lot(type)).item, exact);
    });
  }

  const bad = [
    ["integer", "5.0", "not_an_integer"], ["integer", "-1", "not_an_integer"], ["integer", "", "empty"],
    ["integer", "9007199254740992", "too_large"], ["decimal", "0.1234567891", "not_a_decimal"],
    ["decimal", "1,5", "not_a_decimal"], ["decimal", "1".repeat(16), "too_large"], ["text", " \n ", "empty"],
    ["text", "x".repeat(2001), "too_long"], ["text", "\ud800", "empty"],
  ];
  for (const [type, typed, fault] of bad) {
    it(`${type} ${JSON.stringify(typed.slice(0, 18))}: ${fault}`, () => {
      assert.equal(checkItem(type, typed).fault, fault);
    });
  }
});

describe("capitals", () => {
  const cases = {
    "126480000.00": "壹亿贰仟陆佰肆拾捌万元整", "1409.50": "壹仟肆佰零玖元伍角整", "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元零叁角贰分", "107000.53": "壹拾万零柒仟元零伍角叁分", "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分", "0.05": "伍分", "0.50": "伍角整", "20000.00": "贰万元整", "10.00": "壹拾元整",
    "100000001.00": "壹亿零壹元整", "10500000000.00": "壹佰零伍亿元整", "1000000000000.00": "壹万亿元整",
    "100000000010000.00": "壹佰万亿零壹万元整", "1000100010001.00": "壹万零壹亿零壹万零壹元整",
    "999999999999999.99": "玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
  };
  for (const [amount, words] of Object.entries(cases)) it(amount, () => assert.equal(capitals(amount), words));

  it("are read back as the amount they were made of", () => {
    for (let n = 0; n < 3000; n += 1) {
      const cents = BigInt(Math.floor(Math.random() * 10 ** (1 + (n % 16)))) + 1n;
      const amount = `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
      assert.equal(read(capitals(amount)), cents, amount);
    }
  });
});

/** The amount in cents that capitals say, by a reader of its own. */
function read(words) {
  const [, yuan = "", rest] = /^(?:(.*)元)?(.*)$/.exec(words);
  const digit = (letter) => BigInt("零壹贰叁肆伍陆柒捌玖".indexOf(letter));
  const upTo = (text, unit, size) => {
    const at = text.lastIndexOf(unit);
    return at < 0 ? [0n, text] : [whole(text.slice(0, at)) * size, text.slice(at + 1)];
  };
  function whole(text) {
    for (const [unit, size] of [["亿", 100000000n], ["万", 10000n], ["仟", 1000n], ["佰", 100n], ["拾", 10n]]) {
      const [high, low] = upTo(text, unit, size);
      if (high) return high + whole(low);
    }
    const bare = text.replaceAll("零", "");
    return bare ? digit(bare) : 0n;
  }
  const [, jiao, fen] = /^零?(?:(.)角)?(?:零?(.)分)?整?$/.exec(rest);
  return whole(yuan) * 100n + (jiao ? digit(jiao) * 10n : 0n) + (fen ? digit(fen) : 0n);
}
