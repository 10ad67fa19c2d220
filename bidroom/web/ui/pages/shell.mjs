/** The frame of every page: clock, theme, menus, dialogs, tabs, copying, toasts, the way out. */

import { follow } from "./countdown.mjs";
import { serverNow } from "./time.mjs";

const root = document.documentElement;
const BEIJING = 8 * 3600 * 1000;
const SHORT = 6000;
const FIRST = "[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea):not(:disabled)";
const FINE = matchMedia("(pointer: fine)");
const ICONS = { ok: "circle-check", info: "info-circle", warn: "alert-triangle", bad: "alert-circle" };

// --- the clock, and what it moves

/** Beijing time as 09:41:26. @param {Date} moment */
export const beijing = (moment) => new Date(moment.getTime() + BEIJING).toISOString().slice(11, 19);

/** Show the time, and how much of each ring is left. */
export function tick() {
  const now = serverNow();
  const text = beijing(now);
  for (const clock of document.querySelectorAll("[data-clock]")) {
    if (clock.textContent === text) continue;
    clock.textContent = text;
    clock.dateTime = now.toISOString();
  }
  for (const ring of document.querySelectorAll("[data-ring]")) turn(ring, now.getTime());
}

function turn(ring, now) {
  const [from, to] = [Date.parse(ring.dataset.from), Date.parse(ring.dataset.to)];
  const left = Math.round(Math.min(1, Math.max(0, (to - now) / Math.max(1, to - from))) * 100);
  const dashes = `${left} 100`;
  if (ring.getAttribute("stroke-dasharray") !== dashes) ring.setAttribute("stroke-dasharray", dashes);
}

// --- the theme

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

/** Take the other theme, and keep it; a choice that is the system's own is none. */
function switchTheme() {
  const wanted = isDark() ? "light" : "dark";
  const own = (wanted === "dark") === dark.matches;
  if (own) delete root.dataset.theme;
  else root.dataset.theme = wanted;
  nameThemes();
  if (own) localStorage.removeItem("bidroom.theme");
  else localStorage.setItem("bidroom.theme", wanted);
}

function nameThemes() {
  for (const button of document.querySelectorAll("[data-theme-switch]")) {
    const name = isDark() ? button.dataset.light : button.dataset.dark;
    const text = button.querySelector("span");
    if (text) text.textContent = name;
    else Object.assign(button, { ariaLabel: name, title: name });
  }
}

// --- menus, dialogs, tabs

/** Close every open menu but the one around this element. @param {Element|null} kept */
function closeMenus(kept) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(kept)) menu.open = false;
}

/** Open a dialog of the page. @param {string} id */
export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) {
    dialog.showModal();
    if (FINE.matches) dialog.querySelector(FIRST)?.focus();
  }
  return dialog;
}

/** Show the panels of a tab, in the nearest tabbed part of the page, or in all of it. */
function choose(button) {
  const list = button.closest("[role=tablist]");
  const place = button.closest("[data-tabbed]") ?? document.body;
  place.dataset.tab = button.dataset.tab;
  for (const other of list.querySelectorAll("[role=tab]")) {
    other.setAttribute("aria-selected", String(other === button));
    other.tabIndex = other === button ? 0 : -1;
  }
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The arrow keys go through the tabs, Home and End to the first and the last. */
function walk(event) {
  const button = event.target.closest?.("[role=tab][data-tab]");
  if (!button) return;
  const all = [...button.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const ends = { Home: 0, End: all.length - 1 };
  const to = ends[event.key] ?? (all.indexOf(button) + (STEPS[event.key] ?? 0) + all.length) % all.length;
  if (!(event.key in STEPS) && !(event.key in ends)) return;
  event.preventDefault();
  choose(all[to]);
  all[to].focus();
}

/** Tell each part of the page which of its tabs is the first. */
function beginTabs() {
  for (const button of document.querySelectorAll("[role=tab][data-tab][aria-selected=true]")) choose(button);
}

// --- toasts

/** Say what has happened: kind is ok, info, warn or bad; what is bad stays until it is closed. */
export function toast(kind, text) {
  const place = document.getElementById("toasts");
  const element = document.createElement("div");
  element.className = `toast toast-${kind}`;
  element.append(drawn(ICONS[kind] ?? ICONS.info), paragraph(text), closer(place, element));
  place.append(element);
  raise(place);
  document.getElementById("told").textContent = text;
  if (kind !== "bad") leaveLater(place, element);
  return element;
}

/** Above all, also above a dialog that was opened since. */
function raise(place) {
  if (!place.showPopover) return;
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover();
}

function leave(place, element) {
  element.remove();
  if (!place.childElementCount && place.hidePopover && place.matches(":popover-open")) place.hidePopover();
}

function leaveLater(place, element) {
  const go = () => (element.matches(":hover, :focus-within") ? setTimeout(go, SHORT) : leave(place, element));
  setTimeout(go, SHORT);
}

function drawn(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.getElementById("toasts").dataset.icons}#${name}`);
  picture.append(use);
  return picture;
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function closer(place, element) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet btn-icon btn-tiny";
  button.setAttribute("aria-label", place.dataset.close);
  button.append(drawn("x"));
  button.addEventListener("click", () => leave(place, element));
  return button;
}

// --- copying, printing, leaving

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  toast("ok", button.dataset.copied);
}

/** End the session, and begin again at the first page. */
async function logout(button) {
  const base = root.dataset.base ?? "";
  button.disabled = true;
  const answer = await fetch(`${base}/api/v1/logout`, { method: "POST", headers: { "X-CSRF-Token": root.dataset.csrf } })
    .catch(() => null);
  if (answer?.ok || answer?.status === 401) return location.assign(`${base}/`);
  button.disabled = false;
  return toast("bad", document.getElementById("toasts").dataset.failed);
}

/** What a click on an element with one of these attributes does. */
const CLICKS = {
  "data-open": (element) => openDialog(element.dataset.open),
  "data-close": (element) => element.closest("dialog")?.close(),
  "data-tab": choose,
  "data-copy": copy,
  "data-print": () => print(),
  "data-theme-switch": switchTheme,
  "data-logout": logout,
};

function clicked(event) {
  const target = event.target instanceof Element ? event.target : null;
  closeMenus(target?.closest("details.menu") ?? null);
  if (target instanceof HTMLDialogElement && target.open && outside(target, event)) target.close();
  for (const [name, act] of Object.entries(CLICKS)) {
    const element = target?.closest(`button[${name}]`);
    if (element) act(element);
  }
  if (target?.closest(".menu-list :is(a, button)")) closeMenus(null);
}

/** Whether a click on a dialog fell beside its box; what a form has begun is not lost by it. */
function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  const within = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  return !within && !dialog.querySelector("form, input, textarea, select");
}

function pressed(event) {
  if (event.key === "Escape") escape();
  else walk(event);
}

/** Escape closes an open menu, and its button has the focus again. */
function escape() {
  const open = document.querySelector("details.menu[open]");
  if (open?.contains(document.activeElement)) open.querySelector("summary").focus();
  closeMenus(null);
}

document.addEventListener("click", clicked);
document.addEventListener("keydown", pressed);
document.addEventListener("bidroom:patched", tick);
dark.addEventListener("change", nameThemes);
nameThemes();
beginTabs();
follow();
tick();
setInterval(tick, 250);
