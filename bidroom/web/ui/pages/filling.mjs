/** The bid form as it is being filled in: every line checked, the price in figures and capitals beside it. */

import { capitals, checkItem, checkPrice, grouped } from "./formcheck.mjs";
import { say } from "./words.mjs";

const FAULTS = {
  empty: () => say('必填'),
  not_an_amount: () => say('请填写金额，例如 126480000.00'),
  too_many_decimals: () => say('金额最多两位小数'),
  too_large: () => say('数值过大'),
  not_above_zero: () => say('金额必须大于零'),
  not_an_integer: () => say('请填写整数'),
  not_a_decimal: () => say('请填写数字，最多九位小数'),
  too_long: () => say('不超过 2000 字'),
};
const WARNINGS = {
  above_control_price: (control) => say('高于控制价 {control}，按招标文件可能被否决', { control: grouped(control) }),
  very_large: () => say('金额达到万亿元，请核对是否多写了位数'),
};

/** One lot's form. */
export class Filling {
  #part;
  #control;
  #currency;

  /**
   * @param {HTMLElement} part the fieldset
   * @param {{control: string | null, currency: string}} lot
   */
  constructor(part, { control, currency }) {
    this.#part = part;
    this.#control = control;
    this.#currency = currency;
    part.addEventListener("input", ({ target }) => this.#live(target));
    part.addEventListener("change", ({ target }) => this.#settle(target));
  }

  get #inputs() {
    return [...this.#part.querySelectorAll("[data-item]")];
  }

  /** The form's values; null, and the first wrong line in focus, where something is wrong. */
  read() {
    const checked = this.#inputs.map((input) => [input, this.#checked(input)]);
    for (const [input, { fault }] of checked) this.#fault(input, fault);
    const wrong = checked.find(([, { fault }]) => fault);
    if (wrong) {
      wrong[0].focus();
      return null;
    }
    return Object.fromEntries(checked.map(([input, { value }]) => [input.name, value]));
  }

  #checked(input) {
    return input.dataset.item === "price"
      ? checkPrice(input.value, this.#control)
      : checkItem(input.dataset.item, input.value);
  }

  /** While typing: what was wrong goes as soon as it is right, the amount is spelled out. */
  #live(input) {
    if (!input.dataset?.item) return;
    const { fault } = this.#checked(input);
    if (input.getAttribute("aria-invalid") === "true" || !fault) this.#fault(input, fault);
    if (input.dataset.item === "price") this.#amount(input);
  }

  #settle(input) {
    if (!input.dataset?.item) return;
    const { value, fault } = this.#checked(input);
    this.#fault(input, input.value ? fault : null);
    if (!fault && input.dataset.item !== "text") input.value = value;
  }

  #amount(input) {
    const { value, warnings } = this.#checked(input);
    const [figures, words, warning] = ["figures", "capitals", "warning"].map((name) => this.#find(`[data-${name}]`));
    figures.textContent = value === null ? "" : `${grouped(value)} ${this.#currency}`;
    words.textContent = value !== null && this.#currency === "CNY" ? `人民币${capitals(value)}` : "";
    warning.hidden = warnings.length === 0;
    warning.querySelector("span").textContent = warnings.map((name) => WARNINGS[name](this.#control)).join(" ");
  }

  #fault(input, fault) {
    input.setAttribute("aria-invalid", String(Boolean(fault)));
    this.#find(`[data-fault-for="${CSS.escape(input.name)}"]`).textContent = fault ? FAULTS[fault]() : "";
  }

  #find(selector) {
    return this.#part.querySelector(selector);
  }
}
