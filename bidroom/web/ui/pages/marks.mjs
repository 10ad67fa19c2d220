/** Small parts that scripts draw as the templates draw them. */

import { element } from "./asking.mjs";

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the page's own sprite. @param {string} name */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.getElementById("toasts").dataset.icons}#${name}`);
  picture.append(use);
  return picture;
}

/** A state: colour, icon and word. @param {string} kind @param {string} name @param {string} text */
export const chip = (kind, name, text) =>
  element("span", { class: `chip chip-${kind}` }, icon(name), element("span", {}, text));

/** Named values as a page's facts. @param {[string, string | Node][]} pairs */
export const facts = (pairs) =>
  pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
