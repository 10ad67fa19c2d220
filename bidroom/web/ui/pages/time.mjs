/** The server's clock as this page knows it: what it said last, and what has passed here since. */

let said = Date.parse(document.documentElement.dataset.now ?? "");
let speed = Number(document.documentElement.dataset.speed ?? 1);
let at = 0;

/** The server said what time it is; `heard` is when (performance.now) it must have said so. */
export function sync(now, faster = speed, heard = performance.now()) {
  said = Date.parse(now);
  speed = faster;
  at = heard;
}

/** @returns {Date} the server's time; a demo's clock runs faster than ours */
export const serverNow = () => new Date((Number.isNaN(said) ? Date.now() : said) + (performance.now() - at) * speed);

document.addEventListener("bidroom:time", ({ detail }) => sync(detail.now));
