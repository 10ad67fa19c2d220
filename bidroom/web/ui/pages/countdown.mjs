/** Every `<time data-until>` shows how long it is until then, by the server's clock. */

import { serverNow } from "./time.mjs";

const SECOND = 1000;
const DAYS = document.documentElement.lang === "en" ? "d" : "天";

/** Keep all countdowns of the page going, also those that come with a patch. */
export function follow() {
  show();
  setInterval(show, SECOND / 4);
  document.addEventListener("bidroom:patched", show);
}

function show() {
  const now = serverNow().getTime();
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Date.parse(element.dataset.until) - now);
    const text = left === 0 ? element.dataset.over || spelled(0) : spelled(left);
    if (element.textContent !== text) element.textContent = text;
    element.toggleAttribute("data-over-now", left === 0);
  }
}

/** 12:34, 1:02:03, 3天 04:05:06. @param {number} left milliseconds */
export function spelled(left) {
  const seconds = Math.ceil(left / SECOND);
  const days = Math.floor(seconds / 86_400);
  const [hours, minutes] = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const two = (value) => String(value).padStart(2, "0");
  const clock = `${two(minutes)}:${two(seconds % 60)}`;
  if (days > 0) return `${days}${DAYS} ${two(hours)}:${clock}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}
