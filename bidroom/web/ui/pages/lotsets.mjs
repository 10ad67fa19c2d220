/** The lots of a draft, and the items that each announces: added, dropped, numbered anew, read. */

const LOT = "__lot__";
const ITEM = "__item__";

export class LotSets {
  #form;
  #changed;
  #made = 1000;

  /**
   * @param {HTMLFormElement} form
   * @param {() => void} changed
   */
  constructor(form, changed) {
    this.#form = form;
    this.#changed = changed;
    form.addEventListener("click", (event) => this.#clicked(event.target.closest("button")));
    this.#number();
  }

  get #sets() {
    return [...this.#form.querySelectorAll("[data-lot-set]")];
  }

  #clicked(button) {
    if (!button) return;
    const lot = button.closest("[data-lot-set]");
    if ("addLot" in button.dataset) this.#addLot();
    else if ("dropLot" in button.dataset) this.#drop(lot, this.#form.querySelector("[data-add-lot]"));
    else if ("addItem" in button.dataset) this.#addItem(lot);
    else if ("dropItem" in button.dataset) this.#dropItem(lot, button.closest("[data-item]"));
    else return;
    this.#number();
    this.#changed();
  }

  #addLot() {
    const lot = this.#stamped("[data-lot-template]");
    const last = this.#sets.at(-1);
    this.#form.querySelector("[data-lots]").append(lot);
    if (last) this.#copyItems(last, lot);
    lot.querySelector("input").focus();
  }

  /** A further lot mostly announces what the one before does. */
  #copyItems(from, to) {
    for (const item of from.querySelectorAll("[data-item]")) {
      const made = this.#addItem(to);
      made.dataset.key = item.dataset.key;
      for (const name of ["zh", "en", "type", "unit"]) part(made, name).value = part(item, name).value;
    }
  }

  #addItem(lot) {
    const item = this.#stamped("[data-item-template]");
    lot.querySelector("[data-items]").append(item);
    item.querySelector("input").focus();
    return item;
  }

  #dropItem(lot, item) {
    this.#drop(item, lot.querySelector("[data-add-item]"));
  }

  #drop(gone, next) {
    gone.remove();
    next.focus();
  }

  /** What a template holds, its ids made its own. */
  #stamped(selector) {
    this.#made += 1;
    const made = this.#form.querySelector(selector).content.firstElementChild.cloneNode(true);
    for (const each of [made, ...made.querySelectorAll("*")]) {
      for (const { name, value } of [...each.attributes]) {
        const own = value.replaceAll(LOT, String(this.#made)).replaceAll(ITEM, String(this.#made));
        if (own !== value) each.setAttribute(name, own);
      }
    }
    return made;
  }

  #number() {
    const sets = this.#sets;
    for (const [n, lot] of sets.entries()) {
      lot.querySelector("[data-lot-no]").textContent = String(n + 1);
      lot.querySelector("[data-drop-lot]").hidden = sets.length === 1;
    }
  }

  /** @returns {import("./drafting.mjs").Lot[]} */
  values() {
    return this.#sets.map((lot) => ({
      name: part(lot, "name").value,
      controlPrice: part(lot, "control_price").value,
      currency: part(lot, "currency").value,
      deposit: part(lot, "deposit").value,
      form: [...lot.querySelectorAll("[data-item]")].map(itemOf),
    }));
  }

  /** The control that a place in the terms is about: `lots[0].control_price`, `lots[1].form[0].label.zh`. */
  controlAt(place) {
    const [, lot, member, item, label] = /^lots\[(\d+)\]\.(\w+)(?:\[(\d+)\])?(?:\.(?:label\.)?(\w+))?/.exec(place) ?? [];
    const set = this.#sets[Number(lot)];
    if (!set || lot === undefined) return null;
    if (member !== "form") return part(set, member);
    const row = [...set.querySelectorAll("[data-item]")][Number(item)];
    return row ? part(row, label) ?? part(row, "zh") : null;
  }
}

const part = (within, name) => within.querySelector(`[name="${name}"]`);

const itemOf = (item) => ({
  key: item.dataset.key,
  zh: part(item, "zh").value,
  en: part(item, "en").value,
  type: part(item, "type").value,
  unit: part(item, "unit").value,
});
