/** What the rules say of a form: at the fields that it is about, and in sum. */

import { Refused } from "../refused.mjs";
import { element } from "./asking.mjs";
import { icon } from "./marks.mjs";
import { say, sentenceOf } from "./words.mjs";

/** The fields that a refusal is about; their own words come from the server. */
const ABOUT = {
  deadline_leaves_the_days_that_the_pack_asks: "deadline",
  new_deadline_is_to_come: "deadline",
  documents_are_on_sale_long_enough: "documents_to",
  documents_are_not_issued_in_the_past: "documents_from",
  documents_keep_their_day: "documents_from",
  minimum_is_the_packs_or_more: "minimum",
  hosts_are_the_tenderee_or_its_agent: "host",
  a_reason_is_given: "reason",
};
/** The same by where the document was malformed. */
const PLACES = [
  [/^documents\.from/, "documents_from"], [/^documents\.to/, "documents_to"], [/^clarifications/, "clarifications"],
  [/^sign_in/, "sign_in"], [/^deadline/, "deadline"], [/^windows\.(\w+)/, ""], [/^minimum/, "minimum"],
  [/^(?:tenderee|slots)/, "certificate"], [/^uscc$/, "uscc"],
];

export class Ruling {
  #form;
  #lots;

  /**
   * @param {HTMLFormElement} form
   * @param {import("./lotsets.mjs").LotSets | null} lots
   */
  constructor(form, lots) {
    this.#form = form;
    this.#lots = lots;
  }

  /** Say all of it. @param {{reason: string, field: string | null, title: string}[]} faults */
  show(faults) {
    for (const place of this.#form.querySelectorAll("[data-fault-for]")) write(place, "");
    for (const fault of faults) this.#tell(fault);
    const items = faults.map((fault) => element("li", {}, fault.title));
    this.#form.querySelector("[data-faults]").replaceChildren(...items);
    this.#verdict(faults.length);
  }

  #tell(fault) {
    const name = aboutOf(fault);
    if (name) this.mark(name, fault.title);
    const control = this.#lots?.controlAt(fault.field ?? "");
    if (control) write(control.closest(".field").querySelector("[data-fault-for]"), fault.title);
  }

  #verdict(count) {
    const text = count ? say('有 {n} 处不符合规则，现在提交会被拒绝', { n: count }) : say('符合适用规则，可以送签');
    const place = this.#form.querySelector("[data-verdict]");
    place.className = `row tn-verdict ${count ? "tn-verdict-bad" : "tn-verdict-ok"}`;
    place.replaceChildren(icon(count ? "alert-triangle" : "circle-check"), element("span", {}, text));
  }

  /** Say this at a field; nothing takes back what was said. @param {string} name @param {string} text */
  mark(name, text) {
    const place = this.#form.querySelector(`[data-fault-for="${name}"]`);
    if (place) write(place, text);
  }

  /** A malformed document's refusal in words, its place called as the form calls it. @param {Refused} fault */
  worded(fault) {
    const control = this.#lots?.controlAt(fault.field ?? "");
    const field = control ?? this.#form.elements.namedItem(aboutOf(fault) ?? "-");
    const label = field?.closest(".field")?.querySelector("label")?.firstChild.textContent;
    const lot = control?.closest("[data-lot-set]").querySelector("legend").textContent.trim().replace(/\s+/g, " ");
    const place = [lot, label].filter(Boolean).join(" ") || fault.field;
    return sentenceOf(new Refused(fault.reason, place, fault.details));
  }
}

function write(place, text) {
  place.textContent = text;
  const control = place.parentElement.querySelector(".input");
  if (text) control?.setAttribute("aria-invalid", "true");
  else control?.removeAttribute("aria-invalid");
}

function aboutOf({ reason, field }) {
  const told = PLACES.map(([place, name]) => [place.exec(field ?? ""), name]).find(([found]) => found);
  return ABOUT[reason] ?? (told ? told[0][1] ?? told[1] : null);
}
