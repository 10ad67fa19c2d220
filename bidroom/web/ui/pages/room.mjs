/** The live room: its socket, its patches, its clocks and its voice. */

import { io } from "socket.io-client";

import "./base.mjs";
import { Patching } from "./patching.mjs";
import { base } from "./server.mjs";
import { readAloud } from "./speech.mjs";
import { say, words } from "./words.mjs";

const TIMEOUT = 20_000;

/** Keep this page what the server would render now. */
function live(room) {
  const { tender, seat = "", shared, own } = room.dataset;
  const { lang, dataset } = document.documentElement;
  const socket = io(`${location.origin}/room`, {
    path: `${base}/socket.io`,
    transports: ["websocket", "polling"],
    auth: dataset.csrf ? { csrf: dataset.csrf } : {},
    reconnectionDelay: 300,
    reconnectionDelayMax: 3000,
  });
  const watch = async (held) => {
    const told = await socket.timeout(TIMEOUT).emitWithAck("watch", { tender, seat, language: lang, ...held });
    if (!told.ok) throw new Error(told.problem.detail);
    document.dispatchEvent(new CustomEvent("bidroom:time", { detail: { now: told.now } }));
    return told;
  };
  const patching = new Patching({ room: shared, own }, watch);
  socket.on("connect", () => entered(patching));
  socket.on("disconnect", () => mark("off"));
  socket.on("connect_error", () => mark("off"));
  socket.on("patches", (message) => message.tender === tender && patching.take(message));
  document.addEventListener("bidroom:done", () => patching.begin().catch(() => mark("off")));
  return { socket, patching };
}

/** Connected, for the first time or again: whatever was missed is asked for. */
async function entered(patching) {
  try {
    await patching.begin();
    mark("on");
  } catch (fault) {
    mark("off", String(fault.message ?? fault));
  }
}

/** Say beside the clock whether the page lives. */
function mark(state, why = "") {
  const sign = document.getElementById("live");
  if (!sign) return;
  sign.dataset.state = state;
  sign.title = why;
  const text = sign.querySelector("[data-text]");
  if (text) text.textContent = state === "on" ? say('实时') : say('连接中断，正在重连');
}

await words();
const room = document.querySelector("[data-tender][data-shared]");
if (room) {
  readAloud();
  const { socket, patching } = live(room);
  document.addEventListener("bidroom:state", ({ detail }) => Object.assign(detail, patching.held));
  window.addEventListener("pagehide", () => socket.disconnect());
}
